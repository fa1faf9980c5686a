/*
 * The program: one table of subcommands. `run` commands work on a data directory: inside a running server when there is one
 * (so that it stays the only writer), else here with the store opened under its lock.
 */
#include "cli/cli_private.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/words.h"

#define END { NULL, NULL, false }

static const struct option serve_options[] = { { "listen", "ADDR:PORT", false }, { "trusted-proxy", "ADDRESSES", false },
	                                       { "attachment-max", "MIB", false }, END };
static const struct option demo_options[] = { { "listen", "ADDR:PORT", false }, { "days", "N", false }, { "seed", "N", false },
	                                      { "fresh", NULL, false }, { "no-serve", NULL, false }, END };
static const struct option migrate_options[] = { { "plan", NULL, false }, { "apply", NULL, false }, { "revert", "TYPE|all", false },
	                                         { "accept-unproven", NULL, false }, END };
static const struct option check_options[] = { { "strict", NULL, false }, { "diagram", "TYPE", false }, { "output", "FILE", false }, END };
static const struct option user_options[] = { { "name", "NAME", false }, { "mail", "ADDR", false }, { "role", "ROLE", true },
	                                      { "team", "TEAM", true }, { "password-stdin", NULL, false }, END };
static const struct option token_options[] = { { "name", "NAME", false }, { "expires", "90d", false }, { "scope", "SCOPE", true }, END };
static const struct option import_options[] = { { "map", "MAP", false }, { "dry-run", NULL, false }, { "format", "csv|jsonl", false }, END };
static const struct option export_options[] = { { "query", "CONDITION", false }, { "format", "csv|jsonl", false },
	                                        { "fields", "A,B", false }, { "links", NULL, false }, END };
static const struct option none[] = { END };

const struct command commands[] = {
	{ "serve", "", "serve pages, API and live events until SIGTERM", serve_options, 0, 0, serve_command, NULL, -1, false, false, false },
	{ "demo", "", "serve a demo company with some 60 days of history", demo_options, 0, 0, demo_command, NULL, -1, false, false, false },
	{ "check", "[DIR]", "verify practice definitions, or draw a lifecycle", check_options, 0, 1, check_command, NULL, -1, false, false, false },
	{ "story", "[DIR]", "run the stories beside the definitions", none, 0, 1, story_command, NULL, -1, false, false, false },
	{ "migrate", "--plan | --apply | --revert TYPE|all", "show or do the steps to the given definitions, or go back", migrate_options, 0, 0, NULL, migrate_run, -1, false, false, false },
	{ "user", "add LOGIN | list | disable LOGIN | link LOGIN | password LOGIN", "people who sign in", user_options, 1, 2, NULL, user_run, -1, false, true, false },
	{ "token", "add LOGIN | list LOGIN | revoke LOGIN ID", "API tokens", token_options, 1, 3, NULL, token_run, -1, false, false, false },
	{ "import", "TYPE FILE", "CSV or JSON lines, with history where a map says so", import_options, 2, 2, NULL, import_run, 1, false, false, false },
	{ "export", "TYPE", "records as JSON lines or CSV", export_options, 1, 1, NULL, export_run, -1, false, false, true },
	{ "backup", "FILE", "a consistent copy of a running store", none, 1, 1, NULL, backup_run, -1, true, false, true },
	{ "restore", "FILE", "a backup into an empty data directory or database", none, 1, 1, restore_command, NULL, -1, false, false, false },
	{ "verify", "", "check the event log's seals and the store", none, 0, 0, NULL, verify_run, -1, false, false, true },
	{ "version", "", "version, build and libraries", none, 0, 0, version_command, NULL, -1, false, false, false },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL, NULL, -1, false, false, false },
};

const struct command *command_find(text name)
{
	for (const struct command *command = commands; command->name != NULL; command++)
		if (text_equal(text_from(command->name), name))
			return command;
	return NULL;
}

int complain(const char *what, const struct error *error)
{
	struct arena *arena = arena_new(LIMIT_WORK_BYTES);
	(void)fflush(stdout);
	for (const struct error *each = error; each != NULL; each = each->next) {
		struct error one = *each;
		one.next = NULL;
		(void)fprintf(stderr, "reeve: %s: %.*s\n", what, TEXT_ARG(error_line(arena, &one)));
	}
	arena_free(arena);
	return error_exit_status(error->code);
}

struct error *program_settings_of(struct arena *arena, const struct options *options, struct program_settings *ret_settings)
{
	struct program_settings settings = { .data_dir = option_text(options, "data"), .database = option_text(options, "database"),
		                             .practices = option_text(options, "practices") };
	if (!text_is_set(settings.data_dir))
		settings.data_dir = text_from(getenv("REEVE_DATA"));
	if (text_is_empty(settings.data_dir))
		settings.data_dir = T("reeve-data");
	if (!text_is_set(settings.database))
		settings.database = text_from(getenv("REEVE_DATABASE"));
	if (text_is_empty(settings.database))
		settings.database = TEXT_UNSET;
	if (text_is_set(settings.database) && !text_starts_with(settings.database, T("postgresql://")) &&
	    !text_starts_with(settings.database, T("postgres://")))
		return error_hint(arena, error_new(arena, ERROR_USAGE, "--database takes a postgresql:// URL, not '%.*s'", TEXT_ARG(settings.database)),
		                  "without it the store is SQLite in the data directory");
	*ret_settings = settings;
	return NULL;
}

/* The help of a command is its manual page in Markdown: one text for terminal, man and /help. */
static int show_help(struct arena *arena, const char *name, FILE *stream)
{
	const struct embedded_file *page = embedded_find(embedded_docs, text_format(arena, "man/reeve%s%s.md", name[0] == '\0' ? "" : "-", name));
	if (page == NULL) {
		return complain("help", error_hint(arena, error_new(arena, ERROR_USAGE, "there is no command '%s'", name), "reeve --help lists them"));
	}
	text content = embedded_text(page);
	(void)fwrite(content.data, 1, content.length, stream);
	return 0;
}

static struct error *run_here(struct arena *arena, const struct command *command, const struct options *options, text input, text output)
{
	struct program_settings settings;
	TRY(program_settings_of(arena, options, &settings));
	settings.must_exist = command->needs_store;
	settings.migrating = command->run == migrate_run;
	log_set_level(LOG_ERROR); /* what a server tells its operator is noise behind a command */
	struct program *program;
	TRY(program_open(arena, &settings, &program));
	struct io io;
	struct error *error = io_standard(arena, input, output, &io);
	if (error == NULL)
		error = command->run(program, arena, options, &io);
	if (error == NULL)
		error = io_finish(&io, arena);
	program_close(program);
	return error;
}

static int run_command(struct arena *arena, const struct command *command, const struct options *options, int argc, char **argv)
{
	text input = command->input_operand >= 0 ? options->operands[command->input_operand] : TEXT_UNSET;
	text output = command->output_operand ? options->operands[options->operand_count - 1] : TEXT_UNSET;
	struct program_settings settings;
	struct error *error = program_settings_of(arena, options, &settings);
	bool asked = false;
	int status = 0;
	if (error == NULL && !text_is_set(settings.database))
		error = control_ask(arena, settings.data_dir, argc, argv, input, output, &asked, &status);
	if (error == NULL && !asked)
		error = run_here(arena, command, options, input, output);
	return error == NULL ? status : complain(command->name, error);
}

static int run(struct arena *arena, int argc, char **argv)
{
	text name = argc > 1 ? text_from(argv[1]) : T("--help");
	if (text_equal(name, T("--help")) || text_equal(name, T("-h")) || text_equal(name, T("help")))
		return argc > 1 ? show_help(arena, argc > 2 ? argv[2] : "", stdout) : (show_help(arena, "", stderr), 2);
	if (text_equal(name, T("--version")))
		name = T("version");
	const struct command *command = command_find(name);
	if (command == NULL) {
		text names[array_length(commands)];
		size_t count = 0;
		for (const struct command *each = commands; each->name != NULL; each++)
			names[count++] = text_from(each->name);
		struct error *error = error_new(arena, ERROR_USAGE, "there is no command '%.*s'", TEXT_ARG(name));
		text nearest = text_nearest(name, names, count);
		if (text_is_set(nearest))
			error = error_hint(arena, error, "did you mean '%.*s'?", TEXT_ARG(nearest));
		else
			error = error_hint(arena, error, "reeve --help lists them");
		return complain("usage", error);
	}
	struct options options;
	struct error *error = options_parse(arena, command, argc - 2, argv + 2, &options);
	if (error != NULL)
		return complain(command->name, error);
	if (option_given(&options, "help"))
		return show_help(arena, command->name, stdout);
	if (command->local != NULL)
		return command->local(arena, &options);
	return run_command(arena, command, &options, argc - 1, argv + 1);
}

int cli_main(int argc, char **argv)
{
	/* Before any thread exists: SIGTERM and SIGINT are waited for by serve(), a broken pipe is an error of write(). */
	if (argc > 1 && (text_equal(text_from(argv[1]), T("serve")) || text_equal(text_from(argv[1]), T("demo")))) {
		sigset_t signals;
		(void)sigemptyset(&signals);
		(void)sigaddset(&signals, SIGTERM);
		(void)sigaddset(&signals, SIGINT);
		(void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
	}
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
	struct arena *arena = arena_new((size_t)4 * LIMIT_WORK_BYTES), *words_arena = arena_new(LIMIT_WORK_BYTES);
	struct error *error = words_load(words_arena, embedded_words);
	int status = error == NULL ? run(arena, argc, argv) : complain("words", error);
	arena_free(words_arena);
	arena_free(arena);
	return fflush(stdout) == 0 ? status : 1;
}
