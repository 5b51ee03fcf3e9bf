# shellcheck shell=bash
# An IMAP mailbox: logins right and wrong, folders, mails fetched and appended, STARTTLS: curl, Python, dovecot

serve() { mailbox 143 imap; }

talk() {
    attempt curl -sS "imap://$HOST/" -u keeper:low-tide
    ask curl -sS "imap://$HOST/INBOX;MAILINDEX=1" -u keeper:spring-tide
    ask curl -sSk --ssl-reqd "imap://$HOST/" -u keeper:spring-tide
    ask "$PYTHON" "$LIVE/mail.py" imap "$HOST"
}
