/* sensor/rule_switch.c - see rule_switch.h. */
#include "sensor/rule_switch.h"
#include "common/err.h"
#include <pthread.h>

struct held {
    struct held *next;
    struct ruleset *rules;
    unsigned holders;
};

struct rule_switch {
    pthread_mutex_t lock;
    struct held *first; /* in force; older ones behind it */
};

static struct held *held_new(struct ruleset *rs, struct held *next)
{
    struct held *h = calloc(1, sizeof *h);
    ASSERT(h);
    *h = (struct held){.rules = rs, .next = next};
    return h;
}

static void held_free(struct held *h)
{
    ruleset_free(h->rules);
    free(h);
}

struct rule_switch *rule_switch_new(struct ruleset *first)
{
    struct rule_switch *s = calloc(1, sizeof *s);
    ASSERT(s);
    pthread_mutex_init(&s->lock, NULL);
    s->first = held_new(first, NULL);
    return s;
}

void rule_switch_free(struct rule_switch *s)
{
    if (!s)
        return;
    while (s->first) {
        struct held *h = s->first;
        s->first = h->next;
        held_free(h);
    }
    pthread_mutex_destroy(&s->lock);
    free(s);
}

const struct ruleset *rule_switch_enter(struct rule_switch *s)
{
    pthread_mutex_lock(&s->lock);
    s->first->holders++;
    const struct ruleset *rs = s->first->rules;
    pthread_mutex_unlock(&s->lock);
    return rs;
}

static struct held *find(const struct rule_switch *s, const struct ruleset *rs)
{
    struct held *h = s->first;
    while (h && h->rules != rs)
        h = h->next;
    ASSERT(h);
    return h;
}

void rule_switch_hold(struct rule_switch *s, const struct ruleset *rs)
{
    pthread_mutex_lock(&s->lock);
    find(s, rs)->holders++;
    pthread_mutex_unlock(&s->lock);
}

void rule_switch_leave(struct rule_switch *s, const struct ruleset *rs)
{
    pthread_mutex_lock(&s->lock);
    struct held *h = find(s, rs);
    ASSERT(h->holders);
    h->holders--;
    pthread_mutex_unlock(&s->lock);
}

void rule_switch_publish(struct rule_switch *s, struct ruleset *rs)
{
    pthread_mutex_lock(&s->lock);
    s->first = held_new(rs, s->first);
    pthread_mutex_unlock(&s->lock);
}

/* Takes the unheld out of the list of older sets; *left counts the others. */
static struct held *take_unheld(struct rule_switch *s, size_t *left)
{
    struct held *unheld = NULL;
    *left = 0;
    for (struct held **at = &s->first->next; *at;) {
        struct held *h = *at;
        if (h->holders) {
            at = &h->next;
            ++*left;
            continue;
        }
        *at = h->next;
        h->next = unheld;
        unheld = h;
    }
    return unheld;
}

size_t rule_switch_sweep(struct rule_switch *s)
{
    size_t left;
    pthread_mutex_lock(&s->lock);
    struct held *unheld = take_unheld(s, &left);
    pthread_mutex_unlock(&s->lock);
    while (unheld) {
        struct held *h = unheld;
        unheld = h->next;
        held_free(h);
    }
    return left;
}
