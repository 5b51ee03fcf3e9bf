/* file_rules.c - files as rules look at them: names, types, what is known so far.
 *
 * A file whose end they saw is gone for them, as with Suricata, so that the many files of a long
 * transaction are looked at once. */
#include "sensor/app/file.h"
#include "sensor/app/state.h"

struct app_file *app_tx_file(const struct app_tx *tx, enum direction dir,
                             const struct app_file *after)
{
    struct app_file *f = after ? after->next : tx->files[dir];
    while (f && f->inspected)
        f = f->next;
    return f;
}

void app_tx_files_inspected(struct app_tx *tx, enum direction dir)
{
    for (struct app_file *f = tx->files[dir]; f; f = f->next)
        f->inspected = f->state != APP_FILE_OPEN;
}

void app_file_facts(const struct app_file *f, struct app_file_facts *out)
{
    *out = (struct app_file_facts){
        .name = app_text_bytes(&f->name),
        .magic = app_text_bytes(&f->magic),
        .size = f->size,
        .taken = f->size - f->missing,
        .open = f->state == APP_FILE_OPEN,
        .complete = f->state == APP_FILE_CLOSED,
    };
    for (unsigned i = 0; i < 3; i++)
        out->digests[i] = app_file_digest(f, i);
}

bool app_tx_has_open_file(const struct app_tx *tx, enum direction dir)
{
    for (const struct app_file *f = tx->files[dir]; f; f = f->next)
        if (f->state == APP_FILE_OPEN)
            return true;
    return false;
}

/* ---- getters ---- */

static const struct app_file *live_at(const struct app_tx *tx, enum direction dir, unsigned index)
{
    const struct app_file *f = app_tx_file(tx, dir, NULL);
    while (f && index--)
        f = app_tx_file(tx, dir, f);
    return f;
}

bool app_file_get_name(struct app_tx *tx, enum direction dir, unsigned index, struct arena *scratch,
                       struct bytes *out)
{
    const struct app_file *f = live_at(tx, dir, index);
    (void)scratch;
    *out = f ? app_text_bytes(&f->name) : (struct bytes){0};
    return f != NULL;
}

bool app_file_get_magic(struct app_tx *tx, enum direction dir, unsigned index,
                        struct arena *scratch, struct bytes *out)
{
    const struct app_file *f = live_at(tx, dir, 0);
    (void)scratch;
    for (; f; f = app_tx_file(tx, dir, f))
        if (f->magic.len && index-- == 0)
            break;
    *out = f ? app_text_bytes(&f->magic) : (struct bytes){0};
    return f != NULL;
}

bool app_file_get_nothing(struct app_tx *tx, enum direction dir, unsigned index,
                          struct arena *scratch, struct bytes *out)
{
    (void)tx;
    (void)dir;
    (void)index;
    (void)scratch;
    *out = (struct bytes){0};
    return false;
}

static const struct app_file *file_at(const struct app_tx *tx, enum direction dir, unsigned index)
{
    const struct app_file *f = tx->files[dir];
    while (f && index--)
        f = f->next;
    return f;
}

bool app_file_get_data(struct app_tx *tx, enum direction dir, unsigned index, struct arena *scratch,
                       struct bytes *out)
{
    const struct app_file *f = file_at(tx, dir, index);
    (void)scratch;
    *out = f ? app_text_bytes(&f->content) : (struct bytes){0};
    return f != NULL;
}

#define GOOD_PART 32768u

bool app_file_get_good_part(struct app_tx *tx, enum direction dir, unsigned index,
                            struct arena *scratch, struct bytes *out)
{
    const struct app_file *f = file_at(tx, dir, index);
    if (f && f->state == APP_FILE_OPEN && f->content.len < GOOD_PART)
        return false;
    return app_file_get_data(tx, dir, index, scratch, out);
}
