/* rdp_tls.c - TLS inside an RDP connection: the serial numbers of the server's certificates.
 *
 * Suricata keeps calling such a connection RDP and shows no more of its TLS than this, so neither
 * does the RDP parser hand over to the TLS one. Source: RFC 5246 sections 6.2 and 7.4. */
#include <openssl/x509.h>
#include "sensor/app/protocols/rdp_state.h"

#define CHANGE_CIPHER_SPEC 20
#define HANDSHAKE          22
#define APPLICATION_DATA   23
#define CERTIFICATE        11
#define HANDSHAKE_CAP      (64u << 10)
#define CERTIFICATES_MAX   16u
#define SERIAL_MAX         40u /* bytes; RFC 5280 allows 20 */

/* Walks over whole messages; those before a Certificate are dropped. */
static enum rdp_tls find_chain(struct app_text *handshake, struct bytes *chain)
{
    struct cursor c = cursor_over(app_text_bytes(handshake));
    size_t taken = 0;
    while (cursor_left(&c) >= 4) {
        uint8_t type = cursor_u8(&c);
        uint32_t length = cursor_u24(&c);
        if (length > HANDSHAKE_CAP - 4)
            return RDP_TLS_BROKEN;
        struct bytes body = cursor_take(&c, length);
        if (!cursor_ok(&c))
            break;
        if (type == CERTIFICATE) {
            *chain = body;
            return RDP_TLS_CHAIN;
        }
        taken += 4 + length;
    }
    if (taken > 0) {
        memmove(handshake->p, handshake->p + taken, handshake->len - taken);
        handshake->len -= (uint32_t)taken;
    }
    return RDP_TLS_GOES_ON;
}

enum rdp_tls rdp_tls_take(struct app *a, struct app_text *handshake, struct bytes record,
                          struct bytes *chain)
{
    uint8_t type = record.len > 0 ? record.p[0] : 0;
    if (type == CHANGE_CIPHER_SPEC || type == APPLICATION_DATA)
        return RDP_TLS_HIDDEN; /* resumed, or TLS 1.3 */
    if (type != HANDSHAKE)
        return RDP_TLS_GOES_ON;
    app_text_add(a, handshake, bytes_slice(record, 5, SIZE_MAX), HANDSHAKE_CAP);
    enum rdp_tls found = find_chain(handshake, chain);
    return found == RDP_TLS_GOES_ON && handshake->cut ? RDP_TLS_BROKEN : found;
}

/* In hex without leading zeros. */
static void add_serial(struct app *a, const X509 *x, struct app_text *out)
{
    static const char digits[] = "0123456789abcdef";
    char text[2 * SERIAL_MAX + 1];
    const ASN1_INTEGER *serial = X509_get0_serialNumber(x);
    struct bytes b = bytes_of(ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial));
    size_t len = 0;
    for (size_t i = 0; i < b.len && i < SERIAL_MAX; i++) {
        if (len > 0 || b.p[i] >> 4)
            text[len++] = digits[b.p[i] >> 4];
        if (len > 0 || b.p[i] & 0xf)
            text[len++] = digits[b.p[i] & 0xf];
    }
    if (len == 0)
        text[len++] = '0';
    text[len++] = 0;
    app_text_add(a, out, bytes_of(text, len), CERTIFICATES_MAX * sizeof text);
}

void rdp_tls_read_serials(struct app *a, struct bytes chain, struct app_text *serials)
{
    struct cursor c = cursor_over(chain);
    struct cursor list = cursor_over(cursor_take(&c, cursor_u24(&c)));
    for (unsigned i = 0; i < CERTIFICATES_MAX && cursor_left(&list) > 0; i++) {
        struct bytes der = cursor_take(&list, cursor_u24(&list));
        const unsigned char *p = der.p;
        X509 *x = der.len > 0 ? d2i_X509(NULL, &p, (long)der.len) : NULL;
        if (x)
            add_serial(a, x, serials);
        X509_free(x);
    }
}
