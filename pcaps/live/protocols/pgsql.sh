# shellcheck shell=bash
# PostgreSQL: passwords as SCRAM, MD5 and plain, one wrong, queries, copies, an error: psql, PostgreSQL 15

serve() {
    local bin=/usr/lib/postgresql/15/bin
    chmod 711 "$WORK"
    install -d -o postgres "$WORK/data"
    echo spring-tide >"$WORK/word"
    chown postgres "$WORK/word"
    runuser -u postgres -- $bin/initdb -D "$WORK/data" -U keeper --pwfile="$WORK/word" -A scram-sha-256 >/dev/null
    printf '%s\n' 'host all keeper all scram-sha-256' 'host all md5er all md5' 'host all plain all password' \
        'local all all trust' >"$WORK/data/pg_hba.conf"
    daemon 5432 runuser -u postgres -- $bin/postgres -D "$WORK/data" -h "$HOST" \
        -c unix_socket_directories="$WORK/data" -c fsync=off
    wait_for site psql -qh "$WORK/data" -U keeper postgres -c "SET password_encryption = 'md5';
        CREATE ROLE md5er LOGIN PASSWORD 'spring-tide';
        CREATE ROLE plain LOGIN PASSWORD 'spring-tide'"
}

talk() {
    local to="psql -qAtw -h $HOST -d postgres"
    export PGPASSWORD=spring-tide
    ask $to -U keeper -c 'CREATE TABLE levels (station int, level numeric)' \
        -c "INSERT INTO levels VALUES (12, 3.40), (13, NULL)" -c 'SELECT * FROM levels' \
        -c '\copy levels TO STDOUT' -c 'PREPARE one AS SELECT 1; EXECUTE one'
    printf '12\t3.41\n' | world $to -U keeper -c 'COPY levels FROM STDIN' >>"$WORK/talk.log" 2>&1
    attempt $to -U keeper -c 'SELECT * FROM no_such_table'
    ask $to -U md5er -c 'SELECT 1'
    ask $to -U plain -c 'SELECT 2'
    PGSSLMODE=disable ask $to -U plain -c 'SELECT 3'
    PGPASSWORD=low-tide attempt $to -U keeper -c 'SELECT 4'
}
