/* http_event.c - what is odd about HTTP traffic: libhtp's messages and flags as Suricata's events.
 */
#include "sensor/app/protocols/http_state.h"

#define MESSAGES_MAX 512

#define NAME(e) [HTTP_##e] = #e
const char *const http_event_names[HTTP_EVENT_COUNT] = {
    NAME(UNKNOWN_ERROR),
    NAME(GZIP_DECOMPRESSION_FAILED),
    NAME(REQUEST_FIELD_MISSING_COLON),
    NAME(RESPONSE_FIELD_MISSING_COLON),
    NAME(INVALID_REQUEST_CHUNK_LEN),
    NAME(INVALID_RESPONSE_CHUNK_LEN),
    NAME(INVALID_TRANSFER_ENCODING_VALUE_IN_REQUEST),
    NAME(INVALID_TRANSFER_ENCODING_VALUE_IN_RESPONSE),
    NAME(INVALID_CONTENT_LENGTH_FIELD_IN_REQUEST),
    NAME(INVALID_CONTENT_LENGTH_FIELD_IN_RESPONSE),
    NAME(DUPLICATE_CONTENT_LENGTH_FIELD_IN_REQUEST),
    NAME(DUPLICATE_CONTENT_LENGTH_FIELD_IN_RESPONSE),
    NAME(100_CONTINUE_ALREADY_SEEN),
    NAME(UNABLE_TO_MATCH_RESPONSE_TO_REQUEST),
    NAME(INVALID_SERVER_PORT_IN_REQUEST),
    NAME(INVALID_AUTHORITY_PORT),
    NAME(REQUEST_HEADER_INVALID),
    NAME(RESPONSE_HEADER_INVALID),
    NAME(MISSING_HOST_HEADER),
    NAME(HOST_HEADER_AMBIGUOUS),
    NAME(INVALID_REQUEST_FIELD_FOLDING),
    NAME(INVALID_RESPONSE_FIELD_FOLDING),
    NAME(REQUEST_FIELD_TOO_LONG),
    NAME(RESPONSE_FIELD_TOO_LONG),
    NAME(REQUEST_SERVER_PORT_TCP_PORT_MISMATCH),
    NAME(REQUEST_URI_HOST_INVALID),
    NAME(REQUEST_HEADER_HOST_INVALID),
    NAME(METHOD_DELIM_NON_COMPLIANT),
    NAME(URI_DELIM_NON_COMPLIANT),
    NAME(REQUEST_LINE_LEADING_WHITESPACE),
    NAME(TOO_MANY_ENCODING_LAYERS),
    NAME(ABNORMAL_CE_HEADER),
    NAME(REQUEST_AUTH_UNRECOGNIZED),
    NAME(REQUEST_HEADER_REPETITION),
    NAME(RESPONSE_HEADER_REPETITION),
    NAME(RESPONSE_MULTIPART_BYTERANGES),
    NAME(RESPONSE_ABNORMAL_TRANSFER_ENCODING),
    NAME(RESPONSE_CHUNKED_OLD_PROTO),
    NAME(RESPONSE_INVALID_PROTOCOL),
    NAME(RESPONSE_INVALID_STATUS),
    NAME(REQUEST_LINE_INCOMPLETE),
    NAME(DOUBLE_ENCODED_URI),
    NAME(REQUEST_LINE_INVALID),
    NAME(REQUEST_BODY_UNEXPECTED),
    NAME(LZMA_MEMLIMIT_REACHED),
    NAME(COMPRESSION_BOMB),
    NAME(RANGE_INVALID),
    NAME(REQUEST_CHUNK_EXTENSION),
    NAME(RESPONSE_CHUNK_EXTENSION),
    NAME(REQUEST_LINE_MISSING_PROTOCOL),
    NAME(REQUEST_TOO_MANY_HEADERS),
    NAME(RESPONSE_TOO_MANY_HEADERS),
    NAME(MULTIPART_GENERIC_ERROR),
    NAME(MULTIPART_NO_FILEDATA),
    NAME(MULTIPART_INVALID_HEADER),
    NAME(TOO_MANY_WARNINGS),
    NAME(FAILED_PROTOCOL_CHANGE),
    NAME(FILE_NAME_TOO_LONG),
};

/* Starts of libhtp's messages; the first that fits counts, so the special ones stand first. */
static const struct {
    const char *start;
    enum http_event event;
} messages[] = {
    {"Request field invalid: colon missing", HTTP_REQUEST_FIELD_MISSING_COLON},
    {"Request field invalid", HTTP_REQUEST_HEADER_INVALID},
    {"Request header name is not a token", HTTP_REQUEST_HEADER_INVALID},
    {"Request field length exceeds", HTTP_REQUEST_FIELD_TOO_LONG},
    {"Request buffer over", HTTP_REQUEST_FIELD_TOO_LONG},
    {"Request chunk encoding: Invalid chunk length", HTTP_INVALID_REQUEST_CHUNK_LEN},
    {"Request chunk extension", HTTP_REQUEST_CHUNK_EXTENSION},
    {"Request line: URI contains non-compliant delimiter", HTTP_URI_DELIM_NON_COMPLIANT},
    {"Request line: non-compliant delimiter between Method and URI",
     HTTP_METHOD_DELIM_NON_COMPLIANT},
    {"Request line: leading whitespace", HTTP_REQUEST_LINE_LEADING_WHITESPACE},
    {"Request line: missing protocol", HTTP_REQUEST_LINE_MISSING_PROTOCOL},
    {"Request line incomplete", HTTP_REQUEST_LINE_INCOMPLETE},
    {"Unexpected request body", HTTP_REQUEST_BODY_UNEXPECTED},
    {"Too many request headers", HTTP_REQUEST_TOO_MANY_HEADERS},
    {"Invalid request field folding", HTTP_INVALID_REQUEST_FIELD_FOLDING},
    {"Ambiguous request C-L value", HTTP_DUPLICATE_CONTENT_LENGTH_FIELD_IN_REQUEST},
    {"Request server port=", HTTP_REQUEST_SERVER_PORT_TCP_PORT_MISMATCH},
    {"Invalid server port information in request", HTTP_INVALID_SERVER_PORT_IN_REQUEST},
    {"Excessive request header repetitions", HTTP_REQUEST_HEADER_REPETITION},
    {"Excessive response header repetitions", HTTP_RESPONSE_HEADER_REPETITION},
    {"Response field invalid: missing colon", HTTP_RESPONSE_FIELD_MISSING_COLON},
    {"Response field invalid", HTTP_RESPONSE_HEADER_INVALID},
    {"Response header name is not a token", HTTP_RESPONSE_HEADER_INVALID},
    {"Response header value contains null", HTTP_RESPONSE_HEADER_INVALID},
    {"Response field length exceeds", HTTP_RESPONSE_FIELD_TOO_LONG},
    {"Response the buffer limit", HTTP_RESPONSE_FIELD_TOO_LONG},
    {"Response buffer over", HTTP_RESPONSE_FIELD_TOO_LONG},
    {"Response chunk encoding: Invalid chunk length", HTTP_INVALID_RESPONSE_CHUNK_LEN},
    {"Response chunk extension", HTTP_RESPONSE_CHUNK_EXTENSION},
    {"Invalid response field folding", HTTP_INVALID_RESPONSE_FIELD_FOLDING},
    {"Invalid response line: invalid protocol", HTTP_RESPONSE_INVALID_PROTOCOL},
    {"Invalid response line: invalid response status", HTTP_RESPONSE_INVALID_STATUS},
    {"Invalid C-L field in response", HTTP_INVALID_CONTENT_LENGTH_FIELD_IN_RESPONSE},
    {"Ambiguous response C-L value", HTTP_DUPLICATE_CONTENT_LENGTH_FIELD_IN_RESPONSE},
    {"Too many response headers", HTTP_RESPONSE_TOO_MANY_HEADERS},
    {"Too many response content encoding layers", HTTP_TOO_MANY_ENCODING_LAYERS},
    {"Unable to match response to request", HTTP_UNABLE_TO_MATCH_RESPONSE_TO_REQUEST},
    {"Already seen 100-Continue", HTTP_100_CONTINUE_ALREADY_SEEN},
    {"Transfer-encoding has abnormal chunked value", HTTP_RESPONSE_ABNORMAL_TRANSFER_ENCODING},
    {"Chunked transfer-encoding on HTTP/0.9 or HTTP/1.0", HTTP_RESPONSE_CHUNKED_OLD_PROTO},
    {"C-T multipart/byteranges in responses not supported", HTTP_RESPONSE_MULTIPART_BYTERANGES},
    {"C-E gzip has abnormal value", HTTP_ABNORMAL_CE_HEADER},
    {"C-E deflate has abnormal value", HTTP_ABNORMAL_CE_HEADER},
    {"C-E unknown setting", HTTP_ABNORMAL_CE_HEADER},
    {"GZip decompressor:", HTTP_GZIP_DECOMPRESSION_FAILED},
    {"LZMA decompressor: memory limit reached", HTTP_LZMA_MEMLIMIT_REACHED},
    {"Compression bomb:", HTTP_COMPRESSION_BOMB},
};

/* What is no row is libhtp's own business: Suricata keeps silent too. */
static enum http_event event_of(const char *message)
{
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++)
        if (strncmp(message, messages[i].start, strlen(messages[i].start)) == 0)
            return messages[i].event;
    return HTTP_EVENT_COUNT;
}

/* The tx a message is about; libhtp does not always say. */
static htp_tx_t *tx_of_message(const struct http_state *s, const htp_log_t *log)
{
    if (log->tx)
        return log->tx;
    return s->dir == TO_SERVER ? htp_connp_get_in_tx(s->connp) : htp_connp_get_out_tx(s->connp);
}

int http_on_log(htp_log_t *log)
{
    struct http_state *s = htp_connp_get_user_data(log->connp);
    htp_tx_t *htp = tx_of_message(s, log);
    struct http_tx *t = htp ? htp_tx_get_user_data(htp) : NULL;
    enum http_event event =
        ++s->messages > MESSAGES_MAX ? HTTP_TOO_MANY_WARNINGS : event_of(log->msg);
    if (event == HTTP_EVENT_COUNT)
        return HTP_OK;
    if (t)
        app_tx_event(&t->tx, (uint16_t)event);
    else
        s->orphan = event;
    return HTP_OK;
}

bool http_complains_too_much(const struct http_state *s)
{
    return s->messages > MESSAGES_MAX;
}

void http_check_request(struct http_tx *t)
{
    static const struct {
        uint64_t flag;
        enum http_event event;
    } flags[] = {
        {HTP_REQUEST_INVALID_T_E, HTTP_INVALID_TRANSFER_ENCODING_VALUE_IN_REQUEST},
        {HTP_REQUEST_INVALID_C_L, HTTP_INVALID_CONTENT_LENGTH_FIELD_IN_REQUEST},
        {HTP_HOST_MISSING, HTTP_MISSING_HOST_HEADER},
        {HTP_HOST_AMBIGUOUS, HTTP_HOST_HEADER_AMBIGUOUS},
        {HTP_HOSTU_INVALID, HTTP_REQUEST_URI_HOST_INVALID},
        {HTP_HOSTH_INVALID, HTTP_REQUEST_HEADER_HOST_INVALID},
    };
    const htp_tx_t *h = t->htp;
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (h->flags & flags[i].flag)
            app_tx_event(&t->tx, (uint16_t)flags[i].event);
    if (h->request_auth_type == HTP_AUTH_UNRECOGNIZED)
        app_tx_event(&t->tx, HTTP_REQUEST_AUTH_UNRECOGNIZED);
    if (h->is_protocol_0_9 && h->request_method_number == HTP_M_UNKNOWN &&
        h->request_protocol_number < 0)
        app_tx_event(&t->tx, HTTP_REQUEST_LINE_INVALID);
}
