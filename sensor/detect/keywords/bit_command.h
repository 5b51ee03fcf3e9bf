/* keywords/bit_command.h - what rules do with marks: the commands of flowbits, xbits, hostbits. */
#ifndef DETECT_KEYWORDS_BIT_COMMAND_H
#define DETECT_KEYWORDS_BIT_COMMAND_H
#include "sensor/detect/keyword.h"
#include "sensor/detect/words.h"

#define BIT_COMMANDS 5
struct bit_command {
    const char *name;
    condition_fn *test; /* NULL: it acts */
    action_fn *act;
};

/* The one of that name, in any case; NULL and err. */
static inline const struct bit_command *
bit_command_find(const struct bit_command list[BIT_COMMANDS], struct bytes name, struct err *err)
{
    for (size_t i = 0; i < BIT_COMMANDS; i++)
        if (bytes_ieq(name, bytes_str(list[i].name)))
            return &list[i];
    err_set(err, "unknown command '%.*s': set, unset, toggle, isset, isnotset or noalert",
            WORD_ARG(name));
    return NULL;
}

#endif
