/* analyzer/notice/words.h - every phrase of a notice, once in each language. */
#ifndef NOTICE_WORDS_H
#define NOTICE_WORDS_H
#include "analyzer/directory/directory.h"

struct words {
    const char *tlp_line, *drill_subject, *drill_line;
    const char *subject[2]; /* by lane; number and title follow */
    const char *dear;       /* {1} organisation, {2} person */
    const char *opening[3]; /* by role; {1} signing centre, {2} organisation it is about */
    const char *number, *title, *object, *grade, *confidence, *period, *seen, *judgement, *others,
        *action, *deadline, *answer, *answer_how, *closing;
    const char *seen_more, *others_counted; /* {1} how many */
    const char *severity[5];
    const char *confidences[3]; /* low, medium, high */
    const char *others_named, *others_none;
    const char *management_note;
    /* In place of a campaign's own texts when no other organisation agreed to be counted. */
    const char *plain_title, *plain_judgement, *plain_summary;
};

extern const struct words notice_words[2]; /* by enum language */

#endif
