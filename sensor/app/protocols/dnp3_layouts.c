/* dnp3_layouts.c - what the objects of an application fragment are made of, by group and variation
 * (IEEE 1815-2012, annex A); names as Suricata 7 writes them.
 *
 * A layout is a list of "name:type". Types: 1 to 7, so many bits of an octet, the lowest first; B H
 * W I, unsigned of 1, 2, 3 and 4 bytes; h i, signed of 2 and 4; f d, floating point; t,
 * milliseconds since 1970 in 6 bytes; s and x, text and bytes, as long as the field named after '='
 * or the digit there says, or with '=*' what the size before the object leaves; a '!' after s keeps
 * it out of records. A layout that starts with '+' is packed: its points share octets. */
#include "sensor/app/protocols/dnp3_state.h"

#define STATE5  "online:1 restart:1 comm_lost:1 remote_forced:1 local_forced:1 "
#define BINARY  STATE5 "chatter_filter:1 reserved:1 state:1"
#define DOUBLE  STATE5 "chatter_filter:1 state:2"
#define OUTPUT  STATE5 "reserved0:1 reserved1:1 state:1"
#define COUNTER STATE5 "rollover:1 discontinuity:1 reserved0:1 "
#define FROZEN  STATE5 "rollover:1 discontinuity:1 reserved1:1 "
#define DELTA   STATE5 "rollover:1 reserved0:1 reserved1:1 "
#define ANALOG  STATE5 "over_range:1 reference_err:1 reserved0:1 "
#define SECURE  STATE5 "reserved0:1 discontinuity:1 reserved1:1 association_id:H count_value:I"
#define CONTROL "op_type:4 qu:1 cr:1 tcc:2 count:B ontime:I offtime:I status_code:7 reserved:1"
#define COMMAND "status_code:7 reserved0:1 commanded_value:"
#define TIME    " timestamp:t"

static const struct {
    uint8_t group, variation;
    const char *fields;
} layouts[] = {
    {1, 1, "+state:1"},
    {1, 2, BINARY},
    {2, 1, "state:B"},
    {2, 2, BINARY TIME},
    {2, 3, BINARY " timestamp:H"},
    {3, 1, "+state:2"},
    {3, 2, DOUBLE},
    {4, 1, DOUBLE},
    {4, 2, DOUBLE TIME},
    {4, 3, DOUBLE " relative_time_ms:H"},
    {10, 1, "+state:1"},
    {10, 2, OUTPUT},
    {11, 1, OUTPUT},
    {11, 2, OUTPUT TIME},
    {12, 1, CONTROL},
    {12, 2, CONTROL},
    {12, 3, "+point:1"},
    {13, 1, "status_code:7 commanded_state:1"},
    {13, 2, "status_code:7 commanded_state:1" TIME},
    {20, 1, COUNTER "count:I"},
    {20, 2, COUNTER "count:H"},
    {20, 3, DELTA "count:I"},
    {20, 4, DELTA "count:H"},
    {20, 5, "count:I"},
    {20, 6, "count:H"},
    {20, 7, "count:I"},
    {20, 8, "count:H"},
    {21, 1, COUNTER "count:I"},
    {21, 2, COUNTER "count:H"},
    {21, 3, DELTA "count:I"},
    {21, 4, DELTA "count:H"},
    {21, 5, FROZEN "count:I" TIME},
    {21, 6, FROZEN "count:H" TIME},
    {21, 7, DELTA "count:I" TIME},
    {21, 8, DELTA "count:H" TIME},
    {21, 9, "count:I"},
    {21, 10, "count:H"},
    {21, 11, "count:I"},
    {21, 12, "count:H"},
    {22, 1, COUNTER "count:I"},
    {22, 2, COUNTER "count:H"},
    {22, 3, DELTA "count:I"},
    {22, 4, DELTA "count:H"},
    {22, 5, DELTA "count:I" TIME},
    {22, 6, COUNTER "count:H" TIME},
    {22, 7, DELTA "count:I" TIME},
    {22, 8, DELTA "count:H" TIME},
    {23, 1, COUNTER "count:I"},
    {23, 2, DELTA "count:H"},
    {23, 3, DELTA "count:I"},
    {23, 4, DELTA "count:H"},
    {23, 5, COUNTER "count:I" TIME},
    {23, 6, COUNTER "count:H" TIME},
    {23, 7, DELTA "count:I" TIME},
    {23, 8, DELTA "count:H" TIME},
    {30, 1, ANALOG "value:i"},
    {30, 2, ANALOG "value:h"},
    {30, 3, "value:i"},
    {30, 4, "value:h"},
    {30, 5, ANALOG "value:f"},
    {30, 6, ANALOG "value:d"},
    {31, 1, ANALOG "value:i"},
    {31, 2, ANALOG "value:h"},
    {31, 3, ANALOG "value:i" TIME},
    {31, 4, ANALOG "value:h" TIME},
    {31, 5, "value:i"},
    {31, 6, "value:h"},
    {31, 7, ANALOG "value:f"},
    {31, 8, ANALOG "value:d"},
    {32, 1, ANALOG "value:i"},
    {32, 2, ANALOG "value:h"},
    {32, 3, ANALOG "value:i" TIME},
    {32, 4, ANALOG "value:h" TIME},
    {32, 5, ANALOG "value:f"},
    {32, 6, ANALOG "value:d"},
    {32, 7, ANALOG "value:f" TIME},
    {32, 8, ANALOG "value:d" TIME},
    {33, 1, ANALOG "value:i"},
    {33, 2, ANALOG "value:h"},
    {33, 3, ANALOG "value:i" TIME},
    {33, 4, ANALOG "value:h" TIME},
    {33, 5, ANALOG "value:f"},
    {33, 6, ANALOG "value:d"},
    {33, 7, ANALOG "value:f" TIME},
    {33, 8, ANALOG "value:d" TIME},
    {34, 1, "deadband_value:H"},
    {34, 2, "deadband_value:I"},
    {34, 3, "deadband_value:f"},
    {40, 1, ANALOG "value:i"},
    {40, 2, ANALOG "value:h"},
    {40, 3, ANALOG "value:f"},
    {40, 4, ANALOG "value:d"},
    {41, 1, "value:i control_status:B"},
    {41, 2, "value:h control_status:B"},
    {41, 3, "value:f control_status:B"},
    {41, 4, "value:d control_status:B"},
    {42, 1, ANALOG "value:i"},
    {42, 2, ANALOG "value:h"},
    {42, 3, ANALOG "value:i" TIME},
    {42, 4, ANALOG "value:h" TIME},
    {42, 5, ANALOG "value:f"},
    {42, 6, ANALOG "value:d"},
    {42, 7, ANALOG "value:f" TIME},
    {42, 8, ANALOG "value:d" TIME},
    {43, 1, COMMAND "i"},
    {43, 2, COMMAND "h"},
    {43, 3, COMMAND "i" TIME},
    {43, 4, COMMAND "h" TIME},
    {43, 5, COMMAND "f"},
    {43, 6, COMMAND "d"},
    {43, 7, COMMAND "f" TIME},
    {43, 8, COMMAND "d" TIME},
    {50, 1, "timestamp:t"},
    {50, 2, "timestamp:t interval:I"},
    {50, 3, "timestamp:t"},
    {50, 4, "timestamp:t interval_count:I interval_units:B"},
    {51, 1, "timestamp:t"},
    {51, 2, "timestamp:t"},
    {52, 1, "delay_secs:H"},
    {52, 2, "delay_ms:H"},
    {70, 1,
     "filename_size:H filetype_code:B attribute_code:B start_record:H end_record:H file_size:I "
     "created_timestamp:t permission:H file_id:I owner_id:I group_id:I file_function_code:B "
     "status_code:B filename:s=filename_size data_size:H data:s=data_size"},
    {70, 2,
     "username_offset:H username_size:H password_offset:H password_size:H authentication_key:I "
     "username:s=username_size password:s!=password_size"},
    {70, 3,
     "filename_offset:H filename_size:H created:t permissions:H authentication_key:I file_size:I "
     "operational_mode:H maximum_block_size:H request_id:H filename:s=filename_size"},
    {70, 4,
     "file_handle:I file_size:I maximum_block_size:H request_id:H status_code:B optional_text:s=*"},
    {70, 5, "file_handle:I block_number:I file_data:s=*"},
    {70, 6, "file_handle:I block_number:I status_code:B optional_text:s=*"},
    {70, 7,
     "filename_offset:H filename_size:H file_type:H file_size:I created_timestamp:t permissions:H "
     "request_id:H filename:s=filename_size"},
    {70, 8, "file_specification:s=*"},
    {80, 1, "+state:1"},
    {81, 1, "fill_percentage:7 overflow_state:1 group:B variation:B"},
    {83, 1, "vendor_code:s=4 object_id:H length:H data_objects:x=length"},
    {86, 2, "rd:1 wr:1 st:1 ev:1 df:1 padding0:1 padding1:1 padding2:1"},
    {102, 1, "value:B"},
    {120, 1, "csq:I usr:H mal:B reason:B challenge_data:x=*"},
    {120, 2, "csq:I usr:H mac_value:x=*"},
    {120, 3, "csq:I user_number:H"},
    {120, 4, "user_number:H"},
    {120, 5,
     "ksq:I user_number:H key_wrap_alg:B key_status:B mal:B challenge_data_len:H "
     "challenge_data:x=challenge_data_len mac_value:x=*"},
    {120, 6, "ksq:W usr:H wrapped_key_data:x=*"},
    {120, 7,
     "sequence_number:I usr:H association_id:H error_code:B time_of_error:t error_text:s=*"},
    {120, 8, "key_change_method:B certificate_type:B certificate:x=*"},
    {120, 9, "mac_value:x=*"},
    {120, 10,
     "key_change_method:B operation:B scs:I user_role:H user_role_expiry_interval:H username_len:H "
     "user_public_key_len:H certification_data_len:H username:s=username_len "
     "user_public_key:x=user_public_key_len certification_data:x=certification_data_len"},
    {120, 11,
     "key_change_method:B username_len:H master_challenge_data_len:H username:s=username_len "
     "master_challenge_data:x=master_challenge_data_len"},
    {120, 12, "ksq:I user_number:H challenge_data_len:H challenge_data:x=challenge_data_len"},
    {120, 13,
     "ksq:I user_number:H encrypted_update_key_len:H "
     "encrypted_update_key_data:x=encrypted_update_key_len"},
    {120, 14, "digital_signature:x=*"},
    {120, 15, "mac:x=*"},
    {121, 1, SECURE},
    {122, 1, SECURE},
    {122, 2, SECURE TIME},
};

const char *dnp3_layout(uint8_t group, uint8_t variation)
{
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++)
        if (layouts[i].group == group && layouts[i].variation == variation)
            return layouts[i].fields;
    return NULL;
}
