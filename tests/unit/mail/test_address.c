/* Which addresses a webhook may be connected to. */
#include <arpa/inet.h>
#include <netinet/in.h>

#include "test.h"

#include "mail/webhook.h"

static enum address_reach reach_of(const char *words)
{
	struct sockaddr_in in4 = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };

	if (inet_pton(AF_INET, words, &in4.sin_addr) == 1)
		return address_reach((struct sockaddr *)&in4);
	assert_int_equal(inet_pton(AF_INET6, words, &in6.sin6_addr), 1);
	return address_reach((struct sockaddr *)&in6);
}

static void assert_all(const char *const *addresses, enum address_reach reach)
{
	for (; *addresses != NULL; addresses++)
		if (reach_of(*addresses) != reach)
			fail_msg("%s is %d", *addresses, (int)reach_of(*addresses));
}

TEST(public_addresses_are_public)
{
	assert_all((const char *const[]){ "1.1.1.1", "8.8.8.8", "172.15.255.255", "172.32.0.1", "192.167.1.1", "11.0.0.1", "126.255.255.255",
	                                  "100.63.255.255", "100.128.0.1", "223.255.255.255", "2606:4700::1111", "2a00:1450:4001::1",
	                                  "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1", NULL },
	           ADDRESS_PUBLIC);
}

TEST(private_ones_and_this_machine_are_for_webhooks_that_may)
{
	assert_all((const char *const[]){ "10.0.0.1", "127.0.0.1", "127.255.255.254", "172.16.0.1", "172.31.255.255", "192.168.1.1",
	                                  "100.64.0.1", "::1", "fc00::1", "fdff::1", "::ffff:127.0.0.1", "::ffff:10.1.2.3",
	                                  "64:ff9b::7f00:1", "2002:7f00:1::", NULL },
	           ADDRESS_PRIVATE);
}

TEST(metadata_and_reserved_ones_are_for_nobody)
{
	assert_all((const char *const[]){ "169.254.169.254", "169.254.0.1", "100.100.100.200", "192.0.0.192", "0.0.0.0", "0.1.2.3", "224.0.0.1",
	                                  "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "::",
	                                  "fe80::1", "fec0::1", "ff02::1", "fd00:ec2::254", "2001:db8::1", "2001::1", "3fff::1",
	                                  "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::", "::7f00:1", "100::1",
	                                  "64:ff9b:1::1", "4000::1", NULL },
	           ADDRESS_NEVER);
	struct sockaddr other = { .sa_family = AF_UNIX };
	assert_int_equal(address_reach(&other), ADDRESS_NEVER);
}
