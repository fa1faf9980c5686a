/* What the words of a condition mean for one reader at one moment: me, my teams, today, 5 working days ago, a
 * name. */
#include "model/condition_private.h"

#include "model/record.h"

struct condition_context condition_rule_context(const struct condition_context *context)
{
	struct condition_context all = *context;

	all.readable = NULL;
	all.record_scope = NULL;
	all.record_readable = NULL;
	return all;
}

static void day_from(const struct zone *zone, moment at, int64_t days, moment *ret_begin, moment *ret_end)
{
	struct civil civil = zone_civil(zone, at);
	int64_t day = civil_to_days(civil.year, civil.month, civil.day) + days;

	*ret_begin = zone_moment(zone, day, 0);
	*ret_end = zone_moment(zone, day + 1, 0);
}

void literal_moment(const struct literal *literal, const struct condition_context *context, moment *ret_begin,
		    moment *ret_end)
{
	const struct zone *zone = context->zone != NULL ? context->zone : zone_utc();
	const struct calendar *calendar = context->calendar != NULL ? context->calendar : calendar_always();
	moment at = literal->integer;

	switch (literal->kind) {
	case LITERAL_TODAY:
		day_from(zone, context->work->now, literal->integer, ret_begin, ret_end);
		return;
	case LITERAL_LOCAL:
		/* The parser has read it once in UTC, so it can be read in every zone. */
		if (!moment_parse(literal->source, zone, &at))
			at = literal->integer;
		if (literal->day) {
			day_from(zone, at, 0, ret_begin, ret_end);
			return;
		}
		break;
	case LITERAL_NOW:
		at = context->work->now + literal->integer;
		break;
	case LITERAL_WORKING:
		at = calendar_add_days(calendar, context->work->now, literal->integer);
		break;
	case LITERAL_INTEGER:
	case LITERAL_REAL:
	case LITERAL_TEXT:
	case LITERAL_NAME:
	case LITERAL_ME:
	case LITERAL_TEAMS:
	case LITERAL_FIELD:
		break;
	}
	*ret_begin = at;
	*ret_end = at;
}

struct error *literal_id(const struct literal *literal, const struct type *target,
			 const struct condition_context *context, int64_t *ret_id)
{
	if (literal->kind == LITERAL_ME) {
		*ret_id = context->me;
		return NULL;
	}
	TRY(model_find_id(context->work, target, literal->key, ret_id));
	if (*ret_id == 0 || context->record_readable == NULL)
		return NULL;
	/* Naming what one may not read finds nothing, or filters would tell which hidden record a link goes to. */
	bool readable;
	TRY(context->record_readable(context->data, target, *ret_id, &readable));
	if (!readable)
		*ret_id = 0;
	return NULL;
}

/* The same for numbers kept as they are written: nothing is told of a record that one may not read. */
struct error *literal_counts(const struct literal *literal, const struct field *field,
			     const struct condition_context *context, bool *ret_counts)
{
	const struct type *type;
	int64_t id;

	*ret_counts = true;
	if (field->kind != KIND_RECORD || literal->kind != LITERAL_TEXT || context->record_readable == NULL)
		return NULL;
	TRY(model_find_number(context->work, literal->key, &type, &id));
	return id == 0 ? NULL : context->record_readable(context->data, type, id, ret_counts);
}

static bool order_passes(enum test_kind test, int64_t value, int64_t literal)
{
	switch (test) {
	case TEST_LESS:
		return value < literal;
	case TEST_LESS_EQUAL:
		return value <= literal;
	case TEST_GREATER:
		return value > literal;
	case TEST_GREATER_EQUAL:
		return value >= literal;
	case TEST_EQUAL:
	case TEST_IN:
	case TEST_SET:
	case TEST_CONTAINS:
	case TEST_STARTS:
		break;
	}
	return value == literal;
}

bool node_state_passes(const struct node *node, const struct lifecycle *lifecycle, size_t state)
{
	int64_t value = node->path->group ? (int64_t)lifecycle->states[state].group : (int64_t)state;

	for (size_t k = 0; k < node->literal_count; k++)
		if (order_passes(node->test, value, node->literals[k].integer))
			return true;
	return false;
}
