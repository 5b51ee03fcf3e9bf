/* sensor/app/protocols/ike.h - what other rooms may ask an IKE transaction. */
#ifndef APP_IKE_H
#define APP_IKE_H
#include "sensor/app/app.h"

/* What an attribute of a security association is called in records, "alg_enc"; by number of
 * version 1 (RFC 2409 appendix A), NULL behind the last. */
const char *ike_attribute_key(unsigned type);
/* The value of an attribute of what the responder chose. False: it is not there. */
bool ike_chosen(const struct app_tx *tx, const char *name, uint32_t *value);

#endif
