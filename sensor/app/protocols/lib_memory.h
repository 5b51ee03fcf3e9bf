/* lib_memory.h - memory that libraries ask for, counted as the flow's.
 *
 * Its size stands before it, for libraries do not say it when they give it back. */
#ifndef APP_LIB_MEMORY_H
#define APP_LIB_MEMORY_H
#include "sensor/app/parser.h"

/* The first argument is a struct app; zeroed, NULL only when n is beyond reason. */
void *lib_alloc(void *app, size_t n);
void *lib_realloc(void *app, void *p, size_t n);
void lib_free(void *app, void *p); /* p may be NULL */
void *lib_zlib_alloc(void *app, unsigned count, unsigned n);

#endif
