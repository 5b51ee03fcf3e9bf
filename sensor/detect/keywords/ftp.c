/* keywords/ftp.c - ftpbounce: a PORT command (RFC 959) that names somebody else than the client, so
 * that the server connects where the client wants (RFC 2577, section 3). */
#include "sensor/detect/keyword.h"

static enum item_verdict bounce_match(const void *arg, struct walk *w, size_t *again)
{
    const struct flow *f = w->in->flow;
    (void)arg;
    (void)again;
    if (!f || w->buffer.len != 4)
        return ITEM_NO;
    struct addr named = addr_v4(w->buffer.p);
    return addr_eq(&named, &f->tuple.addr[TO_SERVER]) ? ITEM_NO : ITEM_YES;
}

static const struct item_kind item_bounce = {.name = "ftpbounce", .match = bounce_match};

static int ftpbounce_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)value;
    (void)arg;
    return build_item_on(b, "ftp.port_address", &item_bounce, NULL, false, err) ? 0 : -1;
}

const struct keyword keyword_ftpbounce = {
    .name = "ftpbounce",
    .summary = "a PORT command that names another host than the client",
    .example = "ftpbounce;",
    .flags = KEYWORD_NO_VALUE,
    .parse = ftpbounce_parse,
};
