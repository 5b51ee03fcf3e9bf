/* list.c - the parsers as a table for people: `--list-app-layer-protos`, and the README's table. */
#include "sensor/app/state.h"
#include <stdio.h>

static const char *transports(const struct app_parser *p)
{
    static const char *const names[] = {"", "TCP", "UDP", "TCP, UDP"};
    return names[p->transports & (APP_OVER_TCP | APP_OVER_UDP)];
}

static bool has_files(enum app_proto p)
{
    size_t count;
    const struct app_buffer *rows = app_buffers(p, &count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(rows[i].name, "file.data") == 0)
            return true;
    return false;
}

static void print_records(FILE *out, enum app_proto p)
{
    const char *between = "";
    for (const struct app_shape *s = app_shapes(p); s && s->event_type; s++)
        if (strcmp(s->event_type, "alert") != 0) {
            fprintf(out, "%s%s", between, s->event_type);
            between = ", ";
        }
}

/* Each name once, though a buffer may have a row for either direction. */
static void print_buffers(FILE *out, enum app_proto p)
{
    size_t count;
    const char *between = "";
    const struct app_buffer *rows = app_buffers(p, &count);
    for (size_t i = 0; i < count; i++) {
        bool again =
            rows[i].number ||
            (rows[i].flags & APP_BUFFER_UNNAMED); /* the table is about what can be looked into */
        for (size_t k = 0; k < i && !again; k++)
            again = strcmp(rows[k].name, rows[i].name) == 0;
        if (!again) {
            fprintf(out, "%s%s", between, rows[i].name);
            between = ", ";
        }
    }
}

void app_list(FILE *out)
{
    fprintf(out, "| protocol | over | records | files | events | buffers for rules |\n"
                 "| --- | --- | --- | --- | --- | --- |\n");
    for (int i = APP_UNKNOWN + 1; i < APP_FAILED; i++) {
        enum app_proto p = (enum app_proto)i;
        const struct app_parser *parser = app_parser_of(p);
        fprintf(out, "| %s | %s | ", app_proto_name(p), transports(parser));
        print_records(out, p);
        fprintf(out, " | %s | %u | ", has_files(p) ? "yes" : "", parser->event_count);
        print_buffers(out, p);
        fprintf(out, " |\n");
    }
}
