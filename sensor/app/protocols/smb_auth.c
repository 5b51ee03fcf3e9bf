/* smb_auth.c - who logs in: NTLMSSP and Kerberos inside the security blob of a session setup.
 *
 * Both are found where they begin in the blob, whatever SPNEGO (RFC 4178) wraps around them.
 * Source: [MS-NLMP] 2.2.1.3, RFC 4120 sections 5.3 and 5.5.1. */
#include "sensor/app/protocols/smb_state.h"

#define NTLM_AUTHENTICATE 3
#define NTLM_HAS_VERSION  0x02000000u
#define SNAMES_MAX        16

/* ---- NTLMSSP ---- */

struct ntlm_field {
    struct bytes value;
    uint32_t at;
    bool ok;
};

static struct ntlm_field take_field(struct cursor *c, struct bytes message)
{
    size_t len = cursor_le16(c);
    cursor_skip(c, 2);
    struct ntlm_field f = {.at = cursor_le32(c)};
    f.value = bytes_slice(message, f.at, len);
    f.ok = cursor_ok(c) && f.value.len == len;
    return f;
}

static void read_version(struct smb_tx *t, struct cursor *c)
{
    struct smb_ntlm_version *v = &t->u.setup.version;
    v->major = cursor_u8(c);
    v->minor = cursor_u8(c);
    v->build = cursor_le16(c);
    cursor_skip(c, 3);
    v->revision = cursor_u8(c);
    t->u.setup.has_version = cursor_ok(c);
}

static void set_field(struct smb_tx *t, enum smb_text which, const struct ntlm_field *f,
                      bool unicode)
{
    if (unicode)
        smb_set_utf16(t, which, f->value);
    else
        smb_set_text(t, which, f->value);
}

static bool follows(const struct ntlm_field *f, const struct ntlm_field *before)
{
    return f->at == 0 || f->at >= before->at + before->value.len;
}

static void read_ntlm(struct smb_tx *t, struct bytes message)
{
    struct cursor c = cursor_over(message);
    cursor_skip(&c, 8);
    if (cursor_le32(&c) != NTLM_AUTHENTICATE)
        return;
    cursor_skip(&c, 16); /* the two responses to the challenge */
    struct ntlm_field domain = take_field(&c, message), user = take_field(&c, message),
                      host = take_field(&c, message);
    cursor_skip(&c, 8);
    uint32_t flags = cursor_le32(&c);
    if (!cursor_ok(&c) || !domain.ok || !user.ok || !host.ok) {
        app_tx_event(&t->tx, SMB_MALFORMED_NTLMSSP_REQUEST);
        return;
    }
    t->u.setup.has_ntlmssp = true;
    set_field(t, SMB_DOMAIN, &domain, flags & 1);
    set_field(t, SMB_USER, &user, flags & 1);
    set_field(t, SMB_HOST, &host, flags & 1);
    if (flags & NTLM_HAS_VERSION)
        read_version(t, &c);
    if (!follows(&user, &domain) || !follows(&host, &user))
        app_tx_event(&t->tx, SMB_UNUSUAL_NTLMSSP_ORDER);
}

/* ---- Kerberos ---- */

/* The value of the next element, when it has this tag (DER, X.690). */
static bool take_tag(struct cursor *c, uint8_t tag, struct bytes *value)
{
    bool right = cursor_u8(c) == tag;
    size_t len = cursor_u8(c);
    if (len & 0x80) {
        unsigned count = len & 0x7f;
        if (count == 0 || count > 3)
            return false;
        for (len = 0; count > 0; count--)
            len = len << 8 | cursor_u8(c);
    }
    *value = cursor_take(c, len);
    return right && cursor_ok(c);
}

/* Steps into the next element. */
static bool enter(struct cursor *c, uint8_t tag)
{
    struct bytes inside;
    if (!take_tag(c, tag, &inside))
        return false;
    *c = cursor_over(inside);
    return true;
}

static void read_names(struct smb_tx *t, struct cursor names)
{
    static const uint8_t nul = 0;
    struct bytes name;
    for (unsigned i = 0; i < SNAMES_MAX && cursor_left(&names) && take_tag(&names, 0x1b, &name);
         i++) {
        app_text_add(t->state->app, &t->text[SMB_SNAMES], name, SMB_TEXT_MAX);
        app_text_add(t->state->app, &t->text[SMB_SNAMES], bytes_of(&nul, 1), SMB_TEXT_MAX);
    }
}

static void read_ticket(struct smb_tx *t, struct cursor c)
{
    struct bytes skipped, realm;
    struct cursor name;
    if (!enter(&c, 0x6e) || !enter(&c, 0x30) || !take_tag(&c, 0xa0, &skipped) ||
        !take_tag(&c, 0xa1, &skipped) || !take_tag(&c, 0xa2, &skipped) || !enter(&c, 0xa3) ||
        !enter(&c, 0x61) || !enter(&c, 0x30) || !take_tag(&c, 0xa0, &skipped))
        return;
    name = c;
    if (!enter(&name, 0xa1) || !take_tag(&name, 0x1b, &realm) || !take_tag(&c, 0xa1, &skipped))
        return;
    if (!enter(&c, 0xa2) || !enter(&c, 0x30) || !take_tag(&c, 0xa0, &skipped) || !enter(&c, 0xa1) ||
        !enter(&c, 0x30))
        return;
    t->u.setup.has_ticket = true;
    smb_set_text(t, SMB_REALM, realm);
    read_names(t, c);
}

void smb_read_auth(struct smb_tx *t, struct bytes blob)
{
    /* the mechanism (1.2.840.113554.1.2.2) and "AP-REQ follows", RFC 1964 section 1.1 */
    static const uint8_t kerberos[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7,
                                       0x12, 0x01, 0x02, 0x02, 0x01, 0x00};
    ptrdiff_t at = bytes_find(blob, bytes_of(kerberos, sizeof kerberos));
    if (at >= 0)
        read_ticket(t, cursor_over(bytes_slice(blob, (size_t)at + sizeof kerberos, SIZE_MAX)));
    at = bytes_find(blob, bytes_of("NTLMSSP", 8));
    if (at >= 0 && !t->u.setup.has_ticket)
        read_ntlm(t, bytes_slice(blob, (size_t)at, SIZE_MAX));
}
