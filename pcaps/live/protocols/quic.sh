# shellcheck shell=bash
# HTTP/3 over QUIC: by name, after a retry, after a version nobody knows, in a draft of version 2: ngtcp2

serve() {
    pages
    certificate "$NAME"
    daemon 443 gtlsserver -q -d "$WORK/www" "$HOST" 443 "$WORK/$NAME.key" "$WORK/$NAME.pem"
    daemon 444 gtlsserver -q -V -d "$WORK/www" "$HOST" 444 "$WORK/$NAME.key" "$WORK/$NAME.pem"
}

talk() {
    printf '%s %s\n' "$HOST" "$NAME" >"$WORK/hosts"
    visit_quic 443 index.html
    visit_quic 444 index.html
    visit_quic 443 admin/index.html --version 0x1a2a3a4a --preferred-versions=v1
    visit_quic 443 admin/index.html --version v2draft
}

# visit_quic PORT PAGE OPTIONS...: by name, which the client finds in a hosts file of its own.
visit_quic() {
    local port=$1 page=$2
    shift 2
    attempt unshare --mount sh -c 'mount --bind "$0" /etc/hosts && exec "$@"' "$WORK/hosts" \
        gtlsclient -q --exit-on-all-streams-close "$@" "$NAME" "$port" "https://$NAME/$page"
}
