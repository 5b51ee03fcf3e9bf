/* analyzer/demo/demo.h - the whole loop on the sample captures, in one private folder.
 *
 * stage.c starts the programs, progress.c shows the sensors, watch.c waits until all has arrived,
 * mailbox.c reads what was delivered, summary.c tells what came of it. One thread. */
#ifndef DEMO_DEMO_H
#define DEMO_DEMO_H
#include "analyzer/programs/children.h"
#include "analyzer/programs/places.h"
#include "analyzer/directory/directory.h"
#include "analyzer/store/password.h"
#include "analyzer/store/store.h"
#include "common/ledger.h"

#define DEMO_SENSORS_MAX 8
#define DEMO_ADMIN       "admin"
#define DEMO_PATH_MAX    (PLACE_MAX + 128) /* a file in the run folder */

/* One gateway's sensor, replaying the captures of its organisation. */
struct demo_sensor {
    const struct org *org;
    const char *name;         /* of the gateway */
    char captures[PLACE_MAX]; /* folder */
    char spool[DEMO_PATH_MAX];
    const struct child *child;
    struct ledger_epoch book;          /* from its spool once it has ended */
    uint64_t arrived, alerts, packets; /* as the archive has it */
    const char *shown;                 /* state that progress told last */
};

struct demo {
    char run[PLACE_MAX]; /* the private folder */
    char orgs_file[PLACE_MAX];
    struct children children;
    struct directory *directory;
    struct store *store; /* reader, once the analyzer runs */
    struct demo_sensor sensors[DEMO_SENSORS_MAX];
    size_t sensor_count;
    bool drawn; /* progress stands on the terminal, to be drawn over */
    const struct child *analyzer;
    char redis[DEMO_PATH_MAX], data[DEMO_PATH_MAX], mail[DEMO_PATH_MAX], geoip[DEMO_PATH_MAX];
    uint16_t mail_port;
    char console[128]; /* address */
    char password[PASSWORD_MADE_MAX];
    uint64_t deadline_us; /* monotonic: all must have arrived by then */
};

/* Reads the directory, then starts Redis, the mail receiver and the analyzer, each once the one
 * before is ready. 0, or -1 and err; what was started is in d->children. */
int demo_stage(struct demo *d, struct err *err);
/* Starts the sensors. 0, or -1 and err. */
int demo_sensors(struct demo *d, struct err *err);
/* d->run/name */
void demo_path(const struct demo *d, const char *name, char out[DEMO_PATH_MAX]);
/* Fails when interrupted, when the deadline has passed (naming what we wait for) or when a program
 * that should stay has ended. Waits a moment otherwise. 0, or -1 and err. */
int demo_wait(struct demo *d, const char *what, struct err *err);

/* Waits until every record is archived, the campaign stands and all notices lie in the mailbox,
 * showing progress. 0, or -1 and err: one line that says what is missing. */
int demo_watch(struct demo *d, struct err *err);

/* Brings the line of every sensor up to date on standard output: in place on a terminal, else one
 * line when its state changes. */
void demo_progress(struct demo *d);

/* How many delivered messages are for this address. */
size_t mailbox_count(const char *maildir, const char *address);

/* Tells what came of it. 0, or -1 and err when the delivery equation is off. */
int demo_summary(struct demo *d, struct err *err);

#endif
