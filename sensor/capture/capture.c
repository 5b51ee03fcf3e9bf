/* sensor/capture/capture.c - the front door: picks the reader, numbers the frames. */
#include "sensor/capture/capture_ops.h"
#include "sensor/capture/source.h"

struct capture *capture_open_file(const char *path, struct err *err)
{
    struct source *src = source_open(path, err);
    if (!src)
        return NULL;
    struct bytes head = source_peek(src, 4);
    uint32_t magic = head.len >= 4 ? file_u32(head.p, false) : 0;
    if (pcap_knows(magic))
        return capture_open_pcap(src, err);
    if (pcapng_knows(magic))
        return capture_open_pcapng(src, err);
    if (source_has_failed(src))
        source_explain(src, "the file's header", err);
    else if (head.len == 0)
        err_set(err, "%s: empty, no capture in it", path);
    else
        err_set(err, "%s: neither pcap nor pcapng, plain or gzip (it begins with %02x%02x%02x%02x)",
                path, head.p[0], head.len > 1 ? head.p[1] : 0, head.len > 2 ? head.p[2] : 0,
                head.len > 3 ? head.p[3] : 0);
    source_close(src);
    return NULL;
}

enum capture_result capture_next(struct capture *c, struct frame *f, struct err *err)
{
    if (c->over)
        return CAPTURE_END;
    f->turned = f->csum_unfinished = false;
    enum capture_result rc = c->ops->next(c, f, err);
    if (rc == CAPTURE_FRAME)
        f->number = ++c->frames;
    else
        c->over = rc != CAPTURE_IDLE;
    return rc;
}

void capture_stop(struct capture *c)
{
    if (c->ops->stop)
        c->ops->stop(c);
}

unsigned capture_fill(const struct capture *c)
{
    return c->ops->fill ? c->ops->fill(c) : 0;
}

void capture_counters(struct capture *c, struct capture_counters *out)
{
    c->ops->counters(c, out);
}

void capture_close(struct capture *c)
{
    if (c)
        c->ops->close(c);
}
