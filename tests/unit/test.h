/*
 * The only file that names cmocka. TEST(name) { ... } registers itself, so that no test is listed twice;
 * a failed check leaves the test at once; `./test_text 'parses*'` runs only tests whose name matches.
 * Exit 77 skips the whole file (a server or data set is absent): say why first.
 */
#ifndef REEVE_TESTS_UNIT_TEST_H
#define REEVE_TESTS_UNIT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"

#define TEST_MAX 400
extern struct CMUnitTest test_list[TEST_MAX];
extern size_t test_count;

#define TEST(test_name)                                                                            \
	static void test_name(void **);                                                            \
	__attribute__((constructor)) static void register_##test_name(void)                        \
	{                                                                                          \
		assert_true(test_count < TEST_MAX);                                                \
		test_list[test_count++] = (struct CMUnitTest){ #test_name, test_name, NULL, NULL, NULL }; \
	}                                                                                          \
	static void test_name(void **test_state __attribute__((__unused__)))

/* Succeeds when `call` returned no error; shows the error otherwise. */
#define assert_ok(call)                                                                            \
	do {                                                                                       \
		struct error *assert_error_ = (call);                                              \
		if (assert_error_ != NULL)                                                         \
			fail_msg("%s: %.*s (field %.*s, hint %.*s, line %u:%u)", #call,            \
			         TEXT_ARG(assert_error_->message), TEXT_ARG(assert_error_->field),  \
			         TEXT_ARG(assert_error_->hint), assert_error_->place.line,          \
			         assert_error_->place.column);                                     \
	} while (0)

/* Succeeds when `call` returned an error with this code (without the ERROR_). */
#define assert_refused(call, expected)                                                             \
	do {                                                                                       \
		struct error *assert_error_ = (call);                                              \
		if (assert_error_ == NULL)                                                         \
			fail_msg("%s: expected an error, got success", #call);                     \
		if (assert_error_->code != ERROR_##expected)                                       \
			fail_msg("%s: expected %s, got: %.*s", #call, #expected,                   \
			         TEXT_ARG(assert_error_->message));                                \
	} while (0)

#define assert_text(actual, expected)                                                              \
	do {                                                                                       \
		text assert_text_ = (actual);                                                      \
		if (!text_equal(assert_text_, text_from(expected)))                                \
			fail_msg("expected '%s', got '%.*s'", (expected), TEXT_ARG(assert_text_)); \
	} while (0)

#endif
