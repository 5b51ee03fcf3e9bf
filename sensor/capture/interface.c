/* sensor/capture/interface.c - see interface.h; netdevice(7), and sysfs-class-net-statistics of the
 * kernel's documentation. */
#include "sensor/capture/interface.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* r: the question, but for the name. */
static int ask(const struct interface *i, unsigned long what, struct ifreq *r, struct err *err)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return err_set(err, "%s: %s", i->name, strerror(errno));
    memcpy(r->ifr_name, i->name, sizeof i->name);
    int rc = ioctl(fd, what, r), why = errno;
    close(fd);
    return rc == 0 ? 0 : err_set(err, "%s: %s", i->name, strerror(why));
}

int interface_find(struct interface *i, const char *name, struct err *err)
{
    struct ifreq r = {.ifr_flags = 0};
    *i = (struct interface){.cooked = true};
    snprintf(i->name, sizeof i->name, "%s", name);
    if (strcmp(name, "any") == 0)
        return 0;
    if (strlen(name) >= sizeof i->name || !(i->index = (int)if_nametoindex(name)))
        return err_set(err, "%s: no such interface; `ip link` lists them", name);
    if (ask(i, SIOCGIFFLAGS, &r, err) != 0)
        return -1;
    if (!(r.ifr_flags & IFF_UP))
        return err_set(err, "%s: the interface is down; `ip link set %s up`", name, name);
    if (ask(i, SIOCGIFHWADDR, &r, err) != 0)
        return -1;
    i->loops = r.ifr_hwaddr.sa_family == ARPHRD_LOOPBACK;
    i->cooked = !i->loops && r.ifr_hwaddr.sa_family != ARPHRD_ETHER;
    return 0;
}

void interface_release(struct interface *i)
{
    for (int k = 0; k < 2; k++)
        if (i->counters[k] > 0)
            close(i->counters[k]);
}

bool interface_exists(const struct interface *i)
{
    char name[IF_NAMESIZE];
    return i->index == 0 || if_indextoname((unsigned)i->index, name);
}

/* Not every kind of socket is told when its interface goes: where nothing comes, one looks. */
int interface_wait(const struct interface *i, int fd, struct err *err)
{
    enum { WAIT_MS = 100 };
    struct pollfd p = {.fd = fd, .events = POLLIN};
    int why = 0, ready = poll(&p, 1, WAIT_MS);
    socklen_t size = sizeof why;
    if (ready < 0 && errno != EINTR)
        return err_set(err, "%s: %s", i->name, strerror(errno));
    if (ready > 0 && p.revents & ~POLLIN)
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &size);
    if (why && why != ENETDOWN)
        return err_set(err, "%s: capturing ended: %s", i->name, strerror(why));
    if (ready == 0 && !interface_exists(i))
        return err_set(err, "%s: the interface is gone", i->name);
    return 0;
}

unsigned interface_queues(const struct interface *i)
{
    struct ethtool_channels c = {.cmd = ETHTOOL_GCHANNELS};
    struct ifreq r = {.ifr_data = (char *)&c};
    struct err unsaid;
    bool said = ask(i, SIOCETHTOOL, &r, &unsaid) == 0;
    return said && c.rx_count + c.combined_count ? c.rx_count + c.combined_count : 1;
}

static uint64_t read_drops(const struct interface *i)
{
    uint64_t sum = 0;
    for (int k = 0; k < 2; k++) {
        char text[32] = "";
        if (i->counters[k] > 0 && pread(i->counters[k], text, sizeof text - 1, 0) > 0)
            sum += strtoull(text, NULL, 10);
    }
    return sum;
}

void interface_watch_drops(struct interface *i)
{
    static const char *const names[2] = {"rx_missed_errors", "rx_fifo_errors"};
    for (int k = 0; k < 2; k++) {
        char path[128];
        snprintf(path, sizeof path, "/sys/class/net/%s/statistics/%s", i->name, names[k]);
        i->counters[k] = open(path, O_RDONLY | O_CLOEXEC);
    }
    i->drops_at_open = read_drops(i);
}

uint64_t interface_drops(const struct interface *i)
{
    return read_drops(i) - i->drops_at_open;
}
