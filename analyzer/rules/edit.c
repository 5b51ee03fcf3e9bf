/* analyzer/rules/edit.c - see edit.h. */
#include "analyzer/rules/edit.h"
#include "analyzer/rules/pattern.h"
#include "common/file.h"
#include "common/log.h"

#define CONF_CAP  (16u << 20)
#define WORDS_MAX 8

struct edit {
    struct matcher *matcher;
    struct pattern *pattern; /* NULL: with is an option to add */
    char *with;
    unsigned line;
    bool told; /* that it failed */
};
struct edits {
    struct edit *all;
    size_t count;
    char *path;
};

/* ---- words ---- */
/* One word from *in to *out; false when a quote is not closed. */
static bool cut_word(char **in, char **out)
{
    char quote = 0;
    for (; **in; ++*in) {
        char c = **in;
        if (!quote && (c == ' ' || c == '\t'))
            break;
        if (!quote && (c == '"' || c == '\'')) {
            quote = c;
            continue;
        }
        if (c == quote) {
            quote = 0;
            continue;
        }
        bool escapes = c == '\\' && quote != '\'' && (*in)[1] &&
                       (!quote || (*in)[1] == '"' || (*in)[1] == '\\');
        if (escapes)
            c = *++*in;
        *(*out)++ = c;
    }
    return !quote;
}

int edit_words(char *line, char **words, int max)
{
    char *in = line, *out = line;
    int n = 0;
    for (in += strspn(in, " \t"); *in; in += strspn(in, " \t")) {
        if (n == max)
            return -1;
        words[n++] = out;
        if (!cut_word(&in, &out))
            return -1;
        bool more = *in != 0;
        *out++ = 0;
        if (!more)
            break;
        in++;
    }
    return n;
}

/* ---- text ---- */
static char *joined(const char *a, size_t len, const char *b, const char *c)
{
    size_t room = len + strlen(b) + strlen(c) + 1;
    char *text = malloc(room);
    ASSERT(text);
    snprintf(text, room, "%.*s%s%s", (int)len, a, b, c);
    return text;
}

char *edit_to_drop(const char *text)
{
    return joined("", 0, "drop", text + strcspn(text, " \t"));
}

char *edit_add_option(const char *text, const char *option)
{
    const char *end = strrchr(text, ')');
    if (!end)
        return NULL;
    size_t len = (size_t)(end - text);
    while (len && text[len - 1] == ' ')
        len--;
    char *open = joined(text, len, " ", option);
    char *whole = joined(open, strlen(open), ";", end);
    free(open);
    return whole;
}

/* ---- lines ---- */
static int read_metadata(struct edit *e, char **words, int n, struct err *err)
{
    if (n != 4)
        return err_set(err, "metadata-add wants MATCH \"key\" \"value\"");
    size_t room = strlen(words[2]) + strlen(words[3]) + 16;
    e->with = malloc(room);
    ASSERT(e->with);
    snprintf(e->with, room, "metadata: %s %s", words[2], words[3]);
    e->matcher = matcher_new(words[1], err);
    return e->matcher ? 0 : -1;
}

/* "MATCH FROM TO" or "modifysid MATCH FROM | TO". */
static int read_replacement(struct edit *e, char **words, int n, struct err *err)
{
    bool old = n == 5 && strcmp(words[0], "modifysid") == 0 && strcmp(words[3], "|") == 0;
    if (!old && n != 3)
        return err_set(err, "wants MATCH \"from\" \"to\"");
    e->with = strdup(words[old ? 4 : 2]);
    ASSERT(e->with);
    if (!(e->matcher = matcher_new(words[old], err)))
        return -1;
    e->pattern = pattern_new(words[old + 1], false, err);
    return e->pattern ? 0 : -1;
}

static void edit_release(struct edit *e)
{
    matcher_free(e->matcher);
    pattern_free(e->pattern);
    free(e->with);
}

/* "\$" was needed by a tool of old; a '$' is meant. */
static void unescape_dollars(char *line)
{
    char *out = line;
    for (char *in = line; *in; in++)
        if (!(in[0] == '\\' && in[1] == '$'))
            *out++ = *in;
    *out = 0;
}

static int read_edit(struct edit *e, char *line, struct err *err)
{
    char *words[WORDS_MAX];
    *e = (struct edit){.with = NULL};
    unescape_dollars(line);
    int n = edit_words(line, words, WORDS_MAX);
    if (n < 0)
        return err_set(err, "a quote is not closed, or too many words");
    if (strcmp(words[0], "metadata-add") == 0)
        return read_metadata(e, words, n, err);
    return read_replacement(e, words, n, err);
}

struct edits *edits_read(const char *path, struct err *err)
{
    unsigned number = 0;
    char *text = file_read(path, CONF_CAP, NULL, err), *rest = text, *line;
    if (!text)
        return NULL;
    struct edits *e = calloc(1, sizeof *e);
    ASSERT(e);
    e->path = strdup(path);
    ASSERT(e->path);
    while ((line = conf_line(&rest, &number))) {
        struct edit one;
        struct err why;
        if (read_edit(&one, line, &why) != 0) {
            log_warn("%s:%u: %s", path, number, why.text);
            edit_release(&one);
            continue;
        }
        one.line = number;
        e->all = realloc(e->all, (e->count + 1) * sizeof *e->all);
        ASSERT(e->all);
        e->all[e->count++] = one;
    }
    free(text);
    return e;
}

void edits_free(struct edits *e)
{
    if (!e)
        return;
    for (size_t i = 0; i < e->count; i++)
        edit_release(&e->all[i]);
    free(e->all);
    free(e->path);
    free(e);
}

/* NULL: it changes nothing. */
static char *edit_apply(const struct edits *e, struct edit *one, uint32_t sid, const char *text)
{
    struct err why;
    char *after;
    if (!one->pattern)
        return edit_add_option(text, one->with);
    if (pattern_replace(one->pattern, text, one->with, &after, &why) == 0)
        return after;
    if (!one->told)
        log_warn("%s:%u: sid %u left as it was: %s", e->path, one->line, sid, why.text);
    one->told = true;
    return NULL;
}

char *edits_apply(struct edits *e, const struct rule_row *r, const char *name, const char *text)
{
    char *now = NULL;
    for (size_t i = 0; i < e->count; i++) {
        struct edit *one = &e->all[i];
        const char *before = now ? now : text;
        if (!matcher_holds(one->matcher, r, name, before))
            continue;
        char *after = edit_apply(e, one, r->sid, before);
        if (!after)
            continue;
        free(now);
        now = after;
    }
    return now;
}
