/* sensor/app/protocols/krb5.h - what other rooms may ask about Kerberos. */
#ifndef APP_KRB5_H
#define APP_KRB5_H
#include <stdbool.h>
#include <stdint.h>

/* An encryption type that is not to be used any more. */
bool krb5_is_weak(int32_t etype);

#endif
