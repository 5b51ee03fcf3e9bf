/* analyzer/correlate/match.c - see match.h. */
#include "analyzer/correlate/match.h"
#include <strings.h>

#define NAME_LONGEST 255

static bool in_list(char *const *list, unsigned count, const char *value)
{
    for (unsigned i = 0; i < count; i++)
        if (strcasecmp(list[i], value) == 0)
            return true;
    return count == 0;
}

/* "example.jp" is the name itself and every name below it. */
static bool in_domains(char *const *list, unsigned count, const char *host)
{
    size_t n = strlen(host);
    for (unsigned i = 0; i < count; i++) {
        size_t k = strlen(list[i]);
        if (n >= k && strcasecmp(host + n - k, list[i]) == 0 && (n == k || host[n - k - 1] == '.'))
            return true;
    }
    return count == 0;
}

static bool metadata_has(const cJSON *metadata, const char *key, size_t key_len, const char *value)
{
    const cJSON *values, *v;
    cJSON_ArrayForEach(values, metadata)
    {
        if (strlen(values->string) != key_len || strncasecmp(values->string, key, key_len) != 0)
            continue;
        cJSON_ArrayForEach(v, values)
        {
            if (cJSON_IsString(v) && strcasecmp(v->valuestring, value) == 0)
                return true;
        }
    }
    return false;
}

static bool metadata_matches(const struct rule_filter *f, const cJSON *metadata)
{
    for (unsigned i = 0; i < f->metadata_count; i++) {
        const char *pair = f->metadata[i], *equals = strchr(pair, '=');
        if (metadata_has(metadata, pair, (size_t)(equals - pair), equals + 1))
            return true;
    }
    return f->metadata_count == 0;
}

static bool numbers_match(const struct rule_filter *f, const struct alert_row *a)
{
    bool gid = f->gid_count == 0, sid = f->sid_count == 0;
    for (unsigned i = 0; i < f->gid_count; i++)
        gid |= f->gid[i] == a->gid;
    for (unsigned i = 0; i < f->sid_count; i++)
        sid |= f->sid[i] == a->sid;
    return gid && sid && (f->severity_max == 0 || a->severity <= f->severity_max);
}

static bool filter_matches(const struct rule_filter *f, const struct correlate_alert *a)
{
    const struct alert_row *r = a->row;
    return numbers_match(f, r) && in_list(f->category, f->category_count, r->category) &&
           in_list(f->detector, f->detector_count, r->detector) &&
           in_list(f->direction, f->direction_count, r->direction) &&
           in_list(f->app_proto, f->app_proto_count, r->app_proto) &&
           in_domains(f->host, f->host_count, r->host) && metadata_matches(f, a->metadata);
}

bool stage_matches(const struct rule_stage *s, const struct correlate_alert *a)
{
    bool found = false;
    for (unsigned i = 0; i < s->where_count && !found; i++)
        found = filter_matches(&s->where[i], a);
    for (unsigned i = 0; i < s->except_count && found; i++)
        found = !filter_matches(&s->except[i], a);
    return found;
}

static bool is_dns(const struct alert_row *a)
{
    return strcmp(a->app_proto, "dns") == 0 || a->src_port == 53 || a->dst_port == 53;
}

static const char *inside(const struct alert_row *a)
{
    if (strcmp(a->direction, "inbound") == 0)
        return a->dst;
    return strcmp(a->direction, "outbound") == 0 || strcmp(a->direction, "internal") == 0 ? a->src
                                                                                          : "";
}

static const char *outside(const struct alert_row *a)
{
    if (is_dns(a)) /* the other end only passes on what was asked for */
        return "";
    if (strcmp(a->direction, "inbound") == 0)
        return a->src;
    return strcmp(a->direction, "outbound") == 0 ? a->dst : "";
}

const char *field_value(enum rule_field f, const struct alert_row *a, char scratch[FIELD_TEXT_MAX])
{
    switch (f) {
    case FIELD_ORG:
        return a->org;
    case FIELD_SRC:
        return a->src;
    case FIELD_DST:
        return a->dst;
    case FIELD_INSIDE:
        return inside(a);
    case FIELD_OUTSIDE:
        return outside(a);
    case FIELD_HOST:
        return a->host;
    case FIELD_JA4:
        return a->ja4;
    case FIELD_CATEGORY:
        return a->category;
    case FIELD_SID:
        snprintf(scratch, FIELD_TEXT_MAX, "%llu", (unsigned long long)a->sid);
        return scratch;
    case FIELD_DST_PORT:
        snprintf(scratch, FIELD_TEXT_MAX, "%u", a->dst_port);
        return scratch;
    case FIELD_NONE:
        break;
    }
    return "";
}

static bool key_add(char out[GROUP_KEY_MAX], const char *value)
{
    size_t n = strlen(out), k = strlen(value);
    if (k == 0 || n + k + 2 > GROUP_KEY_MAX)
        return false;
    snprintf(out + n, GROUP_KEY_MAX - n, "%s%.*s", n ? " " : "", NAME_LONGEST, value);
    return true;
}

bool group_key(const struct rule *r, enum rule_field other, const struct alert_row *a,
               char out[GROUP_KEY_MAX])
{
    char scratch[FIELD_TEXT_MAX];
    out[0] = 0;
    for (unsigned i = 0; i < r->group_by_count; i++)
        if (!key_add(out, field_value(r->group_by[i], a, scratch)))
            return false;
    return other == FIELD_NONE || key_add(out, field_value(other, a, scratch));
}
