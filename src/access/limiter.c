/*
 * Rate limits in memory. A fixed table of small buckets in sets of eight: a flood of new keys can only push out the key of its own
 * set that was least in need of a limit, and never grows the process. Keys are kept as a keyed hash, so nobody can aim at a set.
 */
#include "access/access_private.h"

#include "base/random.h"

#include <pthread.h>
#include <sodium.h>

#define WAYS 8

struct bucket {
	uint64_t key;      /* 0: free */
	int64_t filled_us; /* when the bucket is (or was) full again: now + what is missing */
};

struct limiter {
	pthread_mutex_t mutex;
	unsigned char secret[crypto_shorthash_KEYBYTES];
	size_t set_count;
	struct bucket *buckets;
};

static void close_limiter(void *data)
{
	pthread_mutex_destroy(&((struct limiter *)data)->mutex);
}

struct limiter *limiter_new(struct arena *arena, size_t keys_max)
{
	struct limiter *limiter = arena_new_struct(arena, struct limiter);

	pthread_mutex_init(&limiter->mutex, NULL);
	arena_defer(arena, close_limiter, limiter);
	random_bytes(limiter->secret, sizeof(limiter->secret));
	limiter->set_count = keys_max / WAYS + 1;
	limiter->buckets = arena_new_array(arena, struct bucket, limiter->set_count * WAYS);
	return limiter;
}

static uint64_t key_hash(const struct limiter *limiter, text key)
{
	uint64_t hash;

	crypto_shorthash((unsigned char *)&hash, (const unsigned char *)(key.data == NULL ? "" : key.data), key.length, limiter->secret);
	return hash == 0 ? 1 : hash;
}

/* The key's bucket, or the one of its set that has been full for longest. */
static struct bucket *find_bucket(struct limiter *limiter, uint64_t key, int64_t now_us)
{
	struct bucket *set = &limiter->buckets[key % limiter->set_count * WAYS], *chosen = set;

	for (size_t i = 0; i < WAYS; i++) {
		if (set[i].key == key)
			return &set[i];
		if (set[i].filled_us < chosen->filled_us)
			chosen = &set[i];
	}
	*chosen = (struct bucket){ .key = key, .filled_us = now_us };
	return chosen;
}

struct error *limiter_take(struct limiter *limiter, struct arena *error_arena, text key, int burst, int per_minute)
{
	int64_t one_us = INT64_C(60000000) / maximum(per_minute, 1), now_us = monotonic_us(), missing_us;
	uint64_t hash = key_hash(limiter, key);
	struct error *error;
	struct bucket *bucket;

	pthread_mutex_lock(&limiter->mutex);
	bucket = find_bucket(limiter, hash, now_us);
	missing_us = maximum(bucket->filled_us - now_us, 0);
	if (missing_us + one_us <= burst * one_us) {
		bucket->filled_us = now_us + missing_us + one_us;
		missing_us = -1;
	}
	pthread_mutex_unlock(&limiter->mutex);
	if (missing_us < 0)
		return NULL;
	error = error_new(error_arena, ERROR_TOO_MANY, "too many tries");
	error->retry_after_s = (missing_us + one_us - burst * one_us + 999999) / 1000000;
	return error_hint(error_arena, error, "try again in %lld s", (long long)error->retry_after_s);
}
