/* sensor/detect/nearest.c - see nearest.h. */
#include "sensor/detect/nearest.h"
#include "sensor/detect/keyword.h"
#include "sensor/detect/ruleset.h"
#include "sensor/detect/words.h"

#define WORD_MAX 48 /* longer ones are no slip of the finger */

static size_t least(size_t a, size_t b, size_t c)
{
    size_t m = a < b ? a : b;
    return m < c ? m : c;
}

/* Letters to insert, drop, change or swap with their neighbour (Damerau 1964, each place once). */
static size_t distance(struct bytes a, struct bytes b)
{
    size_t rows[3][WORD_MAX + 1];
    size_t *before = rows[0], *last = rows[1], *now = rows[2];
    for (size_t j = 0; j <= b.len; j++)
        last[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        now[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            bool same = byte_lower(a.p[i - 1]) == byte_lower(b.p[j - 1]);
            now[j] = least(last[j] + 1, now[j - 1] + 1, last[j - 1] + !same);
            if (i > 1 && j > 1 && byte_lower(a.p[i - 1]) == byte_lower(b.p[j - 2]) &&
                byte_lower(a.p[i - 2]) == byte_lower(b.p[j - 1]))
                now[j] = least(now[j], before[j - 2] + 1, SIZE_MAX);
        }
        size_t *spare = before;
        before = last;
        last = now;
        now = spare;
    }
    return last[b.len];
}

/* One letter in three may be wrong; of a word of two or less none. */
struct nearest nearest_to(struct bytes word)
{
    return (struct nearest){.word = word, .distance = word.len / 3 + 1};
}

void nearest_offer(struct nearest *n, const char *candidate)
{
    struct bytes c = bytes_str(candidate);
    if (n->word.len == 0 || n->word.len > WORD_MAX || c.len > WORD_MAX)
        return;
    size_t d = distance(n->word, c);
    if (d < n->distance) {
        n->distance = d;
        n->best = candidate;
    }
}

static void offer_buffers(struct nearest *n)
{
    for (int p = APP_UNKNOWN + 1; p < APP_FAILED; p++) {
        size_t count;
        const struct app_buffer *rows = app_buffers((enum app_proto)p, &count);
        for (size_t i = 0; i < count; i++) {
            nearest_offer(n, rows[i].name);
            if (rows[i].legacy)
                nearest_offer(n, rows[i].legacy);
        }
    }
}

const char *nearest_keyword(struct bytes word)
{
    struct nearest n = nearest_to(word);
    for (size_t i = 0; keyword_at(i); i++)
        nearest_offer(&n, keyword_at(i)->name);
    offer_buffers(&n);
    return n.best;
}
