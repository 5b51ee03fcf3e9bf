/* analyzer/store/rows_json.c - rows as JSON: one form for the API and for the push stream. */
#include "analyzer/store/alerts.h"
#include "analyzer/store/incidents.h"
#include "analyzer/store/notices.h"
#include "analyzer/store/sensors.h"
#include "common/alert.h"
#include <cjson/cJSON.h>

/* A record from the wire, written anew: the parser forgives what a browser would choke on. */
static void put_record(struct json *j, const char *key, struct bytes text)
{
    cJSON *tree = text.len ? cJSON_ParseWithLength((const char *)text.p, text.len) : NULL;
    char *clean = tree ? cJSON_PrintUnformatted(tree) : NULL;
    if (clean)
        json_raw(j, key, bytes_str(clean));
    else
        json_null(j, key);
    cJSON_free(clean);
    cJSON_Delete(tree);
}

static void put_endpoint(struct json *j, const struct alert_row *a)
{
    json_strz(j, "src_ip", a->src);
    json_u64(j, "src_port", a->src_port);
    json_strz(j, "dest_ip", a->dst);
    json_u64(j, "dest_port", a->dst_port);
    json_strz(j, "proto", a->proto);
    json_strz(j, "app_proto", a->app_proto);
    json_strz(j, "direction", a->direction);
    json_strz(j, "host", a->host);
    json_strz(j, "ja4", a->ja4);
    json_strz(j, "country", a->country);
    json_u64(j, "asn", a->asn);
    json_strz(j, "as_name", a->as_name);
}

void alert_row_json(struct json *j, const struct alert_row *a, bool eve)
{
    char record[ALERT_ID_MAX];
    alert_id(a->sensor, a->epoch, a->seq, record);
    json_object(j, NULL);
    json_i64(j, "id", a->id);
    json_strz(j, "record", record);
    json_time(j, "timestamp", a->ts_us);
    json_time(j, "received", a->received_us);
    json_strz(j, "org", a->org);
    json_strz(j, "centre", a->centre);
    json_strz(j, "sensor", a->sensor);
    json_u64(j, "gid", a->gid);
    json_u64(j, "sid", a->sid);
    json_u64(j, "rev", a->rev);
    json_u64(j, "severity", a->severity);
    json_strz(j, "signature", a->signature);
    json_strz(j, "category", a->category);
    json_strz(j, "detector", a->detector);
    put_endpoint(j, a);
    json_u64(j, "flow_id", a->flow_id);
    json_strz(j, "community_id", a->community_id);
    json_i64(j, "detection", a->detection);
    json_bool(j, "drill", a->drill);
    if (eve)
        put_record(j, "eve", a->eve);
    json_object_end(j);
}

void detection_row_json(struct json *j, const struct detection_row *d)
{
    json_object(j, NULL);
    json_i64(j, "id", d->id);
    json_strz(j, "org", d->org);
    json_u64(j, "gid", d->gid);
    json_u64(j, "sid", d->sid);
    json_u64(j, "severity", d->severity);
    json_strz(j, "signature", d->signature);
    json_strz(j, "category", d->category);
    json_strz(j, "detector", d->detector);
    json_strz(j, "src_ip", d->src);
    json_strz(j, "dest_ip", d->dst);
    json_u64(j, "dest_port", d->dst_port);
    json_strz(j, "proto", d->proto);
    json_strz(j, "direction", d->direction);
    json_strz(j, "country", d->country);
    json_strz(j, "host", d->host);
    json_u64(j, "count", d->count);
    json_time(j, "first", d->first_us);
    json_time(j, "last", d->last_us);
    json_bool(j, "drill", d->drill);
    json_object_end(j);
}

static void put_pair(struct json *j, const char *key, const struct text_pair *t)
{
    json_object(j, key);
    json_strz(j, "ja", t->ja);
    json_strz(j, "en", t->en);
    json_object_end(j);
}

void incident_row_json(struct json *j, const struct incident_row *in)
{
    json_object(j, NULL);
    json_i64(j, "id", in->id);
    json_strz(j, "kind", in->kind);
    json_strz(j, "rule", in->rule);
    json_strz(j, "key", in->key);
    put_pair(j, "title", &in->title);
    put_pair(j, "why", &in->why);
    put_pair(j, "judgement", &in->judgement);
    put_pair(j, "action", &in->action);
    put_pair(j, "summary", &in->summary);
    json_strz(j, "confidence", in->confidence);
    json_u64(j, "due_hours", in->due_hours);
    json_u64(j, "severity", in->severity);
    json_strz(j, "state", in->state);
    json_u64(j, "orgs", in->org_count);
    json_u64(j, "alerts", in->alert_count);
    json_time(j, "first", in->first_us);
    json_time(j, "last", in->last_us);
    json_time(j, "created", in->created_us);
    json_time(j, "updated", in->updated_us);
    json_bool(j, "drill", in->drill);
    json_object_end(j);
}

void incident_org_row_json(struct json *j, const struct incident_org_row *o)
{
    json_object(j, NULL);
    json_strz(j, "org", o->org);
    json_u64(j, "alerts", o->alerts);
    json_u64(j, "detections", o->detections);
    json_time(j, "first", o->first_us);
    json_time(j, "last", o->last_us);
    json_object_end(j);
}

void timeline_row_json(struct json *j, const struct timeline_row *t)
{
    json_object(j, NULL);
    json_i64(j, "id", t->id);
    json_time(j, "timestamp", t->ts_us);
    json_strz(j, "org", t->org);
    json_strz(j, "kind", t->kind);
    json_i64(j, "detection", t->detection);
    put_pair(j, "text", &t->text);
    json_object_end(j);
}

/* A moment that may not have come yet. */
static void put_moment(struct json *j, const char *key, uint64_t ts_us)
{
    if (ts_us)
        json_time(j, key, ts_us);
    else
        json_null(j, key);
}

void notice_row_json(struct json *j, const struct notice_row *n, bool body)
{
    json_object(j, NULL);
    json_i64(j, "id", n->id);
    json_i64(j, "incident", n->incident);
    json_strz(j, "org", n->org);
    json_strz(j, "recipient", n->recipient);
    json_strz(j, "lane", n->lane);
    json_strz(j, "role", n->role);
    json_strz(j, "language", n->language);
    json_strz(j, "name", n->name);
    json_strz(j, "address", n->address);
    json_strz(j, "subject", n->subject);
    if (body)
        json_strz(j, "body", n->body);
    json_strz(j, "state", n->state);
    json_u64(j, "attempts", n->attempts);
    json_strz(j, "last_error", n->last_error);
    json_bool(j, "drill", n->drill);
    put_moment(j, "created", n->created_us);
    put_moment(j, "next_try", strcmp(n->state, "queued") == 0 ? n->next_try_us : 0);
    put_moment(j, "sent", n->sent_us);
    put_moment(j, "acknowledged", n->acknowledged_us);
    json_strz(j, "acknowledged_by", n->acknowledged_by);
    json_object_end(j);
}

static void epoch_put(void *ctx, const struct epoch_row *e)
{
    struct json *j = ctx;
    json_object(j, NULL);
    json_u64(j, "epoch", e->epoch);
    json_u64(j, "max_seq", e->max_seq);
    json_u64(j, "generated", e->generated > e->max_seq ? e->generated : e->max_seq);
    json_u64(j, "archived", e->alerts + e->stats);
    json_u64(j, "alerts", e->alerts);
    json_u64(j, "stats", e->stats);
    json_u64(j, "dead", e->dead);
    json_u64(j, "duplicates", e->duplicates);
    put_moment(j, "reported", e->reported_us);
    json_u64(j, "sent", e->sent);
    json_u64(j, "spooled", e->spooled);
    json_object(j, "shed");
    json_u64(j, "spool_full", e->shed_spool_full);
    json_u64(j, "spool_error", e->shed_spool_error);
    json_object_end(j);
    put_record(j, "packets", e->packets);
    json_object_end(j);
}

void sensor_row_json(struct json *j, struct store *s, const struct sensor_row *r)
{
    struct err err;
    json_object(j, NULL);
    json_strz(j, "sensor", r->sensor);
    json_strz(j, "org", r->org);
    json_strz(j, "centre", r->centre);
    json_bool(j, "drill", r->drill);
    json_u64(j, "epoch", r->epoch);
    put_moment(j, "timestamp", r->ts_us);
    put_moment(j, "received", r->received_us);
    json_array(j, "epochs");
    store_epochs(s, r->sensor, epoch_put, j, &err);
    json_array_end(j);
    put_record(j, "stats", r->stats);
    json_object_end(j);
}

void dead_row_json(struct json *j, const struct dead_row *d)
{
    json_object(j, NULL);
    json_i64(j, "id", d->id);
    json_strz(j, "stream", d->stream);
    json_strz(j, "entry", d->entry);
    json_strz(j, "org", d->org);
    json_strz(j, "reason", d->reason);
    json_strz(j, "sensor", d->sensor);
    json_u64(j, "epoch", d->epoch);
    json_u64(j, "seq", d->seq);
    json_time(j, "received", d->received_us);
    json_str(j, "body", d->body);
    json_object_end(j);
}

void stream_row_json(struct json *j, const struct stream_row *r)
{
    json_object(j, NULL);
    json_strz(j, "stream", r->stream);
    json_strz(j, "org", r->org);
    json_u64(j, "length", r->length);
    json_u64(j, "waiting", r->waiting);
    json_time(j, "updated", r->updated_us);
    json_object_end(j);
}
