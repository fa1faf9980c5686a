/* Makes the demo company on an empty, opened program: the company, its files, its history, and what the marker says of it. */
#include "cli/demo_private.h"

#include "base/buffer.h"

/* People, plans and incidents of some months. */
#define DEMO_ARENA_BYTES ((size_t)512 * 1024 * 1024)

static struct error *live(struct demo *demo)
{
	TRY(demo_found(demo));
	TRY(demo_items(demo));
	TRY(demo_offerings(demo));
	TRY(demo_change_ground(demo));
	TRY(demo_make_files(demo));
	TRY(demo_live(demo));
	return demo_items_late(demo);
}

static text marker_of(const struct demo *demo, struct arena *arena, const struct demo_settings *settings)
{
	struct buffer marker;
	buffer_init(&marker, arena, 4000);
	buffer_format(&marker, "# Made by reeve demo --days %lld --seed %llu at %.*s. Who sits where:\n", (long long)settings->days,
	              (unsigned long long)settings->seed, TEXT_ARG(moment_format(arena, settings->now)));
	for (size_t i = 0; i < SEAT_COUNT; i++)
		buffer_format(&marker, "%s %.*s\n", demo_seat_names[i], TEXT_ARG(demo->people[demo->seats[i]].login));
	return buffer_peek(&marker);
}

struct error *demo_make(struct arena *arena, struct program *program, const struct demo_settings *settings, text *ret_marker)
{
	struct arena *own = arena_new(DEMO_ARENA_BYTES);
	struct demo demo = { .arena = own, .program = program, .chance = { settings->seed }, .end = settings->now };
	demo.begin = settings->now - settings->days * DAY_MS;
	demo.now = demo.begin;
	struct error *error = live(&demo);
	if (error == NULL)
		*ret_marker = text_copy(arena, marker_of(&demo, own, settings));
	else
		error = error_copy(arena, error);
	arena_free(own);
	return error;
}
