/* sensor/privilege.c - capabilities, and the order in which rights are given up; see privilege.h.
 */
#include "sensor/privilege.h"
#include "common/log.h"
#include "sensor/confine.h"
#include <cap-ng.h>
#include <errno.h>
#include <string.h>
#include <sys/prctl.h>

/* The bounding set can only be cut by who has CAP_SETPCAP; without it there is nothing to gain from
 * it either, since no new privileges can come. */
static int drop_capabilities(struct err *err)
{
    bool may_bound = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP) == 1;
    capng_clear(CAPNG_SELECT_ALL);
    int rc = capng_apply(CAPNG_SELECT_AMBIENT);
    if (rc == 0)
        rc = capng_apply(may_bound ? CAPNG_SELECT_BOTH : CAPNG_SELECT_CAPS);
    return rc == 0 ? 0
                   : err_set(err, "cannot drop capabilities (step %d): %s", -rc, strerror(errno));
}

int privilege_drop(const struct privilege_options *o, struct err *err)
{
    if (capng_get_caps_process() != 0)
        return err_set(err, "cannot read this process's capabilities: %s", strerror(errno));
    if (drop_capabilities(err) != 0)
        return -1;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return err_set(err, "cannot refuse new privileges: %s", strerror(errno));
    int files = confine_files(o, err);
    if (files < 0)
        return -1;
    int calls = confine_calls(o, err);
    if (calls < 0)
        return -1;
    log_info("privileges dropped: files %s, system calls %s", files ? "confined" : "not confined",
             calls ? "confined" : "not confined");
    return 0;
}
