/* SPDX-License-Identifier: MIT */
#include "analyze/policy.h"
#include "apply/domainplace.h"
#include "apply/domainuuid.h"
#include "apply/libvirtmove.h"
#include "tests/unit/cunit.h"

void test_domainplace_suite(void);

static const Place silent = {PLACE_SILENT, FALSE, FALSE}, absent = {PLACE_ABSENT, FALSE, FALSE},
                   defined = {PLACE_DEFINED, FALSE, FALSE}, paused = {PLACE_PAUSED, FALSE, FALSE},
                   running = {PLACE_RUNNING, FALSE, FALSE}, moving = {PLACE_RUNNING, TRUE, FALSE},
                   arriving = {PLACE_PAUSED, TRUE, FALSE}, incoming = {PLACE_INCOMING, FALSE, FALSE},
                   resumed = {PLACE_RUNNING, FALSE, TRUE};

static EndKind live(Place from, Place to)
{
    return domain_place_judge(from, to, FALSE, NULL);
}

static EndKind cold(Place from, Place to)
{
    return domain_place_judge(from, to, TRUE, NULL);
}

static void what_runs_tells_where_it_went(void)
{
    CU_ASSERT_EQUAL(live(absent, running), END_SUCCEEDED);
    CU_ASSERT_EQUAL(live(defined, running), END_SUCCEEDED); /* its definition was left behind */
    CU_ASSERT_EQUAL(live(absent, paused), END_SUCCEEDED);   /* somebody had paused it before */
    CU_ASSERT_EQUAL(live(running, absent), END_NOT_STARTED);
    CU_ASSERT_EQUAL(live(running, defined), END_NOT_STARTED);
    CU_ASSERT_EQUAL(live(paused, absent), END_NOT_STARTED);
}

static void a_job_is_awaited_whoever_asked_for_it(void)
{
    CU_ASSERT_EQUAL(live(moving, arriving), END_UNKNOWN);
    CU_ASSERT_EQUAL(live(moving, absent), END_UNKNOWN);
    CU_ASSERT_EQUAL(live(paused, arriving), END_UNKNOWN);
    CU_ASSERT_EQUAL(live(running, paused),
                    END_UNKNOWN); /* what is left over on the one host is cleared away */
    CU_ASSERT_EQUAL(cold((Place){PLACE_DEFINED, TRUE, FALSE}, absent), END_UNKNOWN);
}

static void what_comes_in_has_not_arrived(void)
{
    CU_ASSERT_EQUAL(live(silent, incoming), END_UNKNOWN);
    CU_ASSERT_EQUAL(live(silent, paused), END_UNKNOWN);
    CU_ASSERT_EQUAL(live(defined, incoming), END_UNKNOWN);
    CU_ASSERT_EQUAL(live(absent, incoming), END_UNKNOWN);
    CU_ASSERT_EQUAL(live(running, incoming), END_UNKNOWN);
    CU_ASSERT_EQUAL(live(incoming, incoming), END_UNKNOWN);
    CU_ASSERT_EQUAL(live(absent, moving), END_UNKNOWN); /* post-copy fetches the rest */
}

static void a_paused_copy_that_is_left_is_told(void)
{
    g_autofree char *left = NULL, *stopped = NULL;
    CU_ASSERT_EQUAL(domain_place_judge(paused, running, FALSE, &left), END_SUCCEEDED);
    CU_ASSERT_STRING_EQUAL(left, "a paused copy of it is left on the host that it left");
    CU_ASSERT_EQUAL(domain_place_judge(incoming, running, FALSE, &stopped), END_SUCCEEDED);
    CU_ASSERT_PTR_NOT_NULL(stopped);
}

static void a_silent_host_is_waited_for_unless_the_other_tells(void)
{
    CU_ASSERT_EQUAL(live(silent, running), END_SUCCEEDED);
    CU_ASSERT_EQUAL(live(running, silent), END_NOT_STARTED);
    CU_ASSERT_EQUAL(live(resumed, silent), END_UNKNOWN); /* it was stopped to go, and may run there */
    CU_ASSERT_EQUAL(live(resumed, absent), END_NOT_STARTED);
    CU_ASSERT_EQUAL(live(paused, silent), END_UNKNOWN);
    CU_ASSERT_EQUAL(live(moving, silent), END_UNKNOWN);
    CU_ASSERT_EQUAL(live(silent, absent), END_UNKNOWN);
    CU_ASSERT_EQUAL(live(absent, silent), END_UNKNOWN);
    CU_ASSERT_EQUAL(live(silent, silent), END_UNKNOWN);
    CU_ASSERT_EQUAL(cold(silent, defined), END_UNKNOWN);
    CU_ASSERT_EQUAL(cold(absent, silent), END_UNKNOWN);
}

static void what_cannot_be_is_a_failure_in_words(void)
{
    g_autofree char *neither = NULL, *both = NULL, *fine = NULL, *gone = NULL;
    CU_ASSERT_EQUAL(domain_place_judge(absent, defined, FALSE, &neither), END_FAILED);
    CU_ASSERT_STRING_EQUAL(neither, "it runs on neither host");
    CU_ASSERT_EQUAL(domain_place_judge(running, running, FALSE, &both), END_FAILED);
    CU_ASSERT_STRING_EQUAL(both, "IT RUNS ON BOTH HOSTS, on the same disks: stop one of them at once");
    CU_ASSERT_EQUAL(domain_place_judge(absent, absent, TRUE, &gone), END_FAILED);
    CU_ASSERT_STRING_EQUAL(gone, "it is on neither host");
    CU_ASSERT_EQUAL(domain_place_judge(absent, running, FALSE, &fine), END_SUCCEEDED);
    CU_ASSERT_PTR_NULL(fine);
}

static void one_that_does_not_run_is_where_it_is_defined(void)
{
    CU_ASSERT_EQUAL(cold(absent, defined), END_SUCCEEDED);
    CU_ASSERT_EQUAL(cold(absent, running), END_SUCCEEDED); /* and somebody started it there */
    CU_ASSERT_EQUAL(cold(defined, absent), END_NOT_STARTED);
    CU_ASSERT_EQUAL(cold(defined, defined), END_NOT_STARTED); /* half way: made again it does no harm */
}

static void a_small_rate_is_no_missing_limit(void)
{
    CU_ASSERT_EQUAL(libvirt_mib_per_s(0), 0);
    CU_ASSERT_EQUAL(libvirt_mib_per_s(1), 1);
    CU_ASSERT_EQUAL(libvirt_mib_per_s(8), 1);
    CU_ASSERT_EQUAL(libvirt_mib_per_s(100), 11);
}

/* What Xen's driver refused a migration with, and what becomes of it. */
static void a_driver_that_knows_less_migrates_without(void)
{
    const MoveRefusals xen = {VIR_MIGRATE_ABORT_ON_ERROR | VIR_MIGRATE_TLS | VIR_MIGRATE_AUTO_CONVERGE |
                                  VIR_MIGRATE_POSTCOPY,
                              TRUE};
    MoveOptions options = {.tls = LIBVIRT_TLS_AUTO, .rate_mbps = 1000};
    g_autofree char *two = NULL, *none = NULL, *all = NULL, *nothing = NULL, *secret = NULL;
    CU_ASSERT_TRUE(libvirt_does_without(xen, &options, &two));
    CU_ASSERT_STRING_EQUAL(
        two, "TLS, so memory goes in the clear (libvirt_tls), a limit of bandwidth (vmotion_mbps)");
    options.tls = LIBVIRT_TLS_YES;
    CU_ASSERT_FALSE(libvirt_does_without(xen, &options, &secret));
    CU_ASSERT_PTR_NULL(secret);
    options = (MoveOptions){.tls = LIBVIRT_TLS_NO};
    CU_ASSERT_TRUE(libvirt_does_without(xen, &options, &none));
    CU_ASSERT_PTR_NULL(none);
    options = (MoveOptions){.tls = LIBVIRT_TLS_NO, .auto_converge = TRUE, .post_copy = TRUE};
    CU_ASSERT_TRUE(libvirt_does_without(xen, &options, &all));
    CU_ASSERT_STRING_EQUAL(all, "auto-converge (libvirt_auto_converge), post-copy (libvirt_post_copy)");
    CU_ASSERT_FALSE(libvirt_does_without((MoveRefusals){0}, &options, &nothing));
}

static void only_missing_certificates_allow_the_clear(void)
{
    CU_ASSERT_TRUE(libvirt_lacks_tls("h1: host migration TLS directory not configured"));
    CU_ASSERT_TRUE(
        libvirt_lacks_tls("h1: internal error: unable to execute QEMU command 'object-add': Unable to "
                          "access credentials /etc/pki/qemu/ca-cert.pem: No such file or directory"));
    CU_ASSERT_FALSE(
        libvirt_lacks_tls("h1: operation failed: migration out job: TLS handshake failed: Error in "
                          "the certificate verification."));
    CU_ASSERT_FALSE(libvirt_lacks_tls("h1: operation failed: job 'migration out' unexpectedly failed"));
}

#define ONE "aaaaaaaa-0000-4000-8000-000000000001"
#define OTHER "1aaaaaaa-0000-4000-8000-000000000001"

static char *described(const char *uuid)
{
    return g_strdup_printf(
        "<domain type=\"kvm\"><name>" ONE "</name><uuid>%s</uuid><sysinfo type=\"smbios\"><system>"
        "<entry name=\"serial\">" ONE "</entry><entry name=\"uuid\">%s</entry></system></sysinfo>"
        "<devices><disk><source file=\"/x/" ONE "\"/></disk></devices></domain>",
        uuid, uuid);
}

static void only_the_uuid_itself_is_another(void)
{
    g_autofree char *xml = described(ONE), *expected = described(OTHER);
    g_autofree char *found = domain_xml_with_uuid(xml, OTHER);
    CU_ASSERT_STRING_EQUAL(found, expected);
    CU_ASSERT_PTR_NULL(domain_xml_with_uuid("<domain/>", OTHER));
    CU_ASSERT_PTR_NULL(domain_xml_with_uuid("<domain>", OTHER));
}

void test_domainplace_suite(void)
{
    CU_pSuite suite = CU_add_suite("what became of a migration by libvirt", NULL, NULL);
    CU_ADD_TEST(suite, what_runs_tells_where_it_went);
    CU_ADD_TEST(suite, a_job_is_awaited_whoever_asked_for_it);
    CU_ADD_TEST(suite, a_small_rate_is_no_missing_limit);
    CU_ADD_TEST(suite, only_missing_certificates_allow_the_clear);
    CU_ADD_TEST(suite, a_driver_that_knows_less_migrates_without);
    CU_ADD_TEST(suite, only_the_uuid_itself_is_another);
    CU_ADD_TEST(suite, what_comes_in_has_not_arrived);
    CU_ADD_TEST(suite, a_paused_copy_that_is_left_is_told);
    CU_ADD_TEST(suite, a_silent_host_is_waited_for_unless_the_other_tells);
    CU_ADD_TEST(suite, what_cannot_be_is_a_failure_in_words);
    CU_ADD_TEST(suite, one_that_does_not_run_is_where_it_is_defined);
}
