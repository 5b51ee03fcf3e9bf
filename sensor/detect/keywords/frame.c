/* keywords/frame.c - "frame:pdu;", "frame:dns.pdu;": what follows is about frames, the protocol
 * data units that parsers point out. Without a protocol it is the rule's. */
#include "sensor/detect/keyword.h"
#include "sensor/detect/words.h"

static int proto_of(struct bytes name)
{
    if (WORD_IS(name, "http1"))
        return APP_HTTP;
    return WORD_IS(name, "ssl") ? APP_TLS : app_proto_find(name);
}

/* The protocol before the dot, if it is one; else the rule's. Some types have a dot themselves. */
static int split(const struct build *b, struct bytes value, enum app_proto *proto,
                 struct bytes *type, struct err *err)
{
    ptrdiff_t dot = bytes_find(value, BYTES_LIT("."));
    int found = dot > 0 ? proto_of(bytes_slice(value, 0, (size_t)dot)) : -1;
    *type = found > 0 ? bytes_slice(value, (size_t)dot + 1, value.len) : value;
    *proto = found > 0 ? (enum app_proto)found : b->sig->proto;
    if (*proto == APP_UNKNOWN)
        return err_set(err, "'%.*s' needs its protocol before it, for the rule names none",
                       WORD_ARG(value));
    return 0;
}

static int frame_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    struct bytes text = word_unquote(value), type;
    enum app_proto proto;
    char name[128];
    bool tcp = signature_wants_proto(b->sig, IPP_TCP), udp = signature_wants_proto(b->sig, IPP_UDP);
    (void)arg;
    if (b->no_stream || (!tcp && !udp))
        return err_set(err, "wants a rule about TCP streams or UDP");
    if (split(b, text, &proto, &type, err) || build_require_proto(b, proto, err))
        return -1;
    int number = app_frame_find(proto, type, tcp, udp);
    if (number < 0)
        return err_set(err, "%s has no frame called '%.*s'", app_proto_name(proto), WORD_ARG(type));
    snprintf(name, sizeof name, BUFFER_FRAME_PREFIX "%s.%s", app_proto_name(proto),
             app_frame_name(proto, (unsigned)number));
    b->frames = true;
    return build_sticky(b, build_text(b, bytes_str(name)), err);
}

const struct keyword keyword_frame = {
    .name = "frame",
    .summary = "frames of a protocol, as sticky buffer",
    .example = "frame:dns.pdu;",
    .parse = frame_parse,
};
