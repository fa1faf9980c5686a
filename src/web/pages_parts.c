/* Small parts of pages: icons, people, moments, states, clocks, addresses. Each makes a value that templates know by name. */
#include "web/pages_private.h"

#include "base/embed.h"
#include "base/random.h"
#include "base/words.h"

struct value *part_icon(struct arena *arena, text name)
{
	const struct embedded_file *file =
		embedded_find(embedded_web, text_format(arena, "dist/icons/%.*s.svg", TEXT_ARG(name)));
	if (file == NULL)
		return value_null(arena);
	return value_html(arena, embedded_text(file));
}

text class_icon(const struct type *type, size_t class)
{
	for (ptrdiff_t at = (ptrdiff_t)class; at >= 0; at = type->classes[at].extends)
		if (text_is_set(type->classes[at].icon))
			return type->classes[at].icon;
	return type->icon;
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

static void write_url_part(struct buffer *buffer, text t)
{
	for (size_t i = 0; i < t.length; i++) {
		unsigned char c = (unsigned char)t.data[i];
		bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_' || c == '~';
		if (plain)
			buffer_char(buffer, (char)c);
		else
			buffer_format(buffer, "%%%02X", c);
	}
}

text record_href(struct arena *arena, const struct type *type, text number)
{
	struct buffer buffer;
	buffer_init(&buffer, arena, type->name.length + number.length * 3 + 2);
	buffer_char(&buffer, '/');
	buffer_text(&buffer, type->name);
	buffer_char(&buffer, '/');
	write_url_part(&buffer, number);
	return buffer_peek(&buffer);
}

text url_part(struct arena *arena, text t)
{
	struct buffer buffer;
	buffer_init(&buffer, arena, t.length * 3 + 1);
	write_url_part(&buffer, t);
	return buffer_peek(&buffer);
}

struct error *part_person(struct work *work, int64_t user_id, struct value **ret_value)
{
	struct arena *arena = work->arena;
	struct record_name name = { .number = TEXT_UNSET };

	if (user_id != 0)
		TRY(access_name(work, work->model->user, user_id, &name));
	if (!text_is_set(name.number)) {
		*ret_value = value_null(arena);
		return NULL;
	}
	struct value *person = value_map(arena);
	value_add(arena, person, T("name"), value_text(arena, name.title));
	value_add(arena, person, T("initials"), value_text(arena, part_initials(arena, name.title)));
	value_add(arena, person, T("login"), value_text(arena, name.number));
	value_add(arena, person, T("href"), value_text(arena, record_href(arena, work->model->user, name.number)));
	*ret_value = person;
	return NULL;
}

static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
static const char *const weekdays[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };

static text month_words(const struct work *work, int month) { return words(work->language, text_from(months[month - 1])); }

static void two_digits(struct buffer *buffer, int number)
{
	buffer_char(buffer, (char)('0' + number / 10 % 10));
	buffer_char(buffer, (char)('0' + number % 10));
}

static void write_time(struct buffer *buffer, const struct civil *then)
{
	two_digits(buffer, (int)(then->ms_of_day / HOUR_MS));
	buffer_char(buffer, ':');
	two_digits(buffer, (int)(then->ms_of_day / MINUTE_MS % 60));
}

/* "21 Nov 2026": lists hold hundreds of moments, so they are written without the detour over formats. */
static void write_day(struct buffer *buffer, const struct work *work, const struct civil *then, bool year)
{
	buffer_integer(buffer, then->day);
	buffer_char(buffer, ' ');
	buffer_text(buffer, month_words(work, then->month));
	if (year) {
		buffer_char(buffer, ' ');
		buffer_integer(buffer, then->year);
	}
}

/* Near days by their time, the others by their day: as short as it can be told apart. */
static void write_short(struct buffer *buffer, const struct work *work, const struct civil *then, const struct civil *today)
{
	int64_t days = civil_to_days(then->year, then->month, then->day) - civil_to_days(today->year, today->month, today->day);

	if (days <= -6 || days >= 6) {
		write_day(buffer, work, then, then->year != today->year);
		return;
	}
	if (days != 0) {
		buffer_text(buffer, words(work->language, text_from(weekdays[then->weekday - 1])));
		buffer_char(buffer, ' ');
	}
	write_time(buffer, then);
}

struct value *part_moment(struct work *work, moment at)
{
	struct buffer shown, full;

	if (at == MOMENT_UNSET)
		return value_null(work->arena);
	const struct zone *zone = work->actor->zone == NULL ? zone_utc() : work->actor->zone;
	struct civil then = zone_civil(zone, at), today = zone_civil(zone, work->now);
	buffer_init(&shown, work->arena, 80);
	write_short(&shown, work, &then, &today);
	buffer_init(&full, work->arena, 80);
	write_day(&full, work, &then, true);
	buffer_literal(&full, ", ");
	write_time(&full, &then);
	struct value *value = value_map(work->arena);
	value_add(work->arena, value, T("at"), value_text(work->arena, moment_format(work->arena, at)));
	value_add(work->arena, value, T("words"), value_text(work->arena, buffer_peek(&shown)));
	value_add(work->arena, value, T("full"), value_text(work->arena, buffer_peek(&full)));
	return value;
}

text part_size(struct arena *arena, int64_t bytes)
{
	if (bytes < 1000)
		return text_format(arena, "%lld B", (long long)bytes);
	if (bytes < 1000000)
		return text_format(arena, "%lld kB", (long long)((bytes + 500) / 1000));
	return text_format(arena, "%.1f MB", (double)bytes / 1e6);
}

text part_plain(const struct work *work, const struct state *state)
{
	text plain = label_in(&state->plain, work->language);

	return text_is_set(plain) && !text_is_empty(plain) ? plain : label_in(&state->label, work->language);
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
	value_add(work->arena, value, T("plain"), value_text(work->arena, part_plain(work, state)));
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
	value_add(work->arena, value, T("level"), value_integer(work->arena, record_cell(record, (size_t)field)->integer + 1));
	return value;
}

/* Working time has no days of 24 hours: "40h", "3h 20m", "12m". */
text part_hours(struct arena *arena, int64_t ms)
{
	int64_t minutes = (ms + MINUTE_MS / 2) / MINUTE_MS, hours = minutes / 60;

	minutes %= 60;
	if (hours == 0)
		return text_format(arena, "%lldm", (long long)minutes);
	return minutes == 0 || hours >= 10 ? text_format(arena, "%lldh", (long long)hours)
	                                   : text_format(arena, "%lldh %lldm", (long long)hours, (long long)minutes);
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
		return part_hours(arena, clock->elapsed_ms);
	struct value *arguments = value_map(arena);
	value_set_text(arena, arguments, T("time"), part_hours(arena, left < 0 ? -left : left));
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

/*
 * In lists the clock is as it was last written, so what is left of its working time is not known there; when it is due is. The word
 * says that it is late, never the colour alone.
 */
struct value *part_due_in_list(struct work *work, const struct clock *clock)
{
	struct value *value = part_due(work, clock);
	bool late = clock->breached;

	if (clock->definition == NULL || clock->state != CLOCK_RUNNING || clock->due_at == MOMENT_UNSET)
		return value;
	struct value *arguments = value_map(work->arena);
	text due = value_get_text(value_get(value, T("due")), T("words"));
	value_set_text(work->arena, arguments, T("moment"), due);
	value_set_text(work->arena, value, T("words"),
	               late ? words_with(work->arena, work->language, T("{moment}, late"), arguments) : due);
	return value;
}

/* ---- fields in words ---- */

struct error *part_words(struct work *work, const struct record *record, const struct field *field, text *ret_words)
{
	const struct cell *cell = record_cell(record, field->position);
	struct record_name name;

	*ret_words = TEXT_UNSET;
	if (field->kind == KIND_LINKS || cell->kind == CELL_NULL)
		return NULL;
	const struct type *target = field->target;
	if (field->kind != KIND_LINK && field->kind != KIND_RECORD)
		return field_words(work, field, cell, work->actor->zone, ret_words);
	if (field->kind == KIND_RECORD)
		TRY(access_reference(work, cell->text, &target, &name));
	else
		TRY(access_name(work, target, cell->integer, &name));
	if (field->kind == KIND_RECORD && text_is_set(name.number) && !text_is_empty(name.title))
		*ret_words = text_format(work->arena, "%.*s %.*s", TEXT_ARG(name.number), TEXT_ARG(name.title));
	else
		*ret_words = text_is_set(name.number) ? (text_is_empty(name.title) ? name.number : name.title)
	                                      : words(work->language, T("something you may not see"));
	return NULL;
}

static text link_words(const struct work *work, const struct value *link)
{
	text title = value_get_text(link, T("title"));

	if (text_is_set(title) && !text_is_empty(title))
		return title;
	title = value_get_text(link, T("number"));
	return text_is_set(title) ? title : words(work->language, T("something you may not see"));
}

static text list_words(struct work *work, const struct value *list)
{
	text *parts = arena_new_array(work->arena, text, list->list.count + 1);

	for (size_t i = 0; i < list->list.count; i++)
		parts[i] = link_words(work, list->list.items[i]);
	return text_join(work->arena, parts, list->list.count, T(", "));
}

static text choice_words(const struct work *work, const struct field *field, text name)
{
	int position = field_choice(field, name);

	return position < 0 ? name : label_in(&field->choices[position].label, work->language);
}

text part_value_words(struct work *work, const struct field *field, const struct value *value)
{
	moment at;

	if (value_is_null(value))
		return T("–");
	switch (value->kind) {
	case VALUE_MAP:
		return link_words(work, value);
	case VALUE_LIST:
		return list_words(work, value);
	case VALUE_BOOL:
		return words(work->language, value->boolean ? T("yes") : T("no"));
	case VALUE_INTEGER:
		return field->kind == KIND_DURATION ? duration_format(work->arena, value->integer)
		                                    : text_format(work->arena, "%lld", (long long)value->integer);
	case VALUE_REAL:
		return text_format(work->arena, "%g", value->real);
	case VALUE_TEXT:
	case VALUE_HTML:
		if (field->kind == KIND_CHOICE)
			return choice_words(work, field, value->text);
		if (field->kind == KIND_MOMENT && moment_parse(value->text, NULL, &at))
			return value_get_text(part_moment(work, at), T("full"));
		return value->text;
	case VALUE_NULL:
		break;
	}
	return T("–");
}

/* ---- forms ---- */

struct value *part_errors(struct work *work, const struct type *type, const struct error *error)
{
	struct value *errors = value_list(work->arena);

	for (; error != NULL; error = error->next) {
		const struct field *field = type == NULL || !text_is_set(error->field) ? NULL : type_field(type, error->field);
		struct value *one = value_map(work->arena);
		value_set_text(work->arena, one, T("message"), error->message);
		value_set_text(work->arena, one, T("field"), error->field);
		value_set_text(work->arena, one, T("label"), field == NULL ? TEXT_UNSET : label_in(&field->label, work->language));
		value_set_text(work->arena, one, T("hint"), error->hint);
		value_append(work->arena, errors, one);
	}
	return errors;
}

struct value *part_key(struct arena *arena)
{
	return value_text(arena, random_token(arena, 12));
}
