/* analyzer/main.c - wires the rooms of the analyzer. */
#include "common/log.h"

int main(void)
{
    log_init("sekisho-analyzer", LOG_INFO);
    return 0;
}
