/* Our reading of HTTP/1 held against libhtp's, which Suricata's rules were written against: seeded
 * conversations, odd in every way we know of, mutated, and cut at random. */
#include "talk.h"
#include <htp/htp.h>
#include "sensor/app/protocols/http.h"

#define CONVERSATIONS 4000u
#define TEXT_MAX      4096u
#define ROUNDS_MAX    4u

/* ---- conversations ---- */

struct text {
    uint8_t p[TEXT_MAX];
    size_t len;
};

struct maker {
    uint32_t seed;
    unsigned odd; /* how many in a hundred things are */
};

static uint32_t random_below(struct maker *m, size_t n)
{
    m->seed = m->seed * 1664525 + 1013904223;
    return (uint32_t)((m->seed >> 8) % n);
}

static bool is_odd(struct maker *m)
{
    return random_below(m, 100) < m->odd;
}

static void say(struct text *t, struct bytes b)
{
    if (b.len == 0 || t->len + b.len > TEXT_MAX)
        return;
    memcpy(t->p + t->len, b.p, b.len);
    t->len += b.len;
}

#define W(s)            BYTES_LIT(s)
#define ONE_OF(m, list) (list)[random_below(m, sizeof(list) / sizeof *(list))]

static const struct bytes methods[] = {W("GET"),      W("POST"), W("PUT"),     W("HEAD"),  W("FOO"),
                                       W("PROPFIND"), W("get"),  W("OPTIONS"), W("DELETE")};
static const struct bytes targets[] = {
    W("/"),
    W("/index.html"),
    W("/a/b/c?x=1&y=%41"),
    W("/a%20b/%2e%2e/c"),
    W("/..%2f..%2fetc/passwd"),
    W("/a//b///c"),
    W("\\a\\b"),
    W("/%u0041%uff0f.."),
    W("/a%00b"),
    W("/%zz%4"),
    W("/caf\xc3\xa9/\xff\xfe/\xe2\x80\xa2"),
    W("*"),
    W("http://Example.COM/x/../y"),
    W("http://user:pw@host:8080/p?q#f%41"),
    W("http://[::1]:80/"),
    W("http://[::1/"),
    W("http://h:99999/"),
    W("http://a.b.:0/"),
    W("/a b c"),
    W("/."),
    W("/a/.."),
    W("../x"),
    W("./a/./b/../../c"),
    W("HTTP://UP.%41COM:80//z"),
    W("foo:bar"),
    W("http:///abs"),
    W("http://h?q"),
    W("/%c0%af/%e0%80%af"),
    W("/.a/..b/..."),
    W("/%"),
    W("/A%u12"),
    W("/%U0061b"),
    W("/\xf0\x9f\x98\x80z"),
    W("/a\0b"),
    W("/\xed\xa0\x80/\xf4\x90\x80\x80/\xe2\x82"),
    W("?x"),
    W("/p?a+b%2b%u0041#g#h?i"),
    W("/a/./"),
    W("/a/../"),
    W("//x/..//y"),
};
static const struct bytes protocols[] = {
    W("HTTP/1.0"), W("HTTP/1.1 "), W("http/1.1"), W("HTTP/2.0"), W("HTTP/0.9"), W("HTTP"), W("X")};
static const struct bytes hosts[] = {W("Example.COM"), W("EXAMPLE.com:80"),
                                     W("a:0"),         W("[::1]"),
                                     W("[::1]:80"),    W("[::1"),
                                     W("a b"),         W(""),
                                     W(" h "),         W("h:"),
                                     W("h : 80"),      W("bad_host-"),
                                     W("a..b"),        W("a."),
                                     W("1.2.3.4:8"),   W(":80"),
                                     W("[::1]x"),      W("-")};
static const struct bytes names[] = {W("User-Agent"), W("Accept"),  W("X-A"),   W("x-a"),
                                     W("Cookie"),     W("Referer"), W("X-B"),   W("Set-Cookie"),
                                     W("Server"),     W("Upgrade"), W("Expect")};
static const struct bytes values[] = {
    W("a"),      W("b, c"),         W(""),     W("  spaced \t"),
    W("x\x80y"), W("100-continue"), W("n\0l"), W("text/html; charset=x")};
static const struct bytes odd_headers[] = {W(" folded first\r\n"),
                                           W("no colon\r\n"),
                                           W(": no name\r\n"),
                                           W("b@d n: v\r\n"),
                                           W("Name : v\r\n"),
                                           W("X-F: a\r\n b\r\n\tc: d\r\n"),
                                           W("X-L: a\n"),
                                           W("X-C: a\r\r\n"),
                                           W("N\0l: v\r\n"),
                                           W("Cont\0ent-Type: q\r\n"),
                                           W("Host: second\r\n"),
                                           W("Content-Length: 0\r\n"),
                                           W("Authorization: Basic dTpw\r\n"),
                                           W("Authorization: Digest username=\"u\"\r\n"),
                                           W("Authorization: Basic !\r\n"),
                                           W("Authorization: Bearer x\r\n"),
                                           W("X-M: a\n\rY: b\r\n")};
static const struct bytes lengths[] = {W(" 7 "), W("+7"), W("7x"),  W("x7"),
                                       W("7,7"), W("-7"), W("007"), W("99999999999999999999")};
static const struct bytes sizes[] = {W("7;ext=1\r\n"),   W("007\r\n"),      W(" 7 \r\n"),
                                     W("7\n"),           W("7g\r\n"),       W("0x7\r\n"),
                                     W("zzzzzzzzz\r\n"), W("ffffffff\r\n"), W("\r\n7\r\n")};
static const struct bytes junk[] = {W("\r\n"), W("\n"), W("junk\r\n"), W(" \r\n"), W("x\r\ny\r\n")};
static const struct bytes statuses[] = {W("404 Not Found"), W("304 Not Modified"), W("204 None"),
                                        W("100 Continue"),  W("99 low"),           W("abc"),
                                        W("200"),           W("407 Auth"),         W("417 No")};

static void say_header(struct maker *m, struct text *t, struct bytes name, struct bytes value)
{
    say(t, name);
    say(t, is_odd(m) ? W(":") : W(": "));
    say(t, value);
    say(t, is_odd(m) ? W("\n") : W("\r\n"));
}

static void say_headers(struct maker *m, struct text *t)
{
    for (uint32_t n = random_below(m, 5); n > 0; n--)
        say_header(m, t, ONE_OF(m, names), ONE_OF(m, values));
    if (is_odd(m))
        say(t, ONE_OF(m, odd_headers));
}

static void say_chunks(struct maker *m, struct text *t)
{
    for (uint32_t n = random_below(m, 4); n > 0; n--) {
        say(t, is_odd(m) ? ONE_OF(m, sizes) : W("7\r\n"));
        say(t, W("chunked"));
        say(t, is_odd(m) ? W("\n") : W("\r\n"));
    }
    say(t, W("0\r\n"));
    if (is_odd(m))
        say_header(m, t, ONE_OF(m, names), ONE_OF(m, values));
    say(t, W("\r\n"));
}

static void say_body(struct maker *m, struct text *t, bool none)
{
    uint32_t how = none ? 3 : random_below(m, 3);
    if (how == 0) {
        say_header(m, t, W("Transfer-Encoding"), is_odd(m) ? W("gzip, chunked") : W("chunked"));
        say(t, W("\r\n"));
        say_chunks(m, t);
        return;
    }
    if (how < 3)
        say_header(m, t, W("Content-Length"), is_odd(m) ? ONE_OF(m, lengths) : W("7"));
    say(t, W("\r\n"));
    if (how < 3)
        say(t, W("counted"));
}

static void make_request(struct maker *m, struct text *t)
{
    struct bytes method = is_odd(m)            ? ONE_OF(m, methods)
                          : random_below(m, 2) ? W("GET")
                                               : W("POST");
    t->len = 0;
    if (is_odd(m))
        say(t, ONE_OF(m, junk));
    say(t, method);
    say(t, is_odd(m) ? W(" \t") : W(" "));
    say(t, ONE_OF(m, targets));
    say(t, is_odd(m) ? W("\t") : W(" "));
    say(t, is_odd(m) ? ONE_OF(m, protocols) : W("HTTP/1.1"));
    say(t, is_odd(m) ? W("\n") : W("\r\n"));
    say_header(m, t, W("Host"), is_odd(m) ? ONE_OF(m, hosts) : W("example.com"));
    say_headers(m, t);
    say_body(m, t, bytes_eq(method, W("GET")));
    if (is_odd(m))
        say(t, ONE_OF(m, junk));
}

static void make_answer(struct maker *m, struct text *t)
{
    t->len = 0;
    if (is_odd(m))
        say(t, ONE_OF(m, junk));
    say(t, is_odd(m) ? ONE_OF(m, protocols) : W("HTTP/1.1"));
    say(t, is_odd(m) ? W("\t") : W(" "));
    say(t, is_odd(m) ? ONE_OF(m, statuses) : W("200 OK"));
    say(t, is_odd(m) ? W("\n") : W("\r\n"));
    say_headers(m, t);
    say_body(m, t, false);
    if (is_odd(m))
        say(t, ONE_OF(m, junk));
}

/* A byte becomes another one. */
static void mutate(struct maker *m, struct text *t)
{
    static const uint8_t bytes[] = "\r\n\t :%/\\.?#@[]\0;,+u0fH";
    if (is_odd(m) && t->len > 0)
        t->p[random_below(m, t->len)] = bytes[random_below(m, sizeof bytes)];
}

/* ---- libhtp, as Suricata sets it up ---- */

struct oracle {
    htp_cfg_t *cfg;
    htp_connp_t *connp;
    struct bytes piece; /* being read */
    bool broken;
    bool unchunked; /* a size that is none: what was held of it libhtp takes for body or not */
    bool unpaired; /* an answer came to no request: libhtp then gives bytes it held to the wrong one
                    */
};

static int on_log(htp_log_t *log)
{
    struct oracle *o = htp_connp_get_user_data(log->connp);
    o->unpaired |= strncmp(log->msg, "Unable to match", 15) == 0;
    o->unchunked |= strncmp(log->msg, "Response chunk encoding", 23) == 0;
    return HTP_OK;
}

/* Where we know better: a line without version is of 0.9 only if nothing stands behind it ... */
static int on_request_line(htp_tx_t *tx)
{
    const struct oracle *o = htp_connp_get_user_data(tx->connp);
    struct bytes rest = bytes_slice(o->piece, htp_connp_req_data_consumed(tx->connp), SIZE_MAX);
    for (size_t i = 0; i < rest.len; i++)
        if (rest.p[i] != ' ' && (rest.p[i] < '\t' || rest.p[i] > '\r'))
            tx->is_protocol_0_9 = 0;
    return HTP_OK;
}

/* ... and 100 may come twice. */
static int on_response_line(htp_tx_t *tx)
{
    tx->seen_100continue = 0;
    return HTP_OK;
}

static struct oracle oracle_start(void)
{
    struct oracle o = {.cfg = htp_config_create()};
    htp_config_register_log(o.cfg, on_log);
    htp_config_register_request_line(o.cfg, on_request_line);
    htp_config_register_response_line(o.cfg, on_response_line);
    htp_config_set_server_personality(o.cfg, HTP_SERVER_IDS);
    htp_config_set_convert_lowercase(o.cfg, HTP_DECODER_URL_PATH, 0);
    htp_config_set_plusspace_decode(o.cfg, HTP_DECODER_URLENCODED, 0);
    htp_config_set_parse_request_cookies(o.cfg, 0);
    htp_config_set_parse_request_auth(o.cfg, 1);
    htp_config_set_allow_space_uri(o.cfg, 1);
    htp_config_set_field_limits(o.cfg, 9000, 18000);
    htp_config_set_tx_auto_destroy(o.cfg, 0);
    o.connp = htp_connp_create(o.cfg);
    htp_connp_open(o.connp, NULL, 40000, NULL, 80, NULL);
    return o;
}

static void oracle_say(struct oracle *o, enum direction dir, struct bytes b)
{
    o->piece = b;
    htp_connp_set_user_data(o->connp, o);
    int r = dir == TO_SERVER ? htp_connp_req_data(o->connp, NULL, b.p, b.len)
                             : htp_connp_res_data(o->connp, NULL, b.p, b.len);
    o->broken |= r == HTP_STREAM_ERROR;
}

static void oracle_end(struct oracle *o)
{
    htp_connp_destroy_all(o->connp);
    htp_config_destroy(o->cfg);
}

/* ---- one against the other ---- */

struct pair {
    struct talk talk;
    struct app_tx *ours;
    htp_tx_t *theirs;
    unsigned seed;
    bool unchunked;
};

static void assert_same(const struct pair *p, const char *what, struct bytes ours,
                        struct bytes theirs)
{
    if (!bytes_eq(ours, theirs))
        fail_msg("conversation %u, tx %u: %s is \"%.*s\", libhtp has \"%.*s\"", p->seed,
                 (unsigned)p->ours->id, what, (int)ours.len, (const char *)ours.p, (int)theirs.len,
                 (const char *)theirs.p);
}

static struct bytes of_bstr(const bstr *b)
{
    return b ? bytes_of(bstr_ptr(b), bstr_len(b)) : (struct bytes){0};
}

static void compare(struct pair *p, const char *buffer, enum direction dir, const bstr *theirs)
{
    assert_same(p, buffer, talk_buffer(&p->talk, p->ours, buffer, dir, 0), of_bstr(theirs));
}

static void compare_uri(struct pair *p)
{
    const htp_uri_t *uri = p->theirs->parsed_uri;
    struct text t = {0};
    uint64_t flags = 0;
    say(&t, of_bstr(uri->path));
    if (uri->query) {
        bstr *query = bstr_dup(uri->query);
        htp_urldecode_inplace(p->theirs->cfg, HTP_DECODER_URLENCODED, query, &flags);
        say(&t, W("?"));
        say(&t, of_bstr(query));
        bstr_free(query);
    }
    if (uri->fragment) {
        say(&t, W("#"));
        say(&t, of_bstr(uri->fragment));
    }
    assert_same(p, "http.uri", talk_buffer(&p->talk, p->ours, "http.uri", TO_SERVER, 0),
                bytes_of(t.p, t.len));
}

static void compare_headers(struct pair *p, enum direction dir, const char *buffer,
                            const htp_table_t *headers)
{
    struct bytes none = {0};
    size_t count = htp_table_size(headers);
    for (size_t i = 0; i < count; i++) {
        const htp_header_t *h = htp_table_get_index(headers, i, NULL);
        struct text t = {0};
        say(&t, of_bstr(h->name));
        say(&t, W(": "));
        say(&t, of_bstr(h->value));
        assert_same(p, buffer, talk_buffer(&p->talk, p->ours, buffer, dir, (unsigned)i),
                    bytes_of(t.p, t.len));
    }
    assert_same(p, "the last header", talk_buffer(&p->talk, p->ours, buffer, dir, (unsigned)count),
                none);
}

static void compare_host(struct pair *p)
{
    bstr *host = p->theirs->request_hostname ? bstr_dup_lower(p->theirs->request_hostname) : NULL;
    compare(p, "http.host", TO_SERVER, host);
    bstr_free(host);
}

static void compare_bodies(const struct pair *p, enum direction dir, int64_t theirs)
{
    if (http_body_bytes(p->ours, dir) != (uint64_t)theirs)
        fail_msg("conversation %u, tx %u: %u bytes of a body, libhtp has %u", p->seed,
                 (unsigned)p->ours->id, (unsigned)http_body_bytes(p->ours, dir), (unsigned)theirs);
}

static void compare_request(struct pair *p)
{
    const htp_tx_t *h = p->theirs;
    if (h->request_line) {
        compare(p, "http.request_line", TO_SERVER, h->request_line);
        compare(p, "http.method", TO_SERVER, h->request_method);
        compare(p, "http.uri.raw", TO_SERVER, h->request_uri);
        compare(p, "http.protocol", TO_SERVER, h->request_protocol);
        compare_uri(p);
    }
    if (h->request_progress == HTP_REQUEST_BODY || h->request_progress == HTP_REQUEST_COMPLETE) {
        compare_headers(p, TO_SERVER, "http.request_header", h->request_headers);
        compare_host(p);
    }
    compare_bodies(p, TO_SERVER, h->request_entity_len);
}

static void compare_answer(struct pair *p)
{
    const htp_tx_t *h = p->theirs;
    if (h->response_line) {
        compare(p, "http.protocol", TO_CLIENT, h->response_protocol);
        compare(p, "http.stat_code", TO_CLIENT, h->response_status);
        compare(p, "http.stat_msg", TO_CLIENT, h->response_message);
        compare(p, "http.response_line", TO_CLIENT, h->response_line);
    }
    if (h->response_progress == HTP_RESPONSE_BODY || h->response_progress == HTP_RESPONSE_COMPLETE)
        compare_headers(p, TO_CLIENT, "http.response_header", h->response_headers);
    if (!p->unchunked)
        compare_bodies(p, TO_CLIENT, h->response_entity_len);
}

static void compare_all(struct talk *t, const struct oracle *o, unsigned seed)
{
    const htp_list_t *theirs = htp_connp_get_connection(o->connp)->transactions;
    struct pair p = {.talk = *t, .seed = seed, .unchunked = o->unchunked};
    size_t i = 0;
    for (p.ours = app_flow_txs(t->flow); p.ours; p.ours = p.ours->next) {
        p.theirs = htp_list_get(theirs, i++);
        if (!p.theirs)
            fail_msg("conversation %u: libhtp has %zu transactions only", seed, i - 1);
        compare_request(&p);
        compare_answer(&p);
    }
    if (i != htp_list_size(theirs))
        fail_msg("conversation %u: libhtp has more transactions", seed);
    *t = p.talk;
}

/* Says b whole to libhtp, and in parts of up to `part` bytes to ours. */
static void say_both(struct talk *t, struct oracle *o, struct maker *m, enum direction dir,
                     struct bytes b, size_t part)
{
    if (o->broken)
        return;
    oracle_say(o, dir, b);
    for (size_t n; b.len > 0; b = bytes_slice(b, n, SIZE_MAX)) {
        n = part ? 1 + random_below(m, part) : b.len;
        const struct piece piece = {dir, bytes_slice(b, 0, n), 0, 0};
        talk_say(t, &piece);
    }
}

static void play(unsigned seed, unsigned odd, size_t part)
{
    static struct text text;
    struct maker m = {.seed = seed * 2654435761u, .odd = odd};
    struct oracle o = oracle_start();
    struct talk t = talk_start(6, 40000, 80);
    say_both(&t, &o, &m, TO_SERVER, W("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), part);
    say_both(&t, &o, &m, TO_CLIENT, W("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), part);
    for (uint32_t n = 1 + random_below(&m, ROUNDS_MAX); n > 0 && !o.unpaired; n--) {
        make_request(&m, &text);
        mutate(&m, &text);
        say_both(&t, &o, &m, TO_SERVER, bytes_of(text.p, text.len), part);
        make_answer(&m, &text);
        mutate(&m, &text);
        say_both(&t, &o, &m, TO_CLIENT, bytes_of(text.p, text.len), part);
    }
    if (app_flow_is_broken(t.flow) != o.broken)
        fail_msg("conversation %u: libhtp %s", seed, o.broken ? "gives up" : "goes on");
    compare_all(&t, &o, seed);
    talk_free(&t);
    oracle_end(&o);
}

static void http1_oracle__odd_conversations_read_as_with_libhtp(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= CONVERSATIONS; seed++)
        play(seed, seed % 4 == 0 ? 30 : 10, 0);
}

static void http1_oracle__cuts_change_nothing(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= CONVERSATIONS; seed++)
        play(seed, 0, 1 + seed % 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(http1_oracle__odd_conversations_read_as_with_libhtp),
        cmocka_unit_test(http1_oracle__cuts_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
