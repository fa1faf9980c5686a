/* Random bytes: getrandom(2) only, which blocks until the kernel is seeded and never fails afterwards. */
#include "base/random.h"

#include "base/arena.h"
#include "base/log.h"

#include <errno.h>
#include <sys/random.h>

void random_bytes(void *ret_data, size_t size)
{
	char *data = ret_data;

	while (size > 0) {
		ssize_t got = getrandom(data, size, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			log_fatal("the kernel gave no random bytes (errno %d)", errno);
		data += got;
		size -= (size_t)got;
	}
}

text random_token(struct arena *arena, size_t size)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	size_t length = (size * 8 + 5) / 6;
	unsigned char *bytes = arena_alloc(arena, size + 1); /* one zero byte behind, read by the last digit */
	char *token = arena_alloc(arena, length + 1);

	random_bytes(bytes, size);
	for (size_t i = 0; i < length; i++) {
		size_t byte = i * 6 / 8, shift = i * 6 % 8;
		unsigned pair = (unsigned)bytes[byte] << 8 | bytes[byte + 1];
		token[i] = digits[pair >> (10 - shift) & 63];
	}
	return (text){ token, length };
}
