/* sensor/capture/xdp_program.h - the program on an interface that hands its frames to AF_XDP
 * sockets. */
#ifndef CAPTURE_XDP_PROGRAM_H
#define CAPTURE_XDP_PROGRAM_H

struct xdp_program {
    int sockets; /* XSKMAP: queue -> socket */
    int link;    /* closing its last copy takes the program off again, whatever became of us */
};

/* Puts the program on interface `index` with `queues` receive queues; a queue without a socket
 * keeps its frames for the kernel. 0, or errno: EBUSY when another program is there. */
int xdp_program_attach(struct xdp_program *p, int index, unsigned queues);
/* From here on the queue's frames go to AF_XDP socket fd. 0, or errno. */
int xdp_program_direct(const struct xdp_program *p, unsigned queue, int fd);
void xdp_program_release(struct xdp_program *p);

#endif
