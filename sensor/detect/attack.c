/* sensor/detect/attack.c - see attack.h. */
#include "sensor/detect/attack.h"

#include "common/json.h"
#include "sensor/detect/ruleset.h"
#include "sensor/detect/words.h"

#define ATTACKS_MAX 16 /* of one rule */

struct attack {
    struct bytes tactic, tactic_name, technique, technique_name; /* empty: not said */
};

/* ---- ids ---- */
static bool are_digits(struct bytes b)
{
    for (size_t i = 0; i < b.len; i++)
        if (b.p[i] < '0' || b.p[i] > '9')
            return false;
    return true;
}

/* "TA0011" */
static bool is_tactic(struct bytes id)
{
    return id.len == 6 && memcmp(id.p, "TA", 2) == 0 && are_digits(bytes_slice(id, 2, 4));
}

/* "T1071" or "T1071.004" */
static bool is_technique(struct bytes id)
{
    bool plain = id.len == 5, sub = id.len == 9 && id.p[5] == '.';
    return (plain || sub) && id.p[0] == 'T' && are_digits(bytes_slice(id, 1, 4)) &&
           are_digits(bytes_slice(id, 6, 3));
}

/* ---- as JSON ---- */
/* Metadata has no blanks within a value: "Command_And_Control". */
static void put_name(struct json *j, const char *key, struct bytes name)
{
    char text[128];
    size_t len = name.len < sizeof text ? name.len : sizeof text;
    if (len == 0)
        return;
    for (size_t i = 0; i < len; i++)
        text[i] = name.p[i] == '_' ? ' ' : (char)name.p[i];
    json_str(j, key, bytes_of(text, len));
}

static void put_attack(struct json *j, const struct attack *a, const char *from)
{
    json_object(j, NULL);
    if (a->tactic.len)
        json_str(j, "tactic", a->tactic);
    put_name(j, "tactic_name", a->tactic_name);
    if (a->technique.len)
        json_str(j, "technique", a->technique);
    put_name(j, "technique_name", a->technique_name);
    json_strz(j, "from", from);
    json_object_end(j);
}

/* Many rules say the same, so each text is kept once. */
static int keep_list(struct ruleset *rs, const struct attack *list, size_t count, const char *from)
{
    struct json j = {0};
    json_array(&j, NULL);
    for (size_t i = 0; i < count; i++)
        put_attack(&j, &list[i], from);
    json_array_end(&j);
    int kept = names_add(&rs->attack_texts, &rs->arena, json_bytes(&j));
    json_release(&j);
    return kept;
}

static const char *kept_text(const struct ruleset *rs, int kept)
{
    return (const char *)rs->attack_texts.list[kept].p;
}

/* ---- attack.config ---- */
static int attack_row(struct ruleset *rs, struct bytes value, struct err *err)
{
    struct bytes class;
    struct attack a = {0};
    word_next(&value, ',', &class);
    word_next(&value, ',', &a.tactic);
    word_next(&value, ',', &a.tactic_name);
    bool technique = word_next(&value, ',', &a.technique);
    word_next(&value, ',', &a.technique_name);
    if (class.len == 0 || a.tactic_name.len == 0 || (technique && a.technique_name.len == 0) ||
        value.len)
        return err_set(err, "attack is not 'classtype,tactic id,tactic name' or that and "
                            "',technique id,technique name'");
    if (!is_tactic(a.tactic))
        return err_set(err, "'%.*s' is no tactic such as TA0011", WORD_ARG(a.tactic));
    if (technique && !is_technique(a.technique))
        return err_set(err, "'%.*s' is no technique such as T1071 or T1071.004",
                       WORD_ARG(a.technique));
    if (names_find(&rs->attack_classes, class) >= 0)
        return err_set(err, "classtype '%.*s' stands twice", WORD_ARG(class));
    size_t at = (size_t)names_add(&rs->attack_classes, &rs->arena, class);
    rs->attack_of_class = realloc(rs->attack_of_class, (at + 1) * sizeof *rs->attack_of_class);
    ASSERT(rs->attack_of_class);
    rs->attack_of_class[at] = keep_list(rs, &a, 1, "classtype");
    return 0;
}

int attack_load(struct ruleset *rs, const char *path, struct err *err)
{
    return config_rows(rs, path, "attack", attack_row, err);
}

/* ---- rules ---- */
enum said_kind { SAID_TACTIC, SAID_TACTIC_NAME, SAID_TECHNIQUE, SAID_TECHNIQUE_NAME, SAID_KINDS };
/* What a rule's metadata says of ATT&CK, kind by kind in the order of writing. */
struct said {
    struct bytes values[SAID_KINDS][ATTACKS_MAX];
    size_t count[SAID_KINDS];
};

static void read_metadata(const struct build *b, struct said *out)
{
    static const char *const keys[SAID_KINDS] = {"tactic_id", "tactic_name", "technique_id",
                                                 "technique_name"};
    *out = (struct said){.count = {0}};
    for (size_t i = 0; i < b->metadata_count; i++) {
        struct bytes value = b->metadata[i], name;
        if (!word_next_blank(&value, &name) ||
            !bytes_ieq(bytes_slice(name, 0, 6), BYTES_LIT("mitre_")))
            continue;
        name = bytes_slice(name, 6, name.len);
        for (size_t k = 0; k < SAID_KINDS; k++)
            if (bytes_ieq(name, bytes_str(keys[k])) && out->count[k] < ATTACKS_MAX)
                out->values[k][out->count[k]++] = word_trim(value);
    }
}

/* What is no id is as good as not said. A technique without a tactic of its own goes with the one
 * before it. */
static bool attack_at(const struct said *said, size_t n, struct attack *a)
{
    struct bytes tactic = said->values[SAID_TACTIC][n];
    struct bytes technique = said->values[SAID_TECHNIQUE][n];
    if (is_tactic(tactic)) {
        a->tactic = tactic;
        a->tactic_name = said->values[SAID_TACTIC_NAME][n];
    }
    a->technique = a->technique_name = (struct bytes){0};
    if (is_technique(technique)) {
        a->technique = technique;
        a->technique_name = said->values[SAID_TECHNIQUE_NAME][n];
    }
    return is_tactic(tactic) || is_technique(technique);
}

static const char *attack_of_class(const struct ruleset *rs, const char *classtype)
{
    int at = classtype ? names_find(&rs->attack_classes, bytes_str(classtype)) : -1;
    return at < 0 ? NULL : kept_text(rs, rs->attack_of_class[at]);
}

const char *attack_of_rule(struct build *b)
{
    struct ruleset *rs = b->ruleset;
    struct attack list[ATTACKS_MAX], a = {0};
    struct said said;
    size_t count = 0;
    read_metadata(b, &said);
    for (size_t n = 0; n < ATTACKS_MAX; n++)
        if (attack_at(&said, n, &a))
            list[count++] = a;
    if (count == 0)
        return attack_of_class(rs, b->sig->public.classtype);
    return kept_text(rs, keep_list(rs, list, count, "rule"));
}
