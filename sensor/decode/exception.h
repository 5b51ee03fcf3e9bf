/* sensor/decode/exception.h - what makes a sensor lose sight of traffic, though its packets came.
 *
 * The room where it happens notes it on the packet and goes on as well as it can. What becomes of
 * packet and flow is the operator's word, by a policy for each: sensor/flow/exception.h. */
#ifndef DECODE_EXCEPTION_H
#define DECODE_EXCEPTION_H

/* X(id, name in flow records, setting, group and name of its counters, reason of drops). Names are
 * Suricata's; rows of one group stand together. */
#define EXCEPTION_TABLE(X)                                                                         \
    X(DEFRAG_MEMCAP, "defrag_memcap", "defrag.memcap-policy", "defrag", "memcap", "defrag memcap") \
    X(SESSION_MEMCAP, "stream_memcap", "stream.memcap-policy", "tcp", "ssn_memcap",                \
      "stream memcap")                                                                             \
    X(REASSEMBLY_MEMCAP, "stream_reassembly_memcap", "stream.reassembly.memcap-policy", "tcp",     \
      "reassembly", "stream reassembly")                                                           \
    X(MIDSTREAM, "stream_midstream", "stream.midstream-policy", "tcp", "midstream",                \
      "stream midstream")                                                                          \
    X(APP_ERROR, "app_layer_error", "app-layer.error-policy", "app_layer", "error",                \
      "applayer error")

#define EXCEPTION_ENUM(id, name, setting, group, counter, reason) EXCEPTION_##id,
enum exception { EXCEPTION_TABLE(EXCEPTION_ENUM) EXCEPTION_COUNT };

#endif
