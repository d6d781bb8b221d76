/* SPDX-License-Identifier: MIT */
#include "analyze/patterncheck.h"
#include "collect/references.h"
#include "tests/unit/cunit.h"
#include "tests/unit/smallcluster.h"

#include <string.h>

void test_patterncheck_suite(void);

/* hosts by full names, and three VMs, one of them in a folder and with a comma in its name */
static SmallCluster *small_estate(void)
{
    SmallCluster *small = smallcluster_new();
    smallcluster_add_host(small, "h1")->name = "esx-01.lan.example";
    smallcluster_add_host(small, "h2")->name = "esx-02.lan.example";
    smallcluster_add_vm(small, "v1", "h1")->name = "mail-01";
    smallcluster_add_vm(small, "v2", "h1")->name = "mail-02";
    Vm *vm = smallcluster_add_vm(small, "v3", "h1");
    vm->name = "old, unused";
    vm->folder = "ops";
    return small;
}

/* what is said of a policy, of a section or of all, each line after a line feed */
static void assert_said(const char *text, const char *section, const char *expected)
{
    g_autoptr(SmallCluster) small = small_estate();
    g_autoptr(Policy) policy = smallcluster_policy(text, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(policy);
    CU_ASSERT_FATAL(snapshot_link(small->snapshot, NULL));
    g_autoptr(PatternCheck) check = patterncheck_new(policy, section);
    patterncheck_add(check, small->snapshot);
    g_autoptr(GPtrArray) words = patterncheck_words(check);
    g_autoptr(GString) said = g_string_new(NULL);
    for (guint i = 0; i < words->len; i++)
        g_string_append_printf(said, "\n%s", (const char *)words->pdata[i]);
    CU_ASSERT_STRING_EQUAL(said->str, expected);
    if (strcmp(said->str, expected) != 0)
        g_printerr("\n  said: %s\n", said->str);
}

static void what_matches_is_no_news(void)
{
    assert_said("", NULL, "");
    assert_said("[analyze]\nsystem_vms=mail-01\n[plan]\nexclude_vms=mail-*;ops/*\nforbid_growth=mail-0?\n"
                "exclude_hosts=esx-01\nevacuate=*-02.*\n"
                "[rule r]\ntype=vm_host_affinity\nvms=mail-*\nhosts=ESX-01.lan.example\n",
                NULL, "");
}

static void each_pattern_that_matches_nothing_is_told_with_its_key(void)
{
    assert_said("[analyze]\nsystem_vms=q\n[plan]\nevacuate=w\nexclude_hosts=e;esx-01;r\nforbid_growth=z\n"
                "exclude_vms=t;mail-01\n",
                NULL,
                "\nsystem_vms: found no VM that matches q"
                "\nevacuate: found no host that matches w"
                "\nexclude_hosts: found no host that matches e"
                "\nexclude_hosts: found no host that matches r"
                "\nexclude_vms: found no VM that matches t"
                "\nforbid_growth: found no VM that matches z");
}

static void a_section_alone_is_looked_at_where_only_it_is_read(void)
{
    assert_said("[analyze]\nsystem_vms=q\n[plan]\nexclude_vms=t\n", "analyze",
                "\nsystem_vms: found no VM that matches q");
}

static void an_id_is_the_likely_mistake(void)
{
    assert_said(
        "[plan]\nevacuate=h1\nexclude_vms=v3\nforbid_growth=h1\n", NULL,
        "\nevacuate: found no host that matches h1 (it is the id of \"esx-01.lan.example\": patterns are of "
        "names)"
        "\nexclude_vms: found no VM that matches v3 (it is the id of \"old, unused\": patterns are of names)"
        "\nforbid_growth: found no VM that matches h1");
}

static void the_nearest_name_is_told_where_it_is_close(void)
{
    assert_said(
        "[plan]\nexclude_vms=mial-01;post-*;ops/old unused\nexclude_hosts=esx-1\n", NULL,
        "\nexclude_hosts: found no host that matches esx-1 (the nearest is \"esx-01\")"
        "\nexclude_vms: found no VM that matches mial-01 (the nearest is \"mail-01\")"
        "\nexclude_vms: found no VM that matches post-*"
        "\nexclude_vms: found no VM that matches ops/old unused (the nearest is \"ops/old, unused\")");
}

static void each_part_between_commas_is_looked_for_unless_the_whole_matches(void)
{
    assert_said("[plan]\nexclude_vms=mail-01,nail-02\n", NULL,
                "\nexclude_vms: found no VM that matches nail-02 (the nearest is \"mail-02\")");
    assert_said("[plan]\nexclude_vms=old, unused\n", NULL, "");
}

static void spaces_for_separators_are_the_likely_mistake(void)
{
    assert_said("[plan]\nexclude_vms=mail-01 mail-02\n", NULL,
                "\nexclude_vms: found no VM that matches mail-01 mail-02 (a list is separated by ;)");
}

static void a_rules_list_is_told_by_the_rules_name(void)
{
    assert_said("[rule apart]\ntype=vm_anti_affinity\nvms=x;mail-01\n", NULL,
                "\nrule \"apart\": vms: found no VM that matches x");
    assert_said("[rule here]\ntype=vm_host_affinity\nvms=y\nhosts=z1;z2\n", NULL,
                "\nrule \"here\": vms: found no VM that matches y: the rule does nothing"
                "\nrule \"here\": hosts: found no host that matches z1: the rule does nothing"
                "\nrule \"here\": hosts: found no host that matches z2: the rule does nothing");
}

static void what_one_of_several_inventories_has_is_no_news(void)
{
    g_autoptr(SmallCluster) one = small_estate();
    g_autoptr(SmallCluster) other = smallcluster_new();
    g_autoptr(Policy) policy = smallcluster_policy("[analyze]\nsystem_vms=mail-01;agent\n", NULL);
    g_autoptr(PatternCheck) check = patterncheck_new(policy, "analyze");
    smallcluster_add_host(other, "h1");
    smallcluster_add_vm(other, "agent", "h1");
    patterncheck_add(check, one->snapshot);
    patterncheck_add(check, other->snapshot);
    g_autoptr(GPtrArray) words = patterncheck_words(check);
    CU_ASSERT_EQUAL(words->len, 0);
}

static gboolean evacuates(const char *pattern, char **said)
{
    g_autoptr(SmallCluster) small = small_estate();
    smallcluster_add_host(small, "h3")->name = "esx-01.dr.example";
    smallcluster_add_host(small, "h4")->name = "esx-09";
    smallcluster_add_host(small, "h5")->name = "esx-09.dr.example";
    g_autofree char *text = g_strdup_printf("[plan]\nevacuate=%s\n", pattern);
    g_autoptr(Policy) policy = smallcluster_policy(text, NULL);
    g_autoptr(GError) error = NULL;
    gboolean ok = patterncheck_evacuate(small->snapshot, policy, &error);
    CU_ASSERT_EQUAL(ok, error == NULL);
    if (said)
        *said = g_strdup(error ? error->message : "");
    return ok;
}

static void a_short_name_of_several_hosts_empties_none(void)
{
    g_autofree char *said = NULL;
    CU_ASSERT_FALSE(evacuates("ESX-01", &said));
    CU_ASSERT_STRING_EQUAL(
        said, "evacuate: found \"ESX-01\", the short name of several hosts: expected their full names");
    CU_ASSERT_FALSE(evacuates("esx-02,esx-01", NULL));
    CU_ASSERT_FALSE(evacuates("esx-09", NULL));
    CU_ASSERT_TRUE(evacuates("esx-02", NULL));
    CU_ASSERT_TRUE(evacuates("esx-01.dr.example", NULL));
    CU_ASSERT_TRUE(evacuates("esx-0?", NULL));
    CU_ASSERT_TRUE(evacuates("", NULL));
}

void test_patterncheck_suite(void)
{
    CU_pSuite suite = CU_add_suite("patterncheck", NULL, NULL);
    CU_ADD_TEST(suite, what_matches_is_no_news);
    CU_ADD_TEST(suite, each_pattern_that_matches_nothing_is_told_with_its_key);
    CU_ADD_TEST(suite, a_section_alone_is_looked_at_where_only_it_is_read);
    CU_ADD_TEST(suite, an_id_is_the_likely_mistake);
    CU_ADD_TEST(suite, the_nearest_name_is_told_where_it_is_close);
    CU_ADD_TEST(suite, each_part_between_commas_is_looked_for_unless_the_whole_matches);
    CU_ADD_TEST(suite, spaces_for_separators_are_the_likely_mistake);
    CU_ADD_TEST(suite, a_rules_list_is_told_by_the_rules_name);
    CU_ADD_TEST(suite, what_one_of_several_inventories_has_is_no_news);
    CU_ADD_TEST(suite, a_short_name_of_several_hosts_empties_none);
}
