/* analyzer/notice/mail.h - one notice as an Internet message.
 * Sources: RFC 5322 (format, dates), RFC 2045 (MIME, base64), RFC 2047 (encoded words). */
#ifndef NOTICE_MAIL_H
#define NOTICE_MAIL_H
#include "analyzer/store/notices.h"

/* The whole message with CRLF line ends, owned by the caller; *len its length. from is the address
 * it is sent from. Whatever stands in the notice, no header can be added or broken by it. The
 * Message-ID is made of the notice's id and time, so a message sent twice is known as one. */
char *mail_format(const struct notice_row *n, const char *from, size_t *len);

#endif
