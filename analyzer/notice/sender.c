/* analyzer/notice/sender.c - see sender.h. */
#include "analyzer/notice/sender.h"
#include "analyzer/notice/mail.h"
#include "common/clock.h"
#include "common/file.h"
#include "common/log.h"
#include "common/text.h"
#include <curl/curl.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define CONNECT_TIMEOUT_S 10L
#define SEND_TIMEOUT_S    60L
#define FIRST_RETRY_US    5000000
#define LAST_RETRY_US     (UINT64_C(900) * 1000000)
#define ATTEMPTS_MAX      200  /* two days, with a quarter of an hour between most of them */
#define IDLE_MS           5000 /* looks anyway, should a wake be missed by a crash */

struct sender {
    struct sender_options o;
    char *password;
    CURL *curl;
    int event_fd;
    atomic_bool stop;
    char last_error[256];
};

struct outgoing {
    const char *text;
    size_t len, at;
};

static size_t outgoing_read(char *to, size_t size, size_t count, void *ctx)
{
    struct outgoing *m = ctx;
    size_t n = size * count, left = m->len - m->at;
    n = n < left ? n : left;
    memcpy(to, m->text + m->at, n);
    m->at += n;
    return n;
}

static int password_read(struct sender *s, struct err *err)
{
    size_t len = 0;
    if (!s->o.password_file)
        return 0;
    s->password = file_read(s->o.password_file, 4096, &len, err);
    if (!s->password)
        return -1;
    s->password[strcspn(s->password, "\r\n")] = 0;
    return 0;
}

struct sender *sender_new(const struct sender_options *o, struct err *err)
{
    struct sender *s = calloc(1, sizeof *s);
    ASSERT(s);
    s->o = *o;
    s->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    ASSERT(s->event_fd >= 0);
    if (strncmp(o->url, "smtp://", 7) != 0 && strncmp(o->url, "smtps://", 8) != 0) {
        err_set(err, "--smtp %s: write smtp://HOST:PORT or smtps://HOST:PORT", o->url);
    } else if (password_read(s, err) == 0) {
        s->curl = curl_easy_init();
        if (s->curl)
            return s;
        err_set(err, "cannot set up the mail client (out of memory?)");
    }
    sender_free(s);
    return NULL;
}

void sender_free(struct sender *s)
{
    if (!s)
        return;
    curl_easy_cleanup(s->curl);
    if (s->password)
        explicit_bzero(s->password, strlen(s->password));
    free(s->password);
    close(s->event_fd);
    free(s);
}

void sender_wake(struct sender *s)
{
    uint64_t one = 1;
    (void)!write(s->event_fd, &one, sizeof one);
}

void sender_stop(struct sender *s)
{
    atomic_store(&s->stop, true);
    sender_wake(s);
}

/* Ends a transfer under way when the program ends. */
static int progress(void *ctx, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    struct sender *s = ctx;
    (void)a, (void)b, (void)c, (void)d;
    return atomic_load(&s->stop);
}

static void transfer_prepare(struct sender *s, struct outgoing *m, const char *from,
                             struct curl_slist *to, char error[CURL_ERROR_SIZE])
{
    CURL *c = s->curl;
    curl_easy_reset(c); /* keeps the connection */
    curl_easy_setopt(c, CURLOPT_URL, s->o.url);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(c, CURLOPT_MAIL_FROM, from);
    curl_easy_setopt(c, CURLOPT_MAIL_RCPT, to);
    curl_easy_setopt(c, CURLOPT_READFUNCTION, outgoing_read);
    curl_easy_setopt(c, CURLOPT_READDATA, m);
    curl_easy_setopt(c, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, CONNECT_TIMEOUT_S);
    curl_easy_setopt(c, CURLOPT_TIMEOUT, SEND_TIMEOUT_S);
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, error);
    curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, progress);
    curl_easy_setopt(c, CURLOPT_XFERINFODATA, s);
    curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
    /* A password never crosses the network in the clear; without one TLS is taken when offered. */
    curl_easy_setopt(c, CURLOPT_USE_SSL, (long)(s->o.user ? CURLUSESSL_ALL : CURLUSESSL_TRY));
    if (s->o.user) {
        curl_easy_setopt(c, CURLOPT_USERNAME, s->o.user);
        curl_easy_setopt(c, CURLOPT_PASSWORD, s->password ? s->password : "");
    }
}

/* 0 taken by the server; 1 try again; 2 refused for good. why says so. */
static int transfer(struct sender *s, const struct notice_row *n, char *why, size_t cap)
{
    char error[CURL_ERROR_SIZE] = "", from[300], to[300];
    struct outgoing m = {.at = 0};
    char *text = mail_format(n, s->o.from, &m.len);
    m.text = text;
    snprintf(from, sizeof from, "<%.254s>", s->o.from);
    snprintf(to, sizeof to, "<%.254s>", n->address);
    struct curl_slist *list = curl_slist_append(NULL, to);
    ASSERT(list);
    transfer_prepare(s, &m, from, list, error);
    CURLcode rc = curl_easy_perform(s->curl);
    long status = 0;
    curl_easy_getinfo(s->curl, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(list);
    free(text);
    snprintf(why, cap, "%.200s", error[0] ? error : curl_easy_strerror(rc));
    text_scrub(why);
    if (rc == CURLE_OK)
        return 0;
    /* Only the reader's address is refused for good. What a server says against the sender or the
     * login is our set-up: mended, the notice must still go out. */
    return status >= 500 && status < 600 && strncmp(error, "RCPT failed", 11) == 0 ? 2 : 1;
}

/* The same trouble is said once; each notice keeps it in its state anyway. */
static void complain(struct sender *s, const char *why)
{
    if (strcmp(s->last_error, why) == 0)
        return;
    snprintf(s->last_error, sizeof s->last_error, "%s", why);
    log_warn("mail at %s: %s; notices wait and are tried again", s->o.url, why);
}

static uint64_t retry_at(const struct notice_row *n, uint64_t now_us)
{
    uint64_t wait_us = LAST_RETRY_US;
    if (n->attempts < 8)
        wait_us = (uint64_t)FIRST_RETRY_US << n->attempts;
    wait_us = wait_us > LAST_RETRY_US ? LAST_RETRY_US : wait_us;
    return n->attempts + 1 >= ATTEMPTS_MAX ? 0 : now_us + wait_us;
}

static void changed_tell(void *ctx, const struct notice_row *n)
{
    struct sender *s = ctx;
    if (s->o.changed)
        s->o.changed(s->o.ctx, n);
}

/* Called with the row while its statement is open: the result is written afterwards. */
struct copy {
    struct notice_row row;
    char *texts[12];
    size_t count;
};

static const char *keep(struct copy *c, const char *text)
{
    char *copy = strdup(text);
    ASSERT(copy && c->count < sizeof c->texts / sizeof c->texts[0]);
    return c->texts[c->count++] = copy;
}

static void row_copy(void *ctx, const struct notice_row *n)
{
    struct copy *c = ctx;
    c->row = *n;
    c->row.lane = keep(c, n->lane);
    c->row.name = keep(c, n->name);
    c->row.address = keep(c, n->address);
    c->row.subject = keep(c, n->subject);
    c->row.body = keep(c, n->body);
}

static void copy_release(struct copy *c)
{
    for (size_t i = 0; i < c->count; i++)
        free(c->texts[i]);
}

/* Sends the one that is due. 1 done something, 0 nothing is due, -1 and err. */
static int send_one(struct sender *s, struct err *err)
{
    struct copy c = {.count = 0};
    char why[256];
    uint64_t now_us = clock_wall_us();
    int found = store_notice_due(s->o.store, now_us, row_copy, &c, err);
    if (found <= 0)
        return found;
    int result = transfer(s, &c.row, why, sizeof why), rc = 0;
    now_us = clock_wall_us();
    if (result == 0) {
        s->last_error[0] = 0;
        log_info("notice %lld sent to %s", (long long)c.row.id, c.row.address);
        rc = store_notice_sent(s->o.store, c.row.id, now_us, err);
    } else if (!atomic_load(&s->stop)) {
        uint64_t next_us = result == 2 ? 0 : retry_at(&c.row, now_us);
        if (next_us)
            complain(s, why);
        else
            log_error("notice %lld to %s is given up: %s", (long long)c.row.id, c.row.address, why);
        rc = store_notice_failed(s->o.store, c.row.id, why, next_us, err);
    }
    if (rc == 0)
        store_notice(s->o.store, NULL, c.row.id, changed_tell, s, err);
    copy_release(&c);
    return rc == 0 ? 1 : -1;
}

static void rest(struct sender *s)
{
    uint64_t next_us = store_notice_next_us(s->o.store), now_us = clock_wall_us(), drain;
    int ms = IDLE_MS;
    if (next_us)
        ms = next_us <= now_us ? 0 : (int)((next_us - now_us) / 1000 + 1);
    struct pollfd p = {.fd = s->event_fd, .events = POLLIN};
    poll(&p, 1, ms < IDLE_MS ? ms : IDLE_MS);
    (void)!read(s->event_fd, &drain, sizeof drain);
}

void sender_run(struct sender *s)
{
    while (!atomic_load(&s->stop)) {
        struct err err = {0};
        int rc = send_one(s, &err);
        if (rc < 0) {
            log_error("%s; notices wait and are tried again", err.text);
            struct pollfd p = {.fd = s->event_fd, .events = POLLIN};
            poll(&p, 1, IDLE_MS);
        }
        if (rc <= 0 && !atomic_load(&s->stop))
            rest(s);
    }
}
