/* rfb_log.c - sessions of VNC as EVE shows them, and what rules look at. Names as in Suricata 7. */
#include "common/text.h"
#include "sensor/app/protocols/rfb_state.h"
#include <stdio.h>

#define LOGGED         1
#define RESULT_UNKNOWN 3 /* any other result, for rules */

static void put_version(struct json *j, const char *key, const char *version)
{
    if (!version[0])
        return;
    json_object(j, key);
    json_str(j, "major", bytes_of(version, 3));
    json_str(j, "minor", bytes_of(version + 4, 3));
    json_object_end(j);
}

static void put_secret(struct json *j, const char *key, bool there, const uint8_t secret[16])
{
    char text[33];
    if (!there)
        return;
    text_hex(bytes_of(secret, 16), text);
    json_strz(j, key, text);
}

static void put_authentication(struct json *j, const struct rfb_tx *t)
{
    static const char *const results[] = {"OK", "FAIL", "TOOMANY"};
    char unknown[32];
    json_object(j, "authentication");
    if (t->security_type >= 0)
        json_u64(j, "security_type", (uint64_t)t->security_type);
    if (t->security_type == RFB_VNC) {
        json_object(j, "vnc");
        put_secret(j, "challenge", t->challenged, t->challenge);
        put_secret(j, "response", t->responded, t->response);
        json_object_end(j);
    }
    if (t->result > 2) {
        snprintf(unknown, sizeof unknown, "UNKNOWN (%u)", (unsigned)t->result);
        json_strz(j, "security_result", unknown);
    } else if (t->result >= 0) {
        json_strz(j, "security_result", results[t->result]);
    }
    json_object_end(j);
}

static void put_framebuffer(struct json *j, const struct rfb_tx *t)
{
    static const char *const colours[] = {"red", "green", "blue"};
    char key[16];
    const struct rfb_pixels *p = &t->pixels;
    json_object(j, "framebuffer");
    json_u64(j, "width", t->width);
    json_u64(j, "height", t->height);
    json_str(j, "name", app_text_bytes(&t->name));
    json_object(j, "pixel_format");
    json_u64(j, "bits_per_pixel", p->bits);
    json_u64(j, "depth", p->depth);
    json_bool(j, "big_endian", p->big_endian);
    json_bool(j, "true_color", p->true_color);
    for (int i = 0; i < 3; i++) {
        snprintf(key, sizeof key, "%s_max", colours[i]);
        json_u64(j, key, p->max[i]);
    }
    for (int i = 0; i < 3; i++) {
        snprintf(key, sizeof key, "%s_shift", colours[i]);
        json_u64(j, key, p->shift[i]);
    }
    json_object_end(j);
    json_object_end(j);
}

void rfb_alert_json(const struct app_tx *tx, struct json *j)
{
    const struct rfb_tx *t = (const struct rfb_tx *)tx;
    json_object(j, "rfb");
    put_version(j, "server_protocol_version", t->version[TO_CLIENT]);
    put_version(j, "client_protocol_version", t->version[TO_SERVER]);
    put_authentication(j, t);
    if (t->reason.len)
        json_str(j, "server_security_failure_reason", app_text_bytes(&t->reason));
    if (t->has_client_init)
        json_bool(j, "screen_shared", t->shared);
    if (t->has_server_init)
        put_framebuffer(j, t);
    json_object_end(j);
}

static void encode(const struct app_tx *tx, unsigned phase, struct json *j)
{
    (void)phase;
    rfb_alert_json(tx, j);
}

void rfb_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx)
{
    if ((tx->logged & LOGGED) || (!last && !app_tx_is_done(tx)))
        return;
    tx->logged |= LOGGED;
    struct app_record r = {.event_type = "rfb", .dir = TO_SERVER, .encode = encode};
    emit(ctx, tx, &r);
}

#define VERSION "{major: string, minor: string}"
const struct app_shape rfb_shapes[] = {
    {"rfb",
     "rfb: {server_protocol_version?: " VERSION ", client_protocol_version?: " VERSION ", "
     "authentication: {security_type?: uint, vnc?: {challenge?: string, response?: string}, "
     "security_result?: string}, server_security_failure_reason?: string, screen_shared?: bool, "
     "framebuffer?: {width: uint, height: uint, name: string, pixel_format: {bits_per_pixel: uint, "
     "depth: uint, big_endian: bool, true_color: bool, red_max: uint, green_max: uint, "
     "blue_max: uint, red_shift: uint, green_shift: uint, blue_shift: uint}}}"},
    {0},
};

static bool get_name(struct app_tx *tx, enum direction dir, unsigned index, struct arena *scratch,
                     struct bytes *out)
{
    (void)dir;
    (void)scratch;
    *out = app_text_bytes(&((struct rfb_tx *)tx)->name);
    return index == 0 && out->len > 0;
}

static bool get_security(struct app_tx *tx, enum direction dir, unsigned index,
                         struct arena *scratch, struct bytes *out)
{
    const struct rfb_tx *t = (const struct rfb_tx *)tx;
    (void)dir;
    return index == 0 && t->security_type >= 0 &&
           app_number_bytes((uint64_t)t->security_type, scratch, out);
}

static bool get_result(struct app_tx *tx, enum direction dir, unsigned index, struct arena *scratch,
                       struct bytes *out)
{
    const struct rfb_tx *t = (const struct rfb_tx *)tx;
    (void)dir;
    return index == 0 && t->result >= 0 &&
           app_number_bytes(t->result < RESULT_UNKNOWN ? (uint64_t)t->result : RESULT_UNKNOWN,
                            scratch, out);
}

static const struct app_number security_results = {
    .max = RESULT_UNKNOWN,
    .words =
        (const struct app_word[]){
            {"ok", 0}, {"fail", 1}, {"toomany", 2}, {"unknown", RESULT_UNKNOWN}, {0}},
};

const struct app_buffer rfb_buffers[] = {
    APP_NUMBER(RFB, "rfb.sectype", "", APP_BUFFER_TO_SERVER, RFB_DONE, 0, get_security, &app_u32),
    APP_NUMBER(RFB, "rfb.secresult", "", APP_BUFFER_TO_CLIENT, 0, RFB_DONE, get_result,
               &security_results),
    APP_BUFFER(RFB, "rfb.name", "", "", APP_BUFFER_TO_CLIENT, 0, RFB_DONE, get_name),
    {0},
};
