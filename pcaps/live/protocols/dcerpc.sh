# shellcheck shell=bash
# DCE/RPC over TCP: the endpoint mapper asked, then accounts and shares read where it pointed: rpcclient and samba

serve() {
    file_server
    printf '[global]\n  rpc start on demand helpers = no\n' >>"$WORK/smb.conf"
    daemon 135 /usr/libexec/samba/samba-dcerpcd -F --libexec-rpcds -s "$WORK/smb.conf"
}

talk() {
    local client="rpcclient -s /dev/null --netbiosname=GAUGE-07 -U KASEN/keeper%spring-tide"
    ask $client "ncacn_ip_tcp:$HOST" -c 'srvinfo'
    ask $client "ncacn_ip_tcp:$HOST" -c 'enumdomusers'
}
