/*
 * The portal: where people who only ask for something begin. One box, what is already there for the words typed, and their own
 * requests in plain words. Made from the definitions: every type with a form "portal" can be asked for, every portal view is a list.
 */
#include "web/pages_catalogue_private.h"
#include "web/pages_portal_private.h"

#include "base/words.h"

#define CARDS_SHOWN 8
#define SIMILAR_SHOWN 5
#define OFFERINGS_SHOWN 5
/* A list of so many is chosen from; a longer one is searched. */
#define CHOICES_MOST 30

/* ---- progress in plain words ---- */

struct value *part_progress(struct work *work, const struct record *record)
{
	const struct lifecycle *lifecycle = record->type->lifecycle;
	struct value *steps = value_list(work->arena);
	int now = lifecycle == NULL ? 0 : lifecycle->states[record_state(record)].step, last = 0;

	for (size_t i = 0; now != 0 && i < lifecycle->state_count; i++) {
		const struct state *state = &lifecycle->states[i];
		/* States of the same step share a place: the one that the record is in, else the first. */
		if (state->step == 0 || (state->step == now && (int)i != record_state(record)) || (state->step == last && state->step != now))
			continue;
		struct value *one = value_map(work->arena);
		text past = state->step < now ? label_in(&state->past, work->language) : TEXT_UNSET;
		last = state->step;
		value_set_text(work->arena, one, T("label"),
		               text_is_set(past) && !text_is_empty(past) ? past : part_plain(work, state));
		value_set_bool(work->arena, one, T("past"), state->step < now);
		value_set_bool(work->arena, one, T("now"), state->step == now);
		value_append(work->arena, steps, one);
	}
	return steps;
}

/* ---- the requester's view of a record ---- */

/* What is promised: the clocks that run towards a moment. */
static struct error *promises(struct work *work, struct record *record, struct value **ret_list)
{
	struct value *list = value_list(work->arena);
	struct clock *clocks;
	size_t count;

	TRY(engine_clocks(work, record, false, &clocks, &count));
	for (size_t i = 0; i < count; i++) {
		if (clocks[i].state != CLOCK_RUNNING || clocks[i].due_at == MOMENT_UNSET)
			continue;
		struct value *one = value_map(work->arena);
		value_set_text(work->arena, one, T("label"), label_in(&clocks[i].definition->label, work->language));
		value_set(work->arena, one, T("due"), part_moment(work, clocks[i].due_at));
		value_set_bool(work->arena, one, T("late"), clocks[i].due_at < work->now);
		value_append(work->arena, list, one);
	}
	*ret_list = list;
	return NULL;
}

/* The choice that is named as the requester's field is: it waits for who asked. */
static bool waits_for_requester(const struct record *record, const struct field *reason)
{
	const struct type *type = record->type;
	const struct cell *cell = record_cell(record, reason->position);

	return type->requester >= 0 && reason->kind == KIND_CHOICE && cell->kind == CELL_INTEGER &&
	       text_equal(reason->choices[cell->integer].name, type->fields[type->requester].name);
}

/* What it waits for, from the field that explains a pausing clock; ret_me: for the reader. */
static struct error *waiting_for(struct work *work, const struct record *record, text *ret_words, bool *ret_me)
{
	const struct type *type = record->type;

	*ret_words = TEXT_UNSET;
	*ret_me = false;
	if (type->lifecycle == NULL || type->lifecycle->states[record_state(record)].group != GROUP_WAITING)
		return NULL;
	for (size_t i = 0; i < type->clock_count; i++) {
		size_t reason = type->clocks[i].pause_reason_field;
		if (reason == SIZE_MAX || !access_field_readable(work, type, &type->fields[reason]))
			continue;
		*ret_me = waits_for_requester(record, &type->fields[reason]) &&
		          record_id_of(record, type->requester) == work->actor->id;
		return part_words(work, record, &type->fields[reason], ret_words);
	}
	return NULL;
}

static struct value *faces(struct work *work, int64_t chosen)
{
	static const struct {
		const char *label, *icon;
	} all[] = {
		{ "Very bad", "mood-angry" }, { "Bad", "mood-sad" }, { "So-so", "mood-neutral" }, { "Good", "mood-smile" }, { "Very good", "mood-happy" },
	};
	struct value *list = value_list(work->arena);

	for (size_t i = 0; i < array_length(all); i++) {
		struct value *face = value_map(work->arena);
		value_set_integer(work->arena, face, T("value"), (int64_t)i + 1);
		value_set_text(work->arena, face, T("label"), words(work->language, text_from(all[i].label)));
		value_set(work->arena, face, T("icon"), part_icon(work->arena, text_from(all[i].icon)));
		value_set_bool(work->arena, face, T("chosen"), chosen == (int64_t)i + 1);
		value_append(work->arena, list, face);
	}
	return list;
}

static struct error *add_rating(struct work *work, struct record *record, struct value *data)
{
	const struct type *type = record->type;

	if (type->rating < 0)
		return NULL;
	bool *writable = arena_new_array(work->arena, bool, type->field_count);
	const struct cell *cell = record_cell(record, (size_t)type->rating);
	TRY(access_writable_fields(work, type, record, writable));
	if (writable[type->rating])
		value_set(work->arena, data, T("faces"), faces(work, cell->kind == CELL_INTEGER ? cell->integer : 0));
	value_set_bool(work->arena, data, T("rated"), cell->kind == CELL_INTEGER);
	/* The step that asks for the rating shows faces instead of a number. */
	struct value *steps = value_get(data, T("steps"));
	for (size_t i = 0; i < value_count(steps); i++) {
		struct value *fields = value_get(steps->list.items[i], T("fields"));
		for (size_t j = 0; j < value_count(fields); j++)
			if (text_equal(value_get_text(fields->list.items[j], T("name")), type->fields[type->rating].name))
				value_set(work->arena, fields->list.items[j], T("faces"), faces(work, 0));
	}
	return NULL;
}

/* What was written when the record came into its state, if that asked for prose: the answer that a requester waits for. */
static struct value *answer_html(struct work *work, const struct record *record)
{
	const struct type *type = record->type;
	const struct lifecycle *lifecycle = type->lifecycle;

	for (size_t i = 0; lifecycle != NULL && i < lifecycle->transition_count; i++) {
		const struct transition *transition = &lifecycle->transitions[i];
		enum state_group group = lifecycle->states[transition->to].group;
		for (size_t j = 0; group == GROUP_DONE && j < transition->need_count; j++)
			for (size_t k = 0; k < transition->needs[j].field_count; k++) {
				const struct field *field = &type->fields[transition->needs[j].fields[k]];
				if (field->kind == KIND_PROSE && access_field_readable(work, type, field) &&
				    record_cell(record, field->position)->kind == CELL_TEXT)
					return markdown_html(work->arena, record_cell(record, field->position)->text);
			}
	}
	return value_null(work->arena);
}

/* The step that ends it well stands first and is the one that is offered most. */
static void order_steps(struct work *work, const struct record *record, struct value *data)
{
	struct value *steps = value_get(data, T("steps")), *first = value_list(work->arena), *rest = value_list(work->arena);
	const struct lifecycle *lifecycle = record->type->lifecycle;

	for (size_t i = 0; i < value_count(steps); i++) {
		struct value *step = steps->list.items[i];
		int position = lifecycle_transition(lifecycle, value_get_text(step, T("name")));
		bool ends = position >= 0 && lifecycle->states[lifecycle->transitions[position].to].group == GROUP_CLOSED;
		if (ends)
			value_set_text(work->arena, step, T("look"), T("primary"));
		value_append(work->arena, ends ? first : rest, step);
	}
	for (size_t i = 0; i < value_count(rest); i++)
		value_append(work->arena, first, rest->list.items[i]);
	value_set(work->arena, data, T("steps"), first);
}

/* Whether anything of the portal's form can still be changed. */
static struct error *may_edit(struct work *work, struct record *record, bool *ret_may)
{
	const struct form *form = type_form(record->type, T("portal"));
	bool *writable = arena_new_array(work->arena, bool, record->type->field_count);

	*ret_may = false;
	TRY(access_writable_fields(work, record->type, record, writable));
	for (size_t i = 0; form != NULL && i < form->section_count; i++)
		for (size_t j = 0; j < form->sections[i].field_count; j++)
			*ret_may = *ret_may || writable[form->sections[i].fields[j]];
	return NULL;
}

struct error *part_request(struct work *work, struct record *record, struct value *data)
{
	bool may, asks_me;
	struct value *list;
	text waiting;

	TRY(promises(work, record, &list));
	TRY(waiting_for(work, record, &waiting, &asks_me));
	value_set(work->arena, data, T("steps_plain"), part_progress(work, record));
	value_set(work->arena, data, T("promises"), list);
	value_set_text(work->arena, data, T("waiting_for"), waiting);
	value_set_bool(work->arena, data, T("asks_me"), asks_me);
	const struct value *state = value_get(data, T("state"));
	text group = value_get_text(state, T("group"));
	value_set_bool(work->arena, data, T("done"), text_equal(group, T("done")));
	value_set_bool(work->arena, data, T("ended"), text_equal(group, T("closed")) || text_equal(group, T("cancelled")));
	value_set(work->arena, data, T("answer"), answer_html(work, record));
	TRY(may_edit(work, record, &may));
	value_set_bool(work->arena, data, T("may_edit"), may);
	order_steps(work, record, data);
	return add_rating(work, record, data);
}

struct error *rate_apply(struct work *work, struct web_request *request, struct page *page)
{
	struct value *patch = value_map(work->arena);
	text number = request_parameter(request, T("number")), rating = request_field(request, T("rating"));

	if (request->type->rating < 0)
		return error_new(work->arena, ERROR_NOT_FOUND, "there is nothing to rate here");
	if (!text_is_set(rating) || text_is_empty(rating))
		return error_field(error_new(work->arena, ERROR_INVALID, "choose one of the five"), T("rating"));
	value_set_text(work->arena, patch, request->type->fields[request->type->rating].name, rating);
	TRY(engine_update(work, request->type, number, 0, patch, &request->record));
	page_redirect(page, text_format(work->arena, "%.*s?done=rated", TEXT_ARG(record_href(work->arena, request->type, number))));
	return NULL;
}

/* ---- the form of the portal ---- */

struct error *part_offer_choices(struct work *work, const struct field *field, struct value *widget)
{
	struct value *choices = value_list(work->arena);
	struct record_page rows;
	int64_t count;

	if (field == NULL || field->kind != KIND_LINK || !field->target->platform)
		return NULL;
	struct query query = { .type = field->target, .where = field->offer, .limit = CHOICES_MOST + 1 };
	if (field->target->active >= 0 && field->offer == NULL) {
		struct condition *active;
		TRY(condition_parse(work->arena, work->model, field->target, T("active = true"), CONDITION_QUERY, &active));
		query.where = active;
	}
	TRY(access_count(work, &query, CHOICES_MOST, &count));
	if (count > CHOICES_MOST)
		return NULL;
	TRY(access_find(work, &query, &rows));
	for (size_t i = 0; i < rows.count; i++) {
		struct value *one = value_map(work->arena);
		text number = record_number(rows.records[i]), title = record_title(rows.records[i]);
		value_set_text(work->arena, one, T("name"), number);
		value_set_text(work->arena, one, T("label"), text_is_empty(title) ? number : title);
		value_set_bool(work->arena, one, T("chosen"), text_equal(number, value_get_text(widget, T("value"))));
		value_append(work->arena, choices, one);
	}
	value_set(work->arena, widget, T("choices"), choices);
	value_set_bool(work->arena, widget, T("choice"), true);
	(void)value_remove(widget, T("lookup"));
	return NULL;
}

static struct error *similar_of(struct work *work, struct web_request *request, const struct type *type, text typed,
                                struct value *list)
{
	struct similar *similar = NULL;
	size_t count = 0;

	if (request->reader == NULL || !text_is_set(typed) || text_is_empty(text_trim(typed)))
		return NULL;
	TRY(search_similar_words(request->reader, work, type, typed, SIMILAR_SHOWN, &similar, &count));
	for (size_t i = 0; i < count; i++) {
		struct value *one = value_map(work->arena);
		int state = type->lifecycle == NULL ? -1 : lifecycle_state(type->lifecycle, similar[i].state);
		value_set_text(work->arena, one, T("number"), similar[i].number);
		value_set_text(work->arena, one, T("title"), similar[i].title);
		value_set_text(work->arena, one, T("href"), record_href(work->arena, type, similar[i].number));
		if (state >= 0) {
			value_set_text(work->arena, one, T("plain"), part_plain(work, &type->lifecycle->states[state]));
			value_set_text(work->arena, one, T("group"), state_group_name(type->lifecycle->states[state].group));
		}
		value_append(work->arena, list, one);
	}
	return NULL;
}

struct error *part_report(struct work *work, struct web_request *request, struct value *data)
{
	const struct type *type = request->type;
	struct value *sections = value_get(data, T("sections")), *similar = value_list(work->arena);
	bool attach;

	for (size_t i = 0; i < value_count(sections); i++) {
		struct value *fields = value_get(sections->list.items[i], T("fields"));
		for (size_t j = 0; j < value_count(fields); j++)
			TRY(part_offer_choices(work, type_field(type, value_get_text(fields->list.items[j], T("name"))), fields->list.items[j]));
	}
	TRY(access_may(work, RIGHT_ATTACH, type, NULL, &attach));
	value_set_bool(work->arena, data, T("attach"), attach);
	if (request->method == METHOD_GET)
		TRY(similar_of(work, request, type, request_query(request, type->fields[type->title_field].name), similar));
	value_set(work->arena, data, T("similar"), similar);
	return NULL;
}

/* ---- home ---- */

static struct error *add_answers(struct work *work, struct web_request *request, text typed, struct value *data)
{
	struct value *asks = value_list(work->arena), *similar = value_list(work->arena), *offerings = NULL;

	for (size_t i = 0; i < work->model->type_count; i++) {
		const struct type *type = work->model->ranked[i];
		bool may;
		if (type->platform || type->abstract || type_form(type, T("portal")) == NULL)
			continue;
		TRY(access_may(work, RIGHT_CREATE, type, NULL, &may));
		if (!may)
			continue;
		struct value *ask = value_map(work->arena);
		value_set_text(work->arena, ask, T("type"), type->name);
		value_set_text(work->arena, ask, T("label"), label_in(&type->label, work->language));
		value_set_text(work->arena, ask, T("href"), text_format(work->arena, "/%.*s/new?%.*s=%.*s", TEXT_ARG(type->name),
		               TEXT_ARG(type->fields[type->title_field].name), TEXT_ARG(url_part(work->arena, typed))));
		value_append(work->arena, asks, ask);
		TRY(similar_of(work, request, type, typed, similar));
	}
	if (!text_is_empty(typed))
		TRY(catalogue_offerings(work, typed, 0, OFFERINGS_SHOWN, &offerings));
	value_set_bool(work->arena, data, T("catalogue"), catalogue_type(work) != NULL);
	value_set(work->arena, data, T("offerings"), offerings);
	value_set_text(work->arena, data, T("typed"), typed);
	value_set(work->arena, data, T("asks"), asks);
	value_set_bool(work->arena, data, T("one"), value_count(asks) == 1);
	value_set(work->arena, data, T("similar"), similar);
	return NULL;
}

static struct error *card(struct work *work, const struct record *record, struct value **ret_card)
{
	const struct type *type = record->type;
	struct value *one = value_map(work->arena), *person;
	text number = record_number(record), title = record_title(record);

	value_set_text(work->arena, one, T("number"), number);
	value_set_text(work->arena, one, T("title"), text_is_empty(title) ? number : title);
	value_set_text(work->arena, one, T("href"), record_href(work->arena, type, number));
	value_set(work->arena, one, T("state"), part_state(work, record));
	value_set(work->arena, one, T("steps"), part_progress(work, record));
	value_set(work->arena, one, T("updated"), part_moment(work, record_moment(record, FIELD_UPDATED_AT)));
	TRY(part_person(work, record_id_of(record, type->assignee), &person));
	value_set(work->arena, one, T("assignee"), person);
	*ret_card = one;
	return NULL;
}

static struct error *add_view(struct work *work, const struct type *type, const struct view *view, struct value *lists)
{
	struct query query = { .type = type, .where = view->condition, .sort = view->sort, .sort_count = view->sort_count, .limit = CARDS_SHOWN };
	struct value *list = value_map(work->arena), *cards = value_list(work->arena), *one;
	struct record_page rows;

	TRY(access_find(work, &query, &rows));
	for (size_t i = 0; i < rows.count; i++) {
		TRY(card(work, rows.records[i], &one));
		value_append(work->arena, cards, one);
	}
	if (rows.count == 0 && value_count(lists) > 0)
		return NULL; /* only the first list says that it is empty: the others would be a page of "none" */
	value_set_text(work->arena, list, T("label"), label_in(&view->label, work->language));
	value_set_text(work->arena, list, T("name"), text_format(work->arena, "%.*s-%.*s", TEXT_ARG(type->name), TEXT_ARG(view->name)));
	value_set_text(work->arena, list, T("href"), view_href(work->arena, type, view));
	value_set(work->arena, list, T("cards"), cards);
	value_set_bool(work->arena, list, T("more"), text_is_set(rows.next));
	value_append(work->arena, lists, list);
	return NULL;
}

/* Whether it can show what is not over yet. */
static bool shows_open(const struct type *type, const struct view *view)
{
	for (size_t i = 0; type->lifecycle != NULL && i < type->lifecycle->state_count; i++)
		if (type->lifecycle->states[i].group <= GROUP_DONE && condition_may_hold(view->condition, type->lifecycle, i))
			return true;
	return false;
}

/* The portal's views of all practices that show what is open, or the others. */
static struct error *add_portal_views(struct work *work, bool open, struct value *lists)
{
	for (size_t i = 0; i < work->model->type_count; i++) {
		const struct type *type = work->model->ranked[i];
		for (size_t j = 0; !type->platform && !type->abstract && j < type->view_count; j++)
			if (type->views[j].portal && view_is_for(work, &type->views[j]) && shows_open(type, &type->views[j]) == open)
				TRY(add_view(work, type, &type->views[j], lists));
	}
	return NULL;
}

static struct error *portal_render(struct work *work, struct web_request *request, struct page *page)
{
	text typed = request_query(request, T("q"));
	struct value *lists = value_list(work->arena);

	page->data = value_map(work->arena);
	TRY(add_answers(work, request, text_is_set(typed) ? text_trim(typed) : T(""), page->data));
	if (request->is_htmx) {
		page->template = T("portal_answers");
		return NULL;
	}
	TRY(add_portal_views(work, true, lists));
	TRY(add_portal_views(work, false, lists));
	value_set_text(work->arena, page->data, T("title"), words(work->language, T("What do you need?")));
	value_set(work->arena, page->data, T("lists"), lists);
	page->template = T("portal");
	return NULL;
}

/* Staff begin with their first view, everybody else with the portal. */
/* The roles that a person was given, without those that come with another of them. */
static uint64_t own_roles(const struct work *work)
{
	uint64_t own = work->actor->roles;

	for (size_t i = 0; i < work->model->role_count; i++)
		if ((work->actor->roles >> i & 1) != 0)
			own &= ~work->model->roles[i].includes | (uint64_t)1 << i;
	return own;
}

/* Where somebody's day begins: the first view made for a role of their own, else the first that they may see. */
static const struct view *home_view(const struct work *work, const struct type **ret_type)
{
	const struct view *home = NULL;
	uint64_t own = own_roles(work);

	for (size_t i = 0; i < work->model->type_count; i++) {
		const struct type *type = work->model->ranked[i];
		for (size_t j = 0; !type->platform && !type->abstract && j < type->view_count; j++) {
			const struct view *view = &type->views[j];
			bool is_own = (view->roles & own) != 0;
			if (view->portal || !view_is_for(work, view) || (home != NULL && !is_own))
				continue;
			home = view;
			*ret_type = type;
			if (is_own)
				return home;
		}
	}
	return home;
}

struct error *home_render(struct work *work, struct web_request *request, struct page *page)
{
	if (work->actor->kind == ACTOR_NOBODY) {
		page_redirect(page, pages_sign_in_location(work, request));
		return NULL;
	}
	const struct type *type = NULL;
	const struct view *view = is_staff(work) ? home_view(work, &type) : NULL;

	if (view == NULL)
		return portal_render(work, request, page);
	page_redirect(page, view_href(work->arena, type, view));
	return NULL;
}
