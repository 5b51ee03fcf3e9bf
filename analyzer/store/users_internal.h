/* analyzer/store/users_internal.h - what users.c, sessions.c and audit.c share. */
#ifndef STORE_USERS_INTERNAL_H
#define STORE_USERS_INTERNAL_H
#include "analyzer/store/internal.h"
#include "analyzer/store/users.h"

struct users {
    struct store db; /* the helpers of internal.h over our own file */
};

/* Columns name, role, org, hash, created. A role this program does not know reads as auditor, who
 * may do least. */
void user_read(sqlite3_stmt *st, struct user *out);

#endif
