/*
 * Attachments: the blob is stored by content already (store/blob.h); here a record gets a row that names it. What a file is
 * called goes into headers, pages and mails, so names that could change those are refused.
 */
#include "engine/step_private.h"

#include "base/limits.h"
#include "store/blob.h"

/* Characters that change how the text around them is read: controls, line ends, bidirectional overrides, invisible joiners. */
static bool is_deceptive(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x2069) || c == 0xfeff || c == '/' || c == '\\';
}

/* The next code point of well-formed UTF-8. */
static uint32_t next_character(const unsigned char **at)
{
	const unsigned char *p = *at;
	int more = *p < 0x80 ? 0 : *p < 0xe0 ? 1 : *p < 0xf0 ? 2 : 3;
	uint32_t c = more == 0 ? *p : *p & (0x3fu >> more);

	for (int i = 1; i <= more; i++)
		c = (c << 6) | (p[i] & 0x3fu);
	*at = p + more + 1;
	return c;
}

static struct error *check_name(struct work *work, text name)
{
	const char *why = NULL;

	if (text_is_empty(text_trim(name)) || text_equal(name, T(".")) || text_equal(name, T("..")))
		why = "a file needs a name";
	else if (name.length > LIMIT_FILE_NAME_BYTES)
		why = "the name of the file is too long";
	else if (!text_is_utf8(name, NULL))
		why = "the name of the file is not UTF-8";
	const unsigned char *at = (const unsigned char *)name.data;
	for (const unsigned char *end = at + name.length; why == NULL && at < end;)
		if (is_deceptive(next_character(&at)))
			why = "the name of the file holds a slash, a control or an invisible character";
	return why == NULL ? NULL : error_field(error_new(work->arena, ERROR_INVALID, "%s", why), T("name"));
}

static bool is_token_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '+' ||
	       c == '_';
}

/* type/subtype, without parameters. */
static struct error *check_media_type(struct work *work, text media_type)
{
	ptrdiff_t slash = text_find_char(media_type, '/');
	bool good = slash > 0 && (size_t)slash + 1 < media_type.length && media_type.length <= 127;

	for (size_t i = 0; good && i < media_type.length; i++)
		good = (ptrdiff_t)i == slash || is_token_character(media_type.data[i]);
	return good ? NULL : error_field(error_new(work->arena, ERROR_INVALID, "the media type must look like text/plain"),
	                                 T("media_type"));
}

static struct error *check_file(struct work *work, const struct record *record, const struct attachment *file)
{
	int64_t count;
	bool found;

	TRY(check_name(work, file->name));
	TRY(check_media_type(work, file->media_type));
	if (file->size < 0 || file->size > LIMIT_ATTACHMENT_BYTES)
		return error_new(work->arena, ERROR_TOO_LARGE, "a file may have %d bytes", LIMIT_ATTACHMENT_BYTES);
	if (file->hash.length != 64)
		return error_new(work->arena, ERROR_INTERNAL, "an attachment without the hash of its content");
	TRY(store_integer(work->store, work->arena, SQL_ATTACHMENT_COUNT, CELLS(cell_integer(record->id)), &count, &found));
	if (count >= LIMIT_ATTACHMENTS_PER_RECORD)
		return error_new(work->arena, ERROR_CONFLICT, "%.*s has %d attachments already: more are not kept",
		                 TEXT_ARG(record_number(record)), LIMIT_ATTACHMENTS_PER_RECORD);
	return NULL;
}

static text visibility_name(enum visibility visibility)
{
	return visibility == VISIBLE_PUBLIC ? T("public") : T("internal");
}

static struct error *journal_file(struct work *work, struct record *record, enum event_kind kind, const struct attachment *file,
                                  int64_t *ret_event)
{
	struct step step;

	step_init(&step, work, record, kind);
	step.touch = true;
	step.visibility = file->visibility;
	step.payload = value_map(work->arena);
	value_set_integer(work->arena, step.payload, T("attachment"), file->id);
	value_set_text(work->arena, step.payload, T("name"), file->name);
	value_set_text(work->arena, step.payload, T("hash"), file->hash);
	value_set_integer(work->arena, step.payload, T("size"), file->size);
	TRY(step_save(&step, work));
	*ret_event = step.event_id;
	return NULL;
}

struct error *engine_attach(struct work *work, const struct type *type, text number, const struct attachment *file,
                            int64_t *ret_id)
{
	struct attachment kept = *file;
	struct record *record;
	bool found;

	TRY(engine_lock(work, type, number, &record));
	TRY(access_require(work, RIGHT_ATTACH, type, record));
	if (file->visibility == VISIBLE_INTERNAL)
		TRY(access_require(work, RIGHT_NOTE, type, record));
	TRY(check_file(work, record, file));
	TRY(store_integer(work->store, work->arena, SQL_ATTACHMENT_INSERT,
	                  CELLS(cell_integer(record->id), cell_null(), cell_text(file->name), cell_text(file->media_type),
	                        cell_integer(file->size), cell_text(file->hash), cell_text(visibility_name(file->visibility)),
	                        cell_moment(work->now), cell_id(work->actor->id)),
	                  &kept.id, &found));
	TRY(journal_file(work, record, EVENT_ATTACHED, &kept, &kept.event_id));
	TRY(store_run(work->store, work->arena, SQL_ATTACHMENT_SET_EVENT, CELLS(cell_integer(kept.id), cell_integer(kept.event_id)),
	              NULL));
	*ret_id = kept.id;
	return NULL;
}

static void read_file(struct rows *rows, struct arena *arena, struct attachment *ret_file)
{
	*ret_file = (struct attachment){
		.id = rows_integer(rows, 0),
		.record_id = rows_integer(rows, 1),
		.event_id = rows_integer(rows, 2),
		.size = rows_integer(rows, 3),
		.created_by = rows_integer(rows, 4),
		.name = rows_text_copy(rows, arena, 5),
		.media_type = rows_text_copy(rows, arena, 6),
		.hash = rows_text_copy(rows, arena, 7),
		.visibility = text_equal(rows_text(rows, 8), T("internal")) ? VISIBLE_INTERNAL : VISIBLE_PUBLIC,
		.created_at = rows_moment(rows, 9),
	};
}

struct error *engine_attachments(struct work *work, struct record *record, struct attachment **ret_files, size_t *ret_count)
{
	struct attachment *files = NULL;
	size_t count = 0, capacity = 0;
	struct rows *rows;
	bool row, read, note;

	*ret_files = NULL;
	*ret_count = 0;
	TRY(access_may(work, RIGHT_READ, record->type, record, &read));
	TRY(access_may(work, RIGHT_NOTE, record->type, record, &note));
	if (!read)
		return NULL;
	TRY(store_query(work->store, work->arena, SQL_ATTACHMENT_LIST, CELLS(cell_integer(record->id)), &rows));
	for (;;) {
		TRY(rows_next(rows, &row));
		if (!row)
			break;
		arena_make_room(work->arena, files, count, capacity);
		read_file(rows, work->arena, &files[count]);
		if (note || files[count].visibility == VISIBLE_PUBLIC)
			count++;
	}
	*ret_files = files;
	*ret_count = count;
	return NULL;
}

struct error *engine_attachment(struct work *work, struct record *record, int64_t id, struct attachment *ret_file)
{
	struct attachment *files;
	size_t count;

	/* At most LIMIT_ATTACHMENTS_PER_RECORD: one way to decide who sees what. */
	TRY(engine_attachments(work, record, &files, &count));
	for (size_t i = 0; i < count; i++) {
		if (files[i].id != id)
			continue;
		*ret_file = files[i];
		return NULL;
	}
	return error_new(work->arena, ERROR_NOT_FOUND, "%.*s has no attachment %lld", TEXT_ARG(record_number(record)),
	                 (long long)id);
}

/*
 * One's own file may be taken back; those of others only by who works on the record. To change it is not enough for that:
 * requesters may change words of a request that nobody has looked at yet.
 */
static struct error *may_remove_others(struct work *work, struct record *record)
{
	bool note;

	TRY(access_require(work, RIGHT_UPDATE, record->type, record));
	TRY(access_may(work, RIGHT_NOTE, record->type, record, &note));
	return note ? NULL : error_new(work->arena, ERROR_FORBIDDEN, "you may only remove files that you attached yourself");
}

struct error *engine_detach(struct work *work, const struct type *type, text number, int64_t attachment_id)
{
	struct attachment file;
	struct record *record;
	int64_t event;

	TRY(engine_lock(work, type, number, &record));
	TRY(access_require(work, RIGHT_ATTACH, type, record));
	TRY(engine_attachment(work, record, attachment_id, &file));
	if (work->actor->kind != ACTOR_SYSTEM && file.created_by != work->actor->id)
		TRY(may_remove_others(work, record));
	TRY(store_run(work->store, work->arena, SQL_ATTACHMENT_REMOVE,
	              CELLS(cell_integer(record->id), cell_integer(attachment_id), cell_moment(work->now)), NULL));
	return journal_file(work, record, EVENT_DETACHED, &file, &event);
}

struct error *engine_blob_used(struct work *work, text hash, bool *ret_used)
{
	int64_t one;

	return store_integer(work->store, work->arena, SQL_ATTACHMENT_USES_HASH,
	                     CELLS(cell_text(hash), cell_moment(work->now - LIMIT_ORPHAN_MS)), &one, ret_used);
}

struct error *engine_sweep_blob(struct work *work, text hash, int64_t made_before)
{
	bool used;

	TRY(engine_blob_used(work, hash, &used));
	return used ? NULL : blob_remove(work->store, work->arena, hash, made_before);
}

struct error *engine_blobs(struct work *work, text after, size_t limit, text **ret_hashes, size_t *ret_count)
{
	text *hashes = arena_new_array(work->arena, text, limit + 1);
	size_t count = 0;
	struct rows *rows;
	bool row;

	TRY(store_query(work->store, work->arena, SQL_ATTACHMENT_HASHES,
	                CELLS(cell_text(text_is_set(after) ? after : T("")), cell_integer((int64_t)limit)), &rows));
	for (;;) {
		TRY(rows_next(rows, &row));
		if (!row)
			break;
		hashes[count++] = rows_text_copy(rows, work->arena, 0);
	}
	*ret_hashes = hashes;
	*ret_count = count;
	return NULL;
}
