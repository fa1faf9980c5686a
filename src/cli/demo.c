/*
 * reeve demo: makes the demo company once, durably, and serves it. A data directory is only ever emptied when its marker says
 * that reeve demo made it.
 */
#include "cli/demo_private.h"

#include "base/limits.h"
#include "base/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULT_DAYS 60
#define DAYS_MAX 400

/* ---- the data directory ---- */

static text marker_path(struct arena *arena, text data_dir)
{
	return text_format(arena, "%.*s/" DEMO_MARKER, TEXT_ARG(data_dir));
}

/* Stands there while the company is made: what a start that was cut off leaves behind is ours to remove. */
static text unfinished_path(struct arena *arena, text data_dir)
{
	return text_format(arena, "%.*s/" DEMO_MARKER ".unfinished", TEXT_ARG(data_dir));
}

static bool has_file(text path)
{
	return access(path.data, R_OK) == 0;
}

static bool is_empty(struct arena *arena, text data_dir)
{
	DIR *folder = opendir(text_cstring(arena, data_dir));
	bool empty = true;
	struct dirent *entry;
	while (folder != NULL && empty && (entry = readdir(folder)) != NULL)
		empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
	if (folder != NULL)
		(void)closedir(folder);
	return empty;
}

static int remove_one(const char *path, const struct stat *about unused, int kind unused, struct FTW *walk)
{
	return walk->level == 0 ? 0 : remove(path);
}

static int sync_one(const char *path, const struct stat *about unused, int kind, struct FTW *walk unused)
{
	int descriptor = open(path, O_RDONLY | O_CLOEXEC | (kind == FTW_DP || kind == FTW_D ? O_DIRECTORY : 0));
	if (descriptor < 0)
		return kind == FTW_F ? -1 : 0;
	int result = fsync(descriptor);
	(void)close(descriptor);
	return result;
}

/* The marker comes last: with it the directory is whole, on disk. */
static struct error *write_marker(struct arena *arena, text data_dir, text marker)
{
	text path = marker_path(arena, data_dir), unfinished = unfinished_path(arena, data_dir);
	if (nftw(text_cstring(arena, data_dir), sync_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
		return error_new(arena, ERROR_UNAVAILABLE, "cannot make %.*s durable: %s", TEXT_ARG(data_dir), strerror(errno));
	FILE *file = fopen(unfinished.data, "we");
	bool good = file != NULL && fwrite(marker.data, 1, marker.length, file) == marker.length && fflush(file) == 0 &&
	            fsync(fileno(file)) == 0;
	if (file != NULL)
		good = fclose(file) == 0 && good;
	if (!good || rename(unfinished.data, path.data) != 0)
		return error_new(arena, ERROR_UNAVAILABLE, "cannot write %.*s: %s", TEXT_ARG(path), strerror(errno));
	return NULL;
}

/* *ret_make: there is nothing yet to be served. */
static struct error *prepare_folder(struct arena *arena, text data_dir, bool fresh, bool *ret_make)
{
	struct store_lock *lock;
	*ret_make = true;
	if (is_empty(arena, data_dir))
		return NULL;
	bool finished = has_file(marker_path(arena, data_dir));
	if (!finished && !has_file(unfinished_path(arena, data_dir)))
		return error_hint(arena, error_new(arena, ERROR_CONFLICT, "%.*s is not empty and was not made by reeve demo", TEXT_ARG(data_dir)),
		                  "name another directory with --data");
	if (finished && !fresh) {
		*ret_make = false;
		return NULL;
	}
	/* Not under the feet of a server. */
	TRY(store_lock(arena, data_dir, &lock));
	int failed = nftw(text_cstring(arena, data_dir), remove_one, 16, FTW_DEPTH | FTW_PHYS);
	store_unlock(lock);
	if (failed != 0)
		return error_new(arena, ERROR_UNAVAILABLE, "cannot empty %.*s: %s", TEXT_ARG(data_dir), strerror(errno));
	return NULL;
}

/* ---- making ---- */

static struct error *begin_folder(struct arena *arena, text data_dir)
{
	if (mkdir(text_cstring(arena, data_dir), 0700) != 0 && errno != EEXIST)
		return error_new(arena, ERROR_UNAVAILABLE, "cannot make the data directory %.*s: %s", TEXT_ARG(data_dir), strerror(errno));
	FILE *file = fopen(unfinished_path(arena, data_dir).data, "we");
	if (file == NULL || fclose(file) != 0)
		return error_new(arena, ERROR_UNAVAILABLE, "cannot write in %.*s: %s", TEXT_ARG(data_dir), strerror(errno));
	return NULL;
}

static struct error *make(struct arena *arena, const struct program_settings *settings, const struct demo_settings *wanted)
{
	struct program_settings relaxed = *settings;
	struct program *program;
	text marker;
	relaxed.relaxed = true;
	int64_t begun_us = monotonic_us();
	log_line(LOG_INFO, "making a demo company with %lld days of history; this takes some seconds", (long long)wanted->days);
	TRY(begin_folder(arena, settings->data_dir));
	TRY(program_open(arena, &relaxed, &program));
	struct error *error = NULL;
	if (!program->fresh)
		error = error_new(arena, ERROR_CONFLICT, "the database is not empty");
	/* Quarter hours are long jobs, and nobody waits for them. */
	log_set_level(LOG_ERROR);
	if (error == NULL)
		error = demo_make(arena, program, wanted, &marker);
	log_set_level(LOG_INFO);
	program_close(program);
	TRY(error);
	TRY(write_marker(arena, settings->data_dir, marker));
	log_line(LOG_INFO, "demo company made days=%lld seconds=%.1f", (long long)wanted->days, (double)(monotonic_us() - begun_us) / 1e6);
	return NULL;
}

static struct error *read_number(struct arena *arena, const struct options *options, const char *name, int64_t least, int64_t most,
                                 int64_t *ret_number)
{
	text given = option_text(options, name);
	if (!text_is_set(given))
		return NULL;
	if (!text_to_integer(given, ret_number) || *ret_number < least || *ret_number > most)
		return error_new(arena, ERROR_USAGE, "--%s takes a number from %lld to %lld, not '%.*s'", name, (long long)least, (long long)most,
		                 TEXT_ARG(given));
	return NULL;
}

/* ---- serving ---- */

/* The login that the marker names for a seat. */
static text seat_login(struct arena *arena, text data_dir, text seat)
{
	char line[300];
	text found = TEXT_UNSET;
	FILE *file = fopen(marker_path(arena, data_dir).data, "re");
	while (file != NULL && !text_is_set(found) && fgets(line, sizeof line, file) != NULL) {
		text rest = text_trim(text_from(line)), name;
		if (text_cut(&rest, ' ', &name) && text_equal(name, seat))
			found = text_copy(arena, text_trim(rest));
	}
	if (file != NULL)
		(void)fclose(file);
	return found;
}

static struct error *serve_demo(struct arena *arena, const struct program_settings *settings, text listen)
{
	struct serve_settings serving = { .listen = text_is_set(listen) ? listen : T("127.0.0.1:8080"), .demo = true };
	text login = seat_login(arena, settings->data_dir, T("first-line-agent")), path;
	struct program *program;
	TRY(program_open(arena, settings, &program));
	struct error *error = NULL;
	if (text_is_set(login))
		error = sign_in_link(program, arena, login, 24 * HOUR_MS, &path);
	if (error == NULL && text_is_set(login))
		serving.link = text_format(arena, "%.*s?next=/seats", TEXT_ARG(path));
	if (error == NULL)
		error = serve(arena, program, &serving);
	program_close(program);
	return error;
}

static struct error *run_demo(struct arena *arena, const struct options *options)
{
	struct program_settings settings;
	struct demo_settings wanted = { .days = DEFAULT_DAYS, .now = moment_now() };
	int64_t seed = 1;
	bool need;
	TRY(program_settings_of(arena, options, &settings));
	/* Its data stand apart from those of reeve serve. */
	if (!text_is_set(option_text(options, "data")) && getenv("REEVE_DATA") == NULL)
		settings.data_dir = T("reeve-demo");
	TRY(read_number(arena, options, "days", 1, DAYS_MAX, &wanted.days));
	TRY(read_number(arena, options, "seed", 0, INT64_MAX, &seed));
	wanted.seed = (uint64_t)seed;
	TRY(prepare_folder(arena, settings.data_dir, option_given(options, "fresh"), &need));
	if (need)
		TRY(make(arena, &settings, &wanted));
	return option_given(options, "no-serve") ? NULL : serve_demo(arena, &settings, option_text(options, "listen"));
}

int demo_command(struct arena *arena, const struct options *options)
{
	struct error *error = run_demo(arena, options);
	return error == NULL ? 0 : complain("demo", error);
}
