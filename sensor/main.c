/* sensor/main.c - options, privileges, threads, shutdown. */
#include "common/log.h"

int main(void)
{
    log_init("sekisho-sensor", LOG_INFO);
    return 0;
}
