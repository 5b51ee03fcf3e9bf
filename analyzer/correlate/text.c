/* analyzer/correlate/text.c - see text.h. */
#include "analyzer/correlate/text.h"
#include "common/text.h"

struct output {
    char *text;
    size_t len;
};

static void put(struct output *o, const char *s, size_t n)
{
    if (n > RULE_TEXT_MAX - 1 - o->len)
        n = text_utf8_valid(bytes_of(s, RULE_TEXT_MAX - 1 - o->len));
    memcpy(o->text + o->len, s, n);
    o->len += n;
}

/* "2026-11-22 15:03 UTC" */
static void put_minute(struct output *o, uint64_t us)
{
    char eve[TEXT_TIME_MAX], minute[32];
    text_time_eve(us, eve);
    snprintf(minute, sizeof minute, "%.10s %.5s UTC", eve, eve + 11);
    put(o, minute, strlen(minute));
}

static void put_number(struct output *o, uint64_t n)
{
    char digits[32];
    text_thousands(n, digits);
    put(o, digits, strlen(digits));
}

static bool put_value(struct output *o, struct bytes name, const struct text_values *v)
{
    if (bytes_eq(name, BYTES_LIT("key")))
        put(o, v->key, strlen(v->key));
    else if (bytes_eq(name, BYTES_LIT("orgs")))
        put_number(o, v->orgs);
    else if (bytes_eq(name, BYTES_LIT("alerts")))
        put_number(o, v->alerts);
    else if (bytes_eq(name, BYTES_LIT("values")))
        put_number(o, v->values);
    else if (bytes_eq(name, BYTES_LIT("first")))
        put_minute(o, v->first_us);
    else if (bytes_eq(name, BYTES_LIT("last")))
        put_minute(o, v->last_us);
    else
        return false;
    return true;
}

void text_expand(const char *text, const struct text_values *v, char out[RULE_TEXT_MAX])
{
    struct output o = {out, 0};
    while (*text) {
        size_t plain = strcspn(text, "{");
        put(&o, text, plain);
        text += plain;
        if (!*text)
            break;
        size_t name = strcspn(text + 1, "{}");
        bool known = text[1 + name] == '}' && put_value(&o, bytes_of(text + 1, name), v);
        if (!known)
            put(&o, text, 1);
        text += known ? name + 2 : 1;
    }
    out[o.len] = 0;
}
