/* sensor/app/protocols/mime.h - a mail message, line by line: headers, parts, files, URLs.
 *
 * Source: RFC 5322 (headers), RFC 2045 and 2046 (MIME), RFC 2183 and 2231 (names of attachments).
 * Limits and states are those of Suricata 7, so that its records can be compared. */
#ifndef APP_MIME_H
#define APP_MIME_H
#include "sensor/app/protocols/lines.h"

/* Added to the event number that mime_new was given. */
enum mime_event {
    MIME_PARSE_FAILED,
    MIME_MALFORMED_MSG,
    MIME_INVALID_BASE64,
    MIME_INVALID_QP,
    MIME_LONG_LINE,
    MIME_LONG_ENC_LINE,
    MIME_LONG_HEADER_NAME,
    MIME_LONG_HEADER_VALUE,
    MIME_LONG_BOUNDARY,
    MIME_LONG_FILENAME,
    MIME_EVENT_COUNT
};

/* The rows of a parser's event names; first: what it gives mime_new. */
#define MIME_EVENT_NAMES(first)                                                                    \
    [(first) + MIME_PARSE_FAILED] = "MIME_PARSE_FAILED",                                           \
               [(first) + MIME_MALFORMED_MSG] = "MIME_MALFORMED_MSG",                              \
               [(first) + MIME_INVALID_BASE64] = "MIME_INVALID_BASE64",                            \
               [(first) + MIME_INVALID_QP] = "MIME_INVALID_QP",                                    \
               [(first) + MIME_LONG_LINE] = "MIME_LONG_LINE",                                      \
               [(first) + MIME_LONG_ENC_LINE] = "MIME_LONG_ENC_LINE",                              \
               [(first) + MIME_LONG_HEADER_NAME] = "MIME_LONG_HEADER_NAME",                        \
               [(first) + MIME_LONG_HEADER_VALUE] = "MIME_LONG_HEADER_VALUE",                      \
               [(first) + MIME_LONG_BOUNDARY] = "MIME_LONG_BOUNDARY",                              \
               [(first) + MIME_LONG_FILENAME] = "MIME_LONG_FILENAME"

struct mime;

/* A message on its way in direction dir, whose attachments become files of tx. */
struct mime *mime_new(struct app *a, struct app_tx *tx, enum direction dir, uint16_t first_event);
void mime_free(struct app *a, struct mime *m);
/* m may be NULL in what follows: nothing happens. */
/* The next line of the message, or a piece of a long one. */
void mime_line(struct mime *m, const struct line *l);
/* The same for messages in lines that end with a lone dot, and double other dots at a line's start
 * (RFC 5321 4.5.2, RFC 1939 3). False: this was the dot. */
bool mime_dotted_line(struct mime *m, struct line l);
/* The next bytes of a message whose length is known. */
void mime_data(struct mime *m, struct bytes data);
/* n bytes are missing. */
void mime_gap(struct mime *m, uint64_t n);
/* The message is complete. */
void mime_end(struct mime *m);
/* Nothing more of it comes. */
void mime_cut(struct mime *m);
/* Another one began before it was complete. */
void mime_abort(struct mime *m);

/* The object "email". extended: with the fields and digests that only its own record shows. */
void mime_json(const struct mime *m, bool extended, struct json *j);
#define MIME_SHAPE                                                                                 \
    "{status: string, from?: string, to?: [string], cc?: [string], attachment?: [string], "        \
    "url?: [string]}"
#define MIME_SHAPE_EXTENDED                                                                        \
    "{status: string, from?: string, to?: [string], cc?: [string], attachment?: [string], "        \
    "url?: [string], bcc?: [string], message_id?: string, subject?: string, x_mailer?: string, "   \
    "user_agent?: string, subject_md5?: string, body_md5?: string}"

#endif
