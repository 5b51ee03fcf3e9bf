/* analyzer/notice/sender.h - the thread that takes notices from the outbox to a mail server.
 *
 * A notice is marked sent after the server took it. A crash in between sends it again under the
 * same Message-ID. A recipient refused for good (5xx) or 200 attempts (two days) gives up, which
 * the notice's state shows; anything else is tried again, later each time. */
#ifndef NOTICE_SENDER_H
#define NOTICE_SENDER_H
#include "analyzer/store/notices.h"

typedef void notice_changed_fn(void *ctx, const struct notice_row *n);

/* Strings are borrowed as long as the sender lives.
 *   store          a handle of the sender's own
 *   url            smtp://HOST:PORT or smtps://...
 *   user, password_file   NULL: no login. With a login, STARTTLS is a must
 *   from           address notices come from
 *   changed, ctx   told of each notice that was sent or given up; may be NULL */
struct sender_options {
    struct store *store;
    const char *url, *user, *password_file, *from;
    notice_changed_fn *changed;
    void *ctx;
};

struct sender;
struct sender *sender_new(const struct sender_options *o, struct err *err);
/* Works until sender_stop(). */
void sender_run(struct sender *s);
/* From other threads: something was queued; end. */
void sender_wake(struct sender *s);
void sender_stop(struct sender *s);
void sender_free(struct sender *s);

#endif
