/* analyzer/programs/places.h - where the programs and files stand that belong to this one. */
#ifndef PROGRAMS_PLACES_H
#define PROGRAMS_PLACES_H
#include "common/err.h"

#define PLACE_MAX 4096

/* The program of that name beside this one. 0, or -1 and err when it is not there. */
int place_program(const char *name, char out[PLACE_MAX], struct err *err);

/* A folder of our own, mode 0700, below $TMPDIR or /tmp. 0, or -1 and err. */
int place_private(char out[PLACE_MAX], struct err *err);

/* Removes a folder and all in it; follows no link. */
void place_remove(const char *path);

#endif
