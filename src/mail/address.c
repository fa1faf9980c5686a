/*
 * Where an address leads. Only what is plainly public is public: an address of an unknown kind is refused, not let through. The lists
 * are those of IANA's special-purpose address registries; clouds keep their metadata (and with it keys) at a few of them.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "mail/webhook.h"

struct range4 {
	uint32_t network;
	int bits;
	enum address_reach reach;
};

/* The first that fits. */
static const struct range4 ranges4[] = {
	{ 0x646464c8, 32, ADDRESS_NEVER },   /* 100.100.100.200: metadata */
	{ 0xc0000000, 24, ADDRESS_NEVER },   /* 192.0.0.0/24, metadata too */
	{ 0xa9fe0000, 16, ADDRESS_NEVER },   /* 169.254.0.0/16: link-local, 169.254.169.254 */
	{ 0x00000000, 8, ADDRESS_NEVER },    /* this network */
	{ 0xc0000200, 24, ADDRESS_NEVER },   /* documentation */
	{ 0xc0586300, 24, ADDRESS_NEVER },   /* 6to4 relays */
	{ 0xc6120000, 15, ADDRESS_NEVER },   /* benchmarks */
	{ 0xc6336400, 24, ADDRESS_NEVER },   /* documentation */
	{ 0xcb007100, 24, ADDRESS_NEVER },   /* documentation */
	{ 0xe0000000, 3, ADDRESS_NEVER },    /* multicast, reserved, broadcast */
	{ 0x0a000000, 8, ADDRESS_PRIVATE },  /* 10.0.0.0/8 */
	{ 0x64400000, 10, ADDRESS_PRIVATE }, /* 100.64.0.0/10: carriers */
	{ 0x7f000000, 8, ADDRESS_PRIVATE },  /* 127.0.0.0/8: this machine */
	{ 0xac100000, 12, ADDRESS_PRIVATE }, /* 172.16.0.0/12 */
	{ 0xc0a80000, 16, ADDRESS_PRIVATE }, /* 192.168.0.0/16 */
};

static enum address_reach reach4(uint32_t address)
{
	for (size_t i = 0; i < sizeof ranges4 / sizeof *ranges4; i++)
		if ((address ^ ranges4[i].network) >> (32 - ranges4[i].bits) == 0)
			return ranges4[i].reach;
	return ADDRESS_PUBLIC;
}

static uint32_t four(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static bool begins(const uint8_t *bytes, const uint8_t *prefix, size_t bits)
{
	size_t whole = bits / 8;
	uint8_t mask = (uint8_t)(0xff00 >> (bits % 8));

	return memcmp(bytes, prefix, whole) == 0 && (bits % 8 == 0 || ((bytes[whole] ^ prefix[whole]) & mask) == 0);
}

static enum address_reach reach6(const uint8_t *bytes)
{
	static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
	static const uint8_t translated[12] = { 0, 0x64, 0xff, 0x9b };
	static const uint8_t loopback[16] = { [15] = 1 };
	static const uint8_t metadata[4] = { 0xfd, 0x00, 0x0e, 0xc2 };
	static const uint8_t unique_local[1] = { 0xfc }, global[1] = { 0x20 };
	static const uint8_t special[3] = { 0x20, 0x01, 0x00 }, documentation[4] = { 0x20, 0x01, 0x0d, 0xb8 };
	static const uint8_t documentation2[3] = { 0x3f, 0xff, 0x00 }, sixtofour[2] = { 0x20, 0x02 };

	if (begins(bytes, mapped, 96) || begins(bytes, translated, 96))
		return reach4(four(bytes + 12));
	if (begins(bytes, sixtofour, 16))
		return reach4(four(bytes + 2));
	if (memcmp(bytes, loopback, sizeof loopback) == 0)
		return ADDRESS_PRIVATE;
	if (begins(bytes, metadata, 32))
		return ADDRESS_NEVER;
	if (begins(bytes, unique_local, 7))
		return ADDRESS_PRIVATE;
	/* Only 2000::/3 is given out, and of it not what is tunnelled (Teredo) or written in books. */
	if (!begins(bytes, global, 3) || begins(bytes, special, 23) || begins(bytes, documentation, 32) ||
	    begins(bytes, documentation2, 20))
		return ADDRESS_NEVER;
	return ADDRESS_PUBLIC;
}

enum address_reach address_reach(const struct sockaddr *address)
{
	struct sockaddr_in in4;
	struct sockaddr_in6 in6;

	if (address->sa_family == AF_INET) {
		memcpy(&in4, address, sizeof in4);
		return reach4(ntohl(in4.sin_addr.s_addr));
	}
	if (address->sa_family == AF_INET6) {
		memcpy(&in6, address, sizeof in6);
		return reach6(in6.sin6_addr.s6_addr);
	}
	return ADDRESS_NEVER;
}

text address_text(struct arena *arena, const struct sockaddr *address)
{
	char words[INET6_ADDRSTRLEN] = "?";
	struct sockaddr_in in4;
	struct sockaddr_in6 in6;

	if (address->sa_family == AF_INET) {
		memcpy(&in4, address, sizeof in4);
		(void)inet_ntop(AF_INET, &in4.sin_addr, words, sizeof words);
	} else if (address->sa_family == AF_INET6) {
		memcpy(&in6, address, sizeof in6);
		(void)inet_ntop(AF_INET6, &in6.sin6_addr, words, sizeof words);
	}
	return text_copy(arena, text_from(words));
}
