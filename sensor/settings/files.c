/* sensor/settings/files.c - digests, types and the store of files; see parts.h. */
#include "common/text.h"
#include "sensor/settings/parts.h"

/* Which digests every file gets, as Suricata's eve-log.files.force-hash; by default the one that
 * campaigns are told by. */
int settings_read_digests(struct settings *s, struct err *err)
{
    static const char *const names[] = {"md5", "sha1", "sha256"};
    static const char prefix[] = "eve-log.files.force-hash";
    struct app_options *o = &s->worker.app;
    const char *list = config_get(s->config, prefix);
    bool passwords;
    if (config_bool(s->config, "eve-log.files.force-magic", false, &o->file_magic, err) != 0 ||
        config_bool(s->config, "eve-log.mqtt.passwords", true, &passwords, err) != 0)
        return -1;
    o->hide_passwords = !passwords;
    struct bytes rest = bytes_str(list ? list : "sha256");
    while (rest.len) {
        const uint8_t *comma = memchr(rest.p, ',', rest.len);
        struct bytes name = bytes_slice(rest, 0, comma ? (size_t)(comma - rest.p) : rest.len);
        rest = bytes_slice(rest, name.len + (comma ? 1 : 0), SIZE_MAX);
        size_t i = 0;
        while (i < 3 && !bytes_eq(name, bytes_str(names[i])))
            i++;
        if (i == 3 && !bytes_eq(name, BYTES_LIT("none")))
            return err_set(err, "%s: '%.*s' is none of md5, sha1, sha256, none", prefix,
                           (int)name.len, (const char *)name.p);
        o->file_digests |= i < 3 ? 1u << i : 0;
    }
    return 0;
}

/* Named as Suricata's; a folder without a leading '/' is below the log folder. */
int settings_read_file_store(struct settings *s, struct err *err)
{
    struct app_options *o = &s->worker.app;
    const char *dir = config_get(s->config, "file-store.dir");
    uint64_t mib = 1024;
    const char *quota = config_get(s->config, "file-store.quota-mib");
    if (config_bool(s->config, "file-store.enabled", false, &o->file_store, err) != 0 ||
        config_bool(s->config, "file-store.force-filestore", false, &o->file_store_all, err) != 0)
        return -1;
    if (quota && !text_u64(bytes_str(quota), 1, 1 << 30, &mib))
        return err_set(err, "file-store.quota-mib: '%s'; wants 1 to 1073741824", quota);
    if (!o->file_store)
        return 0;
    o->file_digests |= 1u << 2; /* SHA-256 is what they are called */
    size_t len = strlen(s->log_dir ? s->log_dir : ".") + strlen(dir ? dir : "filestore") + 2;
    s->store_dir = malloc(len);
    ASSERT(s->store_dir);
    if (dir && dir[0] == '/')
        snprintf(s->store_dir, len, "%s", dir);
    else
        snprintf(s->store_dir, len, "%s/%s", s->log_dir ? s->log_dir : ".",
                 dir ? dir : "filestore");
    s->store = (struct file_store_options){.dir = s->store_dir, .quota_bytes = mib << 20};
    return 0;
}
