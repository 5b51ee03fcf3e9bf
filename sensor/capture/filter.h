/* sensor/capture/filter.h - which frames a packet socket takes. */
#ifndef CAPTURE_FILTER_H
#define CAPTURE_FILTER_H
#include "sensor/capture/interface.h"

struct sock_filter;

/* A classic BPF program, as the kernel takes it. */
struct filter {
    struct sock_filter *steps; /* owned, but for filter_nothing()'s */
    unsigned short count;
};

/* Lets in what `expression` (pcap-filter(7)) says, NULL: everything; of an interface that loops,
 * each frame once. 0, or -1 and err. */
int filter_compile(struct filter *f, const struct interface *i, const char *expression,
                   struct err *err);
void filter_release(struct filter *f);
/* Lets nothing in; needs no release. */
struct filter filter_nothing(void);
/* 0, or -1 and errno. */
int filter_attach(const struct filter *f, int fd);

#endif
