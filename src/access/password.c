/*
 * Passwords: argon2id with 19 MiB and two passes, at most two at a time, so that a flood of sign-ins takes neither all memory nor
 * all processors; and whoever has no password costs the same time as whoever has one.
 */
#include "access/access_private.h"

#include "base/limits.h"

#include <semaphore.h>
#include <sodium.h>
#include <pthread.h>
#include <time.h>

#define PASSES 2
#define MEMORY_BYTES ((size_t)19 * 1024 * 1024)
#define AT_A_TIME 2
#define WAIT_MS 2000

/* Counts how many hash at this moment in this process: nothing but the process itself could keep it. */
static sem_t hashing_lock;
static pthread_once_t hashing_once = PTHREAD_ONCE_INIT;

static void prepare(void)
{
	sem_init(&hashing_lock, 0, AT_A_TIME);
}

static struct error *enter(struct arena *arena)
{
	/* A semaphore waits until a moment of the wall clock; it is not what the work does that depends on it. */
	moment until = moment_now() + WAIT_MS;
	struct timespec deadline = { .tv_sec = until / SECOND_MS, .tv_nsec = until % SECOND_MS * 1000000 };
	struct error *error;

	if (sodium_init() < 0)
		return error_new(arena, ERROR_INTERNAL, "libsodium cannot be initialised");
	pthread_once(&hashing_once, prepare);
	if (sem_timedwait(&hashing_lock, &deadline) == 0)
		return NULL;
	error = error_new(arena, ERROR_TOO_MANY, "too many sign-ins at this moment");
	error->retry_after_s = 2;
	return error_hint(arena, error, "try again in a few seconds");
}

static void leave(void)
{
	sem_post(&hashing_lock);
}

struct error *password_hash(struct arena *arena, text password, text *ret_hash)
{
	char *hash = arena_alloc(arena, crypto_pwhash_STRBYTES);
	int failed;

	TRY(enter(arena));
	failed = crypto_pwhash_str(hash, password.data, password.length, PASSES, MEMORY_BYTES);
	leave();
	if (failed != 0)
		return error_new(arena, ERROR_UNAVAILABLE, "no memory left for hashing a password");
	*ret_hash = text_from(hash);
	return NULL;
}

struct error *password_verify(struct arena *arena, text hash, text password, bool *ret_right, bool *ret_rehash)
{
	/* What is compared when there is no password: made by no password, with our own parameters. */
	static const text nobody = T("$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
	bool known = text_is_set(hash) && hash.length < crypto_pwhash_STRBYTES;
	const char *stored = text_cstring(arena, known ? hash : nobody);
	bool right;

	TRY(enter(arena));
	right = crypto_pwhash_str_verify(stored, password.data == NULL ? "" : password.data, password.length) == 0;
	leave();
	*ret_right = right && known;
	*ret_rehash = *ret_right && crypto_pwhash_str_needs_rehash(stored, PASSES, MEMORY_BYTES) != 0;
	return NULL;
}

/* The long ones among the passwords that everybody tries first. */
static bool is_common(text folded)
{
	static const char *const common[] = {
		"password", "passwort", "qwertyuiop", "qwertzuiop", "asdfghjkl", "iloveyou", "administrator", "changeme", "letmein",
		"welcome", "sunshine", "football", "princess", "1q2w3e4r", "q1w2e3r4", "zaq12wsx", "abc123", "servicedesk", "helpdesk",
	};

	for (size_t i = 0; i < array_length(common); i++) {
		text rest = text_from(common[i]);
		/* With digits and signs behind it is no better: password123! */
		if (!text_starts_with(folded, rest))
			continue;
		rest = text_slice(folded, rest.length, folded.length);
		bool letters = false;
		for (size_t c = 0; c < rest.length; c++)
			letters = letters || (rest.data[c] >= 'a' && rest.data[c] <= 'z') || (unsigned char)rest.data[c] >= 0x80;
		if (!letters)
			return true;
	}
	return false;
}

/* aaaaaaaaaa, 1234567890, 0987654321, abababababab */
static bool is_run(text folded)
{
	bool same = true, repeated = true, counting = true;

	for (size_t i = 1; i < folded.length; i++) {
		int step = folded.data[i] - folded.data[i - 1];
		same = same && step == 0;
		repeated = repeated && (i < 2 || folded.data[i] == folded.data[i - 2]);
		counting = counting && (step == 1 || step == -1 || step == 9 || step == -9);
	}
	return same || repeated || counting;
}

struct error *password_check_rules(struct arena *arena, text login, text password)
{
	const char *why = NULL, *hint = "several words that belong together only for you are easy to remember and hard to guess";
	text folded = text_fold(arena, password), name = text_fold(arena, login);

	if (password.length < LIMIT_PASSWORD_BYTES_MIN)
		why = "is too short";
	else if (password.length > LIMIT_PASSWORD_BYTES_MAX)
		why = "is too long";
	else if (!text_is_utf8(password, NULL))
		why = "has characters that cannot be stored";
	else if (name.length >= 3 && text_find(folded, name) >= 0)
		why = "contains the login";
	else if (is_common(folded) || is_run(folded))
		why = "is one of those that are tried first";
	if (why == NULL)
		return NULL;
	if (password.length < LIMIT_PASSWORD_BYTES_MIN || password.length > LIMIT_PASSWORD_BYTES_MAX)
		return error_hint(arena, error_field(error_new(arena, ERROR_INVALID, "the password %s", why), T("password")),
		                  "take %d to %d bytes", LIMIT_PASSWORD_BYTES_MIN, LIMIT_PASSWORD_BYTES_MAX);
	return error_hint(arena, error_field(error_new(arena, ERROR_INVALID, "the password %s", why), T("password")), "%s", hint);
}
