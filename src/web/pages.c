/* The pages for people as a table, and what every page has in common. */
#include "web/web_private.h"

const struct route page_routes[] = {
	{ .pattern = NULL },
};

struct error *pages_frame(struct work *work unused, struct web_request *request unused, struct page *page unused)
{
	return NULL;
}

void pages_error(struct work *work, struct web_request *request unused, const struct error *error, struct page *page)
{
	page->template = T("error");
	page->data = web_problem_value(work->arena, error);
}

text pages_sign_in_location(struct work *work unused, struct web_request *request unused)
{
	return T("/sign-in");
}
