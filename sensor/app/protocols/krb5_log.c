/* krb5_log.c - records, and names for rules, of Kerberos. */
#include "sensor/app/protocols/ber.h"
#include "sensor/app/protocols/krb5_state.h"
#include "sensor/app/protocols/oneway.h"
#include <inttypes.h>
#include <stdio.h>

#define NAME_TEXT_MAX 1024

static const char *message_name(uint8_t message)
{
    switch (message) {
    case KRB5_AS_REQ:
        return "KRB_AS_REQ";
    case KRB5_AS_REP:
        return "KRB_AS_REP";
    case KRB5_TGS_REQ:
        return "KRB_TGS_REQ";
    case KRB5_TGS_REP:
        return "KRB_TGS_REP";
    case KRB5_AP_REQ:
        return "KRB_AP_REQ";
    case KRB5_ERROR:
        return "KRB_ERROR";
    default:
        return "UNKNOWN";
    }
}

/* RFC 4120 section 7.5.9, RFC 4556 section 3.1.3. */
static const char *const errors[] = {
    [0] = "KDC_ERR_NONE",
    [1] = "KDC_ERR_NAME_EXP",
    [2] = "KDC_ERR_SERVICE_EXP",
    [3] = "KDC_ERR_BAD_PVNO",
    [4] = "KDC_ERR_C_OLD_MAST_KVNO",
    [5] = "KDC_ERR_S_OLD_MAST_KVNO",
    [6] = "KDC_ERR_C_PRINCIPAL_UNKNOWN",
    [7] = "KDC_ERR_S_PRINCIPAL_UNKNOWN",
    [8] = "KDC_ERR_PRINCIPAL_NOT_UNIQUE",
    [9] = "KDC_ERR_NULL_KEY",
    [10] = "KDC_ERR_CANNOT_POSTDATE",
    [11] = "KDC_ERR_NEVER_VALID",
    [12] = "KDC_ERR_POLICY",
    [13] = "KDC_ERR_BADOPTION",
    [14] = "KDC_ERR_ETYPE_NOSUPP",
    [15] = "KDC_ERR_SUMTYPE_NOSUPP",
    [16] = "KDC_ERR_PADATA_TYPE_NOSUPP",
    [17] = "KDC_ERR_TRTYPE_NOSUPP",
    [18] = "KDC_ERR_CLIENT_REVOKED",
    [19] = "KDC_ERR_SERVICE_REVOKED",
    [20] = "KDC_ERR_TGT_REVOKED",
    [21] = "KDC_ERR_CLIENT_NOTYET",
    [22] = "KDC_ERR_SERVICE_NOTYET",
    [23] = "KDC_ERR_KEY_EXPIRED",
    [24] = "KDC_ERR_PREAUTH_FAILED",
    [25] = "KDC_ERR_PREAUTH_REQUIRED",
    [26] = "KDC_ERR_SERVER_NOMATCH",
    [27] = "KDC_ERR_MUST_USE_USER2USER",
    [28] = "KDC_ERR_PATH_NOT_ACCEPTED",
    [29] = "KDC_ERR_SVC_UNAVAILABLE",
    [31] = "KRB_AP_ERR_BAD_INTEGRITY",
    [32] = "KRB_AP_ERR_TKT_EXPIRED",
    [33] = "KRB_AP_ERR_TKT_NYV",
    [34] = "KRB_AP_ERR_REPEAT",
    [35] = "KRB_AP_ERR_NOT_US",
    [36] = "KRB_AP_ERR_BADMATCH",
    [37] = "KRB_AP_ERR_SKEW",
    [38] = "KRB_AP_ERR_BADADDR",
    [39] = "KRB_AP_ERR_BADVERSION",
    [40] = "KRB_AP_ERR_MSG_TYPE",
    [41] = "KRB_AP_ERR_MODIFIED",
    [42] = "KRB_AP_ERR_BADORDER",
    [44] = "KRB_AP_ERR_BADKEYVER",
    [45] = "KRB_AP_ERR_NOKEY",
    [46] = "KRB_AP_ERR_MUT_FAIL",
    [47] = "KRB_AP_ERR_BADDIRECTION",
    [48] = "KRB_AP_ERR_METHOD",
    [49] = "KRB_AP_ERR_BADSEQ",
    [50] = "KRB_AP_ERR_INAPP_CKSUM",
    [51] = "KRB_AP_PATH_NOT_ACCEPTED",
    [52] = "KRB_ERR_RESPONSE_TOO_BIG",
    [60] = "KRB_ERR_GENERIC",
    [61] = "KRB_ERR_FIELD_TOOLONG",
    [62] = "KDC_ERROR_CLIENT_NOT_TRUSTED",
    [63] = "KDC_ERROR_KDC_NOT_TRUSTED",
    [64] = "KDC_ERROR_INVALID_SIG",
    [65] = "KDC_ERR_KEY_TOO_WEAK",
    [66] = "KDC_ERR_CERTIFICATE_MISMATCH",
    [67] = "KRB_AP_ERR_NO_TGT",
    [68] = "KDC_ERR_WRONG_REALM",
    [69] = "KRB_AP_ERR_USER_TO_USER_REQUIRED",
    [70] = "KDC_ERR_CANT_VERIFY_CERTIFICATE",
    [71] = "KDC_ERR_INVALID_CERTIFICATE",
    [72] = "KDC_ERR_REVOKED_CERTIFICATE",
    [73] = "KDC_ERR_REVOCATION_STATUS_UNKNOWN",
    [74] = "KDC_ERR_REVOCATION_STATUS_UNAVAILABLE",
    [75] = "KDC_ERR_CLIENT_NAME_MISMATCH",
    [76] = "KDC_ERR_KDC_NAME_MISMATCH",
};

/* RFC 3961 section 8, RFC 8009, RFC 6803; Microsoft's own are negative. */
static const char *etype_name(int32_t etype)
{
    static const char *const names[] = {
        [1] = "des-cbc-crc",
        [2] = "des-cbc-md4",
        [3] = "des-cbc-md5",
        [5] = "des3-cbc-md5",
        [7] = "des3-cbc-sha1",
        [9] = "dsaWithSHA1-CmsOID",
        [10] = "md5WithRSAEncryption-CmsOID",
        [11] = "sha1WithRSAEncryption-CmsOID",
        [12] = "rc2CBC-EnvOID",
        [13] = "rsaEncryption-EnvOID",
        [14] = "rsaES-OAEP-ENV-OID",
        [15] = "des-ede3-cbc-Env-OID",
        [16] = "des3-cbc-sha1-kd",
        [17] = "aes128-cts-hmac-sha1-96",
        [18] = "aes256-cts-hmac-sha1-96",
        [19] = "aes128-cts-hmac-sha256-128",
        [20] = "aes256-cts-hmac-sha384-192",
        [23] = "rc4-hmac",
        [24] = "rc4-hmac-exp",
        [25] = "camellia128-cts-cmac",
        [26] = "camellia256-cts-cmac",
        [65] = "subkey-keymaterial",
    };
    static const struct {
        int32_t etype;
        const char *name;
    } vendor[] = {
        {-128, "rc4-md4"},       {-129, "rc4-plain2"},       {-130, "rc4-lm"},
        {-131, "rc4-sha"},       {-132, "des-plain"},        {-133, "rc4-hmac-OLD"},
        {-134, "rc4-plain-OLD"}, {-135, "rc4-hmac-OLD-exp"}, {-136, "rc4-plain-OLD-exp"},
        {-140, "rc4-plain"},     {-141, "rc4-plain-exp"},
    };
    if (etype >= 0 && (size_t)etype < sizeof names / sizeof *names)
        return names[etype];
    for (size_t i = 0; i < sizeof vendor / sizeof *vendor; i++)
        if (vendor[i].etype == etype)
            return vendor[i].name;
    return NULL;
}

static void put_etype(struct json *j, const char *key, int32_t etype)
{
    const char *name = etype_name(etype);
    char text[32];
    snprintf(text, sizeof text, "EncryptionType(%" PRId32 ")", etype);
    json_strz(j, key, name ? name : text);
}

static void put_error(struct json *j, int32_t error)
{
    char text[48];
    bool known = error >= 0 && (size_t)error < sizeof errors / sizeof *errors && errors[error];
    snprintf(text, sizeof text, "ErrorCode(%" PRId32 " / 0x%" PRIx32 ")", error, (uint32_t)error);
    json_strz(j, "error_code", known ? errors[error] : text);
}

/* The next part of a name; false at its end, or where it was cut. */
static bool next_part(struct cursor *c, struct bytes *part)
{
    *part = ber_take(c, BER_GENERAL_STRING);
    return cursor_ok(c);
}

/* "krbtgt/EXAMPLE.ORG" */
static void put_name(struct json *j, const char *key, const struct app_text *name)
{
    char text[NAME_TEXT_MAX];
    size_t len = 0;
    struct cursor c = cursor_over(app_text_bytes(name));
    struct bytes part;
    if (name->len == 0) {
        json_strz(j, key, "<empty>");
        return;
    }
    for (bool first = true; next_part(&c, &part) && len + 1 + part.len <= sizeof text;
         first = false) {
        if (!first)
            text[len++] = '/';
        if (part.len > 0)
            memcpy(text + len, part.p, part.len);
        len += part.len;
    }
    json_str(j, key, bytes_of(text, len));
}

static void put_message(struct json *j, const struct krb5_tx *t)
{
    bool is_reply = t->message == KRB5_AS_REP || t->message == KRB5_TGS_REP;
    json_strz(j, "msg_type", message_name(t->message));
    if (t->message == KRB5_ERROR) {
        json_strz(j, "failed_request", message_name(t->request));
        put_error(j, t->error);
    }
    put_name(j, "cname", &t->cname);
    json_str(j, "realm", t->realm.len ? app_text_bytes(&t->realm) : BYTES_LIT("<empty>"));
    put_name(j, "sname", &t->sname);
    if (is_reply)
        put_etype(j, "encryption", t->etype);
    else
        json_strz(j, "encryption", "<none>");
    json_bool(j, "weak_encryption", is_reply && krb5_is_weak(t->etype));
    if (is_reply) {
        put_etype(j, "ticket_encryption", t->ticket_etype);
        json_bool(j, "ticket_weak_encryption", krb5_is_weak(t->ticket_etype));
    }
}

void krb5_alert_json(const struct app_tx *tx, struct json *j)
{
    const struct krb5_tx *t = (const struct krb5_tx *)tx;
    if (!t->message)
        return;
    json_object(j, "krb5");
    put_message(j, t);
    json_object_end(j);
}

static void encode(const struct app_tx *tx, unsigned phase, struct json *j)
{
    (void)phase;
    krb5_alert_json(tx, j);
}

void krb5_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx)
{
    const struct krb5_tx *t = (const struct krb5_tx *)tx;
    struct app_record r = {.event_type = "krb5", .dir = (enum direction)t->dir, .encode = encode};
    app_record_once(tx, last, t->message, &r, emit, ctx);
}

#define KRB5_SHAPE                                                                                 \
    "{msg_type: string, failed_request?: string, error_code?: string, cname: string, "             \
    "realm: string, sname: string, encryption: string, weak_encryption: bool, "                    \
    "ticket_encryption?: string, ticket_weak_encryption?: bool}"
const struct app_shape krb5_shapes[] = {
    {"krb5", "krb5: " KRB5_SHAPE},
    {"alert", "krb5?: " KRB5_SHAPE},
    {0},
};

/* ---- for rules ---- */

static bool get_part(const struct app_text *name, unsigned index, struct bytes *out)
{
    struct cursor c = cursor_over(app_text_bytes(name));
    bool found = next_part(&c, out);
    while (found && index-- > 0)
        found = next_part(&c, out);
    return found;
}

static bool get_cname(struct app_tx *tx, enum direction dir, unsigned index, struct arena *scratch,
                      struct bytes *out)
{
    (void)dir;
    (void)scratch;
    return get_part(&((struct krb5_tx *)tx)->cname, index, out);
}

static bool get_sname(struct app_tx *tx, enum direction dir, unsigned index, struct arena *scratch,
                      struct bytes *out)
{
    (void)dir;
    (void)scratch;
    return get_part(&((struct krb5_tx *)tx)->sname, index, out);
}

static bool get_message(struct app_tx *tx, enum direction dir, unsigned index,
                        struct arena *scratch, struct bytes *out)
{
    const struct krb5_tx *t = (const struct krb5_tx *)tx;
    return index == 0 && t->dir == dir && t->message != 0 &&
           app_number_bytes(t->message, scratch, out);
}

static bool get_error(struct app_tx *tx, enum direction dir, unsigned index, struct arena *scratch,
                      struct bytes *out)
{
    const struct krb5_tx *t = (const struct krb5_tx *)tx;
    return index == 0 && t->dir == dir && t->message == KRB5_ERROR &&
           app_number_bytes((uint64_t)t->error, scratch, out);
}

static bool get_ticket(struct app_tx *tx, enum direction dir, unsigned index, struct arena *scratch,
                       struct bytes *out)
{
    const struct krb5_tx *t = (const struct krb5_tx *)tx;
    bool replies = t->message == KRB5_AS_REP || t->message == KRB5_TGS_REP;
    (void)dir;
    return index == 0 && replies && app_number_bytes((uint64_t)t->ticket_etype, scratch, out);
}

#define BOTH  (APP_BUFFER_TO_SERVER | APP_BUFFER_TO_CLIENT)
#define TC    APP_BUFFER_TO_CLIENT
#define DONE  ONEWAY_DONE
#define MULTI (APP_BUFFER_TO_CLIENT | APP_BUFFER_MULTI)
const struct app_buffer krb5_buffers[] = {
    APP_BUFFER(KRB5, "krb5.cname", "krb5_cname", "", MULTI, 0, ONEWAY_DONE, get_cname),
    APP_BUFFER(KRB5, "krb5.sname", "krb5_sname", "", MULTI, 0, ONEWAY_DONE, get_sname),
    APP_NUMBER(KRB5, "krb5_msg_type", "", BOTH, DONE, DONE, get_message, &app_u32),
    APP_NUMBER(KRB5, "krb5_err_code", "", BOTH, DONE, DONE, get_error, &app_u32),
    APP_NUMBER(KRB5, "krb5.ticket_encryption", "", TC, 0, DONE, get_ticket, &app_u32),
    {0},
};
