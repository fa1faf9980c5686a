/* The inspector of definitions: one value for its page and the API. */
#ifndef REEVE_WEB_DEFINITION_PRIVATE_H
#define REEVE_WEB_DEFINITION_PRIVATE_H

#include "web/web_private.h"

/*
 * Adds to `data` how the type works: states [{name, label, group, initial, asks, tasks}], transitions [{name, label, from, to, by, needs,
 * guard, message, sets}], approvals, tasks (or null), models [{name, label, purpose, path, steps}], clocks, rules [{name, when, if, then}], findings [{message, hint, line, column}].
 */
void web_definition_add(struct work *work, const struct type *type, struct value *data);

#endif
