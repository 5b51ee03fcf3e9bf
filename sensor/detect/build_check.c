/* sensor/detect/build_check.c - what a rule asks for that cannot come true, as Suricata refuses it.
 *
 * Each of these rules would load and never match, or match only where its author did not expect it:
 * whoever wrote it wants to hear of it. */
#include "sensor/detect/build.h"
#include "sensor/detect/keyword.h"
#include "sensor/detect/keywords/sizes.h"
#include <ctype.h>

/* ---- contents that a buffer of a fixed form never holds ---- */
enum form { FORM_MD5, FORM_FINGERPRINT, FORM_SERIAL, FORM_HOST, FORM_METHOD };
static const struct {
    const char *buffer;
    enum form form;
} forms[] = {
    {"ja3.hash", FORM_MD5},       {"ja3s.hash", FORM_MD5},
    {"ssh.hassh", FORM_MD5},      {"ssh.hassh.server", FORM_MD5},
    {"quic.cyu.hash", FORM_MD5},  {"tls.cert_fingerprint", FORM_FINGERPRINT},
    {"http.method", FORM_METHOD}, {"tls.cert_serial", FORM_SERIAL},
    {"http.host", FORM_HOST},
};

static bool has(struct bytes in, int (*is)(int))
{
    for (size_t i = 0; i < in.len; i++)
        if (is(in.p[i]))
            return true;
    return false;
}

static bool is_gap(uint8_t c)
{
    return c == ' ' || c == '\t';
}

static const char *misfit(enum form form, const struct content *c)
{
    struct bytes p = c->pattern;
    switch (form) {
    case FORM_MD5:
        return p.len != 32 ? "is not 32 hexadecimal digits long" : NULL;
    case FORM_FINGERPRINT:
        return p.len != 59 || !memchr(p.p, ':', p.len)
                   ? "is not 20 pairs of digits with ':' between"
                   : NULL;
    case FORM_SERIAL:
        return p.len > 2 && !memchr(p.p, ':', p.len) ? "has no ':' between its pairs of digits"
                                                     : NULL;
    case FORM_HOST:
        return c->flags & CONTENT_NOCASE ? "needs no nocase: the buffer is lower case"
               : has(p, isupper)         ? "has upper case, the buffer is lower case"
                                         : NULL;
    case FORM_METHOD:
        return is_gap(p.p[0]) || is_gap(p.p[p.len - 1]) ? "begins or ends with white space" : NULL;
    }
    return NULL;
}

/* Digits are written in either case; the buffer has one. */
static bool is_digits(enum form form)
{
    return form == FORM_MD5 || form == FORM_FINGERPRINT || form == FORM_SERIAL;
}

/* Of serial numbers the first content alone is checked, as the peer does. */
static int check_form(const struct build_list *l, enum form form, struct err *err)
{
    bool checked = false;
    for (struct item *i = l->first; i; i = i->next) {
        if (i->kind != &item_content)
            continue;
        struct content *c = (struct content *)(uintptr_t)i->arg;
        const char *why = checked && form == FORM_SERIAL ? NULL : misfit(form, c);
        checked = true;
        if (why)
            return err_set(err, "a content of '%s' %s", l->buffer->name, why);
        if (is_digits(form))
            c->flags |= CONTENT_NOCASE;
    }
    return 0;
}

/* ---- contents that a transform takes away ---- */
static bool has_two_blanks(struct bytes in)
{
    for (size_t i = 1; i < in.len; i++)
        if (isspace(in.p[i - 1]) && isspace(in.p[i]))
            return true;
    return false;
}

static bool takes_away(const char *transform, struct bytes content)
{
    if (strcmp(transform, "to_lowercase") == 0)
        return has(content, isupper);
    if (strcmp(transform, "to_uppercase") == 0)
        return has(content, islower);
    if (strcmp(transform, "strip_whitespace") == 0)
        return has(content, isspace);
    return strcmp(transform, "compress_whitespace") == 0 && has_two_blanks(content);
}

static int check_transforms(const struct build_list *l, struct err *err)
{
    for (const struct item *i = l->first; i; i = i->next)
        for (unsigned t = 0; i->kind == &item_content && t < l->buffer->transform_count; t++) {
            const char *name = l->buffer->transforms[t].kind->name;
            const struct content *c = i->arg;
            if (!(c->flags & CONTENT_NEGATED) && takes_away(name, c->pattern))
                return err_set(err, "a content cannot be there after %s", name);
        }
    return 0;
}

/* ---- contents that need more room than a size leaves ---- */
/* Bytes that the contents of a list take at least, counted as Suricata counts them. */
static int64_t room_needed(const struct item *first, int64_t most)
{
    int64_t total = 0, offset = 0;
    bool counted = false;
    for (const struct item *i = first; i; i = i->next) {
        if (i->kind != &item_content)
            continue;
        const struct content *c = i->arg;
        if (counted && !(c->flags & CONTENT_RELATIVE))
            continue;
        if (counted && (c->flags & CONTENT_NEGATED)) {
            if (total + c->distance + c->within > most)
                return total + c->distance + c->within;
            continue;
        }
        total += (int64_t)c->pattern.len + c->distance;
        offset = c->offset > offset ? c->offset : offset;
        counted = true;
    }
    return total > most ? total : total + offset;
}

/* The most a size allows by the number that is written; -1: no limit. "<5" and "3<>5" count as 5.
 */
static int64_t most_written(const struct number_range *r, uint64_t max)
{
    if (r->high >= max)
        return -1;
    return (int64_t)(r->low == r->high ? r->high : r->high + 1);
}

static int check_room(const struct item *first, int64_t most, const char *what, struct err *err)
{
    int64_t needed = most < 0 ? -1 : room_needed(first, most);
    if (needed <= most)
        return 0;
    return err_set(err, "contents need %lld bytes, %s leaves %lld", (long long)needed, what,
                   (long long)most);
}

static int check_bsize(const struct build_list *l, struct err *err)
{
    for (const struct item *i = l->first; i; i = i->next)
        if (i->kind == &item_size) {
            const struct number_range *r = i->arg;
            return r->negated ? 0 : check_room(l->first, most_written(r, UINT32_MAX), "bsize", err);
        }
    return 0;
}

/* urilen bounds each content, not all of them together. */
static int check_urilen(const struct build_list *l, struct err *err)
{
    int64_t most = -1;
    for (const struct item *i = l->first; i; i = i->next)
        if (i->kind == &item_urilen && !((const struct number_range *)i->arg)->negated)
            most = most_written(i->arg, UINT16_MAX);
    for (const struct item *i = l->first; i && most >= 0; i = i->next)
        if (i->kind == &item_content &&
            (int64_t)((const struct content *)i->arg)->pattern.len > most)
            return err_set(err, "a content is longer than urilen allows");
    return 0;
}

static int check_dsize(const struct build *b, const struct build_list *l, struct err *err)
{
    const struct keyword *dsize = keyword_find(BYTES_LIT("dsize"));
    for (size_t i = 0; i < b->condition_count; i++)
        if (b->conditions[i].match == dsize->match)
            return check_room(l->first, most_written(b->conditions[i].arg, UINT16_MAX), "dsize",
                              err);
    return 0;
}

/* ---- contents that are looked for nowhere else than by the prefilter ---- */
static int check_fast_only(const struct build_list *l, struct err *err)
{
    const unsigned placed = CONTENT_RELATIVE | CONTENT_OFFSET | CONTENT_DEPTH;
    unsigned before = 0;
    for (const struct item *i = l->first; i; i = i->next) {
        unsigned flags = i->kind == &item_content ? ((const struct content *)i->arg)->flags : 0;
        if (((flags & CONTENT_FAST_ONLY) && (flags & placed)) ||
            ((flags & CONTENT_RELATIVE) && (before & CONTENT_FAST_ONLY)))
            return err_set(err, "fast_pattern:only cannot go with places, nor what counts from it");
        if (i->kind->searches)
            before = flags;
    }
    return 0;
}

/* ---- all of it ---- */
static bool is_about_packet(const struct build *b)
{
    return b->no_stream || b->packet_payload;
}

static int check_packet(const struct build *b, struct err *err)
{
    const char *app = b->sig->flags & SIG_TX_EVENT ? "app-layer-event" : NULL;
    for (size_t i = 0; i < b->list_count && !app; i++) {
        enum buffer_kind kind = b->lists[i].buffer->kind;
        if (kind == BUFFER_APP || kind == BUFFER_FILES || kind == BUFFER_FRAME)
            app = b->lists[i].buffer->name;
    }
    if (app && is_about_packet(b))
        return err_set(err, "'%s' is about a transaction, other conditions about one packet", app);
    return 0;
}

static int check_list(const struct build *b, const struct build_list *l, struct err *err)
{
    if (check_fast_only(l, err) != 0)
        return -1;
    if (l->buffer->kind == BUFFER_PAYLOAD)
        return check_dsize(b, l, err);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (l->buffer->transform_count == 0 && strcmp(forms[i].buffer, l->buffer->name) == 0 &&
            check_form(l, forms[i].form, err) != 0)
            return -1;
    if (strcmp(l->buffer->name, "http.header.raw") == 0 &&
        b->sig->dirs == (DIR_BIT(TO_SERVER) | DIR_BIT(TO_CLIENT)))
        return err_set(err, "'http.header.raw' needs flow:to_server or flow:to_client");
    return check_transforms(l, err) || check_bsize(l, err) || check_urilen(l, err) ? -1 : 0;
}

int build_check(struct build *b, struct err *err)
{
    if (b->only_stream && is_about_packet(b))
        return err_set(err, "conditions about one packet cannot go with tcp-stream or only_stream");
    if (check_packet(b, err))
        return -1;
    for (size_t i = 0; i < b->list_count; i++)
        if (check_list(b, &b->lists[i], err) != 0)
            return -1;
    return 0;
}
