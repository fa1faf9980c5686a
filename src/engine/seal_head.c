/*
 * The head log: one line "seq seal moment" for a head of the chain, in a file outside the database, numbers ascending. Several
 * processes may write it (on PostgreSQL a command works beside the server), and each may be killed or out of space in the middle
 * of a line; so each looks at the last line under a lock before it appends its own.
 */
#include "engine/seal_private.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

#define LINE_BYTES 160

/* The number in the last whole line, 0 without one, and where that line ends: what stands behind it is half a line. */
static bool last_line(int descriptor, int64_t *ret_seq, off_t *ret_end)
{
	char tail[2 * LINE_BYTES];
	struct stat about;
	text last = T(""), line, seq;

	if (fstat(descriptor, &about) != 0)
		return false;
	off_t from = about.st_size > (off_t)sizeof(tail) ? about.st_size - (off_t)sizeof(tail) : 0;
	ssize_t got = pread(descriptor, tail, sizeof(tail), from);
	if (got < 0)
		return false;
	text rest = { tail, (size_t)got };
	*ret_end = from;
	for (ptrdiff_t end; (end = text_find_char(rest, '\n')) >= 0;) {
		last = text_slice(rest, 0, (size_t)end);
		rest = text_slice(rest, (size_t)end + 1, rest.length);
		*ret_end = about.st_size - (off_t)rest.length;
	}
	line = last;
	if (!text_cut(&line, ' ', &seq) || !text_to_integer(seq, ret_seq))
		*ret_seq = 0;
	return true;
}

static bool append(int descriptor, int64_t seq, const uint8_t seal[SEAL_BYTES], bool durable)
{
	char digits[2 * SEAL_BYTES + 1], at[25], line[LINE_BYTES];
	int64_t last;
	off_t end;

	if (flock(descriptor, LOCK_EX) != 0 || !last_line(descriptor, &last, &end))
		return false;
	if (last >= seq)
		return true; /* somebody else knew as much */
	sodium_bin2hex(digits, sizeof(digits), seal, SEAL_BYTES);
	moment_write(at, moment_now());
	int length = snprintf(line, sizeof(line), "%lld %s %s\n", (long long)seq, digits, at);
	if (ftruncate(descriptor, end) != 0)
		return false;
	if (write(descriptor, line, (size_t)length) == length && (!durable || fsync(descriptor) == 0))
		return true;
	int reason = errno;
	(void)!ftruncate(descriptor, end);
	errno = reason;
	return false;
}

bool seal_head_append(const char *name, int64_t seq, const uint8_t seal[SEAL_BYTES], bool durable)
{
	int descriptor = open(name, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	bool good = descriptor >= 0 && append(descriptor, seq, seal, durable);

	if (!good)
		log_line(LOG_WARNING, "the head of the event log could not be written to %s: %m", name);
	if (descriptor >= 0)
		close(descriptor);
	return good;
}
