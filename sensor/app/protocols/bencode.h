/* bencode.h - reads bencoded values, one at a time and without recursion. Source: BEP 3. */
#ifndef APP_BENCODE_H
#define APP_BENCODE_H
#include "common/cursor.h"

enum bencode_kind { BENCODE_TEXT, BENCODE_NUMBER, BENCODE_LIST, BENCODE_DICTIONARY };

struct bencode {
    enum bencode_kind kind;
    struct bytes body; /* the text, or the values inside of a list or dictionary */
    int64_t number;
};

/* The next value; false when there is none, or one that is damaged or more than `depth` lists or
 * dictionaries deep. */
bool bencode_next(struct cursor *c, unsigned depth, struct bencode *out);

/* The next entry of a dictionary's body; false at the end, and with c->failed when damaged. */
bool bencode_pair(struct cursor *c, unsigned depth, struct bytes *key, struct bencode *value);

#endif
