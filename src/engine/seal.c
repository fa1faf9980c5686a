/*
 * The sealer: gives each event its place in a chain of MACs, and leaves the head of that chain in a file outside the database,
 * so that cutting the newest events off is seen too. On SQLite the writer lane seals as it inserts (event.c); on PostgreSQL
 * sealer_run() follows, because there the order of ids is not the order of commits.
 */
#include "engine/seal_private.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

struct sealer {
	pthread_mutex_t lock;
	uint8_t key[SEAL_KEY_BYTES];
	text head_path;
	/* under the lock: whether the key is new, the newest sealed event, and what of it stands in the head log */
	bool key_made;
	int64_t seq, written_seq;
	uint8_t seal[SEAL_BYTES];
	int64_t written_us;
};

/* ---- the arithmetic ---- */

void seal_payload(text salt, text payload, uint8_t ret_hash[SEAL_BYTES])
{
	crypto_generichash(ret_hash, SEAL_BYTES, (const unsigned char *)payload.data, payload.length,
	                   (const unsigned char *)salt.data, salt.length);
}

static void mac_integer(crypto_generichash_state *state, int64_t number)
{
	uint8_t bytes[8];

	for (int i = 0; i < 8; i++)
		bytes[i] = (uint8_t)((uint64_t)number >> (8 * i));
	crypto_generichash_update(state, bytes, sizeof(bytes));
}

/* With its length before it, so that no two rows read the same; unset differs from empty. */
static void mac_text(crypto_generichash_state *state, text t)
{
	mac_integer(state, text_is_set(t) ? (int64_t)t.length : -1);
	if (t.length > 0)
		crypto_generichash_update(state, (const unsigned char *)t.data, t.length);
}

void seal_compute(const uint8_t key[SEAL_KEY_BYTES], const uint8_t before[SEAL_BYTES], const struct event_row *row,
                  uint8_t ret_seal[SEAL_BYTES])
{
	crypto_generichash_state state;

	crypto_generichash_init(&state, key, SEAL_KEY_BYTES, SEAL_BYTES);
	crypto_generichash_update(&state, before, SEAL_BYTES);
	mac_integer(&state, row->seq);
	mac_integer(&state, row->id);
	mac_integer(&state, row->at);
	mac_integer(&state, row->recorded_at);
	mac_integer(&state, row->record_id);
	mac_integer(&state, row->version);
	mac_integer(&state, row->actor_id);
	mac_integer(&state, row->cause_id);
	mac_text(&state, row->type);
	mac_text(&state, row->kind);
	mac_text(&state, row->origin);
	mac_text(&state, row->visibility);
	mac_text(&state, row->payload_hash);
	crypto_generichash_final(&state, ret_seal, SEAL_BYTES);
}

void seal_mark(const uint8_t key[SEAL_KEY_BYTES], const struct event_row *row, uint8_t ret_mark[SEAL_BYTES])
{
	struct event_row bare = *row;
	uint8_t before[SEAL_BYTES];

	memset(before, 0xff, sizeof(before)); /* no seal is this: a mark is none either */
	bare.seq = bare.id = 0;
	seal_compute(key, before, &bare, ret_mark);
}

bool seal_is_marked(const uint8_t key[SEAL_KEY_BYTES], const struct event_row *row)
{
	uint8_t mark[SEAL_BYTES];

	seal_mark(key, row, mark);
	return row->seal.length == SEAL_BYTES && sodium_memcmp(mark, row->seal.data, SEAL_BYTES) == 0;
}

void event_row_read(struct rows *rows, struct event_row *ret_row)
{
	*ret_row = (struct event_row){
		.id = rows_integer(rows, 0),
		.seq = rows_integer(rows, 1),
		.at = rows_integer(rows, 2),
		.recorded_at = rows_integer(rows, 3),
		.type = rows_text(rows, 4),
		.record_id = rows_integer(rows, 5),
		.version = rows_integer(rows, 6),
		.kind = rows_text(rows, 7),
		.actor_id = rows_integer(rows, 8),
		.origin = rows_text(rows, 9),
		.cause_id = rows_integer(rows, 10),
		.visibility = rows_text(rows, 11),
		.payload = rows_text(rows, 12),
		.salt = rows_text(rows, 13),
		.payload_hash = rows_text(rows, 14),
		.seal = rows_text(rows, 15),
	};
}

/* ---- the key ---- */

struct error *seal_key_load(struct arena *arena, text path, uint8_t ret_key[SEAL_KEY_BYTES])
{
	const char *name = text_cstring(arena, path);
	char line[2 * SEAL_KEY_BYTES + 2];
	int descriptor = open(name, O_RDONLY | O_CLOEXEC);

	if (descriptor < 0)
		return error_new(arena, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_UNAVAILABLE,
		                 "the seal key %s cannot be opened: %m", name);
	ssize_t got = read(descriptor, line, sizeof(line));
	close(descriptor);
	if (got < (ssize_t)(2 * SEAL_KEY_BYTES) || !text_unhex((text){ line, 2 * SEAL_KEY_BYTES }, ret_key, SEAL_KEY_BYTES))
		return error_hint(arena,
		                  error_new(arena, ERROR_UNAVAILABLE, "the seal key %s is not %d hexadecimal digits", name,
		                            2 * SEAL_KEY_BYTES),
		                  "put the key of this store back from where you keep its copy");
	sodium_memzero(line, sizeof(line));
	return NULL;
}

static bool write_all(int descriptor, text t)
{
	while (t.length > 0) {
		ssize_t written = write(descriptor, t.data, t.length);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return false;
		t = text_slice(t, (size_t)written, t.length);
	}
	return true;
}

static struct error *key_make(struct arena *arena, text path, uint8_t ret_key[SEAL_KEY_BYTES])
{
	const char *name = text_cstring(arena, path);
	int descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (descriptor < 0)
		return error_new(arena, ERROR_UNAVAILABLE, "the seal key %s cannot be made: %m", name);
	randombytes_buf(ret_key, SEAL_KEY_BYTES);
	text digits = text_hex(arena, ret_key, SEAL_KEY_BYTES);
	bool good = write_all(descriptor, text_format(arena, "%.*s\n", TEXT_ARG(digits))) && fsync(descriptor) == 0;
	int closed = close(descriptor);
	if (!good || closed != 0) {
		unlink(name);
		return error_new(arena, ERROR_UNAVAILABLE, "the seal key %s cannot be written: %m", name);
	}
	return NULL;
}

struct error *sealer_new(struct arena *arena, const struct seal_settings *settings, struct sealer **ret_sealer)
{
	struct sealer *sealer = arena_new_struct(arena, struct sealer);
	struct error *error;

	if (sodium_init() < 0)
		return error_new(arena, ERROR_INTERNAL, "libsodium cannot be initialised");
	pthread_mutex_init(&sealer->lock, NULL);
	sealer->head_path = text_copy(arena, settings->head_path);
	error = seal_key_load(arena, settings->key_path, sealer->key);
	if (error != NULL && error->code == ERROR_NOT_FOUND) {
		TRY(key_make(arena, settings->key_path, sealer->key));
		sealer->key_made = true;
	} else if (error != NULL) {
		return error;
	}
	*ret_sealer = sealer;
	return NULL;
}

/* ---- the chain ---- */

/* The newest sealed event of the store; seq 0 and a zero seal when there is none. */
static struct error *head_read(struct store *store, struct arena *arena, int64_t *ret_seq, uint8_t ret_seal[SEAL_BYTES])
{
	struct rows *rows;
	bool row;

	*ret_seq = 0;
	memset(ret_seal, 0, SEAL_BYTES);
	TRY(store_query(store, arena, SQL_EVENT_HEAD, NO_CELLS, &rows));
	TRY(rows_next(rows, &row));
	if (!row)
		return NULL;
	text seal = rows_text(rows, 1);
	if (seal.length != SEAL_BYTES)
		return error_new(arena, ERROR_INTERNAL, "the newest event has no whole seal: run reeve verify");
	*ret_seq = rows_integer(rows, 0);
	memcpy(ret_seal, seal.data, SEAL_BYTES);
	rows_close(rows);
	return NULL;
}

static void head_forward(struct sealer *sealer, int64_t seq, const uint8_t seal[SEAL_BYTES])
{
	if (seq <= sealer->seq)
		return;
	sealer->seq = seq;
	memcpy(sealer->seal, seal, SEAL_BYTES);
}

struct error *sealer_opened(void *data, struct store *store, struct arena *arena)
{
	struct sealer *sealer = data;
	struct seal_memory *memory = store_memory(store);
	bool found;

	memory->id = 0;
	TRY(head_read(store, arena, &memory->seq, memory->seal));
	TRY(store_integer(store, arena, SQL_EVENT_LAST_ID, NO_CELLS, &memory->id, &found));
	memory->mode = store_dialect(store)->has_sequences ? SEAL_LATER : SEAL_AT_INSERT;
	memcpy(memory->key, sealer->key, SEAL_KEY_BYTES);
	pthread_mutex_lock(&sealer->lock);
	if (sealer->key_made && memory->seq > 0)
		log_line(LOG_ERROR, "the seal key was missing and a new one was made: older events can no longer be verified");
	sealer->key_made = false; /* connections opened later see events of the new key */
	head_forward(sealer, memory->seq, memory->seal);
	pthread_mutex_unlock(&sealer->lock);
	return NULL;
}

/* Failing to is logged, not fatal: the next head says more. */
static void head_write(struct sealer *sealer, bool durable)
{
	char name[4096];

	if (sealer->seq == sealer->written_seq || text_is_empty(sealer->head_path) || sealer->head_path.length >= sizeof(name))
		return;
	memcpy(name, sealer->head_path.data, sealer->head_path.length);
	name[sealer->head_path.length] = '\0';
	if (seal_head_append(name, sealer->seq, sealer->seal, durable))
		sealer->written_seq = sealer->seq;
	sealer->written_us = monotonic_us();
}

/* Under the lock. */
static void head_write_seldom(struct sealer *sealer)
{
	if (sealer->written_us == 0 || monotonic_us() - sealer->written_us >= 1000000)
		head_write(sealer, false);
}

void sealer_rest(struct sealer *sealer)
{
	pthread_mutex_lock(&sealer->lock);
	head_write_seldom(sealer);
	pthread_mutex_unlock(&sealer->lock);
}

void sealer_committed(void *data, struct store *store)
{
	struct sealer *sealer = data;
	const struct seal_memory *memory = store_memory(store);

	pthread_mutex_lock(&sealer->lock);
	head_forward(sealer, memory->seq, memory->seal);
	head_write_seldom(sealer);
	pthread_mutex_unlock(&sealer->lock);
}

void sealer_close(struct sealer *sealer)
{
	pthread_mutex_lock(&sealer->lock);
	head_write(sealer, true);
	pthread_mutex_unlock(&sealer->lock);
}

int64_t sealer_head(struct sealer *sealer)
{
	pthread_mutex_lock(&sealer->lock);
	int64_t seq = sealer->seq;
	pthread_mutex_unlock(&sealer->lock);
	return seq;
}

/* A row to seal, copied: its update may not run while the query that found it is open. */
struct unsealed {
	struct event_row row;
	struct unsealed *next;
};

static struct error *unsealed_read(struct work *work, size_t limit, struct unsealed **ret_first)
{
	struct unsealed *first = NULL, **last = &first;
	struct rows *rows;
	bool row;

	TRY(store_query(work->store, work->arena, SQL_EVENT_UNSEALED, CELLS(cell_integer((int64_t)limit)), &rows));
	for (;;) {
		TRY(rows_next(rows, &row));
		if (!row)
			break;
		struct unsealed *one = arena_new_struct(work->arena, struct unsealed);
		event_row_read(rows, &one->row);
		one->row.type = text_copy(work->arena, one->row.type);
		one->row.kind = text_copy(work->arena, one->row.kind);
		one->row.origin = text_copy(work->arena, one->row.origin);
		one->row.visibility = text_copy(work->arena, one->row.visibility);
		one->row.payload_hash = text_copy(work->arena, one->row.payload_hash);
		one->row.seal = text_copy(work->arena, one->row.seal);
		*last = one;
		last = &one->next;
	}
	*ret_first = first;
	return NULL;
}

struct error *sealer_run(struct sealer *sealer, struct work *work, size_t limit, int64_t *ret_sealed)
{
	struct seal_memory *memory = store_memory(work->store);
	struct unsealed *first = NULL;
	int64_t sealed = 0;

	if (memory->mode == SEAL_LATER)
		TRY(unsealed_read(work, 1, &first));
	if (first == NULL) {
		*ret_sealed = 0;
		return memory->mode == SEAL_LATER ? head_read(work->store, work->arena, &memory->seq, memory->seal) : NULL;
	}
	/* Only who holds the lease may look at the head and go on from it. */
	TRY(store_run(work->store, work->arena, SQL_EVENT_SEALER_LEASE, NO_CELLS, NULL));
	TRY(head_read(work->store, work->arena, &memory->seq, memory->seal));
	TRY(unsealed_read(work, limit, &first));
	for (; first != NULL; first = first->next, sealed++) {
		uint8_t seal[SEAL_BYTES];
		if (!seal_is_marked(sealer->key, &first->row)) {
			log_line(LOG_ERROR, "event row %lld was not written by reeve, or with another seal.key: it gets no seal; run reeve verify",
			         (long long)first->row.id);
			TRY(store_run(work->store, work->arena, SQL_EVENT_REFUSE, CELLS(cell_integer(first->row.id)), NULL));
			continue;
		}
		first->row.seq = memory->seq + 1;
		seal_compute(sealer->key, memory->seal, &first->row, seal);
		TRY(store_run(work->store, work->arena, SQL_EVENT_SEAL,
		              CELLS(cell_integer(first->row.id), cell_integer(first->row.seq),
		                    cell_blob((text){ (const char *)seal, SEAL_BYTES })),
		              NULL));
		memory->seq = first->row.seq;
		memcpy(memory->seal, seal, SEAL_BYTES);
	}
	*ret_sealed = sealed;
	return NULL;
}

struct error *sealer_restored(struct store *store, struct arena *arena)
{
	int64_t unsealed;

	TRY(store_run(store, arena, SQL_EVENT_RESTORED, NO_CELLS, &unsealed));
	if (unsealed == 0 || store_dialect(store)->has_sequences)
		return NULL;
	return error_hint(arena,
	                  error_new(arena, ERROR_CONFLICT, "the copy holds %lld events that had no seal yet", (long long)unsealed),
	                  "take another copy; the sealer is some tenths of a second behind");
}

struct error *sealer_head_text(struct work *work, text *ret_head)
{
	uint8_t seal[SEAL_BYTES];
	int64_t seq;

	TRY(head_read(work->store, work->arena, &seq, seal));
	*ret_head = text_format(work->arena, "%lld %.*s", (long long)seq, TEXT_ARG(text_hex(work->arena, seal, SEAL_BYTES)));
	return NULL;
}
