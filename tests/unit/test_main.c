/* The main function of every unit test program: runs the tests that registered themselves. */
#include "test.h"

struct CMUnitTest test_list[TEST_MAX];
size_t test_count;

int main(int argc, char **argv)
{
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return _cmocka_run_group_tests(argv[0], test_list, test_count, NULL, NULL);
}
