/* reeve serve: opens the data directory, starts the web, the background threads and the control socket, and waits for the end. */
#include "cli/cli_private.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/words.h"

/* ---- sign-in links ---- */

struct link_request {
	text login;
	int64_t life_ms;
	text token;
	struct arena *arena;
};

static struct error *change_link(struct work *work, void *data)
{
	struct link_request *request = data;
	struct record *user;
	struct error *error = access_load(work, work->model->user, request->login, &user);
	if (error != NULL && error->code == ERROR_NOT_FOUND)
		return error_hint(work->arena, error_new(work->arena, ERROR_NOT_FOUND, "no user is named '%.*s'", TEXT_ARG(request->login)),
		                  "reeve user list shows who there is");
	TRY(error);
	return link_create(work, user->id, T("sign-in"), request->life_ms, &request->token);
}

struct error *sign_in_link(struct program *program, struct arena *arena, text login, int64_t life_ms, text *ret_path)
{
	struct link_request request = { .login = login, .life_ms = life_ms, .arena = arena };
	TRY(program_write(program, arena, ORIGIN_CLI, change_link, &request));
	*ret_path = text_format(arena, "/sign-in/link/%.*s", TEXT_ARG(request.token));
	return NULL;
}

/* ---- the first administrator ---- */

static struct error *change_first_administrator(struct work *work, void *data)
{
	(void)data;
	struct value *input = value_map(work->arena), *roles = value_list(work->arena);
	value_set_text(work->arena, input, T("login"), T("admin"));
	value_set_text(work->arena, input, T("name"), words(work->language, T("Administrator")));
	value_append(work->arena, roles, value_text(work->arena, T("administrator")));
	value_append(work->arena, roles, value_text(work->arena, T("agent")));
	value_set(work->arena, input, T("roles"), roles);
	struct record *record;
	return engine_create(work, work->model->user, input, &record);
}

/* An empty store gets its first person; a store without any person (a start that was cut off) gets it too. */
static struct error *make_first_administrator(struct program *program, struct arena *arena, text *ret_path)
{
	struct work work;
	TRY(program_reader(program, arena, ORIGIN_CLI, &work));
	struct query query = { .type = program->model->user, .limit = 1 };
	int64_t count;
	TRY(access_count(&work, &query, 1, &count));
	if (count > 0)
		return NULL;
	TRY(program_write(program, arena, ORIGIN_CLI, change_first_administrator, NULL));
	return sign_in_link(program, arena, T("admin"), 24 * HOUR_MS, ret_path);
}

/* ---- serving ---- */

static struct error *start_web(struct arena *arena, struct program *program, const struct serve_settings *settings)
{
	struct web_settings web = {
		.listen = settings->listen, .model = program->model, .lane = program->lane, .store = program->store,
		.search = program->search, .sealer = program->sealer, .limiter = program->limiter, .calendars = program->calendars, .demo = settings->demo,
		.definitions_differ = program->definitions_differ,
		.data_dir = program->settings.data_dir, .trusted_proxies = settings->trusted_proxies,
		.attachment_max = settings->attachment_max, .now = program->settings.now, .now_data = program->settings.now_data,
	};
	/* systemd's socket activation: one descriptor, number 3. */
	const char *count = getenv("LISTEN_FDS"), *process = getenv("LISTEN_PID");
	int64_t pid;
	if (count != NULL && process != NULL && text_equal(text_from(count), T("1")) &&
	    text_to_integer(text_from(process), &pid) && pid == getpid())
		web.listen_descriptor = 3;
	struct web *started;
	TRY(web_start(arena, &web, &started));
	__atomic_store_n(&program->web, started, __ATOMIC_RELEASE);
	return NULL;
}

static void announce(const struct program *program, const struct serve_settings *settings)
{
	text address = web_address(program->web);
	(void)printf("listening on %.*s\n", TEXT_ARG(address));
	if (text_is_set(settings->link))
		(void)printf("sign in: %.*s%.*s\n", TEXT_ARG(address), TEXT_ARG(settings->link));
	(void)fflush(stdout);
	if (program->definitions_differ)
		log_line(LOG_WARNING, "the given definitions differ from the stored ones, which go on; see reeve migrate --plan");
}

static struct error *serve_until(struct arena *arena, struct program *program, const struct serve_settings *settings,
                                 const sigset_t *signals)
{
	struct control *control = NULL;
	struct error *error = start_web(arena, program, settings);
	if (error == NULL)
		error = background_start(arena, program);
	if (error == NULL && !text_is_set(program->store.url))
		error = control_start(arena, program, &control);
	if (error == NULL) {
		announce(program, settings);
		int received = 0;
		while (sigwait(signals, &received) != 0)
			continue;
		log_line(LOG_INFO, "ending signal=%d", received);
	}
	if (control != NULL)
		control_stop(control);
	if (program->web != NULL) {
		struct web *web = program->web;
		/* Commits of timers go on for a while: they must not find a server that ends. */
		__atomic_store_n(&program->web, NULL, __ATOMIC_RELEASE);
		web_stop(web);
	}
	background_stop(program);
	return error;
}

struct error *serve(struct arena *arena, struct program *program, const struct serve_settings *settings)
{
	/* Threads inherit the mask: the signals come to sigwait() above and nowhere else. */
	sigset_t signals;
	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigaddset(&signals, SIGINT);
	arena_keep_memory();
	return serve_until(arena, program, settings, &signals);
}

static struct error *serve_options(struct arena *arena, const struct options *options, struct serve_settings *ret_settings)
{
	struct serve_settings settings = { .listen = option_text(options, "listen"), .attachment_max = 0 };
	if (!text_is_set(settings.listen))
		settings.listen = T("127.0.0.1:8080");
	settings.trusted_proxies = option_text(options, "trusted-proxy");
	text size = option_text(options, "attachment-max");
	if (text_is_set(size)) {
		int64_t mebibytes;
		if (!text_to_integer(size, &mebibytes) || mebibytes < 1 || mebibytes > LIMIT_ATTACHMENT_BYTES / (1024 * 1024))
			return error_new(arena, ERROR_USAGE, "--attachment-max takes 1 to %d (MiB), not '%.*s'",
			                 LIMIT_ATTACHMENT_BYTES / (1024 * 1024), TEXT_ARG(size));
		settings.attachment_max = mebibytes * 1024 * 1024;
	}
	*ret_settings = settings;
	return NULL;
}

static struct error *run_serve(struct arena *arena, const struct options *options)
{
	struct program_settings settings;
	struct serve_settings serving;
	TRY(program_settings_of(arena, options, &settings));
	TRY(serve_options(arena, options, &serving));
	struct program *program;
	TRY(program_open(arena, &settings, &program));
	struct arena *first = arena_new(LIMIT_WORK_BYTES);
	text link = TEXT_UNSET;
	struct error *error = make_first_administrator(program, first, &link);
	serving.link = text_copy(arena, link);
	if (error != NULL)
		error = error_copy(arena, error);
	arena_free(first);
	if (error == NULL)
		error = serve(arena, program, &serving);
	program_close(program);
	return error;
}

int serve_command(struct arena *arena, const struct options *options)
{
	struct error *error = run_serve(arena, options);
	return error == NULL ? 0 : complain("serve", error);
}
