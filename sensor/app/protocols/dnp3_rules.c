/* dnp3_rules.c - what rules look at in a DNP3 message, in the direction it went. */
#include "sensor/app/protocols/dnp3_state.h"

static const struct dnp3_tx *message(const struct app_tx *tx, enum direction dir)
{
    const struct dnp3_tx *t = (const struct dnp3_tx *)tx;
    return t->dir == dir && !t->damaged ? t : NULL;
}

static bool get_data(struct app_tx *tx, enum direction dir, unsigned index, struct arena *scratch,
                     struct bytes *out)
{
    const struct dnp3_tx *t = message(tx, dir);
    (void)scratch;
    if (index > 0 || !t)
        return false;
    *out = app_text_bytes(&t->fragment);
    return true;
}

static bool get_objects(struct app_tx *tx, enum direction dir, unsigned index,
                        struct arena *scratch, struct bytes *out)
{
    const struct dnp3_tx *t = message(tx, dir);
    if (index > 0 || !t)
        return false;
    *out = dnp3_object_types(dnp3_objects(t), scratch);
    return out->len > 0;
}

static bool get_function(struct app_tx *tx, enum direction dir, unsigned index,
                         struct arena *scratch, struct bytes *out)
{
    const struct dnp3_tx *t = message(tx, dir);
    return index == 0 && t && app_number_bytes(t->function, scratch, out);
}

static bool get_indications(struct app_tx *tx, enum direction dir, unsigned index,
                            struct arena *scratch, struct bytes *out)
{
    const struct dnp3_tx *t = message(tx, dir);
    return index == 0 && t && !t->is_request && app_number_bytes(t->indications, scratch, out);
}

static const struct app_number functions = {
    .max = UINT8_MAX,
    .words = (const struct app_word[]){{"confirm", 0},
                                       {"read", 1},
                                       {"write", 2},
                                       {"select", 3},
                                       {"operate", 4},
                                       {"direct_operate", 5},
                                       {"direct_operate_nr", 6},
                                       {"immed_freeze", 7},
                                       {"immed_freeze_nr", 8},
                                       {"freeze_clear", 9},
                                       {"freeze_clear_nr", 10},
                                       {"freeze_at_time", 11},
                                       {"freeze_at_time_nr", 12},
                                       {"cold_restart", 13},
                                       {"warm_restart", 14},
                                       {"initialize_data", 15},
                                       {"initialize_appl", 16},
                                       {"start_appl", 17},
                                       {"stop_appl", 18},
                                       {"save_config", 19},
                                       {"enable_unsolicited", 20},
                                       {"disable_unsolicited", 21},
                                       {"assign_class", 22},
                                       {"delay_measure", 23},
                                       {"record_current_time", 24},
                                       {"open_file", 25},
                                       {"close_file", 26},
                                       {"delete_file", 27},
                                       {"get_file_info", 28},
                                       {"authenticate_file", 29},
                                       {"abort_file", 30},
                                       {"activate_config", 31},
                                       {"authenticate_req", 32},
                                       {"authenticate_err", 33},
                                       {"response", 129},
                                       {"unsolicited_response", 130},
                                       {"authenticate_resp", 131},
                                       {0}},
};

static const struct app_number indications = {
    .max = UINT16_MAX,
    .words = (const struct app_word[]){{"device_restart", 0x8000},
                                       {"device_trouble", 0x4000},
                                       {"local_control", 0x2000},
                                       {"need_time", 0x1000},
                                       {"class_3_events", 0x0800},
                                       {"class_2_events", 0x0400},
                                       {"class_1_events", 0x0200},
                                       {"all_stations", 0x0100},
                                       {"reserved_1", 0x0080},
                                       {"reserved_2", 0x0040},
                                       {"config_corrupt", 0x0020},
                                       {"already_executing", 0x0010},
                                       {"event_buffer_overflow", 0x0008},
                                       {"parameter_error", 0x0004},
                                       {"object_unknown", 0x0002},
                                       {"no_func_code_support", 0x0001},
                                       {0}},
    .bits = APP_NUMBER_ANY_BIT,
};

/* clang-format off */
#define TS   APP_BUFFER_TO_SERVER
#define TC   APP_BUFFER_TO_CLIENT
#define DONE ONEWAY_DONE
const struct app_buffer dnp3_buffers[] = {
    APP_BUFFER(DNP3, "dnp3_data", "dnp3.data", "", TS | TC, DONE, DONE, get_data),
    APP_BUFFER(DNP3, "dnp3_obj", "dnp3.obj", "", TS | TC, DONE, DONE, get_objects),
    APP_NUMBER(DNP3, "dnp3_func", "dnp3.func", TS | TC, DONE, DONE, get_function, &functions),
    APP_NUMBER(DNP3, "dnp3_ind", "dnp3.ind", TS | TC, DONE, DONE, get_indications, &indications),
    {0},
};
/* clang-format on */
