/* dnp3_log.c - a DNP3 fragment as EVE shows it: Suricata 7's record. */
#include "sensor/app/protocols/dnp3_state.h"

static const struct dnp3_tx *of(const struct app_tx *tx)
{
    return (const struct dnp3_tx *)tx;
}

static void put_link(struct json *j, uint8_t control)
{
    json_object(j, "control");
    json_bool(j, "dir", control & 0x80);
    json_bool(j, "pri", control & 0x40);
    json_bool(j, "fcb", control & 0x20);
    json_bool(j, "fcv", control & 0x10);
    json_u64(j, "function_code", control & 0x0f);
    json_object_end(j);
}

static void put_application(struct json *j, const struct dnp3_tx *t)
{
    json_object(j, "application");
    json_object(j, "control");
    json_bool(j, "fir", t->app_control & 0x80);
    json_bool(j, "fin", t->app_control & 0x40);
    json_bool(j, "con", t->app_control & 0x20);
    json_bool(j, "uns", t->app_control & 0x10);
    json_u64(j, "sequence", t->app_control & 0x0f);
    json_object_end(j);
    json_u64(j, "function_code", t->function);
    if (dnp3_objects(t).len > 0) {
        json_array(j, "objects");
        dnp3_put_objects(j, dnp3_objects(t));
        json_array_end(j);
    }
    json_bool(j, "complete", t->complete);
    json_object_end(j);
}

static void put_indications(struct json *j, uint16_t indications)
{
    static const char *const names[16] = {
        "no_func_code_support",
        "object_unknown",
        "parameter_error",
        "event_buffer_overflow",
        "already_executing",
        "config_corrupt",
        "reserved_2",
        "reserved_1",
        "all_stations",
        "class_1_events",
        "class_2_events",
        "class_3_events",
        "need_time",
        "local_control",
        "device_trouble",
        "device_restart",
    };
    json_object(j, "iin");
    json_array(j, "indicators");
    for (unsigned i = 0; i < 16; i++)
        if (indications & 1u << (i + 8) % 16)
            json_strz(j, NULL, names[(i + 8) % 16]);
    json_array_end(j);
    json_object_end(j);
}

static void put_message(struct json *j, const struct dnp3_tx *t)
{
    const char *type = t->is_request                     ? "request"
                       : t->function == DNP3_UNSOLICITED ? "unsolicited_response"
                                                         : "response";
    json_strz(j, "type", type);
    put_link(j, t->link_control);
    json_u64(j, "src", t->source);
    json_u64(j, "dst", t->destination);
    put_application(j, t);
    if (!t->is_request)
        put_indications(j, t->indications);
}

void dnp3_alert_json(const struct app_tx *tx, struct json *j)
{
    const struct dnp3_tx *t = of(tx);
    if (t->damaged || !app_tx_is_done(tx))
        return;
    json_object(j, "dnp3");
    json_object(j, t->is_request ? "request" : "response");
    put_message(j, t);
    json_object_end(j);
    json_object_end(j);
}

static void encode(const struct app_tx *tx, unsigned phase, struct json *j)
{
    (void)phase;
    json_object(j, "dnp3");
    put_message(j, of(tx));
    json_object_end(j);
}

void dnp3_records(struct app_tx *tx, bool last, app_record_fn *emit, void *ctx)
{
    struct app_record r = {.event_type = "dnp3", .dir = TO_SERVER, .encode = encode};
    (void)last; /* what lacks its end is not shown */
    app_record_once(tx, false, !of(tx)->damaged, &r, emit, ctx);
}

#define OBJECT                                                                                     \
    "{group: uint, variation: uint, qualifier: uint, prefix_code: uint, range_code: uint, "        \
    "start: uint, stop: uint, count: uint, points?: [{prefix: uint, index: uint, size?: uint, "    \
    "*: number | string}]}"
#define DNP3_SHAPE                                                                                 \
    "{type: string, control: {dir: bool, pri: bool, fcb: bool, fcv: bool, function_code: uint}, "  \
    "src: uint, dst: uint, application: {control: {fir: bool, fin: bool, con: bool, uns: bool, "   \
    "sequence: uint}, function_code: uint, objects?: [" OBJECT                                     \
    "], complete: bool}, iin?: {indicators: [string]}}"
const struct app_shape dnp3_shapes[] = {
    {"dnp3", "dnp3: " DNP3_SHAPE},
    {"alert", "dnp3?: {request?: " DNP3_SHAPE ", response?: " DNP3_SHAPE "}"},
    {0},
};
