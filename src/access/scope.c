/*
 * The rules of reading as words of the search index. A branch such as `requester = me` becomes the word "incident.requester.42" of
 * the record, and the words that user 42 may look for; a branch that only looks at the record (`restricted != true`) becomes
 * a word that stands for the branch. So limits and counts of a search hold for what the caller may see, without leaks.
 * A branch of another form (paths, both kinds in one) has no word: through it nothing is found by words.
 */
#include "access/access_private.h"

struct word_list {
	struct work *work;
	text *items;
	size_t count, capacity;
};

static void add_word(struct word_list *list, text word)
{
	for (size_t i = 0; i < list->count; i++)
		if (text_equal(list->items[i], word))
			return;
	arena_make_room(list->work->arena, list->items, list->count, list->capacity);
	list->items[list->count++] = word;
}

static text id_word(struct work *work, const struct type *type, const struct field *field, int64_t id)
{
	return text_format(work->arena, "%.*s.%.*s.%lld", TEXT_ARG(type->name), TEXT_ARG(field->name), (long long)id);
}

static text constant_word(struct work *work, const struct type *type, const struct condition *branch)
{
	uint64_t hash = text_hash(condition_print(work->arena, branch));

	return text_format(work->arena, "%.*s.c.%016llx", TEXT_ARG(type->name), (unsigned long long)hash);
}

static struct error *add_record_branch(struct word_list *list, struct record *record, const struct condition *branch)
{
	struct work *work = list->work;
	struct condition_context context;
	const struct field *field;
	bool teams, holds;
	int64_t *ids;
	size_t count;

	if (condition_is_scope(branch, &field, &teams)) {
		if (field->kind == KIND_LINKS) {
			TRY(record_links(work, record, field, &ids, &count));
			for (size_t i = 0; i < count; i++)
				add_word(list, id_word(work, record->type, field, ids[i]));
		} else if (record_id_of(record, (ptrdiff_t)field->position) != 0) {
			add_word(list, id_word(work, record->type, field, record_id_of(record, (ptrdiff_t)field->position)));
		}
		return NULL;
	}
	if (!condition_is_constant(branch))
		return NULL;
	access_rule_context(work, &context);
	TRY(condition_holds(branch, record, &context, &holds));
	if (holds)
		add_word(list, constant_word(work, record->type, branch));
	return NULL;
}

struct error *access_record_scopes(struct work *work, struct record *record, text **ret_words, size_t *ret_count)
{
	struct word_list list = { .work = work };

	for (size_t i = 0; i < record->type->grant_count; i++) {
		const struct grant *grant = &record->type->grants[i];
		for (size_t b = 0; grant->right == RIGHT_READ && b < grant->branch_count; b++)
			TRY(add_record_branch(&list, record, grant->branches[b]));
	}
	*ret_words = list.items;
	*ret_count = list.count;
	return NULL;
}

/*
 * Internal text is searched only by who may read all of it: notes on every record of the type, and each searched field that
 * is kept out of the public part.
 */
static bool may_search_internal(struct work *work, const struct type *type)
{
	struct rights_rule notes;
	bool has_notes = false;

	for (size_t i = 0; i < type->grant_count; i++)
		has_notes = has_notes || type->grants[i].right == RIGHT_NOTE;
	rights_rule(work, RIGHT_NOTE, type, &notes);
	if (has_notes && !notes.everything)
		return false;
	for (size_t i = 0; i < type->field_count; i++)
		if (type->fields[i].searched && !access_field_readable(work, type, &type->fields[i]))
			return false;
	return true;
}

struct error *access_actor_scopes(struct work *work, const struct type *type, text **ret_words, size_t *ret_count,
                                  bool *ret_everything, bool *ret_internal)
{
	struct word_list list = { .work = work };
	struct rights_rule rule;
	const struct field *field;
	bool teams;

	rights_rule(work, RIGHT_READ, type, &rule);
	for (size_t b = 0; b < rule.branch_count; b++) {
		const struct condition *branch = rule.branches[b];
		if (condition_is_scope(branch, &field, &teams)) {
			for (size_t t = 0; teams && t < work->actor->team_count; t++)
				add_word(&list, id_word(work, type, field, work->actor->teams[t]));
			if (!teams)
				add_word(&list, id_word(work, type, field, work->actor->id));
		} else if (condition_is_constant(branch)) {
			add_word(&list, constant_word(work, type, branch));
		}
	}
	*ret_words = list.items;
	*ret_count = list.count;
	*ret_everything = rule.everything;
	*ret_internal = may_search_internal(work, type);
	return NULL;
}
