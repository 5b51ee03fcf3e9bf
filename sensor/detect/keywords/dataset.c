/* keywords/dataset.c - the whole buffer looked up in a named set: "dataset" and "datarep". */
#include "sensor/detect/dataset.h"

#include "common/text.h"
#include "sensor/detect/keyword.h"
#include "sensor/detect/ruleset.h"
#include "sensor/detect/shared.h"
#include "sensor/detect/words.h"

#define PATH_CAP 4096

enum dataset_command { ISSET, ISNOTSET, SET, UNSET };
struct dataset_test {
    struct dataset *set;
    enum dataset_command command;
};
enum reputation_sign { LESS = '<', EQUAL = '=', MORE = '>' };
struct reputation_test {
    struct dataset *set;
    enum reputation_sign sign;
    uint16_t value;
};

/* ---- matching ---- */
static bool answer(const struct dataset_test *t, struct dataset *d, struct bytes value)
{
    uint16_t reputation;
    switch (t->command) {
    case ISSET:
        return dataset_holds(d, value, &reputation);
    case ISNOTSET:
        return !dataset_holds(d, value, &reputation);
    case SET:
        return dataset_set(d, value);
    case UNSET:
        return dataset_unset(d, value);
    }
    return false;
}

/* Another occurrence of what stands before does not change the answer, and asking twice would. */
static enum item_verdict dataset_match(const void *arg, struct walk *w, size_t *again)
{
    (void)again;
    const struct dataset_test *t = arg;
    bool holds = false;
    walk_found(w, 0, w->buffer.len);
    if (w->buffer.len == 0)
        return ITEM_STOP;
    if (!t->set->changes)
        return answer(t, t->set, w->buffer) ? ITEM_YES : ITEM_STOP;
    struct shared *s = shared_enter(w->in->detect);
    if (!s)
        return ITEM_STOP;
    if (t->set->live)
        holds = answer(t, t->set->live, w->buffer);
    shared_leave(s);
    return holds ? ITEM_YES : ITEM_STOP;
}

static bool reputation_holds(const struct reputation_test *t, const struct dataset *d,
                             struct bytes value)
{
    uint16_t found;
    if (!dataset_holds(d, value, &found))
        return false;
    return t->sign == LESS   ? found < t->value
           : t->sign == MORE ? found > t->value
                             : found == t->value;
}

static enum item_verdict datarep_match(const void *arg, struct walk *w, size_t *again)
{
    (void)again;
    const struct reputation_test *t = arg;
    bool holds = false;
    walk_found(w, 0, w->buffer.len);
    if (!t->set->changes)
        return reputation_holds(t, t->set, w->buffer) ? ITEM_YES : ITEM_STOP;
    struct shared *s = shared_enter(w->in->detect);
    if (!s)
        return ITEM_STOP;
    if (t->set->live)
        holds = reputation_holds(t, t->set->live, w->buffer);
    shared_leave(s);
    return holds ? ITEM_YES : ITEM_STOP;
}

static const struct item_kind item_dataset = {
    .name = "dataset", .match = dataset_match, .acts = true};
static const struct item_kind item_datarep = {
    .name = "datarep", .match = datarep_match, .acts = true};

/* ---- options ---- */
struct options {
    struct dataset_wish wish;
    const char *state;
};

static int read_size(struct bytes text, uint64_t *out, struct err *err)
{
    static const struct {
        const char *unit;
        unsigned shift;
    } units[] = {{"kb", 10}, {"mb", 20}, {"gb", 30}, {"k", 10}, {"m", 20}, {"g", 30}, {"", 0}};
    size_t digits = 0;
    while (digits < text.len && text.p[digits] >= '0' && text.p[digits] <= '9')
        digits++;
    struct bytes unit = word_trim(bytes_slice(text, digits, text.len));
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (bytes_ieq(unit, bytes_str(units[i].unit)) &&
            text_u64(bytes_slice(text, 0, digits), 1, UINT32_MAX, out)) {
            *out <<= units[i].shift;
            return 0;
        }
    return err_set(err, "'%.*s' is no size such as 10mb", WORD_ARG(text));
}

static int take_path(struct build *b, const char **to, struct bytes value, struct err *err)
{
    if (*to)
        return err_set(err, "a file is named twice");
    *to = build_text(b, value);
    return 0;
}

static int read_option(struct build *b, struct options *o, struct bytes option, struct err *err)
{
    struct bytes value = option, name;
    uint64_t ignored;
    word_next_blank(&value, &name);
    value = word_trim(value);
    if (value.len == 0)
        return err_set(err, "'%.*s' wants a value", WORD_ARG(name));
    if (WORD_IS(name, "type")) {
        o->wish.type = dataset_type_find(value);
        return o->wish.type != DATASET_NONE
                   ? 0
                   : err_set(err, "type '%.*s' is none of md5 sha256 string ipv4 ipv6 ip",
                             WORD_ARG(value));
    }
    if (WORD_IS(name, "load"))
        return take_path(b, &o->wish.load, value, err);
    if (WORD_IS(name, "save"))
        return take_path(b, &o->wish.save, value, err);
    if (WORD_IS(name, "state"))
        return take_path(b, &o->state, value, err);
    if (WORD_IS(name, "memcap"))
        return read_size(value, &o->wish.cap_bytes, err);
    if (WORD_IS(name, "hashsize")) /* ours grow by themselves */
        return read_size(value, &ignored, err);
    return err_set(err, "unknown option '%.*s'", WORD_ARG(name));
}

static int read_options(struct build *b, struct options *o, struct bytes rest, struct err *err)
{
    struct bytes option;
    while (word_next(&rest, ',', &option))
        if (option.len && read_option(b, o, option, err))
            return -1;
    if (o->state && (o->wish.load || o->wish.save))
        return err_set(err, "state cannot stand beside load or save");
    return 0;
}

static int read_name(struct build *b, struct options *o, struct bytes name, struct err *err)
{
    if (name.len == 0 || name.len > DATASET_NAME_MAX || memchr(name.p, ' ', name.len))
        return err_set(err, "'%.*s' is no name of up to %d characters without blanks",
                       WORD_ARG(name), DATASET_NAME_MAX);
    o->wish.name = build_text(b, name);
    return 0;
}

/* What is only read lies beside the rules; what is written, in the data folder. */
static int settle_paths(struct build *b, struct options *o, struct err *err)
{
    const struct dataset_options *settings = &b->ruleset->dataset_options;
    const char *save = o->state ? o->state : o->wish.save;
    char path[PATH_CAP];
    if (save && dataset_save_path(settings, save, path, sizeof path, err))
        return -1;
    if (save)
        o->wish.save = build_text(b, bytes_str(path));
    if (o->state)
        o->wish.load = o->wish.save;
    if (o->wish.load && !save) {
        dataset_load_path(settings, b->ruleset->rule_file, o->wish.load, path, sizeof path);
        o->wish.load = build_text(b, bytes_str(path));
    }
    return 0;
}

static struct dataset *get_set(struct build *b, struct options *o, struct err *err)
{
    if (settle_paths(b, o, err))
        return NULL;
    if (!o->wish.cap_bytes)
        o->wish.cap_bytes = b->ruleset->dataset_options.cap_bytes;
    return dataset_get(&b->ruleset->datasets, &o->wish, err);
}

static int dataset_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)arg;
    static const char *const names[] = {"isset", "isnotset", "set", "unset"};
    struct bytes rest = word_unquote(value), command = {0}, name = {0};
    struct options o = {0};
    size_t c = 0;
    if (!b->sticky)
        return err_set(err, "needs a sticky buffer before it");
    word_next(&rest, ',', &command);
    word_next(&rest, ',', &name);
    while (c < 4 && !bytes_ieq(command, bytes_str(names[c])))
        c++;
    if (c == 4)
        return err_set(err, "unknown command '%.*s': isset, isnotset, set or unset",
                       WORD_ARG(command));
    if (read_name(b, &o, name, err) || read_options(b, &o, rest, err))
        return -1;
    struct dataset_test *t = build_alloc(b, sizeof *t);
    t->command = (enum dataset_command)c;
    t->set = get_set(b, &o, err);
    if (!t->set)
        return -1;
    t->set->changes |= t->command == SET || t->command == UNSET;
    return build_item(b, &item_dataset, t, false, err) ? 0 : -1;
}

static int datarep_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)arg;
    struct bytes rest = word_unquote(value), name = {0}, sign = {0}, number = {0};
    struct options o = {0};
    uint64_t n;
    if (!b->sticky)
        return err_set(err, "needs a sticky buffer before it");
    word_next(&rest, ',', &name);
    word_next(&rest, ',', &sign);
    word_next(&rest, ',', &number);
    if (sign.len != 1 || !memchr("<=>", sign.p[0], 3))
        return err_set(err, "'%.*s' is none of < = >", WORD_ARG(sign));
    if (!text_u64(number, 0, UINT16_MAX, &n))
        return err_set(err, "'%.*s' is no number from 0 to 65535", WORD_ARG(number));
    if (read_name(b, &o, name, err) || read_options(b, &o, rest, err))
        return -1;
    struct reputation_test *t = build_alloc(b, sizeof *t);
    t->sign = (enum reputation_sign)sign.p[0];
    t->value = (uint16_t)n;
    t->set = get_set(b, &o, err);
    if (!t->set)
        return -1;
    return build_item(b, &item_datarep, t, false, err) ? 0 : -1;
}

const struct keyword keyword_dataset = {
    .name = "dataset",
    .summary = "look the buffer up in a set, add or remove it",
    .example = "dns.query; dataset:isset,bad-names,type string,load bad-names.lst;",
    .parse = dataset_parse,
};
const struct keyword keyword_datarep = {
    .name = "datarep",
    .summary = "compare the number a set keeps with the buffer's value",
    .example = "dns.query; datarep:names,>,50,type string,load names.rep;",
    .parse = datarep_parse,
};
