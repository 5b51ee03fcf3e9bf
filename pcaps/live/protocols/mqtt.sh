# shellcheck shell=bash
# MQTT 3.1, 3.1.1 and 5: subscriptions, messages of every quality, a will, a wrong password: mosquitto

serve() {
    printf 'keeper:spring-tide\n' >"$WORK/passwords"
    mosquitto_passwd -U "$WORK/passwords"
    printf 'listener 1883 %s\nallow_anonymous false\npassword_file %s\nuser root\n' "$HOST" "$WORK/passwords" \
        >"$WORK/mosquitto.conf"
    daemon 1883 mosquitto -c "$WORK/mosquitto.conf"
}

talk() {
    local at="-h $HOST -u keeper -P spring-tide" topic=kasen/gauge-07/level
    ask mosquitto_pub $at -i gauge-07 -V 311 -t "$topic" -m 3.40 -r --will-topic kasen/gauge-07/gone --will-payload lost
    ask mosquitto_sub $at -i office -V 5 -t 'kasen/+/level' -t 'kasen/#' -q 2 -C 1
    ask mosquitto_pub $at -i gauge-08 -V 5 -t "$topic" -m 3.41 -q 1 -D publish content-type text/plain \
        -D publish user-property unit m
    ask mosquitto_pub $at -i gauge-09 -V 31 -t "$topic" -m 3.42 -q 2
    ask mosquitto_rr $at -i asker -V 5 -t "$topic" -e "$topic" -m 3.43
    attempt mosquitto_pub -h "$HOST" -u keeper -P low-tide -i stranger -t "$topic" -m 0
}
