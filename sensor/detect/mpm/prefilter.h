/* mpm/prefilter.h - the matchers of a rule set: one for each buffer and direction. */
#ifndef DETECT_MPM_PREFILTER_H
#define DETECT_MPM_PREFILTER_H
#include "sensor/detect/mpm/matcher.h"
#include "sensor/detect/ruleset.h"

enum payload_kind {
    PAYLOAD_TCP_STREAM,
    PAYLOAD_TCP_PACKET,
    PAYLOAD_UDP,
    PAYLOAD_OTHER,
    PAYLOAD_KINDS
};
/* A buffer of a protocol's transactions in one direction. */
struct tx_matcher {
    const struct buffer *buffer;
    const struct app_buffer *row;
    const struct matcher *matcher;
};
/* A transaction rule without a fast pattern. */
struct tx_rule {
    const struct signature *signature;
    uint8_t progress; /* from which all its buffers can be looked at */
    bool again;       /* a body or an event: looked at whenever something moved */
    bool files;       /* looked at when a file did */
};
struct prefilter {
    struct matcher *payload[PAYLOAD_KINDS][2];
    struct matcher **app[2]; /* by buffer id; NULL: no rule */
    struct matcher *answer;  /* of all buffers that are the body of an answer; NULL: one at most */
    size_t app_count;
    unsigned matcher_count; /* of all three; they are numbered */
    struct tx_matcher *tx[APP_PROTO_COUNT][2];
    size_t tx_count[APP_PROTO_COUNT][2];
    const struct buffer **frame_buffers; /* that have a matcher, maybe */
    size_t frame_buffer_count;
    const struct signature **frame_rules; /* about frames, without a fast pattern */
    size_t frame_rule_count;
    const struct app_buffer *body[APP_PROTO_COUNT][2];  /* the one that grows, if any */
    const struct app_buffer *files[APP_PROTO_COUNT][2]; /* ... of those with several instances */
    struct tx_rule *plain[APP_PROTO_COUNT][2];
    size_t plain_count[APP_PROTO_COUNT][2];
};
/* For the signatures of rs, which are in their final order. */
struct prefilter *prefilter_new(const struct ruleset *rs);
void prefilter_free(struct prefilter *p);
/* Makes room in s for what any of its matchers finds. */
void prefilter_grow_seen(const struct prefilter *p, struct literals_seen *s);

#endif
