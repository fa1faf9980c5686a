/* reeve token: API tokens of a person; the secret is printed once and only its hash is kept. */
#include "cli/cli_private.h"

struct token_change {
	text login, name, token;
	unsigned scopes;
	int64_t life_ms, id;
};

static struct error *change_add(struct work *work, void *data)
{
	struct token_change *change = data;
	struct record *user;
	TRY(access_load(work, work->model->user, change->login, &user));
	return token_create(work, user->id, change->name, change->scopes, work->now + change->life_ms, &change->token);
}

static struct error *change_revoke(struct work *work, void *data)
{
	struct token_change *change = data;
	struct record *user;
	TRY(access_load(work, work->model->user, change->login, &user));
	return token_revoke(work, user->id, change->id);
}

static struct error *add(struct program *program, struct arena *arena, const struct options *options, struct io *io)
{
	struct token_change change = { .login = options->operands[1], .name = option_text(options, "name"), .life_ms = 90 * DAY_MS,
		                       .scopes = SCOPE_READ | SCOPE_WRITE };
	if (!text_is_set(change.name))
		change.name = T("command line");
	text expires = option_text(options, "expires");
	if (text_is_set(expires) && (!duration_parse(expires, &change.life_ms) || change.life_ms <= 0 || change.life_ms > 3660 * DAY_MS))
		return error_new(arena, ERROR_USAGE, "--expires takes a duration such as 90d or 12h (at most ten years), not '%.*s'",
		                 TEXT_ARG(expires));
	text *scopes;
	size_t count = option_list(options, "scope", arena, &scopes);
	if (count > 0)
		TRY(scopes_parse(arena, text_join(arena, scopes, count, T(" ")), &change.scopes));
	TRY(program_write(program, arena, ORIGIN_CLI, change_add, &change));
	if (options->json) {
		struct value *answer = value_map(arena);
		value_set_text(arena, answer, T("token"), change.token);
		io_value(io, arena, answer);
	} else {
		io_format(io, arena, "%.*s\n", TEXT_ARG(change.token));
	}
	return NULL;
}

static struct error *list(struct program *program, struct arena *arena, const struct options *options, struct io *io)
{
	struct work work;
	TRY(program_reader(program, arena, ORIGIN_CLI, &work));
	struct record *user;
	TRY(access_load(&work, program->model->user, options->operands[1], &user));
	struct api_token *tokens;
	size_t count;
	TRY(token_list(&work, user->id, &tokens, &count));
	for (size_t i = 0; i < count; i++) {
		struct value *line = value_map(arena);
		value_set_integer(arena, line, T("id"), tokens[i].id);
		value_set_text(arena, line, T("name"), tokens[i].name);
		value_set_text(arena, line, T("scopes"), tokens[i].scopes);
		value_set_text(arena, line, T("expires_at"), moment_format(arena, tokens[i].expires_at));
		value_set_text(arena, line, T("seen_at"), moment_format(arena, tokens[i].seen_at));
		value_set_text(arena, line, T("revoked_at"), moment_format(arena, tokens[i].revoked_at));
		if (options->json) {
			io_value(io, arena, line);
			continue;
		}
		const char *note = tokens[i].revoked_at != MOMENT_UNSET ? "revoked" : tokens[i].expires_at < work.now ? "expired" : "valid";
		io_format(io, arena, "%-6lld %-24.*s %-18.*s until %.10s  %s\n", (long long)tokens[i].id, TEXT_ARG(tokens[i].name),
		          TEXT_ARG(tokens[i].scopes), text_cstring(arena, moment_format(arena, tokens[i].expires_at)), note);
	}
	return NULL;
}

struct error *token_run(struct program *program, struct arena *arena, const struct options *options, struct io *io)
{
	text verb = options->operands[0];
	if (text_equal(verb, T("add")) && options->operand_count == 2)
		return add(program, arena, options, io);
	if (text_equal(verb, T("list")) && options->operand_count == 2)
		return list(program, arena, options, io);
	if (text_equal(verb, T("revoke")) && options->operand_count == 3) {
		struct token_change change = { .login = options->operands[1] };
		if (!text_to_integer(options->operands[2], &change.id))
			return error_hint(arena, error_new(arena, ERROR_USAGE, "'%.*s' is no token's id", TEXT_ARG(options->operands[2])),
			                  "reeve token list LOGIN shows the ids");
		TRY(program_write(program, arena, ORIGIN_CLI, change_revoke, &change));
		if (!options->json) {
			io_format(io, arena, "revoked %lld\n", (long long)change.id);
			return NULL;
		}
		struct value *answer = value_map(arena);
		value_set_integer(arena, answer, T("revoked"), change.id);
		io_value(io, arena, answer);
		return NULL;
	}
	return error_new(arena, ERROR_USAGE, "token takes: add LOGIN | list LOGIN | revoke LOGIN ID");
}
