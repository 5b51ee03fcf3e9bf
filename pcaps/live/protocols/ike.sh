# shellcheck shell=bash
# IKE 2 and 1 (main and aggressive mode) with a shared key, a proposal refused: strongSwan on both sides

serve() {
    local side
    ike_side site "$HOST" "$CLIENT" aes256-sha256-modp2048
    ike_side world "$CLIENT" "$HOST" aes128-sha1-modp1024
    ike_daemon "$SITE" "$WORK/site" >>"$WORK/serve.log" 2>&1 &
    ike_daemon "$WORLD" "$WORK/world" >>"$WORK/serve.log" 2>&1 &
    for side in site world; do
        wait_for test -S "$WORK/$side/vici"
        control "$side" --load-all --file "$WORK/$side/swanctl.conf"
    done
}

talk() {
    local name
    for name in two main aggressive refused; do
        control world --initiate --ike "$name" --timeout 5
        control world --terminate --ike "$name" --timeout 5
    done
}

control() { timeout 10 swanctl "${@:2}" --uri "unix://$WORK/$1/vici" >>"$WORK/talk.log" 2>&1 || true; }

# ike_daemon NAMESPACE FOLDER: with that folder in the place of /run, which two of them cannot share.
ike_daemon() {
    ip netns exec "$1" env STRONGSWAN_CONF="$2/strongswan.conf" \
        unshare --mount sh -c 'mount --bind "$0" /run && exec charon-systemd' "$2"
}

# ike_side NAME LOCAL REMOTE PROPOSAL: that proposal is for the connection `refused`.
ike_side() {
    mkdir -p "$WORK/$1"
    cat >"$WORK/$1/strongswan.conf" <<CONF
charon-systemd {
  i_dont_care_about_security_and_use_aggressive_mode_psk = yes
  plugins {
    vici {
      socket = unix://$WORK/$1/vici
    }
  }
}
CONF
    {
        echo 'connections {'
        ike_connection two 2 no "$2" "$3" aes256-sha256-modp2048
        ike_connection main 1 no "$2" "$3" aes256-sha256-modp2048
        ike_connection aggressive 1 yes "$2" "$3" aes256-sha256-modp2048
        ike_connection refused 2 no "$2" "$3" "$4"
        printf '}\nsecrets {\n ike-all {\n secret = spring-tide\n }\n}\n'
    } >"$WORK/$1/swanctl.conf"
}

# ike_connection NAME VERSION AGGRESSIVE LOCAL REMOTE PROPOSAL
ike_connection() {
    cat <<CONF
  $1 {
    version = $2
    aggressive = $3
    local_addrs = $4
    remote_addrs = $5
    proposals = $6
    local {
      auth = psk
      id = $4
    }
    remote {
      auth = psk
      id = $5
    }
    children {
      net {
        esp_proposals = aes256-sha256
      }
    }
  }
CONF
}
