/* The check of one type: its situations are found once, and every question is asked of them. */
#include "model/sound_private.h"

/* A check needs some MB for a thousand states; it goes with the check. */
#define SOUND_BYTES ((size_t)256 * 1024 * 1024)

/* A state or transition that is dead makes much around it look wrong: only that is told then. */
static bool is_whole(const struct sound *sound)
{
	for (size_t i = 0; i < sound->lifecycle->state_count; i++)
		if (!sound->reached[i] && !sound->lifecycle->states[i].retired)
			return false;
	for (size_t i = 0; i < sound->lifecycle->transition_count; i++)
		if (!sound->taken[i])
			return false;
	return true;
}

static void check(struct sound *sound)
{
	sound_check_fields(sound);
	sound_check_shown(sound);
	if (sound->lifecycle == NULL || sound->lifecycle->transitions == NULL)
		return;
	sound_check_approvals(sound);
	sound_explore(sound);
	if (!sound->unproven) {
		sound_check_transitions(sound);
		sound_check_asked(sound);
		sound_check_segregation(sound);
	}
	sound_check_net(sound);
	if (sound->unproven || !is_whole(sound))
		return;
	sound_check_conditions(sound);
	sound_check_tasks(sound);
	sound_check_clocks(sound);
	sound_check_rules(sound);
	sound_check_others(sound);
}

void define_sound(struct define *d, struct draft *draft)
{
	struct sound sound = { .d = d, .draft = draft, .type = draft->type, .lifecycle = draft->type->lifecycle };

	if (draft->type->abstract)
		return;
	sound.arena = arena_new(SOUND_BYTES);
	logic_init(&sound.logic, sound.arena, d->model, draft->type);
	check(&sound);
	arena_free(sound.arena);
}
