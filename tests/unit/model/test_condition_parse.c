/* The grammar and typing of conditions: what is read, what it prints as, and where each mistake is found. */
#include "thing.h"

#include "base/limits.h"

/* Made once: reading the platform's files for every line would be most of the time. */
static struct model *shared_model(void)
{
	static struct arena *arena;
	static struct model *model;

	if (model == NULL) {
		arena = arena_new((size_t)1 << 26);
		model = thing_model(arena);
	}
	return model;
}

static struct condition *read_as(struct arena *arena, const char *source, enum condition_use use)
{
	struct model *model = shared_model();
	struct condition *condition;

	assert_ok(
	    condition_parse(arena, model, model_type(model, T("thing")), text_from(source), use, &condition));
	return condition;
}

static void prints(const char *source, const char *canonical)
{
	struct arena *arena = arena_new(1 << 24);
	text printed = condition_print(arena, read_as(arena, source, CONDITION_QUERY));

	assert_text(printed, canonical);
	assert_text(condition_print(arena, read_as(arena, text_cstring(arena, printed), CONDITION_QUERY)),
		    canonical);
	arena_free(arena);
}

static void refused_as(const char *source, enum condition_use use, uint32_t column, const char *message,
		       const char *hint)
{
	struct arena *arena = arena_new(1 << 24);
	struct model *model = shared_model();
	struct condition *condition;
	struct error *error =
	    condition_parse(arena, model, model_type(model, T("thing")), text_from(source), use, &condition);

	if (error == NULL)
		fail_msg("'%s' was accepted", source);
	assert_int_equal(error->code, ERROR_CONDITION);
	assert_text(error->message, message);
	assert_int_equal(error->place.column, column);
	if (hint != NULL)
		assert_text(error->hint, hint);
	arena_free(arena);
}

static void refused(const char *source, uint32_t column, const char *message, const char *hint)
{
	refused_as(source, CONDITION_QUERY, column, message, hint);
}

TEST(reads_comparisons)
{
	prints("amount=12", "amount = 12");
	prints("amount != -3", "amount != -3");
	prints("amount <> 3 or amount == 4", "amount != 3 or amount = 4");
	prints("weight<=2.5", "weight <= 2.5");
	prints("weight >= 2", "weight >= 2");
	prints("Impact < LOW", "impact < low");
	prints("title = vpn", "title = \"vpn\"");
	prints("title = \"a \\\"b\\\" \\\\ c\"", "title = \"a \\\"b\\\" \\\\ c\"");
	prints("effort > 4h and effort < 2 days", "effort > 4h and effort < 2 days");
	prints("state = new", "state = new");
	prints("state.group in (open,WAITING)", "state.group in (open, waiting)");
	prints("due > created_at", "due > created_at");
	prints("requester = owner or requester = \"owner\"", "requester = owner or requester = \"owner\"");
}

TEST(reads_sets_lists_and_texts)
{
	prints("owner IS NOT SET and due is set", "owner is not set and due is set");
	prints("amount in (1, 2,3) and amount not in (4)", "amount in (1, 2, 3) and amount not in (4)");
	prints("title contains \"vpn\" and title starts with \"re: \"",
	       "title contains \"vpn\" and title starts with \"re: \"");
	prints("not title contains x", "not title contains \"x\"");
	prints("team in my teams and team not in my teams", "team in my teams and team not in my teams");
	prints("team in (my teams, network)", "team in (my teams, network)");
	prints("owner = me and owner != ME", "owner = me and owner != me");
	prints("watchers = me", "watchers = me");
	prints("parent = THG0000001", "parent = THG0000001");
	prints("team = \"first line\"", "team = \"first line\"");
}

TEST(reads_booleans)
{
	prints("vip", "vip");
	prints("not vip", "not vip");
	prints("vip != true", "vip != true");
	prints("vip = false and not not vip", "vip = false and vip");
	prints("requester.vip and not requester.vip", "requester.vip and not requester.vip");
}

TEST(reads_paths)
{
	prints("requester.organisation = acme", "requester.organisation = acme");
	prints("requester.Organisation.label starts with \"d\"",
	       "requester.organisation.label starts with \"d\"");
	prints("parent.state.group = open", "parent.state.group = open");
	prints("parent.parent.parent.parent.title = x", "parent.parent.parent.parent.title = \"x\"");
}

TEST(reads_moments)
{
	prints("created_at > 3 days ago", "created_at > 3 days ago");
	prints("created_at > 1 day ago and due < in 2 HOURS", "created_at > 1 day ago and due < in 2 hours");
	prints("due > 5 working days ago or due < in 1 working day",
	       "due > 5 working days ago or due < in 1 working day");
	prints("due < now and due >= TODAY and due != tomorrow",
	       "due < now and due >= today and due != tomorrow");
	prints("due = 2026-11-22 or due > 2026-11-22T10:30Z", "due = 2026-11-22 or due > 2026-11-22T10:30Z");
	prints("due in (today, 3 days ago)", "due in (today, 3 days ago)");
}

TEST(groups_and_negates)
{
	prints("(amount = 1 and vip) and (amount = 2)", "amount = 1 and vip and amount = 2");
	prints("amount = 1 and (vip or amount = 2)", "amount = 1 and (vip or amount = 2)");
	prints("(amount = 1 and vip) or amount = 2", "amount = 1 and vip or amount = 2");
	prints("not (amount = 1)", "amount != 1");
	prints("not (amount != 1)", "amount = 1");
	prints("not amount < 1", "not amount < 1");
	prints("NOT (amount = 1 OR vip)", "not (amount = 1 or vip)");
	prints("not not (amount = 1 or vip)", "amount = 1 or vip");
	prints("  ", "");
}

TEST(reads_words)
{
	prints("\"printer jam\"", "\"printer jam\"");
	prints("printer jam", "\"printer jam\"");
	prints("printer jam state = new", "\"printer jam\" and state = new");
	prints("state = new printer", "state = new and \"printer\"");
	prints("mail server is down", "\"mail server is down\"");
	prints("printer in office", "\"printer in office\"");
	prints("not \"vpn\" and vip", "not \"vpn\" and vip");
	prints("vpn!", "\"vpn!\"");
	prints("Stra\xc3\x9f"
	       "e",
	       "\"Stra\xc3\x9f"
	       "e\"");
}

TEST(points_at_the_column)
{
	refused("prioriti = 1", 1, "thing has no field 'prioriti'", NULL);
	refused("vip and amonut = 1", 9, "thing has no field 'amonut'", "did you mean 'amount'?");
	refused("\"\xc3\xa4\xc3\xb6\" and amonut = 1", 10, "thing has no field 'amonut'",
		"did you mean 'amount'?");
	refused("requester.organisatoin = acme", 11, "user has no field 'organisatoin'",
		"did you mean 'organisation'?");
	refused("impact = hgih", 10, "'impact' has no choice 'hgih'", "did you mean 'high'?");
	refused("impact = nonsense", 10, "'impact' has no choice 'nonsense'", "one of: high, medium, low");
	refused("impact = ", 10, "'impact' is compared with nothing", "one of: high, medium, low");
	refused("amount = ", 10, "'amount' is compared with nothing", "write a whole number");
	refused("state.group = opne", 15, "'state.group' has no choice 'opne'", "did you mean 'open'?");
	refused("amount = abc", 10, "'abc' is not a value of 'amount'", "write a whole number");
	refused("amount = 99999999999999999999", 10, "'99999999999999999999' is not a value of 'amount'",
		NULL);
	refused("due > 3 days", 13, "expected 'ago' after '3 days'", "write '3 days ago' or 'in 3 days'");
	refused("due > 3 bananas ago", 9, "expected a unit of time, found 'bananas'", NULL);
	refused("due > 2026-02-30", 7, "'2026-02-30' is not a value of 'due'", NULL);
	refused("amount in 3", 11, "expected '(', found '3'", "write: in (value, value)");
	refused("amount in (3", 13, "expected ',' or ')', found the end", NULL);
	refused("amount in ()", 12, "')' is not a value of 'amount'", NULL);
	refused("vip and", 8, "expected a condition, found the end", NULL);
	refused("or vip", 1, "expected a condition, found 'or'", NULL);
	refused("(vip", 5, "expected ')', found the end", NULL);
	refused("vip)", 4, "expected 'and' or 'or', found ')'", NULL);
	refused("amount = 1 vip", 12, "expected 'and' or 'or', found 'vip'", NULL);
	refused("amount is high", 11, "expected 'set' or 'not set', found 'high'", "compare values with =");
	refused("title = \"abc", 9, "the quoted text does not end", NULL);
	refused("amount", 1, "'amount' is a field and needs a comparison", NULL);
	refused("amount.x = 1", 8, "'amount' leads to no other record", NULL);
	refused("requester. = 1", 11, "user has no field ''", NULL);
	refused("team = me", 8, "'me' is not a value of 'team'", "'me' is a person");
	refused("owner in my teams", 10, "'my' is not a value of 'owner'", NULL);
	refused("vip < true", 5, "'<' does not apply to 'vip'", NULL);
	refused("requester contains \"x\"", 11, "'contains' does not apply to 'requester'", NULL);
	refused("user.state = new", 1, "thing has no field 'user'", NULL);
	refused("requester.state = new", 11, "user has no field 'state'", NULL);
	refused("\"\"", 1, "there is nothing between the quotes", NULL);
	refused("a\x01", 2, "a control character stands in the condition", NULL);
	refused("a \xff", 3, "the condition is not well-formed UTF-8", NULL);
}

TEST(refuses_words_in_rules)
{
	refused_as("\"vpn\"", CONDITION_RULE, 1, "words cannot be searched for here", NULL);
	refused_as("amonut", CONDITION_RULE, 1, "thing has no field 'amonut'", "did you mean 'amount'?");
	refused_as("vip vip", CONDITION_RULE, 5, "expected 'and' or 'or', found 'vip'", NULL);
}

/* `part` as often as `times`, between `before` and `after`. */
static text repeated(struct arena *arena, const char *before, const char *part, size_t times,
		     const char *after)
{
	text *parts = arena_new_array(arena, text, times + 2);

	parts[0] = text_from(before);
	for (size_t i = 1; i <= times; i++)
		parts[i] = text_from(part);
	parts[times + 1] = text_from(after);
	return text_join(arena, parts, times + 2, T(""));
}

TEST(keeps_its_limits)
{
	struct arena *arena = arena_new(1 << 26);
	struct model *model = shared_model();
	const struct type *type = model_type(model, T("thing"));
	struct condition *condition;

	assert_ok(condition_parse(
	    arena, model, type,
	    repeated(arena, "", "(", LIMIT_CONDITION_DEPTH, "vip))))))))))))))))))))))))))))))))))))))))"),
	    CONDITION_QUERY, &condition));
	assert_refused(condition_parse(arena, model, type,
				       repeated(arena, "", "(", LIMIT_CONDITION_DEPTH + 1, ""),
				       CONDITION_QUERY, &condition),
		       CONDITION);
	assert_refused(condition_parse(arena, model, type,
				       repeated(arena, "", "not ", LIMIT_CONDITION_DEPTH + 1, "vip"),
				       CONDITION_QUERY, &condition),
		       CONDITION);
	assert_ok(condition_parse(arena, model, type,
				  repeated(arena, "amount in (1", ",1", LIMIT_CONDITION_VALUES - 1, ")"),
				  CONDITION_QUERY, &condition));
	assert_refused(condition_parse(arena, model, type,
				       repeated(arena, "amount in (1", ",1", LIMIT_CONDITION_VALUES, ")"),
				       CONDITION_QUERY, &condition),
		       CONDITION);
	assert_refused(condition_parse(arena, model, type,
				       repeated(arena, "", "parent.", LIMIT_CONDITION_PATH, "vip"),
				       CONDITION_QUERY, &condition),
		       CONDITION);
	assert_refused(condition_parse(arena, model, type,
				       repeated(arena, "", "a", LIMIT_CONDITION_BYTES + 1, ""),
				       CONDITION_QUERY, &condition),
		       CONDITION);
	assert_ok(condition_parse(arena, model, type, repeated(arena, "vip", " or vip", 500, ""),
				  CONDITION_QUERY, &condition));
	arena_free(arena);
}

TEST(joins_conditions)
{
	struct arena *arena = arena_new(1 << 24);
	struct model *model = shared_model();
	struct condition *a, *b, *all;
	const struct type *type = model_type(model, T("thing"));

	assert_ok(condition_parse(arena, model, type, T("vip and amount = 1"), CONDITION_QUERY, &a));
	assert_ok(condition_parse(arena, model, type, T("vip or printer"), CONDITION_QUERY, &b));
	assert_ok(condition_parse(arena, model, type, T(""), CONDITION_QUERY, &all));
	assert_text(condition_print(arena, condition_and(arena, a, b)),
		    "vip and amount = 1 and (vip or \"printer\")");
	assert_true(condition_has_words(condition_and(arena, a, b)));
	assert_false(condition_has_words(a));
	assert_ptr_equal(condition_and(arena, a, NULL), a);
	assert_ptr_equal(condition_and(arena, NULL, b), b);
	assert_ptr_equal(condition_and(arena, all, b), b);
	assert_ptr_equal(condition_and(arena, a, all), a);
	assert_null(condition_and(arena, NULL, NULL));
	arena_free(arena);
}

static void count_field(void *data, size_t field)
{
	((int *)data)[field]++;
}

TEST(tells_what_it_depends_on)
{
	struct arena *arena = arena_new(1 << 24);
	const struct field *field;
	bool teams;
	int counts[100] = { 0 };
	struct model *model = shared_model();
	const struct type *type = model_type(model, T("thing"));

	assert_true(condition_is_constant(
	    read_as(arena, "state.group = open and title contains x", CONDITION_QUERY)));
	assert_true(condition_is_constant(
	    read_as(arena, "due > 2026-11-22T10:30Z and due > created_at", CONDITION_QUERY)));
	assert_false(condition_is_constant(read_as(arena, "due > 2026-11-22", CONDITION_QUERY)));
	assert_false(condition_is_constant(read_as(arena, "vip or due > now", CONDITION_QUERY)));
	assert_false(condition_is_constant(read_as(arena, "owner = me", CONDITION_QUERY)));
	assert_false(condition_is_constant(read_as(arena, "watchers is set", CONDITION_QUERY)));
	assert_false(condition_is_constant(read_as(arena, "parent.vip", CONDITION_QUERY)));
	assert_false(condition_is_constant(read_as(arena, "words", CONDITION_QUERY)));
	assert_true(condition_is_scope(read_as(arena, "owner = me", CONDITION_QUERY), &field, &teams));
	assert_text(field->name, "owner");
	assert_false(teams);
	assert_true(condition_is_scope(read_as(arena, "team in my teams", CONDITION_QUERY), &field, &teams));
	assert_true(teams);
	assert_true(condition_is_scope(read_as(arena, "watchers = me", CONDITION_QUERY), &field, &teams));
	assert_false(condition_is_scope(read_as(arena, "owner != me", CONDITION_QUERY), &field, &teams));
	assert_false(
	    condition_is_scope(read_as(arena, "parent.owner = me", CONDITION_QUERY), &field, &teams));
	condition_each_field(read_as(arena, "due > created_at and not (vip or parent.vip)", CONDITION_QUERY),
			     count_field, counts);
	assert_int_equal(counts[thing_field(type, "due")] + counts[FIELD_CREATED_AT] +
			     counts[thing_field(type, "vip")] + counts[thing_field(type, "parent")],
			 4);
	arena_free(arena);
}
