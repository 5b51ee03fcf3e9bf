/* sensor/app/dns.h - DNS messages over UDP and TCP (RFC 1035 and what followed).
 *
 * One tx is one message: a query and its answer are two txs, as in Suricata 7. Every function takes
 * the struct app_tx of a DNS tx. */
#ifndef APP_DNS_H
#define APP_DNS_H
#include "sensor/app/app.h"

/* Progress of a DNS tx: a message is there at once and whole. */
enum dns_progress { DNS_DONE = 1 };

bool dns_is_response(const struct app_tx *tx);
uint8_t dns_opcode(const struct app_tx *tx); /* 0 query, 4 notify, 5 update ... */
uint8_t dns_rcode(const struct app_tx *tx);
uint16_t dns_id(const struct app_tx *tx);
/* Type and dotted name of question `index`; false when there is none. The name is a view into tx.
 */
bool dns_question(const struct app_tx *tx, unsigned index, uint16_t *type, struct bytes *name);
/* How many answer records the message holds. */
unsigned dns_answer_count(const struct app_tx *tx);

#endif
