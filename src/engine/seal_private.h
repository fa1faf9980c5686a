/*
 * What a seal is made of. An event's seal is a MAC (BLAKE2b, key outside the database) over the seal before it, every column
 * of its row, and a salted hash of its payload: so an erased payload leaves the chain whole, and what it said cannot be
 * guessed from the hash, because the salt goes with it. event.c, seal.c, seal_head.c and verify.c share this.
 */
#ifndef REEVE_ENGINE_SEAL_PRIVATE_H
#define REEVE_ENGINE_SEAL_PRIVATE_H

#include "engine/engine_private.h"

#define SEAL_BYTES 32
#define SEAL_KEY_BYTES 32
#define SEAL_SALT_BYTES 16

/* An event as its row has it. */
struct event_row {
	int64_t id, seq, at, recorded_at, record_id, version, actor_id, cause_id;
	text type, kind, origin, visibility;
	text payload, salt, payload_hash, seal; /* payload and salt unset once erased; the last three are bytes */
};

/* Where sealing stands on one writing connection: kept in store_memory(), so that it rolls back with the rows. */
enum seal_mode { SEAL_NOT_OPENED, SEAL_AT_INSERT, SEAL_LATER };
struct seal_memory {
	enum seal_mode mode;
	int64_t seq; /* newest sealed by this connection */
	int64_t id;  /* newest of all events; SEAL_AT_INSERT only */
	uint8_t seal[SEAL_BYTES];
	uint8_t key[SEAL_KEY_BYTES];
};
_Static_assert(sizeof(struct seal_memory) <= STORE_MEMORY_BYTES, "the seal must fit into the store's memory");

/* The hash of a payload with its salt, as it stands in the row. */
void seal_payload(text salt, text payload, uint8_t ret_hash[SEAL_BYTES]);
/* The seal of `row` (its own seal is not read) after `before`. */
void seal_compute(const uint8_t key[SEAL_KEY_BYTES], const uint8_t before[SEAL_BYTES], const struct event_row *row,
                  uint8_t ret_seal[SEAL_BYTES]);
/* What stands in `seal` of a row that waits for its seal: the same without place and number, so that only who has the key can make it. */
void seal_mark(const uint8_t key[SEAL_KEY_BYTES], const struct event_row *row, uint8_t ret_mark[SEAL_BYTES]);
/* Whether a row that waits was written by who has the key. */
bool seal_is_marked(const uint8_t key[SEAL_KEY_BYTES], const struct event_row *row);
/* Reads the columns that event_chain and event_unsealed begin with; texts are valid until the next row. */
void event_row_read(struct rows *rows, struct event_row *ret_row);

/* The key of `path`; ERROR_NOT_FOUND when there is no file, ERROR_UNAVAILABLE when it cannot be read. */
must_use struct error *seal_key_load(struct arena *arena, text path, uint8_t ret_key[SEAL_KEY_BYTES]);

/*
 * Appends a head to the head log, unless its last line knows as much already; a half line left by a crash goes. False (logged)
 * when it cannot be written; then nothing of it stands there. seal_head.c
 */
bool seal_head_append(const char *name, int64_t seq, const uint8_t seal[SEAL_BYTES], bool durable);

#endif
