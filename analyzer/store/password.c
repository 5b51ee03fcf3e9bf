/* analyzer/store/password.c - see password.h. */
#include "analyzer/store/password.h"
#include "common/text.h"
#include <sodium.h>

/* Nobody's password: hashing against it keeps the answer for an unknown user as slow as any. It has
 * our parameters and a salt and a tag of zeroes, so no password fits. */
static const char nobody[] = "$argon2id$v=19$m=65536,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$"
                             "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

int password_hash(struct bytes password, char out[PASSWORD_HASH_MAX], struct err *err)
{
    _Static_assert(PASSWORD_HASH_MAX == crypto_pwhash_STRBYTES, "as libsodium writes it");
    if (password.len < PASSWORD_MIN || password.len > PASSWORD_MAX)
        return err_set(err, "a password has %d to %d bytes", PASSWORD_MIN, PASSWORD_MAX);
    if (crypto_pwhash_str(out, (const char *)password.p, password.len,
                          crypto_pwhash_OPSLIMIT_INTERACTIVE,
                          crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0)
        return err_set(err, "no memory to hash a password (64 MB are needed)");
    return 0;
}

bool password_is(const char *hash, struct bytes password)
{
    bool fits =
        crypto_pwhash_str_verify(hash ? hash : nobody, (const char *)password.p, password.len) == 0;
    return fits && hash;
}

void password_make(char out[PASSWORD_MADE_MAX])
{
    static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    size_t n = 0;
    for (size_t i = 0; i < 20; i++) {
        if (i && i % 5 == 0)
            out[n++] = '-';
        out[n++] = letters[randombytes_uniform(sizeof letters - 1)];
    }
    out[n] = '\0';
}

void token_make(char out[TOKEN_TEXT_MAX])
{
    uint8_t secret[32];
    randombytes_buf(secret, sizeof secret);
    text_hex(bytes_of(secret, sizeof secret), out);
    sodium_memzero(secret, sizeof secret);
}

void token_hash(const char *token, uint8_t out[TOKEN_HASH_BYTES])
{
    crypto_generichash(out, TOKEN_HASH_BYTES, (const uint8_t *)token, strlen(token), NULL, 0);
}
