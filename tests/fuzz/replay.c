/*
 * Runs a fuzz target over files without libFuzzer: every seed as it is, and changed in ways that are the same on every
 * run, so that the ordinary test run does a little fuzzing too. usage: replay FOLDER [ROUNDS per file, default 100]
 */
#include "fuzz.h"

#include <dirent.h>
#include <stdbool.h>
#include <string.h>

#define FILE_BYTES_MAX (1 << 20)

static uint64_t random_state = 88172645463325252u;

static size_t pick(size_t below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return below == 0 ? 0 : random_state % below;
}

/* In memory of exactly its size, so that sanitizers see a read behind the end. */
static void run(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size > 0 ? size : 1);

	must(copy != NULL);
	memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

/* Cuts, flips, or copies a piece over another. */
static void run_changed(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size > 0 ? size : 1);

	must(copy != NULL);
	memcpy(copy, data, size);
	for (size_t changes = 1 + pick(3); changes > 0 && size > 0; changes--) {
		size_t from = pick(size), to = pick(size);
		switch (pick(4)) {
		case 0:
			size = from;
			break;
		case 1:
			copy[from] = (uint8_t)pick(256);
			break;
		case 2:
			copy[from] ^= (uint8_t)(1u << pick(8));
			break;
		default:
			memmove(copy + to, copy + from, pick(1 + size - (from > to ? from : to)));
			break;
		}
	}
	run(copy, size);
	free(copy);
}

static void replay_file(const char *folder, const char *name, long rounds)
{
	static uint8_t data[FILE_BYTES_MAX];
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "rb");
	must(file != NULL);
	size_t size = fread(data, 1, sizeof(data), file);
	fclose(file);
	run(data, size);
	for (long round = 0; round < rounds; round++)
		run_changed(data, size);
}

int main(int argc, char **argv)
{
	long rounds = argc > 2 ? strtol(argv[2], NULL, 10) : 100;
	int count = 0;
	DIR *folder = argc > 1 ? opendir(argv[1]) : NULL;

	if (folder == NULL) {
		fprintf(stderr, "usage: %s FOLDER [ROUNDS]\n", argv[0]);
		return 2;
	}
	for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
		if (entry->d_name[0] != '.') {
			replay_file(argv[1], entry->d_name, rounds);
			count++;
		}
	closedir(folder);
	printf("%d files, %ld changed inputs of each\n", count, rounds);
	return count > 0 ? 0 : 1;
}
