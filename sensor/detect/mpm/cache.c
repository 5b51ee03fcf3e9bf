/* mpm/cache.c - compiled databases kept on disk. */
#include "sensor/detect/mpm/cache.h"

#include <xxhash.h>

#include "common/file.h"

#define CACHE_FILE_CAP (512u << 20)
#define CACHE_PATH_MAX 4096

static void cache_path(const char *dir, const char *const *texts, const unsigned *flags,
                       size_t count, char out[CACHE_PATH_MAX])
{
    XXH3_state_t *state = XXH3_createState();
    hs_platform_info_t platform = {0};
    hs_populate_platform(&platform);
    ASSERT(state);
    XXH3_128bits_reset(state);
    XXH3_128bits_update(state, hs_version(), strlen(hs_version()));
    XXH3_128bits_update(state, &platform, sizeof platform);
    for (size_t i = 0; i < count; i++) {
        XXH3_128bits_update(state, &flags[i], sizeof flags[i]);
        XXH3_128bits_update(state, texts[i], strlen(texts[i]) + 1);
    }
    XXH128_hash_t hash = XXH3_128bits_digest(state);
    XXH3_freeState(state);
    snprintf(out, CACHE_PATH_MAX, "%s/%016llx%016llx.hsdb", dir, (unsigned long long)hash.high64,
             (unsigned long long)hash.low64);
}

hs_database_t *cache_get(const char *dir, const char *const *texts, const unsigned *flags,
                         size_t count)
{
    char path[CACHE_PATH_MAX];
    size_t len;
    hs_database_t *db = NULL;
    if (!dir)
        return NULL;
    cache_path(dir, texts, flags, count, path);
    char *data = file_read(path, CACHE_FILE_CAP, &len, NULL);
    /* The library checks version, platform and a checksum over the whole. */
    if (data && hs_deserialize_database(data, len, &db) != HS_SUCCESS)
        db = NULL;
    free(data);
    return db;
}

void cache_put(const char *dir, const char *const *texts, const unsigned *flags, size_t count,
               const hs_database_t *db)
{
    char path[CACHE_PATH_MAX];
    char *data = NULL;
    size_t len = 0;
    if (!dir || file_mkdirs(dir, NULL) || hs_serialize_database(db, &data, &len) != HS_SUCCESS)
        return;
    cache_path(dir, texts, flags, count, path);
    (void)file_replace(path, bytes_of(data, len), NULL);
    free(data);
}
