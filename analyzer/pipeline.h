/* analyzer/pipeline.h - the way of one record through the rooms: enrich, roll up, archive,
 * correlate, notices; then, once committed, to the open consoles. */
#ifndef ANALYZER_PIPELINE_H
#define ANALYZER_PIPELINE_H
#include "analyzer/directory/directory.h"
#include "analyzer/enrich/enrich.h"
#include "analyzer/ingest/consumer.h"

/* All borrowed; they outlive the pipeline. */
struct pipeline_options {
    struct store *store; /* the ingest's writer */
    const struct directory *directory;
    const struct enrich *enrich;
};

struct pipeline;
struct pipeline *pipeline_new(const struct pipeline_options *o, struct err *err);
void pipeline_free(struct pipeline *p);
struct ingest_hooks pipeline_hooks(struct pipeline *p);

#endif
