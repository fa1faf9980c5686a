/* Public replies and internal notes. Their words live in the event log: history, search and mail read them there. */
#include "engine/step_private.h"

struct error *step_settle_comment(struct step *step, struct work *work, struct record *record, bool must_be_public)
{
	bool note, reply = true;

	if (!text_is_set(step->comment))
		return NULL;
	if (must_be_public && step->visibility_given && step->visibility == VISIBLE_INTERNAL)
		return error_field(error_new(work->arena, ERROR_INVALID, "this comment must be public: it is for the requester"),
		                   T("visibility"));
	TRY(access_may(work, RIGHT_NOTE, step->type, record, &note));
	if (must_be_public || (!step->visibility_given && !note))
		step->visibility = VISIBLE_PUBLIC;
	else if (!step->visibility_given)
		step->visibility = VISIBLE_INTERNAL;
	if (step->visibility == VISIBLE_INTERNAL && !note)
		return error_field(error_new(work->arena, ERROR_FORBIDDEN, "you may not write internal notes"), T("visibility"));
	/* A transition that one may take brings its words with it, and so does a new record. */
	if (step->kind == EVENT_UPDATED && step->visibility == VISIBLE_PUBLIC)
		TRY(access_may(work, RIGHT_COMMENT, step->type, record, &reply));
	return reply ? NULL : error_field(error_new(work->arena, ERROR_FORBIDDEN, "you may not comment here"), T("comment"));
}

struct error *engine_comment(struct work *work, const struct type *type, text number, text comment, enum visibility visibility,
                             struct record **ret_record, int64_t *ret_event)
{
	struct record *record;

	TRY(engine_lock(work, type, number, &record));
	/* Who may read notes but not speak (auditors) writes none. */
	TRY(access_require(work, RIGHT_COMMENT, type, record));
	if (visibility == VISIBLE_INTERNAL)
		TRY(access_require(work, RIGHT_NOTE, type, record));
	TRY(comment_check(work, comment));
	TRY(engine_apply_comment(work, record, comment, visibility, TEXT_UNSET, ret_event));
	*ret_record = record;
	return NULL;
}

struct error *engine_apply_comment(struct work *work, struct record *record, text comment, enum visibility visibility, text rule,
                                   int64_t *ret_event)
{
	struct step step;

	step_init(&step, work, record, EVENT_COMMENT);
	step.comment = comment;
	step.visibility = visibility;
	step.rule = rule;
	step.touch = true;
	TRY(step_save(&step, work));
	*ret_event = step.event_id;
	return NULL;
}
