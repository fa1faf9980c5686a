/*
 * Lifecycles as SVG. Graphviz (libgvc) decides only where things stand: it is given sizes and nameless nodes, never a text of a
 * definition, and its coordinates are read back; what is drawn is written here. So none of its renderers, fonts or escapes matter.
 * The library is not for threads, so one drawing is laid out at a time.
 */
#include "model/diagram.h"

#include "base/arena.h"
#include "base/buffer.h"

#include <dlfcn.h>
#include <graphviz/gvc.h>
#include <pthread.h>

#define SVG_BYTES ((size_t)4 * 1024 * 1024)
#define CHARACTER_WIDTH 7
#define SMALL_WIDTH 6
#define LINE_HEIGHT 15
#define MARGIN 12
#define NOTES_MAX 8
#define NOTE_HEIGHT 14

/* All transitions from one state to another. */
struct arrow {
	size_t from, to;
	size_t *transitions;
	size_t count;
	Agedge_t *edge;
};

struct diagram {
	struct arena *arena;
	const struct type *type;
	const struct lifecycle *lifecycle;
	text language;
	struct arrow *arrows;
	size_t arrow_count, arrow_capacity;
	Agraph_t *graph;
	Agnode_t **nodes, *start;
	Agedge_t *begin;
	double width, height;
	struct buffer svg;
};

/* One context for the whole program: the library never gives back all of what a context holds. NULL: not begun, or not possible. */
static pthread_mutex_t layout_lock = PTHREAD_MUTEX_INITIALIZER;
static GVC_t *layout_context;
static bool layout_begun;

/*
 * A context that knows one plugin, opened here by its path. The library's own way would read a list of plugins from a file and load
 * fonts and drawing libraries at once, some ten MB that nothing here needs.
 */
static void begin_layout(void)
{
	void *library = dlopen(GRAPHVIZ_PLUGINS "/libgvplugin_dot_layout.so.6", RTLD_NOW | RTLD_LOCAL);
	static lt_symlist_t layout_plugins[2];

	layout_begun = true;
	(void)agseterr(AGMAX); /* its words are for nobody */
	if (library == NULL)
		return;
	layout_plugins[0].name = "gvplugin_dot_layout_LTX_library";
	layout_plugins[0].address = dlsym(library, layout_plugins[0].name);
	if (layout_plugins[0].address != NULL)
		layout_context = gvContextPlugins(layout_plugins, 0);
}

/* ---- what is drawn ---- */

static void add_arrow(struct diagram *diagram, size_t from, size_t transition)
{
	size_t to = diagram->lifecycle->transitions[transition].to;
	struct arrow *arrow = NULL;

	for (size_t i = 0; i < diagram->arrow_count && arrow == NULL; i++)
		if (diagram->arrows[i].from == from && diagram->arrows[i].to == to)
			arrow = &diagram->arrows[i];
	if (arrow == NULL) {
		arena_make_room(diagram->arena, diagram->arrows, diagram->arrow_count, diagram->arrow_capacity);
		arrow = &diagram->arrows[diagram->arrow_count++];
		*arrow = (struct arrow){ .from = from, .to = to };
		arrow->transitions = arena_new_array(diagram->arena, size_t, diagram->lifecycle->transition_count);
	}
	arrow->transitions[arrow->count++] = transition;
}

static void collect_arrows(struct diagram *diagram)
{
	for (size_t i = 0; i < diagram->lifecycle->transition_count; i++)
		for (size_t state = 0; state < diagram->lifecycle->state_count; state++)
			if (state_in(diagram->lifecycle->transitions[i].from, state))
				add_arrow(diagram, state, i);
}

/* The most human of those who may take it. */
static const char *taken_by(const struct transition *transition)
{
	const char *by = "timer";

	for (size_t i = 0; i < transition->permit_count; i++) {
		if (transition->permits[i].roles != 0)
			return "person";
		if (transition->permits[i].approval)
			by = "approval";
		else if (transition->permits[i].tasks)
			by = "tasks";
	}
	return by;
}

/* What is asked or done in the state, line by line below its name. */
static size_t notes_of(const struct diagram *diagram, size_t state, text *ret_notes)
{
	size_t count = 0;

	for (size_t i = 0; i < diagram->type->approval_count && count < NOTES_MAX; i++)
		if (state_in(diagram->type->approvals[i].states, state))
			ret_notes[count++] = text_shorten(
			    diagram->arena, label_in(&diagram->type->approvals[i].label, diagram->language), 40);
	if (diagram->type->tasks != NULL && state_in(diagram->type->tasks->states, state) && count < NOTES_MAX)
		ret_notes[count++] = T("tasks");
	return count;
}

static text state_label(const struct diagram *diagram, size_t state)
{
	return text_shorten(diagram->arena, label_in(&diagram->lifecycle->states[state].label, diagram->language), 40);
}

static text arrow_label(const struct diagram *diagram, const struct arrow *arrow, size_t line)
{
	const struct transition *transition = &diagram->lifecycle->transitions[arrow->transitions[line]];

	return text_shorten(diagram->arena, label_in(&transition->label, diagram->language), 32);
}

/* ---- layout ---- */

static void set_number(void *object, char *name, double number)
{
	char value[32];

	(void)snprintf(value, sizeof(value), "%.3f", number);
	agsafeset(object, name, value, (char *)"");
}

/* An empty table takes the room that the words will take: no text, so no font is ever asked for. */
static void set_room(const struct diagram *diagram, const struct arrow *arrow)
{
	size_t length = 1;
	text table;

	for (size_t i = 0; i < arrow->count; i++)
		length = maximum(length, text_characters(arrow_label(diagram, arrow, i)));
	table = text_format(diagram->arena,
			    "<TABLE BORDER=\"0\" CELLPADDING=\"0\" CELLSPACING=\"0\" FIXEDSIZE=\"TRUE\" WIDTH=\"%zu\" HEIGHT=\"%zu\">"
			    "<TR><TD></TD></TR></TABLE>",
			    length * SMALL_WIDTH + 6, arrow->count * LINE_HEIGHT + 2);
	agset(arrow->edge, (char *)"label", agstrdup_html(diagram->graph, (char *)(uintptr_t)text_cstring(diagram->arena, table)));
}

static void set_defaults(Agraph_t *graph)
{
	struct {
		int kind;
		const char *name, *value;
	} defaults[] = {
		{ AGRAPH, "rankdir", "TB" },	{ AGRAPH, "nodesep", "0.35" },	{ AGRAPH, "ranksep", "0.45" },
		{ AGNODE, "shape", "box" },	{ AGNODE, "fixedsize", "true" }, { AGNODE, "label", "" },
		{ AGNODE, "width", "1" },	{ AGNODE, "height", "0.5" },	{ AGEDGE, "label", "" },
		{ AGEDGE, "fontsize", "11" },	{ AGEDGE, "weight", "1" },
	};

	for (size_t i = 0; i < array_length(defaults); i++)
		(void)agattr(graph, defaults[i].kind, (char *)(uintptr_t)defaults[i].name, (char *)(uintptr_t)defaults[i].value);
}

static Agnode_t *new_node(const struct diagram *diagram, size_t number)
{
	char name[32];

	(void)snprintf(name, sizeof(name), "n%zu", number);
	return agnode(diagram->graph, name, 1);
}

static void build_graph(struct diagram *diagram)
{
	size_t states = diagram->lifecycle->state_count;

	set_defaults(diagram->graph);
	diagram->nodes = arena_new_array(diagram->arena, Agnode_t *, states);
	diagram->start = new_node(diagram, states);
	set_number(diagram->start, (char *)"width", 0.2);
	set_number(diagram->start, (char *)"height", 0.2);
	for (size_t i = 0; i < states; i++) {
		text notes[NOTES_MAX];
		size_t count = notes_of(diagram, i, notes);
		size_t width = maximum(text_characters(state_label(diagram, i)), (size_t)8) * CHARACTER_WIDTH;

		for (size_t j = 0; j < count; j++)
			width = maximum(width, text_characters(notes[j]) * SMALL_WIDTH);
		diagram->nodes[i] = new_node(diagram, i);
		set_number(diagram->nodes[i], (char *)"width", (double)(width + 24) / 72);
		set_number(diagram->nodes[i], (char *)"height", (double)(32 + count * NOTE_HEIGHT) / 72);
	}
	diagram->begin = agedge(diagram->graph, diagram->start, diagram->nodes[diagram->lifecycle->initial], NULL, 1);
	for (size_t i = 0; i < diagram->arrow_count; i++) {
		struct arrow *arrow = &diagram->arrows[i];
		char name[32];

		(void)snprintf(name, sizeof(name), "e%zu", i);
		arrow->edge = agedge(diagram->graph, diagram->nodes[arrow->from], diagram->nodes[arrow->to], name, 1);
		set_room(diagram, arrow);
		/* The way to the end stands straight. */
		if (diagram->lifecycle->states[arrow->to].group == GROUP_CANCELLED)
			agsafeset(arrow->edge, (char *)"weight", (char *)"0", (char *)"1");
	}
}

/* ---- coordinates ---- */

static text attribute(void *object, const char *name)
{
	const char *value = agget(object, (char *)(uintptr_t)name);

	return value == NULL ? T("") : text_from(value);
}

/* "x,y", the height turned over. */
static bool read_point(const struct diagram *diagram, text source, double *ret_x, double *ret_y)
{
	text x;

	if (!text_cut(&source, ',', &x) || !text_to_real(x, ret_x) || !text_to_real(source, ret_y))
		return false;
	*ret_y = diagram->height - *ret_y;
	return true;
}

static bool read_size(struct diagram *diagram)
{
	text rest = attribute(diagram->graph, "bb"), part;
	double numbers[4] = { 0 };

	for (size_t i = 0; i < 4; i++)
		if (!text_cut(&rest, ',', &part) || !text_to_real(part, &numbers[i]))
			return false;
	diagram->width = numbers[2];
	diagram->height = numbers[3];
	return diagram->width > 0 && diagram->height > 0;
}

/* ---- writing ---- */

static void put_escaped(struct buffer *out, text t)
{
	for (size_t i = 0; i < t.length; i++) {
		switch (t.data[i]) {
		case '&':
			buffer_literal(out, "&amp;");
			break;
		case '<':
			buffer_literal(out, "&lt;");
			break;
		case '>':
			buffer_literal(out, "&gt;");
			break;
		case '"':
			buffer_literal(out, "&quot;");
			break;
		case '\'':
			buffer_literal(out, "&#39;");
			break;
		default:
			buffer_char(out, (unsigned char)t.data[i] < 0x20 ? ' ' : t.data[i]);
			break;
		}
	}
}

static void put_text(struct buffer *out, const char *class, double x, double y, text words)
{
	buffer_format(out, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">", class, x, y);
	put_escaped(out, words);
	buffer_literal(out, "</text>");
}

/* "e,x,y x,y x,y ...": the arrow's point first, then the spline. */
static void put_path(struct diagram *diagram, text spline, const char *head)
{
	double end_x = 0, end_y = 0, x, y;
	bool has_end = false;
	size_t points = 0;
	text point;

	buffer_literal(&diagram->svg, "<path d=\"");
	while (text_cut(&spline, ' ', &point)) {
		if (text_starts_with(point, T("e,"))) {
			has_end = read_point(diagram, text_slice(point, 2, point.length), &end_x, &end_y);
			continue;
		}
		if (text_starts_with(point, T("s,")) || !read_point(diagram, point, &x, &y))
			continue;
		buffer_format(&diagram->svg, "%s%.1f %.1f", points == 0 ? "M" : points == 1 ? " C" : " ", x, y);
		points++;
	}
	if (has_end)
		buffer_format(&diagram->svg, " L%.1f %.1f", end_x, end_y);
	buffer_format(&diagram->svg, "\" marker-end=\"url(#%s)\"/>", head);
}

static void put_arrow(struct diagram *diagram, const struct arrow *arrow)
{
	double x = 0, y = 0;
	const char *by = taken_by(&diagram->lifecycle->transitions[arrow->transitions[0]]);

	for (size_t i = 1; i < arrow->count; i++)
		if (strcmp(taken_by(&diagram->lifecycle->transitions[arrow->transitions[i]]), "person") == 0)
			by = "person";

	buffer_format(&diagram->svg, "<g class=\"edge by-%s\">", by);
	put_path(diagram, attribute(arrow->edge, "pos"), strcmp(by, "approval") == 0 ? "diagram-outcome" : "diagram-arrow");
	if (read_point(diagram, attribute(arrow->edge, "lp"), &x, &y))
		for (size_t i = 0; i < arrow->count; i++)
			put_text(&diagram->svg, "step", x,
				 y + 4 + ((double)i - (double)(arrow->count - 1) / 2) * LINE_HEIGHT, arrow_label(diagram, arrow, i));
	buffer_literal(&diagram->svg, "</g>\n");
}

static void put_state(struct diagram *diagram, size_t state)
{
	text notes[NOTES_MAX];
	size_t count = notes_of(diagram, state, notes);
	double x = 0, y = 0, width = 0, height = 0;

	if (!read_point(diagram, attribute(diagram->nodes[state], "pos"), &x, &y) ||
	    !text_to_real(attribute(diagram->nodes[state], "width"), &width) ||
	    !text_to_real(attribute(diagram->nodes[state], "height"), &height))
		return;
	width *= 72;
	height *= 72;
	buffer_format(&diagram->svg, "<g class=\"state group-%.*s%s\"><rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"6\"/>",
		      TEXT_ARG(state_group_name(diagram->lifecycle->states[state].group)),
		      state == diagram->lifecycle->initial ? " initial" : "", x - width / 2, y - height / 2, width, height);
	put_text(&diagram->svg, "name", x, y + 4 - (double)(count * NOTE_HEIGHT) / 2, state_label(diagram, state));
	for (size_t i = 0; i < count; i++)
		put_text(&diagram->svg, "note", x, y + 6 - (double)(count * NOTE_HEIGHT) / 2 + (double)((i + 1) * NOTE_HEIGHT), notes[i]);
	buffer_literal(&diagram->svg, "</g>\n");
}

static void put_head_of_arrows(struct diagram *diagram, const char *name)
{
	buffer_format(&diagram->svg,
		      "<marker id=\"%s\" class=\"%s\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" "
		      "markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path d=\"M0 0 L8 4 L0 8 z\"/></marker>",
		      name, name);
}

static void put_head(struct diagram *diagram, bool standalone)
{
	buffer_format(&diagram->svg,
		      "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"diagram\" role=\"img\" viewBox=\"%d %d %.0f %.0f\" width=\"%.0f\" "
		      "height=\"%.0f\"><title>",
		      -MARGIN, -MARGIN, diagram->width + 2 * MARGIN, diagram->height + 2 * MARGIN, diagram->width + 2 * MARGIN,
		      diagram->height + 2 * MARGIN);
	put_escaped(&diagram->svg, label_in(&diagram->type->label, diagram->language));
	buffer_literal(&diagram->svg, "</title>\n");
	if (standalone)
		buffer_literal(&diagram->svg,
			       "<style>text{font:13px system-ui,sans-serif;fill:#1b2733}.step,.note{font-size:11px}.state rect{fill:#eef3f8;"
			       "stroke:#5b7083}.group-waiting rect{fill:#fdf3d8}.group-done rect{fill:#e3f4e6}.group-closed rect,"
			       ".group-cancelled rect{fill:#e6e8ea}.edge path{fill:none;stroke:#5b7083}.by-timer path,.by-tasks path{"
			       "stroke-dasharray:4 3}.by-approval path{stroke:#8250df;stroke-width:1.5}.start,marker path{fill:#5b7083}"
			       ".diagram-outcome path{fill:#8250df}.step{paint-order:stroke;stroke:#fff;stroke-width:3px}"
			       "@media (prefers-color-scheme:dark){svg{background:#12181f}text{fill:#dde6ee}.step{stroke:#12181f}.by-approval path{stroke:#b794f4}"
			       ".diagram-outcome path{fill:#b794f4}.state rect{fill:#22303d}"
			       ".group-waiting rect{fill:#4a3d17}.group-done rect{fill:#1d4027}.group-closed rect,.group-cancelled rect{"
			       "fill:#30363d}}</style>\n");
	buffer_literal(&diagram->svg, "<defs>");
	put_head_of_arrows(diagram, "diagram-arrow");
	put_head_of_arrows(diagram, "diagram-outcome");
	buffer_literal(&diagram->svg, "</defs>\n");
}

static void write_svg(struct diagram *diagram, bool standalone)
{
	double x = 0, y = 0;

	put_head(diagram, standalone);
	for (size_t i = 0; i < diagram->arrow_count; i++)
		put_arrow(diagram, &diagram->arrows[i]);
	buffer_literal(&diagram->svg, "<g class=\"edge\">");
	put_path(diagram, attribute(diagram->begin, "pos"), "diagram-arrow");
	if (read_point(diagram, attribute(diagram->start, "pos"), &x, &y))
		buffer_format(&diagram->svg, "<circle class=\"start\" cx=\"%.1f\" cy=\"%.1f\" r=\"6\"/>", x, y);
	buffer_literal(&diagram->svg, "</g>\n");
	for (size_t i = 0; i < diagram->lifecycle->state_count; i++)
		if (!diagram->lifecycle->states[i].retired)
			put_state(diagram, i);
	buffer_literal(&diagram->svg, "</svg>\n");
}

/* ---- all of it, while nobody else is at it ---- */

static bool draw(struct diagram *diagram, bool standalone)
{
	bool good;

	if (!layout_begun)
		begin_layout();
	if (layout_context == NULL)
		return false;
	diagram->graph = agopen((char *)"lifecycle", Agdirected, NULL);
	build_graph(diagram);
	good = gvLayout(layout_context, diagram->graph, "dot") == 0;
	if (good) {
		attach_attrs(diagram->graph);
		good = read_size(diagram);
	}
	if (good)
		write_svg(diagram, standalone);
	(void)gvFreeLayout(layout_context, diagram->graph);
	(void)agclose(diagram->graph);
	return good;
}

struct error *diagram_svg(struct arena *arena, const struct type *type, text language, bool standalone, text *ret_svg)
{
	struct diagram diagram = { .arena = arena, .type = type, .lifecycle = type->lifecycle, .language = language };
	bool drawn;

	*ret_svg = TEXT_UNSET;
	if (type->lifecycle == NULL || type->lifecycle->state_count > DIAGRAM_STATES_MAX)
		return NULL;
	collect_arrows(&diagram);
	if (diagram.arrow_count > DIAGRAM_EDGES_MAX)
		return NULL;
	buffer_init(&diagram.svg, arena, SVG_BYTES);
	(void)pthread_mutex_lock(&layout_lock);
	drawn = draw(&diagram, standalone);
	(void)pthread_mutex_unlock(&layout_lock);
	return drawn ? buffer_finish(&diagram.svg, ret_svg) : NULL;
}
