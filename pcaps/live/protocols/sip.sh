# shellcheck shell=bash
# SIP calls with SDP over UDP and TCP, each rung, answered and hung up: SIPp on both sides

serve() {
    daemon 5060 sipp -sn uas -i "$HOST" -p 5060 -nostdin -trace_err -error_file "$WORK/uas.err"
    daemon 5061 sipp -sn uas -i "$HOST" -p 5061 -t t1 -nostdin
}

talk() {
    attempt sipp -sn uac "$HOST:5060" -i "$CLIENT" -p 5070 -s gauge-07 -m 2 -d 50 -nostdin
    attempt sipp -sn uac "$HOST:5061" -i "$CLIENT" -p 5071 -t t1 -s gauge-08 -m 1 -d 50 -nostdin
}
