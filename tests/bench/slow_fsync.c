/* LD_PRELOAD for `make bench`: every fsync takes a millisecond longer, as on an honest disk; some machines only pretend. */
#include <dlfcn.h>
#include <stddef.h>
#include <time.h>

static void wait_a_millisecond(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

int fsync(int descriptor);
int fsync(int descriptor)
{
	int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");

	wait_a_millisecond();
	return real(descriptor);
}

int fdatasync(int descriptor);
int fdatasync(int descriptor)
{
	int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");

	wait_a_millisecond();
	return real(descriptor);
}
