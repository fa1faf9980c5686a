/*
 * The seams inside the program: a command is a row of commands[] (main.c) and a function that works on an opened program through
 * a `struct io`, so that the same code runs in this process (no server: the store is opened under its lock) and inside a
 * running server that was asked over DATA/reeve.sock (control.c).
 */
#ifndef REEVE_CLI_PRIVATE_H
#define REEVE_CLI_PRIVATE_H

#include <pthread.h>

#include "base/embed.h"
#include "base/json.h"
#include "search/search.h"
#include "web/web.h"

/* ---- options: --name VALUE, --flag and operands, checked against the command's table ---- */

struct option {
	const char *name;      /* "data", without the dashes */
	const char *value;     /* "DIR" for the help; NULL: a flag */
	bool many;             /* may be given several times */
};

struct options {
	struct value *named;   /* map: name -> text, true, or a list of texts (many) */
	text *operands;
	size_t operand_count;
	bool json;             /* --json */
};
text option_text(const struct options *options, const char *name); /* unset when not given */
bool option_given(const struct options *options, const char *name);
/* The values of an option that may be given several times, in order; a map of nothing gives count 0. */
size_t option_list(const struct options *options, const char *name, struct arena *arena, text **ret_items);

/* ---- io: where a command reads and writes; here or through the socket ---- */

struct io {
	void *data;
	/* Bytes of the command's input (a file or standard input); 0 at the end, -1 when the other side went away. */
	long (*read)(struct io *io, char *buffer, size_t size);
	void (*write)(struct io *io, text bytes);          /* standard output */
	void (*complain)(struct io *io, text bytes);       /* standard error */
	/* A line that replaces the previous one on a terminal, nothing elsewhere. */
	void (*progress)(struct io *io, text line);
	bool terminal;
	int64_t input_size;    /* bytes of the input; 0: not known */
	text directory;        /* where relative paths of the command begin; unset: where this process stands */
};
/* A path of the command's options as this process must open it. */
must_use text io_place(const struct io *io, struct arena *arena, text path);
void io_format(struct io *io, struct arena *arena, const char *format, ...) printf_like(3, 4);
/* One line of JSON. */
void io_value(struct io *io, struct arena *arena, const struct value *value);
/*
 * The process's own standard streams; a path unset or "-" is standard input or output. An output file is written beside its place
 * and takes it in io_finish(), so that a command that fails leaves no half copy.
 */
must_use struct error *io_standard(struct arena *arena, text input_path, text output_path, struct io *ret_io);
must_use struct error *io_finish(struct io *io, struct arena *arena);

/* ---- the program: everything that a data directory needs to be worked on ---- */

struct program_settings {
	text data_dir;         /* never unset */
	text database;         /* unset: SQLite */
	bool migrating;        /* the store may lack tables that this program's statements name: migrate makes them */
	bool must_exist;       /* a data directory without a store is an error (SQLite) */
	text practices;        /* folder of definitions; unset: the embedded ones */
	bool relaxed;          /* throw-away store without fsync (demo generation, stories) */
	moment (*now)(void *data);
	void *now_data;
};

struct program {
	struct arena *arena;   /* lives as long as the program */
	struct program_settings settings;
	struct store_settings store;
	struct store_lock *lock;
	struct model *model;   /* the newest: program_model(); older ones live as long as the program */
	pthread_mutex_t model_mutex, follow_mutex;
	struct taken_model *taken;
	struct model *next_model; /* published in the transaction of next_store, taken when it is committed */
	struct store *next_store;
	struct lane *lane;
	struct sealer *sealer;
	struct seal_settings seal;
	struct search *search;
	struct limiter *limiter;
	struct web *web;       /* NULL but in serve and demo */
	bool fresh;            /* the store was created by this start */
	bool definitions_differ; /* the given definitions are not the stored ones: reeve migrate */
	int64_t generation;    /* +1 with every commit (atomic): caches of names look at it */
	struct calendar_cache *calendars; /* parsed once per version, for every work's `calendars` */
	struct background *background;
	struct deliver *deliver; /* NULL but while background threads run */
};

/* Locks the data directory, creates the store when it is empty, loads the model, checks the statements, starts lane and search. */
must_use struct error *program_open(struct arena *error_arena, const struct program_settings *settings, struct program **ret_program);
void program_close(struct program *program);
moment program_now(const struct program *program);
/* The definitions as of now. Any thread; what began with an older model may finish reading with it. */
static inline struct model *program_model(struct program *program)
{
	return __atomic_load_n(&program->model, __ATOMIC_ACQUIRE);
}
/* Everybody goes on with this model, which the program owns now. */
must_use struct error *program_take_model(struct program *program, struct arena *error_arena, struct model *model);
/* In the transaction of a publication: the model that is to be taken up when it is committed. */
void program_publish(struct program *program, struct store *store, struct model *model);
/* Takes the store's model when another node has published one. */
must_use struct error *program_follow_model(struct program *program, struct store *store, struct arena *error_arena);

/* Definitions from a folder, or the embedded ones. */
must_use struct error *program_definitions(struct arena *arena, text folder, struct definition_source **ret_sources, size_t *ret_count);

/* A work for reading on a connection of its own, as the system; closes with its arena (arena_free). */
must_use struct error *program_reader(struct program *program, struct arena *arena, enum origin origin, struct work *ret_work);

/* Runs a function as one job of the lane, as the system; the work's store is the lane's. */
typedef struct error *program_change(struct work *work, void *data);
must_use struct error *program_write(struct program *program, struct arena *arena, enum origin origin, program_change *change,
                                     void *data);
/* The same for what replaces the model (program_publish): no other job runs until it is committed and taken. */
must_use struct error *program_write_alone(struct program *program, struct arena *arena, program_change *change, void *data);
/* The same with a chosen moment and actor: demo, stories, import. */
must_use struct error *program_write_as(struct program *program, struct arena *arena, enum origin origin, moment now,
                                        struct actor *actor, program_change *change, void *data);

/* Timers, search index, seals, sweeps: threads that go on while the server runs. */
must_use struct error *background_start(struct arena *error_arena, struct program *program);
void background_stop(struct program *program);
/* Wakes them: something was committed. */
void background_committed(struct program *program);

/* Webhooks (deliver.c): one round of a background thread; *ret_wait_ms as for its fellows. Closing gives what is on its way 2 s. */
must_use struct error *deliver_open(struct arena *error_arena, struct program *program, struct deliver **ret_deliver);
must_use struct error *deliver_run(struct program *program, struct work *work, int64_t *ret_wait_ms);
void deliver_close(struct deliver *deliver);

/* DATA/reeve.sock: other invocations of reeve ask this process to do their work. */
struct control;
must_use struct error *control_start(struct arena *error_arena, struct program *program, struct control **ret_control);
void control_stop(struct control *control);
/* Asks the server of that data directory; *ret_asked false when none answers. `stdin_path` as io_standard(). */
must_use struct error *control_ask(struct arena *arena, text data_dir, int argc, char **argv, text input_path, text output_path,
                                   bool *ret_asked, int *ret_status);

/* ---- commands ---- */

struct command {
	const char *name;      /* "user" */
	const char *operands;  /* "add LOGIN | list | disable LOGIN | link LOGIN" */
	const char *summary;
	const struct option *options; /* ends with a NULL name; --help, --json, --data and --database are everybody's */
	size_t operands_min, operands_max;
	/* Exactly one of these. `local` works without a program; `run` on an opened one, here or in the server. */
	int (*local)(struct arena *arena, const struct options *options);
	struct error *(*run)(struct program *program, struct arena *arena, const struct options *options, struct io *io);
	/* Which operand (from 0) or option names the file that `run` reads through io; -1 none. */
	int input_operand;
	bool output_operand;   /* the last operand is a file that the client writes from the command's output (backup) */
	bool password_input;   /* reads standard input when --password-stdin is given */
	bool needs_store;      /* makes no store where none is: a mistyped --data must not verify or back up nothing */
};
extern const struct command commands[]; /* ends with a NULL name */
const struct command *command_find(text name);
/* Splits argv (behind the command's name); ERROR_USAGE names the option and the nearest one. */
must_use struct error *options_parse(struct arena *arena, const struct command *command, int argc, char **argv,
                                     struct options *ret_options);
/* Prints "reeve: what: why; hint" for the whole chain; returns the exit status. */
int complain(const char *what, const struct error *error);
/* The settings that --data, --database and --practices and the environment (REEVE_DATA, REEVE_DATABASE) mean. */
must_use struct error *program_settings_of(struct arena *arena, const struct options *options, struct program_settings *ret_settings);

/* The whole program (main.c). */
int cli_main(int argc, char **argv);
int serve_command(struct arena *arena, const struct options *options);
int demo_command(struct arena *arena, const struct options *options);
int check_command(struct arena *arena, const struct options *options);
int story_command(struct arena *arena, const struct options *options);
int restore_command(struct arena *arena, const struct options *options);
/* check --diagram TYPE (diagram.c). */
int diagram_command(struct arena *arena, const struct options *options);
int version_command(struct arena *arena, const struct options *options);
struct error *migrate_run(struct program *program, struct arena *arena, const struct options *options, struct io *io);
struct error *user_run(struct program *program, struct arena *arena, const struct options *options, struct io *io);
struct error *token_run(struct program *program, struct arena *arena, const struct options *options, struct io *io);
struct error *import_run(struct program *program, struct arena *arena, const struct options *options, struct io *io);
struct error *export_run(struct program *program, struct arena *arena, const struct options *options, struct io *io);
struct error *backup_run(struct program *program, struct arena *arena, const struct options *options, struct io *io);
struct error *verify_run(struct program *program, struct arena *arena, const struct options *options, struct io *io);

/* serve.c, shared with demo.c: serves an opened program until SIGTERM or SIGINT. */
struct serve_settings {
	text listen, trusted_proxies;
	bool demo;
	int64_t attachment_max;
	text link;             /* printed after the listening line; unset: none */
};
must_use struct error *serve(struct arena *arena, struct program *program, const struct serve_settings *settings);
/* A one-time sign-in link of that user as a path "/sign-in/link/TOKEN". */
must_use struct error *sign_in_link(struct program *program, struct arena *arena, text login, int64_t life_ms, text *ret_path);

#endif
