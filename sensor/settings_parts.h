/* sensor/settings_parts.h - rooms whose settings are many enough for a file of their own; private
 * to settings.c. Each reads from s->config; -1 and err when something in it cannot be used. */
#ifndef SENSOR_SETTINGS_PARTS_H
#define SENSOR_SETTINGS_PARTS_H
#include "sensor/settings.h"

/* host-os-policy, defrag and decoder: into s->host_policies and s->decoder. */
int settings_read_decoder(struct settings *s, struct err *err);
/* flow.memcap, stream.memcap and stream.reassembly, each worker's: into s->worker. ips:
 * --simulate-ips. */
int settings_read_stream(struct settings *s, bool ips, struct err *err);
/* exception-policy and what is set for each exception, once stream.midstream is known: into
 * s->worker.exceptions. */
int settings_read_exceptions(struct settings *s, bool ips, struct err *err);
/* eve-log.alert: into s->worker. explain: --explain. */
int settings_read_alert(struct settings *s, bool explain, struct err *err);

/* default-data-dir, datasets, reputation-files and what goes with them, once the log folder is
 * known: into s->rules. What it allocates goes with settings_release_lists(). */
int settings_read_lists(struct settings *s, struct err *err);
void settings_release_lists(struct settings *s);

#endif
