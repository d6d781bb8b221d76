/* SPDX-License-Identifier: MIT */
#include "collect/libvirthosts.h"
#include "tests/unit/cunit.h"

#include <math.h>
#include <string.h>

void test_libvirthosts_suite(void);

static LibvirtHosts *hosts_of(const char *text)
{
    g_autoptr(GError) error = NULL;
    LibvirtHosts *hosts = libvirt_hosts_parse(text, strlen(text), "hosts.csv", &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(hosts);
    return hosts;
}

static void refused(const char *text, const char *message)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LibvirtHosts) hosts = libvirt_hosts_parse(text, strlen(text), "hosts.csv", &error);
    CU_ASSERT_PTR_NULL(hosts);
    CU_ASSERT_PTR_NOT_NULL_FATAL(error);
    CU_ASSERT_STRING_EQUAL(error->message, message);
}

static void what_a_row_leaves_out_follows_from_its_uri(void)
{
    g_autoptr(LibvirtHosts) hosts = hosts_of("#source_id,lab 1,,,\n"
                                             "cluster,uri,name,peer_uri,net_capacity_kibps\n"
                                             "a,qemu+tcp://me@h1.example/system,,,\n"
                                             "a,qemu:///system,\"one, two\",qemu+tls://h2/system,122070\n"
                                             "b,test:///default,,,\n");
    CU_ASSERT_STRING_EQUAL(hosts->source_id, "lab%201");
    CU_ASSERT_EQUAL_FATAL(hosts->n_hosts, 3);
    CU_ASSERT_STRING_EQUAL(hosts->hosts[0].name, "h1.example");
    CU_ASSERT_STRING_EQUAL(hosts->hosts[0].peer_uri, "qemu+tcp://me@h1.example/system");
    CU_ASSERT_STRING_EQUAL(hosts->hosts[0].migrate_uri, "");
    CU_ASSERT_TRUE(isnan(hosts->hosts[0].net_capacity_kibps));
    CU_ASSERT_EQUAL(hosts->hosts[0].line, 3);
    CU_ASSERT_STRING_EQUAL(hosts->hosts[1].name, "one, two");
    CU_ASSERT_STRING_EQUAL(hosts->hosts[1].peer_uri, "qemu+tls://h2/system");
    CU_ASSERT_EQUAL(hosts->hosts[1].net_capacity_kibps, 122070);
    CU_ASSERT_STRING_EQUAL(hosts->hosts[2].name, "test:///default");
    CU_ASSERT_PTR_EQUAL(libvirt_hosts_find(hosts, "qemu:///system"), &hosts->hosts[1]);
    CU_ASSERT_PTR_NULL(libvirt_hosts_find(hosts, "qemu:///session"));
}

static void an_estate_without_a_name_is_known_by_its_uris_in_any_order(void)
{
    g_autoptr(LibvirtHosts) one = hosts_of("uri,cluster\nqemu+tcp://a/system,x\nqemu+tcp://b/system,x\n");
    g_autoptr(LibvirtHosts) other =
        hosts_of("uri,cluster,name\nqemu+tcp://b/system,y,b\nqemu+tcp://a/system,x,a\n");
    g_autoptr(LibvirtHosts) more = hosts_of("uri,cluster\nqemu+tcp://a/system,x\nqemu+tcp://c/system,x\n");
    CU_ASSERT_EQUAL(strlen(one->source_id), 64);
    CU_ASSERT_STRING_EQUAL(one->source_id, other->source_id);
    CU_ASSERT_STRING_NOT_EQUAL(one->source_id, more->source_id);
}

static void what_is_wrong_is_told_with_its_place(void)
{
    refused("", "hosts.csv: found no header: expected the columns uri and cluster, and a row for each host");
    refused("#source_id\nuri,cluster\n",
            "hosts.csv:1: #source_id: found nothing: expected a name of the estate in the second cell");
    refused("#source_id,x\n",
            "hosts.csv: found no header: expected the columns uri and cluster, and a row for each host");
    refused("uri\nqemu:///system\n", "hosts.csv:1: cluster: found no such column: expected a column cluster");
    refused("uri,cluster\n", "hosts.csv:2: uri: found nothing: expected a row for each host");
    refused("uri,cluster\n,a\n", "hosts.csv:2: uri: found nothing: expected a value");
    refused(
        "uri,cluster\nhost1,a\n",
        "hosts.csv:2: uri: found \"host1\": expected a URI as virsh -c takes it: qemu+tls://host.example/system");
    refused("uri,cluster\nqemu+tcp://a/system,a\n\"qemu+tcp://b/sys\ntem\",a\n",
            "hosts.csv:3: uri: found \"qemu+tcp://b/sys\\u{A}tem\": expected a URI as virsh -c takes it: "
            "qemu+tls://host.example/system");
    refused(
        "uri,cluster\nqemu+tcp://a/system,a\nqemu+tcp://a/system,b\n",
        "hosts.csv:3: uri: found \"qemu+tcp://a/system\": expected each host once (this one stands in line 2)");
    refused("uri,cluster,net_capacity_kibps\nqemu+tcp://a/system,a,fast\n",
            "hosts.csv:2: net_capacity_kibps: found \"fast\": expected a whole number from 0 to 1000000000");
}

static void a_password_is_refused_and_not_shown(void)
{
    refused("uri,cluster\nqemu+tcp://me:s3cret@a/system,a\n",
            "hosts.csv:2: uri: found an address with a password in it: expected none there: libvirt reads "
            "passwords from its own auth.conf");
    refused(
        "uri,cluster,peer_uri\nqemu:///system,a,qemu+tcp://me:s3cret@a/system\n",
        "hosts.csv:2: peer_uri: found an address with a password in it: expected none there: libvirt reads "
        "passwords from its own auth.conf");
    refused("uri,cluster\nqemu+tcp://me:s3/cr:et@a b/system,a\n",
            "hosts.csv:2: uri: found an address that cannot be read: expected a URI as virsh -c takes it: "
            "qemu+tls://host.example/system");
}

void test_libvirthosts_suite(void)
{
    CU_pSuite suite = CU_add_suite("libvirt hosts", NULL, NULL);
    CU_ADD_TEST(suite, what_a_row_leaves_out_follows_from_its_uri);
    CU_ADD_TEST(suite, an_estate_without_a_name_is_known_by_its_uris_in_any_order);
    CU_ADD_TEST(suite, what_is_wrong_is_told_with_its_place);
    CU_ADD_TEST(suite, a_password_is_refused_and_not_shown);
}
