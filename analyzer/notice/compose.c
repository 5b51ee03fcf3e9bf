/* analyzer/notice/compose.c - see compose.h. */
#include "analyzer/notice/compose.h"
#include "analyzer/notice/words.h"
#include "common/text.h"
#include <time.h>

#define JST_OFFSET_S (9 * 3600)
#define KEY_MAX      640

/* U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069; also U+2028 and U+2029, which end lines. */
static bool turns_direction(const uint8_t *p)
{
    if (p[0] != 0xe2)
        return false;
    if (p[1] == 0x80)
        return p[2] == 0x8e || p[2] == 0x8f || (p[2] >= 0xa8 && p[2] <= 0xae);
    return p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9;
}

void clean_text(const char *text, char *out, size_t cap)
{
    size_t n = strlen(text), valid;
    n = n < cap - 1 ? n : cap - 1;
    valid = text_utf8_valid(bytes_of(text, n));
    memcpy(out, text, valid);
    out[valid] = 0;
    text_scrub(out);
    for (size_t i = 0; i + 2 < valid; i++)
        if (turns_direction((const uint8_t *)out + i))
            memcpy(out + i, "???", 3);
}

static const char *pick(const struct text_pair *t, enum language l)
{
    return l == LANGUAGE_JA ? t->ja : t->en;
}

static const char *name_of(const struct name_pair *n, enum language l)
{
    return l == LANGUAGE_JA ? n->ja : n->en;
}

/* "2026-11-16 10:10" in Japan, which keeps one offset all year. */
static void jst(uint64_t us, char out[32])
{
    time_t t = (time_t)(us / 1000000) + JST_OFFSET_S;
    struct tm tm;
    if (!gmtime_r(&t, &tm) || strftime(out, 32, "%Y-%m-%d %H:%M", &tm) == 0)
        snprintf(out, 32, "-");
}

static bool is_plain(const struct notice_facts *f)
{
    return strcmp(f->incident->kind, "campaign") == 0 && f->others == 0;
}

static const char *title_of(const struct notice_facts *f, enum language l)
{
    return is_plain(f) ? notice_words[l].plain_title : pick(&f->incident->title, l);
}

/* Writes a phrase with {1} and {2} filled in. */
static void put_phrase(FILE *o, const char *phrase, const char *one, const char *two)
{
    for (const char *p = phrase; *p; p++) {
        if (p[0] == '{' && (p[1] == '1' || p[1] == '2') && p[2] == '}') {
            fputs(p[1] == '1' ? one : two, o);
            p += 2;
        } else {
            fputc(*p, o);
        }
    }
}

static void head(FILE *o, const char *word)
{
    fprintf(o, "\n■ %s\n", word);
}

/* "SEKISHO-12-kasen": incident and organisation. */
static void put_number(FILE *o, const struct notice_facts *f)
{
    fprintf(o, "SEKISHO-%lld-%s", (long long)f->incident->id, f->org->id);
}

static void put_opening(FILE *o, const struct notice_facts *f, const struct notice_reader *to,
                        const struct words *w, enum language l)
{
    fprintf(o, "%s\n", w->tlp_line);
    if (f->incident->drill)
        fprintf(o, "%s\n", w->drill_line);
    fprintf(o, "\n");
    put_phrase(o, w->dear, name_of(to->name, l), to->contact->name);
    fprintf(o, "\n\n");
    put_phrase(o, w->opening[to->role], name_of(&f->centre->name, l), name_of(&f->org->name, l));
    fprintf(o, "\n");
    head(o, w->number);
    put_number(o, f);
    fprintf(o, "\n");
    head(o, w->title);
    fprintf(o, "%s\n", title_of(f, l));
}

static void put_grade(FILE *o, const struct notice_facts *f, const struct words *w)
{
    const char *c = f->incident->confidence;
    int level = strcmp(c, "high") == 0 ? 2 : strcmp(c, "medium") == 0 ? 1 : 0;
    uint32_t severity = f->incident->severity > 4 ? 4 : f->incident->severity;
    head(o, w->grade);
    fprintf(o, "%s   %s: %s\n", w->severity[severity], w->confidence, w->confidences[level]);
}

static void put_deadline(FILE *o, const struct notice_facts *f, const struct words *w)
{
    char when[32];
    jst(f->now_us + (uint64_t)f->incident->due_hours * 3600 * 1000000, when);
    head(o, w->deadline);
    fprintf(o, "%s\n", when);
}

static void put_sightings(FILE *o, const struct notice_facts *f, const struct words *w)
{
    char first[32], last[32];
    jst(f->first_us, first);
    jst(f->last_us, last);
    head(o, w->period);
    fprintf(o, "%s - %s\n", first, last);
    head(o, w->seen);
    for (size_t i = 0; i < f->line_count; i++) {
        const struct sighting_line *s = &f->lines[i];
        jst(s->first_us, first);
        fprintf(o, "- %s  %s (%u:%llu)\n    %s -> %s", first, s->signature, s->gid,
                (unsigned long long)s->sid, s->src, s->dst);
        if (s->port)
            fprintf(o, " port %u", s->port);
        if (s->host[0])
            fprintf(o, "  [%s]", s->host);
        fprintf(o, "  x%llu\n", (unsigned long long)s->count);
    }
    if (f->detections > f->line_count) {
        char more[24];
        snprintf(more, sizeof more, "%llu", (unsigned long long)(f->detections - f->line_count));
        put_phrase(o, w->seen_more, more, "");
    }
}

static void put_others(FILE *o, const struct notice_facts *f, const struct words *w,
                       enum language l)
{
    if (strcmp(f->incident->kind, "campaign") != 0)
        return;
    head(o, w->others);
    char count[16];
    snprintf(count, sizeof count, "%u", f->others);
    put_phrase(o, f->others ? w->others_counted : w->others_none, count, "");
    fprintf(o, "\n");
    for (size_t i = 0; i < f->named_count; i++)
        fprintf(o, "%s%s%s", i ? ", " : w->others_named, name_of(&f->named[i]->name, l),
                i + 1 == f->named_count ? "\n" : "");
}

static void put_working(FILE *o, const struct notice_facts *f, const struct words *w,
                        enum language l)
{
    char key[KEY_MAX];
    if (strcmp(f->incident->kind, "campaign") == 0) {
        clean_text(f->incident->key, key, sizeof key);
        head(o, w->object);
        fprintf(o, "%s\n", key);
    }
    put_grade(o, f, w);
    put_sightings(o, f, w);
    head(o, w->judgement);
    if (is_plain(f)) {
        fprintf(o, "%s\n", w->plain_judgement);
    } else {
        char judgement[4096];
        clean_text(pick(&f->incident->judgement, l), judgement, sizeof judgement);
        fprintf(o, "%s\n", judgement);
    }
    put_others(o, f, w, l);
    char action[4096];
    clean_text(pick(&f->incident->action, l), action, sizeof action);
    head(o, w->action);
    fprintf(o, "%s\n", action);
    put_deadline(o, f, w);
    head(o, w->answer);
    fprintf(o, "%s\n", w->answer_how);
}

static void put_management(FILE *o, const struct notice_facts *f, const struct words *w,
                           enum language l)
{
    put_grade(o, f, w);
    fprintf(o, "\n%s\n", is_plain(f) ? w->plain_summary : pick(&f->incident->summary, l));
    put_others(o, f, w, l);
    put_deadline(o, f, w);
    fprintf(o, "\n%s\n", w->management_note);
}

void notice_compose(const struct notice_facts *f, const struct notice_reader *to, char **subject,
                    char **body)
{
    enum language l = to->contact->language;
    const struct words *w = &notice_words[l];
    size_t n;
    FILE *o = open_memstream(subject, &n);
    ASSERT(o);
    fprintf(o, "%s%s%s (", f->incident->drill ? w->drill_subject : "",
            w->subject[to->contact->lane], title_of(f, l));
    put_number(o, f);
    fprintf(o, ")");
    ASSERT(fclose(o) == 0);
    o = open_memstream(body, &n);
    ASSERT(o);
    put_opening(o, f, to, w, l);
    if (to->contact->lane == LANE_WORKING)
        put_working(o, f, w, l);
    else
        put_management(o, f, w, l);
    fprintf(o, "\n%s\n-- \n%s\n", w->closing, name_of(&f->centre->name, l));
    ASSERT(fclose(o) == 0);
}
