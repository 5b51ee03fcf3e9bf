/* keywords/number.c - a number of a transaction against a range or a word of the rule. */
#include "sensor/detect/keywords/number.h"

#include "sensor/detect/words.h"

static enum item_verdict number_match(const void *arg, struct walk *w, size_t *again)
{
    (void)again;
    return number_range_holds(arg, walk_number(w)) ? ITEM_YES : ITEM_STOP;
}

static const struct item_kind item_number = {.name = "number", .match = number_match};

struct number_bits {
    uint64_t set, clear, any;
};

static enum item_verdict bits_match(const void *arg, struct walk *w, size_t *again)
{
    (void)again;
    const struct number_bits *want = arg;
    uint64_t n = walk_number(w);
    bool holds = (n & want->set) == want->set && !(n & want->clear);
    return holds && (!want->any || (n & want->any)) ? ITEM_YES : ITEM_STOP;
}

static const struct item_kind item_bits = {.name = "bits", .match = bits_match};

static bool word_value(const struct app_number *kind, struct bytes text, uint64_t *out)
{
    for (const struct app_word *w = kind->words; w && w->name; w++)
        if (bytes_ieq(text, bytes_str(w->name))) {
            *out = w->value;
            return true;
        }
    return false;
}

/* "one of CONNECT, CONNACK ..." for a message. */
static void list_words(const struct app_number *kind, char *out, size_t cap)
{
    size_t at = 0;
    out[0] = 0;
    for (const struct app_word *w = kind->words; w && w->name && at < cap; w++)
        at += (size_t)snprintf(out + at, cap - at, "%s%s", at ? ", " : "", w->name);
}

/* "3-5" or "3<>5" with both ends. */
static bool closed_range(struct bytes text, uint64_t max, struct number_range *out)
{
    ptrdiff_t between = bytes_find(text, BYTES_LIT("<>"));
    size_t width = between > 0 ? 2 : 1;
    int64_t low, high;
    if (between <= 0)
        between = bytes_find(text, BYTES_LIT("-"));
    if (between <= 0 ||
        !number_parse(bytes_slice(text, 0, (size_t)between), 0, (int64_t)max, &low) ||
        !number_parse(bytes_slice(text, (size_t)between + width, text.len), low, (int64_t)max,
                      &high))
        return false;
    *out = (struct number_range){.low = (uint64_t)low, .high = (uint64_t)high};
    return true;
}

static int read_value(const struct app_number *kind, struct bytes value, struct number_range *out,
                      struct err *err)
{
    struct bytes text = word_trim(word_unquote(value));
    bool negated = text.len && text.p[0] == '!';
    char words[256];
    uint64_t n;
    if (word_value(kind, word_trim(bytes_slice(text, negated, text.len)), &n)) {
        *out = (struct number_range){.low = n, .high = n, .negated = negated};
        return 0;
    }
    if (kind->closed && closed_range(text, kind->max, out))
        return 0;
    if (number_range_parse(text, kind->max, out, err) == 0)
        return 0;
    if (!kind->words)
        return -1;
    list_words(kind, words, sizeof words);
    return err_set(err, "'%.*s' is no number or range up to %llu and none of %s", WORD_ARG(text),
                   (unsigned long long)kind->max, words);
}

/* "username,!will": each of them once. */
static int read_bits(const struct app_number *kind, struct bytes value, struct number_bits *out,
                     struct err *err)
{
    struct bytes rest = word_unquote(value), word;
    char words[256];
    uint64_t bit;
    while (word_next(&rest, ',', &word)) {
        bool negated = word.len && word.p[0] == '!';
        if (!word_value(kind, bytes_slice(word, negated, word.len), &bit)) {
            list_words(kind, words, sizeof words);
            return err_set(err, "'%.*s' is none of %s", WORD_ARG(word), words);
        }
        if ((out->set | out->clear) & bit)
            return err_set(err, "'%.*s' stands twice", WORD_ARG(word));
        *(negated ? &out->clear : &out->set) |= bit;
    }
    return 0;
}

static int build_bits(struct build *b, const char *name, const struct app_number *kind,
                      struct bytes value, struct err *err)
{
    struct number_bits *bits = build_alloc(b, sizeof *bits);
    bool any = kind->bits == APP_NUMBER_ANY_BIT;
    int64_t mask;
    if (any && number_parse(word_unquote(value), 1, (int64_t)kind->max, &mask))
        bits->set = (uint64_t)mask;
    else if (read_bits(kind, value, bits, err))
        return -1;
    if (any)
        *bits = (struct number_bits){.any = bits->set, .clear = bits->clear};
    return build_item_on(b, name, &item_bits, bits, false, err) ? 0 : -1;
}

int build_number(struct build *b, const char *name, const struct app_number *kind,
                 struct bytes value, struct err *err)
{
    if (kind->bits)
        return build_bits(b, name, kind, value, err);
    struct number_range *r = build_alloc(b, sizeof *r);
    if (read_value(kind, value, r, err))
        return -1;
    return build_item_on(b, name, &item_number, r, false, err) ? 0 : -1;
}
