/* SPDX-License-Identifier: MIT */
#include "collect/libvirtfit.h"
#include "tests/unit/cunit.h"

#include <string.h>

void test_libvirtfit_suite(void);

static void probe_drop(gpointer data)
{
    probe_unref(data);
}

static Probe *add_probe(GPtrArray *probes, const char *cpu_model)
{
    Probe *probe = probe_new("test:///default", "h", 1);
    g_autofree char *xml =
        g_strdup_printf("<capabilities><host><cpu><arch>x86_64</arch><model>%s</model></cpu></host>"
                        "<guest><arch name='x86_64'><machine>m1</machine><domain type='kvm'/></arch></guest>"
                        "</capabilities>",
                        cpu_model);
    probe->abilities = host_abilities_read(xml, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(probe->abilities);
    g_ptr_array_add(probes, probe);
    return probe;
}

static ProbeDomain *add_domain(Probe *probe, int state, const char *more, const char *devices)
{
    g_autofree char *xml =
        g_strdup_printf("<domain type='kvm'><memory unit='MiB'>1024</memory><vcpu>1</vcpu>%s<os>"
                        "<type arch='x86_64' machine='m1'>hvm</type></os><devices>%s</devices></domain>",
                        more, devices);
    ProbeDomain *domain = g_new0(ProbeDomain, 1);
    domain->state = state;
    domain->facts = domain_facts_read(xml, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(domain->facts);
    g_ptr_array_add(probe->domains, domain);
    return domain;
}

static void add_pool(Probe *probe, const char *name, const char *uuid, const char *type, const char *path)
{
    ProbePool *pool = g_new0(ProbePool, 1);
    *pool = (ProbePool){g_strdup(name), g_strdup(uuid), g_strdup(type), g_strdup(path)};
    g_ptr_array_add(probe->pools, pool);
}

/* the fit of all domains, when each probe has given these answers ("10": yes and no) */
static Fit *fit_of(GPtrArray *probes, const char *const *answers)
{
    Fit *fit = fit_new(probes);
    for (guint i = 0; i < probes->len; i++) {
        Probe *probe = probes->pdata[i];
        for (guint d = 0; d < probe->domains->len; d++)
            fit_add(fit, probe, probe->domains->pdata[d]);
    }
    for (guint i = 0; i < probes->len; i++) {
        Probe *probe = probes->pdata[i];
        CU_ASSERT_EQUAL_FATAL(strlen(answers[i]), fit_questions(fit)->len);
        probe->answers = g_new0(gboolean, fit_questions(fit)->len + 1);
        for (guint q = 0; q < fit_questions(fit)->len; q++)
            probe->answers[q] = answers[i][q] == '1';
    }
    fit_settle(fit);
    return fit;
}

static void requires(const Fit *fit, const ProbeDomain *domain, const char *expected)
{
    g_autofree char *found = fit_requires(fit, domain);
    CU_ASSERT_STRING_EQUAL(found, expected);
}

static void offers(const Fit *fit, const Probe *probe, const char *expected)
{
    g_autofree char *found = fit_offers(fit, probe);
    CU_ASSERT_STRING_EQUAL(found, expected);
}

#define BASE "arch:x86_64"

static void a_host_is_asked_about_the_cpu_of_what_runs(void)
{
    g_autoptr(GPtrArray) probes = g_ptr_array_new_with_free_func(probe_drop);
    Probe *one = add_probe(probes, "A"), *two = add_probe(probes, "B"), *three = add_probe(probes, "C");
    ProbeDomain *runs = add_domain(one, VIR_DOMAIN_RUNNING, "<cpu mode='host-passthrough'/>", "");
    ProbeDomain *off = add_domain(one, VIR_DOMAIN_SHUTOFF, "<cpu mode='host-passthrough'/>", "");
    g_autoptr(Fit) fit = fit_of(probes, (const char *const[]){"1", "1", "0"});
    const ProbeQuestion *question = fit_questions(fit)->pdata[0];
    CU_ASSERT_TRUE(question->identical && g_str_has_prefix(question->token, "cpu-of-host:"));
    CU_ASSERT_TRUE(strstr(question->cpu_xml, "<model>A</model>") != NULL);
    g_autofree char *with_cpu = g_strconcat(BASE " ", question->token, " machine:m1 type:kvm", NULL);
    requires(fit, runs, with_cpu);
    requires(fit, off, BASE " machine:m1 type:kvm");
    offers(fit, one, with_cpu);
    offers(fit, two, with_cpu);
    offers(fit, three, BASE " machine:m1 type:kvm");
}

static void a_host_that_denies_what_runs_on_it_is_not_believed(void)
{
    g_autoptr(GPtrArray) probes = g_ptr_array_new_with_free_func(probe_drop);
    Probe *one = add_probe(probes, "A"), *same = add_probe(probes, "A"), *other = add_probe(probes, "B");
    ProbeDomain *runs = add_domain(one, VIR_DOMAIN_RUNNING, "<cpu mode='host-passthrough'/>", "");
    g_autoptr(Fit) fit = fit_of(probes, (const char *const[]){"0", "0", "1"});
    requires(fit, runs, BASE " cpu-model:A machine:m1 type:kvm");
    offers(fit, same, BASE " cpu-model:A machine:m1 type:kvm");
    offers(fit, other, BASE " machine:m1 type:kvm");
}

static void a_named_cpu_must_be_usable_and_have_its_features(void)
{
    static const char cpu[] = "<cpu><model>EPYC</model><feature policy='require' name='x2apic'/></cpu>";
    g_autoptr(GPtrArray) probes = g_ptr_array_new_with_free_func(probe_drop);
    Probe *one = add_probe(probes, "A"), *two = add_probe(probes, "B");
    CU_ASSERT_TRUE(host_abilities_add(two->abilities, "kvm",
                                      "<domainCapabilities><cpu><mode name='custom' supported='yes'>"
                                      "<model usable='yes'>EPYC</model></mode></cpu></domainCapabilities>",
                                      NULL, NULL));
    (void)add_domain(one, VIR_DOMAIN_RUNNING, cpu, "");
    g_autoptr(Fit) fit = fit_of(probes, (const char *const[]){"1", "0"});
    const ProbeQuestion *question = fit_questions(fit)->pdata[0];
    CU_ASSERT_TRUE(!question->identical && g_str_has_prefix(question->token, "cpu-features:"));
    offers(fit, two, BASE " cpu:EPYC machine:m1 type:kvm");
}

static void shared_disks_are_required_and_local_ones_pin(void)
{
    static const char disks[] =
        "<disk type='file'><source file='/nfs/deep/x'/><target dev='vda'/></disk>"
        "<disk type='volume'><source pool='twin' volume='x'/><target dev='vdb'/></disk>"
        "<disk type='file'><source file='/local/x'/><target dev='vdc'/></disk>"
        "<disk type='file'><source file='/localx/y'/><target dev='vdd'/></disk>";
    g_autoptr(GPtrArray) probes = g_ptr_array_new_with_free_func(probe_drop);
    Probe *one = add_probe(probes, "A"), *two = add_probe(probes, "A");
    add_pool(one, "local", "u-1", "dir", "/local");
    add_pool(one, "n f s", "u-2", "netfs", "/nfs");
    add_pool(one, "twin", "u-3", "dir", "/twin");
    add_pool(two, "twin", "u-3", "dir", "/twin");
    ProbeDomain *domain = add_domain(one, VIR_DOMAIN_SHUTOFF, "", disks);
    g_autoptr(Fit) fit = fit_of(probes, (const char *const[]){"", ""});
    requires(fit, domain, BASE " machine:m1 pool:n%20f%20s pool:twin type:kvm");
    offers(fit, two, BASE " machine:m1 pool:twin type:kvm");
    CU_ASSERT_STRING_EQUAL(domain->facts->pinned->str,
                           "disk vdc in local storage pool local; disk vdd in no storage pool: /localx/y");
}

static void a_host_that_lists_no_interfaces_may_have_them(void)
{
    static const char nic[] = "<interface type='bridge'><source bridge='br0'/></interface>";
    g_autoptr(GPtrArray) probes = g_ptr_array_new_with_free_func(probe_drop);
    Probe *one = add_probe(probes, "A"), *two = add_probe(probes, "A"), *three = add_probe(probes, "A");
    three->lists_interfaces = TRUE;
    (void)add_domain(one, VIR_DOMAIN_SHUTOFF, "", nic);
    g_autoptr(Fit) fit = fit_of(probes, (const char *const[]){"", "", ""});
    offers(fit, two, BASE " bridge:br0 machine:m1 type:kvm");
    offers(fit, three, BASE " machine:m1 type:kvm");
}

static void huge_pages_must_be_free_even_at_home(void)
{
    static const char huge[] =
        "<memoryBacking><hugepages><page size='2' unit='MiB'/></hugepages></memoryBacking>";
    g_autoptr(GPtrArray) probes = g_ptr_array_new_with_free_func(probe_drop);
    Probe *one = add_probe(probes, "A"), *two = add_probe(probes, "A");
    (void)add_domain(one, VIR_DOMAIN_SHUTOFF, huge, "");
    g_autoptr(Fit) fit = fit_of(probes, (const char *const[]){"0", "1"});
    offers(fit, one, BASE " machine:m1 type:kvm");
    offers(fit, two, BASE " hugepages:2048KiB:1024MiB machine:m1 type:kvm");
}

void test_libvirtfit_suite(void)
{
    CU_pSuite suite = CU_add_suite("libvirt fit", NULL, NULL);
    CU_ADD_TEST(suite, a_host_is_asked_about_the_cpu_of_what_runs);
    CU_ADD_TEST(suite, a_host_that_denies_what_runs_on_it_is_not_believed);
    CU_ADD_TEST(suite, a_named_cpu_must_be_usable_and_have_its_features);
    CU_ADD_TEST(suite, shared_disks_are_required_and_local_ones_pin);
    CU_ADD_TEST(suite, a_host_that_lists_no_interfaces_may_have_them);
    CU_ADD_TEST(suite, huge_pages_must_be_free_even_at_home);
}
