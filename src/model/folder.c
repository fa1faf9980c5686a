/* Definitions from a folder of the customer's: DIR, DIR/platform, DIR/models and DIR/migrations, the same shape as the
 * embedded ones. */
#include "model/model.h"

#include "base/limits.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES_MAX 1000

struct listing {
	struct arena *arena;
	struct definition_source *items;
	size_t count, capacity;
};

static struct error *read_bytes(struct arena *arena, int descriptor, text path, text *ret_source)
{
	struct stat about;
	char *bytes;
	size_t length = 0;

	if (fstat(descriptor, &about) != 0 || !S_ISREG(about.st_mode))
		return error_new(arena, ERROR_DEFINITION, "%.*s is no file", TEXT_ARG(path));
	if (about.st_size > LIMIT_YAML_BYTES)
		return error_new(arena, ERROR_TOO_LARGE, "%.*s has more than %d bytes", TEXT_ARG(path),
				 LIMIT_YAML_BYTES);
	bytes = arena_alloc(arena, (size_t)about.st_size + 1);
	while (length < (size_t)about.st_size) {
		ssize_t got = read(descriptor, bytes + length, (size_t)about.st_size - length);

		if (got < 0 && errno != EINTR)
			return error_new(arena, ERROR_DEFINITION, "%.*s cannot be read: %s", TEXT_ARG(path),
					 strerror(errno));
		if (got == 0)
			break;
		length += got > 0 ? (size_t)got : 0;
	}
	*ret_source = (text){ bytes, length };
	return NULL;
}

static struct error *add_file(struct listing *listing, text folder, text path)
{
	struct arena *arena = listing->arena;
	text full = text_format(arena, "%.*s/%.*s", TEXT_ARG(folder), TEXT_ARG(path)), source = TEXT_UNSET;
	int descriptor = open(full.data, O_RDONLY | O_CLOEXEC);
	struct error *error;

	if (descriptor < 0)
		return error_new(arena, ERROR_DEFINITION, "%.*s cannot be opened: %s", TEXT_ARG(full),
				 strerror(errno));
	error = read_bytes(arena, descriptor, full, &source);
	close(descriptor);
	TRY(error);
	if (listing->count == FILES_MAX)
		return error_new(arena, ERROR_TOO_LARGE, "%.*s has more than %d definitions",
				 TEXT_ARG(folder), FILES_MAX);
	arena_make_room(arena, listing->items, listing->count, listing->capacity);
	listing->items[listing->count++] = (struct definition_source){ path, source };
	return NULL;
}

/* *ret_found false: there is no such folder. */
static struct error *add_folder(struct listing *listing, text folder, text below, bool *ret_found)
{
	struct arena *arena = listing->arena;
	text full = text_format(arena, "%.*s/%.*s", TEXT_ARG(folder), TEXT_ARG(below));
	DIR *open_folder = opendir(full.data);
	struct error *error = NULL;
	struct dirent *entry;

	*ret_found = open_folder != NULL;
	while (open_folder != NULL && error == NULL && (entry = readdir(open_folder)) != NULL) {
		text name = text_from(entry->d_name);

		if (!text_ends_with(name, T(".yaml")) || text_ends_with(name, T(".story.yaml")) ||
		    name.data[0] == '.')
			continue;
		error = add_file(listing, folder,
				 text_format(arena, "%.*s%.*s", TEXT_ARG(below), TEXT_ARG(name)));
	}
	if (open_folder != NULL)
		closedir(open_folder);
	return error;
}

static int by_path(const void *a, const void *b)
{
	return text_compare(((const struct definition_source *)a)->path,
			    ((const struct definition_source *)b)->path);
}

struct error *model_folder_sources(struct arena *arena, text folder, struct definition_source **ret_sources,
				   size_t *ret_count)
{
	struct listing listing = { .arena = arena };
	struct definition_source *embedded;
	size_t embedded_count;
	bool found, found_platform, found_others;

	TRY(add_folder(&listing, folder, T(""), &found));
	if (!found)
		return error_hint(
		    arena, error_new(arena, ERROR_DEFINITION, "there is no folder %.*s", TEXT_ARG(folder)),
		    "give a folder of practice definitions (*.yaml)");
	TRY(add_folder(&listing, folder, T("migrations/"), &found_others));
	TRY(add_folder(&listing, folder, T("models/"), &found_others));
	TRY(add_folder(&listing, folder, T("platform/"), &found_platform));
	if (!found_platform) {
		model_embedded_sources(arena, &embedded, &embedded_count);
		for (size_t i = 0; i < embedded_count; i++) {
			if (!text_starts_with(embedded[i].path, T("platform/")))
				continue;
			arena_make_room(arena, listing.items, listing.count, listing.capacity);
			listing.items[listing.count++] = embedded[i];
		}
	}
	if (listing.count > 0)
		qsort(listing.items, listing.count, sizeof(*listing.items), by_path);
	*ret_sources = listing.items;
	*ret_count = listing.count;
	return NULL;
}
