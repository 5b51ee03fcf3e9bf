/* smb_probe.c - is this SMB? A NetBIOS session header and the magic of a message, on any port. */
#include "sensor/app/protocols/smb_state.h"

#define NBSS_HEADER     4
#define SESSION_MESSAGE 0x00
#define SESSION_REQUEST 0x81
#define KEEP_ALIVE      0x85

static bool is_magic(const uint8_t *p)
{
    return p[0] >= 0xfc &&
           memcmp(p + 1, "SMB", 3) == 0; /* fc, fd: SMB 3, packed or encrypted; fe: 2; ff: 1 */
}

bool smb_is_nbss_control(uint8_t type)
{
    return type >= SESSION_REQUEST && type <= KEEP_ALIVE;
}

ptrdiff_t smb_find_record(struct bytes data)
{
    for (size_t at = NBSS_HEADER; at + SMB_MAGIC <= data.len; at++)
        if (data.p[at] >= 0xfc && is_magic(data.p + at) &&
            data.p[at - NBSS_HEADER] == SESSION_MESSAGE)
            return (ptrdiff_t)(at - NBSS_HEADER);
    return -1;
}

static bool on_port(const struct app_endpoints *e)
{
    for (unsigned i = 0; i < 2; i++)
        if (e->port[i] == 445 || e->port[i] == 139)
            return true;
    return false;
}

/* As far as it goes, does data begin with a message? */
static enum app_result starts(struct bytes data)
{
    static const uint8_t smb[] = {'S', 'M', 'B'};
    if (data.len > 0 && data.p[0] != SESSION_MESSAGE)
        return APP_DECLINE;
    if (data.len > NBSS_HEADER && data.p[NBSS_HEADER] < 0xfc)
        return APP_DECLINE;
    size_t n = data.len > NBSS_HEADER + 1 ? data.len - NBSS_HEADER - 1 : 0;
    if (n >= sizeof smb)
        return memcmp(data.p + NBSS_HEADER + 1, smb, sizeof smb) == 0 ? APP_OK : APP_DECLINE;
    return n == 0 || memcmp(data.p + NBSS_HEADER + 1, smb, n) == 0 ? APP_MORE : APP_DECLINE;
}

enum app_result smb_probe(const struct app_endpoints *e, enum direction dir, struct bytes data)
{
    (void)dir;
    if (data.len > 0 && smb_is_nbss_control(data.p[0])) {
        if (data.len < NBSS_HEADER)
            return APP_MORE;
        size_t len = (size_t)data.p[1] << 16 | (size_t)data.p[2] << 8 | data.p[3];
        if (len >= SMB_NBSS_MAX)
            return APP_DECLINE;
        return starts(bytes_slice(data, NBSS_HEADER + len, SIZE_MAX));
    }
    enum app_result r = starts(data);
    if (r == APP_DECLINE && on_port(e)) /* picked up in the middle of a message */
        return smb_find_record(data) >= 0 ? APP_OK : APP_MORE;
    return r;
}

bool smb_is_reversed(const struct app_endpoints *e, struct bytes data)
{
    ptrdiff_t at = smb_find_record(bytes_slice(data, 0, APP_PROBE_MAX));
    if (at < 0)
        return false;
    struct bytes message = bytes_slice(data, (size_t)at + NBSS_HEADER, SIZE_MAX);
    if (message.len < 17)
        return false;
    switch (message.p[0]) {
    case 0xff:
        return message.p[9] & 0x80;
    case 0xfe:
        return message.p[16] & 0x01;
    default:
        return e->port[0] == 445 && e->port[1] != 445;
    }
}
