/* sensor/stream/overlap.c - see overlap.h. */
#include "sensor/stream/overlap.h"

/* The one that reaches further, if only as far, has its way. */
static bool longer_wins(struct overlap o)
{
    return o.start > 0 ? o.end > 0 : o.end >= 0;
}

bool overlap_newer_wins(enum host_policy policy, struct overlap o)
{
    switch (policy) {
    case HOST_FIRST:
    case HOST_VISTA:
        return false;
    case HOST_LAST:
        return true;
    case HOST_OLD_SOLARIS:
    case HOST_SOLARIS:
    case HOST_HPUX11:
        return longer_wins(o);
    case HOST_LINUX:
        return o.start < 0 || (o.start == 0 && o.end > 0);
    case HOST_OLD_LINUX:
        return o.start < 0 || (o.start == 0 && o.end >= 0);
    default: /* BSD and all that took its code: only from in front */
        return o.start < 0;
    }
}
