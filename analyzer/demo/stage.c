/* analyzer/demo/stage.c - starts Redis, mail receiver, analyzer and sensors. See demo.h. */
#include "analyzer/demo/demo.h"
#include "common/shared.h"
#include "common/clock.h"
#include "common/file.h"
#include "common/redis.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define PYTHON        "/usr/bin/python3"
#define TOR_GEOIP     "/usr/share/tor/geoip"
#define PORT_ATTEMPTS 5

void demo_path(const struct demo *d, const char *name, char out[DEMO_PATH_MAX])
{
    snprintf(out, DEMO_PATH_MAX, "%s/%s", d->run, name);
}

int demo_wait(struct demo *d, const char *what, struct err *err)
{
    if (!children_pause(&d->children, 100))
        return err_set(err, "interrupted while waiting for %s", what);
    if (clock_monotonic_us() > d->deadline_us)
        return err_set(err, "no more patience: still waiting for %s", what);
    for (size_t i = 0; i < d->children.count; i++) {
        const struct child *ch = &d->children.all[i];
        if (!ch->running && ch->status != 0)
            return child_failure(ch, err);
    }
    return 0;
}

static void log_path(const struct demo *d, const char *name, char log[DEMO_PATH_MAX])
{
    char file[96];
    snprintf(file, sizeof file, "%s.log", name);
    demo_path(d, file, log);
}

static struct child *start(struct demo *d, const char *name, const char *const argv[], int out_fd,
                           struct err *err)
{
    char log[DEMO_PATH_MAX];
    log_path(d, name, log);
    return children_start(&d->children, name, argv, log, out_fd, err);
}

/* Runs a program to its end. 0 when its status is 0, else -1 and err. */
static int run(struct demo *d, const char *name, const char *const argv[], struct err *err)
{
    char log[DEMO_PATH_MAX];
    log_path(d, name, log);
    return child_run(&d->children, name, argv, log, -1, err);
}

/* ---- Redis, on a Unix socket alone ---- */

static bool redis_answers(const struct demo *d)
{
    struct redis *r = redis_new(&(struct redis_options){.address = d->redis, .timeout_ms = 1000});
    bool up = redis_connect(r, NULL) == 0;
    redis_free(r);
    return up;
}

static int start_redis(struct demo *d, struct err *err)
{
    char socket_path[DEMO_PATH_MAX];
    demo_path(d, "redis.sock", socket_path);
    snprintf(d->redis, sizeof d->redis, "unix:%.4000s", socket_path);
    const char *argv[] = {"redis-server", "--port",           "0",   "--unixsocket",
                          socket_path,    "--unixsocketperm", "700", "--dir",
                          d->run,         "--save",           "",    "--maxmemory-policy",
                          "noeviction",   "--appendonly",     "no",  NULL};
    if (!start(d, "redis", argv, -1, err))
        return -1;
    while (!redis_answers(d))
        if (demo_wait(d, "Redis to answer", err) != 0)
            return -1;
    return 0;
}

/* ---- mail, into a maildir ---- */

static int loopback_socket(uint16_t port, struct sockaddr_in *at)
{
    *at = (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

/* A port nobody uses now; somebody may take it before we do, so the caller tries again. 0: none. */
static uint16_t free_port(void)
{
    struct sockaddr_in at;
    socklen_t len = sizeof at;
    int fd = loopback_socket(0, &at);
    bool got = fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof at) == 0 &&
               getsockname(fd, (struct sockaddr *)&at, &len) == 0;
    if (fd >= 0)
        close(fd);
    return got ? ntohs(at.sin_port) : 0;
}

static bool mail_answers(uint16_t port)
{
    struct sockaddr_in at;
    char greeting[4] = {0};
    int fd = loopback_socket(port, &at);
    struct timeval patience = {.tv_sec = 1};
    bool up = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0 &&
              connect(fd, (struct sockaddr *)&at, sizeof at) == 0 &&
              recv(fd, greeting, 3, MSG_WAITALL) == 3 && strcmp(greeting, "220") == 0;
    if (fd >= 0)
        close(fd);
    return up;
}

/* 1 ready, 0 the port was taken, -1 and err. */
static int try_mail(struct demo *d, struct err *err)
{
    char address[32];
    d->mail_port = free_port();
    snprintf(address, sizeof address, "127.0.0.1:%u", d->mail_port);
    const char *argv[] = {PYTHON, "-m",    "aiosmtpd", "-n", "-c", "aiosmtpd.handlers.Mailbox",
                          "-l",   address, d->mail,    NULL};
    struct child *ch = start(d, "mail", argv, -1, err);
    if (!ch)
        return -1;
    while (ch->running) {
        if (mail_answers(d->mail_port))
            return 1;
        if (clock_monotonic_us() > d->deadline_us || !children_pause(&d->children, 100))
            return err_set(err, "the mail receiver does not answer on %s", address);
    }
    child_failure(ch, err);
    d->children.count--; /* the newest: make room for the next attempt */
    return 0;
}

static int start_mail(struct demo *d, struct err *err)
{
    demo_path(d, "mail", d->mail);
    for (int i = 0; i < PORT_ATTEMPTS; i++) {
        int rc = try_mail(d, err);
        if (rc != 0)
            return rc < 0 ? -1 : 0;
    }
    return -1;
}

/* ---- country data, first user, analyzer ---- */

/* Country data from Debian's tor-geoipdb, when it is installed. Absent: alerts bear no country. */
static int make_geoip(struct demo *d, const char *self, struct err *err)
{
    if (access(TOR_GEOIP, R_OK) != 0)
        return 0;
    demo_path(d, "country.mmdb", d->geoip);
    const char *argv[] = {self, "geoip", d->geoip, NULL};
    return run(d, "geoip", argv, err);
}

static int add_admin(struct demo *d, const char *self, struct err *err)
{
    char file[DEMO_PATH_MAX];
    password_make(d->password);
    demo_path(d, "admin.password", file);
    if (file_replace(file, bytes_str(d->password), err) != 0)
        return -1;
    const char *argv[] = {self,    "users",  "add",   DEMO_ADMIN,        "--role",
                          "admin", "--data", d->data, "--password-file", file,
                          NULL};
    return run(d, "users", argv, err);
}

/* Takes "console: http://127.0.0.1:PORT/" out of what was read so far. */
static bool console_read(struct demo *d, const char *said)
{
    const char *at = strstr(said, "console: ");
    const char *end = at ? strchr(at, '\n') : NULL;
    if (!end)
        return false;
    at += strlen("console: ");
    snprintf(d->console, sizeof d->console, "%.*s", (int)(end - at), at);
    return true;
}

static int wait_console(struct demo *d, int fd, struct err *err)
{
    char said[1024];
    size_t n = 0;
    for (;;) {
        ssize_t got = read(fd, said + n, sizeof said - 1 - n);
        if (got > 0)
            n += (size_t)got;
        said[n] = 0;
        if (console_read(d, said))
            return 0;
        if (n == sizeof said - 1)
            return err_set(err, "the analyzer speaks, but does not name its console");
        if (demo_wait(d, "the analyzer's console", err) != 0)
            return -1;
    }
}

static int start_analyzer(struct demo *d, struct err *err)
{
    char program[PLACE_MAX], correlation[PLACE_MAX], dashboards[PLACE_MAX], smtp[64];
    if (place_program("sekisho-analyzer", program, err) != 0 ||
        shared_find("rules/correlation", correlation, err) != 0 ||
        shared_find("dashboards", dashboards, err) != 0)
        return -1;
    snprintf(smtp, sizeof smtp, "smtp://127.0.0.1:%u", d->mail_port);
    const char *argv[32] = {
        program,     "--redis",  d->redis,   "--orgs",      d->orgs_file,
        "--data",    d->data,    "--listen", "127.0.0.1:0", "--rules",
        correlation, "--smtp",   smtp,       "--mail-from", "sekisho@nisc.example",
        "--console", dashboards, "--name",   "demo"};
    size_t n = 19;
    if (d->geoip[0]) {
        argv[n++] = "--geoip";
        argv[n++] = d->geoip;
    }
    int out[2];
    if (pipe2(out, O_CLOEXEC) != 0 || fcntl(out[0], F_SETFL, O_NONBLOCK) != 0)
        return err_set(err, "no pipe for the analyzer: %s", strerror(errno));
    d->analyzer = start(d, "analyzer", argv, out[1], err);
    close(out[1]);
    int rc = d->analyzer ? wait_console(d, out[0], err) : -1;
    if (rc == 0)
        d->store = store_open(d->data, STORE_READER, err);
    /* The pipe stays open: the analyzer may say more, and nobody needs to read it. */
    return rc == 0 && d->store ? 0 : -1;
}

int demo_stage(struct demo *d, struct err *err)
{
    char self[PLACE_MAX];
    demo_path(d, "data", d->data);
    if (place_program("sekisho", self, err) != 0 ||
        shared_find("pcaps/orgs.yaml", d->orgs_file, err) != 0)
        return -1;
    d->directory = directory_load(d->orgs_file, err);
    if (!d->directory)
        return -1;
    printf("Redis, mail receiver and analyzer ...\n");
    fflush(stdout);
    if (start_redis(d, err) != 0 || start_mail(d, err) != 0 || make_geoip(d, self, err) != 0 ||
        add_admin(d, self, err) != 0 || start_analyzer(d, err) != 0)
        return -1;
    return 0;
}

/* ---- sensors ---- */

static void append(char *text, size_t cap, const char *more)
{
    size_t n = strlen(text);
    snprintf(text + n, cap - n, "%s%s", n > 1 ? "," : "", more);
}

/* "[192.0.2.0/24,10.20.0.0/16]" of the directory's networks. */
static void home_net(const struct org *o, char *out, size_t cap)
{
    snprintf(out, cap, "[");
    for (unsigned i = 0; i < o->networks_count; i++)
        append(out, cap, o->networks[i]);
    for (unsigned i = 0; i < o->internal_networks_count; i++)
        append(out, cap, o->internal_networks[i]);
    size_t n = strlen(out);
    snprintf(out + n, cap - n, "]");
}

static int start_sensor(struct demo *d, struct demo_sensor *s, struct err *err)
{
    char program[PLACE_MAX], home[2048], file[96];
    if (place_program("sekisho-sensor", program, err) != 0)
        return -1;
    home_net(s->org, home, sizeof home);
    snprintf(file, sizeof file, "spool-%s", s->name);
    demo_path(d, file, s->spool);
    const char *argv[32] = {program,
                            "-r",
                            s->captures,
                            "--org",
                            s->org->id,
                            "--sensor",
                            s->name,
                            "--centre",
                            s->org->centre,
                            "--redis",
                            d->redis,
                            "--spool",
                            s->spool,
                            "--home-net",
                            home,
                            "--set",
                            "eve-log.types=alert"};
    size_t n = 17;
    if (d->geoip[0]) {
        argv[n++] = "--geoip";
        argv[n++] = d->geoip;
    }
    s->child = start(d, s->name, argv, -1, err);
    return s->child ? 0 : -1;
}

int demo_sensors(struct demo *d, struct err *err)
{
    for (unsigned i = 0; i < d->directory->orgs_count; i++) {
        const struct org *o = &d->directory->orgs[i];
        struct demo_sensor *s = &d->sensors[d->sensor_count];
        char folder[128];
        snprintf(folder, sizeof folder, "pcaps/%.100s", o->id);
        if (d->sensor_count == DEMO_SENSORS_MAX)
            return err_set(err, "%s: more than %d organisations", d->orgs_file, DEMO_SENSORS_MAX);
        if (shared_find(folder, s->captures, err) != 0)
            return -1;
        s->org = o;
        s->name = o->gateways_count ? o->gateways[0] : o->id;
        d->sensor_count++;
        if (start_sensor(d, s, err) != 0)
            return -1;
    }
    return 0;
}
