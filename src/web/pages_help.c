/* Help: the guides that are embedded in the program, read where they are needed. Nothing is fetched from elsewhere. */
#include "web/pages_portal_private.h"

#include "base/words.h"

/* Folders of docs/ in which a name is looked for, and for whom they are listed. */
static const struct {
	const char *folder, *label;
	bool staff;
} shelves[] = {
	{ "help/", "For everybody", false },
	{ "guides/", "How Reeve works", true },
	{ "practices/", "Practices", true },
	{ "", "Definitions and data", true },
	{ "man/", "Commands", true },
};

/* The first heading; man pages begin with "% NAME". */
static text help_title(const struct embedded_file *file)
{
	text rest = embedded_text(file), line;

	while (text_cut(&rest, '\n', &line))
		if (text_starts_with(line, T("# ")) || text_starts_with(line, T("% ")))
			return text_trim(text_slice(line, 2, line.length));
	return text_from(file->path);
}

static bool is_on_shelf(text path, text folder)
{
	return text_starts_with(path, folder) && text_ends_with(path, T(".md")) &&
	       text_find_char(text_slice(path, folder.length, path.length), '/') < 0;
}

static struct value *shelf(struct work *work, size_t index)
{
	struct value *value = value_map(work->arena), *links = value_list(work->arena);
	text folder = text_from(shelves[index].folder);

	for (const struct embedded_file *file = embedded_docs; file->path != NULL; file++) {
		text path = text_from(file->path);
		if (!is_on_shelf(path, folder))
			continue;
		struct value *link = value_map(work->arena);
		value_set_text(work->arena, link, T("href"), text_format(work->arena, "/help/%.*s", (int)(path.length - 3), path.data));
		value_set_text(work->arena, link, T("label"), help_title(file));
		value_append(work->arena, links, link);
	}
	value_set_text(work->arena, value, T("label"), words(work->language, text_from(shelves[index].label)));
	value_set(work->arena, value, T("links"), links);
	return value;
}

struct error *help_render(struct work *work, struct web_request *request unused, struct page *page)
{
	struct value *list = value_list(work->arena);

	page->template = is_staff(work) ? T("help") : T("help_portal");
	page->data = value_map(work->arena);
	for (size_t i = 0; i < array_length(shelves); i++)
		if (!shelves[i].staff || is_staff(work)) {
			struct value *one = shelf(work, i);
			if (value_count(value_get(one, T("links"))) > 0)
				value_append(work->arena, list, one);
		}
	value_set_text(work->arena, page->data, T("title"), words(work->language, T("Help")));
	value_set(work->arena, page->data, T("shelves"), list);
	return NULL;
}

static const struct embedded_file *find_page(struct work *work, text name)
{
	if (text_ends_with(name, T(".md")))
		name = text_slice(name, 0, name.length - 3);
	for (size_t i = 0; i < array_length(shelves); i++) {
		const struct embedded_file *file =
			embedded_find(embedded_docs, text_format(work->arena, "%s%.*s.md", shelves[i].folder, TEXT_ARG(name)));
		if (file != NULL)
			return file;
	}
	return embedded_find(embedded_docs, text_format(work->arena, "%.*s.md", TEXT_ARG(name)));
}

struct error *help_page_render(struct work *work, struct web_request *request, struct page *page)
{
	text name = request_parameter(request, T("page")), folder = request_parameter(request, T("folder"));

	if (text_is_set(folder))
		name = text_format(work->arena, "%.*s/%.*s", TEXT_ARG(folder), TEXT_ARG(name));
	const struct embedded_file *file = find_page(work, name);

	if (file == NULL)
		return error_hint(work->arena, error_new(work->arena, ERROR_NOT_FOUND, "there is no help page '%.*s'", TEXT_ARG(name)),
		                  "all pages are listed at /help");
	page->template = is_staff(work) ? T("help_page") : T("help_page_portal");
	page->data = value_map(work->arena);
	value_set_text(work->arena, page->data, T("title"), help_title(file));
	value_set(work->arena, page->data, T("html"), markdown_guide_html(work->arena, embedded_text(file)));
	return NULL;
}
