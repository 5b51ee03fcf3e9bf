# shellcheck shell=bash
# SMB 1, 2.1 and 3.1.1: NTLM logins right and wrong, files up and down, a folder, pipes, a sealed session: samba

serve() {
    file_server
    daemon 445 smbd -F -s "$WORK/smb.conf"
}

talk() {
    report "$WORK/night.pdf"
    local share=//$HOST/charts
    local smb="smbclient -s /dev/null --netbiosname=GAUGE-07 -U KASEN/keeper%spring-tide -t 5"
    ask $smb -m SMB3_11 "$share" -c "ls; get levels.pdf $WORK/out; mkdir night;
        put $WORK/night.pdf night\\levels.pdf; rename night\\levels.pdf night\\old.pdf;
        del night\\old.pdf; rmdir night"
    ask $smb -m SMB2_10 "$share" -c "get levels.pdf $WORK/out"
    ask $smb -m SMB3_11 --client-protection=encrypt "$share" -c "get levels.pdf $WORK/out"
    attempt $smb -m SMB3 "$share" -c 'get no-such-file.pdf'
    ask $smb -m NT1 --option='client min protocol=NT1' "$share" \
        -c "ls; get levels.pdf $WORK/out; put $WORK/night.pdf old.pdf"
    attempt smbclient -s /dev/null --netbiosname=GAUGE-07 -t 5 -U KASEN/keeper%low-tide "$share" -c ls
    attempt rpcclient -s /dev/null --netbiosname=GAUGE-07 -U KASEN/keeper%spring-tide "$HOST" \
        -c 'srvinfo; netshareenumall; enumdomusers'
}
