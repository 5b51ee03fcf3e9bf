/* sensor/settings/parts.h - the parts of settings.c, a file each; private to it. Each reads from
 * s->config and the command line; -1 and err when something in it cannot be used. */
#ifndef SENSOR_SETTINGS_PARTS_H
#define SENSOR_SETTINGS_PARTS_H
#include "sensor/settings/command_line.h"
#include "sensor/settings/settings.h"

/* vars.address-groups and port-groups: into s->vars and s->inside. */
int settings_read_vars(struct settings *s, const struct command_line *c, struct err *err);
/* Rule files and what comes with them: into s->rules. -S replaces what the configuration names;
 * without either the shipped signatures are used. */
int settings_read_rule_files(struct settings *s, const struct command_line *c, struct err *err);
/* eve-log.files and mqtt.passwords: into s->worker.app. */
int settings_read_digests(struct settings *s, struct err *err);
/* file-store, once the log folder is known: into s->store. */
int settings_read_file_store(struct settings *s, struct err *err);
/* Organisations, sensor, centre, Redis and spool: into s->worker and s->wire. */
int settings_read_wire(struct settings *s, const struct command_line *c, struct err *err);
/* host-os-policy, defrag and decoder: into s->host_policies and s->decoder. */
int settings_read_decoder(struct settings *s, struct err *err);
/* flow and flow-timeouts; flow.memcap is each worker's: into s->worker and s->flow_timeouts. */
int settings_read_flow(struct settings *s, struct err *err);
/* stream.memcap and stream.reassembly, each worker's: into s->worker. ips: --simulate-ips. */
int settings_read_stream(struct settings *s, bool ips, struct err *err);
/* exception-policy and what is set for each exception, once stream.midstream is known: into
 * s->worker.exceptions. */
int settings_read_exceptions(struct settings *s, bool ips, struct err *err);
/* af-packet, threading and stats.interval, once the interface is known: into s->ring_bytes,
 * s->affinity and s->stats_every_us. */
int settings_read_capture(struct settings *s, struct err *err);
/* eve-log.alert: into s->worker. explain: --explain. */
int settings_read_alert(struct settings *s, bool explain, struct err *err);

/* default-data-dir, datasets, reputation-files and what goes with them, once the log folder is
 * known: into s->rules. What it allocates goes with settings_release_lists(). */
int settings_read_lists(struct settings *s, struct err *err);
void settings_release_lists(struct settings *s);

#endif
