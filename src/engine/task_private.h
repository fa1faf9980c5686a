/*
 * Tasks inside the engine: read and judged (task.c), made of a graph (task_make.c), released, held and counted as they and their
 * record move (task_follow.c), and what is asked of people who work on them (task_people.c).
 *
 * A record is locked before its tasks: engine_lock() does it for people, and whoever follows a task locks its record before it
 * looks at the other tasks. So of two people who finish the last two tasks at the same moment, the second sees the first one's.
 */
#ifndef REEVE_ENGINE_TASK_PRIVATE_H
#define REEVE_ENGINE_TASK_PRIVATE_H

#include "engine/answers_private.h"

/* More than this under one record is refused. */
#define TASKS_MAX 500

/* The type of tasks, or NULL when the definitions have none. */
const struct type *task_type(const struct work *work);
bool task_is(const struct type *type);
/* By the names that platform/work_task.yaml gives; -1: unknown. */
int task_state(const struct type *task, text name);
/* Whether it is done, failed, skipped or cancelled. */
bool task_is_over(const struct record *task);
bool task_has_state(const struct record *task, text name);

/* All tasks of a record, oldest first, without long texts; `open_only`: those that are not over. No rights are asked. */
must_use struct error *tasks_of(struct work *work, const struct record *parent, bool open_only, struct record ***ret_tasks,
                                size_t *ret_count);
must_use struct error *tasks_any_open(struct work *work, const struct record *parent, bool *ret_open);
/* Up to TASKS_MAX; one more means more. */
must_use struct error *tasks_count(struct work *work, const struct record *parent, int64_t *ret_count);
/* Whether everything that this task waits for is over. */
must_use struct error *task_is_free(struct work *work, const struct record *task, bool *ret_free);
/* The graph of a record: its model's, else its type's, both of the version it runs on. *ret_about is what its conditions speak of. */
must_use struct error *tasks_graph(struct work *work, struct record *parent, const struct task_graph **ret_graph,
                                   struct record **ret_about);
/* The record of a task, locked and fresh; NULL when it is gone. */
must_use struct error *task_lock_parent(struct work *work, const struct record *task, struct record **ret_parent);
/* When a task that begins now should be done, or unset. */
must_use struct error *task_due(struct work *work, struct record *parent, const struct task_step *step, moment *ret_due);

/*
 * Makes the steps of the graph that have none of these tasks; `again`: also those whose last one failed or was cancelled. *ret_open: one
 * of the new ones is not over yet.
 */
must_use struct error *tasks_make(struct work *work, struct record *parent, struct record *const *existing, size_t existing_count,
                                  bool again, bool *ret_open);

/*
 * What is linked with the record as a step's `carried_out_by` says is linked with the step's task too (task_carry.c): with those that
 * are not among `existing`.
 */
must_use struct error *tasks_carry_new(struct work *work, struct record *parent, struct record *const *existing, size_t existing_count);

/* What entering the state of its tasks means for a record that came into it without that: *ret_begun: it had no tasks (task_follow.c). */
must_use struct error *tasks_begin(struct work *work, struct record *record, bool *ret_begun);

/* ---- steps of a task that the engine takes ---- */

/* Takes a transition of that name if it leaves the task's state; the task need not be locked or complete. */
must_use struct error *task_take(struct work *work, const struct record *task, text transition, struct record *parent);

#endif
