/* analyzer/rules/matcher.c - see matcher.h. */
#include "analyzer/rules/matcher.h"
#include "analyzer/rules/pattern.h"
#include "common/file.h"
#include "common/log.h"
#include "common/text.h"
#include <fnmatch.h>

#define CONF_CAP (16u << 20)
#define IDS_MAX  256

enum matcher_kind { MATCH_ALL, MATCH_IDS, MATCH_RE, MATCH_FILENAME, MATCH_GROUP, MATCH_METADATA };
struct matcher {
    enum matcher_kind kind;
    char *text; /* glob, or metadata "key value" */
    struct pattern *pattern;
    struct rule_id {
        uint32_t gid, sid;
    } ids[IDS_MAX];
    size_t id_count;
};

static struct bytes trim(struct bytes b)
{
    while (b.len && (b.p[0] == ' ' || b.p[0] == '\t' || b.p[0] == '\r'))
        b = bytes_slice(b, 1, b.len);
    while (b.len && (b.p[b.len - 1] == ' ' || b.p[b.len - 1] == '\t' || b.p[b.len - 1] == '\r'))
        b.len--;
    return b;
}

/* What stands behind "prefix", or NULL. */
static const char *behind(const char *text, const char *prefix)
{
    size_t len = strlen(prefix);
    return strncmp(text, prefix, len) == 0 ? text + len + strspn(text + len, " \t") : NULL;
}

/* ---- by number ---- */
static bool read_id(struct bytes one, struct rule_id *id)
{
    const uint8_t *colon = one.len ? memchr(one.p, ':', one.len) : NULL;
    size_t gid_len = colon ? (size_t)(colon - one.p) : 0;
    uint64_t gid = 1, sid;
    if (colon && !text_u64(trim(bytes_slice(one, 0, gid_len)), 0, UINT32_MAX, &gid))
        return false;
    if (!text_u64(trim(bytes_slice(one, colon ? gid_len + 1 : 0, one.len)), 1, UINT32_MAX, &sid))
        return false;
    *id = (struct rule_id){(uint32_t)gid, (uint32_t)sid};
    return true;
}

static bool read_ids(struct matcher *m, const char *text)
{
    struct bytes rest = bytes_str(text);
    m->id_count = 0;
    for (;;) {
        const uint8_t *comma = rest.len ? memchr(rest.p, ',', rest.len) : NULL;
        size_t len = comma ? (size_t)(comma - rest.p) : rest.len;
        if (m->id_count == IDS_MAX ||
            !read_id(trim(bytes_slice(rest, 0, len)), &m->ids[m->id_count++]))
            return false;
        if (!comma)
            return true;
        rest = bytes_slice(rest, len + 1, rest.len);
    }
}

static bool id_holds(const struct matcher *m, const struct rule_row *r)
{
    for (size_t i = 0; i < m->id_count; i++)
        if (m->ids[i].gid == r->gid && m->ids[i].sid == r->sid)
            return true;
    return false;
}

/* ---- by file and by metadata ---- */
/* With its ending or without. */
static bool group_holds(const char *glob, const char *name)
{
    char plain[512];
    const char *slash = strrchr(name, '/');
    const char *base = slash ? slash + 1 : name;
    snprintf(plain, sizeof plain, "%s", base);
    char *dot = strrchr(plain, '.');
    if (dot)
        *dot = 0;
    return fnmatch(glob, base, 0) == 0 || fnmatch(glob, plain, 0) == 0;
}

static bool pair_holds(struct bytes pair, const char *wanted)
{
    struct bytes want = bytes_str(wanted);
    size_t key = strcspn(wanted, " \t");
    pair = trim(pair);
    size_t at = 0;
    while (at < pair.len && pair.p[at] != ' ' && pair.p[at] != '\t')
        at++;
    return bytes_ieq(bytes_slice(pair, 0, at), bytes_slice(want, 0, key)) &&
           bytes_ieq(trim(bytes_slice(pair, at, pair.len)), trim(bytes_slice(want, key, want.len)));
}

static bool metadata_holds(const char *wanted, const struct rule_row *r)
{
    const cJSON *one;
    cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(r->json, "metadata"))
    {
        struct bytes rest = bytes_str(one->valuestring);
        while (rest.len) {
            const uint8_t *comma = memchr(rest.p, ',', rest.len);
            size_t len = comma ? (size_t)(comma - rest.p) : rest.len;
            if (pair_holds(bytes_slice(rest, 0, len), wanted))
                return true;
            rest = bytes_slice(rest, len + (comma != NULL), rest.len);
        }
    }
    return false;
}

/* ---- one matcher ---- */
static void by_glob(struct matcher *m, enum matcher_kind kind, const char *text)
{
    m->kind = kind;
    m->text = strdup(text);
    ASSERT(m->text);
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), k = strlen(end);
    return n >= k && strcmp(text + n - k, end) == 0;
}

static int take(struct matcher *m, const char *text, struct err *err)
{
    const char *value;
    if (strcmp(text, "*") == 0) {
        m->kind = MATCH_ALL;
    } else if ((value = behind(text, "re:"))) {
        m->kind = MATCH_RE;
        if (!(m->pattern = pattern_new(value, true, err)))
            return -1;
    } else if ((value = behind(text, "filename:"))) {
        by_glob(m, MATCH_FILENAME, value);
    } else if ((value = behind(text, "group:"))) {
        by_glob(m, MATCH_GROUP, value);
    } else if ((value = behind(text, "metadata:")) && strpbrk(value, " \t")) {
        by_glob(m, MATCH_METADATA, value);
    } else if (read_ids(m, text)) {
        m->kind = MATCH_IDS;
    } else if (ends_with(text, ".rules")) {
        by_glob(m, MATCH_GROUP, text);
    } else {
        return err_set(err, "'%s' is no sid, re:, group:, filename:, metadata:, file.rules or *",
                       text);
    }
    return 0;
}

struct matcher *matcher_new(const char *text, struct err *err)
{
    struct matcher *m = calloc(1, sizeof *m);
    ASSERT(m);
    if (take(m, text, err) == 0)
        return m;
    matcher_free(m);
    return NULL;
}

void matcher_free(struct matcher *m)
{
    if (!m)
        return;
    pattern_free(m->pattern);
    free(m->text);
    free(m);
}

bool matcher_holds(const struct matcher *m, const struct rule_row *r, const char *name,
                   const char *text)
{
    switch (m->kind) {
    case MATCH_ALL:
        return true;
    case MATCH_IDS:
        return id_holds(m, r);
    case MATCH_RE:
        return pattern_holds(m->pattern, text);
    case MATCH_FILENAME:
        return fnmatch(m->text, name, 0) == 0;
    case MATCH_GROUP:
        return group_holds(m->text, name);
    case MATCH_METADATA:
        return metadata_holds(m->text, r);
    }
    return false;
}

/* ---- files of them ---- */
char *conf_line(char **rest, unsigned *number)
{
    while (*rest && **rest) {
        char *line = *rest, *end = strchr(line, '\n'), *remark;
        *rest = end ? end + 1 : NULL;
        if (end)
            *end = 0;
        ++*number;
        if ((remark = strstr(line, " #")))
            *remark = 0;
        struct bytes t = trim(bytes_str(line));
        if (t.len == 0 || t.p[0] == '#')
            continue;
        line += (const char *)t.p - line;
        line[t.len] = 0;
        return line;
    }
    return NULL;
}

int matchers_read(struct matchers *m, const char *path, struct err *err)
{
    unsigned number = 0;
    char *text = file_read(path, CONF_CAP, NULL, err), *rest = text, *line;
    *m = (struct matchers){.count = 0};
    if (!text)
        return -1;
    while ((line = conf_line(&rest, &number))) {
        struct err why;
        struct matcher *one = matcher_new(line, &why);
        if (!one) {
            log_warn("%s:%u: %s", path, number, why.text);
            continue;
        }
        m->all = realloc(m->all, (m->count + 1) * sizeof(struct matcher *));
        ASSERT(m->all);
        m->all[m->count++] = one;
    }
    free(text);
    return 0;
}

void matchers_release(struct matchers *m)
{
    for (size_t i = 0; i < m->count; i++)
        matcher_free(m->all[i]);
    free(m->all);
    *m = (struct matchers){.count = 0};
}

bool matchers_hold(const struct matchers *m, const struct rule_row *r, const char *name,
                   const char *text)
{
    for (size_t i = 0; i < m->count; i++)
        if (matcher_holds(m->all[i], r, name, text))
            return true;
    return false;
}
