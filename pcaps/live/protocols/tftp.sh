# shellcheck shell=bash
# TFTP: a file read in blocks of 512 and of 1024 bytes, a file written, a missing one: curl and atftpd

serve() {
    mkdir -p "$WORK/tftp"
    chmod 711 "$WORK"
    report "$WORK/tftp/levels.pdf"
    chown -R nobody "$WORK/tftp"
    daemon 69 atftpd --daemon --no-fork --bind-address "$HOST" --port 69 --logfile "$WORK/tftp.log" "$WORK/tftp"
}

talk() {
    report "$WORK/night.pdf"
    ask curl -sS --tftp-no-options -o "$WORK/out" "tftp://$HOST/levels.pdf"
    ask curl -sS --tftp-blksize 1024 -o "$WORK/out" "tftp://$HOST/levels.pdf"
    ask curl -sS -T "$WORK/night.pdf" "tftp://$HOST/night.pdf"
    attempt curl -sS -o "$WORK/out" "tftp://$HOST/no-such-file"
}
