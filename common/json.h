/* common/json.h - writes JSON text; reading is cJSON's job.
 *
 * A growing buffer that keeps its memory between lines. Keys are our own literals and are written
 * as they are; values may be hostile. Bytes that are not UTF-8 come out as Suricata writes them:
 * ASCII as ever, every other byte as the four characters \xNN, so the line stays valid. */
#ifndef COMMON_JSON_H
#define COMMON_JSON_H
#include "common/addr.h"
#include "common/bytes.h"

struct json {
    char *text; /* not NUL-terminated */
    size_t len, cap;
};

void json_release(struct json *j);
static inline void json_reset(struct json *j)
{
    j->len = 0;
}
static inline struct bytes json_bytes(const struct json *j)
{
    return bytes_of(j->text, j->len);
}

/* Each member in two forms: by a key that is a literal, whose length is known when it is compiled,
 * and json_put_...() by any key. With key NULL the value stands alone or in an array. Commas are
 * put by need. */
void json_put_object(struct json *j, struct bytes key);
static inline void json_object(struct json *j, const char *key)
{
    json_put_object(j, bytes_str(key));
}
void json_object_end(struct json *j);
/* Takes the brace back that was put last, so that the object gets further members. */
void json_object_again(struct json *j);
void json_put_array(struct json *j, struct bytes key);
static inline void json_array(struct json *j, const char *key)
{
    json_put_array(j, bytes_str(key));
}
void json_array_end(struct json *j);

void json_put_str(struct json *j, struct bytes key, struct bytes value);
static inline void json_str(struct json *j, const char *key, struct bytes value)
{
    json_put_str(j, bytes_str(key), value);
}
static inline void json_strz(struct json *j, const char *key, const char *value)
{
    json_put_str(j, bytes_str(key), bytes_str(value));
}
/* A word of our own, plain ASCII that needs no escapes: a name out of a table. */
void json_put_word(struct json *j, struct bytes key, struct bytes value);
static inline void json_word(struct json *j, const char *key, const char *value)
{
    json_put_word(j, bytes_str(key), bytes_str(value));
}
void json_put_u64(struct json *j, struct bytes key, uint64_t value);
static inline void json_u64(struct json *j, const char *key, uint64_t value)
{
    json_put_u64(j, bytes_str(key), value);
}
void json_put_bool(struct json *j, struct bytes key, bool value);
static inline void json_bool(struct json *j, const char *key, bool value)
{
    json_put_bool(j, bytes_str(key), value);
}
void json_put_addr(struct json *j, struct bytes key, const struct addr *a);
static inline void json_addr(struct json *j, const char *key, const struct addr *a)
{
    json_put_addr(j, bytes_str(key), a);
}
void json_put_time(struct json *j, struct bytes key, uint64_t ts_us);
static inline void json_time(struct json *j, const char *key, uint64_t ts_us)
{
    json_put_time(j, bytes_str(key), ts_us);
}
/* value is JSON already. */
void json_put_raw(struct json *j, struct bytes key, struct bytes value);
static inline void json_raw(struct json *j, const char *key, struct bytes value)
{
    json_put_raw(j, bytes_str(key), value);
}

void json_i64(struct json *j, const char *key, int64_t value);
void json_real(struct json *j, const char *key, double value); /* 4 significant decimals */
void json_null(struct json *j, const char *key);
void json_hex(struct json *j, const char *key, struct bytes value);
void json_base64(struct json *j, const char *key, struct bytes value);
/* Printable ASCII, CR and LF kept, every other byte as '.': EVE's payload_printable. */
void json_printable(struct json *j, const char *key, struct bytes value);
/* As json_str, but the key is data too (a counter's or variable's name from a rule). */
void json_str_dynkey(struct json *j, struct bytes key, struct bytes value);

#endif
