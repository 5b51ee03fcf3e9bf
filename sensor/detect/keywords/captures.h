/* keywords/captures.h - what groups of an expression catch, kept as variables of flow and packet.
 *
 *   pcre:"/^(?P<flow_user>[a-z]+) (.*)/, pkt:rest"      by name, or group after group
 *   pcre:"/([a-z]+)=([0-9]+)/, pkt:key,pkt:value"       the name comes from the traffic */
#ifndef DETECT_KEYWORDS_CAPTURES_H
#define DETECT_KEYWORDS_CAPTURES_H
#include "sensor/detect/keyword.h"
#include "sensor/detect/keywords/regex.h"

struct captures;
/* names: "flow:a, pkt:b" or empty. *out NULL: nothing is to be kept. 0, or -1 and err. */
int captures_parse(struct build *b, const struct regex *regex, struct bytes names,
                   const struct captures **out, struct err *err);
/* Notes them for when the rule matches. in: what the expression just matched in. */
void captures_take(const struct captures *c, struct inspect *in, struct bytes matched_in);

#endif
