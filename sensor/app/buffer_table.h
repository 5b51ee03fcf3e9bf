/* sensor/app/buffer_table.h - the buffers rules can inspect, one row each.
 *
 * X(name, aliases, legacy modifier, protocol, directions, more flags, progress to server, progress
 * to client, getter). A getter stands in its protocol's <proto>_buffer.c; aliases are separated by
 * a space, "" for none. Names and meanings are Suricata's (user guide, "HTTP Keywords" and so on).
 */
#ifndef APP_BUFFER_TABLE_H
#define APP_BUFFER_TABLE_H
#include "sensor/app/dns.h"
#include "sensor/app/http.h"
#include "sensor/app/tls.h"

#define TS    APP_BUFFER_TO_SERVER
#define TC    APP_BUFFER_TO_CLIENT
#define MULTI APP_BUFFER_MULTI
#define GROWS APP_BUFFER_GROWS

/* clang-format off */
#define BUFFER_TABLE(X) \
    X("http.method", "", "http_method", HTTP, TS, 0, HTTP_LINE, 0, http_get_method) \
    X("http.uri", "", "http_uri", HTTP, TS, 0, HTTP_LINE, 0, http_get_uri) \
    X("http.uri.raw", "", "http_raw_uri", HTTP, TS, 0, HTTP_LINE, 0, http_get_uri_raw) \
    X("http.request_line", "http_request_line", "", HTTP, TS, 0, HTTP_LINE, 0, http_get_request_line) \
    X("http.response_line", "http_response_line", "", HTTP, TC, 0, 0, HTTP_LINE, http_get_response_line) \
    X("http.protocol", "http_protocol", "", HTTP, TS | TC, 0, HTTP_LINE, HTTP_LINE, http_get_protocol) \
    X("http.stat_code", "", "http_stat_code", HTTP, TC, 0, 0, HTTP_LINE, http_get_stat_code) \
    X("http.stat_msg", "", "http_stat_msg", HTTP, TC, 0, 0, HTTP_LINE, http_get_stat_msg) \
    X("http.header", "", "http_header", HTTP, TS | TC, 0, HTTP_HEADERS, HTTP_HEADERS, http_get_header) \
    X("http.header.raw", "", "http_raw_header", HTTP, TS | TC, 0, HTTP_HEADERS, HTTP_HEADERS, http_get_header_raw) \
    X("http.header_names", "http_header_names", "", HTTP, TS | TC, 0, HTTP_HEADERS, HTTP_HEADERS, http_get_header_names) \
    X("http.request_header", "", "", HTTP, TS, MULTI, HTTP_HEADERS, 0, http_get_one_header) \
    X("http.response_header", "", "", HTTP, TC, MULTI, 0, HTTP_HEADERS, http_get_one_header) \
    X("http.start", "http_start", "", HTTP, TS | TC, 0, HTTP_HEADERS, HTTP_HEADERS, http_get_start) \
    X("http.cookie", "", "http_cookie", HTTP, TS | TC, 0, HTTP_HEADERS, HTTP_HEADERS, http_get_cookie) \
    X("http.user_agent", "", "http_user_agent", HTTP, TS, 0, HTTP_HEADERS, 0, http_get_user_agent) \
    X("http.host", "", "http_host", HTTP, TS, 0, HTTP_HEADERS, 0, http_get_host) \
    X("http.host.raw", "", "http_raw_host", HTTP, TS, 0, HTTP_HEADERS, 0, http_get_host_raw) \
    X("http.referer", "http_referer", "", HTTP, TS, 0, HTTP_HEADERS, 0, http_get_referer) \
    X("http.accept", "http_accept", "", HTTP, TS, 0, HTTP_HEADERS, 0, http_get_accept) \
    X("http.accept_enc", "http_accept_enc", "", HTTP, TS, 0, HTTP_HEADERS, 0, http_get_accept_enc) \
    X("http.accept_lang", "http_accept_lang", "", HTTP, TS, 0, HTTP_HEADERS, 0, http_get_accept_lang) \
    X("http.connection", "http_connection", "", HTTP, TS | TC, 0, HTTP_HEADERS, HTTP_HEADERS, http_get_connection) \
    X("http.content_type", "http_content_type", "", HTTP, TS | TC, 0, HTTP_HEADERS, HTTP_HEADERS, http_get_content_type) \
    X("http.content_len", "http_content_len", "", HTTP, TS | TC, 0, HTTP_HEADERS, HTTP_HEADERS, http_get_content_len) \
    X("http.server", "", "", HTTP, TC, 0, 0, HTTP_HEADERS, http_get_server) \
    X("http.location", "", "", HTTP, TC, 0, 0, HTTP_HEADERS, http_get_location) \
    X("http.request_body", "", "http_client_body", HTTP, TS, GROWS, HTTP_BODY, 0, http_get_body) \
    X("http.response_body", "", "http_server_body", HTTP, TC, GROWS, 0, HTTP_BODY, http_get_body) \
    X("file.data", "file_data", "", HTTP, TS | TC, MULTI | GROWS, HTTP_BODY, HTTP_BODY, http_get_file_data) \
    X("tls.sni", "tls_sni", "", TLS, TS, 0, TLS_HELLO, 0, tls_get_sni) \
    X("tls.random", "", "", TLS, TS | TC, 0, TLS_HELLO, TLS_HELLO, tls_get_random) \
    X("tls.random_time", "", "", TLS, TS | TC, 0, TLS_HELLO, TLS_HELLO, tls_get_random_time) \
    X("tls.random_bytes", "", "", TLS, TS | TC, 0, TLS_HELLO, TLS_HELLO, tls_get_random_bytes) \
    X("tls.cert_subject", "tls_cert_subject", "", TLS, TS | TC, 0, TLS_CERT, TLS_CERT, tls_get_cert_subject) \
    X("tls.cert_issuer", "tls_cert_issuer", "", TLS, TS | TC, 0, TLS_CERT, TLS_CERT, tls_get_cert_issuer) \
    X("tls.cert_serial", "tls_cert_serial", "", TLS, TS | TC, 0, TLS_CERT, TLS_CERT, tls_get_cert_serial) \
    X("tls.cert_fingerprint", "tls_cert_fingerprint", "", TLS, TS | TC, 0, TLS_CERT, TLS_CERT, tls_get_cert_fingerprint) \
    X("tls.certs", "tls_certs", "", TLS, TS | TC, MULTI, TLS_CERT, TLS_CERT, tls_get_certs) \
    X("ja3.hash", "ja3_hash", "", TLS, TS, 0, TLS_HELLO, 0, tls_get_ja3_hash) \
    X("ja3.string", "ja3_string", "", TLS, TS, 0, TLS_HELLO, 0, tls_get_ja3_string) \
    X("ja3s.hash", "ja3s_hash", "", TLS, TC, 0, 0, TLS_HELLO, tls_get_ja3_hash) \
    X("ja3s.string", "ja3s_string", "", TLS, TC, 0, 0, TLS_HELLO, tls_get_ja3_string) \
    X("ja4.hash", "", "", TLS, TS, 0, TLS_HELLO, 0, tls_get_ja4) \
    X("dns.query", "dns_query", "", DNS, TS, MULTI, DNS_DONE, 0, dns_get_query)
/* clang-format on */
#endif
