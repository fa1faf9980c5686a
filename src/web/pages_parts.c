/* Small parts of pages: icons, people, moments, states, clocks, addresses. Each makes a value that templates know by name. */
#include "web/pages_private.h"

#include "base/embed.h"
#include "base/words.h"

struct value *part_icon(struct arena *arena, text name)
{
	const struct embedded_file *file =
		embedded_find(embedded_web, text_format(arena, "dist/icons/%.*s.svg", TEXT_ARG(name)));
	if (file == NULL)
		return value_null(arena);
	text svg = embedded_text(file);
	/* The file opens with its licence comment; the drawing begins at its element. */
	ptrdiff_t start = text_find(svg, T("<svg"));
	if (start < 0)
		return value_null(arena);
	svg = text_slice(svg, (size_t)start + 4, svg.length);
	return value_html(arena, text_format(arena, "<svg aria-hidden=\"true\" focusable=\"false\"%.*s", TEXT_ARG(svg)));
}

text part_initials(struct arena *arena, text name)
{
	struct buffer buffer;
	buffer_init(&buffer, arena, 32);
	bool begin = true;
	int letters = 0;
	for (size_t i = 0; i < name.length && letters < 2; i++) {
		bool blank = name.data[i] == ' ' || name.data[i] == '.';
		if (!blank && begin) {
			size_t end = i + 1;
			while (end < name.length && ((unsigned char)name.data[end] & 0xc0) == 0x80)
				end++;
			buffer_text(&buffer, text_slice(name, i, end));
			letters++;
		}
		begin = blank;
	}
	return buffer_peek(&buffer);
}

text record_href(struct arena *arena, const struct type *type, text number)
{
	return text_format(arena, "/%.*s/%.*s", TEXT_ARG(type->name), TEXT_ARG(url_part(arena, number)));
}

text url_part(struct arena *arena, text t)
{
	struct buffer buffer;
	buffer_init(&buffer, arena, t.length * 3 + 1);
	for (size_t i = 0; i < t.length; i++) {
		unsigned char c = (unsigned char)t.data[i];
		bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_' || c == '~';
		if (plain)
			buffer_char(&buffer, (char)c);
		else
			buffer_format(&buffer, "%%%02X", c);
	}
	return buffer_peek(&buffer);
}

struct error *part_person(struct work *work, int64_t user_id, struct value **ret_value)
{
	if (user_id == 0) {
		*ret_value = value_null(work->arena);
		return NULL;
	}
	struct record_name name;
	TRY(model_name(work, work->model->user, user_id, &name));
	struct value *person = value_map(work->arena);
	value_add(work->arena, person, T("name"), value_text(work->arena, name.title));
	value_add(work->arena, person, T("initials"), value_text(work->arena, part_initials(work->arena, name.title)));
	value_add(work->arena, person, T("href"), value_text(work->arena, record_href(work->arena, work->model->user, name.number)));
	*ret_value = person;
	return NULL;
}

static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
static const char *const weekdays[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };

static text month_words(const struct work *work, int month) { return words(work->language, text_from(months[month - 1])); }

struct value *part_moment(struct work *work, moment at)
{
	if (at == MOMENT_UNSET)
		return value_null(work->arena);
	const struct zone *zone = work->actor->zone == NULL ? zone_utc() : work->actor->zone;
	struct civil then = zone_civil(zone, at), today = zone_civil(zone, work->now);
	int64_t days = civil_to_days(then.year, then.month, then.day) - civil_to_days(today.year, today.month, today.day);
	int hour = (int)(then.ms_of_day / HOUR_MS), minute = (int)(then.ms_of_day / MINUTE_MS % 60);
	text day = text_format(work->arena, "%d %.*s", then.day, TEXT_ARG(month_words(work, then.month)));
	text shown;
	if (days == 0)
		shown = text_format(work->arena, "%02d:%02d", hour, minute);
	else if (days > -6 && days < 6)
		shown = text_format(work->arena, "%.*s %02d:%02d", TEXT_ARG(words(work->language, text_from(weekdays[then.weekday - 1]))), hour, minute);
	else if (then.year == today.year)
		shown = day;
	else
		shown = text_format(work->arena, "%.*s %d", TEXT_ARG(day), then.year);
	struct value *value = value_map(work->arena);
	value_add(work->arena, value, T("at"), value_text(work->arena, moment_format(work->arena, at)));
	value_add(work->arena, value, T("words"), value_text(work->arena, shown));
	value_add(work->arena, value, T("full"),
	          value_text(work->arena, text_format(work->arena, "%.*s %d, %02d:%02d", TEXT_ARG(day), then.year, hour, minute)));
	return value;
}

text part_span(struct work *work, moment from, moment to)
{
	int64_t ms = to > from ? to - from : from - to;
	return duration_format(work->arena, ms < MINUTE_MS ? MINUTE_MS : ms);
}

text part_size(struct arena *arena, int64_t bytes)
{
	if (bytes < 1000)
		return text_format(arena, "%lld B", (long long)bytes);
	if (bytes < 1000000)
		return text_format(arena, "%lld kB", (long long)((bytes + 500) / 1000));
	return text_format(arena, "%.1f MB", (double)bytes / 1e6);
}

struct value *part_state(struct work *work, const struct record *record)
{
	int position = record_state(record);
	if (position < 0)
		return value_null(work->arena);
	const struct state *state = &record->type->lifecycle->states[position];
	struct value *value = value_map(work->arena);
	value_add(work->arena, value, T("name"), value_text(work->arena, state->name));
	value_add(work->arena, value, T("label"), value_text(work->arena, label_in(&state->label, work->language)));
	value_add(work->arena, value, T("plain"), value_text(work->arena, label_in(&state->plain, work->language)));
	value_add(work->arena, value, T("group"), value_text(work->arena, state_group_name(state->group)));
	return value;
}

struct value *part_choice(struct work *work, const struct record *record, ptrdiff_t field)
{
	if (field < 0 || record_cell(record, (size_t)field)->kind == CELL_NULL)
		return value_null(work->arena);
	const struct choice *choice = &record->type->fields[field].choices[record_cell(record, (size_t)field)->integer];
	struct value *value = value_map(work->arena);
	value_add(work->arena, value, T("name"), value_text(work->arena, choice->name));
	value_add(work->arena, value, T("label"), value_text(work->arena, label_in(&choice->label, work->language)));
	return value;
}

/* Left or late in words; paused and stopped clocks say so. The word stands beside the shape, never colour alone. */
static text due_words(struct work *work, const struct clock *clock)
{
	struct arena *arena = work->arena;
	int64_t left = clock->goal_ms - clock->elapsed_ms;
	if (clock->state == CLOCK_STOPPED)
		return words(work->language, clock->breached ? T("was late") : T("in time"));
	if (clock->state == CLOCK_PAUSED)
		return words(work->language, T("paused"));
	if (clock->goal_ms < 0)
		return duration_format(arena, clock->elapsed_ms);
	struct value *arguments = value_map(arena);
	value_set_text(arena, arguments, T("time"), duration_format(arena, left < 0 ? -left : left));
	return words_with(arena, work->language, left < 0 ? T("{time} late") : T("{time} left"), arguments);
}

struct value *part_due(struct work *work, const struct clock *clock)
{
	struct value *value = value_map(work->arena);
	if (clock->definition == NULL)
		return value_null(work->arena);
	int64_t goal = clock->goal_ms;
	bool warned = goal > 0 && clock->elapsed_ms * 4 >= goal * 3;
	bool late = clock->breached || (goal >= 0 && clock->state == CLOCK_RUNNING && clock->elapsed_ms > goal);
	const char *shape = clock->state == CLOCK_STOPPED  ? (late ? "stopped breached" : "stopped")
	                    : clock->state == CLOCK_PAUSED ? "paused"
	                    : late                         ? "breached"
	                    : warned                       ? "warned"
	                                                   : "running";
	value_add(work->arena, value, T("name"), value_text(work->arena, clock->definition->name));
	value_add(work->arena, value, T("label"), value_text(work->arena, label_in(&clock->definition->label, work->language)));
	value_add(work->arena, value, T("words"), value_text(work->arena, due_words(work, clock)));
	value_add(work->arena, value, T("class"), value_text(work->arena, text_from(shape)));
	value_add(work->arena, value, T("due"), part_moment(work, clock->due_at));
	value_add(work->arena, value, T("paused"), value_bool(work->arena, clock->state == CLOCK_PAUSED));
	value_add(work->arena, value, T("late"), value_bool(work->arena, late));
	return value;
}

bool is_staff(const struct work *work)
{
	return actor_has_role(work, T("agent")) || actor_has_role(work, T("auditor")) || actor_has_role(work, T("administrator"));
}
