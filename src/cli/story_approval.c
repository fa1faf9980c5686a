/* Approvals in stories: who votes, what waits for whom, and what is expected of the rounds of a record. */
#include "cli/story_private.h"

#include "base/buffer.h"

/* ---- voting ---- */

/* The round that is meant: the newest of that name, else the one that is open, else the newest. */
static struct error *find_round(struct work *work, const struct story_step *step, text number, text name, int64_t *ret_id)
{
	struct approval *approvals;
	struct record *record;
	size_t count;
	*ret_id = 0;
	TRY(access_load(work, step->type, number, &record));
	TRY(engine_approvals(work, record, &approvals, &count));
	bool open = false;
	for (size_t i = 0; i < count; i++) {
		if (text_is_set(name) ? !text_equal(approvals[i].name, name) : open && approvals[i].state != APPROVAL_ASKED)
			continue;
		*ret_id = approvals[i].id;
		open = open || approvals[i].state == APPROVAL_ASKED;
	}
	return NULL;
}

struct error *story_vote(struct story_world *world, struct work *work, const struct story_step *step, text number)
{
	struct ballot ballot = { .comment = value_get_text(step->value, T("comment")), .step = value_get_text(step->value, T("step")) };
	text name = text_is_set(step->approval) ? step->approval : value_get_text(step->value, T("approval"));
	text given_for = value_get_text(step->value, T("for"));
	struct record *record;
	int64_t id;
	ballot.vote = step->verb == STORY_APPROVES ? VOTE_APPROVE : step->verb == STORY_REJECTS ? VOTE_REJECT : VOTE_ABSTAIN;
	for (size_t i = 0; text_is_set(given_for) && i < world->person_count; i++)
		if (text_equal(world->people[i].login, given_for))
			ballot.for_id = world->people[i].id;
	TRY(find_round(work, step, number, name, &id));
	return engine_vote(work, step->type, number, id, &ballot, &record);
}

/* ---- what is expected ---- */

static text login_of(const struct story_world *world, int64_t id)
{
	for (size_t i = 0; i < world->person_count; i++)
		if (world->people[i].id == id)
			return world->people[i].login;
	return T("?");
}

static bool is_in(const struct approval_vote *vote, text key)
{
	if (text_equal(key, T("asked")))
		return vote->counts;
	if (text_equal(key, T("left")))
		return !vote->counts;
	if (text_equal(key, T("waiting")))
		return vote->waiting;
	if (text_equal(key, T("standing in")))
		return vote->waiting && vote->delegate_count > 0;
	return vote->counts && vote->vote == (text_equal(key, T("approved"))   ? VOTE_APPROVE
	                                      : text_equal(key, T("rejected")) ? VOTE_REJECT
	                                                                       : VOTE_ABSTAIN);
}

static void add_name(struct work *work, struct value *names, text name)
{
	for (size_t i = 0; i < names->list.count; i++)
		if (text_equal(names->list.items[i]->text, name))
			return;
	value_append(work->arena, names, value_text(work->arena, name));
}

/* The logins of those of all steps to whom the key applies. */
static struct value *names_of(const struct story_world *world, struct work *work, const struct approval *approval, text key)
{
	struct value *names = value_list(work->arena);
	for (size_t i = 0; i < approval->part_count; i++)
		for (size_t j = 0; j < approval->parts[i].vote_count; j++) {
			const struct approval_vote *vote = &approval->parts[i].votes[j];
			if (!is_in(vote, key))
				continue;
			if (!text_equal(key, T("standing in")))
				add_name(work, names, login_of(world, vote->user_id));
			for (size_t k = 0; text_equal(key, T("standing in")) && k < vote->delegate_count; k++)
				add_name(work, names, login_of(world, vote->delegates[k]));
		}
	return names;
}

static text list_words(struct work *work, const struct value *list)
{
	text *names = arena_new_array(work->arena, text, list->list.count + 1);
	for (size_t i = 0; i < list->list.count; i++)
		names[i] = list->list.items[i]->kind == VALUE_TEXT ? list->list.items[i]->text : T("?");
	return list->list.count == 0 ? T("nobody") : text_join(work->arena, names, list->list.count, T(", "));
}

static bool same_names(const struct value *expected, const struct value *actual)
{
	size_t found = 0;
	if (expected->kind != VALUE_LIST)
		return false;
	for (size_t i = 0; i < expected->list.count; i++)
		for (size_t j = 0; j < actual->list.count; j++)
			found += expected->list.items[i]->kind == VALUE_TEXT && text_equal(expected->list.items[i]->text, actual->list.items[j]->text);
	return found == expected->list.count && expected->list.count == actual->list.count;
}

static void differs(struct story_world *world, const struct value *at, text what, text expected, text actual)
{
	story_problem(world, story_place(world->story, at->line, at->column), "approval %.*s: expected %.*s, was %.*s", TEXT_ARG(what),
	              TEXT_ARG(expected), TEXT_ARG(actual));
}

static text said(struct work *work, const struct value *value)
{
	return value->kind == VALUE_LIST ? list_words(work, value) : value->kind == VALUE_TEXT ? value->text : T("something else");
}

/* "open" reads better than "asked" where a state is meant. */
static text state_words(enum approval_turn state)
{
	return state == APPROVAL_ASKED ? T("open") : approval_turn_name(state);
}

static text moment_words(struct work *work, moment at)
{
	return at == MOMENT_UNSET ? T("unset") : moment_format(work->arena, at);
}

static void expect_steps(struct story_world *world, struct work *work, const struct approval *approval, const struct value *expected)
{
	for (size_t i = 0; expected->kind == VALUE_MAP && i < expected->map.count; i++) {
		const struct value_entry *entry = &expected->map.entries[i];
		text actual = T("no such step");
		for (size_t j = 0; j < approval->part_count; j++)
			if (text_equal(approval->parts[j].definition->name, entry->key))
				actual = approval_part_state_name(approval->parts[j].state);
		if (!text_equal(said(work, entry->value), actual))
			differs(world, entry->value, entry->key, said(work, entry->value), actual);
	}
}

static int64_t needed_of(const struct approval *approval)
{
	int64_t needed = 0;
	for (size_t i = 0; i < approval->part_count; i++)
		if (approval->parts[i].state == PART_OPEN)
			needed += approval->parts[i].needed - approval->parts[i].approvals;
	return needed;
}

/* The versions that were voted on, in the order of those asked. */
static struct value *versions_of(struct work *work, const struct approval *approval)
{
	struct value *versions = value_list(work->arena);
	for (size_t i = 0; i < approval->part_count; i++)
		for (size_t j = 0; j < approval->parts[i].vote_count; j++)
			if (approval->parts[i].votes[j].vote != VOTE_NONE)
				value_append(work->arena, versions,
				             value_text(work->arena, text_format(work->arena, "%lld", (long long)approval->parts[i].votes[j].version)));
	return versions;
}

static void expect_part(struct story_world *world, struct work *work, const struct approval *approval, const struct value_entry *entry)
{
	text expected = said(work, entry->value), actual;
	moment due;
	if (text_equal(entry->key, T("steps"))) {
		expect_steps(world, work, approval, entry->value);
		return;
	}
	if (text_equal(entry->key, T("due")) && story_moment(world->story, expected, &due) && due == approval->due_at)
		return;
	if (text_equal(entry->key, T("state")))
		actual = state_words(approval->state);
	else if (text_equal(entry->key, T("round")))
		actual = text_format(work->arena, "%lld", (long long)approval->round);
	else if (text_equal(entry->key, T("needed")))
		actual = text_format(work->arena, "%lld", (long long)needed_of(approval));
	else if (text_equal(entry->key, T("due")))
		actual = moment_words(work, approval->due_at);
	else {
		struct value *names = text_equal(entry->key, T("versions")) ? versions_of(work, approval)
		                                                             : names_of(world, work, approval, entry->key);
		if (!same_names(entry->value, names))
			differs(world, entry->value, entry->key, expected, list_words(work, names));
		return;
	}
	if (!text_equal(expected, actual))
		differs(world, entry->value, entry->key, expected, actual);
}

struct error *story_expect_approvals(struct story_world *world, struct work *work, struct record *record, const struct value *expected)
{
	struct approval *approvals;
	size_t count;
	TRY(engine_approvals(work, record, &approvals, &count));
	for (size_t i = 0; i < expected->map.count; i++) {
		const struct value_entry *entry = &expected->map.entries[i];
		const struct approval *newest = NULL;
		for (size_t j = 0; j < count; j++)
			if (text_equal(approvals[j].name, entry->key))
				newest = &approvals[j];
		text state = newest == NULL ? T("none") : state_words(newest->state);
		if (entry->value->kind == VALUE_MAP && newest != NULL)
			for (size_t j = 0; j < entry->value->map.count; j++)
				expect_part(world, work, newest, &entry->value->map.entries[j]);
		else if (!text_equal(said(work, entry->value), state))
			differs(world, entry->value, entry->key, said(work, entry->value), state);
	}
	return NULL;
}

struct error *story_expect_asked(struct story_world *world, struct work *work, const struct story_step *step)
{
	struct approval_waiting *list;
	size_t count;
	int64_t next;
	struct value *expected = value_list(work->arena), *actual = value_list(work->arena);
	TRY(engine_approvals_waiting(work, 0, 100, &list, &count, &next));
	for (size_t i = 0; i < count; i++)
		value_append(work->arena, actual, value_text(work->arena, record_number(list[i].record)));
	for (size_t i = 0; step->value->kind == VALUE_LIST && i < step->value->list.count; i++)
		value_append(work->arena, expected, value_text(work->arena, story_number(world, said(work, step->value->list.items[i]))));
	if (!same_names(expected, actual))
		differs(world, step->value, T("list"), list_words(work, expected), list_words(work, actual));
	return NULL;
}
