# shellcheck shell=bash
# SOCKS 5, by address and name, with a password right and wrong, a closed port; SOCKS 4: curl, microsocks

serve() {
    web_server "$HOST" "$NAME"
    daemon 8000 "$PYTHON" -m http.server --bind localhost -d "$WORK/www/en" 8000
    daemon 1080 microsocks -i "$HOST" -p 1080
    daemon 1081 microsocks -i "$HOST" -p 1081 -u keeper -P spring-tide
}

talk() {
    ask curl -sS -o "$WORK/out" -x "socks5://$HOST:1080" "http://$HOST/"
    ask curl -sS -o "$WORK/out" -x "socks5h://keeper:spring-tide@$HOST:1081" http://localhost:8000/levels.html
    attempt curl -sS -o "$WORK/out" -x "socks5://$HOST:1080" "http://$HOST:81/"
    attempt curl -sS -o "$WORK/out" -x "socks5://keeper:low-tide@$HOST:1081" "http://$HOST/"
    attempt curl -sS -o "$WORK/out" -x "socks4a://keeper@$HOST:1080" "http://$NAME/"
}
