# shellcheck shell=bash
# A file in ranges, one in many of one answer, a form with files, a tunnel through a proxy: curl, nginx, tinyproxy

serve() {
    web_server "$HOST" "$NAME"
    report "$WORK/www/report.pdf"
    printf 'Listen %s\nPort 3128\nTimeout 5\nConnectPort 443\n' "$HOST" >"$WORK/tinyproxy.conf"
    daemon 3128 tinyproxy -d -c "$WORK/tinyproxy.conf"
}

talk() {
    report "$WORK/night.pdf"
    printf 'station;level\n12;3.40\n' >"$WORK/levels.csv"
    fetch -r 0-699 "http://$NAME/report.pdf"
    fetch -r 700- "http://$NAME/report.pdf"
    fetch -r 0-9,20-29 "http://$NAME/report.pdf"
    fetch -r 90000- "http://$NAME/report.pdf"
    fetch -F station=12 -F "night=@$WORK/night.pdf" -F "levels=@$WORK/levels.csv;type=text/csv" "http://$NAME/report"
    fetch -x "http://$HOST:3128" -p --cacert "$WORK/ca.pem" --connect-to "$NAME:443:$HOST:443" "https://$NAME/" || true
    fetch -x "http://$HOST:3128" -p "http://$HOST:22/" || true
    fetch -x "http://$HOST:3128" "http://$HOST/index.html"
}
