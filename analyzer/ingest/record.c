/* analyzer/ingest/record.c - see record.h. Sources: EVE as Suricata 7 documents it, common/alert.h.
 */
#include "analyzer/ingest/record.h"
#include "common/text.h"
#include <ctype.h>

#define EXACT_MAX                                                                                  \
    9007199254740992.0 /* 2^53: whole numbers beyond are not exact in JSON readers                 \
                        */
#define NAME_MAX_BYTES  255
#define TITLE_MAX_BYTES 1023

/* ---- members -----------------------------------------------------------------------------------
 */

static const cJSON *get(const cJSON *object, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(object, key);
}

/* Cuts a string of the tree in place, between characters. */
static const char *cut(cJSON *item, size_t max)
{
    char *s = item->valuestring;
    if (strlen(s) > max)
        s[text_utf8_valid(bytes_of(s, max))] = 0;
    return s;
}

/* The member as text; "" when absent, NULL when it is no string. */
static const char *get_text(const cJSON *object, const char *key, size_t max)
{
    cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    if (!item)
        return "";
    return cJSON_IsString(item) ? cut(item, max) : NULL;
}

static bool to_u64(const cJSON *item, uint64_t max, uint64_t *out)
{
    if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0 && item->valuedouble <= EXACT_MAX))
        return false;
    *out = (uint64_t)item->valuedouble;
    return (double)*out == item->valuedouble && *out <= max;
}

/* An optional whole number: 0 when absent; false when it is there and none. */
static bool get_u64(const cJSON *object, const char *key, uint64_t max, uint64_t *out)
{
    const cJSON *item = get(object, key);
    *out = 0;
    return !item || to_u64(item, max, out);
}

/* ---- the stamp ---------------------------------------------------------------------------------
 */

static bool sensor_id_is_valid(const char *id)
{
    size_t n = strlen(id);
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)id[i]) && !strchr("._-", id[i]))
            return false;
    return n > 0 && n < SENSOR_ID_MAX;
}

static bool copy_member(const cJSON *object, const char *key, char *out, size_t cap)
{
    const cJSON *item = get(object, key);
    if (!cJSON_IsString(item) || strlen(item->valuestring) >= cap)
        return false;
    snprintf(out, cap, "%s", item->valuestring);
    return true;
}

static const char *stamp_read(const cJSON *tree, struct record_stamp *s)
{
    const cJSON *own = get(tree, "sekisho"), *drill = get(own, "drill");
    struct record_stamp r = {.epoch = 0};
    if (!cJSON_IsObject(own))
        return "no sekisho object";
    if (!copy_member(own, "org", r.org, sizeof r.org) || !org_id_is_valid(bytes_str(r.org)))
        return "sekisho.org is missing or no id";
    if (!copy_member(own, "sensor", r.sensor, sizeof r.sensor) || !sensor_id_is_valid(r.sensor))
        return "sekisho.sensor is missing or no id";
    if (!copy_member(own, "centre", r.centre, sizeof r.centre))
        return "sekisho.centre is missing";
    if (!to_u64(get(own, "epoch"), UINT64_MAX, &r.epoch) || r.epoch == 0)
        return "sekisho.epoch is missing or no number";
    if (!to_u64(get(own, "seq"), UINT64_MAX, &r.seq) || r.seq == 0)
        return "sekisho.seq is missing or no number";
    if (drill && !cJSON_IsBool(drill))
        return "sekisho.drill is neither true nor false";
    r.drill = cJSON_IsTrue(drill);
    *s = r;
    return NULL;
}

/* ---- alerts ------------------------------------------------------------------------------------
 */

static bool address_read(const cJSON *tree, const char *key, struct addr *a,
                         char text[ADDR_TEXT_MAX])
{
    const cJSON *item = get(tree, key);
    if (!item)
        return true;
    if (!cJSON_IsString(item) || !addr_parse(bytes_str(item->valuestring), a))
        return false;
    text[addr_text(a, text)] = 0; /* one spelling for equal addresses */
    return true;
}

static const char *endpoints_read(const cJSON *tree, struct record *r)
{
    struct alert_row *a = &r->alert;
    uint64_t sport, dport;
    if (!address_read(tree, "src_ip", &r->src, r->src_text))
        return "src_ip is no address";
    if (!address_read(tree, "dest_ip", &r->dst, r->dst_text))
        return "dest_ip is no address";
    if (!get_u64(tree, "src_port", 65535, &sport) || !get_u64(tree, "dest_port", 65535, &dport))
        return "a port is no port";
    a->src = r->src_text;
    a->dst = r->dst_text;
    a->src_port = (uint16_t)sport;
    a->dst_port = (uint16_t)dport;
    return NULL;
}

static const char *alert_object_read(const cJSON *alert, struct record *r)
{
    struct alert_row *a = &r->alert;
    uint64_t gid, rev, severity;
    if (!cJSON_IsObject(alert))
        return "no alert object";
    if (!to_u64(get(alert, "signature_id"), UINT32_MAX, &a->sid))
        return "alert.signature_id is missing or no number";
    if (!to_u64(get(alert, "gid"), UINT32_MAX, &gid))
        return "alert.gid is missing or no number";
    if (!to_u64(get(alert, "severity"), 255, &severity) || severity == 0)
        return "alert.severity is missing or not 1 to 255";
    if (!get_u64(alert, "rev", UINT32_MAX, &rev))
        return "alert.rev is no number";
    if (!cJSON_IsString(get(alert, "signature")))
        return "alert.signature is missing or no text";
    a->gid = (uint32_t)gid;
    a->rev = (uint32_t)rev;
    a->severity = severity > 4 ? 4 : (uint32_t)severity;
    a->signature = get_text(alert, "signature", TITLE_MAX_BYTES);
    a->category = get_text(alert, "category", NAME_MAX_BYTES);
    if (!a->category)
        return "alert.category is no text";
    const cJSON *metadata = get(alert, "metadata");
    if (metadata && !cJSON_IsObject(metadata))
        return "alert.metadata is no object";
    r->metadata = metadata;
    return NULL;
}

/* The first of these members that is a non-empty string. */
static const char *first_text(const cJSON *const *objects, const char *const *keys, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *text = get_text(objects[i], keys[i], NAME_MAX_BYTES);
        if (text && *text)
            return text;
    }
    return "";
}

/* The name the client asked for, wherever its protocol says it. */
static const char *host_of(const cJSON *tree)
{
    const cJSON *dns = get(tree, "dns");
    const cJSON *objects[] = {get(tree, "http"),
                              get(tree, "tls"),
                              get(tree, "quic"),
                              dns,
                              cJSON_GetArrayItem(get(dns, "query"), 0),
                              cJSON_GetArrayItem(get(dns, "queries"), 0),
                              get(tree, "sekisho")};
    const char *keys[] = {"hostname", "sni", "sni", "rrname", "rrname", "rrname", "host"};
    return first_text(objects, keys, 7);
}

static const char *alert_read(const cJSON *tree, struct record *r)
{
    struct alert_row *a = &r->alert;
    const char *why = endpoints_read(tree, r);
    if (!why)
        why = alert_object_read(get(tree, "alert"), r);
    if (why)
        return why;
    const cJSON *tls = get(tree, "tls"), *quic = get(tree, "quic");
    const cJSON *fingerprints[] = {tls, quic};
    const char *ja4[] = {"ja4", "ja4"};
    a->proto = get_text(tree, "proto", 32);
    a->app_proto = get_text(tree, "app_proto", 32);
    a->community_id = get_text(tree, "community_id", 64);
    a->detector = get_text(get(tree, "sekisho"), "detector", 64);
    if (!a->proto || !a->app_proto || !a->community_id || !a->detector)
        return "proto, app_proto, community_id or sekisho.detector is no text";
    if (!get_u64(tree, "flow_id", UINT64_MAX, &a->flow_id))
        return "flow_id is no number";
    a->host = host_of(tree);
    a->ja4 = first_text(fingerprints, ja4, 2);
    a->direction = a->country = a->as_name = "";
    a->sensor = r->stamp.sensor;
    a->org = r->stamp.org;
    a->centre = r->stamp.centre;
    a->epoch = r->stamp.epoch;
    a->seq = r->stamp.seq;
    a->drill = r->stamp.drill;
    return NULL;
}

/* ---- statistics --------------------------------------------------------------------------------
 */

static bool ignored_sum(const cJSON *ignored, uint64_t *sum)
{
    const cJSON *item;
    uint64_t n;
    *sum = 0;
    cJSON_ArrayForEach(item, ignored)
    {
        if (!to_u64(item, UINT64_MAX, &n))
            return false;
        *sum += n;
    }
    return true;
}

static const char *packets_read(const cJSON *packets, struct record *r)
{
    struct stats_row *s = &r->stats;
    if (!packets)
        return NULL;
    if (!cJSON_IsObject(packets) || !get_u64(packets, "seen", UINT64_MAX, &s->packets_seen) ||
        !get_u64(packets, "inspected", UINT64_MAX, &s->packets_inspected) ||
        !get_u64(packets, "dropped", UINT64_MAX, &s->packets_dropped) ||
        !ignored_sum(get(packets, "ignored"), &s->packets_ignored))
        return "sekisho.packets does not hold numbers";
    r->packets = cJSON_PrintUnformatted(packets);
    s->packets = bytes_str(r->packets);
    return NULL;
}

static const char *ledger_of(const cJSON *ledger, struct ledger *out)
{
    struct err err;
    if (!ledger)
        return NULL;
    char *text = cJSON_PrintUnformatted(ledger);
    bool ok = text && ledger_parse(bytes_str(text), out, &err) == 0;
    cJSON_free(text);
    return ok ? NULL : "sekisho.ledger is not one";
}

static const char *stats_read(const cJSON *tree, struct record *r)
{
    struct stats_row *s = &r->stats;
    const cJSON *own = get(tree, "sekisho");
    if (!cJSON_IsObject(get(tree, "stats")))
        return "no stats object";
    const char *why = packets_read(get(own, "packets"), r);
    if (!why)
        why = ledger_of(get(own, "ledger"), &s->ledger);
    if (!why && s->ledger.count && strcmp(s->ledger.sensor, r->stamp.sensor) != 0)
        why = "sekisho.ledger is of another sensor";
    s->sensor = r->stamp.sensor;
    s->org = r->stamp.org;
    s->centre = r->stamp.centre;
    s->epoch = r->stamp.epoch;
    s->seq = r->stamp.seq;
    s->drill = r->stamp.drill;
    return why;
}

/* ---- the whole ---------------------------------------------------------------------------------
 */

/* What cJSON lets pass and other readers do not: bytes that are no UTF-8, raw control characters.
 */
static bool text_is_clean(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.p[i] < 0x20 && text.p[i] != '\n' && text.p[i] != '\r' && text.p[i] != '\t')
            return false;
    return text_utf8_valid(text) == text.len;
}

static cJSON *tree_read(struct bytes text)
{
    const char *end = NULL;
    cJSON *tree = cJSON_ParseWithLengthOpts((const char *)text.p, text.len, &end, 0);
    const char *limit = (const char *)text.p + text.len;
    while (tree && end < limit && isspace((unsigned char)*end))
        end++;
    if (tree && end == limit)
        return tree;
    cJSON_Delete(tree);
    return NULL;
}

static const char *timestamp_read(const cJSON *tree, uint64_t *ts_us)
{
    const cJSON *item = get(tree, "timestamp");
    if (!cJSON_IsString(item) || !text_time_parse(bytes_str(item->valuestring), ts_us) ||
        *ts_us > INT64_MAX)
        return "timestamp is missing or no time";
    return NULL;
}

static const char *event_read(struct record *r, const char *org)
{
    const cJSON *type = get(r->tree, "event_type");
    const char *wanted = r->kind == RECORD_ALERT ? "alert" : "stats";
    const char *why = stamp_read(r->tree, &r->stamp);
    if (why)
        return why;
    if (strcmp(r->stamp.org, org) != 0)
        return "sekisho.org is not the organisation of the stream";
    if (!cJSON_IsString(type) || strcmp(type->valuestring, wanted) != 0)
        return "event_type does not fit the stream";
    why = timestamp_read(r->tree, r->kind == RECORD_ALERT ? &r->alert.ts_us : &r->stats.ts_us);
    if (why)
        return why;
    return r->kind == RECORD_ALERT ? alert_read(r->tree, r) : stats_read(r->tree, r);
}

const char *record_read(struct record *r, enum record_kind kind, const char *org, struct bytes text)
{
    memset(r, 0, sizeof *r);
    r->kind = kind;
    r->alert.eve = text;
    r->stats.stats = text;
    if (text.len == 0)
        return "no field eve";
    if (text.len > RECORD_BYTES_MAX)
        return "longer than 1 MiB";
    if (!text_is_clean(text))
        return "not JSON text: control characters or not UTF-8";
    r->tree = tree_read(text);
    if (!cJSON_IsObject(r->tree))
        return "malformed JSON";
    return event_read(r, org);
}

void record_release(struct record *r)
{
    cJSON_Delete(r->tree);
    cJSON_free(r->packets);
    r->tree = NULL;
    r->packets = NULL;
}
