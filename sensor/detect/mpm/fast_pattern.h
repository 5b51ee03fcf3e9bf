/* mpm/fast_pattern.h - the literal that selects a signature. */
#ifndef DETECT_MPM_FAST_PATTERN_H
#define DETECT_MPM_FAST_PATTERN_H
#include "sensor/detect/content.h"
#include "sensor/detect/mpm/literals.h"

/* Sets s->fast and s->fast_buffer (and SIG_PREFILTERED), or leaves them NULL when no content of the
 * rule must occur, or only one or two bytes of payload. Honours fast_pattern, else prefers
 * transaction buffers, then length and rarity.
 */
void fast_pattern_choose(struct signature *s);
/* The bytes that go into the matcher: pattern, or the part the rule asked for. */
struct bytes fast_pattern_bytes(const struct content *c);
/* Within how many first bytes of what is looked at they have to end; LITERAL_ANYWHERE. */
size_t fast_pattern_ends_by(const struct content *c);
/* Whether they have to be all of a buffer that does not grow: a host name, a hash. */
bool fast_pattern_is_whole(const struct signature *s);

#endif
