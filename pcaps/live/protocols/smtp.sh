# shellcheck shell=bash
# Mail with attachments, a refused recipient, STARTTLS, AUTH: curl, Python's smtplib, aiosmtpd

serve() {
    certificate mail.kasen.example
    daemon 25 "$PYTHON" "$LIVE/mail.py" serve "$HOST" "$WORK/mail.kasen.example"
}

talk() {
    report "$WORK/levels.pdf"
    printf 'The gauges stand high: see http://www.kasen.example/levels?station=12 and call.\n' >"$WORK/note.txt"
    ask curl -sS "smtp://$HOST/gauge-07.kasen.example" --mail-from keeper@kasen.example --mail-rcpt duty@kasen.example \
        --mail-rcpt harbour@kasen.example -H 'Subject: Levels of the night' \
        -H 'From: Keeper <keeper@kasen.example>' -H 'To: duty@kasen.example' \
        -F "=<$WORK/note.txt;encoder=quoted-printable" -F "file=@$WORK/levels.pdf;encoder=base64"
    ask "$PYTHON" "$LIVE/mail.py" smtp "$HOST"
}
