# shellcheck shell=bash
# FTP, passive and active, IPv4 and IPv6: listing, download, upload, rename, refusals: curl and pyftpdlib

serve() {
    mkdir -p "$WORK/ftp/in"
    report "$WORK/ftp/levels.pdf"
    daemon 21 "$PYTHON" -m pyftpdlib -i :: -p 21 -w -d "$WORK/ftp" -u keeper -P spring-tide
}

talk() {
    local ftp="curl -sS -u keeper:spring-tide"
    report "$WORK/night.pdf"
    attempt curl -sS -u keeper:low-tide "ftp://$HOST/"
    ask $ftp --disable-epsv "ftp://$HOST/"
    ask $ftp --disable-epsv -o "$WORK/out" "ftp://$HOST/levels.pdf"
    ask $ftp -P "$CLIENT" --disable-eprt -o "$WORK/out" "ftp://$HOST/levels.pdf"
    ask $ftp -T "$WORK/night.pdf" "ftp://$HOST/in/"
    ask $ftp -Q 'RNFR in/night.pdf' -Q 'RNTO in/day.pdf' -Q 'DELE in/day.pdf' "ftp://$HOST/in/"
    ask $ftp -o "$WORK/out" "ftp://[$HOST6]/levels.pdf"
    ask $ftp -P - -o "$WORK/out" "ftp://[$HOST6]/levels.pdf"
    attempt $ftp --ssl "ftp://$HOST/no-such-file"
}
