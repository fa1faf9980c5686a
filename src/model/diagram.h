/* Lifecycles drawn: states, transitions, who takes them, approvals and tasks, as SVG without any style of its own. */
#ifndef REEVE_MODEL_DIAGRAM_H
#define REEVE_MODEL_DIAGRAM_H

#include "model/model.h"

/* Above this a drawing is no help, and its layout takes seconds: there is the table. */
#define DIAGRAM_STATES_MAX 120
#define DIAGRAM_EDGES_MAX 600

/*
 * One <svg class="diagram"> element. Classes say what things are (state, initial, group-open ..., edge, by-person, by-timer,
 * by-approval, by-tasks); the page's stylesheet, or `standalone` a <style> inside, gives them colours for light and dark. All texts
 * are escaped. *ret_svg is unset when there is nothing to draw: no lifecycle, too many states, or no layout library at work.
 */
must_use struct error *diagram_svg(struct arena *arena, const struct type *type, text language, bool standalone, text *ret_svg);

#endif
