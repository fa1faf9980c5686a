/* Files embedded into the binary by tools/embed.py: templates, styles, scripts, practices, words, guides. */
#ifndef REEVE_BASE_EMBED_H
#define REEVE_BASE_EMBED_H
#include "base/text.h"

struct embedded_file {
	const char *path; /* "incident.yaml", "templates/list.html" */
	const char *data, *end;
};

/* Each table ends with a NULL path. Made at build time. */
extern const struct embedded_file embedded_practices[]; /* practices/: "incident.yaml", "platform/user.yaml" */
extern const struct embedded_file embedded_web[];       /* web/: "templates/x.html", "dist/x.css" */
extern const struct embedded_file embedded_docs[];      /* docs/: guides and man pages in Markdown */
extern const struct embedded_file embedded_words[];     /* po/: "de.po" */

static inline text embedded_text(const struct embedded_file *file)
{
	return (text){ file->data, (size_t)(file->end - file->data) };
}
/* NULL when absent. */
static inline const struct embedded_file *embedded_find(const struct embedded_file *table, text path)
{
	for (; table->path != NULL; table++)
		if (text_equal(text_from(table->path), path))
			return table;
	return NULL;
}
#endif
