/* sensor/app/protocols/lines.h - lines of text out of a stream, however it is cut.
 *
 * A line ends with LF, or CR LF. One of more than cap_bytes is handed over in pieces of that size,
 * so memory is bounded and pieces do not depend on how the bytes arrived. */
#ifndef APP_LINES_H
#define APP_LINES_H
#include "sensor/app/parser.h"

struct lines {
    struct app_text held; /* the start of a line */
    bool given;           /* held was handed over by the last call */
    bool cr;              /* a CR ended the last piece: it may belong to the line's end */
    bool inside;          /* the last piece was not the end of its line */
    bool lost;            /* after a gap: until the next line begins */
};

struct line {
    struct bytes text;   /* without its end; valid until the next call */
    struct bytes ending; /* what ended it: LF, CR LF, or nothing */
    bool start, end;     /* first and last piece of the line; mostly both */
};

/* Takes bytes off the front of *data up to a line's end, or cap_bytes (at least 2). False when data
 * is used up and what is left of it waits for more. */
bool lines_next(struct lines *l, struct app *a, struct bytes *data, uint32_t cap_bytes,
                struct line *out);
/* Bytes are missing here: skips to the start of the next line. */
void lines_gap(struct lines *l);
/* What waits for more: the unfinished line, as far as it was not handed over. */
struct bytes lines_rest(const struct lines *l);
/* That rest as the last line, when nothing more comes. False when there is none. */
bool lines_finish(struct lines *l, struct line *out);
void lines_release(struct lines *l, struct app *a);

/* Both sides agreed on TLS: the flow goes on so, with what the lines of the client hold and what is
 * left of the server's bytes behind its answer. */
void lines_go_tls(const struct lines lines[2], const struct app_input *in,
                  struct bytes server_rest);

/* One call of a parser's feed(): every line, or piece of a long one, goes to take until that says
 * that both sides agreed on TLS. */
typedef bool lines_take(void *state, const struct app_input *in, const struct line *l);
void lines_feed(struct lines lines[2], const struct app_input *in, uint32_t cap_bytes,
                lines_take *take, void *state);

#endif
