/* The two followers of every change, in their order: clocks first, because rules may ask for them. */
#include "engine/engine_private.h"

struct error *engine_follow(struct work *work, const struct change *change)
{
	TRY(clock_follow(work, change));
	if (change->kind == EVENT_IMPORTED)
		return NULL;
	return rules_follow(work, change);
}
