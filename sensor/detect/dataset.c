/* sensor/detect/dataset.c - see dataset.h. Reading and writing files: dataset_file.c. */
#include "sensor/detect/dataset.h"

#include <stdlib.h>
#include <unistd.h>

#include "sensor/detect/dataset_file.h"

#define CAP_DEFAULT (100u << 20)

static const struct {
    const char *name;
    enum dataset_type type;
} types[] = {{"md5", DATASET_MD5},   {"sha256", DATASET_SHA256}, {"string", DATASET_STRING},
             {"ipv4", DATASET_IPV4}, {"ipv6", DATASET_IPV6},     {"ip", DATASET_IPV6}};

enum dataset_type dataset_type_find(struct bytes name)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (bytes_ieq(name, bytes_str(types[i].name)))
            return types[i].type;
    return DATASET_NONE;
}

static size_t width_of(enum dataset_type t)
{
    static const size_t widths[] = {[DATASET_MD5] = 16,
                                    [DATASET_SHA256] = 32,
                                    [DATASET_IPV4] = 4,
                                    [DATASET_IPV6] = 16,
                                    [DATASET_STRING] = 0};
    return widths[t];
}

static bool same_path(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static struct dataset *find(struct dataset *list, const char *name)
{
    while (list && strcmp(list->name, name) != 0)
        list = list->next;
    return list;
}

static int agree(const struct dataset *d, const struct dataset_wish *w, struct err *err)
{
    if (w->type != DATASET_NONE && w->type != d->type)
        return err_set(err, "set '%s' is of another type already", d->name);
    if ((w->load || w->save) && (!same_path(w->load, d->load) || !same_path(w->save, d->save)))
        return err_set(err, "set '%s' has another file already", d->name);
    return 0;
}

static char *copy_of(const char *s)
{
    char *copy = s ? strdup(s) : NULL;
    ASSERT(copy || !s);
    return copy;
}

static void dataset_free(struct dataset *d)
{
    value_set_release(&d->values);
    free(d->name);
    free(d->load);
    free(d->save);
    free(d);
}

static struct dataset *make(const struct dataset_wish *w, struct err *err)
{
    struct dataset *d = calloc(1, sizeof *d);
    ASSERT(d);
    d->name = copy_of(w->name);
    d->load = copy_of(w->load);
    d->save = copy_of(w->save);
    d->type = w->type;
    d->changes = w->save != NULL;
    value_set_init(&d->values, width_of(w->type), w->cap_bytes ? w->cap_bytes : CAP_DEFAULT);
    if (!w->load || dataset_load(d, err) == 0)
        return d;
    dataset_free(d);
    return NULL;
}

struct dataset *dataset_get(struct dataset **list, const struct dataset_wish *w, struct err *err)
{
    struct dataset *d = find(*list, w->name);
    if (d)
        return agree(d, w, err) == 0 ? d : NULL;
    if (w->type == DATASET_NONE) {
        err_set(err, "set '%s' is not defined; 'type' says of what", w->name);
        return NULL;
    }
    d = make(w, err);
    if (!d)
        return NULL;
    d->next = *list;
    *list = d;
    return d;
}

struct dataset *dataset_move(struct dataset *d)
{
    struct dataset *moved = calloc(1, sizeof *moved);
    ASSERT(moved);
    *moved = (struct dataset){.name = copy_of(d->name),
                              .load = copy_of(d->load),
                              .save = copy_of(d->save),
                              .type = d->type,
                              .changes = d->changes,
                              .values = d->values};
    value_set_init(&d->values, d->values.width, d->values.cap_bytes);
    return moved;
}

void dataset_follow(struct dataset *live, struct dataset *d)
{
    free(live->save);
    live->save = copy_of(d->save);
    live->values.cap_bytes = d->values.cap_bytes;
    value_set_release(&d->values);
}

bool dataset_saves_as(const struct dataset *a, const struct dataset *b)
{
    return a->save && same_path(a->save, b->save);
}

void datasets_free(struct dataset *list)
{
    while (list) {
        struct dataset *next = list->next;
        dataset_free(list);
        list = next;
    }
}

int dataset_save_path(const struct dataset_options *o, const char *name, char *out, size_t cap,
                      struct err *err)
{
    bool absolute = name[0] == '/';
    if (o->forbid_write)
        return err_set(err, "writing sets is switched off (datasets.rules.allow-write)");
    if (!o->allow_absolute && (absolute || strstr(name, "..")))
        return err_set(err, "'%s' leads out of the data folder", name);
    int len = absolute ? snprintf(out, cap, "%s", name)
                       : snprintf(out, cap, "%s/%s", o->data_dir ? o->data_dir : ".", name);
    return (size_t)len < cap ? 0 : err_set(err, "path is too long");
}

void dataset_load_path(const struct dataset_options *o, const char *rule_file, const char *name,
                       char *out, size_t cap)
{
    const char *slash = rule_file ? strrchr(rule_file, '/') : NULL;
    int dir_len = slash ? (int)(slash - rule_file) : 0;
    if (name[0] == '/') {
        snprintf(out, cap, "%s", name);
        return;
    }
    snprintf(out, cap, "%.*s%s%s", dir_len, rule_file ? rule_file : "", slash ? "/" : "", name);
    if (access(out, R_OK) != 0 && o->rule_dir)
        snprintf(out, cap, "%s/%s", o->rule_dir, name);
}

/* An IPv4 address in a set of both kinds stands in front, zeros behind. */
static struct bytes as_kept(const struct dataset *d, struct bytes value, uint8_t room[16])
{
    if (d->type != DATASET_IPV6 || value.len != 4)
        return value;
    memset(room, 0, 16);
    memcpy(room, value.p, 4);
    return bytes_of(room, 16);
}

bool dataset_holds(const struct dataset *d, struct bytes value, uint16_t *reputation)
{
    uint8_t room[16];
    ptrdiff_t i = value_find(&d->values, as_kept(d, value, room));
    *reputation = i < 0 ? 0 : value_reputation(&d->values, (size_t)i);
    return i >= 0;
}

bool dataset_set(struct dataset *d, struct bytes value)
{
    uint8_t room[16];
    return value_add(&d->values, as_kept(d, value, room), 0) == VALUE_ADDED;
}

bool dataset_unset(struct dataset *d, struct bytes value)
{
    uint8_t room[16];
    return value_remove(&d->values, as_kept(d, value, room));
}
