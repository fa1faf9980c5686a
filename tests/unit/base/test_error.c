/* Errors: what they carry, how they chain, how a terminal shows them. */
#include "../test.h"

#include "base/value.h"

TEST(carries_code_and_words)
{
	struct arena *arena = arena_new(1 << 20);
	struct error *error = error_new(arena, ERROR_NOT_FOUND, "no team is named '%s'", "netwrok");

	assert_text(error_line(arena, error), "no team is named 'netwrok'");
	error = error_hint(arena, error, "did you mean '%s'?", "network");
	error = error_field(error, T("team"));
	assert_text(error_line(arena, error), "no team is named 'netwrok'; did you mean 'network'?");
	error = error_place(error, (struct place){ T("a.yaml"), 3, 7 });
	assert_text(error_line(arena, error),
	            "a.yaml:3:7: error: no team is named 'netwrok'; did you mean 'network'?");
	assert_int_equal(error_http_status(error->code), 404);
	assert_int_equal(error_exit_status(ERROR_USAGE), 2);
	assert_text(error_slug(error->code), "not-found");
	assert_text(error_title(ERROR_STALE), "Changed by somebody else");
	arena_free(arena);
}

TEST(chains_and_copies)
{
	struct arena *arena = arena_new(1 << 20), *other = arena_new(1 << 20);
	struct error *head = NULL;

	head = error_append(head, NULL);
	assert_null(head);
	head = error_append(head, error_new(arena, ERROR_INVALID, "one"));
	head = error_append(head, error_place(error_new(arena, ERROR_INVALID, "two"), (struct place){ T("f"), 1, 0 }));
	head->extra = value_map(arena);
	value_set_integer(arena, head->extra, T("rev"), 7);
	struct error *copy = error_copy(other, head);
	arena_free(arena);
	assert_text(error_line(other, copy), "one\nf:1: error: two");
	assert_int_equal(value_get_integer(copy->extra, T("rev"), 0), 7);
	arena_free(other);
}
