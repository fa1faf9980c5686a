/*
 * Whether a step is decided. A quorum counts those who are asked: an abstention is neither for nor against it, so it makes a
 * majority, a number or a share harder to reach. For `all` those who abstain stand aside: nobody may be against, one must be for.
 */
#include "engine/approval_private.h"

struct tally step_tally(const struct approval_step *step, int64_t round_id, const struct voter *voters, size_t count)
{
	struct tally tally = { 0 };

	for (size_t i = 0; i < count; i++) {
		if (voters[i].approval_id != round_id || !text_equal(voters[i].step, step->name))
			continue;
		tally.rows++;
		if (!voters[i].counts)
			continue;
		tally.asked++;
		tally.approvals += voters[i].vote == VOTE_APPROVE;
		tally.rejections += voters[i].vote == VOTE_REJECT;
		tally.abstentions += voters[i].vote == VOTE_ABSTAIN;
	}
	return tally;
}

int64_t quorum_needed(const struct approval_step *step, int64_t asked)
{
	switch (step->quorum) {
	case QUORUM_ANY:
		return 1;
	case QUORUM_ALL:
		return asked;
	case QUORUM_MAJORITY:
		return asked / 2 + 1;
	case QUORUM_COUNT:
		return step->quorum_number;
	case QUORUM_PERCENT:
		return (asked * step->quorum_number + 99) / 100;
	}
	return asked;
}

enum step_result quorum_result(const struct approval_step *step, const struct tally *tally)
{
	int64_t waiting = tally->asked - tally->approvals - tally->rejections - tally->abstentions;
	int64_t needed = quorum_needed(step, tally->asked);

	if (step->quorum == QUORUM_ALL) {
		if (tally->rejections > 0 || (waiting == 0 && tally->approvals == 0))
			return STEP_REJECTED;
		return waiting == 0 ? STEP_APPROVED : STEP_OPEN;
	}
	if (tally->approvals >= needed)
		return STEP_APPROVED;
	/* Too few were found, or are left: administrators know, more are looked for, and nobody has said no. */
	if (needed > tally->asked && tally->rejections == 0)
		return STEP_OPEN;
	return tally->approvals + waiting < needed ? STEP_REJECTED : STEP_OPEN;
}
