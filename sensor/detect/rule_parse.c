/* sensor/detect/rule_parse.c - the text of rules, taken apart. */
#include "common/text.h"
#include "sensor/detect/nearest.h"
#include "sensor/detect/rule.h"
#include "sensor/detect/words.h"

#define OPTIONS_MAX 512

static const struct {
    const char *name;
    enum rule_action action;
} actions[] = {{"alert", ACTION_ALERT},      {"pass", ACTION_PASS},
               {"drop", ACTION_DROP},        {"reject", ACTION_REJECT},
               {"rejectsrc", ACTION_REJECT}, {"rejectdst", ACTION_REJECT},
               {"rejectboth", ACTION_REJECT}};

static bool find_action(struct bytes word, enum rule_action *out)
{
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        if (bytes_ieq(word, bytes_str(actions[i].name))) {
            *out = actions[i].action;
            return true;
        }
    return false;
}

/* A word of the header: up to white space that is not within brackets. */
static struct bytes header_word(struct bytes *rest)
{
    struct bytes t = word_trim(*rest);
    size_t i = 0;
    int open = 0;
    for (; i < t.len; i++) {
        if (t.p[i] == '[')
            open++;
        else if (t.p[i] == ']')
            open--;
        else if (word_is_space(t.p[i]) && open <= 0)
            break;
    }
    *rest = bytes_slice(t, i, t.len);
    return bytes_slice(t, 0, i);
}

static int unknown_action(struct bytes word, struct err *err)
{
    struct nearest n = nearest_to(word);
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        nearest_offer(&n, actions[i].name);
    if (n.best)
        return err_set(err, "unknown action '%.*s'; did you mean '%s'?", WORD_ARG(word), n.best);
    return err_set(err, "unknown action '%.*s'", WORD_ARG(word));
}

static int parse_header(struct bytes header, struct rule *r, struct err *err)
{
    struct bytes whole = header;
    r->action_name = header_word(&header);
    r->proto = header_word(&header);
    r->src = header_word(&header);
    r->sport = header_word(&header);
    struct bytes arrow = header_word(&header);
    r->dst = header_word(&header);
    r->dport = header_word(&header);
    header = word_trim(header);
    r->at = r->action_name;
    if (!find_action(r->action_name, &r->action))
        return unknown_action(r->action_name, err);
    r->at = whole;
    if (r->dport.len == 0)
        return err_set(err, "header is cut short: action protocol source port -> destination port");
    r->at = header;
    if (header.len)
        return err_set(err, "'%.*s' after the header", WORD_ARG(header));
    r->at = arrow;
    r->bidirectional = WORD_IS(arrow, "<>");
    if (!r->bidirectional && !WORD_IS(arrow, "->"))
        return err_set(err, "direction '%.*s' is neither '->' nor '<>'", WORD_ARG(arrow));
    return 0;
}

/* Length up to the ';' that ends an option: one that no backslash stands before. -1: none. */
static ptrdiff_t option_end(struct bytes t)
{
    for (size_t i = 0; i < t.len; i++)
        if (t.p[i] == ';' && (i == 0 || t.p[i - 1] != '\\'))
            return (ptrdiff_t)i;
    return -1;
}

static struct rule_option split_option(struct bytes t, const struct rule *r)
{
    struct rule_option o = {0};
    const uint8_t *colon = t.len ? memchr(t.p, ':', t.len) : NULL;
    size_t name_len = colon ? (size_t)(colon - t.p) : t.len;
    o.name = word_trim(bytes_slice(t, 0, name_len));
    o.has_value = colon != NULL;
    o.value = colon ? word_trim(bytes_slice(t, name_len + 1, t.len)) : (struct bytes){0};
    o.position = o.name.p ? (uint32_t)(o.name.p - r->text.p) : 0;
    return o;
}

static void note_sid(struct rule *r, const struct rule_option *o)
{
    uint64_t sid;
    if (WORD_IS(o->name, "sid") && text_u64(o->value, 1, UINT32_MAX, &sid))
        r->sid = (uint32_t)sid;
}

static int parse_options(struct bytes body, struct arena *arena, struct rule *r, struct err *err)
{
    struct rule_option found[OPTIONS_MAX];
    int rc = 0;
    for (body = word_trim(body); body.len && rc == 0; body = word_trim(body)) {
        ptrdiff_t end = option_end(body);
        r->at = body;
        if (end < 0) {
            rc = err_set(err, "no ';' after '%.*s'", WORD_ARG(body));
            break;
        }
        struct bytes one = word_trim(bytes_slice(body, 0, (size_t)end));
        body = bytes_slice(body, (size_t)end + 1, body.len);
        if (one.len == 0)
            continue;
        if (r->option_count == OPTIONS_MAX) {
            rc = err_set(err, "more than %d options", OPTIONS_MAX);
            break;
        }
        found[r->option_count] = split_option(one, r);
        note_sid(r, &found[r->option_count++]);
    }
    r->options = arena_alloc(arena, (r->option_count + 1) * sizeof *found);
    if (r->option_count)
        memcpy(r->options, found, r->option_count * sizeof *found);
    return rc;
}

int rule_parse(struct bytes text, struct arena *arena, struct rule *out, struct err *err)
{
    text = word_trim(text);
    *out = (struct rule){.text = text, .line = out->line, .at = text};
    const uint8_t *open = text.len ? memchr(text.p, '(', text.len) : NULL;
    if (!open)
        return err_set(err, "no '(' with options");
    size_t header_len = (size_t)(open - text.p);
    struct bytes body = bytes_slice(text, header_len + 1, text.len);
    bool closed = body.len && body.p[body.len - 1] == ')';
    if (closed)
        body.len--;
    /* Options come first: the sid makes every later message findable. */
    int rc = parse_options(body, arena, out, err);
    if (!closed) {
        out->at = bytes_slice(text, text.len - 1, 1);
        return err_set(err, "no ')' at the end");
    }
    return rc ? rc : parse_header(bytes_slice(text, 0, header_len), out, err);
}

static struct bytes physical_line(struct rule_lines *l)
{
    const uint8_t *newline = memchr(l->rest.p, '\n', l->rest.len);
    size_t len = newline ? (size_t)(newline - l->rest.p) : l->rest.len;
    struct bytes line = bytes_slice(l->rest, 0, len);
    l->rest = bytes_slice(l->rest, len + (newline != NULL), l->rest.len);
    l->next_number++;
    return word_trim(line);
}

static bool continues(struct bytes line)
{
    return line.len && line.p[line.len - 1] == '\\';
}

bool rule_lines_next(struct rule_lines *l, struct arena *arena, struct bytes *line,
                     uint32_t *number)
{
    if (l->rest.len == 0)
        return false;
    if (l->next_number == 0)
        l->next_number = 1;
    *number = l->next_number;
    *line = physical_line(l);
    if (!continues(*line))
        return true;
    /* The joined line is no longer than what is left of the file plus its first piece. */
    struct bytes probe = *line;
    struct rule_lines ahead = *l;
    size_t total = probe.len;
    while (continues(probe) && ahead.rest.len) {
        probe = physical_line(&ahead);
        total += probe.len;
    }
    uint8_t *joined = arena_alloc(arena, total + 1);
    size_t len = 0;
    for (struct bytes piece = *line;; piece = physical_line(l)) {
        bool more = continues(piece);
        memcpy(joined + len, piece.p, piece.len - more);
        len += piece.len - more;
        if (!more || l->rest.len == 0)
            break;
    }
    *line = word_trim(bytes_of(joined, len));
    return true;
}

void rule_lines_place(const struct rule_lines *before, size_t offset, uint32_t *line,
                      uint32_t *column)
{
    struct rule_lines at = *before;
    if (at.next_number == 0)
        at.next_number = 1;
    for (;;) {
        const uint8_t *start = at.rest.p;
        *line = at.next_number;
        struct bytes piece = physical_line(&at);
        bool more = continues(piece) && at.rest.len;
        if (!more || offset < piece.len - 1) {
            *column = (uint32_t)((piece.p ? piece.p - start : 0) + (ptrdiff_t)offset) + 1;
            return;
        }
        offset -= piece.len - 1;
    }
}

bool rule_is_disabled(struct bytes line)
{
    enum rule_action action;
    struct bytes word;
    while (line.len && (line.p[0] == '#' || word_is_space(line.p[0])))
        line = bytes_slice(line, 1, line.len);
    return word_next_blank(&line, &word) && find_action(word, &action) && line.len &&
           memchr(line.p, '(', line.len) &&
           (bytes_find(line, BYTES_LIT("->")) >= 0 || bytes_find(line, BYTES_LIT("<>")) >= 0);
}
