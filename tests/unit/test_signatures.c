/* SPDX-License-Identifier: MIT */
#include "apply/signatures.h"

#include "tests/unit/cunit.h"

#include <glib/gstdio.h>
#include <string.h>

void test_signatures_suite(void);

/* a directory with a plan, something beside it that bears a signature's name, and a file of allowed signers
 */
typedef struct Fixture {
    char *directory, *plan, *signature, *signers;
    GBytes *bytes;
} Fixture;

static void fixture_make(Fixture *f)
{
    f->directory = g_dir_make_tmp("vmanger-XXXXXX", NULL);
    f->plan = g_build_filename(f->directory, "plan.csv", NULL);
    f->signature = g_strconcat(f->plan, ".sig", NULL);
    f->signers = g_build_filename(f->directory, "signers", NULL);
    f->bytes = g_bytes_new_static("plan\n", 5);
    CU_ASSERT_TRUE(g_file_set_contents(f->signature, "signature\n", -1, NULL));
    CU_ASSERT_TRUE(g_file_set_contents(f->signers, "alice ssh-ed25519 AAAA\n", -1, NULL));
}

static void fixture_clear(Fixture *f)
{
    (void)g_remove(f->signature);
    (void)g_remove(f->signers);
    (void)g_rmdir(f->directory);
    g_free(f->directory);
    g_free(f->plan);
    g_free(f->signature);
    g_free(f->signers);
    g_bytes_unref(f->bytes);
}

static void without_ssh_keygen_a_plan_is_refused_and_told_where_to_get_it(void)
{
    Fixture f;
    fixture_make(&f);
    SignatureRule rule = {.allowed_signers = f.signers, .needed = 1, .ssh_keygen = "/nonexistent/ssh-keygen"};
    g_autoptr(GError) error = NULL;
    CU_ASSERT_PTR_NULL(signatures_of_plan(&rule, f.plan, f.bytes, &error));
    CU_ASSERT_PTR_NOT_NULL_FATAL(error);
    CU_ASSERT_PTR_NOT_NULL(strstr(error->message, "/nonexistent/ssh-keygen: cannot be run"));
    CU_ASSERT_PTR_NOT_NULL(strstr(error->message, "openssh-client"));
    fixture_clear(&f);
}

static void a_program_that_says_nothing_approves_nothing(void)
{
    Fixture f;
    fixture_make(&f);
    SignatureRule rule = {.allowed_signers = f.signers, .needed = 1, .ssh_keygen = "/bin/true"};
    g_autoptr(GError) error = NULL;
    CU_ASSERT_PTR_NULL(signatures_of_plan(&rule, f.plan, f.bytes, &error));
    CU_ASSERT_PTR_NOT_NULL_FATAL(error);
    CU_ASSERT_PTR_NOT_NULL(strstr(error->message, "no fingerprint was given"));
    fixture_clear(&f);
}

void test_signatures_suite(void)
{
    CU_pSuite suite = CU_add_suite("signatures", NULL, NULL);
    CU_ADD_TEST(suite, without_ssh_keygen_a_plan_is_refused_and_told_where_to_get_it);
    CU_ADD_TEST(suite, a_program_that_says_nothing_approves_nothing);
}
