# shellcheck shell=bash
# HTTP/2 in the clear: prior knowledge, upgrade, streams side by side, a push, trailers: nghttp, curl, nghttpd

serve() {
    pages
    report "$WORK/www/report.pdf"
    gzip -nk "$WORK/www/en/levels.html"
    # The one refuses to upgrade, so the other stands before it for that.
    daemon 8081 nghttpx -f "$HOST,8081;no-tls" -b "$HOST,8080;;proto=h2" -n1 --conf=/dev/null
    daemon 8080 nghttpd --no-tls --address="$HOST" --htdocs="$WORK/www" --push=/index.html=/report.pdf \
        --trailer='x-checksum: 7' --echo-upload 8080
}

talk() {
    local site=http://$HOST:8080 gate=http://$HOST:8081
    ask nghttp -n "$site/index.html" "$site/en/levels.html" "$site/report.pdf"
    ask nghttp -n --no-push -H 'user-agent: tidewatch/2.0' -H 'x-note: rivers' "$site/index.html?station=12"
    ask nghttp -n -d "$WORK/www/report.pdf" --trailer='x-end: yes' "$site/upload/report.pdf"
    ask nghttp -n --upgrade "$gate/index.html"
    ask curl -sS --http2-prior-knowledge -o "$WORK/out" "$site/no/such/page"
    ask curl -sS --http2 -o "$WORK/out" "$gate/en/levels.html"
}
