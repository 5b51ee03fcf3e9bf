/* quic_crypto.c - keys of Initial packets, which anyone can derive, and what they protect.
 *
 * Source: RFC 9001 5 and appendix A; RFC 9369 3.3; salts of drafts 23 to 34 and of Q050. */
#include <openssl/hmac.h>
#include "sensor/app/protocols/quic_state.h"

#define SECRET_LEN 32
#define TAG_LEN    16
#define SAMPLE_AT  4 /* behind the longest packet number */
#define SALT_LEN   20

static const uint8_t *salt_of(uint32_t version)
{
    static const uint8_t v1[SALT_LEN] = {0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34,
                                         0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8,
                                         0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a};
    static const uint8_t v2[SALT_LEN] = {0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6,
                                         0xdb, 0x81, 0x93, 0x81, 0xbe, 0x6e, 0x26,
                                         0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9};
    static const uint8_t draft29[SALT_LEN] = {0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2,
                                              0x4c, 0x9e, 0x97, 0x86, 0xf1, 0x9c, 0x61,
                                              0x11, 0xe0, 0x43, 0x90, 0xa8, 0x99};
    static const uint8_t draft23[SALT_LEN] = {0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb,
                                              0x5a, 0x11, 0xa7, 0xd2, 0x43, 0x2b, 0xb4,
                                              0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02};
    static const uint8_t q050[SALT_LEN] = {0x50, 0x45, 0x74, 0xef, 0xd0, 0x66, 0xfe,
                                           0x2f, 0x9d, 0x94, 0x5c, 0xfc, 0xdb, 0xd3,
                                           0xa7, 0xf0, 0xd3, 0xb5, 0x6b, 0x45};
    if (version == QUIC_V2)
        return v2;
    if (version == QUIC_V1 || version == 0xff000021 || version == 0xff000022)
        return v1;
    if (version >= 0xff00001d && version <= 0xff000020)
        return draft29;
    if ((version >= 0xff000017 && version <= 0xff00001c) || version == 0xfaceb002)
        return draft23;
    return version == 0x51303530 ? q050 : NULL;
}

static void hmac(const uint8_t *key, size_t key_len, struct bytes data, uint8_t out[SECRET_LEN])
{
    unsigned n = 0;
    bool ok = HMAC(EVP_sha256(), key, (int)key_len, data.p, data.len, out, &n) != NULL;
    ASSERT(ok && n == SECRET_LEN);
}

/* HKDF-Expand-Label of RFC 8446 7.1 with an empty context; one block of output is enough. */
static void expand_label(const uint8_t secret[SECRET_LEN], const char *label, uint8_t *out,
                         size_t out_len)
{
    uint8_t info[64], block[SECRET_LEN];
    int n = snprintf((char *)info + 3, sizeof info - 3, "tls13 %s", label);
    info[0] = 0;
    info[1] = (uint8_t)out_len;
    info[2] = (uint8_t)n;
    size_t len = 3 + (size_t)n;
    info[len++] = 0; /* no context */
    info[len++] = 1; /* the first block */
    hmac(secret, SECRET_LEN, bytes_of(info, len), block);
    memcpy(out, block, out_len);
}

static void derive_side(const uint8_t initial[SECRET_LEN], const char *label, bool v2,
                        struct quic_side_keys *out)
{
    uint8_t secret[SECRET_LEN];
    expand_label(initial, label, secret, sizeof secret);
    expand_label(secret, v2 ? "quicv2 key" : "quic key", out->key, sizeof out->key);
    expand_label(secret, v2 ? "quicv2 iv" : "quic iv", out->iv, sizeof out->iv);
    expand_label(secret, v2 ? "quicv2 hp" : "quic hp", out->header, sizeof out->header);
}

bool quic_is_sealed(uint32_t version)
{
    return salt_of(version) != NULL;
}

bool quic_derive_keys(uint32_t version, struct bytes dcid, struct quic_keys *out)
{
    static const uint8_t none;
    uint8_t initial[SECRET_LEN];
    const uint8_t *salt = salt_of(version);
    if (!salt)
        return false;
    hmac(salt, SALT_LEN, dcid.len ? dcid : bytes_of(&none, 0), initial);
    out->version = version;
    derive_side(initial, "client in", version == QUIC_V2, &out->side[TO_SERVER]);
    derive_side(initial, "server in", version == QUIC_V2, &out->side[TO_CLIENT]);
    return true;
}

/* The five bytes that hide the first byte and the packet number. */
static bool header_mask(struct quic_worker *w, const uint8_t key[16], const uint8_t sample[16],
                        uint8_t mask[16])
{
    int n = 0;
    return EVP_EncryptInit_ex2(w->cipher, w->ecb, key, NULL, NULL) &&
           EVP_CIPHER_CTX_set_padding(w->cipher, 0) &&
           EVP_EncryptUpdate(w->cipher, mask, &n, sample, 16) && n == 16;
}

static bool open_payload(struct quic_worker *w, const uint8_t key[16], const uint8_t nonce[12],
                         struct bytes head, struct bytes sealed)
{
    int n = 0, end = 0;
    uint8_t tag[TAG_LEN];
    size_t len = sealed.len - TAG_LEN;
    memcpy(tag, sealed.p + len, TAG_LEN);
    return EVP_DecryptInit_ex2(w->cipher, w->gcm, key, nonce, NULL) &&
           EVP_DecryptUpdate(w->cipher, NULL, &n, head.p, (int)head.len) &&
           EVP_DecryptUpdate(w->cipher, w->plain, &n, sealed.p, (int)len) &&
           EVP_CIPHER_CTX_ctrl(w->cipher, EVP_CTRL_AEAD_SET_TAG, TAG_LEN, tag) &&
           EVP_DecryptFinal_ex(w->cipher, w->plain + n, &end);
}

bool quic_open_packet(struct quic_worker *w, const struct quic_keys *keys, enum direction dir,
                      struct bytes packet, const struct quic_header *h, struct bytes *frames)
{
    const struct quic_side_keys *side = &keys->side[dir];
    uint8_t mask[16], nonce[12];
    if (h->payload_len < SAMPLE_AT + 16 || packet.len > QUIC_PACKET_MAX ||
        !header_mask(w, side->header, packet.p + h->head_len + SAMPLE_AT, mask))
        return false;
    memcpy(w->head, packet.p, h->head_len + SAMPLE_AT);
    w->head[0] ^= mask[0] & 0x0f;
    size_t number_len = (w->head[0] & 3) + 1u, head_len = h->head_len + number_len;
    memcpy(nonce, side->iv, sizeof nonce);
    for (size_t i = 0; i < number_len; i++) { /* Initials are few: the number is the whole number */
        w->head[h->head_len + i] ^= mask[1 + i];
        nonce[sizeof nonce - number_len + i] ^= w->head[h->head_len + i];
    }
    struct bytes sealed = bytes_slice(packet, head_len, SIZE_MAX);
    if (sealed.len < TAG_LEN ||
        !open_payload(w, side->key, nonce, bytes_of(w->head, head_len), sealed))
        return false;
    *frames = bytes_of(w->plain, sealed.len - TAG_LEN);
    return true;
}

struct quic_worker *quic_worker_new(struct app *a)
{
    struct quic_worker *w = app_alloc(a, sizeof *w);
    w->ecb = EVP_CIPHER_fetch(NULL, "AES-128-ECB", NULL);
    w->gcm = EVP_CIPHER_fetch(NULL, "AES-128-GCM", NULL);
    w->cipher = EVP_CIPHER_CTX_new();
    ASSERT(w->ecb && w->gcm && w->cipher);
    return w;
}

void quic_worker_free(struct app *a, struct quic_worker *w)
{
    EVP_CIPHER_free(w->ecb);
    EVP_CIPHER_free(w->gcm);
    EVP_CIPHER_CTX_free(w->cipher);
    app_dealloc(a, w, sizeof *w);
}
