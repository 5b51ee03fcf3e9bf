# shellcheck shell=bash
# Live captures for tests: one file an aspect, real programs on both ends.
HOST=192.0.2.80 HOST6=2001:db8:10::80 NAME=www.kasen.example CLIENT=198.18.21.14 CLIENT6=2001:db8:f00d::14

fetch() { world curl -sS --max-time 10 --resolve "$NAME:80:$HOST" --resolve "$NAME:443:$HOST" "$@" >/dev/null; }

http() {
    fetch -I "http://$NAME/"
    fetch --compressed "http://$NAME/en/levels.html" "http://$NAME/index.html"
    fetch -r 100-299 "http://$NAME/chart.bin"
    fetch -d 'station=12&level=3.40' "http://$NAME/report"
    fetch -H 'Expect: 100-continue' --data-binary @"$WORK/www/en/levels.html" "http://$NAME/upload"
    fetch "http://$NAME/no/such/page"
    fetch -0 "http://$NAME/index.html"
    world curl -sS --max-time 10 "http://[$HOST6]/" >/dev/null
}

tls() {
    fetch --cacert "$WORK/ca.pem" "https://$NAME/" "https://$NAME/index.html"
    fetch --cacert "$WORK/ca.pem" --tls-max 1.2 "https://$NAME/"
    world curl -sSk --max-time 10 "https://$HOST/" "https://[$HOST6]/" >/dev/null
    s_client -servername "$NAME" -connect "$HOST:443" -tls1_2 -sess_out "$WORK/session"
    s_client -servername "$NAME" -connect "$HOST:443" -tls1_2 -sess_in "$WORK/session"
    s_client -servername "$NAME" -connect "$HOST:443" -alpn h2,http/1.1
}

s_client() { printf 'GET / HTTP/1.0\r\n\r\n' | world openssl s_client -quiet "$@" >/dev/null 2>&1 || true; }

old_tls() {
    s_client -servername "$NAME" -connect "$HOST:9443" -tls1 -cipher DEFAULT@SECLEVEL=0
    s_client -servername "$NAME" -connect "$HOST:8443"
    s_client -servername "$NAME" -connect "$HOST:443" -tls1 -cipher DEFAULT@SECLEVEL=0
}

names() { world "$PYTHON" "$LIVE/ask.py" "$HOST" kasen.example; }

scans() {
    local n="world nmap -n -Pn -e wan --max-retries 0 -T4"
    $n -sS -p 1-60,80,443,3389,5900 "$HOST" >/dev/null
    $n -sF -p 20-30 "$HOST" >/dev/null
    $n -sN -p 20-30 "$HOST" >/dev/null
    $n -sX -p 20-30 "$HOST" >/dev/null
    $n -sU -p 53,123,161,500,5060 "$HOST" >/dev/null
    $n -sS -O -p 1,80 "$HOST" >/dev/null
    $n -sT -p 80 --script http-title,http-methods "$HOST" >/dev/null
}

oddities() {
    site "$PYTHON" "$LIVE/oddities.py" serve "$HOST" >"$WORK/odd.log" 2>&1 &
    wait_for listening "$SITE" 2380
    world "$PYTHON" "$LIVE/oddities.py" "$1" "$HOST" >"$WORK/talk.log" 2>&1
}

# film FILE COMMAND...
film() {
    local file=$PCAPS/features/$1
    shift
    capture_start "$file"
    "$@"
    capture_stop
}

features() {
    mkdir -p "$PCAPS/features"
    world_up "$HOST $HOST6" "$CLIENT $CLIENT6"
    authority
    web_server "$HOST" "$NAME"
    sed -i "s/listen $HOST:80; listen $HOST:443 ssl;/& listen [$HOST6]:80; listen [$HOST6]:443 ssl;/" "$WORK/nginx.conf"
    site nginx -c "$WORK/nginx.conf" -s reload 2>/dev/null
    wait_for world curl -sS -o /dev/null "http://[$HOST6]/"
    name_server "$HOST" kasen.example
    film http-nginx.pcap http
    film tls-nginx.pcap tls
    film tls-old-and-selfsigned.pcap old_tls
    film dns-dnsmasq.pcap names
    film scan-nmap.pcap scans
    film http-oddities.pcap oddities http
    film cleartext-logins.pcap oddities logins
}
