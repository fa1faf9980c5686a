/*
 * Every mistake in a definition is told at its place, with its words. Each case changes one line of a small good set of
 * definitions (practice.yaml beside the shipped platform files) and names the one message it must bring.
 */
#include "gadget.h"

static const struct mistake {
	size_t line;         /* this line is replaced ... */
	const char *instead; /* ... by this; NULL: it is left out */
	uint32_t at_line, at_column; /* where it must be told */
	const char *message; /* a part of what must be said */
	const char *hint;    /* a part of the hint, or NULL */
} mistakes[] = {
	/* files and types */
	{ 1, "practise: Tests", 1, 1, "a definition has no key 'practise'", "did you mean 'practice'?" },
	{ 2, NULL, 1, 1, "a definition needs practice and purpose", NULL },
	{ 2, "purpose: [", 3, 0, "", NULL },
	{ 3, "type: { name: Gadget, number: \"GAD{000}\" }", 3, 15, "'Gadget' is not a name", "a-z" },
	{ 3, "type: { name: gadget, number: GAD-000, title: title }", 3, 31, "'GAD-000' is no number pattern", "INC{0000000}" },
	{ 3, "type: { name: gadget, title: title }", 3, 7, "gadget has neither number nor key", NULL },
	{ 3, "type: { name: user, key: title, title: title }", 3, 0, "defined twice", NULL },
	{ 3, "type: { name: gadget, number: \"GAD{000}\", title: titel }", 3, 50, "gadget has no field 'titel'", "did you mean 'title'?" },
	{ 3, "type: { name: gadget, extends: gadget, number: \"GAD{000}\", title: title }", 3, 32, "gadget extends itself", NULL },
	{ 3, "type: { name: gadget, extends: tsk, number: \"GAD{000}\", title: title }", 3, 32, "no type is named 'tsk'", "task" },
	{ 3, "typ: { name: gadget, number: \"GAD{000}\", title: title }", 4, 1, "'fields' needs a type", NULL },
	{ 3, "type: { name: gadget, key: color, title: title }", 3, 28, "the key 'color' must be a required text", NULL },
	/* fields */
	{ 5, "  Title: { kind: text }", 5, 3, "'Title' is not a name", NULL },
	{ 5, "  title: { kind: txt }", 5, 18, "no kind of field is named 'txt'", "did you mean 'text'?" },
	{ 5, "  title: { required: yes }", 5, 10, "the field 'title' has no kind", NULL },
	{ 5, "  title: { kind: text, requird: yes }", 5, 24, "a field has no key 'requird'", "did you mean 'required'?" },
	{ 5, "  title: { kind: text, required: 1 }", 5, 34, "'required' must be yes or no", NULL },
	{ 5, "  title: { kind: text, length: 0 }", 5, 32, "'length' must be a whole number from 1 to 1000", NULL },
	{ 5, "  title: { kind: text, choices: [a] }", 5, 24, "'choices' means nothing for a field of kind text", NULL },
	{ 13, "  weight: { kind: integer, writable: colour = red }", 13, 38, "gadget has no field 'colour'", "color" },
	{ 5, "  title: { kind: text, unit: EUR }", 5, 24, "'unit' means nothing for a field of kind text", NULL },
	{ 13, "  weight: { kind: integer, decimals: 2 }", 13, 28, "'decimals' means nothing for a field of kind integer", NULL },
	{ 13, "  weight: { kind: real, decimals: 10 }", 13, 35, "'decimals' must be a whole number from 0 to 9", NULL },
	{ 5, "  title: just text", 5, 10, "a field must be a map", NULL },
	{ 6, "  color: { kind: choice, choices: [red, red], default: red }", 6, 41, "the choice 'red' stands twice", NULL },
	{ 6, "  color: { kind: choice, choices: [red, green], default: blue }", 6, 58, "'blue' is no choice of color", "red, green" },
	{ 6, "  color: { kind: choice }", 6, 10, "the choice 'color' has no choices", NULL },
	{ 7, "  number: { kind: text }", 7, 3, "'number' is a field of every type", NULL },
	{ 7, "  order: { kind: text }", 7, 3, "'order' cannot be a field's name", NULL },
	{ 8, "  owner: { kind: link, to: usr }", 8, 28, "no type is named 'usr'", "user" },
	{ 8, "  owner: { kind: link }", 8, 10, "the link 'owner' names no type", NULL },
	{ 8, "  owner: { kind: link, to: task }", 8, 28, "task is abstract", NULL },
	{ 8, "  owner: { kind: link, to: user, default: anna }", 8, 43, "'owner' is a link and has no constant value", NULL },
	{ 8, "  owner: { kind: link, to: user, offer: activ = true }", 8, 41, "user has no field 'activ'", "active" },
	{ 9, "  team: { kind: link, to: team, default: me }", 9, 42, "only a link to user can be me", NULL },
	{ 13, "  weight: { kind: integer, least: 10, most: 9 }", 13, 35, "least is above most", NULL },
	{ 13, "  weight: { kind: integer, most: 9, default: 10 }", 13, 46, "'10' is no value for weight (integer)", NULL },
	{ 15, "  rank: { kind: choice, choices: [a, b], decide: { inputs: [title], rows: [[red, a]] } }", 15, 61, "the input 'title' is no choice", NULL },
	{ 15, "  rank: { kind: choice, choices: [a, b], decide: { inputs: [color], rows: [[red]] } }", 15, 76, "a row needs 2 values", NULL },
	{ 15, "  rank: { kind: choice, choices: [a, b], decide: { inputs: [color], rows: [[any, a], [red, b]] } }", 15, 86, "this row never matches: row 1", NULL },
	{ 15, "  rank: { kind: choice, choices: [a, b], decide: { inputs: [color], rows: [[any, c]] } }", 15, 82, "'c' is no choice of rank", NULL },
	/* decision tables */
	{ 15, "  rank: { kind: choice, choices: [a, b], decide: { inputs: [color], hit: unique, rows: [[any, a], [red, b]] } }", 15, 99, "this row overlaps row 1", "both take color red" },
	{ 15, "  rank: { kind: choice, choices: [a, b], decide: { inputs: [color, size], complete: yes, rows: [[red, any, a], [green, small, b]] } }", 15, 50, "no row takes color green, size large", "add a row" },
	{ 15, "  rank: { kind: choice, choices: [a, b], decide: { inputs: [weight], rows: [['< 5', a], ['>= 5', b], [7, a]] } }", 15, 102, "this row never matches: row 2", NULL },
	{ 15, "  rank: { kind: choice, choices: [a, b], decide: { inputs: [weight], complete: yes, rows: [['1..5', a], ['> 6', b]] } }", 15, 50, "no row takes weight 6", NULL },
	{ 15, "  cost: { kind: real }\n  rank: { kind: choice, choices: [a, b], decide: { inputs: [cost], complete: yes, rows: [['< 10.5', a], ['> 10.5', b]] } }", 16, 50, "no row takes cost 10.5", NULL },
	{ 15, "  cost: { kind: real }\n  rank: { kind: choice, choices: [a, b], decide: { inputs: [cost], hit: unique, rows: [['<= 10.5', a], ['>= 10.5', b]] } }", 16, 0, "this row overlaps row 1", "both take cost 10.5" },
	{ 15, "  cost: { kind: real, least: 0 }\n  rank: { kind: choice, choices: [a, b], decide: { inputs: [cost], rows: [['>= 0', a], ['> 99.5', b]] } }", 16, 0, "this row never matches", NULL },
	{ 15, "  rank: { kind: choice, choices: [a, b], decide: { inputs: [done_at], rows: [[any, a]] } }", 15, 61, "'done_at' is no choice, boolean, number, duration or link", "numbers" },
	{ 15, "  rank: { kind: choice, choices: [a, b], decide: { inputs: [weight], rows: [['> 9', a]] } }", 15, 78, "no value of weight is > 9", NULL },
	{ 15, "  rank: { kind: choice, choices: [a, b], decide: { inputs: [weight], rows: [['< many', a]] } }", 15, 78, "'many' is no value for weight", NULL },
	{ 15, "  rank: { kind: choice, choices: [a, b], decide: { inputs: [color], hit: sum, rows: [[red, a]] } }", 15, 74, "'sum' means nothing for rank (choice)", NULL },
	{ 15, "  rank: { kind: choice, choices: [a, b], decide: { inputs: [color], hit: frist, rows: [[red, a]] } }", 15, 74, "no hit policy is named 'frist'", "did you mean 'first'?" },
	{ 15, "  rank: { kind: choice, choices: [a, b], decide: { inputs: [owner.activ], rows: [[yes, a]] } }", 15, 61, "user has no field 'activ'", "active" },
	{ 15, "  rank: { kind: choice, choices: [a, b], decide: { inputs: [color.x], rows: [[yes, a]] } }", 15, 61, "'color' is no link", NULL },
	{ 15, "  rank: { kind: choice, choices: [a, b], decide: { inputs: [rank], rows: [[a, a]] } }", 15, 60, "'rank' is decided by this table", NULL },
	{ 5, "  title: { kind: text, required: yes, decide: { inputs: [rank], rows: [[a, first], [b, second]] } }", 5, 10, "'title' is decided before 'rank'", NULL },
	{ 15, "  rank: { kind: choice, choices: [a, b], decide: { inputs: [color], rows: [[red, a], [green, b], [unset, a], [any, b]] } }", 15, 110, "this row never matches: the rows before it take all", NULL },
	{ 15, "decisions: { rating: { inputs: [color], outputs: [numbr], rows: [[red, a]] } }", 15, 51, "gadget has no field 'numbr'", "number" },
	{ 15, "decisions: { rating: { inputs: [color], rows: [[red, a]] } }", 15, 14, "the decision 'rating' has no outputs", NULL },
	{ 15, "decisions: { rating: { inputs: [color], outputs: [size, weight], rows: [[red, small]] } }", 15, 73, "a row needs 3 values", NULL },
	/* schedule */
	{ 15, "schedule: { start: done_at }", 15, 11, "the schedule has no end", NULL },
	{ 15, "schedule: { start: done_at, end: title }", 15, 34, "'title' is no moment", NULL },
	{ 15, "schedule: { start: done_at, end: done_at, scope: [color] }", 15, 51, "'color' is no link", NULL },
	{ 15, "schedule: { start: done_at, end: done_at, scope: [service.label] }", 15, 51, "'label' is no link", NULL },
	{ 15, "schedule: { start: done_at, end: done_at, window_scope: [service] }", 15, 57, "no windows could speak of it", "windows" },
	{ 15, "schedule: { start: done_at, end: done_at, states: [bussy] }", 15, 52, "gadget has no state 'bussy'", "busy" },
	{ 15, "schedule: { start: done_at, end: done_at, windows: user }", 15, 52, "user has no schedule", NULL },
	{ 15, "schedule: { start: done_at, end: done_at, found: color }", 15, 50, "'color' cannot hold what was found", NULL },
	{ 15, "schedule: { start: done_at, end: done_at, publish: color = red }", 15, 52, "nothing is published", NULL },
	/* lifecycle */
	{ 19, "    busy: { group: opened }", 19, 20, "no group of states is named 'opened'", "open" },
	{ 19, "    busy: { label: Busy }", 19, 5, "the state 'busy' has no group", NULL },
	{ 22, "    begin: { from: fresh, to: bussy, needs: [owner], by: agent }", 22, 31, "gadget has no state 'bussy'", "busy" },
	{ 22, "    begin: { from: fresh, to: busy, needs: [ownr], by: agent }", 22, 45, "gadget has no field 'ownr'", "owner" },
	{ 22, "    begin: { from: fresh, to: busy, needs: [owner], by: agnt }", 22, 57, "no role is named 'agnt'", "agent" },
	{ 22, "    begin: { from: fresh, to: busy, by: agent, guard: \"owner is st\" }", 22, 65, "", NULL },
	{ 22, "    begin: { from: fresh, to: busy, by: agent, set: { color: blue } }", 22, 62, "'blue' is no choice of color", NULL },
	{ 22, "    begin: { from: fresh, to: busy, by: agent, set: { title: unset } }", 22, 62, "'title' is required and cannot be unset", NULL },
	{ 22, "    begin: { from: fresh, to: busy, by: agent, set: { reason: { from: story } } }", 22, 71, "'story' does not fit into 'reason'", NULL },
	{ 22, "    begin: { from: fresh, by: agent }", 22, 5, "needs from and to", NULL },
	{ 22, "    begin: { from: fresh, to: busy, needs: [{ comment: loud }], by: agent }", 22, 56, "a comment is public or internal", NULL },
	/* clocks */
	{ 25, "  answer: { start: created, stop: [state don] }", 25, 36, "gadget has no state 'don'", "done" },
	{ 25, "  answer: { start: birth, stop: [state done] }", 25, 20, "'birth' is nothing that a clock waits for", "created" },
	{ 25, "  answer: { start: created, stop: [state done], goals: [{ goal: soon }] }", 25, 65, "'soon' is no length of time", NULL },
	{ 25, "  answer: { start: created, stop: [state done], goals: [{ goal: 4h }, { when: color = red, goal: 2h }] }", 25, 71, "this goal is never taken", NULL },
	{ 25, "  answer: { start: created, stop: [state done], goals: [{ when: color = blue, goal: 4h }] }", 25, 73, "", NULL },
	{ 25, "  answer: { start: created, stop: [state done], calendar: owner }", 25, 59, "'owner' is no link to something with a calendar", NULL },
	{ 25, "  answer: { start: created, stop: [state done], warn: [75, 50] }", 25, 60, "warnings are rising percentages", NULL },
	/* rights */
	{ 28, "  requestr: { read: always }", 28, 3, "no role is named 'requestr'", "requester" },
	{ 28, "  requester: { reed: always }", 28, 16, "has no key 'reed'", "read" },
	{ 28, "  requester: [reed]", 28, 15, "no right is named 'reed'", "read" },
	{ 28, "  requester: { read: ownr = me }", 28, 22, "gadget has no field 'ownr'", "owner" },
	{ 28, "  requester: { read: always, hide: [title] }", 28, 36, "'title' cannot be hidden", NULL },
	{ 28, "  requester: { read: always, write: [title] }", 28, 37, "neither create nor update", NULL },
	{ 28, "  requester: { read: always, update: always, write: [done_at] }", 28, 53, "'done_at' is set by the system only", NULL },
	{ 28, "  requester: { read: always, update: [{ when: owner = me, fields: [title], but: [color] }] }", 28, 39, "and both keys", NULL },
	{ 28, "  requester: { read: always, update: [{ when: owner = me, but: [titl] }] }", 28, 65, "gadget has no field 'titl'", "title" },
	{ 28, "  requester: { create: always, read: always, write: { but: [titl] } }", 28, 61, "gadget has no field 'titl'", "title" },
	{ 28, "  requester: { create: owner = me }", 28, 24, "create takes no condition", NULL },
	{ 28, "  requester: { read: '\"printer jam\"' }", 28, 0, "", NULL },
	/* automation */
	{ 30, "  tidy: { when: someday, then: [transition: finish] }", 30, 17, "'someday' is nothing that happens", NULL },
	{ 30, "  tidy: { when: title raised, then: [transition: finish] }", 30, 17, "'title' has no order", "changed" },
	{ 30, "  tidy: { when: 5 moons after created_at, then: [transition: finish] }", 30, 17, "'5 moons' is no length of time", NULL },
	{ 30, "  tidy: { when: 4h after color, then: [transition: finish] }", 30, 17, "'color' is no moment", NULL },
	{ 30, "  tidy: { when: clock answr breached, then: [transition: finish] }", 30, 17, "gadget has no clock 'answr'", "answer" },
	{ 30, "  tidy: { when: created, then: [transition: finnish] }", 30, 45, "gadget has no transition 'finnish'", "finish" },
	{ 30, "  tidy: { when: created }", 30, 3, "the rule 'tidy' does nothing", NULL },
	{ 30, "  tidy: { when: created, then: [{ create: gadget, relation: follws }] }", 30, 3, "no relation is named 'follws'", NULL },
	{ 31, "  tell: { when: created, then: [{ notify: [color], words: hello }] }", 31, 43, "'color' is no link to people or a team", NULL },
	{ 31, "  tell: { when: created, then: [{ notify: [owner], words: \"{numbr}\" }] }", 31, 59, "gadget has no field 'numbr'", "number" },
	{ 30, "  tidy: { when: title raised, then: [transition: finish] }", 30, 17, "'title' has no order", "changed" },
	{ 30, "  tidy: { when: 5 moons before created_at, then: [transition: finish] }", 30, 17, "'5 moons' is no length of time", "2 days" },
	{ 30, "  tidy: { when: 2 days before color, then: [transition: finish] }", 30, 17, "'color' is no moment", NULL },
	{ 30, "  tidy: { when: every day, if: state = busy, then: [transition: finish] }", 30, 17, "'every day' names no time of the day", "every day at 07:00" },
	{ 30, "  tidy: { when: every day at 24:00, if: state = busy, then: [transition: finish] }", 30, 17, "names no time of the day", NULL },
	{ 30, "  tidy: { when: every day at 07:00, if: color = red, then: [transition: finish] }", 30, 3, "the rule 'tidy' runs every day and would look at all records in 'done'", "state" },
	{ 30, "  tidy: { when: every day at 07:00, then: [transition: finish] }", 30, 3, "would look at all records in 'done'", NULL },
	{ 30, "  tidy: { when: approval cab rejected, then: [transition: finish] }", 30, 17, "gadget has no approval 'cab'", NULL },
	{ 30, "  tidy: { when: approval cab rejectd, then: [transition: finish] }", 30, 17, "not 'rejectd'", "did you mean 'rejected'?" },
	{ 30, "  tidy: { when: linked caused_bi -> gadget, then: [transition: finish] }", 30, 17, "no relation is named 'caused_bi'", "did you mean 'caused_by'?" },
	{ 30, "  tidy: { when: linked caused_by -> gadgt, then: [transition: finish] }", 30, 17, "no type is named 'gadgt'", "gadget" },
	{ 30, "  tidy: { when: unlinked caused_by <- user, then: [transition: finish] }", 30, 17, "no 'caused_by' leads from a user", NULL },
	{ 30, "  tidy: { when: linked caused_by -> task, then: [transition: finish] }", 30, 17, "no 'caused_by' leads to a task", NULL },
	{ 30, "  tidy: { when: linked caused_by, where: state = busy, then: [transition: finish] }", 30, 42, "say of which type the other record is", "RELATION -> TYPE" },
	{ 30, "  tidy: { when: linked caused_by -> gadget, where: stat = busy, then: [transition: finish] }", 30, 52, "gadget has no field 'stat'", "state" },
	{ 30, "  tidy: { when: created, where: state = busy, then: [transition: finish] }", 30, 33, "where is for rules that wait for a link", "write it under if" },
	{ 30, "  tidy: { when: created, then: [{ each: gadget.owner, of: color, transition: finish }] }", 30, 59, "'color' is no link", "a link" },
	{ 30, "  tidy: { when: created, then: [{ each: gadget.owner, of: team, transition: finish }] }", 30, 41, "'gadget.owner' leads to no team", NULL },
	{ 30, "  tidy: { when: created, then: [{ each: caused_by <- gadget, of: owner, transition: finish }] }", 30, 66, "of says whom the field", "TYPE.FIELD" },
	{ 30, "  tidy: { when: created, then: [{ each: other, transition: finish }] }", 30, 41, "only a rule that waits for a link has an other record", "linked" },
	{ 30, "  tidy: { when: linked caused_by, then: [{ each: other, transition: finish }] }", 30, 50, "say of which type the other record is", NULL },
	{ 30, "  tidy: { when: linked caused_by -> gadget, then: [{ each: other, transition: finnish }] }", 30, 79, "gadget has no transition 'finnish'", "finish" },
	{ 30, "  tidy: { when: created, then: [{ each: caused_by <-, transition: finish }] }", 30, 41, "say of which type they are", "RELATION -> TYPE" },
	{ 30, "  tidy: { when: created, then: [{ each: caused_by <- gadget, all: colour = red, transition: finish }] }", 30, 67, "gadget has no field 'colour'", "color" },
	{ 30, "  tidy: { when: linked caused_by -> gadget, then: [{ each: other, all: color = red, transition: finish }] }", 30, 72, "all asks those that are linked", NULL },
	{ 30, "  tidy: { when: linked caused_by -> gadget, then: [{ set: { owner: { from: other } } }] }", 30, 76, "'owner' is no link to a gadget", NULL },
	{ 30, "  tidy: { when: linked caused_by -> gadget, then: [{ set: { owner: { from: other.title } } }] }", 30, 76, "'title' does not fit into 'owner'", NULL },
	{ 30, "  tidy: { when: linked caused_by -> gadget, then: [{ comment: \"{other.title}\" }] }", 30, 0, "whoever reads a comment may not be allowed to read", "{other}" },
	{ 31, "  tell: { when: created, then: [{ notify: [owner], words: \"{other}\" }] }", 31, 59, "gadget has no field 'other'", NULL },
	{ 31, "  tell: { when: linked caused_by -> gadget, then: [{ notify: [owner], words: \"{other.titl}\" }] }", 31, 0, "gadget has no field 'titl'", "title" },
	{ 30, "  tidy: { when: task ended, then: [transition: finish] }", 30, 17, "a task is done or failed, not 'ended'", NULL },
	{ 31, "  tell: { when: created, then: [{ assign: round_robbin }] }", 31, 43, "not 'round_robbin'", "did you mean 'round_robin'?" },
	{ 31, "  tell: { when: created, then: [{ assign: round_robin }] }", 31, 43, "gadget has no team and assignee", NULL },
	{ 31, "  tell: { when: created, then: [{ request: cab }] }", 31, 44, "gadget has no approval 'cab'", NULL },
	{ 31, "  tell: { when: created, then: [{ webhook: desk, fields: [titel] }] }", 31, 59, "gadget has no field 'titel'", "title" },
	{ 31, "  tell: { when: created, then: [{ set: { team: { from: service.tema } } }] }", 31, 56, "service has no field 'tema'", "team" },
	{ 31, "  tell: { when: created, then: [{ set: { team: { from: title.team } } }] }", 31, 56, "'title' is no link", "service.team" },
	{ 31, "  tell: { when: created, then: [{ set: { team: { from: service.owner } } }] }", 31, 56, "'owner' does not fit into 'team'", NULL },
	{ 31, "  tell: { when: owner changed, unless: titel changed, then: [set: { reason: x }] }", 31, 40, "gadget has no field 'titel'", "title" },
	{ 31, "  tell: { when: owner changed, unless: rule tidi, then: [set: { reason: x }] }", 31, 3, "gadget has no rule 'tidi'", NULL },
	{ 31, "  tell: { when: owner changed, unless: someday, then: [set: { reason: x }] }", 31, 40, "'someday' is nothing that goes with a change", "FIELD changed" },
	{ 31, "  tell: { when: 4h after created_at, unless: title changed, then: [set: { reason: x }] }", 31, 46, "unless is for rules that wait for a change", NULL },
	{ 31, "  tell: { when: owner changed, then: [set: { owner: { member of: service } }] }", 31, 66, "'service' is no link to a team", NULL },
	{ 31, "  tell: { when: owner changed, then: [set: { title: { member of: team } }] }", 31, 66, "'title' is no link to a person", NULL },
	{ 35, "  create: { begins: { titel: unset }, Gadget: [title] }", 35, 23, "gadget has no field 'titel'", "title" },
	{ 35, "  create: { begins: { color: blue }, Gadget: [title] }", 35, 30, "'blue' is no choice of color", NULL },
	/* views and forms */
	{ 33, "  mine: { roles: [agent], columns: [numbr] }", 33, 37, "gadget has no field 'numbr'", "number" },
	{ 33, "  mine: { roles: [agent], columns: [story] }", 33, 36, "'story' is prose", NULL },
	{ 33, "  mine: { columns: [title] }", 33, 3, "nobody sees the view 'mine'", NULL },
	{ 33, "  mine: { roles: [agent], columns: [title], sort: story }", 33, 51, "lists are never sorted by story", NULL },
	{ 35, "  create: { Gadget: [title, title] }", 35, 29, "'title' stands twice", NULL },
	{ 35, "  edit: { Gadget: [title] }", 35, 3, "forms has no key 'edit'", NULL },
};

TEST(a_good_practice_has_no_mistakes)
{
	struct arena *arena = arena_new((size_t)1 << 24);
	struct model *model = NULL;
	struct error *error = gadget_parse(arena, gadget_with(arena, 0, NULL), &model);

	shipped_show(error);
	assert_null(error);
	model_free(model);
	arena_free(arena);
}

TEST(each_mistake_is_told_at_its_place)
{
	int failures = 0;

	for (size_t i = 0; i < array_length(mistakes); i++) {
		const struct mistake *mistake = &mistakes[i];
		struct arena *arena = arena_new((size_t)1 << 24);
		struct model *model = NULL;
		struct error *error = gadget_parse(arena, gadget_with(arena, mistake->line, mistake->instead), &model);

		failures += mistake_missing(error, i, mistake->instead, (struct mistake_place){ TEXT_UNSET, mistake->at_line, mistake->at_column,
		                            mistake->message, mistake->hint });
		model_free(model);
		arena_free(arena);
	}
	assert_int_equal(failures, 0);
}

TEST(several_mistakes_are_told_at_once)
{
	struct arena *arena = arena_new((size_t)1 << 24);
	text source = text_format(arena, "%.*s%s", TEXT_ARG(gadget_with(arena, 5, "  title: { kind: txt }")), "colour: x\n");
	struct model *model = NULL;
	struct error *error = gadget_parse(arena, source, &model);
	size_t count = 0;

	for (struct error *one = error; one != NULL; one = one->next)
		count++;
	assert_true(count >= 2);
	arena_free(arena);
}
