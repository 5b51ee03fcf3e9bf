/* analyzer/store/tally.h - counts of one transaction; see tally.c. */
#ifndef STORE_TALLY_H
#define STORE_TALLY_H
#include "analyzer/store/alerts.h"
#include "common/alert.h"

#define TALLY_MAX 64

struct tally {
    struct tally_hour {
        uint64_t hour_us, count;
        char org[ORG_ID_MAX];
        uint32_t severity;
        bool drill;
    } hours[TALLY_MAX];
    struct tally_epoch {
        uint64_t epoch, max_seq, alerts;
        char sensor[SENSOR_ID_MAX];
    } epochs[TALLY_MAX];
    size_t hour_count, epoch_count;
};

/* Counts one archived alert: at once outside of a transaction, else with tally_write. */
int tally_alert(struct store *s, const struct alert_row *a, struct err *err);
int tally_write(struct store *s, struct err *err);
void tally_clear(struct store *s); /* after a rollback */

#endif
