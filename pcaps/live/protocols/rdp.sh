# shellcheck shell=bash
# RDP: TLS agreed on, classic security, a client that insists on network level authentication: FreeRDP and xrdp

serve() {
    certificate desk.kasen.example
    mkdir -p /run/xrdp/sockdir
    cat >"$WORK/xrdp.ini" <<CONF
[Globals]
port=tcp://$HOST:3389
security_layer=negotiate
ssl_protocols=TLSv1.2
certificate=$WORK/desk.kasen.example.pem
key_file=$WORK/desk.kasen.example.key
[Logging]
LogFile=$WORK/xrdp.log
[Xvnc]
name=Xvnc
lib=libvnc.so
CONF
    daemon 3389 xrdp --nodaemon --config "$WORK/xrdp.ini"
}

talk() {
    world Xtigervnc :79 -nolisten tcp -rfbport -1 -geometry 800x600 -SecurityTypes None >>"$WORK/talk.log" 2>&1 &
    wait_for test -S /tmp/.X11-unix/X79
    looks /sec:tls
    looks /sec:rdp /bpp:8 /size:320x200
    looks /sec:nla
}

# xrdp asks for a login in a window of its own, where nobody answers.
looks() {
    attempt timeout 4 env DISPLAY=:79 HOME="$WORK" xfreerdp /cert:ignore /u:keeper /p:spring-tide /d:KASEN \
        /client-hostname:gauge-07 "$@" "/v:$HOST"
}
