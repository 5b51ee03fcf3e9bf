/* http_buffer_rows.h - the buffers that HTTP/1 and HTTP/2 have in common.
 *
 * X(name, older spellings, modifier, directions, stage, getter): looked at from stage LINE, HEADERS
 * or BODY on; the getter's name stands behind http_get_ or http2_get_. */
#ifndef APP_HTTP_BUFFER_ROWS_H
#define APP_HTTP_BUFFER_ROWS_H
#include "sensor/app/app.h"

#define TS    APP_BUFFER_TO_SERVER
#define TC    APP_BUFFER_TO_CLIENT
#define BOTH  (TS | TC)
#define EACH  APP_BUFFER_MULTI
#define GROWS APP_BUFFER_GROWS
/* clang-format off */
#define HTTP_BUFFER_ROWS(X) \
    X("http.method", "", "http_method", TS, LINE, method) \
    X("http.uri", "", "http_uri", TS, LINE, uri) \
    X("http.uri.raw", "", "http_raw_uri", TS, LINE, uri_raw) \
    X("http.request_line", "http_request_line", "", TS, LINE, request_line) \
    X("http.response_line", "http_response_line", "", TC, LINE, response_line) \
    X("http.protocol", "http_protocol", "", BOTH, LINE, protocol) \
    X("http.stat_code", "", "http_stat_code", TC, LINE, stat_code) \
    X("http.stat_msg", "", "http_stat_msg", TC, LINE, stat_msg) \
    X("http.header", "", "http_header", BOTH, HEADERS, header) \
    X("http.header.raw", "", "http_raw_header", BOTH, HEADERS, header_raw) \
    X("http.header_names", "http_header_names", "", BOTH, HEADERS, header_names) \
    X("http.request_header", "", "", TS | EACH, HEADERS, one_header) \
    X("http.response_header", "", "", TC | EACH, HEADERS, one_header) \
    X("http.cookie", "", "http_cookie", BOTH, HEADERS, cookie) \
    X("http.user_agent", "", "http_user_agent", TS, HEADERS, user_agent) \
    X("http.host", "", "http_host", TS, HEADERS, host) \
    X("http.host.raw", "", "http_raw_host", TS, HEADERS, host_raw) \
    X("http.referer", "http_referer", "", TS, HEADERS, referer) \
    X("http.accept", "http_accept", "", TS, HEADERS, accept) \
    X("http.accept_enc", "http_accept_enc", "", TS, HEADERS, accept_enc) \
    X("http.accept_lang", "http_accept_lang", "", TS, HEADERS, accept_lang) \
    X("http.connection", "http_connection", "", BOTH, HEADERS, connection) \
    X("http.content_type", "http_content_type", "", BOTH, HEADERS, content_type) \
    X("http.content_len", "http_content_len", "", BOTH, HEADERS, content_len) \
    X("http.server", "", "", TC, HEADERS, server) \
    X("http.location", "", "", TC, HEADERS, location) \
    X("http.request_body", "", "http_client_body", TS | GROWS | APP_BUFFER_APPENDS, BODY, body) \
    X("http.response_body", "", "http_server_body", TC | GROWS | APP_BUFFER_APPENDS | APP_BUFFER_ANSWER, BODY, body) \
    X("file.data", "file_data", "", BOTH | EACH | GROWS | APP_BUFFER_APPENDS | APP_BUFFER_ANSWER, BODY, file_data)
/* clang-format on */

#endif
