/* sensor/app/protocols/dns_message.h - reads one DNS message (RFC 1035 section 4) out of untrusted
 * bytes. */
#ifndef APP_DNS_MESSAGE_H
#define APP_DNS_MESSAGE_H
#include "common/cursor.h"

#define DNS_HEADER_BYTES 12
/* Text of a name, labels and the dots between them: what Suricata keeps of one, beyond the 255
 * bytes that RFC 1035 allows. */
#define DNS_NAME_MAX 1025

enum dns_type {
    DNS_A = 1,
    DNS_NS = 2,
    DNS_CNAME = 5,
    DNS_SOA = 6,
    DNS_NULL = 10,
    DNS_PTR = 12,
    DNS_MX = 15,
    DNS_TXT = 16,
    DNS_AAAA = 28,
    DNS_SRV = 33,
    DNS_OPT = 41,
    DNS_SSHFP = 44,
};

struct dns_header {
    uint16_t id, flags;
    uint16_t questions, answers, authorities, additionals;
};
static inline bool dns_header_is_response(const struct dns_header *h)
{
    return h->flags & 0x8000;
}
static inline uint8_t dns_header_opcode(const struct dns_header *h)
{
    return (h->flags >> 11) & 0xf;
}

/* What kept a name from being read as it stands; bits. */
enum dns_name_fault { DNS_NAME_TOO_LONG = 1, DNS_NAME_LOOP = 2, DNS_NAME_TOO_MANY_LABELS = 4 };

struct dns_name {
    uint16_t len;
    uint8_t faults;
    uint8_t text[DNS_NAME_MAX]; /* dotted, case as sent, no final dot */
};

struct dns_record {
    struct dns_name name;
    uint16_t type, class;
    uint32_t ttl;
    struct bytes rdata; /* within the message */
};

/* A message and the place reached in it. */
struct dns_reader {
    struct bytes message;
    struct cursor at;
};
static inline struct dns_reader dns_reader_over(struct bytes message)
{
    return (struct dns_reader){.message = message, .at = cursor_over(message)};
}

bool dns_read_header(struct dns_reader *r, struct dns_header *out);
/* One question, one record, one (possibly compressed) name; false when the bytes end or make no
 * sense. Faults are noted, the name cut. */
bool dns_read_question(struct dns_reader *r, struct dns_name *name, uint16_t *type,
                       uint16_t *class);
bool dns_read_record(struct dns_reader *r, struct dns_record *out);
bool dns_read_name(struct dns_reader *r, struct dns_name *out);
/* A reader at rdata, which lies within r's message, for the names in it. */
struct dns_reader dns_reader_at(const struct dns_reader *r, struct bytes rdata);

/* "A", "HTTPS" ... or the number as text; "NOERROR" ... likewise. Valid until the next call with
 * the same buffer. */
#define DNS_LABEL_MAX 16
const char *dns_type_text(uint16_t type, char buffer[DNS_LABEL_MAX]);
const char *dns_rcode_text(uint16_t rcode, char buffer[DNS_LABEL_MAX]);

#endif
