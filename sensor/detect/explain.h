/* sensor/detect/explain.h - why a rule matched: what each of its items found, and where.
 *
 * Kept only when asked for (detect_explain). A walk notes each item that matched; what a walk that
 * failed noted is taken back. Bytes are copied and bounded, so that notes outlive what they are
 * about: those of a rule that waits for the rest of its transaction stay with the transaction, as
 * long as the worker's budget for them lasts. */
#ifndef DETECT_EXPLAIN_H
#define DETECT_EXPLAIN_H
#include "sensor/detect/signature.h"

#define EXPLAIN_NOTES_MAX 64 /* of one rule; the explanation says when there were more */
#define EXPLAIN_BYTES_MAX 64 /* of one match */
/* Of a worker, for rules that wait. What goes beyond is not kept: counted, and the explanation says
 * that there was more. */
#define EXPLAIN_KEPT_MAX (16u << 20)

struct detect;
struct explain_note {
    const struct item *item;
    const struct buffer *buffer;
    bool found, in_stream;  /* found: there is a place */
    unsigned instance;      /* of a buffer with several */
    size_t offset, length;  /* of the match in the buffer */
    size_t size;            /* of the buffer */
    uint64_t stream_offset; /* in_stream: of the match in the stream */
    uint64_t number;        /* of a buffer that is one */
    uint8_t bytes[EXPLAIN_BYTES_MAX];
};
struct explain {
    uint32_t count;
    bool truncated; /* there were more */
    bool forgotten; /* earlier ones, of the same transaction, were not kept */
    struct explain_note
        notes[]; /* EXPLAIN_NOTES_MAX while they are collected, else what it takes */
};

struct explain *explain_new(void);
void explain_clear(struct explain *e); /* for another rule */
/* An item of w matched; w->found says where. */
void explain_note(struct walk *w, const struct item *item);
/* The walk that began when there were so many notes failed. */
void explain_take_back(struct explain *e, uint32_t count);
/* Notes of a rule whose transaction is not over: put away into *kept, in the place of those that
 * are there (NULL: none), and brought back. Nothing when explanations are off. */
void explain_keep(struct detect *d, struct explain **kept);
void explain_recall(struct detect *d, const struct explain *kept);
void explain_release(struct detect *d, struct explain *kept); /* NULL is fine */
/* A copy that lasts as long as the packet; NULL when explanations are off. */
const struct explain *explain_of_match(struct detect *d);

#endif
