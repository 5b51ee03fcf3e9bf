/* sensor/app/app_table.h - the parsers: X(ID, "eve-name"), one row and one file each.
 *
 * sensor/app/protocols/<name>.c defines `const struct app_parser app_parser_<ID>` (see parser.h).
 * A flow's first bytes are offered in this order, so those with a telling start come first. */
#ifndef APP_APP_TABLE_H
#define APP_APP_TABLE_H
/* clang-format off */
#define APP_TABLE(X) \
    X(HTTP2, "http2") \
    X(SIP, "sip") \
    X(HTTP, "http") \
    X(TLS, "tls") \
    X(WEBSOCKET, "websocket") \
    X(MQTT, "mqtt") \
    X(RFB, "rfb") \
    X(SSH, "ssh") \
    X(SMTP, "smtp") \
    X(FTP, "ftp") \
    X(FTP_DATA, "ftp-data") \
    X(POP3, "pop3") \
    X(IMAP, "imap") \
    X(TELNET, "telnet") \
    X(QUIC, "quic") \
    X(BITTORRENT_DHT, "bittorrent-dht") \
    X(SOCKS, "socks") \
    X(PGSQL, "pgsql") \
    X(DNP3, "dnp3") \
    X(SMB, "smb") \
    X(DCERPC, "dcerpc") \
    X(NFS, "nfs") \
    X(MYSQL, "mysql") \
    X(RDP, "rdp") \
    X(KRB5, "krb5") \
    X(LDAP, "ldap") \
    /* ---- mostly told by their port and shape: last ---- */ \
    X(S7COMM, "s7comm") \
    X(ENIP, "enip") \
    X(MODBUS, "modbus") \
    X(DHCP, "dhcp") \
    X(IKE, "ike") \
    X(SNMP, "snmp") \
    X(NTP, "ntp") \
    X(SYSLOG, "syslog") \
    X(TFTP, "tftp") \
    X(MDNS, "mdns") \
    X(DNS, "dns")
/* clang-format on */
#endif
