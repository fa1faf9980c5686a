/* Attributes and small macros that every file uses: what the compiler can check, it shall check. */
#ifndef REEVE_BASE_CHECK_H
#define REEVE_BASE_CHECK_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define must_use __attribute__((warn_unused_result))
#define printf_like(position, first) __attribute__((__format__(__printf__, position, first)))
#define no_return __attribute__((noreturn))
/* Declarations of others must come before this header where they say __attribute__((unused)). */
#define unused __attribute__((__unused__))

#define array_length(array) (sizeof(array) / sizeof((array)[0]))
#define minimum(a, b) ((a) < (b) ? (a) : (b))
#define maximum(a, b) ((a) > (b) ? (a) : (b))

/* Returns the error of `call` upward; the way errors travel in this program. */
#define TRY(call)                                                                                  \
	do {                                                                                       \
		struct error *try_error_ = (call);                                                 \
		if (try_error_ != NULL)                                                            \
			return try_error_;                                                         \
	} while (0)

#endif
