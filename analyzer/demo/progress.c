/* analyzer/demo/progress.c - one line a sensor. See demo.h. */
#include "analyzer/demo/demo.h"
#include "common/text.h"
#include <string.h>
#include <unistd.h>

static const char *state_of(const struct demo_sensor *s)
{
    if (s->child->running)
        return "replaying";
    return s->book.generated && s->arrived >= s->book.generated ? "all archived" : "being archived";
}

static void line(const struct demo_sensor *s, char *out, size_t cap)
{
    char records[32], alerts[32];
    snprintf(out, cap, "  %-16s %-11s %-15s %9s records archived, %s alerts", s->name, s->org->id,
             state_of(s), text_thousands(s->arrived, records), text_thousands(s->alerts, alerts));
}

void demo_progress(struct demo *d)
{
    bool terminal = isatty(STDOUT_FILENO);
    char text[256];
    if (terminal && d->drawn)
        printf("\033[%zuA", d->sensor_count);
    for (size_t i = 0; i < d->sensor_count; i++) {
        const char *state = state_of(&d->sensors[i]);
        line(&d->sensors[i], text, sizeof text);
        if (terminal)
            printf("\033[2K%s\n", text);
        else if (d->sensors[i].shown != state)
            printf("%s\n", text);
        d->sensors[i].shown = state;
    }
    d->drawn = true;
    fflush(stdout);
}
