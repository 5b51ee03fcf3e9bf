# shellcheck shell=bash
# SSH logins with a key, with an unknown key, with old key exchange and ciphers, with compression: OpenSSH on both sides

serve() {
    ssh-keygen -q -t ed25519 -N '' -f "$WORK/host_ed25519"
    ssh-keygen -q -t rsa -b 2048 -N '' -f "$WORK/host_rsa"
    ssh-keygen -q -t ed25519 -N '' -f "$WORK/keeper"
    ssh-keygen -q -t ed25519 -N '' -f "$WORK/stranger"
    cat >"$WORK/sshd.conf" <<CONF
ListenAddress $HOST:22
HostKey $WORK/host_ed25519
HostKey $WORK/host_rsa
AuthorizedKeysFile $WORK/keeper.pub
KexAlgorithms +diffie-hellman-group14-sha1
PidFile none
UsePAM no
StrictModes no
PermitRootLogin yes
CONF
    mkdir -p /run/sshd
    daemon 22 "$(command -v sshd)" -D -e -f "$WORK/sshd.conf"
}

talk() {
    local ssh="ssh -F none -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes"
    ask $ssh -i "$WORK/keeper" "root@$HOST" true
    attempt $ssh -i "$WORK/stranger" "root@$HOST" true
    ask $ssh -i "$WORK/keeper" -o KexAlgorithms=diffie-hellman-group14-sha1 -c aes128-ctr -m hmac-sha2-256 \
        -o HostKeyAlgorithms=rsa-sha2-256 "root@$HOST" true
    ask $ssh -i "$WORK/keeper" -C "root@$HOST" true
}
