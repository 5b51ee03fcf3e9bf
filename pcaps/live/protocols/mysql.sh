# shellcheck shell=bash
# MariaDB: a login right and wrong, statements, rows, an error, a change of database: mariadb, mariadbd

serve() {
    chmod 711 "$WORK"
    install -d -o mysql "$WORK/data" "$WORK/run"
    mariadb-install-db --no-defaults --user=mysql --datadir="$WORK/data" --skip-test-db >/dev/null 2>&1
    daemon 3306 mariadbd --no-defaults --user=mysql --datadir="$WORK/data" --bind-address="$HOST" \
        --socket="$WORK/run/sock" --pid-file="$WORK/run/pid" --innodb-flush-log-at-trx-commit=0 --skip-name-resolve
    wait_for site mariadb --no-defaults -S "$WORK/run/sock" -u root -e \
        "CREATE DATABASE kasen; CREATE USER keeper IDENTIFIED BY 'spring-tide'; GRANT ALL ON kasen.* TO keeper"
}

talk() {
    local to="mariadb --no-defaults --skip-ssl -h $HOST -u keeper -pspring-tide"
    ask $to kasen -e "CREATE TABLE levels (station INT, level DECIMAL(4,2));
        INSERT INTO levels VALUES (12, 3.40), (13, NULL); SELECT * FROM levels"
    ask $to -e "USE kasen; PREPARE one FROM 'SELECT level FROM levels WHERE station = ?';
        SET @n = 12; EXECUTE one USING @n"
    attempt $to kasen -e 'SELECT * FROM no_such_table'
    attempt mariadb --no-defaults --skip-ssl -h "$HOST" -u keeper -plow-tide -e 'SELECT 1'
}
