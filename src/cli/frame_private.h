/*
 * The talk over DATA/reeve.sock: frames of one kind byte, a 32-bit length (this machine's order: both ends are one machine) and
 * as many bytes. The client sends ARGUMENTS, then one INPUT frame for each WANT (an empty one is the end), so that neither side ever
 * waits for the other with full pipes; the server sends WANT, OUT, COMPLAIN and PROGRESS, and EXIT as the last.
 */
#ifndef REEVE_CLI_FRAME_PRIVATE_H
#define REEVE_CLI_FRAME_PRIVATE_H

#include "base/text.h"

enum frame_kind {
	FRAME_ARGUMENTS = 'A', /* JSON: { "arguments": [...], "terminal": bool } */
	FRAME_WANT = 'W',      /* the server wants input */
	FRAME_INPUT = 'I',     /* empty: the end */
	FRAME_OUT = 'O',
	FRAME_COMPLAIN = 'C',
	FRAME_PROGRESS = 'P',
	FRAME_EXIT = 'X',      /* one byte: the exit status */
};
#define FRAME_BYTES_MAX (256 * 1024)

bool frame_send(int socket, enum frame_kind kind, text bytes);
/* Reads one frame into `buffer` (FRAME_BYTES_MAX); false when the other side is gone or talks nonsense. */
bool frame_receive(int socket, enum frame_kind *ret_kind, char *buffer, size_t *ret_size);

#endif
