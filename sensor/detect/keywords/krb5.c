/* keywords/krb5.c - "krb5.ticket_encryption:weak" asks how a ticket is encrypted.
 *
 * Names and numbers: RFC 3961 section 8, RFC 3962, RFC 4757, RFC 6803, RFC 8009. */
#include "sensor/app/protocols/krb5.h"
#include "sensor/detect/keyword.h"
#include "sensor/detect/keywords/number.h"
#include "sensor/detect/words.h"

#define TYPES_MAX 32

struct encryption {
    bool by_weakness, weak;
    size_t count;
    int32_t types[TYPES_MAX];
};

static const struct {
    const char *name;
    int32_t type;
} encryptions[] = {
    {"des-cbc-crc", 1},
    {"des-cbc-md4", 2},
    {"des-cbc-md5", 3},
    {"des3-cbc-md5", 5},
    {"des3-cbc-sha1", 7},
    {"dsaWithSHA1-CmsOID", 9},
    {"md5WithRSAEncryption-CmsOID", 10},
    {"sha1WithRSAEncryption-CmsOID", 11},
    {"rc2CBC-EnvOID", 12},
    {"rsaEncryption-EnvOID", 13},
    {"rsaES-OAEP-ENV-OID", 14},
    {"des-ede3-cbc-Env-OID", 15},
    {"des3-cbc-sha1-kd", 16},
    {"aes128-cts-hmac-sha1-96", 17},
    {"aes256-cts-hmac-sha1-96", 18},
    {"aes128-cts-hmac-sha256-128", 19},
    {"aes256-cts-hmac-sha384-192", 20},
    {"rc4-hmac", 23},
    {"rc4-hmac-exp", 24},
    {"camellia128-cts-cmac", 25},
    {"camellia256-cts-cmac", 26},
    {"subkey-keymaterial", 65},
    {"rc4-md4", -128},
    {"rc4-plain2", -129},
    {"rc4-lm", -130},
    {"rc4-sha", -131},
    {"des-plain", -132},
    {"rc4-hmac-OLD", -133},
    {"rc4-plain-OLD", -134},
    {"rc4-hmac-OLD-exp", -135},
    {"rc4-plain-OLD-exp", -136},
    {"rc4-plain", -140},
    {"rc4-plain-exp", -141},
};

static enum item_verdict encryption_match(const void *arg, struct walk *w, size_t *again)
{
    (void)again;
    const struct encryption *want = arg;
    int32_t type = (int32_t)walk_number(w);
    if (want->by_weakness)
        return krb5_is_weak(type) == want->weak ? ITEM_YES : ITEM_STOP;
    for (size_t i = 0; i < want->count; i++)
        if (want->types[i] == type)
            return ITEM_YES;
    return ITEM_STOP;
}

static const struct item_kind item_encryption = {.name = "krb5.ticket_encryption",
                                                 .match = encryption_match};

static bool type_of(struct bytes name, int32_t *out)
{
    int64_t n;
    for (size_t i = 0; i < sizeof encryptions / sizeof *encryptions; i++)
        if (bytes_eq(name, bytes_str(encryptions[i].name))) {
            *out = encryptions[i].type;
            return true;
        }
    if (!number_parse(name, INT32_MIN, INT32_MAX, &n))
        return false;
    *out = (int32_t)n;
    return true;
}

static int parse_types(struct bytes text, struct encryption *want, struct err *err)
{
    struct bytes part, name;
    while (word_next(&text, ',', &part))
        while (word_next_blank(&part, &name)) {
            if (want->count == TYPES_MAX)
                return err_set(err, "more than %d encryptions", TYPES_MAX);
            if (!type_of(name, &want->types[want->count++]))
                return err_set(err, "'%.*s' is no encryption like rc4-hmac, and no number",
                               WORD_ARG(name));
        }
    return want->count ? 0 : err_set(err, "names no encryption");
}

static int encryption_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)arg;
    struct encryption *want = build_alloc(b, sizeof *want);
    struct bytes text = word_trim(word_unquote(value));
    want->weak = WORD_IS(text, "weak");
    want->by_weakness = want->weak || WORD_IS(text, "!weak");
    if (!want->by_weakness && parse_types(text, want, err))
        return -1;
    return build_item_on(b, "krb5.ticket_encryption", &item_encryption, want, false, err) ? 0 : -1;
}

const struct keyword keyword_krb5_ticket_encryption = {
    .name = "krb5.ticket_encryption",
    .summary = "how a Kerberos ticket is encrypted",
    .example = "krb5.ticket_encryption:weak;",
    .parse = encryption_parse,
};
