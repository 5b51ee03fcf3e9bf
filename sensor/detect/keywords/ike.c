/* keywords/ike.c - "ike.chosen_sa_attribute:alg_hash=2" asks what an IKE responder chose. */
#include "sensor/app/protocols/ike.h"
#include "sensor/detect/keyword.h"
#include "sensor/detect/words.h"

struct chosen {
    const char *name;
    uint32_t value;
};

static enum item_verdict chosen_match(const void *arg, struct walk *w, size_t *again)
{
    (void)again;
    const struct chosen *want = arg;
    uint32_t value;
    return ike_chosen(w->in->tx, want->name, &value) && value == want->value ? ITEM_YES : ITEM_STOP;
}

static const struct item_kind item_chosen = {.name = "ike.chosen_sa_attribute",
                                             .match = chosen_match};

static int chosen_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)arg;
    struct chosen *want = build_alloc(b, sizeof *want);
    struct bytes rest = word_trim(word_unquote(value)), name;
    int64_t n;
    if (!word_next(&rest, '=', &name) || !number_parse(rest, 0, UINT32_MAX, &n))
        return err_set(err, "'%.*s' is not 'attribute=number'", WORD_ARG(value));
    want->value = (uint32_t)n;
    for (unsigned i = 1; ike_attribute_key(i); i++)
        if (bytes_eq(name, bytes_str(ike_attribute_key(i))))
            want->name = ike_attribute_key(i);
    if (!want->name)
        return err_set(err, "'%.*s' is no attribute like alg_enc, alg_hash, alg_auth, alg_dh",
                       WORD_ARG(name));
    return build_item_on(b, "ike.chosen_sa_attribute", &item_chosen, want, false, err) ? 0 : -1;
}

const struct keyword keyword_ike_chosen_sa = {
    .name = "ike.chosen_sa_attribute",
    .summary = "an attribute of the association that was chosen",
    .example = "ike.chosen_sa_attribute:alg_hash=2;",
    .parse = chosen_parse,
};
