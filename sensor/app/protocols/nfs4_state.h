/* sensor/app/protocols/nfs4_state.h - what both sides of a compound of NFS 4 share. */
#ifndef APP_NFS4_STATE_H
#define APP_NFS4_STATE_H
#include "sensor/app/protocols/nfs_state.h"

#define NFS4_OPS_MAX 64 /* of one compound */

/* RFC 7530 section 16, RFC 8881 section 18, RFC 7862 section 15: those with a part in the code; the
 * tables of nfs_compound.c and nfs_result.c have the others by number. */
enum nfs4_operation {
    NFS4_CLOSE = 4,
    NFS4_COMMIT = 5,
    NFS4_CREATE = 6,
    NFS4_GETFH = 10,
    NFS4_LOCK = 12,
    NFS4_LOOKUP = 15,
    NFS4_LOOKUPP = 16,
    NFS4_OPEN = 18,
    NFS4_PUTFH = 22,
    NFS4_PUTPUBFH = 23,
    NFS4_PUTROOTFH = 24,
    NFS4_READ = 25,
    NFS4_READDIR = 26,
    NFS4_REMOVE = 28,
    NFS4_RESTOREFH = 31,
    NFS4_SAVEFH = 32,
    NFS4_WRITE = 38,
    NFS4_OPERATIONS = 70
};

/* Passes over fields, each a letter: 4 and 8 bytes, s the 16 of a state or session, o counted
 * bytes, b a bitmap, a attributes. False: fields is NULL, nobody knows what comes. */
static inline bool nfs4_skip(struct cursor *c, const char *fields)
{
    for (const char *f = fields; f && *f; f++) {
        if (*f == 'b' || *f == 'a')
            cursor_skip(c, 4 * (size_t)cursor_u32(c));
        if (*f == 'o' || *f == 'a')
            (void)xdr_take(c);
        cursor_skip(c, *f == '4' ? 4 : *f == '8' ? 8 : *f == 's' ? 16 : 0);
    }
    return fields != NULL;
}

#endif
