/* sensor/detect/build.h - a signature while its options are read one after the other. */
#ifndef DETECT_BUILD_H
#define DETECT_BUILD_H
#include "sensor/detect/content.h"
#include "sensor/detect/rule.h"
#include "sensor/detect/signature.h"

#define BUILD_CONDITIONS_MAX 64
#define BUILD_LATE_MAX       8
#define BUILD_ACTIONS_MAX    32
#define BUILD_METADATA_MAX   128

struct build_list {
    const struct buffer *buffer;
    struct item *first, *last;
};
struct build {
    struct ruleset *ruleset;
    struct arena *arena; /* the rule set's: what stays */
    const struct rule *rule;
    struct bytes at; /* of the rule's text: what is being read */
    struct signature *sig;
    uint32_t written; /* of the option that is read: where it begins in the rule */
    struct build_list lists[INSPECTIONS_MAX];
    size_t list_count;
    struct build_list *sticky; /* NULL: payload */
    struct content *content;   /* the last one, for its modifiers */
    struct item *content_item;
    struct build_list *content_list;
    struct build_list *last_list; /* where the last item went */
    struct condition conditions[BUILD_CONDITIONS_MAX];
    size_t condition_count;
    struct condition late[BUILD_LATE_MAX];
    size_t late_count;
    struct action actions[BUILD_ACTIONS_MAX];
    size_t action_count;
    struct bytes byte_vars[BYTE_VARS_MAX];
    size_t byte_var_count;
    struct bytes metadata[BUILD_METADATA_MAX]; /* "key value" as written */
    size_t metadata_count;
    struct bytes references[32]; /* "type,value" as written */
    size_t reference_count;
    struct base64_decode *base64;                /* where base64_data will be inspected */
    bool only_stream, no_stream, packet_payload; /* flow:only_stream, no_stream; KEYWORD_PACKET */
    bool flow_settled;                           /* flow: with more than a direction */
    uint8_t ip_protos;    /* the kinds of comparison ip_proto: was given with, a bit each */
    bool packet_too;      /* stream_size: the payload of each packet as well as the stream */
    bool never_packet;    /* flow:only_stream; the protocol tcp-stream falls back on packets */
    bool ip_only_spoiled; /* a condition beyond addresses */
    bool event_condition, other_condition; /* decode-event; anything else */
    bool frames;                           /* frame: stands in it */
    bool bypass;                           /* the keyword stands in it */
    bool proto_condition;                  /* app-layer-protocol */
    bool flow_state;                       /* flow: something other than a direction */
};

void *build_alloc(struct build *b, size_t n);
/* Copies text into the rule set, NUL-terminated. */
const char *build_text(struct build *b, struct bytes text);
int build_condition(struct build *b, condition_fn *match, const void *arg, struct err *err);
/* One that looks beyond the flow (shared.h): asked last, when all else of the rule holds. */
int build_late_condition(struct build *b, condition_fn *match, const void *arg, struct err *err);
/* From now on the rule is about packets of that version of IP alone; false when that leaves none.
 */
bool build_ip_version(struct build *b, unsigned version);
int build_action(struct build *b, action_fn *run, const void *arg, struct err *err);
/* Appends to the sticky buffer's list, or the payload's. NULL and err when there are too many. */
struct item *build_item(struct build *b, const struct item_kind *kind, const void *arg,
                        bool relative, struct err *err);
/* Appends to the list of the buffer of that name ("http.uri"), whatever is sticky. */
struct item *build_item_on(struct build *b, const char *buffer, const struct item_kind *kind,
                           const void *arg, bool relative, struct err *err);
/* Makes the buffer of that name sticky; name NULL: back to the payload. */
int build_sticky(struct build *b, const char *name, struct err *err);
/* Moves the last content to the buffer whose legacy modifier this is. */
int build_move_content(struct build *b, const char *buffer, struct err *err);
int build_transform(struct build *b, const struct transform_kind *kind, const void *arg,
                    struct bytes written, struct err *err);
/* The rule is about this protocol. -1 when it is about another one already. */
int build_require_proto(struct build *b, enum app_proto proto, struct err *err);
/* Index of a byte variable; create adds it. -1 and err. */
int build_byte_var(struct build *b, struct bytes name, bool create, struct err *err);

/* AST to signature, in the rule set's arena. NULL and err; rule->at tells where. */
struct signature *build_signature(struct ruleset *rs, struct rule *rule, struct err *err);
/* Its steps: header words; lists, directions and kind of rule; texts for records. 0 or -1. */
int build_header(struct build *b, struct err *err);
/* Refuses what cannot come true, and settles the case of digits; before the lists are placed. */
int build_check(struct build *b, struct err *err);
int build_finish(struct build *b, struct err *err);
void build_public(struct build *b);

#endif
