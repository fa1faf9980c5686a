/* Decision tables when records change: every kind of input and outcome, each hit policy, proposals and chains of tables. */
#include "desk.h"

static const char gauge[] =
	"practice: Tests\n"
	"purpose: Tables of every kind.\n"
	"type: { name: gauge, number: \"GAU{000}\", title: title }\n"
	"fields:\n"
	"  title: { kind: text, required: yes }\n"
	"  reach: { kind: choice, choices: [small, large, huge] }\n"
	"  tested: { kind: boolean }\n"
	"  places: { kind: integer, least: 0, most: 1000 }\n"
	"  needed: { kind: duration }\n"
	"  service: { kind: link, to: service }\n"
	"  person: { kind: link, to: user }\n"
	"  score:\n"
	"    kind: integer\n"
	"    decide:\n"
	"      inputs: [reach, tested, places]\n"
	"      hit: sum\n"
	"      rows: [[large, any, any, 2], [huge, any, any, 4], [any, no, any, 3], [any, any, '>= 10', 1], [any, any, '100..1000', 1]]\n"
	"  mass: { kind: integer, decide: { inputs: [reach, tested], hit: sum, rows: [[any, no, 9223372036854775807], [huge, any, 9223372036854775807]] } }\n"
	"  by_desk: { kind: text, decide: { inputs: [person.active, reach], rows: [[yes, large, busy], [no, large, idle], [any, any, quiet]], override: [team_lead], reason: why } }\n"
	"  why: { kind: text }\n"
	"  price: { kind: real, least: 0 }\n"
	"  approver: { kind: text, decide: { inputs: [price], hit: unique, complete: yes, rows: [['< 99.95', nobody], ['99.95..1000', manager], ['> 1000', board]] } }\n"
	"  risk: { kind: choice, choices: [low, high] }\n"
	"  level: { kind: text }\n"
	"  worst: { kind: choice, choices: [mild, bad, awful], decide: { inputs: [reach, tested], hit: highest, rows: [[any, no, bad], [huge, any, awful], [any, any, mild]] } }\n"
	"  least: { kind: integer, decide: { inputs: [reach, tested], hit: lowest, rows: [[any, no, 3], [huge, any, 2]] } }\n"
	"  notes: { kind: text, decide: { inputs: [reach, tested, needed], hit: collect, rows: [[any, no, any, test it], [huge, any, any, tell everybody], [any, any, '> 4h', test it], [any, any, '> 8h', test]] } }\n"
	"  team:\n"
	"    kind: link\n"
	"    to: team\n"
	"    decide: { inputs: [service, person.active], proposes: yes, rows: [[mail, yes, network], [unset, any, first line]] }\n"
	"decisions:\n"
	"  rating: { inputs: [score], outputs: [risk, level], hit: unique, complete: yes, rows: [['< 5', low, peer], ['>= 5', high, board]], override: [team_lead] }\n"
	"rights:\n"
	"  agent: { read: always, create: always, update: always, note: always }\n";

static text words(const struct record *record, const char *field)
{
	return desk_cell(record, field)->text;
}

DESK_TEST_WITH(weights_add_up_and_decide_what_follows, gauge)
{
	const struct type *type = model_type(desk->model, T("gauge"));
	struct record *record;

	desk_as(desk, "agent");
	record = desk_create(desk, type, "{'title': 'A', 'reach': 'large', 'tested': true, 'places': 12}");
	assert_int_equal(desk_cell(record, "score")->integer, 3);
	assert_text(desk_choice(record, "risk"), "low");
	assert_text(words(record, "level"), "peer");
	record = desk_create(desk, type, "{'title': 'B', 'reach': 'huge', 'tested': false, 'places': 100}");
	assert_int_equal(desk_cell(record, "score")->integer, 9);
	assert_text(desk_choice(record, "risk"), "high");
	assert_text(words(record, "level"), "board");
	assert_text(desk_choice(record, "worst"), "awful");
	assert_int_equal(desk_cell(record, "least")->integer, 2);
	assert_text(words(record, "notes"), "test it; tell everybody");
	record = desk_create(desk, type, "{'title': 'C', 'needed': '5h'}");
	assert_int_equal(desk_cell(record, "score")->integer, 0);
	assert_text(words(record, "notes"), "test it");
	assert_true(desk_cell(record, "least")->kind == CELL_NULL);
}

DESK_TEST_WITH(a_change_of_an_input_decides_again, gauge)
{
	const struct type *type = model_type(desk->model, T("gauge"));
	struct record *record;

	desk_as(desk, "agent");
	record = desk_create(desk, type, "{'title': 'A', 'reach': 'large', 'tested': true}");
	assert_ok(IN_TX(desk, engine_update(desk->work, type, record_number(record), 0, desk_json(desk, "{'tested': false}"), &record)));
	assert_int_equal(desk_cell(record, "score")->integer, 5);
	assert_text(desk_choice(record, "risk"), "high");
	assert_refused(IN_TX(desk, engine_update(desk->work, type, record_number(record), 0, desk_json(desk, "{'risk': 'low'}"), &record)),
	               FORBIDDEN);
	desk_as(desk, "lead");
	assert_ok(IN_TX(desk, engine_update(desk->work, type, record_number(record), 0,
	                                    desk_json(desk, "{'risk': 'low', 'comment': 'rehearsed twice'}"), &record)));
	assert_text(desk_choice(record, "risk"), "low");
	assert_text(words(record, "level"), "board");
}

DESK_TEST_WITH(a_table_proposes_a_team_by_service_and_path, gauge)
{
	const struct type *type = model_type(desk->model, T("gauge"));
	struct record *record;
	int64_t network, first;

	assert_ok(model_find_id(desk->work, desk->model->team, T("network"), &network));
	assert_ok(model_find_id(desk->work, desk->model->team, T("first line"), &first));
	desk_as(desk, "agent");
	record = desk_create(desk, type, "{'title': 'A', 'service': 'mail', 'person': 'reqa'}");
	assert_int_equal(desk_cell(record, "team")->integer, network);
	record = desk_create(desk, type, "{'title': 'B'}");
	assert_int_equal(desk_cell(record, "team")->integer, first);
	assert_ok(IN_TX(desk, engine_update(desk->work, type, record_number(record), 0, desk_json(desk, "{'team': 'network'}"), &record)));
	assert_int_equal(desk_cell(record, "team")->integer, network);
	assert_ok(IN_TX(desk, engine_update(desk->work, type, record_number(record), 0, desk_json(desk, "{'team': null}"), &record)));
	assert_true(desk_cell(record, "team")->kind == CELL_NULL);
	record = desk_create(desk, type, "{'title': 'C', 'service': 'mail', 'team': 'first line'}");
	assert_int_equal(desk_cell(record, "team")->integer, first);
	/* Nobody stands behind the path: no row fits. */
	record = desk_create(desk, type, "{'title': 'D', 'service': 'mail'}");
	assert_true(desk_cell(record, "team")->kind == CELL_NULL);
}

static void update(struct desk *desk, struct record **record, const char *json)
{
	assert_ok(IN_TX(desk, engine_update(desk->work, (*record)->type, record_number(*record), 0, desk_json(desk, json), record)));
}

/* A text that is part of another is another text; and a sum too large for the field is the largest. */
DESK_TEST_WITH(texts_are_collected_whole_and_sums_have_an_end, gauge)
{
	const struct type *type = model_type(desk->model, T("gauge"));
	struct record *record;

	desk_as(desk, "agent");
	record = desk_create(desk, type, "{'title': 'A', 'reach': 'huge', 'tested': false, 'needed': '9h'}");
	assert_text(words(record, "notes"), "test it; tell everybody; test");
	assert_true(desk_cell(record, "mass")->integer == INT64_MAX);
}

/* What stands behind a link may change without the record: nobody has set anything by hand then. */
DESK_TEST_WITH(what_changed_behind_a_link_is_no_override, gauge)
{
	struct record *record, *person;

	assert_ok(model_load_number(desk->work, desk->model->user, T("reqa"), &person));
	record = desk_create(desk, model_type(desk->model, T("gauge")), "{'title': 'A', 'person': 'reqa', 'reach': 'large'}");
	assert_text(words(record, "by_desk"), "busy");
	update(desk, &person, "{'active': false}");
	assert_text(words(desk_reload(desk, record), "by_desk"), "busy");
	update(desk, &record, "{'reach': 'small'}");
	assert_text(words(record, "by_desk"), "quiet");
	update(desk, &record, "{'reach': 'large'}");
	assert_text(words(record, "by_desk"), "idle");
}

/* It stays when its inputs change, also over a value of theirs that happens to be the same, until it is emptied. */
DESK_TEST_WITH(what_was_set_by_hand_stays_until_it_is_given_back, gauge)
{
	struct record *record, *other;

	desk_as(desk, "lead");
	record = desk_create(desk, model_type(desk->model, T("gauge")), "{'title': 'A', 'reach': 'small'}");
	assert_refused(IN_TX(desk, engine_update(desk->work, record->type, record_number(record), 0,
	                                         desk_json(desk, "{'by_desk': 'busy'}"), &other)), INVALID);
	update(desk, &record, "{'by_desk': 'busy', 'why': 'I know'}");
	update(desk, &record, "{'reach': 'large', 'person': 'reqa'}"); /* the table says busy too */
	assert_text(words(record, "by_desk"), "busy");
	update(desk, &record, "{'reach': 'huge'}");
	assert_text(words(record, "by_desk"), "busy");
	assert_text(words(record, "why"), "I know");
	update(desk, &record, "{'by_desk': null}");
	assert_text(words(record, "by_desk"), "quiet");
	assert_true(desk_cell(record, "why")->kind == CELL_NULL);
	update(desk, &record, "{'reach': 'large'}");
	assert_text(words(record, "by_desk"), "busy");
	/* Whoever sets what the table says sets nothing against it. */
	update(desk, &record, "{'by_desk': 'odd', 'why': 'x'}");
	update(desk, &record, "{'by_desk': 'busy'}");
	update(desk, &record, "{'reach': 'small'}");
	assert_text(words(record, "by_desk"), "quiet");
}

static const char alarm_practice[] =
	"practice: Tests\n"
	"purpose: A step that sets what a table decides.\n"
	"type: { name: bell, number: \"BEL{000}\", title: title }\n"
	"fields:\n"
	"  title: { kind: text, required: yes }\n"
	"  reach: { kind: choice, choices: [small, large] }\n"
	"  rank: { kind: choice, choices: [first, second], decide: { inputs: [reach], rows: [[large, first], [any, second]], override: [team_lead] } }\n"
	"lifecycle:\n"
	"  states: { quiet: { group: open }, loud: { group: open }, over: { group: closed } }\n"
	"  transitions:\n"
	"    ring: { from: quiet, to: loud, by: agent, set: { rank: first } }\n"
	"    end: { from: [quiet, loud], to: over, by: agent }\n"
	"rights: { agent: [read, create, update, comment, note] }\n";

/* What the definition says in a transition needs no right to set it by hand. */
DESK_TEST_WITH(a_transition_may_set_what_a_table_decides, alarm_practice)
{
	struct record *record;

	desk_as(desk, "agent");
	record = desk_create(desk, model_type(desk->model, T("bell")), "{'title': 'A', 'reach': 'small'}");
	assert_text(desk_choice(record, "rank"), "second");
	assert_ok(desk_take(desk, record, "ring", NULL));
	record = desk_reload(desk, record);
	assert_text(desk_choice(record, "rank"), "first");
	update(desk, &record, "{'reach': null}");
	assert_text(desk_choice(record, "rank"), "first");
}

/* Amounts with decimals: the ends of a range are where the table says, to the last digit. */
DESK_TEST_WITH(a_table_asks_for_an_amount, gauge)
{
	static const struct { const char *price, *approver; } cases[] = {
		{ "0", "nobody" }, { "99.94", "nobody" }, { "99.95", "manager" }, { "99.949999999", "nobody" }, { "1000", "manager" },
		{ "1000.01", "board" }, { "1e12", "board" },
	};

	desk_as(desk, "agent");
	for (size_t i = 0; i < array_length(cases); i++) {
		text json = text_format(desk->arena, "{'title': 'A', 'price': %s}", cases[i].price);
		struct record *record = desk_create(desk, model_type(desk->model, T("gauge")), text_cstring(desk->arena, json));
		assert_text(words(record, "approver"), cases[i].approver);
	}
	assert_true(desk_cell(desk_create(desk, model_type(desk->model, T("gauge")), "{'title': 'A'}"), "approver")->kind == CELL_NULL);
	for (double one = -1e300; one < 1e300; one = one < -1e-300 ? one / 10 : one <= 0 ? 1e-300 : one * 10) {
		assert_true(real_of_key(real_key(one)) == one);
		assert_true(real_of_key(real_key(one) + 1) > one && real_of_key(real_key(one) - 1) < one);
	}
}
