/* sensor/control/message.h - where one JSON object ends in bytes that arrive in pieces. */
#ifndef CONTROL_MESSAGE_H
#define CONTROL_MESSAGE_H
#include "common/bytes.h"
#include <sys/types.h>

/* Length of the first object with the white space before it; 0: more bytes are needed; -1: what
 * stands there is no object. An object needs no newline behind it: Suricata's own client sends its
 * greeting without one. Whether it is sound JSON is the parser's business. */
ssize_t message_length(struct bytes in);

#endif
