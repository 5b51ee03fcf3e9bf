/* sensor/app/protocols/mime_state.h - what the files mime*.c share. */
#ifndef APP_MIME_STATE_H
#define APP_MIME_STATE_H
#include "sensor/app/file.h"
#include "sensor/app/protocols/mime.h"
#include <openssl/evp.h>

#define MIME_DEPTH_MAX       16    /* parts within parts */
#define MIME_BOUNDARY_MAX    254u  /* bytes, as in Suricata */
#define MIME_VALUE_MAX       2000u /* of one header, folded lines together */
#define MIME_HEADER_NAME_MAX 75u
#define MIME_PIECE_MAX       4096u /* of a line in a message whose length is known */
#define MIME_LINE_MAX        998u  /* RFC 5322 2.1.1 */
#define MIME_ENCODED_MAX     76u   /* RFC 2045 6.7 and 6.8 */
#define MIME_FILENAME_MAX    255u
#define MIME_NAMES_CAP       (16u * 1024) /* all names of attachments, and all URLs */
#define MIME_TEXT_LINE_MAX   4096u        /* decoded, in which URLs are looked for */
#define MIME_SCHEMES         3            /* of URLs: http, https, ftp */
#define MIME_CHUNK           3072u        /* decoded bytes handed on at once */

/* Headers that matter: of the message, then of each part. */
enum mime_field {
    MIME_FROM,
    MIME_TO,
    MIME_CC,
    MIME_BCC,
    MIME_MESSAGE_ID,
    MIME_SUBJECT,
    MIME_X_MAILER,
    MIME_USER_AGENT,
    MIME_MESSAGE_FIELDS,
    MIME_TYPE = MIME_MESSAGE_FIELDS,
    MIME_DISPOSITION,
    MIME_ENCODING,
    MIME_FIELD_COUNT,
    MIME_OTHER = MIME_FIELD_COUNT
};

enum mime_status {
    MIME_NONE,
    MIME_HEADER_READY,
    MIME_HEADER_STARTED,
    MIME_HEADER_DONE,
    MIME_BODY_STARTED,
    MIME_BODY_DONE,
    MIME_BODY_END_BOUND,
    MIME_PARSE_DONE,
    MIME_PARSE_ERROR
};

enum mime_encoding { MIME_PLAIN, MIME_BASE64, MIME_QUOTED };

struct mime_level {
    uint8_t boundary[MIME_BOUNDARY_MAX], boundary_len; /* of the parts in it */
};

struct mime {
    struct app *app;
    struct app_tx *tx;
    uint16_t first_event;
    uint8_t dir;        /* enum direction */
    uint8_t status;     /* enum mime_status */
    struct lines lines; /* of mime_data */

    struct mime_level levels[MIME_DEPTH_MAX];
    uint8_t depth; /* levels open; the last one is the current part */

    /* Header being read, and those kept. */
    uint8_t field; /* enum mime_field */
    bool has_field;
    struct app_text value;
    struct app_text fields[MIME_FIELD_COUNT];
    bool present[MIME_FIELD_COUNT];

    /* Current part. */
    uint8_t encoding; /* enum mime_encoding */
    bool attachment, scan_urls;
    struct app_file *file;
    size_t line_len;    /* of the line being read, as far as it was seen */
    bool boundary_line; /* the rest of this line belongs to a boundary */
    bool found_child;   /* the part holds others, and none began yet */

    /* Decoding. */
    uint8_t chunk[MIME_CHUNK];
    uint32_t chunk_len;
    uint8_t ending[2], ending_len; /* of the last line: a boundary's, if one follows */
    uint8_t quad[4], quad_len;     /* base64 characters that wait */
    uint8_t escape[2], escape_len; /* behind a '=' of quoted-printable, itself included */
    struct lines text;             /* decoded lines */

    struct app_text attachments;        /* names, each ends with a LF */
    struct app_text urls[MIME_SCHEMES]; /* likewise, without their schemes */
    uint32_t part_urls[MIME_SCHEMES];   /* where those of the current part begin */
    EVP_MD_CTX *body_md5;
    uint8_t md5[16];
    bool has_md5;
};

static inline void mime_event(struct mime *m, enum mime_event e)
{
    app_tx_event(m->tx, (uint16_t)(m->first_event + e));
}

/* mime_header.c: a line of a header block. The block's end is m->status MIME_HEADER_DONE. */
void mime_header_line(struct mime *m, const struct line *l);
void mime_header_finish(struct mime *m);
/* A parameter of a header's value, put together from its sections; false when it is not there. out
 * holds cap bytes; *cut: it was longer. */
bool mime_parameter(struct bytes value, const char *name, uint8_t *out, size_t cap, size_t *len,
                    bool *cut);

/* mime_decode.c: a line of a body, undone and handed to the file, or to the search for URLs. */
void mime_body_line(struct mime *m, const struct line *l);
void mime_body_finish(struct mime *m);

#endif
