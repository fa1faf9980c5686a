/* CSV: the same rows whatever the size of the chunks; what is read can be written and read again. */
#include "../fuzz.h"

#include "base/csv.h"

struct source {
	text rest;
	size_t step;
};

static long read_some(void *data, char *buffer, size_t size)
{
	struct source *source = data;
	size_t count = minimum(minimum(size, source->step), source->rest.length);

	if (count > 0)
		memcpy(buffer, source->rest.data, count);
	source->rest = text_slice(source->rest, count, source->rest.length);
	return (long)count;
}

/* Everything read, written again; false at an error. */
static bool copy_rows(struct arena *arena, text file, size_t step, bool unguard, text *ret_written)
{
	struct source source = { file, step };
	struct csv_reader *reader = csv_reader_new(arena, T("fuzz.csv"), read_some, &source);
	struct buffer out;

	buffer_init(&out, arena, SIZE_MAX);
	for (;;) {
		text *cells;
		size_t count;
		uint32_t line;
		struct error *error = csv_read(reader, arena, &cells, &count, &line);
		must_be_worded(error);
		if (error != NULL)
			return false;
		if (cells == NULL)
			break;
		must(count > 0 && line > 0);
		for (size_t i = 0; i < count; i++)
			csv_write_cell(&out, unguard ? csv_unguard(cells[i]) : cells[i], i == 0);
		csv_write_end(&out);
	}
	*ret_written = buffer_peek(&out);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(SIZE_MAX);
	text file = { (const char *)data, size }, large, small, again;
	bool good = copy_rows(arena, file, SIZE_MAX, false, &large);

	must(good == copy_rows(arena, file, 1 + size % 7, false, &small));
	if (good) {
		must(text_equal(large, small));
		must(copy_rows(arena, large, 3, true, &again));
		must(text_equal(large, again));
	}
	arena_free(arena);
	return 0;
}
