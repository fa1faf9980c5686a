/* Frames over the control socket: whole ones or nothing. */
#include "cli/frame_private.h"

#include <errno.h>
#include <sys/socket.h>

static bool send_all(int socket, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t sent = send(socket, bytes, size, MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0)
			return false;
		bytes += sent;
		size -= (size_t)sent;
	}
	return true;
}

static bool receive_all(int socket, char *buffer, size_t size)
{
	while (size > 0) {
		ssize_t got = recv(socket, buffer, size, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		buffer += got;
		size -= (size_t)got;
	}
	return true;
}

bool frame_send(int socket, enum frame_kind kind, text bytes)
{
	do {
		uint32_t size = (uint32_t)minimum(bytes.length, (size_t)FRAME_BYTES_MAX);
		char head[5] = { (char)kind };
		memcpy(head + 1, &size, sizeof size);
		if (!send_all(socket, head, sizeof head) || !send_all(socket, bytes.data, size))
			return false;
		bytes = text_slice(bytes, size, bytes.length);
	} while (bytes.length > 0);
	return true;
}

bool frame_receive(int socket, enum frame_kind *ret_kind, char *buffer, size_t *ret_size)
{
	char head[5];
	uint32_t size;
	if (!receive_all(socket, head, sizeof head))
		return false;
	memcpy(&size, head + 1, sizeof size);
	if (size > FRAME_BYTES_MAX || !receive_all(socket, buffer, size))
		return false;
	*ret_kind = (enum frame_kind)head[0];
	*ret_size = size;
	return true;
}
