# shellcheck shell=bash
# The servers of an organisation, real ones, on the site's side of the wire.

# authority: a certificate authority for this run, and servers' certificates from it.
authority() {
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$WORK/ca.key" -out "$WORK/ca.pem" -days 3650 \
        -subj "/C=JP/O=Example Trust Services/CN=Example Root CA" 2>/dev/null
}

# certificate NAME: $WORK/NAME.pem and .key from the authority.
certificate() {
    openssl req -newkey rsa:2048 -nodes -keyout "$WORK/$1.key" -out "$WORK/$1.csr" -subj "/C=JP/O=Example/CN=$1" 2>/dev/null
    openssl x509 -req -in "$WORK/$1.csr" -CA "$WORK/ca.pem" -CAkey "$WORK/ca.key" -CAcreateserial -days 365 \
        -extfile <(printf 'subjectAltName=DNS:%s' "$1") -out "$WORK/$1.pem" 2>/dev/null
}

# self_signed NAME [SUBJECT]
self_signed() {
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$WORK/$1.key" -out "$WORK/$1.pem" -days 365 \
        -subj "${2:-/C=JP/O=Example/CN=$1}" 2>/dev/null
}

pages() {
    mkdir -p "$WORK/www/en" "$WORK/www/admin"
    "$PYTHON" - "$WORK/www" <<'PY'
import random, sys
sys.path.insert(0, "pcaps")
from lib import payloads
rng = random.Random("pages")
for name, low, high in (("index.html", 6000, 7000), ("en/levels.html", 18000, 20000), ("admin/index.html", 800, 900)):
    open(f"{sys.argv[1]}/{name}", "wb").write(payloads.page(rng, low, high))
open(f"{sys.argv[1]}/chart.bin", "wb").write(rng.randbytes(40000))
PY
    printf 'clerk:%s\n' "$(openssl passwd -apr1 spring-tide)" >"$WORK/htpasswd"
}

# web_server ADDRESS NAME: HTTP and TLS 1.2/1.3 by nginx; port 8443 self-signed, 9443 TLS 1.0 only.
web_server() {
    pages
    certificate "$2"
    self_signed selfsigned "/C=AU/ST=Some-State/O=Internet Widgits Pty Ltd"
    cat >"$WORK/nginx.conf" <<CONF
daemon on; pid $WORK/nginx.pid; error_log $WORK/nginx.err; worker_processes 1; user root;
events { worker_connections 64; }
http {
  access_log off; types { text/html html; } default_type application/octet-stream;
  client_body_temp_path $WORK/body; proxy_temp_path $WORK/proxy; fastcgi_temp_path $WORK/fcgi;
  uwsgi_temp_path $WORK/uwsgi; scgi_temp_path $WORK/scgi;
  gzip on; gzip_min_length 256; keepalive_timeout 5;
  root $WORK/www;
  server {
    listen $1:80; listen $1:443 ssl; server_name $2;
    ssl_certificate $WORK/$2.pem; ssl_certificate_key $WORK/$2.key; ssl_protocols TLSv1.2 TLSv1.3;
    location /admin/ { auth_basic "staff"; auth_basic_user_file $WORK/htpasswd; }
    location = /login { return 302 /; }
  }
  server {
    listen $1:8443 ssl; ssl_certificate $WORK/selfsigned.pem; ssl_certificate_key $WORK/selfsigned.key;
    ssl_protocols TLSv1.2;
  }
  server {
    listen $1:9443 ssl; ssl_certificate $WORK/$2.pem; ssl_certificate_key $WORK/$2.key;
    ssl_protocols TLSv1; ssl_ciphers DEFAULT@SECLEVEL=0;
  }
}
CONF
    site nginx -c "$WORK/nginx.conf" 2>/dev/null
    wait_for listening "$SITE" 9443
}

# name_server ADDRESS DOMAIN: dnsmasq with a small zone.
name_server() {
    site dnsmasq --conf-file=/dev/null --no-hosts --no-resolv --no-daemon --user=root --pid-file="$WORK/dnsmasq.pid" \
        --listen-address="$1" --bind-interfaces --local="/$2/" --address="/www.$2/192.0.2.80" \
        --host-record="mail.$2,192.0.2.25,2001:db8:10::25" --cname="portal.$2,mail.$2" --mx-host="$2,mail.$2,10" \
        --txt-record="$2,v=spf1 mx -all" --auth-ttl=300 2>"$WORK/dnsmasq.log" &
    wait_for listening "$SITE" 53
}

# mailbox PORT PROTOCOL: dovecot with one of its protocols and two mails in the box of one user.
mailbox() {
    certificate mail.kasen.example
    mkdir -p "$WORK/mail/new" "$WORK/mail/cur" "$WORK/mail/tmp"
    printf 'From: duty@kowan.example\r\nTo: keeper@kasen.example\r\nSubject: Levels\r\n\r\nAll is well.\r\n' >"$WORK/mail/new/1.a"
    printf 'From: duty@kowan.example\r\nTo: keeper@kasen.example\r\nSubject: Storm\r\n\r\n.dot first\r\nHigh water.\r\n' >"$WORK/mail/new/2.a"
    chown -R nobody "$WORK/mail"
    chmod 711 "$WORK"
    echo "keeper:{PLAIN}spring-tide:65534:65534::$WORK/mail" >"$WORK/users"
    chmod 644 "$WORK/users"
    cat >"$WORK/dovecot.conf" <<CONF
protocols = $2
listen = $HOST
base_dir = $WORK/dovecot
log_path = $WORK/dovecot.log
ssl_cert = <$WORK/mail.kasen.example.pem
ssl_key = <$WORK/mail.kasen.example.key
disable_plaintext_auth = no
auth_mechanisms = plain login
first_valid_uid = 1
mail_location = maildir:$WORK/mail
passdb {
  driver = passwd-file
  args = $WORK/users
}
userdb {
  driver = passwd-file
  args = $WORK/users
}
CONF
    daemon "$1" dovecot -F -c "$WORK/dovecot.conf"
}

# file_server: what samba needs to share one folder with one user.
file_server() {
    mkdir -p "$WORK/share" "$WORK/state"
    report "$WORK/share/levels.pdf"
    chmod 711 "$WORK"
    chmod -R 777 "$WORK/share"
    cat >"$WORK/smb.conf" <<CONF
[global]
  workgroup = KASEN
  netbios name = CHARTS
  interfaces = $HOST
  bind interfaces only = yes
  smb ports = 445
  server min protocol = NT1
  ntlm auth = ntlmv1-permitted
  username map = $WORK/names
  private dir = $WORK/state
  lock directory = $WORK/state
  state directory = $WORK/state
  cache directory = $WORK/state
  pid directory = $WORK/state
  ncalrpc dir = $WORK/state/ncalrpc
  log file = $WORK/smbd.log
  disable spoolss = yes
[charts]
  path = $WORK/share
  writable = yes
  force user = nobody
CONF
    echo 'nobody = keeper' >"$WORK/names"
    printf 'spring-tide\nspring-tide\n' | smbpasswd -c "$WORK/smb.conf" -s -a nobody >/dev/null 2>&1
}
