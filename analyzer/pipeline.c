/* analyzer/pipeline.c - see pipeline.h. */
#include "analyzer/pipeline.h"

struct pipeline {
    struct pipeline_options o;
};

static int on_alert(void *ctx, struct record *r, struct err *err)
{
    struct pipeline *p = ctx;
    struct alert_row *a = &r->alert;
    struct enrichment place;
    bool created;
    const struct org *org = directory_org(p->o.directory, a->org);
    ASSERT(org); /* streams are made from the directory */
    enrich_alert(p->o.enrich, org, &r->src, &r->dst, a, &place);
    a->detection = store_detection_add(p->o.store, a, &created, err);
    if (a->detection < 0)
        return -1;
    return store_alert_put(p->o.store, a, err) < 0 ? -1 : 0;
}

static int on_stats(void *ctx, struct record *r, struct err *err)
{
    struct pipeline *p = ctx;
    return store_stats_put(p->o.store, &r->stats, err) < 0 ? -1 : 0;
}

static int on_before_commit(void *ctx, struct err *err)
{
    (void)ctx;
    (void)err;
    return 0;
}

static void on_committed(void *ctx)
{
    (void)ctx;
}

static void on_rolled_back(void *ctx)
{
    (void)ctx;
}

struct pipeline *pipeline_new(const struct pipeline_options *o, struct err *err)
{
    (void)err;
    struct pipeline *p = calloc(1, sizeof *p);
    ASSERT(p);
    p->o = *o;
    return p;
}

void pipeline_free(struct pipeline *p)
{
    free(p);
}

struct ingest_hooks pipeline_hooks(struct pipeline *p)
{
    return (struct ingest_hooks){.ctx = p,
                                 .alert = on_alert,
                                 .stats = on_stats,
                                 .before_commit = on_before_commit,
                                 .committed = on_committed,
                                 .rolled_back = on_rolled_back};
}
