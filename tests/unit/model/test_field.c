/* Values from outside as cells and back: what each kind accepts, what it refuses and why, links by name and
 * never by id. */
#include "thing.h"

#include "base/limits.h"

static struct error *parse(struct thing_fixture *thing, const char *field, struct value *value,
			   struct cell *ret_cell)
{
	return field_parse(&thing->work, type_field(thing->type, text_from(field)), value,
			   zone_find(T("Europe/Berlin")), ret_cell);
}

static struct cell parsed(struct thing_fixture *thing, const char *field, struct value *value)
{
	struct cell cell;

	assert_ok(parse(thing, field, value, &cell));
	return cell;
}

static struct cell read_text(struct thing_fixture *thing, const char *field, const char *t)
{
	return parsed(thing, field, value_text(thing->work.arena, text_from(t)));
}

static void refused(struct thing_fixture *thing, const char *field, struct value *value, const char *hint)
{
	struct cell cell;
	struct error *error = parse(thing, field, value, &cell);

	assert_refused(error, INVALID);
	assert_text(error->field, field);
	if (hint != NULL)
		assert_text(error->hint, hint);
}

static void refused_text(struct thing_fixture *thing, const char *field, const char *t, const char *hint)
{
	refused(thing, field, value_text(thing->work.arena, text_from(t)), hint);
}

static void open_thing(struct thing_fixture *thing, struct store_fixture *on)
{
	thing_open(thing, on->arena, on->store);
}

/* Amounts of money are never "1.23457e+06". */
STORE_TEST(shows_numbers_with_their_decimals_and_unit)
{
	struct thing_fixture thing;
	text shown;

	open_thing(&thing, on);
	struct field price = { .name = T("price"), .kind = KIND_REAL, .unit = T("EUR"), .decimals = 3, .least = 0, .most = INT64_MAX };
	struct field plain = { .name = T("plain"), .kind = KIND_REAL, .least = INT64_MIN, .most = INT64_MAX };
	struct cell cell = cell_real(1234567.5), cent = cell_real(12345.67);
	assert_ok(field_words(&thing.work, &price, &cell, NULL, &shown));
	assert_text(shown, "1234567.50\302\240EUR");
	assert_ok(field_words(&thing.work, &plain, &cell, NULL, &shown));
	assert_text(shown, "1234567.5");
	assert_text(field_number(on->arena, &plain, cent.real), "12345.67");
	assert_text(field_number(on->arena, &price, 20), "20.00");
	assert_refused(field_parse(&thing.work, &price, value_text(on->arena, T("-0.01")), zone_utc(), &cell), INVALID);
	assert_ok(field_parse(&thing.work, &price, value_text(on->arena, T("0")), zone_utc(), &cell));
}

STORE_TEST(reads_numbers_choices_and_moments)
{
	struct thing_fixture thing;
	moment at;

	open_thing(&thing, on);
	struct arena *arena = on->arena;
	assert_int_equal(parsed(&thing, "amount", value_integer(arena, -7)).integer, -7);
	assert_int_equal(read_text(&thing, "amount", " 12 ").integer, 12);
	assert_true(parsed(&thing, "weight", value_integer(arena, 2)).real == 2.0);
	assert_true(read_text(&thing, "weight", "2.5").real == 2.5);
	assert_int_equal(parsed(&thing, "vip", value_bool(arena, true)).integer, 1);
	assert_int_equal(read_text(&thing, "vip", "off").integer, 0);
	assert_int_equal(read_text(&thing, "impact", "medium").integer, 1);
	assert_int_equal(read_text(&thing, "effort", "1h30m").integer, 90 * MINUTE_MS);
	assert_true(moment_parse(T("2026-11-22T09:30:00Z"), NULL, &at));
	assert_int_equal(read_text(&thing, "due", "2026-11-22T10:30").integer, at);
	assert_int_equal(read_text(&thing, "due", "2026-11-22T10:30:00+01:00").integer, at);
	assert_int_equal(parsed(&thing, "due", value_null(arena)).kind, CELL_NULL);
	assert_int_equal(parsed(&thing, "due", NULL).kind, CELL_NULL);
	refused_text(&thing, "amount", "twelve", NULL);
	refused(&thing, "amount", value_real(arena, 1.5), NULL);
	refused(&thing, "weight", value_bool(arena, true), NULL);
	refused_text(&thing, "vip", "maybe", NULL);
	refused_text(&thing, "impact", "hihg", "did you mean 'high'?");
	refused_text(&thing, "impact", "nonsense", "one of: high, medium, low");
	refused(&thing, "impact", value_list(arena), NULL);
	refused_text(&thing, "due", "2026-02-30", NULL);
	refused_text(&thing, "effort", "long", NULL);
}

STORE_TEST(reads_texts)
{
	struct thing_fixture thing;
	char *long_text = arena_alloc(on->arena, LIMIT_PROSE_BYTES + 2);

	open_thing(&thing, on);
	memset(long_text, 'a', LIMIT_PROSE_BYTES + 1);
	assert_text(read_text(&thing, "title", " \xc3\x84 ").text, " \xc3\x84 ");
	assert_text(read_text(&thing, "details", "two\nlines").text, "two\nlines");
	assert_text(read_text(&thing, "zone", "Europe/Berlin").text, "Europe/Berlin");
	assert_text(read_text(&thing, "mail", "a@example.com").text, "a@example.com");
	refused(&thing, "title", value_text(on->arena, (text){ "a\0b", 3 }), NULL);
	refused_text(&thing, "title", "\xff", NULL);
	refused_text(&thing, "title", "two\nlines", NULL);
	refused(&thing, "title", value_text(on->arena, (text){ long_text, 501 }),
		"at most 500 bytes, these are 501");
	refused_text(&thing, "details", long_text, NULL);
	refused(&thing, "title", value_integer(on->arena, 5), NULL);
	refused_text(&thing, "zone", "Europe/Nowhere", NULL);
	static const char *const no_mails[] = { "a", "@b", "a@", "a@b@c", "a b@c", "<a@b>" };
	for (size_t i = 0; i < array_length(no_mails); i++)
		refused_text(&thing, "mail", no_mails[i], NULL);
}

STORE_TEST(reads_links_by_name)
{
	struct thing_fixture thing;
	int64_t *ids;
	size_t count;

	open_thing(&thing, on);
	const struct type *user = thing.model->user;
	struct record *anna = thing_record(&thing, user, "anna"), *gone = thing_record(&thing, user, "gone");
	gone->cells[user->active] = cell_integer(0);
	assert_ok(model_insert(&thing.work, anna));
	assert_ok(model_insert(&thing.work, gone));
	struct value *map = value_map(on->arena), *list = value_list(on->arena);
	value_set_text(on->arena, map, T("number"), T("anna"));
	assert_int_equal(read_text(&thing, "requester", " ANNA ").integer, anna->id);
	assert_int_equal(parsed(&thing, "requester", map).integer, anna->id);
	refused_text(&thing, "requester", "nobody", NULL);
	refused_text(&thing, "requester", "gone", NULL);
	refused(&thing, "requester", value_integer(on->arena, anna->id), NULL);
	refused(&thing, "watchers", map, NULL);
	/* What is imported may be about people who have left. */
	thing.work.origin = ORIGIN_IMPORT;
	assert_int_equal(read_text(&thing, "requester", "gone").integer, gone->id);
	const struct field *watchers = type_field(thing.type, T("watchers"));
	value_append(on->arena, list, value_text(on->arena, T("anna")));
	value_append(on->arena, list, map);
	assert_ok(field_parse_links(&thing.work, watchers, list, &ids, &count));
	assert_int_equal(count, 1);
	assert_ok(field_parse_links(&thing.work, watchers, NULL, &ids, &count));
	assert_int_equal(count, 0);
	assert_refused(field_parse_links(&thing.work, watchers, map, &ids, &count), INVALID);
}

STORE_TEST(says_values_as_they_are_written)
{
	static const char *const written[][2] = { { "title", "words" },
						  { "impact", "low" },
						  { "requester", "anna" },
						  { "due", "2026-11-22T09:30:00.000Z" },
						  { "zone", "UTC" } };
	struct thing_fixture thing;
	struct value *value;
	text words;

	open_thing(&thing, on);
	assert_ok(model_insert(&thing.work, thing_record(&thing, thing.model->user, "anna")));
	for (size_t i = 0; i < array_length(written); i++) {
		const struct field *field = type_field(thing.type, text_from(written[i][0]));
		struct cell cell = read_text(&thing, written[i][0], written[i][1]);
		assert_ok(field_value(&thing.work, field, &cell, &value));
		text said = field->kind == KIND_LINK ? value_get_text(value, T("number")) : value->text;
		assert_text(said, written[i][1]);
		struct cell again = parsed(&thing, written[i][0], value);
		assert_true(cell_equal(&cell, &again));
	}
	struct cell due = read_text(&thing, "due", written[3][1]), low = read_text(&thing, "impact", "low"),
		    none = cell_null();
	assert_ok(field_words(&thing.work, type_field(thing.type, T("due")), &due,
			      zone_find(T("Europe/Berlin")), &words));
	assert_text(words, "2026-11-22 10:30");
	assert_ok(field_words(&thing.work, type_field(thing.type, T("impact")), &low, NULL, &words));
	assert_text(words, "Low");
	assert_ok(field_value(&thing.work, type_field(thing.type, T("impact")), &none, &value));
	assert_int_equal(value->kind, VALUE_NULL);
}
