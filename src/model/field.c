/*
 * Values from outside as cells, and cells as values: what a field's kind means for JSON, forms, CSV and
 * people. Links come and go as number, login or name, never by id.
 */
#include "model/column_private.h"
#include "model/condition.h"
#include "model/record_private.h"

#include "base/limits.h"
#include "base/words.h"

static struct error *refuse(struct work *work, const struct field *field, const char *what)
{
	return error_field(error_new(work->arena, ERROR_INVALID, "%.*s %s", TEXT_ARG(field->name), what),
			   field->name);
}

/* ---- texts ---- */

static struct error *check_text(struct work *work, const struct field *field, text t)
{
	bool prose = field->kind == KIND_PROSE || field->kind == KIND_HOURS || field->kind == KIND_HOLIDAYS;
	size_t length_max = field->length_max > 0 ? field->length_max
			    : prose		  ? LIMIT_PROSE_BYTES
						  : LIMIT_TEXT_BYTES,
	       position;

	if (memchr(t.data, '\0', t.length) != NULL)
		return refuse(work, field, "may not hold U+0000");
	if (!text_is_utf8(t, &position))
		return refuse(work, field, "must be UTF-8");
	if (t.length > length_max)
		return error_hint(work->arena, refuse(work, field, "is too long"),
				  "at most %zu bytes, these are %zu", length_max, t.length);
	if (!prose && (text_find_char(t, '\n') >= 0 || text_find_char(t, '\r') >= 0))
		return refuse(work, field, "must be one line");
	return NULL;
}

static bool is_mail(text t)
{
	ptrdiff_t at = text_find_char(t, '@');
	if (at < 1 || (size_t)at + 1 >= t.length || t.length > 254)
		return false;
	for (size_t i = 0; i < t.length; i++)
		if ((unsigned char)t.data[i] <= ' ' || t.data[i] == '<' || t.data[i] == '>' ||
		    t.data[i] == ',' || t.data[i] == 0x7f)
			return false;
	return text_find_char(text_slice(t, (size_t)at + 1, t.length), '@') < 0;
}

/* Whom it leads to is for the one who uses it to check: names change their meaning. */
static bool is_web_address(text t)
{
	ptrdiff_t scheme = text_starts_with(t, T("https://")) ? 8 : text_starts_with(t, T("http://")) ? 7 : -1;
	if (scheme < 0 || t.length == (size_t)scheme || t.data[scheme] == '/' || text_find_char(t, '@') >= 0)
		return false;
	for (size_t i = 0; i < t.length; i++)
		if ((unsigned char)t.data[i] <= ' ' || (unsigned char)t.data[i] >= 0x7f || t.data[i] == '"' || t.data[i] == '\\')
			return false;
	return true;
}

/* Refused when it is saved, with its column: nobody meets a condition that cannot be read. */
static struct error *check_condition(struct work *work, const struct field *field, text source)
{
	struct condition *condition;
	struct error *error = condition_parse(work->arena, work->model, field->target, source, CONDITION_RULE, &condition), *told;

	if (error == NULL)
		return NULL;
	told = error_field(error_new(work->arena, ERROR_INVALID, "%.*s: %.*s (column %u)", TEXT_ARG(field->name),
				     TEXT_ARG(error->message), (unsigned)error->place.column),
			   field->name);
	return text_is_set(error->hint) ? error_hint(work->arena, told, "%.*s", TEXT_ARG(error->hint)) : told;
}

static struct error *check_model(struct work *work, const struct field *field, text name)
{
	text *names = arena_new_array(work->arena, text, work->model->work_model_count + 1);
	struct error *error;
	text nearest;

	if (model_work_model(work->model, name) >= 0)
		return NULL;
	for (size_t i = 0; i < work->model->work_model_count; i++)
		names[i] = work->model->work_models[i].name;
	nearest = text_nearest(name, names, work->model->work_model_count);
	error = error_field(error_new(work->arena, ERROR_INVALID, "%.*s: there is no model '%.*s'", TEXT_ARG(field->name),
				      TEXT_ARG(name)),
			    field->name);
	return text_is_set(nearest) ? error_hint(work->arena, error, "did you mean '%.*s'?", TEXT_ARG(nearest)) : error;
}

static struct error *parse_text(struct work *work, const struct field *field, text t, struct cell *ret_cell)
{
	struct calendar *calendar;

	TRY(check_text(work, field, t));
	if (field->kind == KIND_MAIL && !is_mail(t))
		return error_hint(work->arena, refuse(work, field, "is no mail address"),
				  "write it as name@example.com");
	if (field->kind == KIND_ZONE && zone_find(t) == NULL)
		return error_hint(work->arena, refuse(work, field, "is no time zone"),
				  "use an IANA name such as Europe/Lisbon");
	if (field->web_address && !is_web_address(t))
		return error_hint(work->arena, refuse(work, field, "is no web address"),
				  "write it as https://example.com/path, without name and password");
	if (field->kind == KIND_CONDITION)
		TRY(check_condition(work, field, t));
	if (field->kind == KIND_MODEL)
		TRY(check_model(work, field, t));
	struct error *error = NULL;
	if (field->kind == KIND_HOURS)
		error = calendar_parse(work->arena, t, TEXT_UNSET, zone_utc(), &calendar);
	if (field->kind == KIND_HOLIDAYS)
		error = calendar_parse(work->arena, T("24x7"), t, zone_utc(), &calendar);
	if (error != NULL)
		return error_field(error, field->name);
	*ret_cell = cell_text(text_copy(work->arena, t));
	return NULL;
}

/* ---- numbers, choices, moments ---- */

static struct error *parse_integer(struct work *work, const struct field *field, const struct value *value,
				   struct cell *ret_cell)
{
	int64_t number;

	if (value->kind == VALUE_INTEGER)
		number = value->integer;
	else if (value->kind != VALUE_TEXT || !text_to_integer(text_trim(value->text), &number))
		return refuse(work, field, "must be a whole number");
	if (number < field->least || number > field->most)
		return error_hint(work->arena, refuse(work, field, "is out of range"), "from %lld to %lld",
				  (long long)field->least, (long long)field->most);
	*ret_cell = cell_integer(number);
	return NULL;
}

static struct error *parse_real(struct work *work, const struct field *field, const struct value *value,
				struct cell *ret_cell)
{
	double number;

	if (value->kind == VALUE_REAL)
		number = value->real;
	else if (value->kind == VALUE_INTEGER)
		number = (double)value->integer;
	else if (value->kind != VALUE_TEXT || !text_to_real(text_trim(value->text), &number))
		return refuse(work, field, "must be a number");
	if (number < (double)field->least || number > (double)field->most)
		return error_hint(work->arena, refuse(work, field, "is out of range"), "from %lld to %lld",
				  (long long)field->least, (long long)field->most);
	*ret_cell = cell_real(number);
	return NULL;
}

static struct error *parse_boolean(struct work *work, const struct field *field, const struct value *value,
				   struct cell *ret_cell)
{
	static const char *const yes[] = { "true", "yes", "on", "1" }, *const no[] = { "false", "no", "off",
										       "0" };

	if (value->kind == VALUE_BOOL) {
		*ret_cell = cell_integer(value->boolean ? 1 : 0);
		return NULL;
	}
	for (size_t i = 0; value->kind == VALUE_TEXT && i < array_length(yes); i++)
		if (text_equal_ignoring_case(value->text, text_from(yes[i])) ||
		    text_equal_ignoring_case(value->text, text_from(no[i]))) {
			*ret_cell =
			    cell_integer(text_equal_ignoring_case(value->text, text_from(yes[i])) ? 1 : 0);
			return NULL;
		}
	return refuse(work, field, "must be true or false");
}

static struct error *parse_choice(struct work *work, const struct field *field, const struct value *value,
				  struct cell *ret_cell)
{
	text name = TEXT_UNSET;

	if (value->kind == VALUE_TEXT)
		name = text_trim(value->text);
	else if (value->kind == VALUE_INTEGER)
		name = text_format(work->arena, "%lld", (long long)value->integer);
	int choice = text_is_set(name) ? field_choice(field, name) : -1;
	if (choice >= 0 && !field->choices[choice].retired) {
		*ret_cell = cell_integer(choice);
		return NULL;
	}
	text *names = arena_new_array(work->arena, text, field->choice_count + 1);
	for (size_t i = 0; i < field->choice_count; i++)
		names[i] = field->choices[i].name;
	struct error *error = text_is_set(name)
				  ? error_field(error_new(work->arena, ERROR_INVALID, "%.*s cannot be '%.*s'",
							  TEXT_ARG(field->name), TEXT_ARG(name)),
						field->name)
				  : refuse(work, field, "must be one of its choices");
	text nearest = text_is_set(name) ? text_nearest(name, names, field->choice_count) : TEXT_UNSET;
	if (text_is_set(nearest))
		return error_hint(work->arena, error, "did you mean '%.*s'?", TEXT_ARG(nearest));
	return error_hint(work->arena, error, "one of: %.*s",
			  TEXT_ARG(text_join(work->arena, names, field->choice_count, T(", "))));
}

static struct error *parse_moment(struct work *work, const struct field *field, const struct value *value,
				  const struct zone *zone, struct cell *ret_cell)
{
	moment at;

	if (value->kind != VALUE_TEXT || !moment_parse(text_trim(value->text), zone, &at))
		return error_hint(work->arena, refuse(work, field, "is no moment"),
				  "write it as 2026-11-22T10:30:00Z or 2026-11-22T10:30");
	*ret_cell = cell_moment(at);
	return NULL;
}

static struct error *parse_duration(struct work *work, const struct field *field, const struct value *value,
				    struct cell *ret_cell)
{
	int64_t ms;

	if (value->kind == VALUE_INTEGER)
		ms = value->integer;
	else if (value->kind != VALUE_TEXT || !duration_parse(text_trim(value->text), &ms))
		return error_hint(work->arena, refuse(work, field, "is no duration"),
				  "write it as 90m, 4h or 2d");
	if (ms < field->least || ms > field->most)
		return refuse(work, field, "is out of range");
	*ret_cell = cell_integer(ms);
	return NULL;
}

/* ---- links ---- */

struct error *field_no_target(struct work *work, const struct field *field, text number)
{
	if (field->target == NULL)
		return error_hint(work->arena,
				  error_field(error_new(work->arena, ERROR_INVALID, "%.*s: there is no record '%.*s'",
							TEXT_ARG(field->name), TEXT_ARG(number)),
					      field->name),
				  "name it by its number, such as INC0000042");
	return error_hint(
	    work->arena,
	    error_field(error_new(work->arena, ERROR_INVALID, "%.*s: there is no %.*s '%.*s'",
				  TEXT_ARG(field->name), TEXT_ARG(field->target->name), TEXT_ARG(number)),
			field->name),
	    "name it by its %s",
	    text_is_set(field->target->number_prefix) ? "number" : "key (login or name)");
}

/* An inactive target stays where it stands, but is not taken anew; the same for one that `offer` refuses. */
static struct error *check_offer(struct work *work, const struct field *field, int64_t id, text number)
{
	struct record *target;
	bool offered = true;

	if (field->offer == NULL && field->target->active < 0)
		return NULL;
	TRY(model_load(work, field->target, id, &target));
	if (field->target->active >= 0) {
		const struct cell *active = record_cell(target, (size_t)field->target->active);
		offered = active->kind == CELL_NULL || active->integer != 0;
	}
	if (offered && field->offer != NULL) {
		struct condition_context context = { .work = work };
		TRY(condition_holds(field->offer, target, &context, &offered));
	}
	if (!offered && work->origin != ORIGIN_IMPORT)
		return error_field(error_new(work->arena, ERROR_INVALID, "%.*s: '%.*s' is no longer offered",
					     TEXT_ARG(field->name), TEXT_ARG(number)),
				   field->name);
	return NULL;
}

static struct error *parse_target(struct work *work, const struct field *field, const struct value *value,
				  int64_t *ret_id)
{
	const struct value *inner = value->kind == VALUE_MAP ? value_get(value, T("number")) : value;

	if (inner == NULL || inner->kind != VALUE_TEXT)
		return error_hint(work->arena, refuse(work, field, "must name a record"),
				  "its number, login or name as a text");
	text number = text_trim(inner->text);
	TRY(check_text(work, field, number));
	TRY(model_find_id(work, field->target, number, ret_id));
	if (*ret_id == 0)
		return field_no_target(work, field, number);
	return check_offer(work, field, *ret_id, number);
}

/* Of any type: the number alone says which. Kept as the record writes it, whatever the case it came in. */
static struct error *parse_reference(struct work *work, const struct field *field, const struct value *value,
				     struct cell *ret_cell)
{
	const struct value *inner = value->kind == VALUE_MAP ? value_get(value, T("number")) : value;
	const struct type *type;
	struct record_name name;
	int64_t id;

	if (inner == NULL || inner->kind != VALUE_TEXT)
		return error_hint(work->arena, refuse(work, field, "must name a record"), "its number as a text");
	TRY(check_text(work, field, text_trim(inner->text)));
	TRY(model_find_number(work, text_trim(inner->text), &type, &id));
	if (id == 0)
		return field_no_target(work, field, text_trim(inner->text));
	TRY(model_name(work, type, id, &name));
	*ret_cell = cell_text(text_copy(work->arena, name.number));
	return NULL;
}

struct error *field_parse(struct work *work, const struct field *field, const struct value *value,
			  const struct zone *zone, struct cell *ret_cell)
{
	int64_t id;

	*ret_cell = cell_null();
	if (value_is_null(value))
		return NULL;
	switch (field->kind) {
	case KIND_TEXT:
	case KIND_PROSE:
	case KIND_HOURS:
	case KIND_HOLIDAYS:
	case KIND_ZONE:
	case KIND_MAIL:
	case KIND_CONDITION:
	case KIND_MODEL:
	case KIND_GROUP:
		if (value->kind != VALUE_TEXT)
			return refuse(work, field, "must be a text");
		return parse_text(work, field, value->text, ret_cell);
	case KIND_RECORD:
		return parse_reference(work, field, value, ret_cell);
	case KIND_INTEGER:
		return parse_integer(work, field, value, ret_cell);
	case KIND_REAL:
		return parse_real(work, field, value, ret_cell);
	case KIND_BOOLEAN:
		return parse_boolean(work, field, value, ret_cell);
	case KIND_CHOICE:
		return parse_choice(work, field, value, ret_cell);
	case KIND_MOMENT:
		return parse_moment(work, field, value, zone, ret_cell);
	case KIND_DURATION:
		return parse_duration(work, field, value, ret_cell);
	case KIND_LINK:
		TRY(parse_target(work, field, value, &id));
		*ret_cell = cell_id(id);
		return NULL;
	case KIND_LINKS:
	case KIND_COUNT:
		break;
	}
	return refuse(work, field, "is a list of links");
}

struct error *field_parse_links(struct work *work, const struct field *field, const struct value *value,
				int64_t **ret_ids, size_t *ret_count)
{
	int64_t *ids;
	size_t count = 0;

	if (value_is_null(value)) {
		*ret_ids = NULL;
		*ret_count = 0;
		return NULL;
	}
	if (value->kind != VALUE_LIST)
		return error_hint(work->arena, refuse(work, field, "must be a list"),
				  "of numbers, logins or names");
	if (value->list.count > LIMIT_CONDITION_VALUES * 5)
		return refuse(work, field, "names too many records");
	ids = arena_new_array(work->arena, int64_t, value->list.count + 1);
	for (size_t i = 0; i < value->list.count; i++) {
		int64_t id;
		bool known = false;
		TRY(parse_target(work, field, value->list.items[i], &id));
		for (size_t k = 0; k < count; k++)
			known = known || ids[k] == id;
		if (!known)
			ids[count++] = id;
	}
	*ret_ids = ids;
	*ret_count = count;
	return NULL;
}

/* ---- cells as values ---- */

struct value *choice_value(struct arena *arena, const struct choice *choice)
{
	int64_t number;

	if (text_to_integer(choice->name, &number) &&
	    text_equal(choice->name, text_format(arena, "%lld", (long long)number)))
		return value_integer(arena, number);
	return value_text(arena, choice->name);
}

static struct error *link_value(struct work *work, const struct type *target, int64_t id,
				struct value **ret_value)
{
	struct record_name name;
	struct value *link = value_map(work->arena);

	TRY(model_name(work, target, id, &name));
	value_add(work->arena, link, T("type"), value_text(work->arena, target->name));
	value_add(work->arena, link, T("number"), value_text(work->arena, name.number));
	value_add(work->arena, link, T("title"), value_text(work->arena, name.title));
	*ret_value = link;
	return NULL;
}

/* The record may be gone: its number is still what stands here. */
static struct error *reference_value(struct work *work, text number, struct value **ret_value)
{
	struct value *link = value_map(work->arena);
	const struct type *type;
	int64_t id;

	TRY(model_find_number(work, number, &type, &id));
	if (id != 0)
		return link_value(work, type, id, ret_value);
	value_set_text(work->arena, link, T("type"), type == NULL ? TEXT_UNSET : type->name);
	value_set_text(work->arena, link, T("number"), number);
	value_set_text(work->arena, link, T("title"), TEXT_UNSET);
	*ret_value = link;
	return NULL;
}

struct error *field_value(struct work *work, const struct field *field, const struct cell *cell,
			  struct value **ret_value)
{
	struct arena *arena = work->arena;

	if (cell->kind == CELL_NULL) {
		*ret_value = value_null(arena);
		return NULL;
	}
	if (field->kind == KIND_RECORD)
		return reference_value(work, cell->text, ret_value);
	if (field->kind == KIND_LINK)
		return link_value(work, field->target, cell->integer, ret_value);
	if (cell->kind == CELL_TEXT)
		*ret_value = value_text(arena, cell->text);
	else if (field->kind == KIND_BOOLEAN)
		*ret_value = value_bool(arena, cell->integer != 0);
	else if (field->kind == KIND_CHOICE)
		*ret_value = cell->integer >= 0 && (size_t)cell->integer < field->choice_count
				 ? choice_value(arena, &field->choices[cell->integer])
				 : value_null(arena);
	else if (field->kind == KIND_MOMENT)
		*ret_value = value_text(arena, moment_format(arena, cell->integer));
	else if (field->kind == KIND_REAL)
		*ret_value = value_real(arena, cell->real);
	else
		*ret_value = value_integer(arena, cell->integer);
	return NULL;
}

static text moment_words(struct work *work, moment at, const struct zone *zone)
{
	struct civil civil = zone_civil(zone == NULL ? zone_utc() : zone, at);
	return text_format(work->arena, "%04d-%02d-%02d %02d:%02d", civil.year, civil.month, civil.day,
			   (int)(civil.ms_of_day / HOUR_MS), (int)(civil.ms_of_day / MINUTE_MS % 60));
}

static struct error *reference_words(struct work *work, text number, text *ret_words)
{
	const struct type *type;
	struct record_name name;
	int64_t id;

	*ret_words = number;
	TRY(model_find_number(work, number, &type, &id));
	if (id == 0)
		return NULL;
	TRY(model_name(work, type, id, &name));
	*ret_words = text_is_empty(name.title) ? name.number : name.title;
	return NULL;
}

text field_number(struct arena *arena, const struct field *field, double number)
{
	if (field->decimals > 0)
		return text_format(arena, "%.*f", (int)field->decimals - 1, number);
	return text_format(arena, "%.15g", number);
}

static text with_unit(struct work *work, const struct field *field, text number)
{
	return text_is_set(field->unit) ? text_format(work->arena, "%.*s\302\240%.*s", TEXT_ARG(number), TEXT_ARG(field->unit)) : number;
}

struct error *field_words(struct work *work, const struct field *field, const struct cell *cell,
			  const struct zone *zone, text *ret_words)
{
	struct record_name name;

	*ret_words = T("");
	if (cell->kind == CELL_NULL)
		return NULL;
	if (field->kind == KIND_RECORD)
		return reference_words(work, cell->text, ret_words);
	if (field->kind == KIND_LINK) {
		TRY(model_name(work, field->target, cell->integer, &name));
		*ret_words = name.title;
	} else if (cell->kind == CELL_TEXT) {
		*ret_words = cell->text;
	} else if (field->kind == KIND_BOOLEAN) {
		*ret_words = words(work->language, cell->integer != 0 ? T("yes") : T("no"));
	} else if (field->kind == KIND_CHOICE) {
		if (cell->integer >= 0 && (size_t)cell->integer < field->choice_count)
			*ret_words = label_in(&field->choices[cell->integer].label, work->language);
	} else if (field->kind == KIND_MOMENT) {
		*ret_words = moment_words(work, cell->integer, zone);
	} else if (field->kind == KIND_DURATION) {
		*ret_words = duration_format(work->arena, cell->integer);
	} else if (field->kind == KIND_REAL) {
		*ret_words = with_unit(work, field, field_number(work->arena, field, cell->real));
	} else {
		*ret_words = with_unit(work, field, text_format(work->arena, "%lld", (long long)cell->integer));
	}
	return NULL;
}
