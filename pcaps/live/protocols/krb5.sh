# shellcheck shell=bash
# Kerberos over UDP and TCP: preauthentication, tickets, a wrong password, unknown names: MIT kinit and krb5kdc

serve() {
    export KRB5_CONFIG=$WORK/krb5.conf KRB5_KDC_PROFILE=$WORK/kdc.conf KRB5CCNAME=$WORK/tickets
    cat >"$KRB5_CONFIG" <<CONF
[libdefaults]
  default_realm = KASEN.EXAMPLE
  dns_lookup_kdc = false
  rdns = false
  udp_preference_limit = 4000
[realms]
  KASEN.EXAMPLE = {
    kdc = $HOST
  }
CONF
    sed 's/4000/1/' "$KRB5_CONFIG" >"$WORK/krb5-tcp.conf"
    cat >"$KRB5_KDC_PROFILE" <<CONF
[realms]
  KASEN.EXAMPLE = {
    database_name = $WORK/principal
    key_stash_file = $WORK/stash
    kdc_listen = $HOST:88
    kdc_tcp_listen = $HOST:88
    supported_enctypes = aes256-cts:normal aes128-cts:normal
    default_principal_flags = +preauth
  }
CONF
    kdb5_util create -s -P flood-mark >/dev/null 2>&1
    kadmin.local -q 'addprinc -pw spring-tide keeper' >/dev/null 2>&1
    kadmin.local -q 'addprinc -randkey host/gauge-07.kasen.example' >/dev/null 2>&1
    daemon 88 krb5kdc -n
}

talk() {
    kinit_with spring-tide keeper
    ask kvno host/gauge-07.kasen.example
    kinit_with low-tide keeper
    kinit_with spring-tide nobody
    attempt kvno host/gauge-99.kasen.example
    export KRB5_CONFIG=$WORK/krb5-tcp.conf
    kinit_with spring-tide keeper
    ask kvno host/gauge-07.kasen.example
}

kinit_with() { echo "$1" | world timeout 10 kinit "$2" >>"$WORK/talk.log" 2>&1 || true; }
