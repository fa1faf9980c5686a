/*
 * What a step sets of the fields that belong to a situation. Who takes a step is nobody in particular; but of two people whom only
 * steps set it is known whether they are the same: whoever is set to `me` is the one who was `me` in what the step demanded.
 */
#include "model/sound_private.h"

ptrdiff_t sound_tracked_of(const struct sound *sound, size_t field)
{
	for (size_t i = 0; i < sound->tracked_count; i++)
		if (sound->tracked_fields[i] == field)
			return (ptrdiff_t)i;
	return -1;
}

void step_demand(struct step_of *step, const struct condition *condition, bool holds)
{
	if (condition != NULL && step->claim_count < SOUND_CLAIMS_MAX)
		step->claims[step->claim_count++] = (struct claim){ condition, holds, step->facts };
}

static bool is_unset(const struct sound *sound, const struct step_of *step, size_t at)
{
	return step->after.values[at] == sound->tracked_values[at] - 1;
}

static uint8_t value_of_setting(struct sound *sound, const struct step_of *step, size_t at, const struct setting *setting)
{
	size_t value = sound->tracked_values[at] - 1;

	if (setting->how == SET_UNSET || (setting->how == SET_VALUE && setting->value == NULL))
		return (uint8_t)value;
	if (setting->how == SET_FIELD) /* of people: those who are copied are tracked too */
		return step->before[sound_tracked_of(sound, setting->from)];
	if (setting->how != SET_VALUE || !logic_value(&sound->logic, setting->field, setting->value, &value))
		value = 0; /* of a moment and a person is only known that they are set */
	return (uint8_t)value;
}

/* The settings that are still to be made, and what comes then. */
struct setting_up {
	const struct setting *settings;
	size_t count;
	void (*then)(struct sound *sound, const struct step_of *step, void *data);
	void *data;
};

static void go_on(struct sound *sound, const struct step_of *step, const struct setting_up *up);

static size_t other_of_pair(const struct sound *sound, size_t pair, size_t person)
{
	const size_t *people = sound->pairs[pair].people;

	if (!sound->pairs[pair].is_pair || (people[0] != person && people[1] != person))
		return SIZE_MAX;
	return people[0] == person ? people[1] : people[0];
}

/* From the pair `pair` on: how the person that was set stands to each of the others. */
static void relate(struct sound *sound, const struct step_of *step, size_t person, size_t pair, const struct setting_up *up)
{
	struct step_of next = *step;
	size_t other = SIZE_MAX;

	for (; pair < sound->tracked_count; pair++) {
		other = other_of_pair(sound, pair, person);
		if (other == SIZE_MAX)
			continue;
		if ((next.is_me >> other & 1) != 0 && (next.is_me >> person & 1) != 0) {
			next.after.values[pair] = PAIR_SAME;
		} else if (is_unset(sound, &next, other) || is_unset(sound, &next, person) || (next.is_new >> other & 1) != 0 ||
			   (next.is_me >> person & 1) == 0) {
			next.after.values[pair] = FACT_UNKNOWN;
		} else {
			struct step_of differs = next;

			step_demand(&differs, sound->is_me[other], false);
			differs.after.values[pair] = PAIR_OTHER;
			relate(sound, &differs, person, pair + 1, up);
			step_demand(&next, sound->is_me[other], true);
			next.after.values[pair] = PAIR_SAME;
		}
	}
	go_on(sound, &next, up);
}

/* A copy of whom `from` named before stands to all others as that one did. */
static void copy_person(const struct sound *sound, struct step_of *step, size_t person, size_t from)
{
	for (size_t pair = 0; pair < sound->tracked_count; pair++) {
		size_t other = other_of_pair(sound, pair, person);

		if (other == SIZE_MAX)
			continue;
		step->after.values[pair] = FACT_UNKNOWN;
		if ((step->is_new >> other & 1) != 0 || step->before[from] == sound->tracked_values[from] - 1)
			continue;
		if (other == from)
			step->after.values[pair] = PAIR_SAME;
		for (size_t i = 0; other != from && i < sound->tracked_count; i++)
			if (other_of_pair(sound, i, from) == other)
				step->after.values[pair] = step->before[i];
	}
}

static void set_tracked(struct sound *sound, struct step_of *step, size_t at, const struct setting *setting,
			const struct setting_up *up)
{
	uint32_t bit = UINT32_C(1) << at;

	step->after.values[at] = value_of_setting(sound, step, at, setting);
	if (sound->is_me[at] == NULL) {
		go_on(sound, step, up);
		return;
	}
	step->is_new |= bit;
	step->is_me = setting->how == SET_ME ? step->is_me | bit : step->is_me & ~bit;
	if (setting->how == SET_FIELD) {
		copy_person(sound, step, at, (size_t)sound_tracked_of(sound, setting->from));
		go_on(sound, step, up);
	} else {
		relate(sound, step, at, 0, up);
	}
}

/* All are made of what was before the first of them. */
static void go_on(struct sound *sound, const struct step_of *step, const struct setting_up *up)
{
	for (size_t i = 0; i < up->count; i++) {
		const struct setting *setting = &up->settings[i];
		ptrdiff_t at = sound_tracked_of(sound, setting->field);
		struct setting_up rest = { setting + 1, up->count - i - 1, up->then, up->data };
		struct step_of next = *step;

		if (at < 0)
			continue;
		if (setting->when != NULL) {
			step_demand(&next, setting->when, false);
			go_on(sound, &next, &rest);
			next = *step;
			step_demand(&next, setting->when, true);
		}
		set_tracked(sound, &next, (size_t)at, setting, &rest);
		return;
	}
	up->then(sound, step, up->data);
}

void sound_apply(struct sound *sound, const struct step_of *step, const struct setting *settings, size_t count,
		 void (*then)(struct sound *sound, const struct step_of *step, void *data), void *data)
{
	struct step_of next = *step;

	memcpy(next.before, step->after.values, sizeof(next.before));
	next.is_me = next.is_new = 0;
	go_on(sound, &next, &(struct setting_up){ settings, count, then, data });
}
