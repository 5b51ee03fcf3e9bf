# shellcheck shell=bash
# SNMP 1, 2c and 3: get, next, bulk, set, traps, a wrong community, an encrypted request: net-snmp

serve() {
    export SNMP_PERSISTENT_DIR=$WORK/snmp SNMPCONFPATH=$WORK
    cat >"$WORK/agent.conf" <<CONF
agentAddress udp:$HOST:161
rocommunity rivers
rwcommunity floods
createUser keeper SHA spring-tide AES spring-tide
rouser keeper priv
sysLocation "upper reach"
CONF
    daemon 161 snmpd -f -Lo -C -c "$WORK/agent.conf"
}

talk() {
    local at="-t 1 -r 0 $HOST" system=1.3.6.1.2.1.1
    ask snmpget -v1 -c rivers $at $system.1.0 $system.5.0
    ask snmpgetnext -v2c -c rivers $at $system
    ask snmpbulkget -v2c -c rivers -Cr4 $at $system
    attempt snmpset -v2c -c floods $at $system.4.0 s keeper
    attempt snmpget -v2c -c public $at $system.1.0
    ask snmpget -v3 -l authPriv -u keeper -a SHA -A spring-tide -x AES -X spring-tide $at $system.5.0
    ask snmptrap -v2c -c rivers "$HOST:161" '' 1.3.6.1.6.3.1.1.5.3 $system.5.0 s gauge-07
    ask snmptrap -v1 -c rivers "$HOST:161" 1.3.6.1.4.1.8072 "$CLIENT" 6 17 '' $system.5.0 s gauge-07
}
