/* sensor/detect/file_rules.c - filesize, filemd5, filestore ...: what is asked of each file alone.
 *
 * All of it must hold for one and the same file; the last file under way decides whether there is
 * something to wait for. As Suricata 7 does it. */
#include "sensor/detect/worker_state.h"

static bool is_ready(const struct app_file_facts *f, unsigned needs)
{
    for (unsigned i = 0; i < 3; i++)
        if ((needs & 1u << i) && f->digests[i].len == 0)
            return false;
    return !((needs & FILE_NEED_NAME) && f->name.len == 0) &&
           !((needs & FILE_NEED_MAGIC) && f->taken == 0) && !((needs & FILE_NEED_END) && f->open);
}

static enum files_verdict ask(struct detect *d, const struct signature *s,
                              const struct inspection *in, struct app_file *file)
{
    struct app_file_facts facts;
    struct walk w = {.in = &d->in, .of = in->buffer};
    app_file_facts(file, &facts);
    if (!is_ready(&facts, s->file_needs))
        return FILES_WAIT;
    d->in.file = file;
    d->in.facts = &facts;
    bool holds = walk_inspection(&w, in);
    d->in.file = NULL;
    d->in.facts = NULL;
    return holds ? FILES_MATCH : FILES_NO;
}

enum files_verdict inspect_files(struct detect *d, const struct signature *s,
                                 const struct inspection *in)
{
    enum files_verdict last = FILES_WAIT;
    bool matched = false;
    for (struct app_file *f = app_tx_file(d->in.tx, d->in.dir, NULL); f;
         f = app_tx_file(d->in.tx, d->in.dir, f)) {
        last = ask(d, s, in, f);
        matched |= last == FILES_MATCH;
    }
    if (!matched)
        return last;
    return last == FILES_WAIT ? FILES_MATCH_ONE : FILES_MATCH;
}
