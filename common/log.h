/* common/log.h - what the operator reads on standard error (the journal, under systemd).
 *
 * One line an event, scrubbed of control characters. Never called on the packet path: malformed
 * traffic is a counted event, not a log line. */
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

enum log_level { LOG_ERROR = 0, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* Program name before each line; verbosity LOG_WARN unless told. Call before any thread starts. */
void log_init(const char *program, enum log_level verbosity);
void log_line(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_line(LOG_ERROR, __VA_ARGS__)
#define log_warn(...)  log_line(LOG_WARN, __VA_ARGS__)
#define log_info(...)  log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__)

#endif
