/* SPDX-License-Identifier: MIT */
#include "tests/unit/cunit.h"
#include "tests/unit/smallcluster.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

void test_policy_suite(void);

/* the text is refused, and the message has this in it */
static void expect_refusal(const char *text, gsize length, const char *part)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = smallcluster_file(text, length);
    g_autoptr(Policy) policy = policy_read(path, &error);
    g_unlink(path);
    CU_ASSERT_PTR_NULL(policy);
    CU_ASSERT_PTR_NOT_NULL_FATAL(error);
    CU_ASSERT_TRUE(g_str_has_prefix(error->message, path));
    CU_ASSERT_PTR_NOT_NULL(strstr(error->message, part));
    if (!strstr(error->message, part))
        g_printerr("\n  message: %s\n  lacks:   %s\n", error->message, part);
}

static void refused(const char *text, const char *part)
{
    expect_refusal(text, strlen(text), part);
}

static void without_a_file_the_defaults_hold(void)
{
    g_autoptr(Policy) policy = policy_read(NULL, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(policy);
    CU_ASSERT_EQUAL(policy->cpu_hot_pct, 80);
    CU_ASSERT_TRUE(isnan(policy->disk_hot_pct));
    CU_ASSERT_FALSE(policy->host_memory_demand);
    CU_ASSERT_EQUAL(policy->memory_step_mib, 128);
    CU_ASSERT_TRUE(policy->respect_drs_overrides);
    CU_ASSERT_EQUAL(policy->parallel_per_host, 4);
    CU_ASSERT_PTR_NULL(policy->system_vms[0]);
    CU_ASSERT_STRING_EQUAL(policy->require_signature, "");
    CU_ASSERT_STRING_EQUAL(policy->revoked_keys, "");
    CU_ASSERT_EQUAL(policy->signatures_needed, 1);
}

static void values_of_every_kind_are_read(void)
{
    g_autoptr(Policy) policy = smallcluster_policy(
        "# a comment\r\n[analyze]\r\ncpu_hot_pct = 72.5\r\ndisk_hot_pct=90\r\nhost_memory=demand\r\n"
        "system_vms=vCLS*; ops/agent-? ;\r\n[plan]\nseed=7\nvsan_mode=noAction\n",
        NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(policy);
    CU_ASSERT_EQUAL(policy->cpu_hot_pct, 72.5);
    CU_ASSERT_EQUAL(policy->disk_hot_pct, 90);
    CU_ASSERT_TRUE(policy->host_memory_demand);
    CU_ASSERT_EQUAL_FATAL(g_strv_length(policy->system_vms), 2);
    CU_ASSERT_STRING_EQUAL(policy->system_vms[1], "ops/agent-?");
    CU_ASSERT_EQUAL(policy->seed, 7);
    CU_ASSERT_STRING_EQUAL(policy->vsan_mode, "noAction");
}

static void an_unknown_key_names_line_and_the_nearest(void)
{
    refused(
        "[analyze]\n\ncpu_hot_pc=80\n",
        ":3: cpu_hot_pc: found \"cpu_hot_pc\": expected a key of [analyze] (the nearest is cpu_hot_pct of "
        "[analyze])");
    refused("[analyze]\nparallel=8\n", "the nearest is parallel of [apply]");
    refused("[rule a]\nvmss=x\n", "the nearest is vms");
    refused("[rule a]\nvm=x\n", "expected a key of a rule: type, vms, hosts or mandatory");
    refused("[plan]\ncolour=x\n", "expected a key of [plan] (vmanger-policy(5) has them all)");
}

static void an_unknown_section_names_line_and_the_nearest(void)
{
    refused("[analyse]\n",
            ":1: section: found \"analyse\": expected [analyze], [plan], [apply], [rule NAME] or [size NAME] "
            "(the nearest is [analyze])");
    refused("[rule ]\n", ":1: section");
    refused("[plan\n", "a section's name in one pair of brackets");
}

static void what_stands_twice_is_refused_with_both_lines(void)
{
    refused("[plan]\nseed=1\nseed=2\n",
            ":3: seed: found \"seed\": expected it once: it stands at line 2 already");
    refused("[plan]\n[apply]\n[plan]\n",
            ":3: section: found \"plan\": expected it once: it stands at line 1");
}

static void bad_values_name_line_key_and_bounds(void)
{
    refused("[analyze]\ncpu_hot_pct=high\n", ":2: cpu_hot_pct: found \"high\": expected a number");
    refused("[analyze]\ncpu_hot_pct=101\n", "from 1 to 100");
    refused("[analyze]\ncpu_hot_pct=80 # percent\n", ":2: cpu_hot_pct");
    refused("[analyze]\ncpu_hot_pct=\n", "found nothing");
    refused("[analyze]\nhost_memory=actual\n", "one of consumed, demand");
    refused("[plan]\nseed=1.5\n", "a whole number");
    refused("[plan]\nseed=-1\n", "a whole number from 0");
    refused("[plan]\nvsan_mode=no\n", "noAction, or nothing");
    refused("[plan]\nexclude_vms=a\\nb\n", "without control characters");
    refused("[plan]\nexclude_vms=a\\qb\n", ":2: exclude_vms");
}

static void text_that_is_no_key_file_names_the_line(void)
{
    refused("\xef\xbb\xbf[plan]\n", ":1: found a byte order mark");
    refused("seed=1\n", ":1: seed: found \"seed\": expected a section before the first key");
    refused("[plan]\nseed\n", ":2: found \"seed\": expected key=value");
    refused("[plan]\nseed=1\nevacuate=\xff\n", ":3: found byte 0xff: expected UTF-8");
    expect_refusal("[plan]\nseed=1\0\n", 15, ":2: found byte 0x00: expected UTF-8");
}

static void a_missing_file_is_named(void)
{
    g_autoptr(GError) error = NULL;
    CU_ASSERT_PTR_NULL(policy_read("/nonexistent/policy.ini", &error));
    CU_ASSERT_PTR_NOT_NULL_FATAL(error);
    CU_ASSERT_PTR_NOT_NULL(strstr(error->message, "/nonexistent/policy.ini: cannot be read"));
}

static void rules_are_read_in_the_files_order(void)
{
    g_autoptr(Policy) policy = smallcluster_policy("[rule web apart]\ntype=vm_anti_affinity\nvms=web-*\n"
                                                   "[rule licence]\ntype=vm_host_affinity\nvms=ora-*;db/ora\n"
                                                   "hosts=esx-1;esx-2\nmandatory=yes\n",
                                                   NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(policy);
    CU_ASSERT_EQUAL_FATAL(policy->rules->len, 2);
    const PolicyRule *web = policy->rules->pdata[0], *licence = policy->rules->pdata[1];
    CU_ASSERT_STRING_EQUAL(web->name, "web apart");
    CU_ASSERT_EQUAL(web->type, RULE_VM_ANTI_AFFINITY);
    CU_ASSERT_FALSE(web->mandatory);
    CU_ASSERT_STRING_EQUAL(licence->vms[1], "db/ora");
    CU_ASSERT_STRING_EQUAL(licence->hosts[1], "esx-2");
    CU_ASSERT_TRUE(licence->mandatory);
}

static void a_rule_that_says_too_little_is_refused(void)
{
    refused("[rule a]\nvms=x\n", ":1: type: found nothing");
    refused("[rule a]\ntype=vm_affinity\n", ":1: vms: found nothing");
    refused("[rule a]\ntype=vm_host_affinity\nvms=x\n", ":1: hosts: found nothing");
    refused("[rule a]\ntype=vm_affinity\nvms=x\nhosts=h\n",
            ":4: hosts: found \"h\": expected no hosts with type=vm_affinity");
    refused("[rule a]\nhosts=\ntype=vm_host_affinity\nvms=x\n",
            ":2: hosts: found nothing: expected patterns of hosts with type=vm_host_affinity");
    refused("[rule a]\ntype=apart\nvms=x\n", ":2: type: found \"apart\": expected one of vm_affinity");
}

static char *digest(char *(*of)(const Policy *), const char *text)
{
    g_autoptr(Policy) policy = text ? smallcluster_policy(text, NULL) : policy_read(NULL, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(policy);
    return of(policy);
}

static void the_digest_is_of_what_holds_not_of_how_it_is_written(void)
{
    g_autofree char *none = digest(policy_analyze_digest, NULL);
    g_autofree char *same =
        digest(policy_analyze_digest, "[plan]\nseed=3\n[analyze]\n# x\ncpu_hot_pct=80.0\n");
    g_autofree char *other = digest(policy_analyze_digest, "[analyze]\ncpu_hot_pct=80.001\n");
    CU_ASSERT_STRING_EQUAL(none, same);
    CU_ASSERT_STRING_NOT_EQUAL(none, other);
}

static void the_plans_digest_covers_plan_and_rules_but_not_apply(void)
{
    g_autofree char *none = digest(policy_plan_digest, NULL);
    g_autofree char *seed = digest(policy_plan_digest, "[plan]\nseed=3\n");
    g_autofree char *apply = digest(policy_plan_digest, "[apply]\nparallel=2\n");
    g_autofree char *rule = digest(policy_plan_digest, "[rule a]\ntype=vm_affinity\nvms=x\n");
    CU_ASSERT_STRING_NOT_EQUAL(none, seed);
    CU_ASSERT_STRING_NOT_EQUAL(none, rule);
    CU_ASSERT_STRING_EQUAL(none, apply);
}

static void the_sample_states_the_defaults(void)
{
    const char *top = g_getenv("TOP");
    g_autofree char *path = g_build_filename(top ? top : ".", "samples", "policy.ini", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(Policy) sample = policy_read(path, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(sample);
    g_autofree char *shown = policy_plan_digest(sample);
    g_autofree char *defaults = digest(policy_plan_digest, NULL);
    CU_ASSERT_STRING_EQUAL(shown, defaults);
    CU_ASSERT_EQUAL(sample->parallel, 8);
    CU_ASSERT_EQUAL(sample->parallel_per_host, 4);
    CU_ASSERT_EQUAL(sample->max_age_s, 86400);
}

static void the_sample_shows_every_key(void)
{
    const char *top = g_getenv("TOP");
    g_autofree char *path = g_build_filename(top ? top : ".", "samples", "policy.ini", NULL);
    g_autoptr(GKeyFile) file = g_key_file_new();
    CU_ASSERT_TRUE_FATAL(g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, NULL));
    static const struct {
        const char *section;
        gsize keys;
    } expected[] = {{"analyze", 20}, {"plan", 42}, {"apply", 11}};
    for (gsize i = 0; i < G_N_ELEMENTS(expected); i++) {
        gsize n = 0;
        g_auto(GStrv) keys = g_key_file_get_keys(file, expected[i].section, &n, NULL);
        CU_ASSERT_PTR_NOT_NULL(keys);
        CU_ASSERT_EQUAL(n, expected[i].keys);
    }
}

static void patterns_match_a_name_or_folder_and_name(void)
{
    g_auto(GStrv) globs = g_strsplit("vCLS*;ops/*", ";", -1);
    g_auto(GStrv) none = g_new0(char *, 1);
    CU_ASSERT_TRUE(policy_matches(globs, "", "vCLS-1"));
    CU_ASSERT_TRUE(policy_matches(globs, "ops", "agent"));
    CU_ASSERT_FALSE(policy_matches(globs, "prod", "agent"));
    CU_ASSERT_FALSE(policy_matches(globs, "prod", "a-vCLS-1"));
    CU_ASSERT_FALSE(policy_matches(none, "", "x"));
}

static gboolean matches(const char *list, const char *folder, const char *name)
{
    g_auto(GStrv) patterns = g_strsplit(list, ";", -1);
    return policy_matches(patterns, folder, name);
}

static void the_case_of_letters_does_not_matter_to_a_pattern(void)
{
    CU_ASSERT_TRUE(matches("db-*", "", "DB-1"));
    CU_ASSERT_TRUE(matches("DB-1", "", "db-1"));
    CU_ASSERT_TRUE(matches("\u00c4rzte/*", "\u00e4rzte", "x"));
    CU_ASSERT_TRUE(matches("stra?e", "", "stra\u00dfe"));
    CU_ASSERT_TRUE(matches("ESX-1.EXAMPLE", NULL, "esx-1.example"));
    CU_ASSERT_FALSE(matches("db-1", "", "DB-2"));
}

static void commas_separate_patterns_too_and_stand_for_themselves(void)
{
    CU_ASSERT_TRUE(matches("db-1, db-2", "", "db-1"));
    CU_ASSERT_TRUE(matches("db-1, db-2", "", "db-2"));
    CU_ASSERT_TRUE(matches("esx-1,esx-2", NULL, "esx-2.example"));
    CU_ASSERT_TRUE(matches("old, unused", "", "old, unused"));
    CU_ASSERT_FALSE(matches("db-1,,db-2,", "", ""));
    CU_ASSERT_FALSE(matches("db-1,db-2", "", "db-3"));
}

static void a_short_name_is_a_hosts_first_label(void)
{
    CU_ASSERT_TRUE(matches("esx-1", NULL, "esx-1.lan.example"));
    CU_ASSERT_TRUE(matches("esx-?", NULL, "esx-1.lan.example"));
    CU_ASSERT_FALSE(matches("esx-1.lan", NULL, "esx-1.lan.example"));
    CU_ASSERT_FALSE(matches("esx-1.lan.example", NULL, "esx-1"));
    CU_ASSERT_FALSE(matches("10", NULL, "10.0.0.5"));
    CU_ASSERT_FALSE(matches("db", "", "db.example")); /* a VM's name has no labels */
}

void test_policy_suite(void)
{
    CU_pSuite suite = CU_add_suite("policy", NULL, NULL);
    CU_ADD_TEST(suite, without_a_file_the_defaults_hold);
    CU_ADD_TEST(suite, values_of_every_kind_are_read);
    CU_ADD_TEST(suite, an_unknown_key_names_line_and_the_nearest);
    CU_ADD_TEST(suite, an_unknown_section_names_line_and_the_nearest);
    CU_ADD_TEST(suite, what_stands_twice_is_refused_with_both_lines);
    CU_ADD_TEST(suite, bad_values_name_line_key_and_bounds);
    CU_ADD_TEST(suite, text_that_is_no_key_file_names_the_line);
    CU_ADD_TEST(suite, a_missing_file_is_named);
    CU_ADD_TEST(suite, rules_are_read_in_the_files_order);
    CU_ADD_TEST(suite, a_rule_that_says_too_little_is_refused);
    CU_ADD_TEST(suite, the_digest_is_of_what_holds_not_of_how_it_is_written);
    CU_ADD_TEST(suite, the_plans_digest_covers_plan_and_rules_but_not_apply);
    CU_ADD_TEST(suite, the_sample_states_the_defaults);
    CU_ADD_TEST(suite, the_sample_shows_every_key);
    CU_ADD_TEST(suite, patterns_match_a_name_or_folder_and_name);
    CU_ADD_TEST(suite, the_case_of_letters_does_not_matter_to_a_pattern);
    CU_ADD_TEST(suite, commas_separate_patterns_too_and_stand_for_themselves);
    CU_ADD_TEST(suite, a_short_name_is_a_hosts_first_label);
}
