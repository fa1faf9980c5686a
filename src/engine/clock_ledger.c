/* See clock_ledger.h. */
#include "engine/clock_ledger.h"

#include "base/json.h"

/* A ledger grows by one entry per pause; somebody who pauses a record so often writes a program. */
#define LEDGER_BYTES (1024 * 1024)

static const char *const kind_words[] = {
	[LEDGER_RUN] = "run", [LEDGER_PAUSE] = "pause", [LEDGER_STOP] = "stop"
};

const struct calendar *ledger_calendar(const struct ledger_calendars *calendars, int64_t id)
{
	for (size_t i = 0; calendars != NULL && i < calendars->count; i++)
		if (calendars->items[i].id == id)
			return calendars->items[i].calendar;
	return calendar_always();
}

static bool parse_entry(const struct value *item, struct ledger_entry *ret_entry)
{
	if (item->kind != VALUE_LIST || item->list.count < 3)
		return false;
	struct value **parts = item->list.items;
	if (parts[0]->kind != VALUE_TEXT || parts[1]->kind != VALUE_INTEGER ||
	    parts[2]->kind != VALUE_INTEGER)
		return false;
	for (size_t kind = 0; kind < array_length(kind_words); kind++) {
		if (!text_equal(parts[0]->text, text_from(kind_words[kind])))
			continue;
		*ret_entry = (struct ledger_entry){ (enum ledger_kind)kind, parts[1]->integer,
						    parts[2]->integer, TEXT_UNSET };
		if (item->list.count > 3 && parts[3]->kind == VALUE_TEXT)
			ret_entry->reason = parts[3]->text;
		return true;
	}
	return false;
}

struct error *ledger_parse(struct arena *arena, text source, struct ledger *ret_ledger)
{
	struct ledger ledger = { NULL, 0, 0 };
	struct value *list;
	TRY(json_parse(arena, source, &list));
	for (size_t i = 0; list->kind == VALUE_LIST && i < list->list.count; i++) {
		arena_make_room(arena, ledger.items, ledger.count, ledger.capacity);
		if (!parse_entry(list->list.items[i], &ledger.items[ledger.count++]))
			return error_new(arena, ERROR_INTERNAL,
					 "entry %zu of a clock's ledger is not one of ours", i + 1);
	}
	*ret_ledger = ledger;
	return NULL;
}

text ledger_text(struct arena *arena, const struct ledger *ledger)
{
	struct buffer buffer;
	buffer_init(&buffer, arena, LEDGER_BYTES);
	buffer_char(&buffer, '[');
	for (size_t i = 0; i < ledger->count; i++) {
		const struct ledger_entry *entry = &ledger->items[i];
		if (i > 0)
			buffer_char(&buffer, ',');
		buffer_literal(&buffer, "[\"");
		buffer_text(&buffer, text_from(kind_words[entry->kind]));
		buffer_literal(&buffer, "\",");
		buffer_integer(&buffer, entry->from);
		buffer_char(&buffer, ',');
		buffer_integer(&buffer, entry->calendar_id);
		if (text_is_set(entry->reason)) {
			buffer_char(&buffer, ',');
			json_write_text(&buffer, entry->reason);
		}
		buffer_char(&buffer, ']');
	}
	buffer_char(&buffer, ']');
	return buffer_peek(&buffer);
}

static bool entry_same(const struct ledger_entry *a, const struct ledger_entry *b)
{
	return a->kind == b->kind && a->calendar_id == b->calendar_id && text_equal(a->reason, b->reason);
}

bool ledger_set(struct arena *arena, struct ledger *ledger, moment at, enum ledger_kind kind,
		int64_t calendar_id, text reason)
{
	struct ledger_entry entry = { kind, at, calendar_id, reason };
	if (ledger->count > 0) {
		struct ledger_entry *last = &ledger->items[ledger->count - 1];
		if (entry_same(last, &entry))
			return false;
		entry.from = maximum(at, last->from);
		if (last->from == entry.from)
			ledger->count--;
		/* What held for no time is gone; what stood before it may be the same as the new entry. */
		if (ledger->count > 0 && entry_same(&ledger->items[ledger->count - 1], &entry))
			return true;
	}
	arena_make_room(arena, ledger->items, ledger->count, ledger->capacity);
	ledger->items[ledger->count++] = entry;
	return true;
}

const struct ledger_entry *ledger_last(const struct ledger *ledger)
{
	return ledger->count == 0 ? NULL : &ledger->items[ledger->count - 1];
}

/* When entry `i` ended, at the latest at `at`. */
static moment entry_end(const struct ledger *ledger, size_t i, moment at)
{
	if (i + 1 == ledger->count)
		return at;
	return minimum(ledger->items[i + 1].from, at);
}

int64_t ledger_elapsed(const struct ledger *ledger, const struct ledger_calendars *calendars, moment at)
{
	int64_t elapsed = 0;
	for (size_t i = 0; i < ledger->count; i++) {
		const struct ledger_entry *entry = &ledger->items[i];
		moment to = entry_end(ledger, i, at);
		if (entry->kind == LEDGER_RUN && to > entry->from)
			elapsed +=
			    calendar_measure(ledger_calendar(calendars, entry->calendar_id), entry->from, to);
	}
	return elapsed;
}

moment ledger_reaches(const struct ledger *ledger, const struct ledger_calendars *calendars, int64_t ms)
{
	size_t last_run = ledger->count;
	for (size_t i = ledger->count; i-- > 0 && last_run == ledger->count;)
		if (ledger->items[i].kind == LEDGER_RUN)
			last_run = i;
	if (last_run == ledger->count)
		return MOMENT_UNSET;
	int64_t before = 0;
	for (size_t i = 0; i <= last_run; i++) {
		const struct ledger_entry *entry = &ledger->items[i];
		if (entry->kind != LEDGER_RUN)
			continue;
		const struct calendar *calendar = ledger_calendar(calendars, entry->calendar_id);
		int64_t counted = i == last_run
				      ? INT64_MAX
				      : calendar_measure(calendar, entry->from, ledger->items[i + 1].from);
		if (i == last_run || before + counted >= ms)
			return calendar_add(calendar, entry->from, maximum(ms - before, 0));
		before += counted;
	}
	return MOMENT_UNSET;
}

struct interval_list {
	struct clock_interval *items;
	size_t count, capacity;
};

static void interval_add(struct arena *arena, struct interval_list *list, struct clock_interval interval)
{
	arena_make_room(arena, list->items, list->count, list->capacity);
	list->items[list->count++] = interval;
}

static struct error *explain_run(struct arena *arena, const struct calendar *calendar, moment from, moment to,
				 struct interval_list *list)
{
	struct calendar_interval *pieces;
	size_t count;
	TRY(calendar_explain(arena, calendar, from, to, &pieces, &count));
	for (size_t i = 0; i < count; i++) {
		struct clock_interval interval = { .from = pieces[i].from,
						   .to = pieces[i].to,
						   .kind = INTERVAL_CLOSED };
		if (pieces[i].kind == CALENDAR_OPEN) {
			interval.kind = INTERVAL_RUNNING;
			interval.counted_ms = pieces[i].to - pieces[i].from;
		} else if (pieces[i].kind == CALENDAR_HOLIDAY) {
			interval.kind = INTERVAL_HOLIDAY;
			interval.reason = pieces[i].holiday;
		}
		interval_add(arena, list, interval);
	}
	return arena_check(arena);
}

struct error *ledger_explain(struct arena *arena, const struct ledger *ledger,
			     const struct ledger_calendars *calendars, moment at,
			     struct clock_interval **ret_intervals, size_t *ret_count)
{
	struct interval_list list = { NULL, 0, 0 };
	for (size_t i = 0; i < ledger->count; i++) {
		const struct ledger_entry *entry = &ledger->items[i];
		moment to = entry_end(ledger, i, at);
		if (to <= entry->from || (entry->kind == LEDGER_STOP && i + 1 == ledger->count))
			continue;
		if (entry->kind == LEDGER_RUN) {
			TRY(explain_run(arena, ledger_calendar(calendars, entry->calendar_id), entry->from,
					to, &list));
			continue;
		}
		/* Stopped and later continued (a reopened record): a pause whose reason is that it was
		 * stopped. */
		text reason = entry->kind == LEDGER_STOP ? T("stopped") : entry->reason;
		interval_add(arena, &list,
			     (struct clock_interval){ entry->from, to, INTERVAL_PAUSED, reason, 0 });
	}
	*ret_intervals = list.items;
	*ret_count = list.count;
	return NULL;
}
