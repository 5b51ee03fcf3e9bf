/* sensor/output/wire.c - stamps records and hands them to the spool; see output.h. */
#include "sensor/output/output.h"
#include "sensor/output/sender.h"
#include <signal.h>

struct wire {
    char sensor[SENSOR_ID_MAX], centre[SENSOR_ID_MAX];
    bool drill;
    uint64_t epoch;
    struct spool *spool;
    struct sender *sender;
    struct json line;
};

const char *shed_reason_name(enum shed_reason r)
{
    static const char *const name[SHED_REASONS] = {"spool_full", "spool_error"};
    return r < SHED_REASONS ? name[r] : "unknown";
}

/* A file size limit must come back as an error from write(), which is counted, not as a signal. */
static void refuse_size_signal(void)
{
    struct sigaction now;
    if (sigaction(SIGXFSZ, NULL, &now) == 0 && now.sa_handler == SIG_DFL)
        signal(SIGXFSZ, SIG_IGN);
}

struct wire *wire_open(const struct wire_options *o, struct err *err)
{
    if (!sensor_name_is_valid(bytes_str(o->sensor))) {
        err_set(err, "sensor id \"%s\": wants 1 to 63 letters, digits, '-', '_' or '.'",
                o->sensor ? o->sensor : "");
        return NULL;
    }
    const struct spool_options spool = {.dir = o->spool_dir,
                                        .sensor = o->sensor,
                                        .cap_bytes = o->spool_cap_bytes ? o->spool_cap_bytes
                                                                        : (uint64_t)1 << 30};
    refuse_size_signal();
    struct wire *w = calloc(1, sizeof *w);
    ASSERT(w);
    snprintf(w->sensor, sizeof w->sensor, "%s", o->sensor);
    snprintf(w->centre, sizeof w->centre, "%s", o->centre ? o->centre : "");
    w->drill = o->drill;
    w->spool = spool_open(&spool, err);
    if (!w->spool) {
        free(w);
        return NULL;
    }
    w->epoch = spool_epoch(w->spool);
    const struct sender_options sender = {.spool = w->spool,
                                          .address = o->redis_address,
                                          .user = o->redis_user,
                                          .password_file = o->redis_password_file,
                                          .batch = o->batch ? o->batch : 256};
    w->sender = sender_new(&sender);
    return w;
}

/* The line with the "sekisho" object as its last member. */
static void stamp(struct wire *w, const char *org, uint64_t seq, struct bytes line,
                  struct bytes extra)
{
    struct json *j = &w->line;
    char id[ALERT_ID_MAX];
    ASSERT(line.len >= 2 && line.p[line.len - 1] == '}');
    json_reset(j);
    json_raw(j, NULL, bytes_slice(line, 0, line.len - 1));
    json_object(j, "sekisho");
    json_str(j, "id", bytes_of(id, alert_id(w->sensor, w->epoch, seq, id)));
    json_strz(j, "org", org);
    json_strz(j, "sensor", w->sensor);
    json_strz(j, "centre", w->centre);
    json_u64(j, "epoch", w->epoch);
    json_u64(j, "seq", seq);
    if (w->drill)
        json_bool(j, "drill", true);
    if (extra.len)
        json_raw(j, NULL, extra);
    json_object_end(j);
    json_object_end(j);
}

bool wire_put(struct wire *w, enum wire_stream stream, const char *org, unsigned severity,
              struct bytes line, struct bytes extra, struct bytes *stamped)
{
    char key[STREAM_KEY_MAX];
    struct segment_record r = {.seq = spool_next_seq(w->spool),
                               .severity = (uint8_t)(severity < 4 ? severity : 4)};
    ASSERT(org_id_is_valid(bytes_str(org)));
    if (stream == WIRE_STATS)
        snprintf(key, sizeof key, STREAM_STATS, org);
    else
        snprintf(key, sizeof key, STREAM_ALERTS, org);
    stamp(w, org, r.seq, line, extra);
    r.key = bytes_str(key);
    r.payload = json_bytes(&w->line);
    if (stamped)
        *stamped = r.payload;
    return spool_append(w->spool, &r);
}

void wire_flush(struct wire *w)
{
    spool_flush(w->spool);
    sender_wake(w->sender);
}

void wire_counters(struct wire *w, struct wire_counters *out)
{
    struct spool_state state;
    struct sender_state sender;
    spool_state(w->spool, &state);
    sender_state(w->sender, &sender);
    *out = (struct wire_counters){.epoch = state.epoch,
                                  .spool_bytes = state.disk_bytes,
                                  .connected = sender.connected,
                                  .reconnects = sender.reconnects};
    snprintf(out->last_error, sizeof out->last_error, "%s", sender.last_error);
    for (unsigned i = 0; i < state.ledger.count; i++) {
        const struct ledger_epoch *e = &state.ledger.epochs[i];
        if (e->epoch != state.epoch) {
            out->older_spooled += e->spooled;
            continue;
        }
        out->generated = e->generated;
        out->sent = e->sent;
        out->spooled = e->spooled;
        out->shed[SHED_SPOOL_FULL] = e->shed_spool_full;
        out->shed[SHED_SPOOL_ERROR] = e->shed_spool_error;
    }
}

void wire_ledger(struct wire *w, struct ledger *out)
{
    struct spool_state state;
    spool_state(w->spool, &state);
    *out = state.ledger;
}

bool wire_drain(struct wire *w, unsigned timeout_ms)
{
    wire_flush(w);
    return sender_drain(w->sender, timeout_ms);
}

void wire_close(struct wire *w)
{
    if (!w)
        return;
    sender_free(w->sender);
    spool_close(w->spool);
    json_release(&w->line);
    free(w);
}
