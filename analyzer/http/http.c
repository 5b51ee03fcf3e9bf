/* analyzer/http/http.c - see http.h: the daemon and the way of a request through it. */
#include "analyzer/http/http.h"
#include "analyzer/http/exchange.h"
#include "analyzer/http/files.h"
#include "analyzer/http/listen.h"
#include "analyzer/http/respond.h"
#include "analyzer/http/slow.h"
#include "analyzer/http/stream.h"
#include "common/log.h"
#include "common/text.h"
#include <sodium.h>
#include <unistd.h>

enum { THREADS = 4, CONNECTIONS_MAX = 500, IDLE_S = 60, MEMORY_PER_CONNECTION = 32 * 1024 };

struct http {
    struct MHD_Daemon *daemon;
    struct files *files;
    struct slow *slow;
    struct push *push;
    http_handler handle;
    void *ctx;
    size_t body_cap;
    char address[LISTEN_TEXT_MAX];
};

static void slow_run(void *job)
{
    struct exchange *x = job;
    x->request.on_slow_worker = true;
    enum http_result result = x->http->handle(x->http->ctx, &x->request, &x->response);
    ASSERT(result == HTTP_DONE);
    x->state = EXCHANGE_READY;
    MHD_resume_connection(x->connection);
}

static void slow_before(void *job)
{
    struct exchange *x = job;
    x->state = EXCHANGE_SLOW;
    MHD_suspend_connection(x->connection);
}

static enum MHD_Result api_answer(struct exchange *x)
{
    if (x->response.stream)
        return respond_stream(x, x->http->push);
    return respond_api(x);
}

static enum MHD_Result api_dispatch(struct exchange *x, const char *method)
{
    x->request = (struct http_request){
        .method = method,
        .path = x->path,
        .client = x->client,
        .body = bytes_of(x->body, x->body_len),
        .native = x->connection,
    };
    if (x->http->handle(x->http->ctx, &x->request, &x->response) == HTTP_DONE)
        return api_answer(x);
    if (slow_submit(x->http->slow, x, slow_before))
        return MHD_YES;
    return respond_error(x->connection, MHD_HTTP_SERVICE_UNAVAILABLE, "busy; try again in a moment",
                         NULL, 2);
}

static enum MHD_Result file_dispatch(struct exchange *x, const char *method)
{
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return respond_error(x->connection, MHD_HTTP_METHOD_NOT_ALLOWED,
                             "only GET and HEAD work here", "GET, HEAD", 0);
    const struct file_entry *f = files_find(x->http->files, x->path);
    return f ? respond_file(x->connection, f)
             : respond_error(x->connection, MHD_HTTP_NOT_FOUND, "no such page", NULL, 0);
}

static enum MHD_Result dispatch(struct exchange *x, const char *method)
{
    if (x->body_too_large)
        return respond_error(x->connection, MHD_HTTP_CONTENT_TOO_LARGE, "request too large", NULL,
                             0);
    bool api = strncmp(x->path, "/api/", 5) == 0;
    return api ? api_dispatch(x, method) : file_dispatch(x, method);
}

/* The head has arrived: what can be refused now is refused before the body is sent. */
static enum MHD_Result head_arrived(struct exchange *x)
{
    uint64_t length;
    const char *text =
        MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, "Content-Length");
    x->state = EXCHANGE_BODY;
    if (!x->path_is_plain)
        return respond_error(x->connection, MHD_HTTP_BAD_REQUEST, "malformed path", NULL, 0);
    if (text && !text_u64(bytes_str(text), 0, x->http->body_cap, &length))
        return respond_error(x->connection, MHD_HTTP_CONTENT_TOO_LARGE, "request too large", NULL,
                             0);
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    listen_peer_text(info->client_addr, x->client);
    return MHD_YES;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *c, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *data_len, void **con_cls)
{
    (void)url, (void)version;
    struct http *h = cls;
    struct exchange *x = *con_cls;
    if (!x)
        return MHD_NO;
    x->connection = c;
    if (x->state == EXCHANGE_NEW)
        return head_arrived(x);
    if (x->state == EXCHANGE_READY)
        return api_answer(x);
    if (x->state == EXCHANGE_SLOW) /* woken before the worker is done */
        return MHD_YES;
    if (*data_len == 0)
        return dispatch(x, method);
    exchange_take(x, data, *data_len, h->body_cap);
    *data_len = 0;
    return MHD_YES;
}

static void *on_target(void *cls, const char *target, struct MHD_Connection *c)
{
    (void)c;
    return exchange_new(cls, target);
}

static void on_end(void *cls, struct MHD_Connection *c, void **con_cls,
                   enum MHD_RequestTerminationCode why)
{
    (void)cls, (void)c, (void)why;
    if (*con_cls)
        exchange_free(*con_cls);
    *con_cls = NULL;
}

static void on_log(void *cls, const char *fmt, va_list args) __attribute__((format(printf, 2, 0)));
static void on_log(void *cls, const char *fmt, va_list args)
{
    (void)cls;
    char line[256];
    vsnprintf(line, sizeof line, fmt, args);
    line[strcspn(line, "\n")] = '\0';
    log_debug("console: %s", line);
}

static int daemon_start(struct http *h, const char *listen, struct err *err)
{
    int fd = listen_open(listen, h->address, err);
    if (fd < 0)
        return -1;
    h->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL,
        on_request, h, MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_URI_LOG_CALLBACK, on_target, h, MHD_OPTION_NOTIFY_COMPLETED, on_end, NULL,
        MHD_OPTION_THREAD_POOL_SIZE, (unsigned)THREADS, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY_PER_CONNECTION,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
    if (h->daemon)
        return 0;
    close(fd);
    return err_set(err, "--listen %s: the web server did not start", listen);
}

struct http *http_start(const struct http_options *o, struct err *err)
{
    ASSERT(sodium_init() >= 0);
    struct http *h = calloc(1, sizeof *h);
    ASSERT(h);
    *h = (struct http){
        .push = o->push,
        .handle = o->handle,
        .ctx = o->ctx,
        .body_cap = o->body_cap_bytes ? o->body_cap_bytes : 64 * 1024,
        .slow = slow_new(slow_run),
    };
    h->files = files_load(o->console_dir, err);
    if (h->files && daemon_start(h, o->listen, err) == 0)
        return h;
    slow_stop(h->slow);
    slow_free(h->slow);
    files_free(h->files);
    free(h);
    return NULL;
}

const char *http_address(const struct http *h)
{
    return h->address;
}

/* Nothing may sleep when the daemon stops: streams end first, then the slow worker's queue; neither
 * takes a request from then on. So the daemon need not be quiesced before, whose threads and caller
 * may both take the listening socket out of epoll (libmicrohttpd 0.9.75 ends the program then). */
void http_stop(struct http *h)
{
    if (!h)
        return;
    push_close(h->push);
    slow_stop(h->slow);
    MHD_stop_daemon(h->daemon);
    slow_free(h->slow);
    files_free(h->files);
    free(h);
}
