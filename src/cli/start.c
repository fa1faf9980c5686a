/* The entry point alone, so that tests link the rest of this floor as a library. */
#include "cli/cli_private.h"

int main(int argc, char **argv) { return cli_main(argc, argv); }
