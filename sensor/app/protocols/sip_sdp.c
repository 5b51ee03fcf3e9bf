/* sip_sdp.c - a session's description: its lines under their own letters, media in an array.
 *
 * Source: RFC 8866 section 5; letters as keys as in Suricata 8. Keys to a session (k=) stay out. */
#include "common/text.h"
#include "sensor/app/protocols/sip_state.h"

#define MEDIA_MAX 32u
#define LIST_MAX  64u /* of attributes, or of bandwidths, in one place */

/* Takes the next line off text: its letter, 0 when it is not of the form x=..., and its value. */
static char next_line(struct bytes *text, struct bytes *value)
{
    const uint8_t *end = memchr(text->p, '\n', text->len);
    size_t n = end ? (size_t)(end - text->p) : text->len;
    struct bytes line = bytes_slice(*text, 0, n);
    *text = bytes_slice(*text, end ? n + 1 : n, SIZE_MAX);
    if (line.len > 0 && line.p[line.len - 1] == '\r')
        line.len--;
    *value = bytes_slice(line, 2, SIZE_MAX);
    return (char)(line.len >= 2 && line.p[1] == '=' ? line.p[0] : 0);
}

/* The lines before the first m=, which begins what follows. */
static struct bytes section(struct bytes *text)
{
    struct bytes rest = *text, value;
    while (rest.len > 0) {
        struct bytes before = rest;
        if (next_line(&rest, &value) == 'm') {
            struct bytes head = bytes_slice(*text, 0, text->len - before.len);
            *text = before;
            return head;
        }
    }
    rest = *text;
    *text = (struct bytes){0};
    return rest;
}

static void put_single(struct json *j, struct bytes lines, const char *letters)
{
    struct bytes value;
    bool seen[128] = {false};
    while (lines.len > 0) {
        char letter = next_line(&lines, &value);
        if (letter <= 0 || !strchr(letters, letter) || seen[(unsigned char)letter])
            continue;
        seen[(unsigned char)letter] = true;
        json_str(j, (const char[]){letter, 0}, value);
    }
}

static void put_list(struct json *j, struct bytes lines, char letter)
{
    struct bytes value;
    unsigned count = 0;
    while (lines.len > 0 && count < LIST_MAX) {
        if (next_line(&lines, &value) != letter)
            continue;
        if (count++ == 0)
            json_array(j, (const char[]){letter, 0});
        json_str(j, NULL, value);
    }
    if (count > 0)
        json_array_end(j);
}

static void put_section(struct json *j, struct bytes lines, const char *letters)
{
    put_single(j, lines, letters);
    put_list(j, lines, 'b');
    put_list(j, lines, 'a');
}

/* text begins with an m= line. */
static void put_media(struct json *j, struct bytes *text)
{
    struct bytes value;
    (void)next_line(text, &value);
    json_object(j, NULL);
    json_str(j, "m", value);
    put_section(j, section(text), "ic");
    json_object_end(j);
}

static void put_version(struct json *j, struct bytes description)
{
    uint64_t version;
    struct bytes value;
    if (next_line(&description, &value) == 'v' && text_u64(value, 0, UINT32_MAX, &version))
        json_u64(j, "v", version);
}

void sdp_json(struct json *j, struct bytes description)
{
    json_object(j, "sdp");
    put_version(j, description);
    put_section(j, section(&description), "osiuepctrz");
    if (description.len > 0) {
        json_array(j, "m");
        for (unsigned i = 0; i < MEDIA_MAX && description.len > 0; i++)
            put_media(j, &description);
        json_array_end(j);
    }
    json_object_end(j);
}
