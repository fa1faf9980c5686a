/* reeve user: people who sign in, for the administrator at the terminal. Passwords come on standard input, never as arguments. */
#include "cli/cli_private.h"

#include "base/limits.h"

struct user_change {
	struct value *input;
	text login, password_hash;
};

static struct error *change_add(struct work *work, void *data)
{
	struct user_change *change = data;
	struct record *record;
	TRY(engine_create(work, work->model->user, change->input, &record));
	if (text_is_set(change->password_hash))
		TRY(credential_set(work, record->id, change->password_hash));
	return NULL;
}

static struct error *change_disable(struct work *work, void *data)
{
	struct user_change *change = data;
	struct value *patch = value_map(work->arena);
	value_set_bool(work->arena, patch, T("active"), false);
	struct record *record;
	TRY(engine_update(work, work->model->user, change->login, 0, patch, &record));
	return session_close_all(work, record->id, TEXT_UNSET);
}

static struct error *change_password(struct work *work, void *data)
{
	struct user_change *change = data;
	struct record *record;
	TRY(access_load(work, work->model->user, change->login, &record));
	TRY(credential_set(work, record->id, change->password_hash));
	return session_close_all(work, record->id, TEXT_UNSET);
}

/* The first line of the command's input. */
static struct error *read_password(struct arena *arena, struct io *io, text login, text *ret_hash)
{
	char line[LIMIT_PASSWORD_BYTES_MAX + 2];
	size_t length = 0;
	long got = 1;
	while (length < sizeof line && got > 0) {
		got = io->read(io, line + length, sizeof line - length);
		if (got > 0)
			length += (size_t)got;
	}
	text password = { line, length };
	ptrdiff_t end = text_find_char(password, '\n');
	if (end >= 0)
		password = text_slice(password, 0, (size_t)end);
	TRY(password_check_rules(arena, login, password));
	return password_hash(arena, password, ret_hash);
}

static void set_list(struct arena *arena, struct value *input, text key, const struct options *options, const char *option)
{
	text *items;
	size_t count = option_list(options, option, arena, &items);
	if (count == 0)
		return;
	struct value *list = value_list(arena);
	for (size_t i = 0; i < count; i++)
		value_append(arena, list, value_text(arena, items[i]));
	value_set(arena, input, key, list);
}

/* What was done to whom. */
static void say_login(struct arena *arena, struct io *io, const struct options *options, const struct user_change *change,
                      const char *done)
{
	if (!options->json) {
		io_format(io, arena, "%s %.*s\n", done, TEXT_ARG(change->login));
		return;
	}
	struct value *answer = value_map(arena);
	value_set_text(arena, answer, T("login"), change->login);
	io_value(io, arena, answer);
}

static struct error *add(struct program *program, struct arena *arena, const struct options *options, struct io *io)
{
	if (options->operand_count != 2 || !option_given(options, "name"))
		return error_new(arena, ERROR_USAGE, "add needs a login and --name: reeve user add LOGIN --name NAME --mail ADDR --role ROLE");
	struct user_change change = { .input = value_map(arena), .login = options->operands[1] };
	value_set_text(arena, change.input, T("login"), change.login);
	value_set_text(arena, change.input, T("name"), option_text(options, "name"));
	if (option_given(options, "mail"))
		value_set_text(arena, change.input, T("mail"), option_text(options, "mail"));
	set_list(arena, change.input, T("roles"), options, "role");
	set_list(arena, change.input, T("teams"), options, "team");
	if (option_given(options, "password-stdin"))
		TRY(read_password(arena, io, change.login, &change.password_hash));
	TRY(program_write(program, arena, ORIGIN_CLI, change_add, &change));
	say_login(arena, io, options, &change, "added");
	return NULL;
}

struct listing {
	struct io *io;
	bool json;
};

static struct error *list_one(void *data, struct work *work, struct record *record)
{
	struct listing *listing = data;
	struct value *value;
	TRY(access_record_value(work, record, NULL, &value));
	if (listing->json) {
		io_value(listing->io, work->arena, value);
		return NULL;
	}
	io_format(listing->io, work->arena, "%-20.*s %-28.*s %s\n", TEXT_ARG(record_number(record)), TEXT_ARG(record_title(record)),
	          value_get_bool(value, T("active"), true) ? "active" : "disabled");
	return NULL;
}

static struct error *list(struct program *program, struct arena *arena, const struct options *options, struct io *io)
{
	struct work work;
	TRY(program_reader(program, arena, ORIGIN_CLI, &work));
	struct query query = { .type = program->model->user, .limit = LIMIT_PAGE_ROWS };
	struct listing listing = { .io = io, .json = options->json };
	return access_each(&work, &query, list_one, &listing);
}

static struct error *one(struct program *program, struct arena *arena, const struct options *options, struct io *io)
{
	text verb = options->operands[0];
	if (options->operand_count != 2)
		return error_new(arena, ERROR_USAGE, "%.*s needs a login", TEXT_ARG(verb));
	struct user_change change = { .login = options->operands[1] };
	if (text_equal(verb, T("link"))) {
		text path;
		TRY(sign_in_link(program, arena, change.login, HOUR_MS, &path));
		text base = program->web == NULL ? T("") : web_address(program->web);
		if (!options->json) {
			io_format(io, arena, "%.*s%.*s\n", TEXT_ARG(base), TEXT_ARG(path));
			return NULL;
		}
		struct value *answer = value_map(arena);
		value_set_text(arena, answer, T("login"), change.login);
		value_set_text(arena, answer, T("link"), text_format(arena, "%.*s%.*s", TEXT_ARG(base), TEXT_ARG(path)));
		io_value(io, arena, answer);
		return NULL;
	}
	if (text_equal(verb, T("password"))) {
		TRY(read_password(arena, io, change.login, &change.password_hash));
		TRY(program_write(program, arena, ORIGIN_CLI, change_password, &change));
		say_login(arena, io, options, &change, "signed out and changed the password of");
		return NULL;
	}
	TRY(program_write(program, arena, ORIGIN_CLI, change_disable, &change));
	say_login(arena, io, options, &change, "disabled and signed out");
	return NULL;
}

struct error *user_run(struct program *program, struct arena *arena, const struct options *options, struct io *io)
{
	text verb = options->operands[0];
	static const char *const verbs[] = { "add", "list", "disable", "link", "password" };
	text names[array_length(verbs)];
	for (size_t i = 0; i < array_length(verbs); i++)
		names[i] = text_from(verbs[i]);
	if (text_equal(verb, T("add")))
		return add(program, arena, options, io);
	if (text_equal(verb, T("list")))
		return list(program, arena, options, io);
	for (size_t i = 2; i < array_length(verbs); i++)
		if (text_equal(verb, names[i]))
			return one(program, arena, options, io);
	text nearest = text_nearest(verb, names, array_length(verbs));
	struct error *error = error_new(arena, ERROR_USAGE, "user cannot '%.*s'", TEXT_ARG(verb));
	if (text_is_set(nearest))
		return error_hint(arena, error, "did you mean '%.*s'?", TEXT_ARG(nearest));
	return error_hint(arena, error, "add, list, disable, link or password");
}
