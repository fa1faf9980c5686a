/*
 * reeve export: the records of a type as JSON lines (exact: what import takes back byte for byte) or CSV (guarded against spreadsheets).
 * Read in pages, so that a table of any size needs the memory of one page and holds no transaction.
 */
#include "cli/cli_private.h"

#include "base/csv.h"
#include "base/limits.h"

struct exporting {
	struct io *io;
	const struct type *type;
	bool csv;
	bool links;            /* with what each record is linked with, told at the end that the link begins at */
	bool *fields;          /* [field_count]; NULL: all */
	int64_t rows;
};

static void csv_value(struct arena *arena, struct buffer *buffer, const struct value *value, bool first)
{
	text cell = T("");
	if (!value_is_null(value)) {
		switch (value->kind) {
		case VALUE_TEXT:
		case VALUE_HTML:
			cell = value->text;
			break;
		case VALUE_MAP:
			cell = value_get_text(value, T("number"));
			break;
		case VALUE_LIST: {
			text *parts = arena_new_array(arena, text, value->list.count + 1);
			for (size_t i = 0; i < value->list.count; i++)
				parts[i] = value_get_text(value->list.items[i], T("number"));
			cell = text_join(arena, parts, value->list.count, T(" "));
			break;
		}
		case VALUE_NULL:
		case VALUE_BOOL:
		case VALUE_INTEGER:
		case VALUE_REAL:
			cell = json_text(arena, value);
			break;
		}
	}
	csv_write_cell(buffer, cell, first);
}

static bool wanted(const struct exporting *exporting, size_t field)
{
	const struct field *about = &exporting->type->fields[field];
	if (about->system && field == FIELD_STATE && exporting->type->lifecycle == NULL)
		return false;
	return exporting->fields == NULL || exporting->fields[field];
}

static void csv_head(struct exporting *exporting, struct arena *arena)
{
	struct buffer buffer;
	buffer_init(&buffer, arena, LIMIT_CSV_CELL_BYTES);
	bool first = true;
	for (size_t i = 0; i < exporting->type->field_count; i++)
		if (wanted(exporting, i)) {
			csv_write_cell(&buffer, exporting->type->fields[i].name, first);
			first = false;
		}
	if (exporting->links)
		csv_write_cell(&buffer, T("links"), first);
	csv_write_end(&buffer);
	exporting->io->write(exporting->io, buffer_peek(&buffer));
}

/* [{ relation, to: { type, number } }]; *ret_words "relation number; relation number", as one cell of CSV. */
static struct error *links_value(struct work *work, struct record *record, struct value **ret_list, text *ret_words)
{
	struct record_link *links;
	size_t count;

	*ret_list = value_list(work->arena);
	*ret_words = T("");
	TRY(engine_links(work, record, &links, &count));
	for (size_t i = 0; i < count; i++) {
		struct value *one = value_map(work->arena), *to = value_map(work->arena);
		struct record_name name;

		if (links[i].inverse)
			continue;
		TRY(model_name(work, links[i].type, links[i].other_id, &name));
		value_set_text(work->arena, to, T("type"), links[i].type->name);
		value_set_text(work->arena, to, T("number"), name.number);
		value_set_text(work->arena, one, T("relation"), links[i].relation->name);
		value_set(work->arena, one, T("to"), to);
		value_append(work->arena, *ret_list, one);
		*ret_words = text_format(work->arena, "%.*s%s%.*s %.*s", TEXT_ARG(*ret_words), ret_words->length == 0 ? "" : "; ",
		                         TEXT_ARG(links[i].relation->name), TEXT_ARG(name.number));
	}
	return NULL;
}

static struct error *export_one(void *data, struct work *work, struct record *record)
{
	struct exporting *exporting = data;
	struct value *value, *links = NULL;
	text words = T("");
	TRY(access_record_value(work, record, exporting->fields, &value));
	if (exporting->links)
		TRY(links_value(work, record, &links, &words));
	struct buffer buffer;
	buffer_init(&buffer, work->arena, (size_t)4 * LIMIT_CSV_CELL_BYTES);
	if (exporting->csv) {
		bool first = true;
		for (size_t i = 0; i < exporting->type->field_count; i++)
			if (wanted(exporting, i)) {
				csv_value(work->arena, &buffer, value_get(value, exporting->type->fields[i].name), first);
				first = false;
			}
		if (exporting->links)
			csv_write_cell(&buffer, words, first);
		csv_write_end(&buffer);
	} else {
		if (exporting->links)
			value_set(work->arena, value, T("links"), links);
		json_write(&buffer, value);
		buffer_char(&buffer, '\n');
	}
	text line;
	TRY(buffer_finish(&buffer, &line));
	exporting->io->write(exporting->io, line);
	exporting->rows++;
	return NULL;
}

static struct error *choose_fields(struct arena *arena, const struct type *type, text list, bool **ret_fields)
{
	bool *fields = arena_new_array(arena, bool, type->field_count);
	text name;
	while (text_cut(&list, ',', &name)) {
		const struct field *field = type_field(type, text_trim(name));
		if (field == NULL) {
			struct error *error = error_new(arena, ERROR_USAGE, "%.*s has no field '%.*s'", TEXT_ARG(type->name), TEXT_ARG(name));
			text nearest = table_nearest(&type->field_names, text_trim(name));
			return text_is_set(nearest) ? error_hint(arena, error, "did you mean '%.*s'?", TEXT_ARG(nearest)) : error;
		}
		fields[field->position] = true;
	}
	*ret_fields = fields;
	return NULL;
}

struct error *export_run(struct program *program, struct arena *arena, const struct options *options, struct io *io)
{
	const struct type *type = model_type(program->model, options->operands[0]);
	if (type == NULL || type->abstract) {
		text nearest = table_nearest(&program->model->type_names, options->operands[0]);
		struct error *error = error_new(arena, ERROR_USAGE, "there is no type '%.*s'", TEXT_ARG(options->operands[0]));
		return text_is_set(nearest) ? error_hint(arena, error, "did you mean '%.*s'?", TEXT_ARG(nearest)) : error;
	}
	text format = option_text(options, "format");
	struct exporting exporting = { .io = io, .type = type, .csv = text_equal(format, T("csv")), .links = option_given(options, "links") };
	if (text_is_set(format) && !exporting.csv && !text_equal(format, T("jsonl")))
		return error_new(arena, ERROR_USAGE, "--format is csv or jsonl, not '%.*s'", TEXT_ARG(format));
	if (option_given(options, "fields"))
		TRY(choose_fields(arena, type, option_text(options, "fields"), &exporting.fields));
	struct work work;
	TRY(program_reader(program, arena, ORIGIN_CLI, &work));
	struct condition *condition = NULL;
	if (option_given(options, "query"))
		TRY(condition_parse(arena, program->model, type, option_text(options, "query"), CONDITION_RULE, &condition));
	struct query query = { .type = type, .where = condition, .limit = LIMIT_PAGE_ROWS, .with_prose = true };
	if (exporting.csv)
		csv_head(&exporting, arena);
	return access_each(&work, &query, export_one, &exporting);
}
