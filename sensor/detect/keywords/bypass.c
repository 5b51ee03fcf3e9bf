/* keywords/bypass.c - what a matching rule spares: the flow's further packets, or its records.
 *
 * bypass: packets of the flow are counted from now on and no more.
 * config: "logging disable, type tx, scope tx": the transaction's own records are not written. */
#include "sensor/detect/keyword.h"
#include "sensor/detect/words.h"

static void bypass_run(const void *arg, struct inspect *in)
{
    (void)arg;
    if (in->flow && in->flow->action == FLOW_ACTION_NONE)
        in->flow->action = FLOW_ACTION_BYPASS;
}

static int bypass_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)value;
    (void)arg;
    if (b->sig->file_needs & FILE_NEED_STORE)
        return err_set(err, "cannot go with filestore");
    b->bypass = true;
    return build_action(b, bypass_run, NULL, err);
}

static void unlog_run(const void *arg, struct inspect *in)
{
    (void)arg;
    if (in->flow && in->flow->app && in->tx)
        app_tx_unlog(in->flow->app, in->tx);
}

/* The one form that Suricata 7 acts on; "flow" for type or scope is accepted and does nothing. */
static int config_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    struct bytes rest = value, what, type, scope, word;
    bool tx = true;
    (void)arg;
    if (!word_next(&rest, ',', &what) || !word_next(&rest, ',', &type) ||
        !word_next(&rest, ',', &scope) || rest.p || !word_next_blank(&what, &word) ||
        !WORD_IS(word, "logging") || !WORD_IS(word_trim(what), "disable") ||
        !word_next_blank(&type, &word) || !WORD_IS(word, "type") ||
        !word_next_blank(&scope, &word) || !WORD_IS(word, "scope"))
        return err_set(err, "wants 'logging disable, type tx, scope tx'");
    struct bytes values[] = {word_trim(type), word_trim(scope)};
    for (size_t i = 0; i < 2; i++) {
        if (!WORD_IS(values[i], "tx") && !WORD_IS(values[i], "flow"))
            return err_set(err, "'%.*s' is neither tx nor flow", WORD_ARG(values[i]));
        tx &= WORD_IS(values[i], "tx");
    }
    return tx ? build_action(b, unlog_run, NULL, err) : 0;
}

const struct keyword keyword_bypass = {
    .name = "bypass",
    .summary = "the flow's further packets are not looked at",
    .example = "bypass;",
    .flags = KEYWORD_NO_VALUE | KEYWORD_IP_ONLY,
    .parse = bypass_parse,
};
const struct keyword keyword_config = {
    .name = "config",
    .summary = "the transaction's records are not written",
    .example = "config:logging disable, type tx, scope tx;",
    .parse = config_parse,
};
