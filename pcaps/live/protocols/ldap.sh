# shellcheck shell=bash
# LDAP: binds right and wrong, searches, an entry added, compared, changed, renamed, deleted: ldap-utils, slapd

serve() {
    mkdir -p "$WORK/base"
    cat >"$WORK/slapd.conf" <<CONF
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile $WORK/slapd.pid
database mdb
suffix "dc=kasen,dc=example"
rootdn "cn=keeper,dc=kasen,dc=example"
rootpw spring-tide
directory $WORK/base
CONF
    slapadd -f "$WORK/slapd.conf" <<LDIF
dn: dc=kasen,dc=example
objectClass: organization
objectClass: dcObject
o: Ministry of Rivers
dc: kasen

dn: cn=gauge-07,dc=kasen,dc=example
objectClass: device
cn: gauge-07
description: upper reach
LDIF
    daemon 389 slapd -f "$WORK/slapd.conf" -h "ldap://$HOST" -d 0
}

talk() {
    local at="-x -H ldap://$HOST" keeper="-D cn=keeper,dc=kasen,dc=example -w spring-tide" base="dc=kasen,dc=example"
    ask ldapsearch $at -b "$base" -s sub '(&(objectClass=device)(cn=gauge*))' cn description
    attempt ldapwhoami $at -D "cn=keeper,$base" -w low-tide
    ask ldapwhoami $at $keeper
    printf 'dn: cn=gauge-08,%s\nobjectClass: device\ncn: gauge-08\n' "$base" >"$WORK/add.ldif"
    ask ldapadd $at $keeper -f "$WORK/add.ldif"
    printf 'dn: cn=gauge-08,%s\nchangetype: modify\nreplace: description\ndescription: lower reach\n' "$base" \
        >"$WORK/change.ldif"
    ask ldapmodify $at $keeper -f "$WORK/change.ldif"
    attempt ldapcompare $at $keeper "cn=gauge-08,$base" 'description:lower reach'
    ask ldapmodrdn $at $keeper "cn=gauge-08,$base" cn=gauge-09
    ask ldapdelete $at $keeper "cn=gauge-09,$base"
    attempt ldapdelete $at $keeper "cn=gauge-09,$base"
}
