/* sensor/flow/slab.h - big pieces of memory for pools of small things.
 *
 * A worker touches a few lines of very many flows, sessions and buffers. On pages of 4 KiB each
 * touch would miss in the TLB as well; a slab is aligned to a huge page and asks for one. */
#ifndef FLOW_SLAB_H
#define FLOW_SLAB_H
#include <stddef.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
enum { SLAB_SANITIZED = 1, SLAB_BYTES = 1 << 16 }; /* tests make very many pools */
#else
enum { SLAB_SANITIZED = 0, SLAB_BYTES = 2 << 20 };
#endif

/* SLAB_BYTES, not zeroed; free() gives them back. Never NULL. */
void *slab_new(void);
/* n bytes, zeroed, on huge pages once they fill any; free() gives them back. Never NULL. */
void *slab_table(size_t n);

#endif
