/* common/option.c - see option.h. */
#include "common/option.h"
#include "common/text.h"

static bool takes_value(const struct option_row *r)
{
    return r->kind != OPTION_FLAG && r->kind != OPTION_COUNT;
}

static const struct option_row *row_of(const struct option_row *rows, size_t count,
                                       struct bytes name)
{
    for (size_t i = 0; i < count; i++)
        if ((name.len == 1 && rows[i].letter && rows[i].letter == (char)name.p[0]) ||
            (name.len > 1 && rows[i].name && bytes_eq(bytes_str(rows[i].name), name)))
            return &rows[i];
    return NULL;
}

static int list_add(struct option_list *l, const char *value, const char *name, struct err *err)
{
    if (l->count == OPTION_LIST_MAX)
        return err_set(err, "%s given more than %d times", name, OPTION_LIST_MAX);
    l->values[l->count++] = value;
    return 0;
}

static int take_value(const struct option_row *r, const char *shown, const char *value,
                      struct err *err)
{
    switch (r->kind) {
    case OPTION_FLAG:
        *(bool *)r->value = true;
        return 0;
    case OPTION_COUNT:
        *(unsigned *)r->value += 1;
        return 0;
    case OPTION_STRING:
        *(const char **)r->value = value;
        return 0;
    case OPTION_LIST:
        return list_add(r->value, value, shown, err);
    case OPTION_U64:
        if (!text_u64(bytes_str(value), r->min, r->max, r->value))
            return err_set(err, "%s %s: wants a number from %llu to %llu", shown, value,
                           (unsigned long long)r->min, (unsigned long long)r->max);
        return 0;
    }
    return 0;
}

/* "--name", "--name=value"; *i moves on when the value is the next word. */
static int parse_long(const struct option_row *rows, size_t count, int argc, char **argv, int *i,
                      struct err *err)
{
    const char *word = argv[*i], *equals = strchr(word, '=');
    struct bytes name = bytes_of(word + 2, equals ? (size_t)(equals - word - 2) : strlen(word + 2));
    const struct option_row *r = name.len > 1 ? row_of(rows, count, name) : NULL;
    if (!r)
        return err_set(err, "unknown option %s; --help lists them", word);
    if (!takes_value(r) && equals)
        return err_set(err, "--%s takes no value", r->name);
    const char *value = equals ? equals + 1 : NULL;
    if (takes_value(r) && !value && (value = *i + 1 < argc ? argv[++*i] : NULL) == NULL)
        return err_set(err, "--%s wants %s: %s", r->name, r->argument, r->help);
    return take_value(r, word, value, err);
}

/* "-r FILE", "-rFILE", "-vvv". */
static int parse_letters(const struct option_row *rows, size_t count, int argc, char **argv, int *i,
                         struct err *err)
{
    for (const char *at = argv[*i] + 1; *at; at++) {
        const struct option_row *r = row_of(rows, count, bytes_of(at, 1));
        char shown[3] = {'-', *at, 0};
        if (!r)
            return err_set(err, "unknown option %s; --help lists them", shown);
        if (!takes_value(r)) {
            take_value(r, shown, NULL, err);
            continue;
        }
        const char *value = at[1] ? at + 1 : *i + 1 < argc ? argv[++*i] : NULL;
        if (!value)
            return err_set(err, "%s wants %s: %s", shown, r->argument, r->help);
        return take_value(r, shown, value, err);
    }
    return 0;
}

int options_parse(const struct option_row *rows, size_t count, int argc, char **argv,
                  struct option_list *rest, struct err *err)
{
    bool ended = false;
    for (int i = 1; i < argc; i++) {
        int rc = 0;
        if (!ended && strcmp(argv[i], "--") == 0)
            ended = true;
        else if (!ended && strncmp(argv[i], "--", 2) == 0)
            rc = parse_long(rows, count, argc, argv, &i, err);
        else if (!ended && argv[i][0] == '-' && argv[i][1])
            rc = parse_letters(rows, count, argc, argv, &i, err);
        else if (rest)
            rc = list_add(rest, argv[i], "argument", err);
        else
            rc = err_set(err, "%s: not understood; --help lists the options", argv[i]);
        if (rc != 0)
            return -1;
    }
    return 0;
}

void options_print(FILE *out, const struct option_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char left[64];
        const struct option_row *r = &rows[i];
        snprintf(left, sizeof left, "%c%c%s %s%s%s%s", r->letter ? '-' : ' ',
                 r->letter ? r->letter : ' ', r->letter && r->name ? "," : " ", r->name ? "--" : "",
                 r->name ? r->name : "", r->argument ? " " : "", r->argument ? r->argument : "");
        if (strlen(left) > 28)
            fprintf(out, "  %s\n  %-28s %s\n", left, "", r->help);
        else
            fprintf(out, "  %-28s %s\n", left, r->help);
    }
}
