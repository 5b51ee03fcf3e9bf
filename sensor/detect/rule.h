/* sensor/detect/rule.h - the text of rules, taken apart: every option kept, none understood.
 *
 *   alert http $HOME_NET any -> any any (msg:"..."; http.uri; content:"/x"; sid:1; rev:1;)
 *
 * Source: the Suricata user guide, "Rules Format". A ';' within an option is written "\;". */
#ifndef DETECT_RULE_H
#define DETECT_RULE_H
#include "common/arena.h"
#include "common/err.h"
#include "sensor/detect/detect.h"

struct rule_option {
    struct bytes name, value; /* as written, trimmed; value empty when there is none */
    bool has_value;
    uint32_t position; /* byte offset within the rule's text */
};
struct rule {
    enum rule_action action;
    struct bytes action_name, proto, src, sport, dst, dport;
    bool bidirectional;          /* "<>" */
    struct rule_option *options; /* in the arena */
    size_t option_count;
    uint32_t sid;    /* 0 when missing or broken, for messages */
    uint32_t line;   /* in its file: the first one; of an error: where it stands */
    uint32_t column; /* of an error, from 1 */
    struct bytes at; /* what was being read, within text: where an error is */
    const struct signature *signature; /* what it became; NULL: nothing */
    struct bytes text;                 /* borrowed */
};

/* Reads one rule of one logical line. Options live in the arena, texts are views of `text`. 0 or
 * -1 with what is wrong; out->sid is filled as far as it can be found. */
int rule_parse(struct bytes text, struct arena *arena, struct rule *out, struct err *err);

/* Cuts the text of a rule file into logical lines: a trailing '\' joins with the next line (then
 * *line is a copy in the arena, else a view). number counts physical lines from 1 and is that of
 * the line's first. False at the end. */
struct rule_lines {
    struct bytes rest;
    uint32_t next_number;
};
bool rule_lines_next(struct rule_lines *l, struct arena *arena, struct bytes *line,
                     uint32_t *number);
/* Where in its file the byte of a rule's text (of rule_lines_next()) at `offset` stands. before:
 * the lines as they were ahead of it. */
void rule_lines_place(const struct rule_lines *before, size_t offset, uint32_t *line,
                      uint32_t *column);

/* "# alert tcp ...": a rule that somebody switched off. */
bool rule_is_disabled(struct bytes line);

#endif
