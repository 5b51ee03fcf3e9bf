/* analyzer/store/password.h - passwords and session tokens; libsodium does the work.
 *
 * Source: RFC 9106 (Argon2id); parameters are libsodium's INTERACTIVE ones, 64 MB and two passes.
 */
#ifndef STORE_PASSWORD_H
#define STORE_PASSWORD_H
#include "common/bytes.h"
#include "common/err.h"

#define PASSWORD_HASH_MAX 128 /* crypto_pwhash_STRBYTES */
enum { PASSWORD_MIN = 10, PASSWORD_MAX = 256 };

/* 0, or -1: too short, too long, no memory. Takes about 0.1 s and 64 MB, as do all of them. */
int password_hash(struct bytes password, char out[PASSWORD_HASH_MAX], struct err *err);
/* hash NULL (no such user): takes as long as with one and is false. Slow worker only. */
bool password_is(const char *hash, struct bytes password);

/* A password to print once: 20 characters without look-alikes, 100 bits and more. */
#define PASSWORD_MADE_MAX 24 /* 20, three hyphens, NUL */
void password_make(char out[PASSWORD_MADE_MAX]);

/* A session's secret: 256 random bits, as 64 hexadecimal digits. The store keeps only its hash, so
 * a copy of the database opens no session. */
#define TOKEN_TEXT_MAX   65
#define TOKEN_HASH_BYTES 32
void token_make(char out[TOKEN_TEXT_MAX]);
void token_hash(const char *token, uint8_t out[TOKEN_HASH_BYTES]);

#endif
