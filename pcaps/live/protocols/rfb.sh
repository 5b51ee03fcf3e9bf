# shellcheck shell=bash
# A remote screen over RFB 3.8 and 3.3: the VNC password right and wrong, no password, pictures: TigerVNC, vncsnapshot

serve() {
    echo spring-t | tigervncpasswd -f >"$WORK/right"
    echo low-tide | tigervncpasswd -f >"$WORK/wrong"
    daemon 5900 Xtigervnc :77 -rfbport 5900 -interface "$HOST" -geometry 64x48 -depth 16 -desktop 'gauge office' \
        -SecurityTypes VncAuth -PasswordFile "$WORK/right"
    daemon 5901 Xtigervnc :78 -rfbport 5901 -interface "$HOST" -geometry 64x48 -depth 16 \
        -desktop 'open window' -SecurityTypes None
}

talk() {
    world Xtigervnc :79 -nolisten tcp -rfbport -1 -geometry 200x150 -SecurityTypes None >>"$WORK/talk.log" 2>&1 &
    wait_for test -S /tmp/.X11-unix/X79
    looks -passwd "$WORK/right" "$HOST:0"
    looks -passwd "$WORK/wrong" "$HOST:0"
    looks "$HOST:1"
    # Speaks version 3.3 only, and waits for more than the server has drawn.
    attempt timeout 3 vncsnapshot -quiet -passwd "$WORK/right" "$HOST:0" "$WORK/out.jpg"
}

# A viewer has no end of its own.
looks() {
    attempt timeout 3 env DISPLAY=:79 xtigervncviewer -SecurityTypes None,VncAuth -AlertOnFatalError=0 \
        -ReconnectOnError=0 "$@"
}
