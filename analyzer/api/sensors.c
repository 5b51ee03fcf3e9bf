/* analyzer/api/sensors.c - sensors with their equations, streams in Redis, unreadable entries. */
#include "analyzer/api/call.h"
#include "analyzer/store/sensors.h"

static void sensor_row(void *ctx, const struct sensor_row *r)
{
    struct call *c = ctx;
    sensor_row_json(c->body, c->store, r);
}

static void stream_row(void *ctx, const struct stream_row *r)
{
    struct call *c = ctx;
    stream_row_json(c->body, r);
}

/* The body of a dead letter may hold what was said on the wire; only its reason is shown here. */
static void dead_row(void *ctx, const struct dead_row *d)
{
    struct call *c = ctx;
    struct dead_row row = *d;
    row.body = bytes_str("");
    dead_row_json(c->body, &row);
}

enum http_result api_sensors(struct call *c)
{
    struct store_scope *scope = &c->access.scope;
    json_object(c->body, NULL);
    json_time(c->body, "now", c->now_us);
    json_array(c->body, "sensors");
    int rc = store_sensors(c->store, scope, sensor_row, c, &c->err);
    json_array_end(c->body);
    json_array(c->body, "streams");
    if (rc >= 0)
        rc = store_streams(c->store, scope, stream_row, c, &c->err);
    json_array_end(c->body);
    json_array(c->body, "dead");
    if (rc >= 0)
        rc = store_dead(c->store, scope, 0, 20, dead_row, c, &c->err);
    json_array_end(c->body);
    json_object_end(c->body);
    return call_end(c, rc);
}
