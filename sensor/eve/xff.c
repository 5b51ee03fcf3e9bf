/* sensor/eve/xff.c - see xff.h. */
#include "sensor/eve/xff.h"
#include "sensor/eve/header.h"

/* A header outside these lengths is not looked at. */
enum { VALUE_MIN = 7, VALUE_MAX = 255 };

/* ---- one address ---- */
static size_t occurrences(struct bytes b, uint8_t c)
{
    size_t n = 0;
    for (size_t i = 0; i < b.len; i++)
        n += b.p[i] == c;
    return n;
}

static struct bytes up_to(struct bytes b, uint8_t c)
{
    const uint8_t *at = b.len ? memchr(b.p, c, b.len) : NULL;
    return at ? bytes_slice(b, 0, (size_t)(at - b.p)) : b;
}

/* Without the brackets of an IPv6 address and without a port. */
static struct bytes bare(struct bytes b)
{
    if (b.len && b.p[0] == '[')
        return memchr(b.p, ']', b.len) ? up_to(bytes_slice(b, 1, b.len), ']') : (struct bytes){0};
    if (occurrences(b, '.') == 3 && occurrences(b, ':') == 1)
        return up_to(b, ':');
    return b;
}

static struct bytes last_word(struct bytes b)
{
    const uint8_t *at = memrchr(b.p, ' ', b.len);
    return at ? bytes_slice(b, (size_t)(at + 1 - b.p), b.len) : b;
}

bool eve_xff_read(struct bytes value, bool forward, struct eve_client *out)
{
    if (value.len < VALUE_MIN || value.len > VALUE_MAX)
        return false;
    struct bytes text = bare(forward ? up_to(value, ',') : last_word(value));
    if (text.len >= sizeof out->text || !addr_parse(text, &out->addr))
        return false;
    memcpy(out->text, text.p, text.len);
    out->text[text.len] = 0;
    return true;
}

/* ---- of a transaction ---- */
/* The value of "Name: value" when the name is this one. */
static bool value_of(struct bytes header, const char *name, struct bytes *value)
{
    size_t len = strlen(name);
    if (header.len < len + 2 || memcmp(header.p + len, ": ", 2) != 0 ||
        !bytes_ieq(bytes_slice(header, 0, len), bytes_str(name)))
        return false;
    *value = bytes_slice(header, len + 2, header.len);
    return true;
}

/* Of several such headers the first counts, or for a reverse proxy the last. */
static bool find_in(const struct eve_xff *x, struct app_tx *tx, struct arena *scratch,
                    struct eve_client *out)
{
    const struct app_buffer *row = eve_buffer(tx, "http.request_header");
    struct bytes header, value, chosen = {0};
    for (unsigned i = 0; row && row->get(tx, TO_SERVER, i, scratch, &header); i++)
        if (value_of(header, x->header, &value) && (!chosen.p || !x->forward))
            chosen = value;
    return chosen.p && eve_xff_read(chosen, x->forward, out);
}

bool eve_xff_find(const struct eve_xff *x, const struct detect_alert *a, struct arena *scratch,
                  struct eve_client *out)
{
    if (!x->enabled || !a->flow || !a->flow->app)
        return false;
    if (a->tx)
        return find_in(x, a->tx, scratch, out);
    for (struct app_tx *tx = app_flow_txs(a->flow->app); tx; tx = tx->next)
        if (find_in(x, tx, scratch, out))
            return true;
    return false;
}
