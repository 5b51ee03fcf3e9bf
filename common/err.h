/* common/err.h - what went wrong during set-up, in one line for the operator.
 *
 * Set-up code returns 0 or -1 and fills a struct err: what, where, how to mend it. Only main()
 * prints it. ASSERT is for the programmer and stays on in release builds. */
#ifndef COMMON_ERR_H
#define COMMON_ERR_H
#include <stdio.h>
#include <stdlib.h>

struct err {
    char text[512];
};

/* Fills err (may be NULL) and returns -1, so that a caller can `return err_set(...)`. Control
 * characters in the text are replaced, since file names and wire data end up here. */
int err_set(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Puts "where: " before what is there; returns -1. */
int err_in(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define ASSERT(cond)                                                                               \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            fprintf(stderr, "%s:%d: broken assumption: %s\n", __FILE__, __LINE__, #cond);          \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#endif
