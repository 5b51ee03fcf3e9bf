/* smb.c - SMB 1, 2 and 3 over TCP: messages out of the NetBIOS session service, file data as it
 * comes.
 *
 * A message is read once it is whole, up to SMB_RECORD_MAX of it. One that carries file data is
 * read from its first SMB_HEAD_BYTES, and the data handed over piece by piece. After a gap, or when
 * the start was not seen, the next message is looked for. What SMB 3 encrypts or compresses is
 * passed over. Source: RFC 1002 section 4.3, [MS-SMB2] 2.1. */
#include "sensor/app/protocols/smb_state.h"

#define NBSS_HEADER 4
#define CHAIN_MAX   64 /* messages in one NetBIOS message */

static const char *const events[SMB_EVENT_COUNT] = {
    [SMB_INTERNAL_ERROR] = "internal_error",
    [SMB_MALFORMED_DATA] = "malformed_data",
    [SMB_RECORD_OVERFLOW] = "record_overflow",
    [SMB_MALFORMED_NTLMSSP_REQUEST] = "malformed_ntlmssp_request",
    [SMB_MALFORMED_NTLMSSP_RESPONSE] = "malformed_ntlmssp_response",
    [SMB_DUPLICATE_NEGOTIATE] = "duplicate_negotiate",
    [SMB_NEGOTIATE_MALFORMED_DIALECTS] = "negotiate_malformed_dialects",
    [SMB_FILE_OVERLAP] = "file_overlap",
    [SMB_REQUEST_TO_CLIENT] = "request_to_client",
    [SMB_RESPONSE_TO_SERVER] = "response_to_server",
    [SMB_NEGOTIATE_MAX_READ_SIZE_TOO_LARGE] = "negotiate_max_read_size_too_large",
    [SMB_NEGOTIATE_MAX_WRITE_SIZE_TOO_LARGE] = "negotiate_max_write_size_too_large",
    [SMB_READ_REQUEST_TOO_LARGE] = "read_request_too_large",
    [SMB_READ_RESPONSE_TOO_LARGE] = "read_response_too_large",
    [SMB_READ_QUEUE_SIZE_EXCEEDED] = "read_queue_size_exceeded",
    [SMB_READ_QUEUE_CNT_EXCEEDED] = "read_queue_cnt_exceeded",
    [SMB_WRITE_REQUEST_TOO_LARGE] = "write_request_too_large",
    [SMB_WRITE_QUEUE_SIZE_EXCEEDED] = "write_queue_size_exceeded",
    [SMB_WRITE_QUEUE_CNT_EXCEEDED] = "write_queue_cnt_exceeded",
    [SMB_UNUSUAL_NTLMSSP_ORDER] = "unusual_ntlmssp_order",
    [SMB_TOO_MANY_TRANSACTIONS] = "too_many_transactions",
};

/* ---- messages ---- */

static bool faces(struct smb_state *s, enum direction dir, const struct smb_message *m)
{
    if (m->response == (dir == TO_CLIENT))
        return true;
    smb_event(s, m->response ? SMB_RESPONSE_TO_SERVER : SMB_REQUEST_TO_CLIENT);
    return false;
}

static void take_smb2(struct smb_state *s, enum direction dir, struct bytes payload,
                      uint64_t missing)
{
    struct smb_message before = {0};
    for (unsigned i = 0; i < CHAIN_MAX && payload.len > 0; i++) {
        struct smb_message m;
        size_t next;
        if (!smb2_read(&m, payload, missing, &next)) {
            smb_event(s, SMB_MALFORMED_DATA);
            return;
        }
        smb2_find_tree(s, &m);
        if (i > 0)
            smb2_relate(&m, &before);
        if (faces(s, dir, &m))
            smb2_take(s, dir, &m);
        before = m;
        payload = bytes_slice(payload, next, SIZE_MAX);
    }
}

/* The payload of one NetBIOS message, of which `missing` bytes are not there. */
static void take_payload(struct smb_state *s, enum direction dir, struct bytes payload,
                         uint64_t missing)
{
    struct smb_message m;
    uint8_t magic = payload.len >= SMB_MAGIC ? payload.p[0] : 0;
    if (magic == 0xff && smb1_read(&m, payload, missing)) {
        if (faces(s, dir, &m))
            smb1_take(s, dir, &m);
    } else if (magic == 0xfe) {
        take_smb2(s, dir, payload, missing);
    } else if (payload.len > 0 && (magic < 0xfc || magic == 0xff)) {
        smb_event(s, SMB_MALFORMED_DATA);
    }
}

/* Can the message be read from its head, because the rest is file data? */
static bool streams(struct smb_state *s, enum direction dir, struct bytes payload)
{
    struct smb_message m;
    size_t next;
    bool ok = payload.p[0] == 0xff ? smb1_read(&m, payload, 1)
                                   : payload.p[0] == 0xfe && smb2_read(&m, payload, 1, &next);
    if (!ok || m.chained || m.response != (dir == TO_CLIENT))
        return false;
    if (m.version == 1)
        return smb1_streams(s, dir, &m);
    smb2_find_tree(s, &m);
    return smb2_streams(s, dir, &m);
}

/* ---- the NetBIOS session service ---- */

static bool is_start(struct bytes data)
{
    return data.len >= NBSS_HEADER + SMB_MAGIC && smb_find_record(bytes_slice(data, 0, 8)) == 0;
}

static uint32_t nbss_length(struct bytes header)
{
    return (uint32_t)header.p[1] << 16 | (uint32_t)header.p[2] << 8 | header.p[3];
}

/* Whether a whole header begins a message that can be passed over: empty, or without SMB. */
static bool is_control(struct bytes header)
{
    return header.p[0] == 0
               ? nbss_length(header) == 0
               : smb_is_nbss_control(header.p[0]) && nbss_length(header) < SMB_NBSS_MAX;
}

/* Bytes of held that are needed before something can be done; more than are there: wait. */
static size_t needed(struct smb_state *s, enum direction dir, struct bytes held, uint64_t *whole)
{
    *whole = 0;
    if (held.len >= NBSS_HEADER && is_control(held))
        return NBSS_HEADER + nbss_length(held);
    if (!is_start(held))
        return NBSS_HEADER + SMB_MAGIC;
    uint64_t len = NBSS_HEADER + (uint64_t)nbss_length(held);
    *whole = len;
    size_t head = len < SMB_HEAD_BYTES ? (size_t)len : SMB_HEAD_BYTES;
    if (held.len < head)
        return head;
    if (len > head && streams(s, dir, bytes_slice(held, NBSS_HEADER, head - NBSS_HEADER)))
        return head;
    return len < SMB_RECORD_MAX ? (size_t)len : SMB_RECORD_MAX;
}

/* Suricata's names: a NetBIOS message, and what it carries, by version (3: encrypted). */
enum smb_frame {
    NBSS_PDU,
    NBSS_HDR,
    NBSS_DATA,
    SMB1_PDU,
    SMB1_HDR,
    SMB1_DATA,
    SMB2_PDU,
    SMB2_HDR,
    SMB2_DATA,
    SMB3_PDU,
    SMB3_HDR,
    SMB3_DATA
};
static const char *const frames[] = {"nbss.pdu",  "nbss.hdr",  "nbss.data", "smb1.pdu",  "smb1.hdr",
                                     "smb1.data", "smb2.pdu",  "smb2.hdr",  "smb2.data", "smb3.pdu",
                                     "smb3.hdr",  "smb3.data", NULL};

/* pdu, hdr, data of len bytes, of which b is there. */
static void point_out_three(const struct smb_state *s, enum smb_frame pdu, uint64_t at,
                            uint64_t len, size_t header, struct bytes b)
{
    app_frame_add(s->in, APP_SMB, pdu, at, (int64_t)len, b);
    if (len >= header)
        app_frame_add(s->in, APP_SMB, pdu + 1u, at, (int64_t)header, b);
    if (len > header)
        app_frame_add(s->in, APP_SMB, pdu + 2u, at + header, (int64_t)(len - header),
                      bytes_slice(b, header, SIZE_MAX));
}

/* Messages of version 2 may follow each other: each says where the next one is. */
static void point_out_smb2(const struct smb_state *s, uint64_t at, uint64_t len, struct bytes b)
{
    enum { HEADER = 64, NEXT_AT = 20 };
    while (b.len >= HEADER && b.p[0] == 0xfe) {
        struct cursor c = cursor_over(bytes_slice(b, NEXT_AT, 4));
        uint64_t next = cursor_le32(&c);
        uint64_t one = next >= HEADER && next < len ? next : len;
        point_out_three(s, SMB2_PDU, at, one, HEADER, b);
        at += one;
        len -= one;
        b = bytes_slice(b, one, SIZE_MAX);
    }
}

/* A NetBIOS message of `whole` bytes, of which record is there; `unread` more are behind it. */
static void point_out(const struct smb_state *s, struct bytes record, uint64_t whole, size_t unread)
{
    enum { HEADER1 = 32, HEADER3 = 52 };
    uint64_t at = app_fed(s->flow, s->in->dir) - unread - record.len, len = whole - NBSS_HEADER;
    struct bytes payload = bytes_slice(record, NBSS_HEADER, SIZE_MAX);
    point_out_three(s, NBSS_PDU, at, whole, NBSS_HEADER, record);
    if (record.p[0] != 0 || payload.len == 0)
        return;
    at += NBSS_HEADER;
    if (payload.p[0] == 0xff)
        point_out_three(s, SMB1_PDU, at, len, HEADER1, payload);
    else if (payload.p[0] == 0xfe)
        point_out_smb2(s, at, len, payload);
    else if (payload.p[0] == 0xfd)
        point_out_three(s, SMB3_PDU, at, len, HEADER3, payload);
}

/* One NetBIOS message, whole or up to what was needed of it. */
static void take_record(struct smb_state *s, enum direction dir, struct bytes record,
                        uint64_t whole)
{
    struct smb_side *side = &s->sides[dir];
    uint64_t missing = whole > record.len ? whole - record.len : 0;
    side->tx = NULL;
    side->pad = side->file = 0;
    if (record.p[0] == 0)
        take_payload(s, dir, bytes_slice(record, NBSS_HEADER, SIZE_MAX), missing);
    side->skip = missing - side->pad - side->file;
}

/* Passes over or hands on what belongs to the last message; returns what follows. */
static struct bytes take_rest(struct smb_state *s, enum direction dir, struct bytes data)
{
    struct smb_side *side = &s->sides[dir];
    size_t n = side->pad < data.len ? (size_t)side->pad : data.len;
    side->pad -= n;
    data = bytes_slice(data, n, SIZE_MAX);
    n = side->file < data.len ? (size_t)side->file : data.len;
    if (n > 0)
        smb_transfer_data(s, dir, bytes_slice(data, 0, n));
    side->file -= n;
    data = bytes_slice(data, n, SIZE_MAX);
    n = side->skip < data.len ? (size_t)side->skip : data.len;
    side->skip -= n;
    return bytes_slice(data, n, SIZE_MAX);
}

/* After a gap: drops what comes before the next message, but for the end that may begin one. */
static bool found_again(struct smb_side *side, struct bytes *data)
{
    ptrdiff_t at = smb_find_record(*data);
    if (at >= 0) {
        *data = bytes_slice(*data, (size_t)at, SIZE_MAX);
        side->lost = false;
        return true;
    }
    size_t keep = NBSS_HEADER + SMB_MAGIC - 1;
    if (data->len > keep)
        *data = bytes_slice(*data, data->len - keep, SIZE_MAX);
    return false;
}

/* Takes what it can off the front of data. */
static void take_data(struct smb_state *s, enum direction dir, struct bytes *data)
{
    struct smb_side *side = &s->sides[dir];
    for (;;) {
        uint64_t whole;
        *data = take_rest(s, dir, *data);
        if (data->len == 0 || (side->lost && !found_again(side, data)))
            return;
        size_t n = needed(s, dir, *data, &whole);
        if (data->len < n)
            return;
        if (!is_control(*data) && !is_start(*data)) {
            smb_event(s, SMB_MALFORMED_DATA);
            side->lost = true;
            *data = bytes_slice(*data, 1, SIZE_MAX);
            continue;
        }
        point_out(s, bytes_slice(*data, 0, n), whole ? whole : n, s->behind + data->len - n);
        take_record(s, dir, bytes_slice(*data, 0, n), whole);
        *data = bytes_slice(*data, n, SIZE_MAX);
    }
}

/* Adds to the held start of a message only what it needs, so that file data is not copied. */
static void take_bytes(struct smb_state *s, enum direction dir, struct bytes data)
{
    struct smb_side *side = &s->sides[dir];
    while (side->held.len > 0 && data.len > 0) {
        uint64_t whole;
        size_t want = needed(s, dir, app_text_bytes(&side->held), &whole);
        want = side->lost ? SMB_RECORD_MAX : want - side->held.len;
        struct bytes piece = bytes_slice(data, 0, want);
        struct app_text held = side->held;
        side->held = (struct app_text){0};
        app_text_add(s->app, &held, piece, SMB_RECORD_MAX + SMB_HEAD_BYTES);
        data = bytes_slice(data, piece.len, SIZE_MAX);
        struct bytes rest = app_text_bytes(&held);
        s->behind = data.len;
        take_data(s, dir, &rest);
        s->behind = 0;
        if (rest.len == held.len) {
            side->held = held;
            continue;
        }
        app_text_add(s->app, &side->held, rest, SMB_RECORD_MAX + SMB_HEAD_BYTES);
        app_text_free(s->app, &held);
    }
    if (data.len == 0)
        return;
    take_data(s, dir, &data);
    app_text_add(s->app, &side->held, data, SMB_RECORD_MAX + SMB_HEAD_BYTES);
}

/* What waits now may wait in vain. */
static void doubt(struct smb_state *s)
{
    for (struct app_tx *tx = app_flow_txs(s->flow); tx; tx = tx->next)
        if (tx->proto == APP_SMB)
            s->doubtful = tx->id + 1;
}

static void take_gap(struct smb_state *s, enum direction dir, uint64_t n)
{
    struct smb_side *side = &s->sides[dir];
    uint64_t in_pad = n < side->pad ? n : side->pad;
    side->pad -= in_pad;
    n -= in_pad;
    uint64_t in_file = n < side->file ? n : side->file;
    if (in_file > 0)
        smb_transfer_gap(s, dir, in_file);
    side->file -= in_file;
    n -= in_file;
    uint64_t in_skip = n < side->skip ? n : side->skip;
    side->skip -= in_skip;
    n -= in_skip;
    if (n == 0)
        return;
    app_text_free(s->app, &side->held);
    side->lost = true;
    if (dir == TO_CLIENT)
        doubt(s);
    else
        smb_tx_give_up(s, UINT64_MAX, TO_SERVER);
}

static enum app_result smb_feed(void *state, const struct app_input *in)
{
    struct smb_state *s = state;
    struct smb_side *side = &s->sides[in->dir];
    s->ts_us = in->ts_us;
    s->in = in;
    if (in->flags & APP_FEED_GAP)
        take_gap(s, in->dir, in->gap_bytes);
    if (in->data.len == 0)
        return APP_OK;
    if (!side->begun && in->data.p[0] != 0 && (in->data.p[0] < 0x81 || in->data.p[0] > 0x85))
        side->lost = true; /* picked up in the middle of a message */
    side->begun = true;
    take_bytes(s, in->dir, in->data);
    return APP_OK;
}

static void *smb_open(struct app *a, struct app_flow *f)
{
    struct smb_state *s = app_alloc(a, sizeof *s);
    s->app = a;
    s->flow = f;
    return s;
}

static void smb_close(struct app *a, void *state)
{
    struct smb_state *s = state;
    for (unsigned dir = 0; dir < 2; dir++)
        app_text_free(a, &s->sides[dir].held);
    app_text_free(a, &s->dialect_name);
    smb_pipes_release(s);
    smb_memo_release(s);
    app_dealloc(a, s, sizeof *s);
}

const struct app_parser app_parser_SMB = {
    .frames = frames,
    .transports = APP_OVER_TCP,
    .complete = {SMB_DONE, SMB_DONE},
    .wants_all = true,
    .events = events,
    .event_count = SMB_EVENT_COUNT,
    .crowded = SMB_TOO_MANY_TRANSACTIONS + 1,
    .probe = smb_probe,
    .is_reversed = smb_is_reversed,
    .open = smb_open,
    .close = smb_close,
    .feed = smb_feed,
    .tx_free = smb_tx_free,
    .records = smb_records,
    .alert_json = smb_alert_json,
    .buffers = smb_buffers,
    .shapes = smb_shapes,
};
