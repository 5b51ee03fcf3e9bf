/* quic_seal.h - makes Initial packets, for the QUIC tests and the fuzz target: the reverse of what
 * quic_crypto.c does, with the same keys. */
#ifndef TEST_QUIC_SEAL_H
#define TEST_QUIC_SEAL_H
#include "sensor/app/protocols/quic_state.h"

#define SEAL_MAX 4096
#define SEAL_ID  "\x83\x94\xc8\xf0\x3e\x51\x57\x08"

/* Seals plain into out[8], nonce and head being known. */
static inline void seal_payload(const struct quic_side_keys *k, struct bytes head,
                                const uint8_t nonce[12], struct bytes plain, uint8_t *out)
{
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    int n = 0;
    EVP_EncryptInit_ex(c, EVP_aes_128_gcm(), NULL, k->key, nonce);
    EVP_EncryptUpdate(c, NULL, &n, head.p, (int)head.len);
    EVP_EncryptUpdate(c, out, &n, plain.p, (int)plain.len);
    EVP_EncryptFinal_ex(c, out + plain.len, &n);
    EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, 16, out + plain.len);
    EVP_CIPHER_CTX_free(c);
}

static inline void seal_mask(const struct quic_side_keys *k, const uint8_t *sample,
                             uint8_t mask[16])
{
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    int n = 0;
    EVP_EncryptInit_ex(c, EVP_aes_128_ecb(), NULL, k->header, NULL);
    EVP_EncryptUpdate(c, mask, &n, sample, 16);
    EVP_CIPHER_CTX_free(c);
}

/* An Initial of version with the given frames (padded to 32 bytes at least), packet number `number`
 * in one byte, sent in direction dir to destination id. Returns its length. */
static inline size_t seal_initial(uint32_t version, enum direction dir, const char *id,
                                  uint8_t number, struct bytes frames, uint8_t out[SEAL_MAX])
{
    struct quic_keys keys;
    struct bytes dcid = dir == TO_SERVER ? bytes_of(id, 8) : (struct bytes){0};
    uint8_t plain[SEAL_MAX] = {0}, nonce[12], mask[16];
    size_t len = frames.len < 32 ? 32 : frames.len, at = 0;
    if (len > SEAL_MAX - 64 || !quic_derive_keys(version, bytes_of(id, 8), &keys))
        return 0;
    if (frames.len > 0)
        memcpy(plain, frames.p, frames.len);
    out[at++] = version == QUIC_V2 ? 0xd0 : 0xc0;
    for (int shift = 24; shift >= 0; shift -= 8)
        out[at++] = (uint8_t)(version >> shift);
    out[at++] = (uint8_t)dcid.len;
    if (dcid.len > 0)
        memcpy(out + at, dcid.p, dcid.len);
    at += dcid.len;
    out[at++] = 0; /* no source id */
    out[at++] = 0; /* no token */
    out[at++] = (uint8_t)(0x40 | (len + 17) >> 8);
    out[at++] = (uint8_t)(len + 17);
    out[at] = number;
    memcpy(nonce, keys.side[dir].iv, 12);
    nonce[11] ^= number;
    seal_payload(&keys.side[dir], bytes_of(out, at + 1), nonce, bytes_of(plain, len), out + at + 1);
    seal_mask(&keys.side[dir], out + at + 4, mask);
    out[0] ^= mask[0] & 0x0f;
    out[at] ^= mask[1];
    return at + 1 + len + 16;
}

#endif
