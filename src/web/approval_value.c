/* Approvals as the API says them and pages show them: one value for both. */
#include "web/web_private.h"

#include "web/api_private.h"

static void set_moment(struct work *work, struct value *map, text key, moment at)
{
	value_add(work->arena, map, key, value_text(work->arena, moment_format(work->arena, at)));
}

static struct error *people_value(struct work *work, const int64_t *ids, size_t count, struct value **ret_value)
{
	struct value *list = value_list(work->arena), *person;

	for (size_t i = 0; i < count; i++) {
		TRY(api_person(work, ids[i], &person));
		value_append(work->arena, list, person);
	}
	*ret_value = list;
	return NULL;
}

static struct error *vote_value(struct work *work, const struct approval_vote *vote, struct value **ret_value)
{
	struct arena *arena = work->arena;
	struct value *value = value_map(arena), *person, *by, *delegates;
	bool voted = vote->vote != VOTE_NONE;

	TRY(api_person(work, vote->user_id, &person));
	TRY(api_person(work, vote->voted_by, &by));
	TRY(people_value(work, vote->delegates, vote->delegate_count, &delegates));
	value_add(arena, value, T("person"), person);
	value_add(arena, value, T("via"), value_text(arena, vote->via));
	value_add(arena, value, T("counts"), value_bool(arena, vote->counts));
	value_add(arena, value, T("waiting"), value_bool(arena, vote->waiting));
	value_add(arena, value, T("standing_in"), delegates);
	value_add(arena, value, T("vote"), voted ? value_text(arena, vote_kind_name(vote->vote)) : value_null(arena));
	value_add(arena, value, T("by"), by);
	set_moment(work, value, T("at"), vote->voted_at);
	value_add(arena, value, T("comment"), value_text(arena, vote->comment));
	value_add(arena, value, T("version"), voted ? value_integer(arena, vote->version) : value_null(arena));
	*ret_value = value;
	return NULL;
}

static struct error *step_value(struct work *work, const struct approval_part *part, struct value **ret_value)
{
	struct arena *arena = work->arena;
	struct value *value = value_map(arena), *votes = value_list(arena), *vote;

	for (size_t i = 0; i < part->vote_count; i++) {
		TRY(vote_value(work, &part->votes[i], &vote));
		value_append(arena, votes, vote);
	}
	value_add(arena, value, T("name"), value_text(arena, part->definition->name));
	value_add(arena, value, T("label"), value_text(arena, label_in(&part->definition->label, work->language)));
	value_add(arena, value, T("state"), value_text(arena, approval_part_state_name(part->state)));
	value_add(arena, value, T("asked"), value_integer(arena, part->asked));
	value_add(arena, value, T("needed"), value_integer(arena, part->needed));
	value_add(arena, value, T("approvals"), value_integer(arena, part->approvals));
	value_add(arena, value, T("rejections"), value_integer(arena, part->rejections));
	value_add(arena, value, T("abstentions"), value_integer(arena, part->abstentions));
	value_add(arena, value, T("votes"), votes);
	*ret_value = value;
	return NULL;
}

/* Between asked and decided it is open. */
static text state_name(const struct approval *approval)
{
	return approval->state == APPROVAL_ASKED ? T("open") : approval_turn_name(approval->state);
}

static struct error *approval_value(struct work *work, const struct approval *approval, struct value **ret_value)
{
	struct arena *arena = work->arena;
	struct value *value = value_map(arena), *steps = value_list(arena), *step;
	text label = approval->definition == NULL ? approval->name : label_in(&approval->definition->label, work->language);

	for (size_t i = 0; i < approval->part_count; i++) {
		TRY(step_value(work, &approval->parts[i], &step));
		value_append(arena, steps, step);
	}
	value_add(arena, value, T("id"), value_integer(arena, approval->id));
	value_add(arena, value, T("name"), value_text(arena, approval->name));
	value_add(arena, value, T("label"), value_text(arena, label));
	value_add(arena, value, T("round"), value_integer(arena, approval->round));
	value_add(arena, value, T("state"), value_text(arena, state_name(approval)));
	value_add(arena, value, T("version"), value_integer(arena, approval->version));
	set_moment(work, value, T("asked_at"), approval->asked_at);
	set_moment(work, value, T("due_at"), approval->due_at);
	set_moment(work, value, T("ended_at"), approval->ended_at);
	value_add(arena, value, T("steps"), steps);
	*ret_value = value;
	return NULL;
}

struct error *web_approvals_value(struct work *work, struct record *record, struct value **ret_value)
{
	struct approval *approvals;
	struct value *list = value_list(work->arena), *value;
	size_t count;

	TRY(engine_approvals(work, record, &approvals, &count));
	for (size_t i = 0; i < count; i++) {
		TRY(approval_value(work, &approvals[i], &value));
		value_append(work->arena, list, value);
	}
	*ret_value = list;
	return NULL;
}

static struct value *record_reference(struct work *work, const struct record *record)
{
	struct arena *arena = work->arena;
	struct value *value = value_map(arena);
	int state = record_state(record);

	value_add(arena, value, T("type"), value_text(arena, record->type->name));
	value_add(arena, value, T("number"), value_text(arena, record_number(record)));
	value_add(arena, value, T("title"), value_text(arena, record_title(record)));
	value_add(arena, value, T("state"), state < 0 ? value_null(arena) : value_text(arena, record->type->lifecycle->states[state].name));
	value_add(arena, value, T("version"), value_integer(arena, record->version));
	return value;
}

/* What the definition shows with the question: fields of one line (lists of links would be a question each). */
static struct error *shown_fields(struct work *work, const struct approval_waiting *waiting, struct value **ret_value)
{
	const struct type *type = waiting->record->type;
	bool *fields = arena_new_array(work->arena, bool, type->field_count);

	for (size_t i = 0; i < waiting->definition->show_count; i++) {
		const struct field *field = &type->fields[waiting->definition->shows[i]];

		fields[field->position] = field->kind != KIND_PROSE && field->kind != KIND_LINKS;
	}
	TRY(access_record_value(work, waiting->record, fields, ret_value));
	value_remove(*ret_value, T("number"));
	value_remove(*ret_value, T("type"));
	return NULL;
}

struct error *web_approval_waiting_value(struct work *work, const struct approval_waiting *waiting, struct value **ret_value)
{
	struct arena *arena = work->arena;
	struct value *value = value_map(arena), *person, *requester, *fields;
	text url = api_record_url(arena, waiting->record->type, record_number(waiting->record));

	TRY(api_person(work, waiting->for_id, &person));
	TRY(api_person(work, record_id_of(waiting->record, waiting->record->type->requester), &requester));
	value_add(arena, value, T("id"), value_integer(arena, waiting->approval_id));
	value_add(arena, value, T("name"), value_text(arena, waiting->definition->name));
	value_add(arena, value, T("label"), value_text(arena, label_in(&waiting->definition->label, work->language)));
	value_add(arena, value, T("step"), value_text(arena, waiting->step->name));
	value_add(arena, value, T("step_label"), value_text(arena, label_in(&waiting->step->label, work->language)));
	value_add(arena, value, T("round"), value_integer(arena, waiting->round));
	value_add(arena, value, T("record"), record_reference(work, waiting->record));
	TRY(shown_fields(work, waiting, &fields));
	value_add(arena, value, T("fields"), fields);
	value_add(arena, value, T("requester"), requester);
	value_add(arena, value, T("for"), person);
	value_add(arena, value, T("standing_in"), value_bool(arena, waiting->for_id != work->actor->id));
	set_moment(work, value, T("since"), waiting->since);
	set_moment(work, value, T("due_at"), waiting->due_at);
	value_add(arena, value, T("url"),
	          value_text(arena, text_format(arena, "%.*s/approvals/%lld/votes", TEXT_ARG(url), (long long)waiting->approval_id)));
	*ret_value = value;
	return NULL;
}
