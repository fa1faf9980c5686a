/* Unpredictable bytes from the kernel: tokens and salts. */
#ifndef REEVE_BASE_RANDOM_H
#define REEVE_BASE_RANDOM_H
#include "base/text.h"
void random_bytes(void *ret_data, size_t size);
/* `size` random bytes as URL-safe base64 without padding. */
must_use text random_token(struct arena *arena, size_t size);
#endif
