/* keywords/files.c - files in transit: filename, fileext, filemagic, filesize, filestore.
 *
 * Names and types are buffers (file.name, file.magic); filename and its like are contents on them,
 * in any case. Sizes, digests and what is stored are asked of one file at a time. */
#include "sensor/detect/keywords/files.h"

#include "sensor/detect/words.h"

/* ---- contents on names and types ---- */

static int file_content(struct build *b, struct bytes pattern, bool negated, uint32_t flags,
                        const char *modifier, struct err *err)
{
    struct content *c = build_alloc(b, sizeof *c);
    c->pattern = pattern;
    c->flags = flags | CONTENT_NOCASE | (negated ? CONTENT_NEGATED : 0);
    b->sticky = NULL;
    struct item *item = build_item(b, &item_content, c, false, err);
    if (!item)
        return -1;
    b->content = c;
    b->content_item = item;
    return build_move_content(b, modifier, err);
}

static int filename_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    struct bytes pattern;
    bool negated;
    (void)arg;
    if (content_parse(value, b->arena, &pattern, &negated, err))
        return -1;
    return file_content(b, pattern, negated, 0, "filename", err);
}

static int filemagic_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    struct bytes pattern;
    bool negated;
    (void)arg;
    if (content_parse(value, b->arena, &pattern, &negated, err))
        return -1;
    return file_content(b, pattern, negated, 0, "filemagic", err);
}

/* What stands behind the name's last dot, dot included. */
static int fileext_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    struct bytes pattern;
    bool negated;
    (void)arg;
    if (content_parse(value, b->arena, &pattern, &negated, err))
        return -1;
    uint8_t *dotted = build_alloc(b, pattern.len + 1);
    dotted[0] = '.';
    memcpy(dotted + 1, pattern.p, pattern.len);
    return file_content(b, bytes_of(dotted, pattern.len + 1), negated, CONTENT_ENDS, "filename",
                        err);
}

/* ---- what is asked of each file ---- */

int build_file_item(struct build *b, const struct item_kind *kind, const void *arg, unsigned needs,
                    struct err *err)
{
    b->sig->file_needs |= (uint8_t)needs;
    return build_item_on(b, "files", kind, arg, false, err) ? 0 : -1;
}

/* Of a file that was cut off it is only known that it is at least so large. */
static enum item_verdict filesize_match(const void *arg, struct walk *w, size_t *again)
{
    const struct number_range *r = arg;
    const struct app_file_facts *f = w->in->facts;
    bool at_least = r->high == FILESIZE_MAX && !r->negated && r->low > 0;
    (void)again;
    return (f->complete || at_least) && number_range_holds(r, f->size) ? ITEM_YES : ITEM_NO;
}

static const struct item_kind item_filesize = {.name = "filesize", .match = filesize_match};

static int filesize_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    struct number_range *r = build_alloc(b, sizeof *r);
    (void)arg;
    if (number_range_parse(value, FILESIZE_MAX, r, err))
        return -1;
    return build_file_item(b, &item_filesize, r, FILE_NEED_END, err);
}

/* ---- filestore ---- */

enum store_scope { STORE_FILE, STORE_TX, STORE_FLOW };
struct filestore {
    enum store_scope scope;
    uint8_t dirs;
};

static enum item_verdict filestore_match(const void *arg, struct walk *w, size_t *again)
{
    struct inspect *in = w->in;
    (void)arg;
    (void)again;
    if (in->stored_count < INSPECT_STORED_MAX)
        in->stored[in->stored_count++] = in->file;
    return ITEM_YES;
}

static const struct item_kind item_filestore = {.name = "filestore", .match = filestore_match};

static void filestore_run(const void *arg, struct inspect *in)
{
    const struct filestore *s = arg;
    struct app_flow *flow = in->flow ? in->flow->app : NULL;
    if (!flow || !in->tx || in->stored_count == 0)
        return;
    if (s->scope == STORE_TX)
        app_tx_store_files(flow, in->tx, s->dirs);
    else if (s->scope == STORE_FLOW)
        app_flow_store_files(flow, s->dirs);
    else
        for (unsigned i = 0; i < in->stored_count; i++)
            app_file_store(flow, in->stored[i]);
}

static int read_direction(struct bytes word, struct filestore *s, struct err *err)
{
    s->scope = STORE_TX;
    if (WORD_IS(word, "request") || WORD_IS(word, "to_server"))
        s->dirs = DIR_BIT(TO_SERVER);
    else if (WORD_IS(word, "response") || WORD_IS(word, "to_client"))
        s->dirs = DIR_BIT(TO_CLIENT);
    else if (WORD_IS(word, "both"))
        s->dirs = DIR_BIT(TO_SERVER) | DIR_BIT(TO_CLIENT);
    else
        return err_set(err, "'%.*s' is none of request, to_server, response, to_client, both",
                       WORD_ARG(word));
    return 0;
}

static int read_scope(struct bytes word, struct filestore *s, struct err *err)
{
    if (WORD_IS(word, "file"))
        s->scope = STORE_FILE;
    else if (WORD_IS(word, "tx"))
        s->scope = STORE_TX;
    else if (WORD_IS(word, "ssn") || WORD_IS(word, "flow"))
        s->scope = STORE_FLOW;
    else
        return err_set(err, "'%.*s' is none of file, tx, ssn, flow", WORD_ARG(word));
    return 0;
}

static int filestore_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    struct filestore *s = build_alloc(b, sizeof *s);
    struct bytes rest = value, word;
    (void)arg;
    if (b->bypass)
        return err_set(err, "cannot go with bypass");
    if (value.len && word_next(&rest, ',', &word) && read_direction(word, s, err))
        return -1;
    if (value.len && word_next(&rest, ',', &word) && read_scope(word, s, err))
        return -1;
    if (value.len && rest.p)
        return err_set(err, "takes a direction and a scope, no more");
    if (build_action(b, filestore_run, s, err))
        return -1;
    return build_file_item(b, &item_filestore, s, FILE_NEED_STORE, err);
}

const struct keyword keyword_filename = {
    .name = "filename",
    .summary = "part of a file's name, in any case",
    .example = "filename:\"invoice\";",
    .parse = filename_parse,
};
const struct keyword keyword_fileext = {
    .name = "fileext",
    .summary = "extension of a file's name, in any case",
    .example = "fileext:\"exe\";",
    .parse = fileext_parse,
};
const struct keyword keyword_filemagic = {
    .name = "filemagic",
    .summary = "part of what libmagic says of a file, in any case",
    .example = "filemagic:\"executable for MS Windows\";",
    .flags = KEYWORD_QUOTED,
    .parse = filemagic_parse,
};
const struct keyword keyword_filesize = {
    .name = "filesize",
    .summary = "size of a file, once it is over",
    .example = "filesize:>100MB;",
    .parse = filesize_parse,
};
const struct keyword keyword_filestore = {
    .name = "filestore",
    .summary = "keeps the file, or those of the transaction or the flow, when the rule matches",
    .example = "filestore:both,flow;",
    .flags = KEYWORD_OPTIONAL_VALUE,
    .parse = filestore_parse,
};
