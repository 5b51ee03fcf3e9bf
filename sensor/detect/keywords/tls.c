/* keywords/tls.c - how far a TLS handshake is and which version it is about.
 *
 * Versions are those of the direction that is looked at: what the client wants most, what the
 * server chose. */
#include "sensor/app/protocols/tls.h"
#include "sensor/detect/keyword.h"
#include "sensor/detect/keywords/number.h"
#include "sensor/detect/words.h"

#define SSL2           0x0002
#define TLS13          0x0304
#define IS_DRAFT(v)    ((v) >> 8 == 0x7f) /* of TLS 1.3 */
#define RAW_DIGITS     6                  /* "0x0303" */
#define VERSION_OF_ALL "tls.version"      /* the number both version keywords look at */

static uint64_t settled(uint64_t version)
{
    return IS_DRAFT(version) ? TLS13 : version;
}

/* ---- tls.version ---- */
struct version {
    uint64_t number;
    bool raw; /* as on the wire: drafts count for themselves */
};

static enum item_verdict version_match(const void *arg, struct walk *w, size_t *again)
{
    (void)again;
    const struct version *want = arg;
    uint64_t n = walk_number(w);
    return (want->raw ? n : settled(n)) == want->number ? ITEM_YES : ITEM_STOP;
}

static const struct item_kind item_version = {.name = "tls.version", .match = version_match};

static bool parse_version(struct bytes t, struct version *out)
{
    int64_t n;
    if (t.len >= 3 && t.p[0] == '1' && t.p[1] == '.' && t.p[2] >= '0' && t.p[2] <= '3') {
        out->number = 0x0301u + (t.p[2] - '0');
        return true;
    }
    out->raw = true;
    bool hex = t.len == RAW_DIGITS && bytes_starts(t, BYTES_LIT("0x"));
    if (!hex || !number_parse(t, 0, UINT16_MAX, &n))
        return false;
    out->number = (uint64_t)n;
    return true;
}

static int tls_version_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)arg;
    struct version *want = build_alloc(b, sizeof *want);
    struct bytes text = word_trim(word_unquote(value));
    if (!parse_version(text, want))
        return err_set(err, "'%.*s' is none of 1.0, 1.1, 1.2, 1.3, 0x0303 ...", WORD_ARG(text));
    return build_item_on(b, VERSION_OF_ALL, &item_version, want, false, err) ? 0 : -1;
}

/* ---- ssl_version ---- */
enum { VERSIONS = 6 };
static const struct {
    const char *name;
    uint64_t number;
} versions[VERSIONS] = {{"sslv2", SSL2},    {"sslv3", 0x0300},  {"tls1.0", 0x0301},
                        {"tls1.1", 0x0302}, {"tls1.2", 0x0303}, {"tls1.3", TLS13}};

struct version_list {
    bool listed[VERSIONS], negated;
};

static enum item_verdict version_list_match(const void *arg, struct walk *w, size_t *again)
{
    (void)again;
    const struct version_list *want = arg;
    uint64_t n = settled(walk_number(w));
    for (size_t i = 0; i < VERSIONS; i++)
        if (versions[i].number == n)
            return want->listed[i] != want->negated ? ITEM_YES : ITEM_STOP;
    return ITEM_STOP;
}

static const struct item_kind item_versions = {.name = "ssl_version", .match = version_list_match};

static int add_version(struct version_list *list, struct bytes word, bool first, struct err *err)
{
    bool negated = word.len && word.p[0] == '!';
    struct bytes name = bytes_slice(word, negated, word.len);
    size_t i = 0;
    while (i < VERSIONS && !bytes_ieq(name, bytes_str(versions[i].name)))
        i++;
    if (i == VERSIONS)
        return err_set(err, "'%.*s' is none of sslv2, sslv3, tls1.0, tls1.1, tls1.2, tls1.3",
                       WORD_ARG(name));
    if (list->listed[i])
        return err_set(err, "%s stands twice", versions[i].name);
    if (!first && negated != list->negated)
        return err_set(err, "all versions are negated, or none");
    list->listed[i] = true;
    list->negated = negated;
    return 0;
}

static int ssl_version_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)arg;
    struct version_list *list = build_alloc(b, sizeof *list);
    struct bytes rest = word_unquote(value), words, word;
    bool first = true;
    while (word_next(&rest, ',', &words))
        for (; word_next_blank(&words, &word); first = false)
            if (add_version(list, word, first, err))
                return -1;
    if (first)
        return err_set(err, "names no version");
    return build_item_on(b, VERSION_OF_ALL, &item_versions, list, false, err) ? 0 : -1;
}

/* ---- ssl_state ---- */
struct states {
    uint64_t any, inverted; /* enum tls_state */
};

static enum item_verdict state_match(const void *arg, struct walk *w, size_t *again)
{
    (void)again;
    const struct states *want = arg;
    return (walk_number(w) & want->any) ^ want->inverted ? ITEM_YES : ITEM_STOP;
}

static const struct item_kind item_state = {.name = "ssl_state", .match = state_match};

static bool add_state(struct states *s, struct bytes word)
{
    static const struct {
        const char *name;
        uint64_t bit;
    } states[] = {{"client_hello", TLS_SAW_CLIENT_HELLO},
                  {"server_hello", TLS_SAW_SERVER_HELLO},
                  {"client_keyx", TLS_SAW_CLIENT_KEYX},
                  {"server_keyx", TLS_SAW_SERVER_KEYX},
                  {"unknown", 1 << 4}}; /* which never is */
    bool negated = word.len && word.p[0] == '!';
    word = bytes_slice(word, negated, word.len);
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (bytes_eq(word, bytes_str(states[i].name))) {
            s->any |= states[i].bit;
            s->inverted |= negated ? states[i].bit : 0;
            return true;
        }
    return false;
}

static int ssl_state_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)arg;
    struct states *want = build_alloc(b, sizeof *want);
    struct bytes rest = word_unquote(value), part, word;
    while (word_next(&rest, ',', &part))
        while (word_next(&part, '|', &word))
            if (!add_state(want, word))
                return err_set(err,
                               "'%.*s' is none of client_hello, server_hello, client_keyx, "
                               "server_keyx, unknown",
                               WORD_ARG(word));
    return build_item_on(b, "ssl_state", &item_state, want, false, err) ? 0 : -1;
}

const struct keyword keyword_tls_version = {
    .name = "tls.version",
    .summary = "TLS version of the direction",
    .example = "tls.version:1.2;",
    .parse = tls_version_parse,
};
const struct keyword keyword_ssl_version = {
    .name = "ssl_version",
    .summary = "one of these versions, or with '!' none of them",
    .example = "ssl_version:sslv3,tls1.0;",
    .parse = ssl_version_parse,
};
const struct keyword keyword_ssl_state = {
    .name = "ssl_state",
    .summary = "the handshake's latest step",
    .example = "ssl_state:server_hello;",
    .parse = ssl_state_parse,
};
