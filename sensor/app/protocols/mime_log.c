/* mime_log.c - a mail message as EVE shows it, under "email". */
#include "common/text.h"
#include "sensor/app/protocols/mime_state.h"

static void put_one(const struct mime *m, enum mime_field f, const char *key, struct json *j)
{
    if (m->present[f])
        json_str(j, key, app_text_bytes(&m->fields[f]));
}

/* Length of the address that b begins with: up to a comma outside of quotes. */
static size_t address_len(struct bytes b)
{
    bool quoted = false;
    for (size_t i = 0; i < b.len; i++) {
        if (b.p[i] == '"')
            quoted = !quoted;
        else if (b.p[i] == ',' && !quoted)
            return i;
    }
    return b.len;
}

static void put_addresses(const struct mime *m, enum mime_field f, const char *key, struct json *j)
{
    struct bytes value = app_text_bytes(&m->fields[f]);
    bool any = false;
    if (!m->present[f])
        return;
    while (value.len > 0) {
        struct bytes one = bytes_slice(value, 0, address_len(value));
        value = bytes_slice(value, one.len + 1, SIZE_MAX);
        while (one.len > 0 && (one.p[0] == ' ' || one.p[0] == '\t'))
            one = bytes_slice(one, 1, SIZE_MAX);
        if (one.len == 0)
            continue;
        if (!any)
            json_array(j, key);
        any = true;
        json_str(j, NULL, one);
    }
    if (any)
        json_array_end(j);
}

static void put_names(const struct app_text *list, struct json *j)
{
    struct bytes rest = app_text_bytes(list);
    while (rest.len > 0) {
        ptrdiff_t end = bytes_find(rest, BYTES_LIT("\n"));
        struct bytes one = bytes_slice(rest, 0, end < 0 ? rest.len : (size_t)end);
        json_str(j, NULL, one);
        rest = bytes_slice(rest, one.len + 1, SIZE_MAX);
    }
}

static void put_lists(const struct app_text *lists, unsigned count, const char *key, struct json *j)
{
    uint32_t bytes = 0;
    for (unsigned i = 0; i < count; i++)
        bytes += lists[i].len;
    if (bytes == 0)
        return;
    json_array(j, key);
    for (unsigned i = 0; i < count; i++)
        put_names(&lists[i], j);
    json_array_end(j);
}

static void put_md5(const char *key, const uint8_t md5[16], struct json *j)
{
    char text[2 * 16 + 1];
    text_hex(bytes_of(md5, 16), text);
    json_strz(j, key, text);
}

static void put_extended(const struct mime *m, struct json *j)
{
    uint8_t md5[EVP_MAX_MD_SIZE];
    const struct app_text *subject = &m->fields[MIME_SUBJECT];
    put_addresses(m, MIME_BCC, "bcc", j);
    put_one(m, MIME_MESSAGE_ID, "message_id", j);
    put_one(m, MIME_SUBJECT, "subject", j);
    put_one(m, MIME_X_MAILER, "x_mailer", j);
    put_one(m, MIME_USER_AGENT, "user_agent", j);
    if (m->present[MIME_SUBJECT] &&
        EVP_Digest(subject->p, subject->len, md5, NULL, EVP_md5(), NULL) == 1)
        put_md5("subject_md5", md5, j);
    if (m->has_md5)
        put_md5("body_md5", m->md5, j);
}

void mime_json(const struct mime *m, bool extended, struct json *j)
{
    static const char *const states[] = {"NONE",           "HEADER_READY", "HEADER_STARTED",
                                         "HEADER_DONE",    "BODY_STARTED", "BODY_DONE",
                                         "BODY_END_BOUND", "PARSE_DONE",   "PARSE_ERROR"};
    json_object(j, "email");
    json_strz(j, "status", states[m->status]);
    put_one(m, MIME_FROM, "from", j);
    put_addresses(m, MIME_TO, "to", j);
    put_addresses(m, MIME_CC, "cc", j);
    put_lists(&m->attachments, 1, "attachment", j);
    put_lists(m->urls, MIME_SCHEMES, "url", j);
    if (extended)
        put_extended(m, j);
    json_object_end(j);
}
