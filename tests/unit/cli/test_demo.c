/* The demo company: made quickly, with every state, the same from the same seed, and whole. */
#include "test.h"

#include "cli/demo_private.h"

#include "base/limits.h"
#include "base/log.h"

#include <ftw.h>
#include <unistd.h>

static int remove_one(const char *path, const struct stat *info __attribute__((__unused__)), int kind __attribute__((__unused__)),
                      struct FTW *walk __attribute__((__unused__)))
{
	return remove(path);
}

static moment fixed_now(void *data)
{
	return *(moment *)data;
}

struct made {
	char folder[64];
	moment now;
	struct arena *arena;
	struct program *program;
	struct work work;
	text marker;
};

static void make(struct made *made, int64_t days, uint64_t seed)
{
	snprintf(made->folder, sizeof(made->folder), "/tmp/reeve-demo-test-XXXXXX");
	assert_non_null(mkdtemp(made->folder));
	assert_true(moment_parse(T("2026-03-11T14:20:30Z"), NULL, &made->now)); /* a Wednesday */
	made->arena = arena_new((size_t)256 * 1024 * 1024);
	const struct program_settings settings = { .data_dir = text_from(made->folder), .relaxed = true, .now = fixed_now, .now_data = &made->now };
	const struct demo_settings wanted = { .days = days, .seed = seed, .now = made->now };
	log_set_level(LOG_ERROR);
	assert_ok(program_open(made->arena, &settings, &made->program));
	assert_ok(demo_make(made->arena, made->program, &wanted, &made->marker));
	assert_ok(program_reader(made->program, made->arena, ORIGIN_CLI, &made->work));
}

static void unmake(struct made *made)
{
	struct program *program = made->program;
	arena_free(made->arena);
	program_close(program);
	nftw(made->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static int64_t count_of(struct made *made, const char *type_name, const char *source)
{
	const struct type *type = model_type(made->work.model, text_from(type_name));
	struct query query = { .type = type };
	struct condition *condition;
	int64_t found;

	assert_ok(condition_parse(made->arena, made->work.model, type, text_from(source), CONDITION_QUERY, &condition));
	query.where = condition;
	assert_ok(access_count(&made->work, &query, 10000, &found));
	return found;
}

static int64_t count(struct made *made, const char *source)
{
	return count_of(made, "incident", source);
}

TEST(five_days_have_everything_and_are_whole)
{
	struct made made;
	struct verify_report report;

	make(&made, 5, 1);
	const struct lifecycle *lifecycle = model_type(made.work.model, T("incident"))->lifecycle;
	for (size_t i = 0; i < lifecycle->state_count; i++) {
		text source = text_format(made.arena, "state = %.*s", TEXT_ARG(lifecycle->states[i].name));
		if (count(&made, source.data) == 0)
			fail_msg("no incident is %s", source.data);
	}
	assert_in_range(count(&made, ""), 150, 500);
	assert_true(count(&made, "restricted = true") > 0);
	assert_true(count(&made, "rating is set") > 0);
	assert_true(count(&made, "waiting_reason = requester") > 0);
	assert_true(count(&made, "created_at > now") == 0);
	assert_true(count(&made, "updated_at > 30 minutes ago") > 0);
	assert_in_range(count_of(&made, "offering", "active = true"), 12, 30);
	assert_in_range(count_of(&made, "service_request", ""), 10, 60);
	assert_true(count_of(&made, "service_request", "state in (fulfilled, closed)") > 0);
	assert_true(count_of(&made, "work_task", "state = done") > 2);
	assert_true(count_of(&made, "service_request", "offering.approval != none and approvers is set") > 0);
	assert_ok(engine_verify(&made.work, &made.program->seal, &report));
	assert_true(report.events > 1000);
	unmake(&made);
}

TEST(every_seat_is_somebody)
{
	struct made made;
	text rest, line;
	size_t seats = 0;

	make(&made, 1, 3);
	rest = made.marker;
	while (text_cut(&rest, '\n', &line) && !text_is_empty(line)) {
		struct record *user;
		text login = line, seat;
		if (text_starts_with(line, T("#")))
			continue;
		assert_true(text_cut(&login, ' ', &seat));
		assert_text(seat, demo_seat_names[seats++]);
		assert_ok(access_load(&made.work, made.work.model->user, login, &user));
	}
	assert_int_equal(seats, SEAT_COUNT);
	unmake(&made);
}

TEST(the_same_seed_makes_the_same_company)
{
	struct made one, two, other;

	make(&one, 3, 7);
	make(&two, 3, 7);
	make(&other, 3, 8);
	assert_true(count(&one, "") == count(&two, "") && count(&one, "state = closed") == count(&two, "state = closed"));
	assert_true(count(&one, "priority <= 2") == count(&two, "priority <= 2"));
	assert_true(count(&one, "") != count(&other, "") || count(&one, "state = closed") != count(&other, "state = closed"));
	unmake(&one);
	unmake(&two);
	unmake(&other);
}
