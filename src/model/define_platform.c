/* What belongs to no type: roles, relations and plain tables, from files under platform/ or any other. */
#include "model/define_private.h"

/* All entries of one section over all files: several files may add roles, relations or tables. */
static size_t count_entries(struct define *d, text section)
{
	size_t count = 0;

	for (size_t i = 0; i < d->file_count; i++)
		count += value_count(value_get(d->files[i].root, section));
	return count;
}

static const struct value *open_section(struct define *d, size_t file, text name, const char *what)
{
	const struct value *section = value_get(d->files[file].root, name);

	d->file = &d->files[file];
	return section != NULL && define_names(d, section, what) ? section : NULL;
}

/* ---- roles ---- */

static void add_role(struct define *d, const struct value_entry *entry)
{
	struct model *model = d->model;
	struct role *role = &model->roles[model->role_count];

	if (model_role(model, entry->key) >= 0) {
		define_error_key(d, entry, TEXT_UNSET, "the role '%.*s' stands twice", TEXT_ARG(entry->key));
		return;
	}
	if (model->role_count == DEFINE_ROLES_MAX) {
		define_error_key(d, entry, TEXT_UNSET, "there are more than %d roles", DEFINE_ROLES_MAX);
		return;
	}
	role->name = entry->key;
	role->label = define_label(d, entry->value, T("label"), entry->key);
	if (define_map(d, entry->value, "a role", "label purpose includes"))
		role->purpose = define_text(d, entry->value, T("purpose"));
	role->includes = UINT64_C(1) << model->role_count;
	model->role_count++;
}

static void close_inclusion(struct define *d, uint64_t *direct)
{
	struct model *model = d->model;
	bool grown = true;

	while (grown) {
		grown = false;
		for (size_t i = 0; i < model->role_count; i++) {
			uint64_t all = model->roles[i].includes | direct[i];

			for (size_t j = 0; j < model->role_count; j++)
				if (all >> j & 1)
					all |= model->roles[j].includes;
			grown = grown || all != model->roles[i].includes;
			model->roles[i].includes = all;
		}
	}
}

void define_roles(struct define *d)
{
	uint64_t direct[DEFINE_ROLES_MAX] = { 0 };
	const struct value *section;

	d->model->roles = arena_new_array(d->arena, struct role,
					  minimum(count_entries(d, T("roles")), DEFINE_ROLES_MAX) + 1);
	for (size_t i = 0; i < d->file_count; i++)
		if ((section = open_section(d, i, T("roles"), "roles")) != NULL)
			for (size_t j = 0; j < section->map.count; j++)
				add_role(d, &section->map.entries[j]);
	for (size_t i = 0; i < d->file_count; i++)
		if ((section = open_section(d, i, T("roles"), "roles")) != NULL)
			for (size_t j = 0; j < section->map.count; j++) {
				int role = model_role(d->model, section->map.entries[j].key);

				if (role >= 0)
					direct[role] |= define_roles_at(
					    d, value_get(section->map.entries[j].value, T("includes")));
			}
	close_inclusion(d, direct);
}

/* ---- relations ---- */

/* A type, or a class of a type and those below it: "ci.hardware". */
static const struct type *read_end(struct define *d, const struct value *item, uint64_t *classes)
{
	text rest = define_scalar(d, item, "a type's name"), name = rest;
	struct value of_type = *item, of_class = *item;
	const struct type *type;

	if (!text_is_set(rest))
		return NULL;
	if (text_cut(&rest, '.', &name))
		of_type.text = name;
	type = define_type_at(d, &of_type);
	if (type == NULL || name.length == item->text.length)
		return type;
	of_class.text = rest;
	of_class.column += (uint32_t)name.length + 1;
	if (type->class_field < 0)
		define_error(d, &of_class, TEXT_UNSET, "%.*s has no classes", TEXT_ARG(type->name));
	else
		*classes |= define_classes_at(d, &d->drafts[type->position], &of_class);
	return type;
}

static const struct type **read_ends(struct define *d, const struct value *value, size_t *ret_count, uint64_t *ret_classes)
{
	size_t count;
	struct value **items = define_list(d, value, &count);
	const struct type **types = arena_new_array(d->arena, const struct type *, count);

	*ret_count = 0;
	for (size_t i = 0; i < count; i++) {
		const struct type *type = read_end(d, items[i], ret_classes);
		bool there = type == NULL;

		for (size_t j = 0; j < *ret_count && !there; j++)
			there = types[j] == type;
		if (!there)
			types[(*ret_count)++] = type;
	}
	return types;
}

static int read_word(struct define *d, const struct value *node, text key, const text *names, size_t count)
{
	text word = define_text(d, node, key);

	for (size_t i = 0; text_is_set(word) && i < count; i++)
		if (text_equal(names[i], word))
			return (int)i;
	if (text_is_set(word))
		define_error(d, value_get(node, key), define_hint(d, word, names, count), "'%.*s' is no %.*s of a relation",
			     TEXT_ARG(word), TEXT_ARG(key));
	return 0;
}

/* Which way a failure travels, and how many links one record may have at each end. */
static void read_relation_rules(struct define *d, struct relation *relation, const struct value *node)
{
	static const text impacts[] = { { "none", 4 }, { "to_from", 7 }, { "from_to", 7 }, { "both", 4 } };
	static const text cardinalities[] = {
		{ "many_to_many", 12 }, { "one_to_many", 11 }, { "many_to_one", 11 }, { "one_to_one", 10 }
	};
	int cardinality = read_word(d, node, T("cardinality"), cardinalities, array_length(cardinalities));

	relation->impact = (enum relation_impact)read_word(d, node, T("impact"), impacts, array_length(impacts));
	relation->to_one = (cardinality & 1) != 0;
	relation->from_one = (cardinality & 2) != 0;
}

static void add_relation(struct define *d, const struct value_entry *entry)
{
	struct model *model = d->model;
	struct relation *relation = &model->relations[model->relation_count];

	for (size_t i = 0; i < model->relation_count; i++)
		if (text_equal(model->relations[i].name, entry->key)) {
			define_error_key(d, entry, TEXT_UNSET, "the relation '%.*s' stands twice",
					 TEXT_ARG(entry->key));
			return;
		}
	if (!define_map(d, entry->value, "a relation", "label inverse from to impact cardinality"))
		return;
	relation->name = entry->key;
	relation->label = define_label(d, entry->value, T("label"), entry->key);
	relation->inverse = define_label(d, entry->value, T("inverse"), entry->key);
	relation->from = read_ends(d, value_get(entry->value, T("from")), &relation->from_count, &relation->from_classes);
	relation->to = read_ends(d, value_get(entry->value, T("to")), &relation->to_count, &relation->to_classes);
	read_relation_rules(d, relation, entry->value);
	model->relation_count++;
}

void define_relations(struct define *d)
{
	d->model->relations = arena_new_array(d->arena, struct relation, count_entries(d, T("relations")));
	for (size_t i = 0; i < d->file_count; i++) {
		const struct value *section = open_section(d, i, T("relations"), "relations");

		for (size_t j = 0; section != NULL && j < section->map.count; j++)
			add_relation(d, &section->map.entries[j]);
	}
}

/* ---- plain tables ---- */

static void read_column(struct define *d, struct plain_column *column, const struct value_entry *entry)
{
	text source = define_scalar(d, entry->value, "a column"), word;
	const char *kinds = "integer, real, text or blob, then key, required, unique";

	column->name = entry->key;
	text_cut(&source, ' ', &word);
	if (text_equal(word, T("integer")))
		column->kind = COLUMN_INTEGER;
	else if (text_equal(word, T("real")))
		column->kind = COLUMN_REAL;
	else if (text_equal(word, T("text")))
		column->kind = COLUMN_TEXT;
	else if (text_equal(word, T("blob")))
		column->kind = COLUMN_BLOB;
	else
		define_error(d, entry->value, text_from(kinds), "'%.*s' is no kind of column",
			     TEXT_ARG(word));
	while (text_cut(&source, ' ', &word)) {
		if (text_equal(word, T("key")))
			column->key = true;
		else if (text_equal(word, T("required")))
			column->required = true;
		else if (text_equal(word, T("unique")))
			column->unique = true;
		else
			define_error(d, entry->value, text_from(kinds),
				     "'%.*s' is nothing that a column can be", TEXT_ARG(word));
	}
}

static bool has_column(const struct plain_table *table, text name)
{
	for (size_t i = 0; i < table->column_count; i++)
		if (text_equal(table->columns[i].name, name))
			return true;
	return false;
}

/* "seq is not null", "seq is null": the only two, so that no SQL comes from a definition. */
static text read_where(struct define *d, const struct plain_table *table, const struct value *node)
{
	text where = define_text(d, node, T("where")), rest = where, column;

	if (!text_is_set(where))
		return TEXT_UNSET;
	text_cut(&rest, ' ', &column);
	if (has_column(table, column) &&
	    (text_equal(rest, T("is null")) || text_equal(rest, T("is not null"))))
		return where;
	define_error(d, value_get(node, T("where")), T("COLUMN is null, or COLUMN is not null"),
		     "'%.*s' cannot limit an index", TEXT_ARG(where));
	return TEXT_UNSET;
}

static void read_index(struct define *d, const struct plain_table *table, struct plain_index *index,
		       const struct value *node)
{
	const struct value *columns = node;
	struct value **items;
	size_t count;
	text *parts;

	if (node->kind == VALUE_MAP) {
		if (!define_map(d, node, "an index", "columns unique where"))
			return;
		columns = value_get(node, T("columns"));
		index->unique = define_bool(d, node, T("unique"), false);
		index->where = read_where(d, table, node);
	}
	items = define_list(d, columns, &count);
	index->columns = arena_new_array(d->arena, text, count);
	parts = arena_new_array(d->arena, text, count + 3);
	parts[0] = table->name;
	for (size_t i = 0; i < count; i++) {
		text name = define_scalar(d, items[i], "a column");

		if (!has_column(table, name)) {
			define_error(d, items[i], TEXT_UNSET, "%.*s has no column '%.*s'",
				     TEXT_ARG(table->name), TEXT_ARG(name));
			continue;
		}
		index->columns[index->column_count++] = name;
		parts[index->column_count] = name;
	}
	if (index->column_count == 0)
		define_error(d, node, TEXT_UNSET, "an index needs columns");
	count = index->column_count + 1;
	if (index->unique)
		parts[count++] = T("unique");
	if (text_is_set(index->where))
		parts[count++] = text_ends_with(index->where, T("is null")) ? T("null") : T("set");
	index->name = define_index_name(d, parts, count);
}

/* A unique column is an index like others, so that it can be added to a table that is there. */
static void add_unique_column(struct define *d, struct plain_table *table, const struct plain_column *column)
{
	struct plain_index *index = &table->indexes[table->index_count++];

	index->columns = arena_new_array(d->arena, text, 1);
	index->columns[index->column_count++] = column->name;
	index->unique = true;
	index->name = define_index_name(d, (const text[]){ table->name, column->name, T("unique") }, 3);
}

static void add_table(struct define *d, const struct value_entry *entry)
{
	struct plain_table *table = &d->model->tables[d->model->table_count];
	const struct value *columns;
	struct value **indexes;
	size_t count;

	if (!define_map(d, entry->value, "a table", "columns indexes"))
		return;
	for (size_t i = 0; i < d->model->table_count; i++)
		if (text_equal(d->model->tables[i].name, entry->key)) {
			define_error_key(d, entry, TEXT_UNSET, "the table '%.*s' stands twice",
					 TEXT_ARG(entry->key));
			return;
		}
	table->name = entry->key;
	if (text_ends_with(table->name, T("_record")))
		define_error_key(d, entry, TEXT_UNSET, "names that end in _record are those of records");
	columns = value_get(entry->value, T("columns"));
	if (columns == NULL || !define_names(d, columns, "columns")) {
		define_error_key(d, entry, TEXT_UNSET, "the table '%.*s' has no columns",
				 TEXT_ARG(entry->key));
		return;
	}
	table->columns = arena_new_array(d->arena, struct plain_column, columns->map.count);
	for (size_t i = 0; i < columns->map.count; i++)
		read_column(d, &table->columns[table->column_count++], &columns->map.entries[i]);
	indexes = define_list(d, value_get(entry->value, T("indexes")), &count);
	table->indexes = arena_new_array(d->arena, struct plain_index, count + table->column_count);
	for (size_t i = 0; i < count; i++)
		read_index(d, table, &table->indexes[table->index_count++], indexes[i]);
	for (size_t i = 0; i < table->column_count; i++)
		if (table->columns[i].unique)
			add_unique_column(d, table, &table->columns[i]);
	d->model->table_count++;
}

void define_tables(struct define *d)
{
	d->model->tables = arena_new_array(d->arena, struct plain_table, count_entries(d, T("tables")));
	for (size_t i = 0; i < d->file_count; i++) {
		const struct value *section = open_section(d, i, T("tables"), "tables");

		for (size_t j = 0; section != NULL && j < section->map.count; j++)
			add_table(d, &section->map.entries[j]);
	}
}
