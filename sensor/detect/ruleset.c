/* sensor/detect/ruleset.c - rule files to a rule set. */
#include "sensor/detect/ruleset.h"

#include <maxminddb.h>

#include "sensor/detect/attack.h"
#include "sensor/detect/build.h"
#include "sensor/detect/dataset.h"
#include "sensor/detect/group_index.h"
#include "sensor/detect/keyword.h"
#include "sensor/detect/keywords/regex.h"
#include "sensor/detect/keywords/requires.h"
#include "sensor/detect/mpm/prefilter.h"
#include "sensor/detect/report.h"
#include "sensor/detect/reputation.h"
#include "sensor/detect/words.h"

/* ---- expressions ---- */
const struct regex *ruleset_regex(struct ruleset *rs, struct bytes pattern, struct bytes flags,
                                  struct err *err)
{
    uint8_t *key = arena_alloc(&rs->arena, pattern.len + flags.len + 2);
    memcpy(key, flags.p ? flags.p : (const uint8_t *)"", flags.len);
    key[flags.len] = '/';
    memcpy(key + flags.len + 1, pattern.p, pattern.len);
    struct bytes name = bytes_of(key, pattern.len + flags.len + 1);
    int known = names_find(&rs->regex_texts, name);
    if (known >= 0)
        return rs->regexes[known];
    struct regex *x = regex_new(pattern, flags, err);
    if (!x)
        return NULL;
    if (rs->regex_count == rs->regex_cap) {
        rs->regex_cap = rs->regex_cap ? rs->regex_cap * 2 : 64;
        rs->regexes = realloc(rs->regexes, rs->regex_cap * sizeof *rs->regexes);
        ASSERT(rs->regexes);
    }
    names_add(&rs->regex_texts, &rs->arena, name);
    rs->regexes[rs->regex_count++] = x;
    return x;
}

/* ---- one rule ---- */
static void append(struct ruleset *rs, struct signature *s)
{
    if (rs->count == rs->cap) {
        rs->cap = rs->cap ? rs->cap * 2 : 256;
        rs->signatures = realloc(rs->signatures, rs->cap * sizeof *rs->signatures);
        ASSERT(rs->signatures);
    }
    s->load_order = (uint32_t)rs->count;
    rs->signatures[rs->count++] = s;
}

/* "<>" is the rule and its mirror image, unless both are the same. */
static void append_mirror(struct ruleset *rs, const struct signature *s)
{
    if (s->src_set == s->dst_set && s->sport_set == s->dport_set)
        return;
    struct signature *mirror = arena_alloc(&rs->arena, sizeof *mirror);
    *mirror = *s;
    mirror->src_set = s->dst_set;
    mirror->dst_set = s->src_set;
    mirror->sport_set = s->dport_set;
    mirror->dport_set = s->sport_set;
    mirror->flags |= SIG_MIRROR;
    append(rs, mirror);
}

static void replace_old(struct ruleset *rs, const struct signature *old)
{
    for (size_t i = 0; i < rs->count; i++)
        if (rs->signatures[i]->public.sid == old->public.sid &&
            rs->signatures[i]->public.gid == old->public.gid)
            rs->signatures[i]->flags |= SIG_REPLACED;
}

/* Written into room for it. */
static struct bytes id_text(uint32_t gid, uint32_t sid, char room[32])
{
    return bytes_of(room, (size_t)snprintf(room, 32, "%u:%u", gid, sid));
}

const struct signature *ruleset_find(const struct ruleset *rs, uint32_t gid, uint32_t sid)
{
    char room[32];
    int known = names_find(&rs->ids, id_text(gid, sid, room));
    return known >= 0 ? rs->by_id[known] : NULL;
}

/* One rule a gid:sid; a later revision takes the place of an earlier one. */
static int take_id(struct ruleset *rs, struct signature *s, struct err *err)
{
    char room[32];
    struct bytes id = id_text(s->public.gid, s->public.sid, room);
    int known = names_find(&rs->ids, id);
    if (known >= 0) {
        if (rs->by_id[known]->public.rev >= s->public.rev)
            return err_set(err, "duplicate: revision %u of this sid is loaded",
                           rs->by_id[known]->public.rev);
        replace_old(rs, rs->by_id[known]);
    } else {
        known = names_add(&rs->ids, &rs->arena, id);
        if ((size_t)known % 256 == 0) {
            rs->by_id = realloc(rs->by_id, ((size_t)known + 256) * sizeof *rs->by_id);
            ASSERT(rs->by_id);
        }
    }
    rs->by_id[known] = s;
    return 0;
}

static int requirements_hold(const struct rule *rule, bool *holds, struct err *err)
{
    *holds = true;
    for (size_t i = 0; i < rule->option_count; i++) {
        bool this_one = true;
        if (WORD_IS(rule->options[i].name, "requires") &&
            requires_check(rule->options[i].value, &this_one, err))
            return err_in(err, "requires");
        *holds &= this_one;
    }
    return 0;
}

int ruleset_take(struct ruleset *rs, struct rule *rule, struct bytes text, struct arena *scratch,
                 struct ruleset_report *report, struct err *err)
{
    bool wanted;
    if (rule_parse(text, scratch, rule, err) || requirements_hold(rule, &wanted, err))
        return -1;
    if (!wanted) {
        report->skipped_disabled++;
        return 0;
    }
    struct signature *s = build_signature(rs, rule, err);
    rule->signature = s;
    if (!s || take_id(rs, s, err))
        return -1;
    append(rs, s);
    if (rule->bidirectional)
        append_mirror(rs, s);
    report->loaded++;
    return 0;
}

/* ---- the whole ---- */
static void index_keyword(struct ruleset *rs, const struct keyword *k, struct bytes name)
{
    int at = names_add(&rs->keyword_names, &rs->arena, name);
    rs->keyword_rows = realloc(rs->keyword_rows, ((size_t)at + 1) * sizeof *rs->keyword_rows);
    ASSERT(rs->keyword_rows);
    rs->keyword_rows[at] = k;
}

static void index_keywords(struct ruleset *rs)
{
    for (size_t i = 0; keyword_at(i); i++) {
        const struct keyword *k = keyword_at(i);
        struct bytes rest = bytes_str(k->aliases), name;
        index_keyword(rs, k, bytes_str(k->name));
        while (word_next_blank(&rest, &name))
            index_keyword(rs, k, name);
    }
}

static int open_geoip(struct ruleset *rs, const char *path, struct err *err)
{
    if (!path)
        return 0;
    MMDB_s *db = calloc(1, sizeof *db);
    ASSERT(db);
    int rc = MMDB_open(path, MMDB_MODE_MMAP, db);
    if (rc != MMDB_SUCCESS) {
        free(db);
        return err_set(err, "%s: %s", path, MMDB_strerror(rc));
    }
    rs->geoip = db;
    return 0;
}

/* What rules look things up in, before there are rules. */
static int load_lists(struct ruleset *rs, const struct ruleset_options *o, struct err *err)
{
    for (size_t i = 0; i < o->datasets.set_count; i++)
        if (!dataset_get(&rs->datasets, &o->datasets.sets[i], err))
            return -1;
    if (o->reputation.categories_file)
        rs->reputation = reputation_load(&o->reputation, err);
    return o->reputation.categories_file && !rs->reputation ? -1 : 0;
}

static int load_all(struct ruleset *rs, const struct ruleset_options *o,
                    struct ruleset_report *report, struct err *err)
{
    if (o->classification_file && classes_load(rs, o->classification_file, err))
        return -1;
    if (o->reference_file && references_load(rs, o->reference_file, err))
        return -1;
    if (o->attack_file && attack_load(rs, o->attack_file, err))
        return -1;
    if (open_geoip(rs, o->geoip_file, err) || load_lists(rs, o, err))
        return -1;
    if (ruleset_load_files(rs, o, report, err))
        return -1;
    if (o->see) /* nothing more is asked */
        return 0;
    if (o->threshold_file && threshold_file_load(rs, o->threshold_file, err))
        return -1;
    ruleset_finish(rs);
    return 0;
}

/* Numbers are given once while the process lives; one nobody uses any more costs a flow a bit. */
static void follow(struct ruleset *rs, const struct ruleset *before)
{
    rs->serial = before->serial + 1;
    names_copy(&rs->flowbits, &rs->arena, &before->flowbits);
    names_copy(&rs->flowints, &rs->arena, &before->flowints);
    names_copy(&rs->texts, &rs->arena, &before->texts);
}

struct ruleset *ruleset_load(const struct ruleset_options *o, struct ruleset_report *report,
                             struct err *err)
{
    struct ruleset *rs = calloc(1, sizeof *rs);
    struct rule_vars *defaults = o->vars ? NULL : rule_vars_new();
    ASSERT(rs);
    *report = (struct ruleset_report){0};
    rs->arena.block_bytes = 1u << 20;
    rs->vars = o->vars ? o->vars : defaults;
    rs->ips = o->ips;
    rs->dataset_options = o->datasets;
    rs->guess_tx = o->guess_tx;
    rs->packet_alert_max = o->packet_alert_max ? o->packet_alert_max : PACKET_ALERT_MAX;
    rs->show_references = o->references;
    rs->serial = 1;
    if (o->before)
        follow(rs, o->before);
    index_keywords(rs);
    int rc = load_all(rs, o, report, err);
    rs->vars = NULL;
    rule_vars_free(defaults);
    if (rc == 0)
        return rs;
    ruleset_free(rs);
    return NULL;
}

static void free_suppressions(struct ruleset *rs)
{
    for (size_t i = 0; i < rs->suppression_count; i++)
        rule_address_free(rs->suppressed[i]);
    free(rs->suppressed);
}

void ruleset_free(struct ruleset *rs)
{
    if (!rs)
        return;
    for (size_t i = 0; i < rs->regex_count; i++)
        regex_free(rs->regexes[i]);
    for (size_t i = 0; i < rs->address_count; i++)
        group_release(&rs->addresses[i]);
    for (size_t i = 0; i < rs->port_count; i++)
        group_release(&rs->ports[i]);
    struct names *all[] = {&rs->buffer_names, &rs->keyword_names, &rs->address_texts,
                           &rs->port_texts,   &rs->flowbits,      &rs->flowints,
                           &rs->texts,        &rs->class_names,   &rs->ids,
                           &rs->regex_texts,  &rs->attack_texts,  &rs->attack_classes};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        names_release(all[i]);
    void *blocks[] = {rs->signatures,      rs->buffers,        rs->keyword_rows,    rs->by_id,
                      rs->address_of_text, rs->addresses,      rs->port_of_text,    rs->ports,
                      rs->classes,         rs->references,     rs->regexes,         rs->frame.rules,
                      rs->ip_only.rules,   rs->unpicked.rules, rs->attack_of_class, rs->header_of};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        free(blocks[i]);
    free_suppressions(rs);
    datasets_free(rs->datasets);
    reputation_free(rs->reputation);
    rule_list_free(rs->headers);
    rule_groups_free(rs->groups);
    prefilter_free(rs->prefilter);
    if (rs->geoip)
        MMDB_close(rs->geoip);
    free(rs->geoip);
    arena_release(&rs->arena);
    free(rs);
}

size_t ruleset_count(const struct ruleset *rs)
{
    return rs->ids.count;
}

const char *ruleset_version(const struct ruleset *rs)
{
    return rs->version;
}

const struct app_file_wants *ruleset_file_wants(const struct ruleset *rs)
{
    return &rs->file_wants;
}

const uint32_t *ruleset_frame_wants(const struct ruleset *rs)
{
    return rs->frame_wants;
}

/* The two halves of a "<>" rule share one text. */
void ruleset_print(const struct ruleset *rs, FILE *out)
{
    const char *last = NULL;
    for (size_t i = 0; i < rs->count; i++) {
        const char *text = rs->signatures[i]->public.text;
        if (text != last)
            fprintf(out, "%s\n", text);
        last = text;
    }
}

const struct signature_public *signature_public(const struct signature *s)
{
    return &s->public;
}
