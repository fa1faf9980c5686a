/* Classes of a type and the ends, cardinality and impact of relations, as definitions say them. */
#include "mistake.h"

#include "model/condition.h"
#include "model/record.h"

static const char tool_source[] = "practice: Tests\n"                                                     /* 1 */
				  "purpose: Classes.\n"                                                   /* 2 */
				  "type: { name: tool, number: \"TOO{000}\", title: name }\n"             /* 3 */
				  "fields:\n"                                                             /* 4 */
				  "  name: { kind: text, required: yes }\n"                               /* 5 */
				  "  power: { kind: integer, classes: [drill, saw] }\n"                   /* 6 */
				  "classes:\n"                                                            /* 7 */
				  "  machine: { icon: box, fields: { serial: { kind: text } } }\n"        /* 8 */
				  "  drill: { extends: machine }\n"                                       /* 9 */
				  "  hammer_drill: { extends: drill, label: Hammer drill }\n"             /* 10 */
				  "  saw: { extends: machine }\n"                                         /* 11 */
				  "rights:\n"                                                             /* 12 */
				  "  agent: [read, create, update]\n"                                     /* 13 */
				  "relations:\n"                                                          /* 14 */
				  "  fed_by: { from: [tool.machine], to: [tool.drill, user], impact: to_from, cardinality: many_to_one }\n";

/* The field that marks unauthorised edits stands in a class of its own, so that the lines above keep their numbers. */
static const char marked_source[] = "practice: Tests\npurpose: Marks.\nclass: { of: tool, name: marked }\nfields:\n"
				    "  unauthorised: { kind: boolean, set_by_engine: yes }\n";

static struct error *parse(struct arena *arena, size_t line, const char *instead, const char *file, struct model **ret_model)
{
	struct definition_source *shipped, *sources;
	text rest = text_from(tool_source), one, source = T("");
	size_t count, used = 0;

	for (size_t at = 1; text_cut(&rest, '\n', &one); at++)
		source = text_format(arena, "%.*s%.*s\n", TEXT_ARG(source), TEXT_ARG(at == line ? text_from(instead) : one));
	model_embedded_sources(arena, &shipped, &count);
	sources = arena_new_array(arena, struct definition_source, count + 3);
	for (size_t i = 0; i < count; i++)
		if (text_starts_with(shipped[i].path, T("platform/")))
			sources[used++] = shipped[i];
	sources[used++] = (struct definition_source){ T("tool.yaml"), source };
	if (text_find(source, T("control:")) >= 0)
		sources[used++] = (struct definition_source){ T("tool_marked.yaml"), text_from(marked_source) };
	if (file != NULL)
		sources[used++] = (struct definition_source){ T("tool_sander.yaml"), text_from(file) };
	return model_parse(arena, sources, used, ret_model);
}

static int class_of(const struct type *type, const char *name)
{
	return field_choice(&type->fields[type->class_field], text_from(name));
}

static bool has(const struct type *type, const char *class, const char *field)
{
	struct cell cell = cell_integer(class_of(type, class));

	return class_has_field(type, &cell, type_field(type, text_from(field)));
}

TEST(classes_make_a_choice_field_and_inherit_fields)
{
	struct arena *arena = arena_new((size_t)1 << 24);
	struct model *model = NULL;

	struct error *error = parse(arena, 0, NULL,
	                            "practice: Tests\npurpose: One more.\nclass: { of: tool, name: sander, extends: machine }\n"
	                            "fields:\n  grain: { kind: integer, required: yes }\n",
	                            &model);
	shipped_show(error);
	assert_null(error);
	const struct type *tool = model_type(model, T("tool"));
	assert_int_equal(tool->class_count, 5);
	assert_text(tool->fields[tool->class_field].name, "class");
	assert_true(tool->fields[tool->class_field].required && tool->fields[tool->class_field].indexed);
	assert_true(has(tool, "machine", "serial") && has(tool, "hammer_drill", "serial") && has(tool, "sander", "serial"));
	assert_true(has(tool, "drill", "power") && has(tool, "hammer_drill", "power") && has(tool, "saw", "power"));
	assert_false(has(tool, "machine", "power"));
	assert_true(has(tool, "sander", "grain"));
	assert_false(has(tool, "drill", "grain"));
	assert_true(has(tool, "saw", "name"));
	assert_text(tool->classes[0].icon, "box");
	assert_text(label_in(&tool->fields[tool->class_field].choices[2].label, T("en")), "Hammer drill");
	model_free(model);
	arena_free(arena);
}

TEST(relations_say_classes_impact_and_cardinality)
{
	struct arena *arena = arena_new((size_t)1 << 24);
	struct model *model = NULL;

	assert_null(parse(arena, 0, NULL, NULL, &model));
	const struct type *tool = model_type(model, T("tool"));
	const struct relation *relation = &model->relations[model->relation_count - 1];
	assert_text(relation->name, "fed_by");
	assert_int_equal(relation->impact, IMPACT_TO_FROM);
	assert_true(relation->from_one && !relation->to_one);
	assert_int_equal(relation->from_classes, 15);
	assert_int_equal(relation->to_classes, 1U << class_of(tool, "drill") | 1U << class_of(tool, "hammer_drill"));
	assert_int_equal(relation->to_count, 2);
	model_free(model);
	arena_free(arena);
}

static const struct mistake {
	size_t line;
	const char *instead;
	uint32_t at_line, at_column;
	const char *message, *hint;
} mistakes[] = {
	{ 6, "  power: { kind: integer, classes: [dril] }", 6, 37, "no class is named 'dril'", "did you mean 'drill'?" },
	{ 6, "  serial: { kind: text }", 8, 35, "tool has a field 'serial' already", "with classes:" },
	{ 5, "  name: { kind: text }\n  class: { kind: text }", 6, 3, "tool has a field 'class' already", NULL },
	{ 9, "  drill: { extends: machin }", 9, 21, "no class is named 'machin'", "machine" },
	{ 9, "  drill: { extends: hammer_drill }", 9, 10, "the class 'drill' extends itself in a circle", NULL },
	{ 9, "  drill: { extend: machine }", 9, 12, "a class has no key 'extend'", "extends" },
	{ 9, "  Drill: { extends: machine }", 9, 3, "'Drill' is not a name", NULL },
	{ 9, "  drill: { fields: { power: { kind: text } } }", 9, 22, "tool has a field 'power' already", NULL },
	{ 15, "  fed_by: { from: [tool.machin], to: [tool] }", 15, 25, "no class is named 'machin'", "machine" },
	{ 15, "  fed_by: { from: [tool], to: [user.boss] }", 15, 37, "user has no classes", NULL },
	{ 15, "  fed_by: { from: [tool], to: [tool], impact: up }", 15, 47, "'up' is no impact of a relation", "to_from" },
	{ 15, "  fed_by: { from: [tool], to: [tool], cardinality: one }", 15, 52, "'one' is no cardinality of a relation", "one_to_many" },
};

TEST(each_mistake_in_classes_is_told_at_its_place)
{
	int failures = 0;

	for (size_t i = 0; i < array_length(mistakes); i++) {
		const struct mistake *mistake = &mistakes[i];
		struct arena *arena = arena_new((size_t)1 << 24);
		struct model *model = NULL;
		struct error *error = parse(arena, mistake->line, mistake->instead, NULL, &model);

		failures += mistake_missing(error, i, mistake->instead, (struct mistake_place){ TEXT_UNSET, mistake->at_line, mistake->at_column,
		                            mistake->message, mistake->hint });
		model_free(model);
		arena_free(arena);
	}
	assert_int_equal(failures, 0);
}

TEST(mistakes_in_a_class_file_are_told)
{
	static const char *const files[][2] = {
		{ "practice: T\npurpose: T\nclass: { of: tol, name: sander }\n", "no type is named 'tol'" },
		{ "practice: T\npurpose: T\nclass: { of: tool }\n", "a class needs of and name" },
		{ "practice: T\npurpose: T\nclass: { of: tool, name: saw }\n", "the class 'saw' stands twice" },
		{ "practice: T\npurpose: T\nclass: { of: tool, name: sander }\nviews: {}\n", "'views' needs a type" },
	};

	for (size_t i = 0; i < array_length(files); i++) {
		struct arena *arena = arena_new((size_t)1 << 24);
		struct model *model = NULL;
		struct error *error = parse(arena, 0, NULL, files[i][0], &model);
		bool found = false;

		for (const struct error *one = error; one != NULL; one = one->next)
			found = found || text_find(one->message, text_from(files[i][1])) >= 0;
		shipped_show(found ? NULL : error);
		assert_true(found);
		arena_free(arena);
	}
}

static struct error *condition(struct arena *arena, const struct model *model, const char *source, struct condition **ret_condition)
{
	return condition_parse(arena, model, model_type(model, T("tool")), text_from(source), CONDITION_RULE, ret_condition);
}

TEST(under_asks_for_a_class_and_those_below_it)
{
	struct arena *arena = arena_new((size_t)1 << 24);
	struct model *model = NULL;
	struct condition *parsed;
	struct work work = { .arena = arena };
	struct condition_context context = { .work = &work };
	static const struct {
		const char *source, *class;
		bool holds;
	} cases[] = {
		{ "class under drill", "hammer_drill", true },    { "class under drill", "drill", true },
		{ "class under drill", "machine", false },        { "class = drill", "hammer_drill", false },
		{ "not class under drill", "hammer_drill", false }, { "class not under drill", "saw", true },
	};

	assert_null(parse(arena, 0, NULL, NULL, &model));
	const struct type *tool = model_type(model, T("tool"));
	for (size_t i = 0; i < array_length(cases); i++) {
		struct record *record = record_new(arena, tool);
		bool holds;
		record->cells[tool->class_field] = cell_integer(class_of(tool, cases[i].class));
		assert_null(condition(arena, model, cases[i].source, &parsed));
		assert_null(condition_holds(parsed, record, &context, &holds));
		assert_int_equal(holds, cases[i].holds);
	}
	assert_null(condition(arena, model, "not class under drill", &parsed));
	assert_text(condition_print(arena, parsed), "class not under drill");
	struct error *error = condition(arena, model, "class under dril", &parsed);
	assert_non_null(error);
	assert_text(error->hint, "did you mean 'drill'?");
	assert_int_equal(error->place.column, 13);
	model_free(model);
	arena_free(arena);
}

TEST(related_lists_are_checked)
{
	static const struct {
		const char *list, *message;
	} cases[] = {
		{ "{ type: tool, field: name }", "'name' of tool does not point at tool" },
		{ "{ type: tool, field: nam }", "tool has no field 'nam'" },
		{ "{ type: tol, field: name }", "no type is named 'tol'" },
		{ "{ type: tool }", "the related list 'made_of' needs type and field" },
		{ "{ type: user, field: teams }", "'teams' of user does not point at tool" },
		{ "{ type: tool, field: whole, where: nme = 1 }", "tool has no field 'nme'" },
		{ "{ type: tool, field: whole, columns: [story] }", "'story' is prose" },
		{ "{ type: tool, field: whole, sort: name }", "a related list has no key 'sort'" },
		{ "{ type: tool, field: whole, where: class under drill, columns: [number, name] }", NULL },
	};

	for (size_t i = 0; i < array_length(cases); i++) {
		struct arena *arena = arena_new((size_t)1 << 24);
		struct model *model = NULL;
		text line = text_format(arena, "  agent: [read, create, update]\nrelated:\n  made_of: %s", cases[i].list);
		struct error *error = parse(arena, 13, text_cstring(arena, line),
		                            "practice: T\npurpose: T\nclass: { of: tool, name: sander }\n"
		                            "fields:\n  whole: { kind: link, to: tool }\n  story: { kind: prose }\n",
		                            &model);
		bool found = cases[i].message == NULL && error == NULL;
		for (const struct error *one = error; one != NULL; one = one->next)
			found = found || (cases[i].message != NULL && text_find(one->message, text_from(cases[i].message)) >= 0);
		if (!found) {
			fprintf(stderr, "related list %s\n", cases[i].list);
			shipped_show(error);
		}
		assert_true(found);
		model_free(model);
		arena_free(arena);
	}
}

TEST(control_is_checked)
{
	static const struct {
		const char *section, *message;
	} cases[] = {
		{ "{ fields: [power], by: { type: job, field: tools, when: state = open } }", NULL },
		{ "{ relations: yes, by: { type: job, field: tools }, else: refuse, clear: [agent] }", NULL },
		{ "{ by: { type: job, field: tools } }", "control has nothing to control" },
		{ "{ fields: [power] }", "control does not say what authorises an edit" },
		{ "{ fields: [power], by: { type: job } }", "by needs type and field" },
		{ "{ fields: [power], by: { type: job, field: title } }", "'title' of job does not point at tool" },
		{ "{ fields: [pwer], by: { type: job, field: tools } }", "tool has no field 'pwer'" },
		{ "{ fields: [power], by: { type: job, field: tools, when: state = opened } }", "has no choice" },
		{ "{ fields: [power], by: { type: job, field: tools }, else: warn }", "'warn' is nothing that control does" },
		{ "{ fields: [power], by: { type: job, field: tools }, clear: [agnt] }", "no role is named 'agnt'" },
		{ "{ fields: [power], by: { type: job, field: tools }, where: colour = red }", "tool has no field 'colour'" },
		{ "{ fields: [power], by: { type: job, field: tools }, who: me }", "control has no key 'who'" },
	};
	static const char job[] =
		"practice: T\npurpose: T\ntype: { name: job, number: \"JOB{000}\", title: title }\nfields:\n  title: { kind: text }\n"
		"  tools: { kind: links, to: tool }\nlifecycle:\n  states:\n    open: { group: open }\n    done: { group: closed }\n"
		"  transitions:\n    finish: { from: open, to: done, by: agent }\nrights:\n  agent: [read, create, update]\n";

	for (size_t i = 0; i < array_length(cases); i++) {
		struct arena *arena = arena_new((size_t)1 << 24);
		struct model *model = NULL;
		text line = text_format(arena, "  agent: [read, create, update]\ncontrol: %s", cases[i].section);
		struct error *error = parse(arena, 13, text_cstring(arena, line), job, &model);
		bool found = cases[i].message == NULL && error == NULL;
		for (const struct error *one = error; one != NULL; one = one->next)
			found = found || (cases[i].message != NULL && text_find(one->message, text_from(cases[i].message)) >= 0);
		if (!found) {
			fprintf(stderr, "control: %s\n", cases[i].section);
			shipped_show(error);
		}
		assert_true(found);
		model_free(model);
		arena_free(arena);
	}
}
