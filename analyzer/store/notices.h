/* analyzer/store/notices.h - what organisations are told, and whether it reached them: the outbox.
 */
#ifndef STORE_NOTICES_H
#define STORE_NOTICES_H
#include "analyzer/store/store.h"

struct notice_row {
    int64_t id, incident;
    const char *org;       /* the organisation it is about */
    const char *recipient; /* organisation or centre it goes to */
    const char *lane;      /* "working" or "management" */
    const char *role;      /* "organisation", "competent_ministry" or "centre" */
    const char *language;  /* "ja" or "en" */
    const char *name, *address;
    const char *subject, *body; /* UTF-8 */
    const char *state;          /* "queued", "sent", "failed" (given up), "acknowledged" */
    uint32_t attempts;
    const char *last_error;
    bool drill;
    uint64_t created_us, next_try_us, sent_us, acknowledged_us;
    const char *acknowledged_by;
};

/* Queues one notice. A notice for the same incident, org, recipient, lane and address is there once
 * and for all: 1 when queued (n->id is set), 0 when it was there, -1 and err. */
int store_notice_put(struct store *s, struct notice_row *n, struct err *err);

struct notice_filter {
    struct store_scope scope; /* whose recipient is one of these */
    const char *state;        /* NULL or empty: any */
    const char *org;
    int64_t incident, before_id;
    enum store_drill drill;
    size_t limit; /* 0 means 100; at most 1000 */
};
typedef void store_notice_fn(void *ctx, const struct notice_row *n);
int store_notices(struct store *s, const struct notice_filter *f, store_notice_fn *fn, void *ctx,
                  struct err *err);
int store_notice(struct store *s, const struct store_scope *scope, int64_t id, store_notice_fn *fn,
                 void *ctx, struct err *err);

/* The oldest queued notice whose next_try_us has come; 1 found, 0 none, -1 and err. */
int store_notice_due(struct store *s, uint64_t now_us, store_notice_fn *fn, void *ctx,
                     struct err *err);
/* When the next queued notice falls due; 0: none is queued. */
uint64_t store_notice_next_us(struct store *s);
int store_notice_sent(struct store *s, int64_t id, uint64_t now_us, struct err *err);
/* One attempt failed: again at next_try_us, or given up when that is 0. */
int store_notice_failed(struct store *s, int64_t id, const char *why, uint64_t next_try_us,
                        struct err *err);
/* 1 when acknowledged now, 0 when there is no such sent notice in scope (or it was already). */
int store_notice_acknowledge(struct store *s, const struct store_scope *scope, int64_t id,
                             const char *by, uint64_t now_us, struct err *err);

/* How many are in each state. */
struct notice_counts {
    uint64_t queued, sent, failed, acknowledged;
};
int store_notice_counts(struct store *s, const struct store_scope *scope, enum store_drill drill,
                        struct notice_counts *out, struct err *err);

/* With body false the text is left out (lists). */
void notice_row_json(struct json *j, const struct notice_row *n, bool body);

#endif
