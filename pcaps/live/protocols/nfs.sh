# shellcheck shell=bash
# NFS 3 and 4 over TCP: a folder listed, files read and written, a missing one: libnfs' tools and nfs-ganesha

serve() {
    mkdir -p "$WORK/export"
    report "$WORK/export/levels.pdf"
    chmod 711 "$WORK"
    chmod -R 777 "$WORK/export"
    cat >"$WORK/ganesha.conf" <<CONF
NFS_CORE_PARAM { Protocols = 3, 4; Bind_addr = $HOST; MNT_Port = 20048; Enable_NLM = false; Enable_RQUOTA = false; }
NFSV4 { RecoveryBackend = fs; RecoveryRoot = $WORK/recovery; Graceless = true; Minor_Versions = 0; }
EXPORT {
  Export_Id = 1; Path = $WORK/export; Pseudo = /charts; Access_Type = RW; Squash = No_Root_Squash; SecType = sys;
  Protocols = 3, 4; Transports = TCP; FSAL { Name = VFS; }
}
CONF
    daemon 111 rpcbind -f -w
    daemon 2049 ganesha.nfsd -F -L "$WORK/ganesha.log" -f "$WORK/ganesha.conf" -p "$WORK/ganesha.pid"
}

talk() {
    report "$WORK/night.pdf"
    ask nfs-ls "nfs://$HOST$WORK/export/?version=3"
    ask nfs-cat "nfs://$HOST$WORK/export/levels.pdf?version=3"
    ask nfs-cp "$WORK/night.pdf" "nfs://$HOST$WORK/export/night.pdf?version=3"
    attempt nfs-cat "nfs://$HOST$WORK/export/no-such-file?version=3"
    ask nfs-cat "nfs://$HOST/charts/levels.pdf?version=4"
    ask nfs-cp "$WORK/night.pdf" "nfs://$HOST/charts/four.pdf?version=4"
}
