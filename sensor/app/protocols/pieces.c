/* pieces.c - puts a file together from pieces at offsets. */
#include "sensor/app/protocols/pieces.h"

struct piece_held {
    struct piece_held *next; /* by offset */
    uint64_t offset;
    struct app_text data;
};

static void drop_first(struct app *a, struct pieces *p)
{
    struct piece_held *h = p->queue;
    p->queue = h->next;
    p->queued--;
    p->queued_bytes -= h->data.len;
    app_text_free(a, &h->data);
    app_dealloc(a, h, sizeof *h);
}

void pieces_release(struct app *a, struct pieces *p)
{
    while (p->queue)
        drop_first(a, p);
}

/* Hands over what is new of data, which lies at offset <= next. */
static void append(struct app *a, struct pieces *p, uint64_t offset, struct bytes data)
{
    uint64_t seen = p->next - offset;
    if (seen >= data.len)
        return;
    struct bytes fresh = bytes_slice(data, (size_t)seen, SIZE_MAX);
    app_file_data(a, p->file, fresh);
    p->next += fresh.len;
}

static void drain(struct app *a, struct pieces *p)
{
    while (p->queue && p->queue->offset <= p->next) {
        append(a, p, p->queue->offset, app_text_bytes(&p->queue->data));
        drop_first(a, p);
    }
}

static enum pieces_result hold(struct app *a, struct pieces *p, uint64_t offset, struct bytes data)
{
    struct piece_held **at = &p->queue;
    if (p->queued_bytes + data.len > PIECES_BYTES)
        return PIECES_TOO_LARGE;
    while (*at && (*at)->offset + (*at)->data.len < offset)
        at = &(*at)->next;
    if (!*at || (*at)->offset + (*at)->data.len != offset) { /* it goes on with no other one */
        if (p->queued == PIECES_MAX)
            return PIECES_TOO_MANY;
        struct piece_held *h = app_alloc(a, sizeof *h);
        h->offset = offset;
        while (*at && (*at)->offset < offset)
            at = &(*at)->next;
        h->next = *at;
        *at = h;
        p->queued++;
    }
    app_text_add(a, &(*at)->data, data, PIECES_BYTES);
    p->queued_bytes += (uint32_t)data.len;
    return PIECES_OK;
}

enum pieces_result pieces_add(struct app *a, struct pieces *p, uint64_t offset, struct bytes data)
{
    if (p->over || data.len == 0)
        return PIECES_OK;
    if (offset > PIECES_END - data.len)
        return PIECES_TOO_LARGE;
    if (offset > p->next)
        return hold(a, p, offset, data);
    append(a, p, offset, data);
    drain(a, p);
    return PIECES_OK;
}

void pieces_skip_to(struct app *a, struct pieces *p, uint64_t offset)
{
    if (p->over || offset <= p->next || offset > PIECES_END)
        return;
    app_file_gap(p->file, offset - p->next);
    p->next = offset;
    drain(a, p);
}

void pieces_close(struct app *a, struct pieces *p)
{
    while (p->queue)
        pieces_skip_to(a, p, p->queue->offset);
    app_file_close(a, p->file, APP_FILE_CLOSED);
    p->over = true;
}
