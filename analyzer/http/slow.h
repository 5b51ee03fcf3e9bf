/* analyzer/http/slow.h - one thread for what takes long (password hashes of 64 MB each).
 *
 * One at a time and a short queue: however many log in at once, memory and processor stay bounded,
 * and who does not fit is told to come again. */
#ifndef HTTP_SLOW_H
#define HTTP_SLOW_H
#include <stdbool.h>

struct slow;
typedef void slow_fn(void *job);
/* run(job) is called on the worker for each job accepted. */
struct slow *slow_new(slow_fn *run);
/* Runs what is queued, then ends; later jobs are refused. */
void slow_stop(struct slow *s);
void slow_free(struct slow *s); /* after slow_stop */

/* Queues the job; before(job) is called first, while the worker cannot take it yet. False when the
 * queue is full (before was not called). */
bool slow_submit(struct slow *s, void *job, slow_fn *before);

#endif
