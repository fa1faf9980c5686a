/* The SQLite connection: how it is opened, what its failures mean, its deadline and the size of its log. */
#include "store/sqlite.h"

#include "base/log.h"
#include "base/moment.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

/* Private memory: a dozen readers and one writer must stay far below the 100 MB of the whole server. */
#define READER_CACHE_KIB 16384
#define WRITER_CACHE_KIB 16384
/* Another process may hold the lock for a moment (a backup, a check); nobody holds it longer. */
#define BUSY_MS 5000
/* The log (WAL) is copied back every 4 MB by whoever commits; these say when the file itself is cut. */
#define LOG_BYTES_IDLE (16 * 1024 * 1024)
#define LOG_BYTES_CAP (128 * 1024 * 1024)
#define LOG_TRY_US (1000 * 1000)
#define LOG_WAIT_MS 50
/* Steps of SQLite's machine between two looks at the clock: about 0.1 ms. */
#define DEADLINE_STEPS 2000

/*
 * Statistics of memory cost a lock per allocation that all threads share. SQLite allows this only before
 * its first use.
 */
static void configure(void)
{
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static void configure_once(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT; /* the library's settings are of the process */

	pthread_once(&once, configure);
}

/* "UNIQUE constraint failed: user.login, user.team" -> "login". */
static text constraint_column(struct arena *arena, text message)
{
	ptrdiff_t colon = text_find(message, T("failed: "));
	text rest = colon < 0 ? TEXT_UNSET : text_slice(message, (size_t)colon + 8, message.length);
	text first, table;

	if (!text_is_set(rest) || text_starts_with(rest, T("index ")) || !text_cut(&rest, ',', &first))
		return TEXT_UNSET;
	if (!text_cut(&first, '.', &table) || !text_is_set(first))
		return TEXT_UNSET;
	return text_copy(arena, first);
}

static struct error *constraint_failure(struct arena *arena, int code, text message, const char *label)
{
	switch (code) {
	case SQLITE_CONSTRAINT_UNIQUE:
	case SQLITE_CONSTRAINT_PRIMARYKEY:
	case SQLITE_CONSTRAINT_ROWID: {
		text column = constraint_column(arena, message);
		return error_field(error_new(arena, ERROR_CONFLICT, "there is one with the same %.*s already",
					     TEXT_ARG(text_is_set(column) ? column : T("value"))),
				   column);
	}
	case SQLITE_CONSTRAINT_FOREIGNKEY:
		return error_new(arena, ERROR_INVALID,
				 "a row points at another that does not exist, or is still pointed at (%s)",
				 label);
	default:
		return error_new(arena, ERROR_INTERNAL, "%s: %.*s", label, TEXT_ARG(message));
	}
}

struct error *sqlite_failure(struct store *store, struct arena *arena, const char *label)
{
	sqlite3 *db = sqlite_of(store)->db;
	int code = sqlite3_extended_errcode(db);
	text message = text_copy(arena, text_from(sqlite3_errmsg(db)));
	struct error *error;

	switch (code & 0xff) {
	case SQLITE_CONSTRAINT:
		return constraint_failure(arena, code, message, label);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return error_new(arena, ERROR_RETRY, "%s: the database is busy", label);
	case SQLITE_INTERRUPT:
		return error_hint(
		    arena, error_new(arena, ERROR_UNAVAILABLE, "the question took too long and was given up"),
		    "narrow it: fewer words, a shorter time, one team");
	case SQLITE_FULL:
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
	case SQLITE_READONLY:
	case SQLITE_NOMEM:
	case SQLITE_PROTOCOL:
		error = error_new(arena, ERROR_UNAVAILABLE,
				  "%s: the database cannot be read or written: %.*s (%d)", label,
				  TEXT_ARG(message), code);
		error->retry_after_s = 5;
		return error_hint(arena, error, "look for free space and the health of the disk below '%.*s'",
				  TEXT_ARG(store->settings.data_dir));
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return error_hint(arena,
				  error_new(arena, ERROR_INTERNAL, "%s: the database is damaged: %.*s", label,
					    TEXT_ARG(message)),
				  "restore a backup into a new data directory");
	default:
		return error_new(arena, ERROR_INTERNAL, "%s: %.*s", label, TEXT_ARG(message));
	}
}

static struct error *pragma(struct store *store, struct arena *arena, const char *sql)
{
	if (sqlite3_exec(sqlite_of(store)->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return sqlite_failure(store, arena, sql);
	return NULL;
}

static int is_wal(void *data, int count, char **cells, char **names unused)
{
	*(bool *)data = count == 1 && text_equal(text_from(cells[0]), T("wal"));
	return 0;
}

static struct error *set_up_writer(struct store *store, struct arena *arena)
{
	bool wal = false;

	if (sqlite3_exec(sqlite_of(store)->db, "PRAGMA journal_mode=WAL", is_wal, &wal, NULL) != SQLITE_OK)
		return sqlite_failure(store, arena, "PRAGMA journal_mode");
	if (!wal)
		return error_hint(arena,
				  error_new(arena, ERROR_UNAVAILABLE,
					    "the file system of '%.*s' cannot share memory",
					    TEXT_ARG(store->settings.data_dir)),
				  "use a local file system, not a network share");
	TRY(pragma(store, arena,
		   store->settings.relaxed ? "PRAGMA synchronous=OFF" : "PRAGMA synchronous=FULL"));
	TRY(pragma(store, arena, "PRAGMA wal_autocheckpoint=1000"));
	return pragma(store, arena, "PRAGMA journal_size_limit=67108864");
}

static struct error *set_up(struct store *store, struct arena *arena)
{
	bool writer = store->access == STORE_WRITE;
	sqlite3 *db = sqlite_of(store)->db;
	int64_t cache = store->settings.cache_kib > 0 ? store->settings.cache_kib
			: writer		      ? WRITER_CACHE_KIB
						      : READER_CACHE_KIB;

	sqlite3_busy_timeout(db, BUSY_MS);
	/* "x" is a column or an error, never silently a text; and nobody edits the schema table itself. */
	sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	TRY(pragma(store, arena, text_format(arena, "PRAGMA cache_size=-%lld", (long long)cache).data));
	TRY(pragma(store, arena, "PRAGMA foreign_keys=ON"));
	TRY(pragma(store, arena, "PRAGMA temp_store=MEMORY"));
	/*
	 * Mapping the file was measured at 5 instead of 7 us per lookup, but every page ever read then counts
	 * as memory of the process, once per connection; and an I/O error on a mapped page kills the process
	 * instead of failing one question.
	 */
	TRY(pragma(store, arena, "PRAGMA mmap_size=0"));
	if (writer)
		return set_up_writer(store, arena);
	return pragma(store, arena, "PRAGMA query_only=ON");
}

/*
 * SQLite gives the log and its index the mode of the database file: so that is made first, for its owner
 * only.
 */
static void make_private_file(const char *path)
{
	int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (descriptor >= 0)
		close(descriptor);
}

static void drop_statement(struct statement *statement, void *data unused)
{
	sqlite3_finalize(statement->handle);
}

struct error *sqlite_open(struct arena *error_arena, struct store *store)
{
	struct sqlite *sqlite = arena_new_struct(store->arena, struct sqlite);
	text file = text_is_set(store->settings.file) ? store->settings.file : T("reeve.db");
	const char *path =
	    text_format(error_arena, "%.*s/%.*s", TEXT_ARG(store->settings.data_dir), TEXT_ARG(file)).data;
	bool writer = store->access == STORE_WRITE;

	configure_once();
	if (!text_is_set(store->settings.data_dir))
		return error_new(error_arena, ERROR_USAGE,
				 "neither a data directory nor a database is named");
	store->statements = statements_new(store->arena, SQL_COUNT, drop_statement, NULL);
	if (writer) {
		TRY(store_make_folder(error_arena, store->settings.data_dir));
		make_private_file(path);
	} else if (access(path, F_OK) != 0) {
		return error_hint(
		    error_arena, error_new(error_arena, ERROR_UNAVAILABLE, "there is no store at '%s'", path),
		    "start the server once, or name its directory with --data");
	}
	store->connection = sqlite;
	sqlite->bell = bell_new(store->arena, store->settings.data_dir);
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
		    (writer ? SQLITE_OPEN_CREATE : 0);
	if (sqlite3_open_v2(path, &sqlite->db, flags, NULL) != SQLITE_OK)
		return sqlite_failure(store, error_arena, "open");
	return set_up(store, error_arena);
}

void sqlite_close_store(struct store *store)
{
	struct sqlite *sqlite = sqlite_of(store);

	if (sqlite == NULL)
		return;
	statements_clear(store->statements);
	bell_close(sqlite->bell);
	sqlite3_close_v2(sqlite->db);
}

static int look_at_clock(void *data)
{
	const struct store *store = data;

	return monotonic_us() >= store->deadline_us;
}

/*
 * Only reads are given up: interrupting one statement inside a savepoint of the lane was seen to roll back
 * the whole batch.
 */
void sqlite_set_deadline(struct store *store)
{
	bool wanted = store->deadline_us != 0 && store->access == STORE_READ;

	sqlite3_progress_handler(sqlite_of(store)->db, wanted ? DEADLINE_STEPS : 0,
				 wanted ? look_at_clock : NULL, store);
}

static int64_t log_bytes(sqlite3 *db)
{
	sqlite3_file *file = NULL;
	sqlite3_int64 size = 0;

	if (sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file) != SQLITE_OK ||
	    file == NULL || file->pMethods == NULL || file->pMethods->xFileSize(file, &size) != SQLITE_OK)
		return 0;
	return size;
}

/*
 * The log only starts again from its beginning when no reader stands in it, so under constant load it may
 * grow. Cut it when nobody waits, or when it is past its cap even though that makes the writer wait a moment
 * for readers.
 */
void sqlite_rest(struct store *store, bool idle)
{
	struct sqlite *sqlite = sqlite_of(store);
	int64_t now = monotonic_us();

	if (now - sqlite->tidied_at_us < LOG_TRY_US)
		return;
	sqlite->tidied_at_us = now;
	if (log_bytes(sqlite->db) < (idle ? LOG_BYTES_IDLE : LOG_BYTES_CAP))
		return;
	sqlite3_busy_timeout(sqlite->db, LOG_WAIT_MS);
	int code = sqlite3_wal_checkpoint_v2(sqlite->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	sqlite3_busy_timeout(sqlite->db, BUSY_MS);
	if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY)
		log_line(LOG_WARNING, "store: the log of the database could not be cut: %s",
			 sqlite3_errmsg(sqlite->db));
}
