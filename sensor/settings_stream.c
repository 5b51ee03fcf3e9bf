/* sensor/settings_stream.c - memory for flows and TCP, and how far streams are followed; see
 * settings_parts.h. */
#include "sensor/settings_parts.h"

int settings_read_stream(struct settings *s, struct err *err)
{
    struct worker_options *w = &s->worker;
    uint64_t flow_cap, session_cap, stream_cap, depth;
    if (config_size(s->config, "flow.memcap", 0, &flow_cap, err) != 0 ||
        config_size(s->config, "stream.memcap", 0, &session_cap, err) != 0 ||
        config_size(s->config, "stream.reassembly.memcap", 0, &stream_cap, err) != 0 ||
        config_size(s->config, "stream.reassembly.depth", 1 << 20, &depth, err) != 0)
        return -1;
    w->flow.cap_bytes = flow_cap;
    w->stream.session_cap_bytes = session_cap;
    w->stream.cap_bytes = stream_cap;
    /* As with Suricata 0 means no end; the engine counts to 4 GiB. */
    w->stream.depth_bytes = depth == 0 || depth > UINT32_MAX ? UINT32_MAX : (uint32_t)depth;
    return 0;
}
