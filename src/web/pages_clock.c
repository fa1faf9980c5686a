/* Clocks of a record as people read them: how much is left, and the ledger whose lines add up to what was used. */
#include "web/pages_private.h"

#include "base/words.h"

/* Lines and sum to the second, so that they add up for whoever checks. */
static text exact_hours(struct arena *arena, int64_t ms)
{
	int64_t seconds = ms / SECOND_MS;

	return text_format(arena, "%lld:%02d:%02d", (long long)(seconds / 3600), (int)(seconds / 60 % 60), (int)(seconds % 60));
}

static text interval_words(const struct work *work, const struct clock_interval *interval)
{
	switch (interval->kind) {
	case INTERVAL_RUNNING:
		return words(work->language, T("counted"));
	case INTERVAL_PAUSED:
		return words(work->language, T("paused"));
	case INTERVAL_CLOSED:
		return words(work->language, T("closed hours"));
	case INTERVAL_HOLIDAY:
		return words(work->language, T("holiday"));
	}
	return TEXT_UNSET;
}

static struct value *ledger_value(struct work *work, const struct clock *clock)
{
	struct arena *arena = work->arena;
	struct value *ledger = value_list(arena);

	for (size_t i = 0; i < clock->ledger_count; i++) {
		const struct clock_interval *interval = &clock->ledger[i];
		struct value *line = value_map(arena);
		value_add(arena, line, T("from"), part_moment(work, interval->from));
		value_add(arena, line, T("to"), part_moment(work, interval->to));
		value_add(arena, line, T("words"), value_text(arena, interval_words(work, interval)));
		value_add(arena, line, T("reason"), value_text(arena, interval->reason));
		value_add(arena, line, T("counted"), value_bool(arena, interval->kind == INTERVAL_RUNNING));
		value_add(arena, line, T("amount"), value_text(arena, interval->kind == INTERVAL_RUNNING
		                                                              ? exact_hours(arena, interval->counted_ms) : T("–")));
		value_append(arena, ledger, line);
	}
	return ledger;
}

static struct value *clock_value(struct work *work, const struct clock *clock, bool with_ledger)
{
	struct arena *arena = work->arena;
	struct value *value = part_due(work, clock);
	int64_t percent = clock->goal_ms <= 0 ? 0 : clock->elapsed_ms * 100 / clock->goal_ms;

	value_add(arena, value, T("percent"), value_integer(arena, percent > 100 ? 100 : percent < 0 ? 0 : percent));
	value_add(arena, value, T("has_goal"), value_bool(arena, clock->goal_ms > 0));
	value_add(arena, value, T("goal"), value_text(arena, clock->goal_ms > 0 ? part_hours(arena, clock->goal_ms) : TEXT_UNSET));
	value_add(arena, value, T("elapsed"), value_text(arena, part_hours(arena, clock->elapsed_ms)));
	value_add(arena, value, T("exactly"), value_text(arena, exact_hours(arena, clock->elapsed_ms)));
	value_add(arena, value, T("calendar"), value_text(arena, clock->calendar));
	value_add(arena, value, T("started"), part_moment(work, clock->started_at));
	value_add(arena, value, T("stopped"), part_moment(work, clock->stopped_at));
	value_add(arena, value, T("running"), value_bool(arena, clock->state == CLOCK_RUNNING));
	if (with_ledger)
		value_add(arena, value, T("ledger"), ledger_value(work, clock));
	return value;
}

struct error *part_clocks(struct work *work, struct record *record, bool with_ledger, struct value **ret_value)
{
	struct value *list = value_list(work->arena);
	struct clock *clocks;
	size_t count;

	TRY(engine_clocks(work, record, with_ledger, &clocks, &count));
	for (size_t i = 0; i < count; i++)
		value_append(work->arena, list, clock_value(work, &clocks[i], with_ledger));
	*ret_value = list;
	return NULL;
}

struct error *clocks_render(struct work *work, struct web_request *request, struct page *page)
{
	struct record *record;
	struct value *clocks;

	TRY(load_record(work, request, &record));
	page->data = value_map(work->arena);
	TRY(part_head(work, record, page->data));
	TRY(part_clocks(work, record, true, &clocks));
	value_set(work->arena, page->data, T("clocks"), clocks);
	page->template = is_staff(work) ? T("clocks") : T("clocks_portal");
	return NULL;
}
