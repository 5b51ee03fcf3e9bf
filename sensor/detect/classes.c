/* sensor/detect/classes.c - classification.config and reference.config.
 *
 *   config classification: trojan-activity,A Network Trojan was detected,1
 *   config reference: cve http://cve.mitre.org/cgi-bin/cvename.cgi?name= */
#include "common/file.h"
#include "common/text.h"
#include "sensor/detect/ruleset.h"
#include "sensor/detect/words.h"

#define CONFIG_CAP (4u << 20)

int config_rows(struct ruleset *rs, const char *path, const char *kind, config_row_fn *row,
                struct err *err)
{
    size_t len;
    char *text = file_read(path, CONFIG_CAP, &len, err);
    if (!text)
        return -1;
    struct bytes rest = bytes_of(text, len), line, word;
    int rc = 0;
    for (unsigned number = 1; rc == 0 && word_next(&rest, '\n', &line); number++) {
        if (line.len == 0 || line.p[0] == '#')
            continue;
        struct bytes value = line;
        if (!word_next_blank(&value, &word) || !WORD_IS(word, "config") ||
            !word_next(&value, ':', &word) || !bytes_ieq(word, bytes_str(kind)))
            rc = err_set(err, "is not 'config %s: ...'", kind);
        else
            rc = row(rs, word_trim(value), err);
        if (rc)
            err_in(err, "%s:%u", path, number);
    }
    free(text);
    return rc;
}

static const char *keep(struct ruleset *rs, struct bytes text)
{
    return (const char *)arena_copy(&rs->arena, text).p;
}

static int class_row(struct ruleset *rs, struct bytes value, struct err *err)
{
    struct bytes name, text;
    uint64_t priority;
    if (!word_next(&value, ',', &name) || !word_next(&value, ',', &text) || name.len == 0 ||
        !text_u64(word_trim(value), 1, 255, &priority))
        return err_set(err, "class is not 'name,description,priority'");
    if (names_find(&rs->class_names, name) >= 0)
        return 0; /* the first one stays */
    size_t at = (size_t)names_add(&rs->class_names, &rs->arena, name);
    rs->classes = realloc(rs->classes, (at + 1) * sizeof *rs->classes);
    ASSERT(rs->classes);
    rs->classes[at] = (struct class_row){
        .name = keep(rs, name), .text = keep(rs, text), .priority = (uint8_t)priority};
    rs->class_count = at + 1;
    return 0;
}

static int reference_row(struct ruleset *rs, struct bytes value, struct err *err)
{
    struct bytes name;
    if (!word_next_blank(&value, &name))
        return err_set(err, "reference is not 'name prefix'");
    rs->references = realloc(rs->references, (rs->reference_count + 1) * sizeof *rs->references);
    ASSERT(rs->references);
    rs->references[rs->reference_count++] =
        (struct reference_row){.name = keep(rs, name), .prefix = keep(rs, word_trim(value))};
    return 0;
}

int classes_load(struct ruleset *rs, const char *path, struct err *err)
{
    return config_rows(rs, path, "classification", class_row, err);
}

int references_load(struct ruleset *rs, const char *path, struct err *err)
{
    return config_rows(rs, path, "reference", reference_row, err);
}
