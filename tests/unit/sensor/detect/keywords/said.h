/* said.h - rules about a conversation: how often does a rule of these options fire on it? */
#ifndef TEST_DETECT_SAID_H
#define TEST_DETECT_SAID_H
#include "../rig.h"

struct line {
    enum direction dir;
    struct bytes data;
};
#define LINE(dir, literal)                                                                         \
    {                                                                                              \
        (dir),                                                                                     \
        {                                                                                          \
            (const uint8_t *)(literal), sizeof(literal) - 1                                        \
        }                                                                                          \
    }
#define LINES(l) (sizeof(l) / sizeof *(l))

struct said {
    bool udp;
    uint16_t port; /* the server's */
    const struct line *lines;
    size_t count;
};

/* The flow is ended behind the last line. */
static inline size_t said_fires_rule(const struct said *s, const char *rule)
{
    struct rig *r = rig_open(rule);
    r->server_port = s->port;
    if (!s->udp)
        rig_connect(r);
    for (size_t i = 0; i < s->count; i++)
        if (s->udp)
            rig_udp(r, s->lines[i].dir, s->lines[i].data);
        else
            rig_say_bytes(r, s->lines[i].dir, s->lines[i].data);
    rig_end(r);
    size_t fired = rig_fired(r, 1);
    rig_close(r);
    return fired;
}

/* options: "dcerpc.opnum:15; flow:to_server;" */
static inline size_t said_fires(const struct said *s, const char *options)
{
    char rule[4096];
    snprintf(rule, sizeof rule, "alert %s any any -> any any (%s sid:1;)", s->udp ? "udp" : "tcp",
             options);
    return said_fires_rule(s, rule);
}

#define assert_fires(s, options) assert_true(said_fires((s), (options)) > 0)
#define assert_quiet(s, options) assert_int_equal(said_fires((s), (options)), 0)
/* Refused, with this in what is said about it. */
#define assert_refused(options, why)                                                               \
    do {                                                                                           \
        const char *complaint = rig_option_complaint(options);                                     \
        if (!strstr(complaint, (why)))                                                             \
            fail_msg("no '%s' in '%s'", (why), complaint);                                         \
    } while (0)

#endif
