/* What a story expects against what is there; each difference says both, at the place of the expectation. */
#include "cli/story_private.h"

#include "base/buffer.h"
#include "base/json.h"
#include "base/limits.h"

static void differs(struct story_world *world, const struct value *at, text what, text expected, text actual)
{
	story_problem(world, story_place(world->story, at->line, at->column), "%.*s: expected %.*s, was %.*s", TEXT_ARG(what),
	              TEXT_ARG(expected), TEXT_ARG(actual));
}

static text said(struct story_world *world, const struct value *value)
{
	if (value_is_null(value))
		return T("unset");
	if (value->kind == VALUE_TEXT)
		return value->text;
	if (value->kind == VALUE_MAP && value_get(value, T("number")) != NULL && value_get(value, T("number"))->kind == VALUE_TEXT)
		return value_get(value, T("number"))->text;
	return json_text(world->arena, value);
}

/* ---- fields ---- */

static bool same_boolean(text expected, const struct value *actual)
{
	bool yes = text_equal(expected, T("yes")) || text_equal(expected, T("true"));
	bool no = text_equal(expected, T("no")) || text_equal(expected, T("false"));
	return (yes && actual->boolean) || (no && !actual->boolean);
}

/* One scalar of the story against one of the API's values. */
static bool same(struct story_world *world, const struct value *expected, const struct value *actual)
{
	moment a, b;
	int64_t number;
	double real;
	if (value_is_null(expected) || value_is_null(actual))
		return value_is_null(expected) && value_is_null(actual);
	if (expected->kind != VALUE_TEXT)
		return false;
	switch (actual->kind) {
	case VALUE_BOOL:
		return same_boolean(expected->text, actual);
	case VALUE_INTEGER:
		return text_to_integer(expected->text, &number) && number == actual->integer;
	case VALUE_REAL:
		return text_to_real(expected->text, &real) && real == actual->real;
	case VALUE_MAP:
		return same(world, &(struct value){ .kind = VALUE_TEXT, .text = story_number(world, expected->text) },
		            value_get(actual, T("number")));
	case VALUE_TEXT:
		if (text_equal(expected->text, actual->text))
			return true;
		return story_moment(world->story, expected->text, &a) && moment_parse(actual->text, NULL, &b) && a == b;
	case VALUE_HTML:
	case VALUE_LIST:
	case VALUE_NULL:
		break;
	}
	return false;
}

static bool in_list(struct story_world *world, const struct value *expected, const struct value *list)
{
	for (size_t i = 0; i < list->list.count; i++)
		if (same(world, expected, list->list.items[i]))
			return true;
	return false;
}

/* Lists of links are compared as sets. */
static bool same_list(struct story_world *world, const struct value *expected, const struct value *actual)
{
	if (actual == NULL || actual->kind != VALUE_LIST || actual->list.count != expected->list.count)
		return false;
	for (size_t i = 0; i < expected->list.count; i++)
		if (!in_list(world, expected->list.items[i], actual))
			return false;
	return true;
}

static void expect_field(struct story_world *world, const struct value_entry *entry, const struct value *actual)
{
	const struct value *expected = entry->value;
	text part = value_get_text(expected, T("contains"));
	bool good = false;
	if (text_is_set(part))
		good = actual != NULL && actual->kind == VALUE_TEXT && text_find(actual->text, part) >= 0;
	else if (expected->kind == VALUE_LIST)
		good = same_list(world, expected, actual);
	else
		good = same(world, expected, actual);
	if (!good)
		differs(world, expected, entry->key, said(world, expected), actual == NULL ? T("hidden") : said(world, actual));
}

/* ---- transitions ---- */

static text transition_names(struct work *work, const struct open_transition *open, size_t count)
{
	text *names = arena_new_array(work->arena, text, count + 1);
	for (size_t i = 0; i < count; i++)
		names[i] = open[i].transition->name;
	return count == 0 ? T("none") : text_join(work->arena, names, count, T(", "));
}

static struct error *expect_transitions(struct story_world *world, struct work *work, struct record *record,
                                        const struct value_entry *entry)
{
	struct open_transition *open;
	size_t count, found = 0;
	bool wanted = !text_equal(entry->key, T("cannot"));
	const struct value *list = entry->value;
	TRY(engine_transitions(work, record, &open, &count));
	text offered = transition_names(work, open, count);
	for (size_t i = 0; i < list->list.count; i++) {
		bool is_open = false;
		for (size_t j = 0; j < count && !is_open; j++)
			is_open = text_equal(open[j].transition->name, list->list.items[i]->text);
		found += is_open;
		if (is_open != wanted)
			differs(world, list->list.items[i], entry->key, list->list.items[i]->text,
			        text_format(work->arena, "not so: offered are %.*s", TEXT_ARG(offered)));
	}
	if (text_equal(entry->key, T("transitions")) && found == list->list.count && count != found)
		differs(world, list, entry->key, T("no others"), offered);
	return NULL;
}

/* ---- clocks ---- */

static text clock_state(const struct clock *clock)
{
	switch (clock->state) {
	case CLOCK_RUNNING:
		return T("running");
	case CLOCK_PAUSED:
		return T("paused");
	case CLOCK_STOPPED:
		break;
	}
	return T("stopped");
}

static text pause_reason(const struct clock *clock)
{
	const struct clock_interval *last = clock->ledger_count == 0 ? NULL : &clock->ledger[clock->ledger_count - 1];
	return last != NULL && last->kind == INTERVAL_PAUSED ? last->reason : TEXT_UNSET;
}

static text clock_says(struct arena *arena, const struct clock *clock, text what)
{
	if (text_equal(what, T("state")))
		return clock_state(clock);
	if (text_equal(what, T("breached")))
		return clock->breached ? T("yes") : T("no");
	if (text_equal(what, T("elapsed")))
		return duration_format(arena, clock->elapsed_ms);
	if (text_equal(what, T("remaining")))
		return clock->goal_ms < 0 ? TEXT_UNSET : duration_format(arena, clock->goal_ms - clock->elapsed_ms);
	if (text_equal(what, T("goal")))
		return clock->goal_ms < 0 ? TEXT_UNSET : duration_format(arena, clock->goal_ms);
	if (text_equal(what, T("due")))
		return moment_format(arena, clock->due_at);
	if (text_equal(what, T("calendar")))
		return clock->calendar;
	if (text_equal(what, T("paused for")))
		return pause_reason(clock);
	return TEXT_UNSET;
}

/* "90m" and "1h 30m" are the same time. */
static bool same_time(text expected, int64_t ms)
{
	bool negative = text_starts_with(expected, T("-"));
	int64_t wanted;
	if (!duration_parse(negative ? text_slice(expected, 1, expected.length) : expected, &wanted))
		return false;
	return (negative ? -wanted : wanted) == ms;
}

static bool clock_fits(struct story_world *world, const struct clock *clock, text what, text expected, text actual)
{
	if (text_equal(what, T("elapsed")))
		return same_time(expected, clock->elapsed_ms);
	if (text_equal(what, T("remaining")))
		return clock->goal_ms >= 0 && same_time(expected, clock->goal_ms - clock->elapsed_ms);
	if (text_equal(what, T("goal")))
		return clock->goal_ms >= 0 && same_time(expected, clock->goal_ms);
	if (text_equal(what, T("due"))) {
		moment at;
		return story_moment(world->story, expected, &at) && at == clock->due_at;
	}
	if (text_equal(what, T("breached")))
		return same_boolean(expected, &(struct value){ .kind = VALUE_BOOL, .boolean = clock->breached });
	return text_equal(expected, actual);
}

static void expect_clock(struct story_world *world, struct arena *arena, const struct value_entry *entry, const struct clock *clock)
{
	const struct value *expected = entry->value;
	if (clock == NULL) {
		if (!value_is_null(expected))
			differs(world, expected, entry->key, said(world, expected), T("a clock that has not started"));
		return;
	}
	if (expected->kind == VALUE_TEXT) {
		if (!text_equal(expected->text, clock_state(clock)))
			differs(world, expected, entry->key, expected->text, clock_state(clock));
		return;
	}
	for (size_t i = 0; expected->kind == VALUE_MAP && i < expected->map.count; i++) {
		const struct value_entry *part = &expected->map.entries[i];
		text actual = clock_says(arena, clock, part->key);
		bool good = value_is_null(part->value) ? !text_is_set(actual)
		                                       : part->value->kind == VALUE_TEXT &&
		                                             clock_fits(world, clock, part->key, part->value->text, actual);
		if (!good)
			differs(world, part->value, text_format(arena, "clock %.*s %.*s", TEXT_ARG(entry->key), TEXT_ARG(part->key)),
			        said(world, part->value), text_is_set(actual) ? actual : T("unset"));
	}
}

/* What stands in every ledger: it counts exactly what the clock says. */
static void check_ledger(struct story_world *world, const struct value *at, const struct clock *clock)
{
	int64_t sum = 0;
	for (size_t i = 0; i < clock->ledger_count; i++)
		sum += clock->ledger[i].counted_ms;
	if (sum != clock->elapsed_ms)
		differs(world, at, T("the ledger's sum"), text_format(world->arena, "%lld ms", (long long)clock->elapsed_ms),
		        text_format(world->arena, "%lld ms", (long long)sum));
}

static struct error *expect_clocks(struct story_world *world, struct work *work, struct record *record, const struct value *expected)
{
	struct clock *clocks;
	size_t count;
	TRY(engine_clocks(work, record, true, &clocks, &count));
	for (size_t i = 0; i < expected->map.count; i++) {
		const struct clock *found = NULL;
		for (size_t j = 0; j < count; j++)
			if (text_equal(clocks[j].definition->name, expected->map.entries[i].key))
				found = &clocks[j];
		expect_clock(world, work->arena, &expected->map.entries[i], found);
		if (found != NULL)
			check_ledger(world, expected, found);
	}
	return NULL;
}

/* ---- history ---- */

/*
 * "transition start by finn", "internal comment by finn: ...", "updated by dora: team, priority", "clock response breached",
 * "automation share_out by the system: nobody was assigned ...".
 */
static struct error *history_line(struct work *work, const struct event *event, text *ret_line)
{
	struct buffer line;
	struct record_name who = { T("the system"), TEXT_UNSET };
	const struct value *changes = value_get(event->payload, T("changes"));
	text comment = value_get_text(event->payload, T("comment"));
	buffer_init(&line, work->arena, 4000);
	if (event->kind == EVENT_COMMENT && event->visibility == VISIBLE_INTERNAL)
		buffer_literal(&line, "internal ");
	buffer_text(&line, event_kind_name(event->kind));
	static const text names[] = { { "transition", 10 }, { "clock", 5 }, { "name", 4 }, { "relation", 8 }, { "approval", 8 }, { "what", 4 },
		                      { "vote", 4 } };
	for (size_t i = 0; i < array_length(names); i++)
		if (text_is_set(value_get_text(event->payload, names[i])))
			buffer_format(&line, " %.*s", TEXT_ARG(value_get_text(event->payload, names[i])));
	if (event->kind == EVENT_AUTOMATION)
		buffer_format(&line, " %.*s", TEXT_ARG(value_get_text(event->payload, T("rule"))));
	if (event->kind == EVENT_CLOCK)
		buffer_format(&line, " %s", value_get_bool(event->payload, T("breached"), false) ? "breached" : "warned");
	if (event->actor_id != 0)
		TRY(model_name(work, work->model->user, event->actor_id, &who));
	buffer_format(&line, " by %.*s", TEXT_ARG(who.number));
	if (event->kind == EVENT_UPDATED)
		for (size_t i = 0; changes != NULL && i < changes->map.count; i++)
			buffer_format(&line, "%s%.*s", i == 0 ? ": " : ", ", TEXT_ARG(changes->map.entries[i].key));
	if (event->kind == EVENT_AUTOMATION)
		comment = value_get_text(event->payload, T("error"));
	if (text_is_set(comment))
		buffer_format(&line, ": %.*s", TEXT_ARG(comment));
	return buffer_finish(&line, ret_line);
}

static struct error *expect_history(struct story_world *world, struct work *work, struct record *record,
                                    const struct value_entry *entry)
{
	struct event *events;
	size_t count, next = 0;
	bool absent = text_equal(entry->key, T("not in history"));
	TRY(engine_history(work, record, 0, &events, &count));
	text *lines = arena_new_array(work->arena, text, count + 1);
	for (size_t i = 0; i < count; i++)
		TRY(history_line(work, &events[i], &lines[i]));
	text all = text_join(work->arena, lines, count, T(" | "));
	if (text_equal(entry->key, T("events"))) {
		if (!same(world, entry->value, value_integer(work->arena, (int64_t)count)))
			differs(world, entry->value, entry->key, said(world, entry->value), text_format(work->arena, "%zu (%.*s)", count, TEXT_ARG(all)));
		return NULL;
	}
	for (size_t i = 0; entry->value->kind == VALUE_LIST && i < entry->value->list.count; i++) {
		const struct value *wanted = entry->value->list.items[i];
		size_t at = absent ? 0 : next;
		while (at < count && !text_starts_with(lines[at], said(world, wanted)))
			at++;
		if ((at < count) == absent)
			differs(world, wanted, entry->key, said(world, wanted), all);
		next = at < count ? at + 1 : next;
	}
	return NULL;
}

/* ---- the rest ---- */

static struct error *expect_links(struct story_world *world, struct work *work, struct record *record, const struct value_entry *entry)
{
	struct record_link *links;
	size_t count, expected_count = 0;
	TRY(engine_links(work, record, &links, &count));
	struct value *actual = value_map(work->arena);
	for (size_t i = 0; i < count; i++) {
		struct record_name name;
		TRY(model_name(work, links[i].type, links[i].other_id, &name));
		text key = links[i].inverse ? label_in(&links[i].relation->inverse, T("en")) : links[i].relation->name;
		struct value *list = value_get(actual, key);
		if (list == NULL)
			value_set(work->arena, actual, key, list = value_list(work->arena));
		value_append(work->arena, list, value_text(work->arena, name.number));
	}
	for (size_t i = 0; entry->value->kind == VALUE_MAP && i < entry->value->map.count; i++) {
		const struct value_entry *one = &entry->value->map.entries[i];
		struct value *numbers = value_list(work->arena);
		for (size_t j = 0; one->value->kind == VALUE_LIST && j < one->value->list.count; j++)
			value_append(work->arena, numbers, value_text(work->arena, story_number(world, one->value->list.items[j]->text)));
		if (one->value->kind == VALUE_TEXT)
			value_append(work->arena, numbers, value_text(work->arena, story_number(world, one->value->text)));
		expected_count += numbers->list.count;
		if (!same_list(world, numbers, value_get(actual, one->key)))
			differs(world, one->value, one->key, said(world, one->value), said(world, actual));
	}
	if (expected_count != count)
		differs(world, entry->value, entry->key, text_format(work->arena, "%zu links", expected_count), said(world, actual));
	return NULL;
}

static struct error *expect_attachments(struct story_world *world, struct work *work, struct record *record,
                                        const struct value_entry *entry)
{
	struct attachment *files;
	size_t count;
	TRY(engine_attachments(work, record, &files, &count));
	struct value *actual = value_list(work->arena);
	for (size_t i = 0; i < count; i++)
		value_append(work->arena, actual, value_text(work->arena, files[i].name));
	if (entry->value->kind != VALUE_LIST || !same_list(world, entry->value, actual))
		differs(world, entry->value, entry->key, said(world, entry->value), said(world, actual));
	return NULL;
}

static struct error *expect_writes(struct story_world *world, struct work *work, struct record *record, const struct value_entry *entry)
{
	const struct type *type = record->type;
	bool *may = arena_new_array(work->arena, bool, type->field_count);
	struct value *actual = value_list(work->arena);
	TRY(access_writable_fields(work, type, record, may));
	for (size_t i = 0; i < type->field_count; i++)
		if (may[i])
			value_append(work->arena, actual, value_text(work->arena, type->fields[i].name));
	if (entry->value->kind != VALUE_LIST || !same_list(world, entry->value, actual))
		differs(world, entry->value, entry->key, said(world, entry->value), said(world, actual));
	return NULL;
}

static void expect_hidden(struct story_world *world, const struct value *list, const struct value *actual)
{
	for (size_t i = 0; list->kind == VALUE_LIST && i < list->list.count; i++) {
		const struct value *name = list->list.items[i];
		if (value_get(actual, name->text) != NULL)
			differs(world, name, name->text, T("hidden"), said(world, value_get(actual, name->text)));
	}
}

static struct error *expect_entry(struct story_world *world, struct work *work, struct record *record, const struct value_entry *entry,
                                  const struct value *actual)
{
	text key = entry->key;
	if (text_equal(key, T("approvals")))
		return story_expect_approvals(world, work, record, entry->value);
	if (text_equal(key, T("collisions")))
		return story_expect_collisions(world, work, record, entry);
	if (text_equal(key, T("clocks")))
		return expect_clocks(world, work, record, entry->value);
	if (text_equal(key, T("transitions")) || text_equal(key, T("can")) || text_equal(key, T("cannot")))
		return expect_transitions(world, work, record, entry);
	if (text_equal(key, T("history")) || text_equal(key, T("not in history")) || text_equal(key, T("events")))
		return expect_history(world, work, record, entry);
	if (text_equal(key, T("affects")) || text_equal(key, T("rests on")))
		return story_expect_impact(world, work, record, entry);
	if (text_equal(key, T("links")))
		return expect_links(world, work, record, entry);
	if (text_equal(key, T("answers")))
		return story_expect_answers(world, work, record, entry);
	if (text_equal(key, T("attachments")))
		return expect_attachments(world, work, record, entry);
	if (text_equal(key, T("tasks")))
		return story_expect_tasks(world, work, record, entry);
	if (text_equal(key, T("children")))
		return story_expect_children(world, work, record, entry);
	if (text_equal(key, T("writes")))
		return expect_writes(world, work, record, entry);
	if (text_equal(key, T("hides")))
		expect_hidden(world, entry->value, actual);
	else if (!text_equal(key, T("as of")))
		expect_field(world, entry, value_get(actual, key));
	return NULL;
}

struct error *story_expect(struct story_world *world, struct work *work, struct record *record, const struct value *expected)
{
	const struct value *as_of = value_get(expected, T("as of"));
	struct value *actual;
	moment at;
	if (as_of != NULL) {
		if (as_of->kind != VALUE_TEXT || !story_moment(world->story, as_of->text, &at)) {
			differs(world, as_of, T("as of"), T("a moment"), said(world, as_of));
			return NULL;
		}
		TRY(engine_as_of(work, record, at, &record));
	}
	TRY(access_record_value(work, record, NULL, &actual));
	for (size_t i = 0; i < expected->map.count; i++)
		TRY(expect_entry(world, work, record, &expected->map.entries[i], actual));
	return NULL;
}

/* ---- lists ---- */

static struct error *ask(struct story_world *world, struct work *work, const struct type *type, const struct value *where, text sort,
                         struct record_page *ret_page)
{
	struct query query = { .type = type, .limit = LIMIT_PAGE_ROWS };
	struct condition *condition;
	struct sort_key *keys;
	if (where != NULL && where->kind == VALUE_TEXT) {
		TRY(condition_parse(work->arena, work->model, type, story_condition(world, work->arena, where->text), CONDITION_QUERY,
		                    &condition));
		query.where = condition;
	}
	if (text_is_set(sort)) {
		TRY(sort_parse(work->arena, type, sort, &keys, &query.sort_count));
		query.sort = keys;
	}
	return access_find(work, &query, ret_page);
}

static text found_numbers(struct work *work, const struct record_page *page)
{
	text *numbers = arena_new_array(work->arena, text, page->count + 1);
	for (size_t i = 0; i < page->count; i++)
		numbers[i] = record_number(page->records[i]);
	return page->count == 0 ? T("nothing") : text_join(work->arena, numbers, page->count, T(", "));
}

struct error *story_expect_list(struct story_world *world, struct work *work, const struct story_step *step)
{
	struct record_page page;
	const struct value *finds = value_get(step->value, T("finds")), *count = value_get(step->value, T("count"));
	TRY(ask(world, work, step->type, value_get(step->value, T("where")), value_get_text(step->value, T("sort")), &page));
	text actual = found_numbers(work, &page);
	if (count != NULL && !same(world, count, value_integer(work->arena, (int64_t)page.count)))
		differs(world, count, T("count"), said(world, count), actual);
	if (finds == NULL || finds->kind != VALUE_LIST)
		return NULL;
	/* With a sort the order counts. */
	bool good = finds->list.count == page.count, sorted = value_get(step->value, T("sort")) != NULL;
	for (size_t i = 0; good && i < page.count; i++) {
		bool found = false;
		for (size_t j = 0; j < page.count && !found; j++)
			found = (!sorted || i == j) && text_equal(story_number(world, finds->list.items[j]->text), record_number(page.records[i]));
		good = found;
	}
	if (!good)
		differs(world, finds, T("finds"), said(world, finds), actual);
	return NULL;
}

struct error *story_expect_one(struct story_world *world, struct work *work, const struct story_step *step, text *ret_number)
{
	struct record_page page;
	TRY(ask(world, work, step->type, step->value, TEXT_UNSET, &page));
	if (page.count != 1)
		return error_new(work->arena, ERROR_NOT_FOUND, "expected one record, found %.*s", TEXT_ARG(found_numbers(work, &page)));
	*ret_number = text_copy(world->arena, record_number(page.records[0]));
	return NULL;
}

/* ---- notifications and refusals ---- */

static bool was_told(const struct story_world *world, text login, text part)
{
	const struct value *words = value_get(world->told, login);
	for (size_t i = 0; words != NULL && i < words->list.count; i++)
		if (!text_is_set(part) || text_find(words->list.items[i]->text, part) >= 0)
			return true;
	return false;
}

void story_expect_told(struct story_world *world, const struct story_step *step)
{
	const struct value *expected = step->told;
	size_t count = expected->kind == VALUE_LIST ? expected->list.count : expected->kind == VALUE_MAP ? expected->map.count : 0;
	bool good = value_count(world->told) == count;
	for (size_t i = 0; i < count; i++) {
		const struct value *item = expected->kind == VALUE_LIST ? expected->list.items[i] : expected->map.entries[i].value;
		text login = expected->kind == VALUE_LIST ? item->text : expected->map.entries[i].key;
		good = good && was_told(world, login, expected->kind == VALUE_MAP && item->kind == VALUE_TEXT ? item->text : TEXT_UNSET);
	}
	if (!good)
		differs(world, expected, T("told"), said(world, expected), count == 0 && value_count(world->told) == 0 ? T("nobody") : said(world, world->told));
}

static bool refusal_fits(const struct value *refused, const struct error *error)
{
	text code = refused->kind == VALUE_TEXT ? refused->text : value_get_text(refused, T("code"));
	text message = value_get_text(refused, T("message")), field = value_get_text(refused, T("field"));
	text hint = value_get_text(refused, T("hint"));
	for (; error != NULL; error = error->next) {
		bool fits = text_equal(code, error_slug(error->code));
		fits = fits && (!text_is_set(message) || text_find(error->message, message) >= 0);
		fits = fits && (!text_is_set(field) || text_equal(field, error->field));
		fits = fits && (!text_is_set(hint) || text_find(error->hint, hint) >= 0);
		if (fits)
			return true;
	}
	return false;
}

void story_expect_refused(struct story_world *world, const struct story_step *step, const struct error *error)
{
	if (error == NULL) {
		story_problem(world, step->place, "this should have been refused (%.*s), and was not", TEXT_ARG(said(world, step->refused)));
		return;
	}
	if (!refusal_fits(step->refused, error))
		differs(world, step->refused, T("refused"), said(world, step->refused),
		        text_format(world->arena, "%.*s: %.*s%s%.*s%s", TEXT_ARG(error_slug(error->code)), TEXT_ARG(error->message),
		                    text_is_set(error->field) ? " (" : "", TEXT_ARG(error->field), text_is_set(error->field) ? ")" : ""));
}
