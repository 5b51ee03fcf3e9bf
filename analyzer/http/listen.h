/* analyzer/http/listen.h - the listening socket, opened by us so that the error can say why. */
#ifndef HTTP_LISTEN_H
#define HTTP_LISTEN_H
#include "common/err.h"
#include <netinet/in.h>
#include <sys/socket.h>

#define LISTEN_TEXT_MAX 64
/* Opens "ADDRESS:PORT" or "[v6]:PORT" (numeric; port 0: a free one) and writes the address with the
 * port that was taken. The descriptor, or -1 and err. */
int listen_open(const char *address, char text[LISTEN_TEXT_MAX], struct err *err);

/* The address alone, without port. */
void listen_peer_text(const struct sockaddr *sa, char text[LISTEN_TEXT_MAX]);

#endif
