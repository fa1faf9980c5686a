/*
 * The raw limit of reading one record: a bare libmicrohttpd server in the same kind of loop as ours (epoll of our own around
 * MHD_run) that does the same SELECTs by key (token, record, clocks, links) in one transaction and sends as many bytes. No JSON,
 * no rights, no definitions. GET /NUMBER, such as /INC0009990.
 *
 * usage: bench_raw_read FOLDER PORT BYTES      prints "listening" and serves until SIGTERM
 */
#include "base/text.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

static sqlite3 *db;
static sqlite3_stmt *begin_statement, *end_statement, *token, *record, *clocks, *links;
static char *answer;
static size_t answer_bytes;
static char token_hash[65];

static void fail(const char *what)
{
	fprintf(stderr, "bench_raw_read: %s\n", what);
	exit(1);
}

static sqlite3_stmt *prepare(const char *sql)
{
	sqlite3_stmt *statement;

	if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) != SQLITE_OK)
		fail(sqlite3_errmsg(db));
	return statement;
}

/* Every row and every column is read: a driver that skipped them would flatter itself. Returns the first column of the first row. */
static int64_t read_all(sqlite3_stmt *statement)
{
	int64_t first = 0;

	for (int row = 0; sqlite3_step(statement) == SQLITE_ROW; row++) {
		if (row == 0)
			first = sqlite3_column_int64(statement, 0);
		for (int i = 0; i < sqlite3_column_count(statement); i++)
			if (sqlite3_column_type(statement, i) == SQLITE_TEXT)
				(void)sqlite3_column_text(statement, i);
			else
				(void)sqlite3_column_int64(statement, i);
	}
	sqlite3_reset(statement);
	return first;
}

static enum MHD_Result handle(void *data, struct MHD_Connection *connection, const char *url, const char *method, const char *version,
                              const char *upload, size_t *upload_size, void **context)
{
	(void)data, (void)method, (void)version, (void)upload, (void)upload_size, (void)context;
	read_all(begin_statement);
	sqlite3_bind_text(token, 1, token_hash, -1, SQLITE_STATIC);
	read_all(token);
	sqlite3_bind_text(record, 1, url + 1, -1, SQLITE_STATIC);
	int64_t id = read_all(record);
	sqlite3_bind_int64(clocks, 1, id);
	read_all(clocks);
	sqlite3_bind_int64(links, 1, id);
	read_all(links);
	read_all(end_statement);
	struct MHD_Response *response = MHD_create_response_from_buffer(answer_bytes, answer, MHD_RESPMEM_PERSISTENT);
	MHD_add_response_header(response, "Content-Type", "application/json");
	enum MHD_Result result = MHD_queue_response(connection, id == 0 ? 404 : 200, response);
	MHD_destroy_response(response);
	return result;
}

static void open_store(const char *folder)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/reeve.db", folder);
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
		fail(path);
	begin_statement = prepare("BEGIN");
	end_statement = prepare("COMMIT");
	token = prepare("SELECT * FROM token WHERE hash = ?");
	record = prepare("SELECT * FROM incident_record WHERE number_key = lower(?)");
	clocks = prepare("SELECT * FROM clock WHERE record_id = ?");
	links = prepare("SELECT * FROM link WHERE from_id = ?");
	sqlite3_stmt *any = prepare("SELECT hash FROM token LIMIT 1");
	if (sqlite3_step(any) != SQLITE_ROW)
		fail("the store has no token");
	snprintf(token_hash, sizeof(token_hash), "%s", sqlite3_column_text(any, 0));
	sqlite3_finalize(any);
}

int main(int argc, char **argv)
{
	int64_t port, bytes;

	if (argc != 4 || !text_to_integer(text_from(argv[2]), &port) || !text_to_integer(text_from(argv[3]), &bytes))
		fail("usage: bench_raw_read FOLDER PORT BYTES");
	open_store(argv[1]);
	answer_bytes = (size_t)bytes;
	answer = calloc(1, answer_bytes + 1);
	if (answer == NULL)
		fail("no memory");
	memset(answer, 'x', answer_bytes);
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct MHD_Daemon *daemon = MHD_start_daemon(MHD_USE_EPOLL, (uint16_t)port, NULL, NULL, handle, NULL, MHD_OPTION_SOCK_ADDR, &address,
	                                             MHD_OPTION_CONNECTION_LIMIT, 1000U, MHD_OPTION_END);
	if (daemon == NULL)
		fail("the port is taken");
	struct epoll_event ready = { .events = EPOLLIN };
	int loop = epoll_create1(0);
	if (epoll_ctl(loop, EPOLL_CTL_ADD, MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd, &ready) != 0)
		fail("no epoll");
	printf("listening\n");
	fflush(stdout);
	for (;;) {
		MHD_UNSIGNED_LONG_LONG ms = 0;
		int wait = MHD_get_timeout(daemon, &ms) == MHD_YES && ms < 500 ? (int)ms : 500;
		(void)epoll_wait(loop, &ready, 1, wait);
		MHD_run(daemon);
	}
}
