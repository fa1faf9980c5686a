/*
 * Approvals for people: the page of everything that waits for one's vote, where it can be given at once, and the panel of a record
 * with its rounds: who was asked, who said what, and what is still missing. A vote is a form that is sent, never a link.
 */
#include "web/pages_private.h"

#include "base/words.h"

/* Cards of a page: each is a decision, with what it is about. */
#define WAITING_SHOWN 50

/* ---- what a decision needs to know ---- */

/* What the definition shows with the question: long texts are unfolded, because nobody decides without having read why. */
static struct error *add_stakes(struct work *work, const struct record *record, const struct approval_definition *definition,
                                struct value *item)
{
	struct value *facts = value_list(work->arena), *plans = value_list(work->arena);

	for (size_t i = 0; i < definition->show_count; i++) {
		const struct field *field = &record->type->fields[definition->shows[i]];
		text said = TEXT_UNSET;

		if (!access_field_readable(work, record->type, field))
			continue;
		TRY(part_words(work, record, field, &said));
		if (!text_is_set(said) || text_is_empty(said))
			continue;
		struct value *fact = value_map(work->arena);
		value_set_text(work->arena, fact, T("label"), label_in(&field->label, work->language));
		if (field->kind == KIND_PROSE)
			value_set(work->arena, fact, T("html"), markdown_html(work->arena, record_cell(record, field->position)->text));
		else if (field->kind == KIND_MOMENT)
			value_set(work->arena, fact, T("moment"), part_moment(work, record_moment(record, field->position)));
		else
			value_set_text(work->arena, fact, T("words"), said);
		value_append(work->arena, field->kind == KIND_PROSE ? plans : facts, fact);
	}
	value_set(work->arena, item, T("facts"), facts);
	value_set(work->arena, item, T("plans"), plans);
	return NULL;
}

/* What was typed for this very vote, when it came back with a mistake. */
static void add_typed(struct work *work, const struct web_request *request, const struct approval_waiting *waiting, text login,
                      struct value *item)
{
	/* By its place, not its round: what was typed stays when the question was changed meanwhile and is asked anew. */
	if (request->error == NULL || !text_equal(request_parameter(request, T("number")), record_number(waiting->record)) ||
	    !text_equal(request_field(request, T("for")), login) || !text_equal(request_field(request, T("step")), waiting->step->name))
		return;
	value_set_text(work->arena, item, T("comment"), request_field(request, T("comment")));
	value_set_text(work->arena, item, T("error"), request->error->message);
	value_set_text(work->arena, item, T("hint"), request->error->hint);
}

static struct error *waiting_item(struct work *work, const struct web_request *request, const struct approval_waiting *waiting,
                                  struct value **ret_item)
{
	struct arena *arena = work->arena;
	struct record *record = waiting->record;
	struct value *item = value_map(arena), *person, *requester;
	struct record_name who = { .number = T("") };

	TRY(access_name(work, work->model->user, waiting->for_id, &who));
	TRY(part_person(work, waiting->for_id, &person));
	TRY(part_person(work, record_id_of(record, record->type->requester), &requester));
	value_set_integer(arena, item, T("id"), waiting->approval_id);
	value_set_text(arena, item, T("href"), record_href(arena, record->type, record_number(record)));
	value_set_text(arena, item, T("number"), record_number(record));
	value_set_text(arena, item, T("title"), text_is_empty(record_title(record)) ? record_number(record) : record_title(record));
	value_set_text(arena, item, T("kind"), label_in(&record->type->label, work->language));
	value_set_text(arena, item, T("approval"), label_in(&waiting->definition->label, work->language));
	value_set_text(arena, item, T("step"), waiting->step->name);
	value_set_text(arena, item, T("step_label"), label_in(&waiting->step->label, work->language));
	value_set_bool(arena, item, T("several"), waiting->definition->step_count > 1);
	value_set(arena, item, T("requester"), requester);
	value_set_text(arena, item, T("for"), who.number);
	if (waiting->for_id != work->actor->id)
		value_set(arena, item, T("stands_in"), person);
	value_set(arena, item, T("since"), part_moment(work, waiting->since));
	value_set(arena, item, T("due"), part_moment(work, waiting->due_at));
	value_set_bool(arena, item, T("soon"), waiting->due_at != MOMENT_UNSET && waiting->due_at - work->now < DAY_MS);
	value_set(arena, item, T("key"), part_key(arena));
	value_set_integer(arena, item, T("version"), record->version);
	value_set_text(arena, item, T("pick"),
	               text_format(arena, "%.*s/%.*s/%lld/%lld/%.*s/%.*s", TEXT_ARG(record->type->name), TEXT_ARG(record_number(record)),
	                           (long long)waiting->approval_id, (long long)record->version, TEXT_ARG(waiting->step->name),
	                           TEXT_ARG(who.number)));
	add_typed(work, request, waiting, who.number, item);
	*ret_item = item;
	return add_stakes(work, record, waiting->definition, item);
}

/* ---- the page ---- */

/* `outcome`: of many votes at once, or NULL. */
static struct error *show_waiting(struct work *work, struct web_request *request, struct value *outcome, struct page *page)
{
	struct approval_waiting *list;
	struct value *items = value_list(work->arena), *item, *data = value_map(work->arena);
	int64_t after, next;
	size_t count;

	TRY(web_waiting_after(work, request, &after));
	TRY(engine_approvals_waiting(work, after, WAITING_SHOWN, &list, &count, &next));
	for (size_t i = 0; i < count; i++) {
		TRY(waiting_item(work, request, &list[i], &item));
		value_set_text(work->arena, item, T("back"), T("list"));
		value_append(work->arena, items, item);
	}
	page->template = is_staff(work) ? T("approvals") : T("approvals_portal");
	page->data = data;
	value_set_text(work->arena, data, T("title"), words(work->language, T("Waiting for my approval")));
	value_set(work->arena, data, T("items"), items);
	value_set_bool(work->arena, data, T("many"), count > 1);
	value_set_bool(work->arena, data, T("later"), after > 0);
	value_set_text(work->arena, data, T("after"), request_query(request, T("after")));
	value_set(work->arena, data, T("key"), part_key(work->arena));
	if (next > 0)
		value_set_text(work->arena, data, T("next"), text_format(work->arena, "/approvals?after=%lld", (long long)next));
	if (outcome != NULL)
		value_set(work->arena, data, T("outcome"), outcome);
	if (request->error != NULL)
		value_set(work->arena, data, T("errors"), part_errors(work, NULL, request->error));
	return NULL;
}

struct error *approvals_render(struct work *work, struct web_request *request, struct page *page)
{
	return show_waiting(work, request, NULL, page);
}

/* ---- many votes at once: the same vote and comment for each that was picked ---- */

/* "permit/PER0001/12/3/board/ana" of a box, as waiting_item() wrote it, with what is said of all of them. */
static struct error *picked_item(struct work *work, const struct web_request *request, text pick, struct value **ret_item)
{
	static const char *const names[] = { "type", "number", "id", "version", "step", "for" };
	struct value *item = value_map(work->arena);
	text rest = pick, part;

	for (size_t i = 0; i < array_length(names); i++) {
		int64_t number = 0;

		if (i + 1 == array_length(names))
			part = rest;
		else if (!text_cut(&rest, '/', &part))
			return error_new(work->arena, ERROR_MALFORMED, "'%.*s' is no vote of this list", TEXT_ARG(pick));
		if (i != 2 && i != 3)
			value_set_text(work->arena, item, text_from(names[i]), part);
		else if (text_to_integer(part, &number))
			value_set_integer(work->arena, item, text_from(names[i]), number);
	}
	value_set_text(work->arena, item, T("vote"), request_field(request, T("vote")));
	value_set_text(work->arena, item, T("comment"), request_field(request, T("comment")));
	*ret_item = item;
	return NULL;
}

static struct error *picked_items(struct work *work, const struct web_request *request, struct value **ret_items)
{
	bool all = text_is_set(request_field(request, T("all")));
	const struct value *picks = value_get(request->body, all ? T("each") : T("pick"));
	struct value *items = value_list(work->arena), *item;

	for (size_t i = 0; picks != NULL && picks->kind == VALUE_LIST && i < picks->list.count; i++) {
		TRY(picked_item(work, request, picks->list.items[i]->text, &item));
		value_append(work->arena, items, item);
	}
	*ret_items = items;
	if (value_count(items) == 0)
		return error_hint(work->arena, error_new(work->arena, ERROR_INVALID, "nothing is chosen"), "tick what you decide on");
	if (value_count(items) > WAITING_SHOWN)
		return error_new(work->arena, ERROR_INVALID, "too many at once; at most %d", WAITING_SHOWN);
	/* Said once for all of them, rather than refused for each. */
	if (text_equal(request_field(request, T("vote")), T("reject")) && text_is_empty(text_trim(request_field(request, T("comment")))))
		return error_hint(work->arena, error_new(work->arena, ERROR_INVALID, "a rejection needs a comment"),
		                  "say why, so that they know what to do");
	return NULL;
}

/* How many count, and of each that does not, why. */
static struct value *outcome_value(struct work *work, const struct value *items, const struct value *results)
{
	struct value *outcome = value_map(work->arena), *refused = value_list(work->arena);
	int64_t good = 0;

	for (size_t i = 0; i < value_count(results); i++) {
		const struct value *problem = value_get(results->list.items[i], T("problem"));

		good += problem == NULL;
		if (problem == NULL)
			continue;
		struct value *one = value_map(work->arena);
		text number = value_get_text(items->list.items[i], T("number"));
		value_set_text(work->arena, one, T("number"), number);
		value_set_text(work->arena, one, T("href"),
		               text_format(work->arena, "/%.*s/%.*s", TEXT_ARG(value_get_text(items->list.items[i], T("type"))), TEXT_ARG(number)));
		value_set_text(work->arena, one, T("why"), value_get_text(problem, T("detail")));
		value_append(work->arena, refused, one);
	}
	value_set_integer(work->arena, outcome, T("good"), good);
	value_set(work->arena, outcome, T("refused"), refused);
	return outcome;
}

struct error *votes_render(struct work *work, struct web_request *request, struct page *page)
{
	struct value *items, *results, *outcome;

	TRY(picked_items(work, request, &items));
	TRY(bulk_run(work, request, items, bulk_vote, &results));
	outcome = outcome_value(work, items, results);
	if (value_count(value_get(outcome, T("refused"))) > 0)
		return show_waiting(work, request, outcome, page);
	page_redirect(page, value_count(items) == 1 ? T("/approvals?done=voted") : T("/approvals?done=voted_many"));
	return NULL;
}

/* Nothing was chosen, or no reason given: what was ticked and typed stays. */
struct error *votes_refuse(struct work *work, struct web_request *request, struct page *page)
{
	const struct value *picks = value_get(request->body, T("pick"));
	struct value *items;

	TRY(show_waiting(work, request, NULL, page));
	value_set_text(work->arena, page->data, T("comment"), request_field(request, T("comment")));
	items = value_get(page->data, T("items"));
	for (size_t i = 0; i < value_count(items); i++)
		for (size_t j = 0; picks != NULL && picks->kind == VALUE_LIST && j < picks->list.count; j++)
			if (text_equal(picks->list.items[j]->text, value_get_text(items->list.items[i], T("pick"))))
				value_set_bool(work->arena, items->list.items[i], T("picked"), true);
	return NULL;
}

/* ---- the vote ---- */

struct error *vote_apply(struct work *work, struct web_request *request, struct page *page unused)
{
	return web_vote(work, request);
}

struct error *vote_done(struct work *work, struct web_request *request, struct page *page)
{
	text href = record_href(work->arena, request->type, request_parameter(request, T("number")));

	if (request->wants_json)
		return web_record_value(work, request->record, NULL, &page->data);
	/* From an agenda back to its item; page_redirect() lets nothing but paths of ours through. */
	if (text_starts_with(request_field(request, T("back")), T("/")))
		page_redirect(page, request_field(request, T("back")));
	else
		page_redirect(page, text_equal(request_field(request, T("back")), T("list"))
		                        ? T("/approvals?done=voted") : text_format(work->arena, "%.*s?done=voted", TEXT_ARG(href)));
	return NULL;
}

struct error *vote_refuse(struct work *work, struct web_request *request, struct page *page)
{
	if (text_equal(request_field(request, T("back")), T("list")))
		return show_waiting(work, request, NULL, page);
	return show_record(work, request, page, T("vote"), request->body);
}

/* ---- the panel of a record ---- */

static text turn_words(const struct work *work, enum approval_turn turn)
{
	switch (turn) {
	case APPROVAL_ASKED:
		return words(work->language, T("Open"));
	case APPROVAL_APPROVED:
		return words(work->language, T("Approved"));
	case APPROVAL_REJECTED:
		return words(work->language, T("Rejected"));
	case APPROVAL_EXPIRED:
		return words(work->language, T("Not decided in time"));
	case APPROVAL_VOIDED:
		return words(work->language, T("Void"));
	case APPROVAL_WITHDRAWN:
		return words(work->language, T("Withdrawn"));
	case APPROVAL_TURN_COUNT:
		break;
	}
	return TEXT_UNSET;
}

/* How a state is painted: as a state's group or a mark. */
static text turn_look(enum approval_turn turn)
{
	return turn == APPROVAL_ASKED ? T("waiting") : turn == APPROVAL_APPROVED ? T("done") : T("cancelled");
}

static text counted(struct work *work, const char *one, const struct approval_part *part)
{
	struct value *arguments = value_map(work->arena);

	value_set_integer(work->arena, arguments, T("have"), part->approvals);
	value_set_integer(work->arena, arguments, T("needed"), part->needed);
	value_set_integer(work->arena, arguments, T("asked"), part->asked);
	return words_with(work->arena, work->language, text_from(one), arguments);
}

static text part_state_words(struct work *work, const struct approval_part *part)
{
	switch (part->state) {
	case PART_TO_COME:
		return words(work->language, T("comes later"));
	case PART_OPEN:
		if (part->definition->quorum == QUORUM_ALL)
			return counted(work, "{have} of {asked} approvals, all are needed", part);
		return counted(work, "{have} of {needed} approvals needed, {asked} asked", part);
	case PART_APPROVED:
		return words(work->language, T("approved"));
	case PART_REJECTED:
		return words(work->language, T("rejected"));
	case PART_SKIPPED:
		return words(work->language, T("skipped, since it was not needed"));
	case PART_LACKING:
		return words(work->language, T("nobody was found who could decide; administrators know"));
	case PART_ENDED:
		return words(work->language, T("was not decided"));
	}
	return TEXT_UNSET;
}

static text vote_words(const struct work *work, enum vote_kind vote)
{
	switch (vote) {
	case VOTE_APPROVE:
		return words(work->language, T("approves"));
	case VOTE_REJECT:
		return words(work->language, T("rejects"));
	case VOTE_ABSTAIN:
		return words(work->language, T("abstains"));
	case VOTE_NONE:
		break;
	}
	return words(work->language, T("has not voted"));
}

/* For who asked for something: what was answered, without the words of voting. */
static text answer_words(const struct work *work, enum vote_kind vote)
{
	switch (vote) {
	case VOTE_APPROVE:
		return words(work->language, T("agreed"));
	case VOTE_REJECT:
		return words(work->language, T("did not agree"));
	case VOTE_ABSTAIN:
		return words(work->language, T("leaves it to others"));
	case VOTE_NONE:
		break;
	}
	return words(work->language, T("has not answered yet"));
}

static struct error *delegates_words(struct work *work, const struct approval_vote *vote, text *ret_words)
{
	for (size_t i = 0; i < vote->delegate_count; i++) {
		struct record_name name;

		TRY(access_name(work, work->model->user, vote->delegates[i], &name));
		if (text_is_set(name.title))
			*ret_words = text_is_set(*ret_words) ? text_format(work->arena, "%.*s, %.*s", TEXT_ARG(*ret_words), TEXT_ARG(name.title))
			                                     : name.title;
	}
	return NULL;
}

static struct error *panel_vote(struct work *work, const struct approval_vote *vote, struct value **ret_value)
{
	struct arena *arena = work->arena;
	struct value *value = value_map(arena), *person, *by;
	text delegates = TEXT_UNSET;

	TRY(part_person(work, vote->user_id, &person));
	TRY(delegates_words(work, vote, &delegates));
	value_set(arena, value, T("person"), person);
	value_set_text(arena, value, T("words"), is_staff(work) ? vote_words(work, vote->vote) : answer_words(work, vote->vote));
	value_set_text(arena, value, T("look"), vote->vote == VOTE_APPROVE ? T("good") : vote->vote == VOTE_REJECT ? T("bad") : T(""));
	value_set_bool(arena, value, T("gone"), !vote->counts);
	value_set_text(arena, value, T("delegates"), delegates);
	if (vote->vote != VOTE_NONE) {
		value_set(arena, value, T("moment"), part_moment(work, vote->voted_at));
		/* Who asked for something knows no versions. */
		if (is_staff(work))
			value_set_integer(arena, value, T("version"), vote->version);
	}
	if (vote->voted_by != 0 && vote->voted_by != vote->user_id) {
		TRY(part_person(work, vote->voted_by, &by));
		value_set(arena, value, T("by"), by);
	}
	if (text_is_set(vote->comment))
		value_set(arena, value, T("html"), markdown_html(arena, vote->comment));
	*ret_value = value;
	return NULL;
}

static struct error *panel_step(struct work *work, const struct approval_part *part, struct value **ret_value)
{
	struct value *value = value_map(work->arena), *votes = value_list(work->arena), *vote;

	for (size_t i = 0; i < part->vote_count; i++) {
		TRY(panel_vote(work, &part->votes[i], &vote));
		value_append(work->arena, votes, vote);
	}
	value_set_text(work->arena, value, T("label"), label_in(&part->definition->label, work->language));
	value_set_text(work->arena, value, T("words"), part_state_words(work, part));
	value_set(work->arena, value, T("votes"), votes);
	*ret_value = value;
	return NULL;
}

static struct error *panel_round(struct work *work, const struct approval *approval, struct value **ret_value)
{
	struct arena *arena = work->arena;
	struct value *value = value_map(arena), *steps = value_list(arena), *step;
	bool open = approval->state == APPROVAL_ASKED;

	for (size_t i = 0; i < approval->part_count; i++) {
		/* Who asked for it need not know which steps there might have been. */
		if (approval->parts[i].state == PART_SKIPPED && !is_staff(work))
			continue;
		TRY(panel_step(work, &approval->parts[i], &step));
		if (approval->parts[i].state == PART_SKIPPED && !open && approval->state != APPROVAL_APPROVED)
			value_set_text(arena, step, T("words"), words(work->language, T("was not asked any more")));
		value_append(arena, steps, step);
	}
	value_set_text(arena, value, T("label"), approval->definition == NULL ? approval->name
	                                                                       : label_in(&approval->definition->label, work->language));
	value_set_integer(arena, value, T("round"), approval->round);
	value_set_bool(arena, value, T("again"), approval->round > 1);
	value_set_bool(arena, value, T("open"), open);
	value_set_bool(arena, value, T("simple"), !is_staff(work));
	value_set_text(arena, value, T("state"), open && !is_staff(work) ? words(work->language, T("Not decided yet"))
	                                                                  : turn_words(work, approval->state));
	value_set_text(arena, value, T("look"), turn_look(approval->state));
	value_set(arena, value, T("asked"), part_moment(work, approval->asked_at));
	value_set(arena, value, T("ended"), part_moment(work, approval->ended_at));
	if (open)
		value_set(arena, value, T("due"), part_moment(work, approval->due_at));
	if (is_staff(work))
		value_set_integer(arena, value, T("version"), approval->version);
	value_set(arena, value, T("steps"), steps);
	*ret_value = value;
	return NULL;
}

/* One's own vote that may still be changed: {id, said, step}. */
static void add_own_votes(struct work *work, const struct record *record, const struct approval *approval, text href, struct value *list)
{
	for (size_t i = 0; approval->state == APPROVAL_ASKED && i < approval->part_count; i++)
		for (size_t j = 0; approval->parts[i].state == PART_OPEN && j < approval->parts[i].vote_count; j++) {
			const struct approval_vote *vote = &approval->parts[i].votes[j];

			if (vote->user_id != work->actor->id || !vote->counts || vote->vote == VOTE_NONE)
				continue;
			struct value *item = value_map(work->arena);
			value_set_integer(work->arena, item, T("id"), approval->id);
			value_set_text(work->arena, item, T("href"), href);
			value_set_text(work->arena, item, T("step"), approval->parts[i].definition->name);
			value_set_text(work->arena, item, T("for"), work->actor->login);
			value_set_text(work->arena, item, T("approval"), label_in(&approval->definition->label, work->language));
			value_set_text(work->arena, item, T("comment"), vote->comment);
			value_set_text(work->arena, item, T("back"), T("record"));
			value_set_integer(work->arena, item, T("version"), record->version);
			value_set(work->arena, item, T("key"), part_key(work->arena));
			value_append(work->arena, list, item);
		}
}

static struct error *add_votes(struct work *work, const struct web_request *request, struct record *record, struct value *data)
{
	struct value *votes = value_list(work->arena), *item;
	struct approval_waiting *list;
	size_t count;

	TRY(engine_approvals_waiting_of(work, record, &list, &count));
	for (size_t i = 0; i < count; i++) {
		TRY(waiting_item(work, request, &list[i], &item));
		value_set_text(work->arena, item, T("back"), T("record"));
		value_append(work->arena, votes, item);
	}
	value_set(work->arena, data, T("votes"), votes);
	return NULL;
}

struct error *part_approvals(struct work *work, const struct web_request *request, struct record *record, struct value *data)
{
	struct value *rounds = value_list(work->arena), *earlier = value_list(work->arena), *own = value_list(work->arena), *round;
	text href = record_href(work->arena, record->type, record_number(record));
	struct approval *approvals;
	bool open = false;
	size_t count;

	TRY(engine_approvals(work, record, &approvals, &count));
	for (size_t i = count; i > 0; i--) {
		bool newest = true;

		for (size_t j = i; j < count && newest; j++)
			newest = !text_equal(approvals[j].name, approvals[i - 1].name);
		open = open || approvals[i - 1].state == APPROVAL_ASKED;
		TRY(panel_round(work, &approvals[i - 1], &round));
		value_append(work->arena, newest ? rounds : earlier, round);
		add_own_votes(work, record, &approvals[i - 1], href, own);
	}
	if (count == 0)
		return NULL;
	value_set(work->arena, data, T("approvals"), rounds);
	value_set(work->arena, data, T("approvals_earlier"), earlier);
	value_set_integer(work->arena, data, T("approvals_earlier_count"), (int64_t)value_count(earlier));
	value_set(work->arena, data, T("own_votes"), own);
	return open ? add_votes(work, request, record, data) : NULL;
}
