/* What the files of this floor share with each other and with nobody else. */
#ifndef REEVE_ACCESS_PRIVATE_H
#define REEVE_ACCESS_PRIVATE_H

#include "access/access.h"

/*
 * The actor's rule for one right on a type: everything, or any of the branches (each once).
 * Neither: the right is not given to any of the actor's roles.
 */
struct rights_rule {
	bool everything;
	const struct condition **branches;
	size_t branch_count;
};
void rights_rule(struct work *work, enum right right, const struct type *type, struct rights_rule *ret_rule);
/* True when every record of the type is readable, known without looking at one. */
bool rights_reads_all(const struct work *work, const struct type *type);

/* One answer for every way of not being signed in. */
must_use struct error *unauthenticated(struct work *work);
must_use struct error *actor_or_unauthenticated(struct work *work, int64_t user_id, struct actor **ret_actor);
/* Whether seen_at of a session or token should be written again. */
bool is_seen_old(struct work *work, moment seen_at);

#endif
