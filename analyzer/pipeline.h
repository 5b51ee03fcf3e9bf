/* analyzer/pipeline.h - the way of one record through the rooms: enrich, roll up, archive,
 * correlate, notices; then, once committed, to the open consoles. */
#ifndef ANALYZER_PIPELINE_H
#define ANALYZER_PIPELINE_H
#include "analyzer/correlate/correlate.h"
#include "analyzer/directory/directory.h"
#include "analyzer/enrich/enrich.h"
#include "analyzer/http/push.h"
#include "analyzer/ingest/consumer.h"
#include "analyzer/notice/sender.h"

/* All borrowed; they outlive the pipeline. correlate, push and sender may be NULL: nothing is
 * correlated, shown live, or sent. */
struct pipeline_options {
    struct store *store; /* the ingest's writer; correlate uses the same */
    const struct directory *directory;
    const struct enrich *enrich;
    struct correlate *correlate;
    struct push *push;
    struct sender *sender;
};

struct pipeline;
struct pipeline *pipeline_new(const struct pipeline_options *o);
void pipeline_free(struct pipeline *p);
struct ingest_hooks pipeline_hooks(struct pipeline *p);

#endif
