/*
 * The form of a model and what is ordered with it: a good one is read as it says, and every mistake is told at its place. Each case
 * changes one line of one of the two files.
 */
#include "gadget.h"

static const char *const form_lines[] = {
	"practice: Tests",                                                                        /* 1 */
	"purpose: What somebody needs.",                                                          /* 2 */
	"model: { name: need, type: wish }",                                                      /* 3 */
	"form:",                                                                                  /* 4 */
	"  person:",                                                                              /* 5 */
	"    sections:",                                                                          /* 6 */
	"      who:",                                                                             /* 7 */
	"        questions:",                                                                     /* 8 */
	"          name: { kind: text, required: yes }",                                          /* 9 */
	"          phone: { kind: text, prefill: requester.phone }",                              /* 10 */
	"          boss: { kind: link, to: user, default: me, prefill: requester.manager }",      /* 11 */
	"      what:",                                                                            /* 12 */
	"        when: name is set",                                                              /* 13 */
	"        questions:",                                                                     /* 14 */
	"          size: { kind: choice, choices: { small: Small, large: { label: Large, when: record.requester.vip = true } } }", /* 15 */
	"  more:",                                                                                /* 16 */
	"    when: size = large",                                                                 /* 17 */
	"    questions:",                                                                         /* 18 */
	"      parts: { kind: group, least: 1, most: 5, questions: { label: { kind: text, required: yes }, note: { kind: text, when: label is set } } }", /* 19 */
	"      why: { kind: prose, required: yes, when: size = large }",                          /* 20 */
	"set:",                                                                                   /* 21 */
	"  title: { words: \"{name} needs something\" }",                                         /* 22 */
};

static const char *const wish_lines[] = {
	"practice: Tests",                                                                        /* 1 */
	"purpose: Wishes from a list.",                                                           /* 2 */
	"type: { name: wish, extends: task, number: \"WISH{000}\", title: title }",               /* 3 */
	"fields:",                                                                                /* 4 */
	"  gift:",                                                                                /* 5 */
	"    kind: link",                                                                         /* 6 */
	"    to: gift",                                                                           /* 7 */
	"    orders: { model: model, entitled: entitled, copies: [price, service] }",             /* 8 */
	"  price: { kind: integer }",                                                             /* 9 */
	"  cost: { kind: real }",                                                                 /* 10 */
	"rights: { agent: [read, create, update] }",                                              /* 11 */
};

static const char gift[] = "practice: Tests\npurpose: What can be wished for.\n"
			   "type: { name: gift, key: name, title: name }\n"
			   "fields:\n"
			   "  name: { kind: text, required: yes }\n"
			   "  model: { kind: model }\n"
			   "  entitled: { kind: condition, on: user }\n"
			   "  teamly: { kind: condition, on: team }\n"
			   "  price: { kind: integer }\n"
			   "  service: { kind: link, to: service }\n"
			   "rights: { agent: [read, create, update] }\n";

static text with_line(struct arena *arena, const char *const *lines, size_t count, size_t line, const char *instead)
{
	struct buffer out;

	buffer_init(&out, arena, (size_t)1 << 20);
	for (size_t i = 0; i < count; i++) {
		buffer_text(&out, text_from(i + 1 == line ? instead : lines[i]));
		buffer_char(&out, '\n');
	}
	return buffer_peek(&out);
}

static struct error *parse_with(struct arena *arena, size_t form_line, const char *form, size_t wish_line, const char *wish,
				struct model **ret_model)
{
	struct definition_source *shipped, *sources;
	size_t count, used = 0;

	model_embedded_sources(arena, &shipped, &count);
	sources = arena_new_array(arena, struct definition_source, count + 3);
	for (size_t i = 0; i < count; i++)
		if (text_starts_with(shipped[i].path, T("platform/")))
			sources[used++] = shipped[i];
	sources[used++] = (struct definition_source){ T("gift.yaml"), text_from(gift) };
	sources[used++] =
	    (struct definition_source){ T("models/need.yaml"), with_line(arena, form_lines, array_length(form_lines), form_line, form) };
	sources[used++] = (struct definition_source){ T("wish.yaml"), with_line(arena, wish_lines, array_length(wish_lines), wish_line, wish) };
	return model_parse(arena, sources, used, ret_model);
}

TEST(a_form_is_read_as_it_says)
{
	struct arena *arena = arena_new((size_t)1 << 24);
	struct model *model = NULL;
	struct error *error = parse_with(arena, 0, NULL, 0, NULL, &model);
	const struct work_model *need;
	const struct form_question *question;
	const struct type *wish;

	shipped_show(error);
	assert_null(error);
	need = &model->work_models[model_work_model(model, T("need"))];
	assert_int_equal(need->page_count, 2);
	assert_int_equal(need->pages[0].part_count, 2);
	assert_int_equal(need->pages[1].part_count, 1);
	assert_non_null(need->pages[0].parts[1].when);
	assert_non_null(need->pages[1].when);
	question = &need->pages[0].parts[0].questions[1];
	assert_int_equal(question->prefill_count, 2);
	question = &need->pages[0].parts[1].questions[0];
	assert_null(question->choice_when[0]);
	assert_non_null(question->choice_when[1]);
	question = &need->pages[1].parts[0].questions[0];
	assert_int_equal(need->form_type->fields[question->field].kind, KIND_GROUP);
	assert_int_equal(need->form_type->fields[question->field].most, 5);
	assert_int_equal(question->question_count, 2);
	assert_non_null(question->questions[1].when);
	assert_ptr_equal(type_field(need->form_type, T("record"))->target, need->type);
	wish = model_type(model, T("wish"));
	assert_int_equal(wish->orders, type_field(wish, T("gift"))->position);
	assert_int_equal(wish->fields[wish->orders].orders->copy_count, 2);
	/* Where people write it, it is a value like others. */
	assert_int_equal(model_type(model, T("gift"))->model_field, -1);
	assert_true(wish->model_field >= 0);
	model_free(model);
	arena_free(arena);
}

static const struct mistake {
	bool in_form;
	size_t line;
	const char *instead;
	uint32_t at_line, at_column;
	const char *message, *hint;
} mistakes[] = {
	{ true, 13, "        when: size = large", 13, 15, "'size' is asked only later", "stand before it" },
	{ true, 10, "          phone: { kind: text, when: phone is set }", 10, 38, "'phone' is asked only later", NULL },
	{ true, 13, "        when: nam is set", 13, 15, "need has no field 'nam'", "name" },
	{ true, 13, "        when: number is set", 13, 15, "a form has no 'number'", "record.requester" },
	{ true, 13, "        when: record.requestr is set", 13, 22, "wish has no field 'requestr'", "requester" },
	{ true, 10, "          phone: { kind: text, prefill: requester.fon }", 10, 41, "user has no field 'fon'", NULL },
	{ true, 10, "          phone: { kind: text, prefill: requester.phone.x }", 10, 41, "leads to no 'x'", "only links" },
	{ true, 10, "          phone: { kind: text, prefill: requester.manager }", 10, 41, "is of kind link and cannot fill 'phone'", "same kind" },
	{ true, 10, "          phone: { kind: tekst }", 10, 26, "no kind of field is named 'tekst'", "text" },
	{ true, 10, "          phone: { kind: links, to: user }", 10, 26, "a question cannot be of kind links", "group" },
	{ true, 10, "          phone: { kind: text, requird: yes }", 10, 32, "a question has no key 'requird'", "required" },
	{ true, 10, "          name: { kind: text }", 10, 11, "the key 'name' is here twice", NULL },
	{ true, 10, "          record: { kind: text }", 10, 11, "'record' cannot be a question's name", NULL },
	{ true, 10, "          select: { kind: text }", 10, 11, "'select' cannot be a question's name", NULL },
	{ true, 15, "          size: { kind: choice, choices: { small: Small, large: { label: Large, if: name is set } } }", 15, 81, "a choice has no key 'if'", NULL },
	{ true, 15, "          size: { kind: choice, choices: { small: Small, large: { label: Large, when: colour = red } } }", 15, 87, "need has no field 'colour'", NULL },
	{ true, 19, "      parts: { kind: group, most: 5 }", 19, 14, "the group 'parts' has no questions", "questions" },
	{ true, 19, "      parts: { kind: group, least: 6, most: 5, questions: { a: { kind: text } } }", 19, 36, "least is above most", NULL },
	{ true, 19, "      parts: { kind: group, most: 500, questions: { a: { kind: text } } }", 19, 35, "'most' must be a whole number", NULL },
	{ true, 19, "      parts: { kind: group, questions: { a: { kind: group, questions: { b: { kind: text } } } } }", 19, 53, "a group cannot stand in a group", "its own" },
	{ true, 17, "    sections: { a: { questions: { b: { kind: text } } } }", 16, 3, "has both sections and questions", NULL },
	{ true, 20, "      name: { kind: text }", 20, 7, "the question 'name' stands twice", "name of its own" },
	{ true, 22, "  price: { from: name }", 22, 18, "'name' does not fit into 'price'", NULL },
	{ false, 8, "    orders: { model: modl }", 8, 22, "gift has no field 'modl'", "model" },
	{ false, 8, "    orders: { entitled: entitled }", 8, 13, "orders names no model", NULL },
	{ false, 8, "    orders: { model: name }", 8, 22, "'name' of gift is of kind text, not model", NULL },
	{ false, 8, "    orders: { model: model, entitled: teamly }", 8, 39, "'teamly' is no condition on people", "on: user" },
	{ false, 8, "    orders: { model: model, copies: { price: cost } }", 8, 46, "'price' cannot be copied to 'cost'", "same kind" },
	{ false, 8, "    orders: { model: model, copys: [price] }", 8, 29, "orders has no key 'copys'", "copies" },
	{ false, 9, "  price: { kind: integer, orders: { model: model } }", 9, 27, "'orders' means nothing for a field of kind integer", NULL },
	{ false, 9, "  price: { kind: condition }", 9, 10, "the condition 'price' names no type", "on: TYPE" },
	{ false, 9, "  price: { kind: choice, choices: { a: { label: A, when: price is set } } }", 9, 52, "a field's choices have no key 'when'", "a form" },
	{ false, 7, "    to: service", 8, 22, "service has no field 'model'", NULL },
};

TEST(each_mistake_is_told_at_its_place)
{
	int failures = 0;

	for (size_t i = 0; i < array_length(mistakes); i++) {
		const struct mistake *mistake = &mistakes[i];
		struct arena *arena = arena_new((size_t)1 << 24);
		struct model *model = NULL;
		text file = mistake->in_form ? T("models/need.yaml") : T("wish.yaml");
		struct error *error = parse_with(arena, mistake->in_form ? mistake->line : 0, mistake->instead,
						 mistake->in_form ? 0 : mistake->line, mistake->instead, &model);

		failures += mistake_missing(error, i, mistake->instead, (struct mistake_place){ file, mistake->at_line, mistake->at_column,
		                            mistake->message, mistake->hint });
		model_free(model);
		arena_free(arena);
	}
	assert_int_equal(failures, 0);
}
