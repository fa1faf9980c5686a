/* Reads .po files line by line, and evaluates the plural rule of their head: a C expression over n. */
#include "base/po.h"

#include "base/arena.h"
#include "base/buffer.h"
#include "base/table.h"

#define RULE_DEPTH_MAX 20

struct message {
	text forms[PO_FORMS_MAX]; /* the first is the translation of a message without plural */
	bool plural;
};

struct po {
	struct table messages;
	text rule;
	int64_t forms; /* how many the rule can choose; 0: no rule */
};

/* One entry of the file while its lines come in. */
struct entry {
	struct buffer one, many, forms[PO_FORMS_MAX];
	bool has_one, has_many, fuzzy;
	int has_forms; /* how many msgstr came, in order */
	uint32_t line;
};

struct reader {
	struct arena *arena;
	struct po *po;
	text file;
	uint32_t line;
	struct entry entry;
	struct buffer *target; /* where a continued line goes */
	bool has_head;
};

static struct error *refuse(const struct reader *reader, uint32_t line, const char *problem)
{
	return error_place(error_new(reader->arena, ERROR_DEFINITION, "%s", problem),
	                   (struct place){ reader->file, line, 1 });
}

/* The plural rule's expression, evaluated by descent; `at` moves through it. */
struct rule {
	text rest;
	int64_t n;
	bool bad;
	int depth;
};

static void skip_blanks(struct rule *rule)
{
	while (rule->rest.length > 0 && (rule->rest.data[0] == ' ' || rule->rest.data[0] == '\t'))
		rule->rest = text_slice(rule->rest, 1, rule->rest.length);
}

static bool take(struct rule *rule, text operator)
{
	skip_blanks(rule);
	if (!text_starts_with(rule->rest, operator))
		return false;
	rule->rest = text_slice(rule->rest, operator.length, rule->rest.length);
	return true;
}

static int64_t evaluate_choice(struct rule *rule);

static int64_t evaluate_operand(struct rule *rule)
{
	size_t digits = 0;
	int64_t number = 0;

	if (++rule->depth > RULE_DEPTH_MAX) {
		rule->bad = true;
	} else if (take(rule, T("!"))) {
		number = evaluate_operand(rule) == 0;
	} else if (take(rule, T("("))) {
		number = evaluate_choice(rule);
		if (!take(rule, T(")")))
			rule->bad = true;
	} else if (take(rule, T("n"))) {
		number = rule->n;
	} else {
		while (digits < rule->rest.length && rule->rest.data[digits] >= '0' && rule->rest.data[digits] <= '9')
			digits++;
		if (digits > 9 || !text_to_integer(text_slice(rule->rest, 0, digits), &number))
			rule->bad = true;
		rule->rest = text_slice(rule->rest, digits, rule->rest.length);
	}
	rule->depth--;
	return number;
}

/* The binary operators that plural rules use, loosest first; longer ones before their beginnings. */
static const struct {
	text sign;
	int level;
} operators[] = {
	{ { "||", 2 }, 0 }, { { "&&", 2 }, 1 }, { { "==", 2 }, 2 }, { { "!=", 2 }, 2 }, { { "<=", 2 }, 3 },
	{ { ">=", 2 }, 3 }, { { "<", 1 }, 3 },  { { ">", 1 }, 3 },  { { "%", 1 }, 4 },
};

#define TIGHTEST 4

static int64_t apply(struct rule *rule, size_t operator, int64_t a, int64_t b)
{
	switch (operator) {
	case 0:
		return a || b;
	case 1:
		return a && b;
	case 2:
		return a == b;
	case 3:
		return a != b;
	case 4:
		return a <= b;
	case 5:
		return a >= b;
	case 6:
		return a < b;
	case 7:
		return a > b;
	default:
		rule->bad |= b == 0;
		return b == 0 ? 0 : a % b;
	}
}

static int64_t evaluate_level(struct rule *rule, int level)
{
	int64_t left = level > TIGHTEST ? evaluate_operand(rule) : evaluate_level(rule, level + 1);
	size_t i = 0;

	while (level <= TIGHTEST && i < array_length(operators)) {
		if (operators[i].level == level && take(rule, operators[i].sign)) {
			left = apply(rule, i, left, evaluate_level(rule, level + 1));
			i = 0;
		} else {
			i++;
		}
	}
	return left;
}

/* a ? b : c */
static int64_t evaluate_choice(struct rule *rule)
{
	int64_t condition = evaluate_level(rule, 0);

	if (!take(rule, T("?")))
		return condition;
	if (++rule->depth > RULE_DEPTH_MAX) {
		rule->bad = true;
		return 0;
	}
	int64_t yes = evaluate_choice(rule);
	if (!take(rule, T(":")))
		rule->bad = true;
	int64_t no = evaluate_choice(rule);
	rule->depth--;
	return condition ? yes : no;
}

/* Which form is for n; -1 when the rule is broken. */
static int64_t choose(text rule, int64_t n)
{
	struct rule state = { .rest = rule, .n = n };
	int64_t form = evaluate_choice(&state);

	skip_blanks(&state);
	return state.bad || state.rest.length > 0 ? -1 : form;
}

/* The part between `name` and `end` in the head, or unset. */
static text head_part(text head, text name, char end)
{
	ptrdiff_t at = text_find(head, name), stop;

	if (at < 0)
		return TEXT_UNSET;
	head = text_slice(head, (size_t)at + name.length, head.length);
	stop = text_find_char(head, end);
	return text_trim(stop < 0 ? head : text_slice(head, 0, (size_t)stop));
}

static struct error *read_head(struct reader *reader, text head)
{
	struct po *po = reader->po;
	text charset = head_part(head, T("charset="), '\n'), forms = head_part(head, T("nplurals="), ';');

	reader->has_head = true;
	if (!text_equal_ignoring_case(charset, T("UTF-8")))
		return refuse(reader, reader->entry.line, "the head must say charset=UTF-8");
	if (!text_is_set(forms))
		return NULL;
	po->rule = head_part(head, T("plural="), ';');
	if (!text_to_integer(forms, &po->forms) || po->forms < 1 || po->forms > PO_FORMS_MAX)
		return refuse(reader, reader->entry.line, "nplurals must be 1 to 6");
	for (int64_t n = 0; n < 1000; n++) {
		int64_t form = choose(po->rule, n);
		if (form < 0 || form >= po->forms)
			return refuse(reader, reader->entry.line, "the plural rule is not understood, or chooses a form that is not");
	}
	return NULL;
}

/* Keeps the entry that ends here. */
static struct error *finish_entry(struct reader *reader)
{
	struct entry *entry = &reader->entry;
	struct po *po = reader->po;
	int wanted = entry->has_many ? (int)po->forms : 1;

	if (!entry->has_one && entry->has_forms == 0)
		return NULL;
	if (!entry->has_one || entry->has_forms == 0)
		return refuse(reader, entry->line, "a msgid and its msgstr belong together");
	text one = buffer_peek(&entry->one);
	if (one.length == 0)
		return read_head(reader, buffer_peek(&entry->forms[0]));
	if (!reader->has_head)
		return refuse(reader, entry->line, "the head (msgid \"\") must come first");
	if (entry->has_many && po->forms == 0)
		return refuse(reader, entry->line, "a plural needs Plural-Forms in the head");
	if (entry->has_forms != wanted)
		return refuse(reader, entry->line, "the number of msgstr is not that of the plural rule");
	if (table_get(&po->messages, one) != NULL)
		return refuse(reader, entry->line, "this msgid is there twice");
	struct message *message = arena_new_struct(reader->arena, struct message);
	message->plural = entry->has_many;
	for (int i = 0; i < wanted; i++) {
		message->forms[i] = buffer_peek(&entry->forms[i]);
		if (message->forms[i].length == 0 || entry->fuzzy)
			return NULL;
	}
	table_set(&po->messages, one, message);
	return NULL;
}

static void begin_entry(struct reader *reader)
{
	struct entry *entry = &reader->entry;

	*entry = (struct entry){ .line = reader->line };
	buffer_init(&entry->one, reader->arena, SIZE_MAX);
	buffer_init(&entry->many, reader->arena, SIZE_MAX);
	for (int i = 0; i < PO_FORMS_MAX; i++)
		buffer_init(&entry->forms[i], reader->arena, SIZE_MAX);
	reader->target = NULL;
}

/* Appends "..." with its escapes to the target. */
static struct error *read_string(struct reader *reader, text string)
{
	if (string.length < 2 || string.data[0] != '"' || string.data[string.length - 1] != '"')
		return refuse(reader, reader->line, "a text in quotes was expected");
	string = text_slice(string, 1, string.length - 1);
	for (size_t i = 0; i < string.length; i++) {
		char c = string.data[i];
		if (c == '"')
			return refuse(reader, reader->line, "a quote inside a text must be written \\\"");
		if (c == '\\') {
			static const char letters[] = "ntr\"\\", meant[] = "\n\t\r\"\\";
			const char *found = ++i < string.length ? strchr(letters, string.data[i]) : NULL;
			if (found == NULL || *found == '\0')
				return refuse(reader, reader->line, "only \\n, \\t, \\r, \\\" and \\\\ are known");
			c = meant[found - letters];
		}
		buffer_char(reader->target, c);
	}
	return NULL;
}

/* msgstr or msgstr[N], in order. */
static struct error *begin_form(struct reader *reader, text keyword)
{
	struct entry *entry = &reader->entry;
	int form = 0;

	if (entry->has_many) {
		if (keyword.length != 9 || keyword.data[6] != '[' || keyword.data[8] != ']')
			return refuse(reader, reader->line, "a plural has msgstr[0], msgstr[1] ...");
		form = keyword.data[7] - '0';
	} else if (keyword.length != 6) {
		return refuse(reader, reader->line, "a message without msgid_plural has one msgstr");
	}
	if (form != entry->has_forms || form >= PO_FORMS_MAX)
		return refuse(reader, reader->line, "the msgstr are not in order");
	entry->has_forms++;
	reader->target = &entry->forms[form];
	return NULL;
}

static struct error *read_keyword(struct reader *reader, text keyword)
{
	struct entry *entry = &reader->entry;

	if (text_equal(keyword, T("msgid"))) {
		if (entry->has_one)
			return refuse(reader, reader->line, "a msgid follows another");
		entry->has_one = true;
		entry->line = reader->line;
		reader->target = &entry->one;
		return NULL;
	}
	if (text_equal(keyword, T("msgid_plural"))) {
		if (!entry->has_one || entry->has_many || entry->has_forms > 0)
			return refuse(reader, reader->line, "msgid_plural stands between msgid and msgstr");
		entry->has_many = true;
		reader->target = &entry->many;
		return NULL;
	}
	if (text_starts_with(keyword, T("msgstr")) && entry->has_one)
		return begin_form(reader, keyword);
	return refuse(reader, reader->line, "a msgid, then perhaps msgid_plural, then msgstr was expected");
}

static struct error *read_line(struct reader *reader, text line)
{
	bool comment = text_starts_with(line, T("#")), string = text_starts_with(line, T("\""));

	/* An entry ends at a blank line, at a comment or at the next msgid. */
	if (reader->entry.has_forms > 0 && (line.length == 0 || comment || text_starts_with(line, T("msgid ")))) {
		TRY(finish_entry(reader));
		begin_entry(reader);
	}
	if (text_starts_with(line, T("#,")) && text_find(line, T("fuzzy")) >= 0)
		reader->entry.fuzzy = true;
	if (line.length == 0 || comment)
		return NULL;
	if (!string) {
		ptrdiff_t blank = text_find_char(line, ' ');
		text keyword = blank < 0 ? line : text_slice(line, 0, (size_t)blank);
		TRY(read_keyword(reader, keyword));
		line = text_trim(text_slice(line, keyword.length, line.length));
	}
	if (reader->target == NULL)
		return refuse(reader, reader->line, "a text without msgid or msgstr before it");
	return read_string(reader, line);
}

struct error *po_parse(struct arena *arena, text file, text source, struct po **ret_po)
{
	struct reader reader = { .arena = arena, .po = arena_new_struct(arena, struct po), .file = file, .line = 1 };
	text rest = source, line;

	if (!text_is_utf8(source, NULL))
		return refuse(&reader, 0, "the catalogue is not UTF-8");
	table_init(&reader.po->messages, arena);
	begin_entry(&reader);
	for (; text_cut(&rest, '\n', &line); reader.line++)
		TRY(read_line(&reader, text_trim(line)));
	TRY(finish_entry(&reader));
	*ret_po = reader.po;
	return NULL;
}

text po_find(const struct po *po, text message)
{
	const struct message *found = table_get(&po->messages, message);

	return found == NULL || found->plural ? TEXT_UNSET : found->forms[0];
}

text po_find_plural(const struct po *po, text one, int64_t n)
{
	const struct message *found = table_get(&po->messages, one);

	if (found == NULL || !found->plural)
		return TEXT_UNSET;
	int64_t form = choose(po->rule, n == INT64_MIN ? INT64_MAX : n < 0 ? -n : n);
	return form < 0 || form >= po->forms ? TEXT_UNSET : found->forms[form];
}
