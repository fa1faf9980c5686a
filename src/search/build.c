/* A record as a document of the index: what everybody who may read it can find it by, what only some can, and under which scopes. */
#include "search/search_private.h"

#include "base/limits.h"

/* Fields and comments share one text; this stands between them and is taken out of both. */
#define PART '\x1e'
#define COMMENTS_BYTES_MAX ((size_t)LIMIT_PROSE_BYTES)
#define PART_BYTES_MAX ((size_t)1024 * 1024)

static void put(struct buffer *buffer, text part)
{
	if (part.length == 0)
		return;
	if (buffer->length > 0 && buffer->data[buffer->length - 1] != PART)
		buffer_char(buffer, '\n');
	for (size_t i = 0; i < part.length; i++)
		buffer_char(buffer, part.data[i] == PART ? ' ' : part.data[i]);
}

static text comments_of(text whole)
{
	ptrdiff_t at = text_is_set(whole) ? text_find_char(whole, PART) : -1;

	return at < 0 ? TEXT_UNSET : text_slice(whole, (size_t)at + 1, whole.length);
}

/* At most COMMENTS_BYTES_MAX: a record with more is found by its first ones. Cut between characters. */
static void put_comments(struct buffer *buffer, text before, text more)
{
	size_t start = buffer->length + 1;

	if (before.length == 0 && more.length == 0)
		return;
	buffer_char(buffer, PART);
	put(buffer, before);
	put(buffer, more);
	if (buffer->length - start > COMMENTS_BYTES_MAX) {
		buffer->length = start + COMMENTS_BYTES_MAX;
		while (buffer->length > start && ((unsigned char)buffer->data[buffer->length] & 0xc0) == 0x80)
			buffer->length--;
	}
}

static struct error *searched_text(struct work *work, struct record *record, const struct field *field, text *ret_text)
{
	const struct cell *cell = record_cell(record, field->position);

	if (cell->kind == CELL_TEXT) {
		*ret_text = cell->text;
		return NULL;
	}
	if (cell->kind == CELL_NULL) {
		*ret_text = TEXT_UNSET;
		return NULL;
	}
	return field_words(work, field, cell, zone_utc(), ret_text);
}

static bool is_in_body(struct work *work, const struct type *type, const struct field *field)
{
	return !field->internal && access_field_open(work, type, field);
}

static struct error *put_fields(struct work *work, struct record *record, struct buffer *body, struct buffer *notes)
{
	const struct type *type = record->type;
	text value;

	for (size_t i = 0; i < type->field_count; i++) {
		const struct field *field = &type->fields[i];
		if (!field->searched || i == type->title_field)
			continue;
		TRY(searched_text(work, record, field, &value));
		put(is_in_body(work, type, field) ? body : notes, value);
	}
	return NULL;
}

static void put_place(struct buffer *scopes, const struct record *record, char kind, ptrdiff_t field)
{
	int64_t id = record_id_of(record, field);

	if (id != 0)
		buffer_format(scopes, " %.*s.%c.%lld", TEXT_ARG(record->type->name), kind, (long long)id);
}

static struct error *put_scopes(struct work *work, struct record *record, struct buffer *scopes)
{
	text *words;
	size_t count;

	TRY(access_record_scopes(work, record, &words, &count));
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buffer_char(scopes, ' ');
		buffer_text(scopes, words[i]);
	}
	put_place(scopes, record, 's', record->type->service);
	put_place(scopes, record, 'k', record->type->category);
	return NULL;
}

struct error *build_document(struct work *work, struct record *record, const struct document *before, text public, text internal,
                             struct document *ret_document)
{
	const struct type *type = record->type;
	const struct field *title = &type->fields[type->title_field];
	struct buffer body, notes, scopes;
	struct document document = { .id = record->id, .type = type->name, .number = record_number(record),
		.title = record_title(record), .updated_at = record_moment(record, FIELD_UPDATED_AT),
		.title_internal = !is_in_body(work, type, title) };

	buffer_init(&body, work->arena, PART_BYTES_MAX);
	buffer_init(&notes, work->arena, PART_BYTES_MAX);
	buffer_init(&scopes, work->arena, PART_BYTES_MAX);
	if (record_state(record) >= 0)
		document.state = type->lifecycle->states[record_state(record)].name;
	TRY(put_fields(work, record, &body, &notes));
	put_comments(&body, before == NULL ? TEXT_UNSET : comments_of(before->body), public);
	put_comments(&notes, before == NULL ? TEXT_UNSET : comments_of(before->notes), internal);
	TRY(put_scopes(work, record, &scopes));
	TRY(buffer_finish(&body, &document.body));
	TRY(buffer_finish(&notes, &document.notes));
	TRY(buffer_finish(&scopes, &document.scopes));
	*ret_document = document;
	return NULL;
}

text build_fingerprint(struct work *work)
{
	struct buffer buffer;

	buffer_init(&buffer, work->arena, (size_t)4 * 1024 * 1024);
	for (size_t t = 0; t < work->model->type_count; t++) {
		const struct type *type = &work->model->types[t];
		buffer_format(&buffer, "\n%.*s %zu", TEXT_ARG(type->name), type->title_field);
		for (size_t i = 0; i < type->grant_count; i++)
			for (size_t b = 0; type->grants[i].right == RIGHT_READ && b < type->grants[i].branch_count; b++) {
				buffer_char(&buffer, ';');
				buffer_text(&buffer, condition_print(work->arena, type->grants[i].branches[b]));
			}
		for (size_t f = 0; f < type->field_count; f++)
			if (type->fields[f].searched || f == type->title_field)
				buffer_format(&buffer, ",%.*s%d", TEXT_ARG(type->fields[f].name), is_in_body(work, type, &type->fields[f]));
	}
	return text_format(work->arena, "%016llx", (unsigned long long)text_hash(buffer_peek(&buffer)));
}
