/* analyzer/correlate/group.h - what one rule saw for one key, and whether that is enough.
 *
 * Event time is cut into slices, a 64th of the rule's timespan each. A cell is one value of one
 * stage at one organisation in one slice, for one detection, with its earliest and latest moment
 * and its count. So memory is bounded. What a group answers depends on its cells alone, and another
 * sighting only ever widens a cell: alerts may come late and in any order, and the answer is the
 * same. Counts over a window and the order of stages can be off by one slice at its edge. */
#ifndef CORRELATE_GROUP_H
#define CORRELATE_GROUP_H
#include "analyzer/correlate/rule.h"

#define GROUP_CELLS_MAX 1024
#define GROUP_ORGS_MAX  4096

struct cell {
    uint64_t slice, min_us, max_us, count;
    int64_t detection;
    uint32_t value; /* index in values: a text at an organisation */
    uint16_t org;   /* the engine's number of it */
    uint8_t stage, severity;
    bool dirty;    /* not in the store yet */
    bool attached; /* its detection is in the group's incident */
};

struct group_value {
    uint64_t hash;
    uint16_t org;
    char *text;
};

struct group {
    struct group *next;
    char *key;
    uint32_t rule;
    bool drill, dirty;
    uint64_t touched;    /* the engine's count of matches at the last one */
    uint64_t touched_us; /* and when that arrived */
    struct cell *cells;
    uint32_t cell_count, cell_cap;
    struct group_value *values;
    uint32_t value_count, value_cap, org_count;
    uint16_t stages_seen;       /* bit a stage */
    bool settled_dropped;       /* cells of closed incidents were looked for */
    bool news;                  /* a cell came or grew since the last review */
    int64_t incident;           /* 0: none raised */
    uint64_t first_us, last_us; /* what belongs to it; UINT64_MAX and 0: nothing does */
    uint32_t told;              /* lines written to its timeline */
};

/* Working memory of the counting, one for an engine. */
struct group_scratch;
struct group_scratch *group_scratch_new(void);
void group_scratch_free(struct group_scratch *s);

void group_free(struct group *g);
/* No incident, and nothing that belongs to one. */
void group_detach(struct group *g);
/* Number of text at org, added when new. */
uint32_t group_value(struct group *g, uint16_t org, const char *text);

enum note { NOTE_SAME, NOTE_WIDER, NOTE_NEW };
/* Counts one sighting in: c's key members and moment (min_us == max_us). At most GROUP_CELLS_MAX
 * cells are kept: the oldest gives way and is copied to *dropped (dropped->count 0: none). */
enum note group_note(struct group *g, const struct cell *c, struct cell *dropped,
                     struct group_scratch *s);

/* Widens first_us and last_us over every window that satisfies the rule (a timespan long, ending
 * with a cell) and every cell within a timespan of what is in already. False: nothing is in. */
bool group_gather(struct group *g, const struct rule *r, struct group_scratch *s);
/* Is the cell part of what was gathered? */
bool group_holds(const struct group *g, const struct cell *c);

#endif
