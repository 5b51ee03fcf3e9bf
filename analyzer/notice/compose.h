/* analyzer/notice/compose.h - the text of one notice, from templates in two languages. */
#ifndef NOTICE_COMPOSE_H
#define NOTICE_COMPOSE_H
#include "analyzer/directory/directory.h"
#include "analyzer/store/alerts.h"
#include "analyzer/store/incidents.h"

/* What was seen at the organisation; texts are clean (clean_text). */
#define SIGHTINGS_MAX 20
struct sighting_line {
    char signature[256], src[64], dst[64], host[256];
    uint32_t gid;
    uint64_t sid, count, first_us, last_us;
    uint16_t port;
};

enum notice_role { ROLE_ORGANISATION, ROLE_MINISTRY, ROLE_CENTRE };

struct notice_facts {
    const struct incident_row *incident;
    const struct org *org;       /* whom it is about */
    const struct centre *centre; /* that watches it, and signs */
    struct sighting_line lines[SIGHTINGS_MAX];
    size_t line_count;
    uint64_t detections, alerts; /* at this organisation */
    uint64_t first_us, last_us;
    unsigned others;             /* other organisations that agreed to be counted */
    const struct org *named[16]; /* of them, those that agreed to be named */
    size_t named_count;
    uint64_t now_us;
};

/* Who reads it. */
struct notice_reader {
    const struct contact *contact;
    enum notice_role role;
    const struct name_pair *name; /* of the receiving organisation or centre */
};

/* Subject (one line) and body, UTF-8 with "\n" line ends, owned by the caller. */
void notice_compose(const struct notice_facts *f, const struct notice_reader *to, char **subject,
                    char **body);

/* Copies text that may come from the wire: one line, no control, no direction-changing characters
 * (Unicode's bidirectional controls can make a name read as another), cut between characters. */
void clean_text(const char *text, char *out, size_t cap);

#endif
