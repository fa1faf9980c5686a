/* The store of one story: a data directory under the temporary folder and, on PostgreSQL, a schema; both go with the story. */
#include "cli/story_private.h"

#include "base/limits.h"
#include "base/random.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

static int remove_one(const char *path, const struct stat *about unused, int kind unused, struct FTW *walk unused)
{
	return remove(path);
}

/*
 * Through a reading connection, which makes no tables of its own: the schema is there before anybody opens the store in it, and
 * the public one stays as it is.
 */
static struct error *run_script(struct arena *arena, text url, text script)
{
	struct store_settings settings = { .data_dir = T("/tmp"), .url = url };
	struct store *store;
	TRY(store_open(arena, &settings, STORE_READ, &store));
	struct error *error = store_script(store, arena, script);
	store_close(store);
	return error;
}

struct error *story_store_make(struct arena *arena, text url, struct story_store *ret_store)
{
	struct story_store made = { .url = TEXT_UNSET, .base_url = url };
	const char *base = getenv("TMPDIR");
	char *path = arena_copy(arena, text_format(arena, "%s/reeve-story-XXXXXX", base == NULL || base[0] == '\0' ? "/tmp" : base).data,
	                        strlen(base == NULL || base[0] == '\0' ? "/tmp" : base) + sizeof "/reeve-story-XXXXXX");
	if (mkdtemp(path) == NULL)
		return error_new(arena, ERROR_UNAVAILABLE, "cannot make a temporary folder %s: %s", path, strerror(errno));
	made.folder = text_from(path);
	if (text_is_set(url)) {
		unsigned char bytes[8];
		random_bytes(bytes, sizeof bytes);
		made.schema = text_format(arena, "story_%.*s", TEXT_ARG(text_hex(arena, bytes, sizeof bytes)));
		struct error *error = run_script(arena, url, text_format(arena, "CREATE SCHEMA \"%.*s\"", TEXT_ARG(made.schema)));
		if (error != NULL) {
			story_store_remove(arena, &made);
			return error;
		}
		made.url = text_format(arena, "%.*s%coptions=-csearch_path%%3D%%22%.*s%%22", TEXT_ARG(url),
		                       text_find_char(url, '?') < 0 ? '?' : '&', TEXT_ARG(made.schema));
	}
	*ret_store = made;
	return NULL;
}

void story_store_remove(struct arena *arena, const struct story_store *store)
{
	/* What could not be removed is left behind with a name that says whose it was. */
	if (text_is_set(store->url))
		(void)!run_script(arena, store->base_url, text_format(arena, "DROP SCHEMA \"%.*s\" CASCADE", TEXT_ARG(store->schema)));
	(void)nftw(store->folder.data, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
