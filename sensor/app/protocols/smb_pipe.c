/* smb_pipe.c - SMB's named pipes: which of them carry DCE/RPC, and PDUs out of what is written to
 * and read from them. A PDU may come in several messages, and a message may hold several. */
#include "sensor/app/protocols/smb_state.h"

#define PIPES_MAX 32                 /* remembered; the one that was not used for longest goes */
#define PART_MAX  (16u << 10)        /* kept of a PDU that comes in several messages */
#define UNSEEN    "suricata::dcerpc" /* what a pipe is called whose opening was not seen */

/* ---- pipes ---- */

static void let_go(struct app *a, struct smb_pipe *p)
{
    if (p->users-- > 1)
        return;
    app_text_free(a, &p->part[TO_SERVER]);
    app_text_free(a, &p->part[TO_CLIENT]);
    dce_interfaces_free(a, &p->bound);
    app_dealloc(a, p, sizeof *p);
}

static void forget(struct smb_state *s, struct smb_pipe **at)
{
    struct smb_pipe *p = *at;
    *at = p->next;
    let_go(s->app, p);
}

static struct smb_pipe **find(struct smb_state *s, const struct smb_fuid *f)
{
    struct smb_pipe **at = &s->pipes;
    while (*at && memcmp(&(*at)->fuid, f, sizeof *f) != 0)
        at = &(*at)->next;
    return at;
}

static struct smb_pipe *pipe_new(struct smb_state *s, const struct smb_fuid *f)
{
    struct smb_pipe *p = app_alloc(s->app, sizeof *p), **at = &s->pipes;
    p->fuid = *f;
    p->users = 1;
    for (unsigned i = 1; i < PIPES_MAX && *at; i++)
        at = &(*at)->next;
    while (*at)
        forget(s, at);
    return p;
}

static struct smb_pipe *pipe_of(struct smb_state *s, const struct smb_fuid *f)
{
    struct smb_pipe **at = find(s, f), *p = *at;
    if (p)
        *at = p->next;
    else
        p = pipe_new(s, f);
    p->next = s->pipes;
    s->pipes = p;
    return p;
}

void smb_pipe_close(struct smb_state *s, const struct smb_fuid *f)
{
    struct smb_pipe **at = find(s, f);
    if (*at)
        forget(s, at);
}

void smb_pipes_release(struct smb_state *s)
{
    while (s->pipes)
        forget(s, &s->pipes);
}

struct smb_pipe *smb_pipe_keep(struct smb_pipe *p)
{
    p->users++;
    return p;
}

void smb_pipe_let_go(struct app *a, struct smb_pipe *p)
{
    if (p)
        let_go(a, p);
}

/* ---- which are DCE/RPC's ---- */

static bool is_service(struct bytes name)
{
    static const char *const services[] = {"svcctl", "srvsvc",  "atsvc",  "lsarpc",
                                           "samr",   "spoolss", "winreg", UNSEEN};
    if (name.len > 1 && name.p[0] == '\\')
        name = bytes_slice(name, 1, SIZE_MAX);
    for (size_t i = 0; i < sizeof services / sizeof *services; i++)
        if (bytes_ieq(name, bytes_str(services[i])))
            return true;
    return false;
}

static bool may_start(struct bytes data)
{
    static const uint8_t version[] = {5, 0};
    struct dce_pdu p;
    if (data.len >= DCE_HEADER_BYTES)
        return dce_read(data, &p) && p.type < DCE_TYPES;
    size_t len = data.len < sizeof version ? data.len : sizeof version;
    return len > 0 && memcmp(data.p, version, len) == 0;
}

bool smb_pipe_carries_dce(struct smb_state *s, const struct smb_fuid *f, struct bytes data)
{
    return is_service(smb_file_name(s, f, "")) || *find(s, f) || may_start(data);
}

bool smb_is_pipe(struct smb_state *s, const struct smb_message *m, const struct smb_fuid *f,
                 struct bytes data)
{
    struct smb_memo_key key = smb_key_tree(m), file = smb_key_file(f);
    struct smb_memo *tree = smb_memo_find(s, &key);
    if (tree)
        return tree->is_pipe;
    if (data.len < DCE_HEADER_BYTES || !may_start(data))
        return false;
    tree = smb_memo_put(s, &key);
    tree->is_pipe = true;
    app_text_add(s->app, &tree->text, bytes_str(UNSEEN), SMB_TEXT_MAX);
    if (!smb_memo_find(s, &file))
        app_text_add(s->app, &smb_memo_put(s, &file)->text, bytes_str(UNSEEN), SMB_TEXT_MAX);
    return true;
}

/* ---- PDUs ---- */

/* What came before of the PDU that data goes on with, and data; the caller frees it. */
static struct app_text join_part(struct smb_state *s, struct smb_pipe *pipe, enum direction dir,
                                 struct bytes data)
{
    struct app_text whole = pipe->part[dir];
    pipe->part[dir] = (struct app_text){0};
    app_text_add(s->app, &whole, data, PART_MAX + SMB_RECORD_MAX);
    return whole;
}

static void take_pdus(struct smb_state *s, const struct smb_message *m, struct smb_pipe *pipe,
                      enum direction dir, struct bytes data)
{
    struct dce_pdu p;
    while (data.len > 0) {
        bool is_short = data.len < DCE_HEADER_BYTES;
        if (is_short ? !may_start(data) : !dce_read(data, &p)) {
            smb_event(s, SMB_MALFORMED_DATA);
            return;
        }
        if (is_short || (data.len < p.length && data.len < PART_MAX)) {
            app_text_add(s->app, &pipe->part[dir], data, PART_MAX);
            return;
        }
        smb_call_take(s, m, pipe, dir, &p);
        data = bytes_slice(data, p.length, SIZE_MAX);
    }
}

void smb_pipe_take(struct smb_state *s, const struct smb_message *m, enum direction dir,
                   const struct smb_fuid *f, struct bytes data)
{
    if (dir == TO_CLIENT && m->status != SMB_SUCCESS && m->status != SMB_BUFFER_OVERFLOW) {
        struct smb_tx *t = smb_tx_find(s, m, SMB_KEY_HEADER);
        if (t)
            smb_tx_answer(t, m);
        return;
    }
    struct smb_pipe *pipe = pipe_of(s, f);
    struct app_text whole = join_part(s, pipe, dir, data);
    take_pdus(s, m, pipe, dir, app_text_bytes(&whole));
    app_text_free(s->app, &whole);
}
