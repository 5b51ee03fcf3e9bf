# shellcheck shell=bash
# A Telnet session with its options, a login and two commands in the clear: inetutils' telnet and telnetd

serve() {
    cat >"$WORK/login" <<'SH'
#!/bin/sh
read -p 'gauge-07 login: ' name; stty -echo; read -p 'Password: ' word; stty echo
printf '\nWelcome to gauge-07\n'
while read -p 'gauge-07$ ' line; do
    [ "$line" = exit ] && break
    echo "$line: 3.40 m"
done
SH
    chmod +x "$WORK/login"
    daemon 23 socat "TCP-LISTEN:23,bind=$HOST,reuseaddr" EXEC:"telnetd -h -E $WORK/login",nofork
}

talk() {
    ask "$PYTHON" "$LIVE/type.py" 'login: =keeper' 'Password: =spring-tide' \
        'gauge-07$ =level 12' 'gauge-07$ =level 13' 'gauge-07$ =exit' -- telnet -E "$HOST"
}
