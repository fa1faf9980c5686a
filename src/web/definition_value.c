/*
 * A definition as it works, in words: states, transitions with who may take them and what they need, approvals, tasks, clocks and
 * rules. One value for the inspector's page and for the API. Names stay names; conditions are shown as they are written.
 */
#include "web/definition_private.h"

#include "base/words.h"
#include "model/condition.h"

/* ---- small parts ---- */

static void add(struct work *work, struct value *map, const char *key, text t)
{
	value_set_text(work->arena, map, text_from(key), t);
}

static text printed(struct work *work, const struct condition *condition)
{
	return condition == NULL ? TEXT_UNSET : condition_print(work->arena, condition);
}

static text with_when(struct work *work, text what, const struct condition *when)
{
	return when == NULL ? what : text_format(work->arena, "%.*s, when %.*s", TEXT_ARG(what), TEXT_ARG(printed(work, when)));
}

static text joined(struct work *work, text list, const char *between, text more)
{
	return text_is_set(list) ? text_format(work->arena, "%.*s%s%.*s", TEXT_ARG(list), between, TEXT_ARG(more)) : more;
}

static text label_of(struct work *work, const struct label *label)
{
	return label_in(label, work->language);
}

static text length_words(struct work *work, int64_t ms, int64_t working_days)
{
	if (working_days > 0)
		return text_format(work->arena, "%lld working day%s", (long long)working_days, working_days == 1 ? "" : "s");
	return duration_format(work->arena, ms);
}

static text states_words(struct work *work, const struct type *type, const uint64_t *states)
{
	text list = TEXT_UNSET;

	for (size_t i = 0; i < type->lifecycle->state_count; i++)
		if (state_in(states, i))
			list = joined(work, list, ", ", label_of(work, &type->lifecycle->states[i].label));
	return list;
}

static text roles_words(struct work *work, uint64_t roles)
{
	text list = TEXT_UNSET;

	for (size_t i = 0; i < work->model->role_count; i++)
		if ((roles >> i & 1) != 0)
			list = joined(work, list, ", ", label_of(work, &work->model->roles[i].label));
	return list;
}

static text fields_words(struct work *work, const struct type *type, const size_t *fields, size_t count, const char *between)
{
	text list = TEXT_UNSET;

	for (size_t i = 0; i < count; i++)
		list = joined(work, list, between, label_of(work, &type->fields[fields[i]].label));
	return list;
}

/* ---- transitions ---- */

static struct value *permits_value(struct work *work, const struct transition *transition)
{
	struct value *list = value_list(work->arena);

	for (size_t i = 0; i < transition->permit_count; i++) {
		const struct permit *permit = &transition->permits[i];
		text who = roles_words(work, permit->roles);

		if (permit->timer)
			who = joined(work, who, ", ", words(work->language, T("automation")));
		if (permit->approval)
			who = joined(work, who, ", ", words(work->language, T("the outcome of an approval")));
		if (permit->tasks)
			who = joined(work, who, ", ", words(work->language, T("the end of the tasks")));
		value_append(work->arena, list, value_text(work->arena, with_when(work, who, permit->when)));
	}
	return list;
}

static struct value *needs_value(struct work *work, const struct type *type, const struct transition *transition)
{
	struct value *list = value_list(work->arena);

	for (size_t i = 0; i < transition->need_count; i++) {
		const struct need *need = &transition->needs[i];
		text what = need->comment ? words(work->language, T("a comment"))
		                          : fields_words(work, type, need->fields, need->field_count, " or ");

		value_append(work->arena, list, value_text(work->arena, with_when(work, what, need->when)));
	}
	return list;
}

/* "Service → Owner" */
static text path_words(struct work *work, const struct type *type, const size_t *path, size_t count)
{
	text list = TEXT_UNSET;

	for (size_t i = 0; i < count && type != NULL; i++) {
		const struct field *field = &type->fields[path[i]];

		list = joined(work, list, " → ", label_of(work, &field->label));
		type = field->target;
	}
	return list;
}

static text setting_words(struct work *work, const struct type *type, const struct setting *setting)
{
	text name = label_of(work, &type->fields[setting->field].label), to = T("…");

	if (setting->how == SET_UNSET)
		to = words(work->language, T("nothing"));
	else if (setting->how == SET_ME)
		to = words(work->language, T("me"));
	else if (setting->how == SET_NOW)
		to = words(work->language, T("now"));
	else if (setting->how == SET_FIELD)
		to = label_of(work, &type->fields[setting->from].label);
	else if (setting->how == SET_PATH)
		to = path_words(work, type, setting->path, setting->path_count);
	else if (setting->how == SET_OTHER)
		to = T("other");
	else if (setting->how == SET_WORDS || setting->how == SET_LINK)
		to = setting->words;
	else if (setting->how == SET_VALUE && setting->value != NULL && type->fields[setting->field].kind == KIND_CHOICE)
		to = label_of(work, &type->fields[setting->field].choices[setting->value->integer].label);
	else if (setting->how == SET_VALUE && setting->value != NULL && type->fields[setting->field].kind == KIND_BOOLEAN)
		to = setting->value->integer != 0 ? words(work->language, T("yes")) : words(work->language, T("no"));
	return with_when(work, text_format(work->arena, "%.*s := %.*s", TEXT_ARG(name), TEXT_ARG(to)), setting->when);
}

static text settings_words(struct work *work, const struct type *type, const struct setting *settings, size_t count)
{
	text list = TEXT_UNSET;

	for (size_t i = 0; i < count; i++)
		list = joined(work, list, "; ", setting_words(work, type, &settings[i]));
	return list;
}

static struct value *transitions_value(struct work *work, const struct type *type)
{
	struct value *list = value_list(work->arena);

	for (size_t i = 0; i < type->lifecycle->transition_count; i++) {
		const struct transition *transition = &type->lifecycle->transitions[i];
		struct value *one = value_map(work->arena);

		add(work, one, "name", transition->name);
		add(work, one, "label", label_of(work, &transition->label));
		add(work, one, "from", states_words(work, type, transition->from));
		add(work, one, "to", label_of(work, &type->lifecycle->states[transition->to].label));
		value_set(work->arena, one, T("by"), permits_value(work, transition));
		value_set(work->arena, one, T("needs"), needs_value(work, type, transition));
		add(work, one, "guard", printed(work, transition->guard));
		add(work, one, "message", transition->guard_message);
		add(work, one, "sets", settings_words(work, type, transition->sets, transition->set_count));
		value_append(work->arena, list, one);
	}
	return list;
}

static struct value *states_value(struct work *work, const struct type *type)
{
	struct value *list = value_list(work->arena);

	for (size_t i = 0; i < type->lifecycle->state_count; i++) {
		const struct state *state = &type->lifecycle->states[i];
		struct value *one = value_map(work->arena);
		text asks = TEXT_UNSET;

		if (state->retired)
			continue;
		for (size_t j = 0; j < type->approval_count; j++)
			if (state_in(type->approvals[j].states, i))
				asks = joined(work, asks, ", ", label_of(work, &type->approvals[j].label));
		add(work, one, "name", state->name);
		add(work, one, "label", label_of(work, &state->label));
		add(work, one, "group", state_group_name(state->group));
		value_set_bool(work->arena, one, T("initial"), i == type->lifecycle->initial);
		add(work, one, "asks", asks);
		value_set_bool(work->arena, one, T("tasks"), type->tasks != NULL && state_in(type->tasks->states, i));
		value_append(work->arena, list, one);
	}
	return list;
}

/* ---- approvals, tasks ---- */

static text asked_words(struct work *work, const struct type *type, const struct asked *asked, size_t count)
{
	text list = TEXT_UNSET;

	for (size_t i = 0; i < count; i++) {
		text one = asked[i].name;

		if (asked[i].how == ASK_ROLE)
			one = label_of(work, &work->model->roles[asked[i].role].label);
		if (asked[i].how == ASK_PATH)
			one = path_words(work, type, asked[i].path, asked[i].path_count);
		list = joined(work, list, ", ", one);
	}
	return list;
}

static text quorum_words(struct work *work, const struct approval_step *step)
{
	switch (step->quorum) {
	case QUORUM_ANY:
		return words(work->language, T("any of them"));
	case QUORUM_ALL:
		return words(work->language, T("all of them"));
	case QUORUM_MAJORITY:
		return words(work->language, T("a majority"));
	case QUORUM_COUNT:
		return text_format(work->arena, "%lld", (long long)step->quorum_number);
	case QUORUM_PERCENT:
		return text_format(work->arena, "%lld %%", (long long)step->quorum_number);
	}
	return T("");
}

static text outcome_of(struct work *work, const struct type *type, ptrdiff_t transition)
{
	return transition < 0 ? TEXT_UNSET : label_of(work, &type->lifecycle->transitions[transition].label);
}

static struct value *approval_value(struct work *work, const struct type *type, const struct approval_definition *approval)
{
	struct value *one = value_map(work->arena), *steps = value_list(work->arena);

	add(work, one, "name", approval->name);
	add(work, one, "label", label_of(work, &approval->label));
	add(work, one, "in", states_words(work, type, approval->states));
	add(work, one, "when", printed(work, approval->when));
	value_set_bool(work->arena, one, T("parallel"), approval->parallel);
	for (size_t i = 0; i < approval->step_count; i++)
		value_append(work->arena, steps,
		             value_text(work->arena,
		                        with_when(work,
		                                  text_format(work->arena, "%.*s: %.*s (%.*s)", TEXT_ARG(label_of(work, &approval->steps[i].label)),
		                                              TEXT_ARG(asked_words(work, type, approval->steps[i].asked, approval->steps[i].asked_count)),
		                                              TEXT_ARG(quorum_words(work, &approval->steps[i]))),
		                                  approval->steps[i].when)));
	value_set(work->arena, one, T("steps"), steps);
	add(work, one, "not", fields_words(work, type, approval->excluded, approval->excluded_count, ", "));
	if (approval->expire_ms > 0 || approval->expire_working_days > 0)
		add(work, one, "expires", length_words(work, approval->expire_ms, approval->expire_working_days));
	add(work, one, "approved", outcome_of(work, type, approval->approved));
	add(work, one, "rejected", outcome_of(work, type, approval->rejected));
	add(work, one, "expired", outcome_of(work, type, approval->expired));
	add(work, one, "voided", outcome_of(work, type, approval->voided));
	return one;
}

static struct value *steps_value(struct work *work, const struct task_graph *graph)
{
	struct value *steps = value_list(work->arena);

	for (size_t i = 0; i < graph->step_count; i++) {
		text line = label_of(work, &graph->steps[i].label), after = TEXT_UNSET;

		for (size_t j = 0; j < graph->steps[i].after_count; j++)
			after = joined(work, after, ", ", label_of(work, &graph->steps[graph->steps[i].after[j]].label));
		if (text_is_set(after))
			line = text_format(work->arena, "%.*s (after %.*s)", TEXT_ARG(line), TEXT_ARG(after));
		value_append(work->arena, steps, value_text(work->arena, with_when(work, line, graph->steps[i].when)));
	}
	return steps;
}

static struct value *tasks_value(struct work *work, const struct type *type)
{
	struct value *tasks = value_map(work->arena);

	add(work, tasks, "in", states_words(work, type, type->tasks->states));
	add(work, tasks, "done", outcome_of(work, type, type->tasks->done));
	add(work, tasks, "failed", outcome_of(work, type, type->tasks->failed));
	value_set_bool(work->arena, tasks, T("waits"), type->tasks->waits);
	value_set(work->arena, tasks, T("steps"), steps_value(work, &type->tasks->graph));
	return tasks;
}

static struct value *models_value(struct work *work, const struct type *type)
{
	struct value *list = value_list(work->arena);

	for (size_t i = 0; i < type->work_model_count; i++) {
		const struct work_model *model = type->work_models[i];
		struct value *one = value_map(work->arena);

		add(work, one, "name", model->name);
		add(work, one, "label", label_of(work, &model->label));
		add(work, one, "purpose", model->purpose);
		add(work, one, "path", model->path);
		value_set(work->arena, one, T("steps"), steps_value(work, &model->graph));
		value_append(work->arena, list, one);
	}
	return list;
}

/* ---- clocks ---- */

static text triggers_words(struct work *work, const struct type *type, const struct clock_trigger *triggers, size_t count)
{
	text list = TEXT_UNSET;

	for (size_t i = 0; i < count; i++) {
		text one = words(work->language, T("created"));

		if (triggers[i].kind == TRIGGER_STATE)
			one = label_of(work, &type->lifecycle->states[triggers[i].index].label);
		else if (triggers[i].kind == TRIGGER_TRANSITION)
			one = label_of(work, &type->lifecycle->transitions[triggers[i].index].label);
		else if (triggers[i].kind == TRIGGER_PUBLIC_REPLY_BY_AGENT)
			one = words(work->language, T("public reply by an agent"));
		list = joined(work, list, ", ", one);
	}
	return list;
}

static struct value *clock_value(struct work *work, const struct type *type, const struct clock_definition *clock)
{
	struct value *one = value_map(work->arena), *goals = value_list(work->arena);

	add(work, one, "name", clock->name);
	add(work, one, "label", label_of(work, &clock->label));
	add(work, one, "start", triggers_words(work, type, clock->starts, clock->start_count));
	add(work, one, "stop", triggers_words(work, type, clock->stops, clock->stop_count));
	add(work, one, "pause", printed(work, clock->pause));
	for (size_t i = 0; i < clock->goal_count; i++)
		value_append(work->arena, goals,
		             value_text(work->arena, with_when(work, duration_format(work->arena, clock->goals[i].goal_ms), clock->goals[i].when)));
	value_set(work->arena, one, T("goals"), goals);
	return one;
}

/* ---- rules: as their definition writes them ---- */

static text comment_words(struct work *work, const struct rule *rule)
{
	const char *by = rule->comment_by == COMMENT_BY_REQUESTER ? " by requester" : rule->comment_by == COMMENT_BY_AGENT ? " by agent" : "";

	return text_format(work->arena, "%scomment%s", rule->comment_public_only ? "public " : "", by);
}

static text turn_words(int turn)
{
	static const char *const names[] = { "asked", "approved", "rejected", "expired", "voided", "withdrawn" };

	return turn >= 0 && turn < (int)array_length(names) ? text_from(names[turn]) : T("");
}

/* "linked caused_by <- incident, where priority = p1" */
static text linked_words(struct work *work, const struct rule *rule)
{
	text words = text_format(work->arena, "%s %.*s %s %.*s", rule->when == WHEN_LINKED ? "linked" : "unlinked",
	                         TEXT_ARG(work->model->relations[rule->index].name), rule->what == 1 ? "<-" : "->",
	                         TEXT_ARG(rule->other_type == NULL ? T("any record") : rule->other_type->name));

	if (rule->other_where == NULL)
		return words;
	return text_format(work->arena, "%.*s, where %.*s", TEXT_ARG(words), TEXT_ARG(condition_print(work->arena, rule->other_where)));
}

static text when_words(struct work *work, const struct type *type, const struct rule *rule)
{
	text what = TEXT_UNSET;

	switch (rule->when) {
	case WHEN_CREATED:
		return T("created");
	case WHEN_COMMENT:
		return comment_words(work, rule);
	case WHEN_TRANSITION:
		return text_format(work->arena, "transition %.*s", TEXT_ARG(type->lifecycle->transitions[rule->index].name));
	case WHEN_STATE:
		return text_format(work->arena, "state %.*s", TEXT_ARG(type->lifecycle->states[rule->index].name));
	case WHEN_CLOCK_WARNED:
	case WHEN_CLOCK_BREACHED:
		return text_format(work->arena, "clock %.*s %s", TEXT_ARG(type->clocks[rule->index].name),
		                   rule->when == WHEN_CLOCK_WARNED ? "warned" : "breached");
	case WHEN_APPROVAL:
		return text_format(work->arena, "approval %.*s %.*s", TEXT_ARG(type->approvals[rule->index].name), TEXT_ARG(turn_words(rule->what)));
	case WHEN_TASK:
		return rule->what == 0 ? T("task done") : T("task failed");
	case WHEN_DAILY:
		return text_format(work->arena, "every day at %02d:%02d", (int)(rule->after_ms / HOUR_MS), (int)(rule->after_ms / MINUTE_MS % 60));
	case WHEN_LINKED:
	case WHEN_UNLINKED:
		return linked_words(work, rule);
	case WHEN_CHANGED:
	case WHEN_COMES:
	case WHEN_AFTER:
	case WHEN_BEFORE:
		break;
	}
	what = type->fields[rule->index].name;
	if (rule->when == WHEN_CHANGED || rule->when == WHEN_COMES)
		return text_format(work->arena, "%.*s %s", TEXT_ARG(what),
		                   rule->when == WHEN_COMES       ? "comes" :
		                   rule->what == CHANGED_UP       ? "raised" :
		                   rule->what == CHANGED_DOWN     ? "lowered" :
		                                                    "changed");
	return text_format(work->arena, "%.*s %s %.*s", TEXT_ARG(length_words(work, rule->after_ms, rule->after_working_days)),
	                   rule->when == WHEN_AFTER ? "after" : "before", TEXT_ARG(what));
}

static text each_words(struct work *work, const struct action *action)
{
	text label = label_of(work, &action->type->label);

	if (action->each_way == EACH_OTHER)
		return text_format(work->arena, "change the %.*s at the other end of the link", TEXT_ARG(label));
	if (action->each_way == EACH_FIELD)
		return text_format(work->arena, "change each %.*s that points here", TEXT_ARG(label));
	return text_format(work->arena, "change each %.*s along %.*s %s", TEXT_ARG(label),
	                   TEXT_ARG(work->model->relations[action->each_relation].name), action->each_inverse ? "<-" : "->");
}

static text action_words(struct work *work, const struct type *type, const struct action *action)
{
	text who;

	switch (action->kind) {
	case ACTION_SET:
		return settings_words(work, type, action->sets, action->set_count);
	case ACTION_NOTIFY:
		who = fields_words(work, type, action->notify_fields, action->notify_field_count, ", ");
		if (action->notify_roles != 0)
			who = joined(work, who, ", ", roles_words(work, action->notify_roles));
		return text_format(work->arena, "notify %.*s", TEXT_ARG(who));
	case ACTION_COMMENT:
		return action->comment_public ? T("write a public comment") : T("write an internal note");
	case ACTION_TRANSITION:
		return text_format(work->arena, "take %.*s", TEXT_ARG(label_of(work, &type->lifecycle->transitions[action->transition].label)));
	case ACTION_CREATE_LINKED:
		return text_format(work->arena, "create %.*s", TEXT_ARG(label_of(work, &action->type->label)));
	case ACTION_ASSIGN:
		return T("assign to somebody of the team");
	case ACTION_WEBHOOK:
		return text_format(work->arena, "call %.*s", TEXT_ARG(action->words));
	case ACTION_REQUEST:
		return text_format(work->arena, "ask %.*s", TEXT_ARG(label_of(work, &type->approvals[action->transition].label)));
	case ACTION_EACH:
		return each_words(work, action);
	}
	return T("");
}

static struct value *rule_value(struct work *work, const struct type *type, const struct rule *rule)
{
	struct value *one = value_map(work->arena), *then = value_list(work->arena);

	add(work, one, "name", rule->name);
	add(work, one, "when", when_words(work, type, rule));
	add(work, one, "if", printed(work, rule->condition));
	for (size_t i = 0; i < rule->action_count; i++)
		value_append(work->arena, then, value_text(work->arena, action_words(work, type, &rule->actions[i])));
	value_set(work->arena, one, T("then"), then);
	return one;
}

/* ---- all ---- */

static bool is_file_of(const struct type *type, text path)
{
	bool is = text_equal(path, type->path);

	for (size_t i = 0; !is && i < type->work_model_count; i++)
		is = text_equal(path, type->work_models[i]->path);
	return is;
}

static struct value *findings_value(struct work *work, const struct type *type)
{
	struct value *list = value_list(work->arena);

	for (const struct error *finding = work->model->not_proven; finding != NULL; finding = finding->next) {
		struct value *one = value_map(work->arena);

		if (!is_file_of(type, finding->place.file))
			continue;
		add(work, one, "message", finding->message);
		add(work, one, "hint", finding->hint);
		value_set_integer(work->arena, one, T("line"), finding->place.line);
		value_set_integer(work->arena, one, T("column"), finding->place.column);
		value_append(work->arena, list, one);
	}
	return list;
}

void web_definition_add(struct work *work, const struct type *type, struct value *data)
{
	struct value *approvals = value_list(work->arena), *clocks = value_list(work->arena), *rules = value_list(work->arena);
	bool has = type->lifecycle != NULL;

	value_set(work->arena, data, T("states"), has ? states_value(work, type) : value_list(work->arena));
	value_set(work->arena, data, T("transitions"), has ? transitions_value(work, type) : value_list(work->arena));
	for (size_t i = 0; i < type->approval_count; i++)
		value_append(work->arena, approvals, approval_value(work, type, &type->approvals[i]));
	for (size_t i = 0; i < type->clock_count; i++)
		value_append(work->arena, clocks, clock_value(work, type, &type->clocks[i]));
	for (size_t i = 0; i < type->rule_count; i++)
		value_append(work->arena, rules, rule_value(work, type, &type->rules[i]));
	value_set(work->arena, data, T("approvals"), approvals);
	value_set(work->arena, data, T("tasks"), type->tasks == NULL ? value_null(work->arena) : tasks_value(work, type));
	value_set(work->arena, data, T("models"), models_value(work, type));
	value_set(work->arena, data, T("clocks"), clocks);
	value_set(work->arena, data, T("rules"), rules);
	value_set(work->arena, data, T("findings"), findings_value(work, type));
}
