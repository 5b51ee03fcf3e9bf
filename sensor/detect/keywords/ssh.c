/* keywords/ssh.c - versions of SSH's greeting, as older rules ask for them. */
#include "sensor/detect/keyword.h"
#include "sensor/detect/words.h"

/* ---- ssh.protoversion: "2.0", or "2_compat" for 2 and 1.99, which stands for it ---- */

static enum item_verdict version_match(const void *arg, struct walk *w, size_t *again)
{
    (void)again;
    const struct bytes *want = arg;
    bool same = want->len ? bytes_eq(w->buffer, *want)
                          : (w->buffer.len && w->buffer.p[0] == '2') ||
                                bytes_starts(w->buffer, BYTES_LIT("1.99"));
    return same ? ITEM_YES : ITEM_STOP;
}

static const struct item_kind item_version = {.name = "ssh.protoversion", .match = version_match};

static bool is_version(struct bytes t)
{
    for (size_t i = 0; i < t.len; i++)
        if ((t.p[i] < '0' || t.p[i] > '9') && (i == 0 || (t.p[i] != '.' && t.p[i] != '-')))
            return false;
    return t.len > 0;
}

static int protoversion_parse(struct build *b, struct bytes value, const void **arg,
                              struct err *err)
{
    (void)arg;
    struct bytes *want = build_alloc(b, sizeof *want), text = word_trim(word_unquote(value));
    bool compatible = bytes_eq(text, BYTES_LIT("2_compat"));
    if (!compatible && !is_version(text))
        return err_set(err, "'%.*s' is no version like 2.0, and not 2_compat", WORD_ARG(text));
    if (!compatible)
        *want = arena_copy(b->arena, text);
    return build_item_on(b, "ssh.proto", &item_version, want, false, err) ? 0 : -1;
}

/* ---- ssh.softwareversion: all of it ---- */

static enum item_verdict software_match(const void *arg, struct walk *w, size_t *again)
{
    (void)again;
    return bytes_eq(w->buffer, *(const struct bytes *)arg) ? ITEM_YES : ITEM_STOP;
}

static const struct item_kind item_software = {.name = "ssh.softwareversion",
                                               .match = software_match};

static int softwareversion_parse(struct build *b, struct bytes value, const void **arg,
                                 struct err *err)
{
    (void)arg;
    struct bytes *want = build_alloc(b, sizeof *want);
    *want = arena_copy(b->arena, word_trim(word_unquote(value)));
    if (want->len == 0)
        return err_set(err, "names no software");
    return build_item_on(b, "ssh.software", &item_software, want, false, err) ? 0 : -1;
}

const struct keyword keyword_ssh_protoversion = {
    .name = "ssh.protoversion",
    .summary = "SSH protocol version",
    .example = "ssh.protoversion:2_compat;",
    .parse = protoversion_parse,
};
const struct keyword keyword_ssh_softwareversion = {
    .name = "ssh.softwareversion",
    .summary = "SSH software, all of it",
    .example = "ssh.softwareversion:PuTTY_Release_0.70;",
    .parse = softwareversion_parse,
};
