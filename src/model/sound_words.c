/* Findings in words: where something stands in its file, and how a record gets there. */
#include "model/sound_private.h"

#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>

/* A path of more steps is told with its beginning and its end. */
#define PATH_STEPS_MAX 12
#define PATH_BEGIN 5

text sound_state_name(const struct sound *sound, size_t state)
{
	return sound->lifecycle->states[state].name;
}

static text turn_name(int turn)
{
	switch ((enum approval_turn)turn) {
	case APPROVAL_APPROVED:
		return T("approved");
	case APPROVAL_REJECTED:
		return T("rejected");
	case APPROVAL_EXPIRED:
		return T("expired");
	case APPROVAL_VOIDED:
		return T("voided");
	case APPROVAL_ASKED:
	case APPROVAL_WITHDRAWN:
	case APPROVAL_TURN_COUNT:
		break;
	}
	return T("asked");
}

text sound_move_words(const struct sound *sound, const struct move *move)
{
	const struct type *type = sound->type;
	text cause = TEXT_UNSET, transition = move->transition < 0 ? TEXT_UNSET : sound->lifecycle->transitions[move->transition].name;

	switch (move->kind) {
	case MOVE_RULE:
		cause = text_format(sound->arena, "rule %.*s", TEXT_ARG(type->rules[move->index].name));
		break;
	case MOVE_APPROVAL:
		cause = text_format(sound->arena, "%.*s %.*s", TEXT_ARG(type->approvals[move->index].name),
				    TEXT_ARG(turn_name(move->turn)));
		break;
	case MOVE_AT_ONCE:
		cause = text_format(sound->arena, "no approval asked");
		break;
	case MOVE_TASKS:
		cause = move->turn == 0 ? T("tasks done") : T("task failed");
		break;
	case MOVE_OTHER:
		cause = T("another record");
		break;
	case MOVE_START:
	case MOVE_PERSON:
		return transition;
	}
	if (!text_is_set(transition))
		return text_format(sound->arena, "[%.*s]", TEXT_ARG(cause));
	return text_format(sound->arena, "[%.*s] %.*s", TEXT_ARG(cause), TEXT_ARG(transition));
}

text sound_route(const struct sound *sound, const size_t *situations, const struct move *moves, size_t count)
{
	struct buffer out;

	buffer_init(&out, sound->arena, (size_t)1 << 16);
	for (size_t i = 0; i < count; i++) {
		if (i > 0 && count > PATH_STEPS_MAX && i == PATH_BEGIN) {
			buffer_format(&out, " ... (%zu steps) ...", count - 2 * PATH_BEGIN);
			i = count - PATH_BEGIN;
		}
		if (i > 0)
			buffer_format(&out, " -%.*s->", TEXT_ARG(sound_move_words(sound, &moves[i])));
		if (i == 0 || moves[i].transition >= 0)
			buffer_format(&out, "%s%.*s", i == 0 ? "" : " ",
				      TEXT_ARG(sound_state_name(sound, sound->situations[situations[i]].state)));
	}
	return buffer_peek(&out);
}

text sound_path(const struct sound *sound, size_t situation)
{
	size_t length = 0, *steps;
	struct move *moves;

	for (size_t at = situation; at != SIZE_MAX; at = sound->situations[at].parent)
		length++;
	steps = arena_new_array(sound->arena, size_t, length);
	moves = arena_new_array(sound->arena, struct move, length);
	for (size_t at = situation, i = length; at != SIZE_MAX; at = sound->situations[at].parent) {
		steps[--i] = at;
		moves[i] = sound->situations[at].how;
	}
	return sound_route(sound, steps, moves, length);
}

/* ---- places ---- */

const struct value_entry *sound_at_state(const struct sound *sound, size_t state)
{
	sound->d->file = sound->draft->lifecycle_file;
	return sound->draft->state_nodes[state];
}

const struct value_entry *sound_at_transition(const struct sound *sound, size_t transition)
{
	sound->d->file = sound->draft->lifecycle_file;
	return sound->draft->transition_nodes[transition];
}

const struct value_entry *sound_at_clock(const struct sound *sound, size_t clock)
{
	sound->d->file = sound->draft->clocks_file;
	return sound->draft->clock_nodes[clock];
}

const struct value_entry *sound_at_rule(const struct sound *sound, size_t rule)
{
	sound->d->file = sound->draft->rules_file;
	return sound->draft->rule_nodes[rule];
}

static const struct value_entry *entry_of(const struct value *map, text key)
{
	for (size_t i = 0; map != NULL && map->kind == VALUE_MAP && i < map->map.count; i++)
		if (text_equal(map->map.entries[i].key, key))
			return &map->map.entries[i];
	return NULL;
}

const struct value_entry *sound_at_approval(const struct sound *sound, size_t approval)
{
	return entry_of(define_section(sound->d, sound->draft, T("approvals")), sound->type->approvals[approval].name);
}

const struct value_entry *sound_at_key(const struct value_entry *entry, text key)
{
	const struct value_entry *inner = entry_of(entry->value, key);

	return inner == NULL ? entry : inner;
}

/* ---- not proven ---- */

void sound_not_proven(const struct sound *sound, const struct value_entry *at, const char *format, ...)
{
	struct define *d = sound->d;
	struct error *error;
	char message[400];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	error = error_new(d->arena, ERROR_DEFINITION, "not proven: %s", message);
	error = error_place(error, (struct place){ d->file->path, at->line, at->column });
	error = error_hint(d->arena, error, "the limits of the check were reached; a smaller lifecycle can be proven");
	d->model->not_proven = error_append(d->model->not_proven, error);
}
