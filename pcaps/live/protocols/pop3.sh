# shellcheck shell=bash
# A POP3 mailbox: logins right and wrong, list, mails fetched and deleted, STLS: curl, Python, dovecot

serve() { mailbox 110 pop3; }

talk() {
    ask curl -sS "pop3://$HOST/" -u keeper:spring-tide --login-options AUTH=PLAIN
    ask curl -sS "pop3://$HOST/1" -u keeper:spring-tide
    ask curl -sSk --ssl-reqd "pop3://$HOST/" -u keeper:spring-tide
    ask "$PYTHON" "$LIVE/mail.py" pop3 "$HOST"
}
