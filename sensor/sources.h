/* sensor/sources.h - where frames come from: files in replay, interfaces live.
 *
 * Both run workers and feed the collector's queue; they return when the frames have ended or *stop
 * was set, with every flow flushed and every batch handed over. */
#ifndef SENSOR_SOURCES_H
#define SENSOR_SOURCES_H
#include "sensor/affinity.h"
#include "sensor/capture/capture.h"
#include "sensor/collector.h"
#include "sensor/worker.h"

struct source_options {
    unsigned workers;
    const struct worker_options *worker;
    struct decoder_options decoder;
    const struct affinity *affinity;  /* live */
    size_t ring_bytes;                /* live; 0: capture's own choice */
    struct batch_queue *done;         /* the collector's */
    struct batch_queue *free_batches; /* by worker */
    struct collector *collector;
    atomic_bool *stop; /* set from outside, or here when an interface fails */
    bool show_progress;
};

/* Files in the order given, flows living on from one to the next. pace: 0 as fast as it goes, else
 * that many times the captured speed. A file that cannot be opened or is corrupt is read up to
 * there and reported, and the next one begins. Returns the number of such files. */
int replay_run(const struct source_options *o, char *const *files, int count, double pace,
               uint64_t *frames);

/* Runs until *stop or until one capture fails, which stops all: a sensor that sees part of its
 * flows looks healthy and is not. captures: one for each worker (capture_open_live), the caller's.
 * Returns the number that failed. */
int live_run(const struct source_options *o, const char *interface,
             struct capture *const *captures);

#endif
