/* SPDX-License-Identifier: MIT */
#include "collect/libvirtcapabilities.h"
#include "collect/libvirtdomain.h"
#include "tests/unit/cunit.h"

#include <math.h>
#include <string.h>

void test_libvirtdomain_suite(void);

/* a running domain of 4 GiB and 2 vCPUs, with more of its XML */
static DomainFacts *domain_of(const char *root, const char *devices)
{
    g_autofree char *xml = g_strdup_printf(
        "<domain type='kvm' id='3'><name>a,\nb</name><memory unit='KiB'>4194304</memory>%s"
        "<os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os><devices>%s</devices></domain>",
        root, devices);
    g_autoptr(GError) error = NULL;
    DomainFacts *facts = domain_facts_read(xml, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(facts);
    return facts;
}

#define CPUS "<vcpu current='2'>4</vcpu>"
#define BALLOON "<memballoon model='virtio'><stats period='10'/></memballoon>"

static void sizes_are_those_of_now_and_at_most(void)
{
    g_autoptr(DomainFacts) facts =
        domain_of("<currentMemory unit='MiB'>3072</currentMemory>" CPUS
                  "<cputune><shares>2048</shares><period>100000</period><quota>50000</quota></cputune>",
                  BALLOON);
    CU_ASSERT_STRING_EQUAL(facts->type, "kvm");
    CU_ASSERT_STRING_EQUAL(facts->arch, "x86_64");
    CU_ASSERT_STRING_EQUAL(facts->machine, "pc-q35-7.2");
    CU_ASSERT_EQUAL(facts->vcpus, 2);
    CU_ASSERT_EQUAL(facts->most_vcpus, 4);
    CU_ASSERT_EQUAL(facts->memory_mib, 3072);
    CU_ASSERT_EQUAL(facts->most_memory_mib, 4096);
    CU_ASSERT_EQUAL(facts->cpu_quota, 0.5);
    CU_ASSERT_EQUAL(facts->cpu_shares, 2048);
    CU_ASSERT_EQUAL(facts->stats_period_s, 10);
    CU_ASSERT_TRUE(isnan(facts->hugepage_kib));
    CU_ASSERT_STRING_EQUAL(facts->pinned->str, "");
    CU_ASSERT_FALSE(facts->ignored);
}

static void grows(const char *root, const char *devices, DomainGrowth growth, double limit_mib,
                  double step_mib)
{
    g_autofree char *all = g_strconcat(CPUS, root, NULL);
    g_autoptr(DomainFacts) facts = domain_of(all, devices);
    CU_ASSERT_EQUAL(facts->growth, growth);
    if (growth == GROWTH_NONE) {
        CU_ASSERT_TRUE(isnan(facts->growth_limit_mib) && isnan(facts->growth_step_mib));
        return;
    }
    CU_ASSERT_EQUAL(facts->growth_limit_mib, limit_mib);
    CU_ASSERT_EQUAL(facts->growth_step_mib, step_mib);
}

#define SLOTS "<maxMemory slots='2' unit='MiB'>8192</maxMemory>"
#define VIRTIO_MEM(size, requested, current)                                                                 \
    "<memory model='virtio-mem'><target><size unit='MiB'>" size "</size><block unit='KiB'>2048</block>"      \
    "<requested unit='MiB'>" requested "</requested><current unit='MiB'>" current                            \
    "</current></target></memory>"

static void memory_grows_by_what_the_domain_has_for_it(void)
{
    grows("", BALLOON, GROWTH_NONE, 0, 0);
    grows("<currentMemory unit='MiB'>3072</currentMemory>", BALLOON, GROWTH_BALLOON, 4096, 1);
    grows("<currentMemory unit='MiB'>3072</currentMemory>", "<memballoon model='none'/>", GROWTH_NONE, 0, 0);
    grows(SLOTS, BALLOON, GROWTH_DIMM, 8192, 128);
    grows(SLOTS, "<memory model='dimm'/>" BALLOON, GROWTH_DIMM, 8192, 128);
    grows(SLOTS, "<memory model='dimm'/><memory model='dimm'/>" BALLOON, GROWTH_NONE, 0, 0);
    grows("<maxMemory slots='2' unit='MiB'>4160</maxMemory>", BALLOON, GROWTH_NONE, 0, 0);
    /* 4096 MiB are 3072 of boot and 1024 of the device, 512 of which are in use */
    grows(SLOTS "<currentMemory unit='MiB'>3584</currentMemory>", VIRTIO_MEM("1024", "512", "512") BALLOON,
          GROWTH_VIRTIO_MEM, 4096, 2);
    grows(SLOTS, VIRTIO_MEM("1024", "1024", "1024") BALLOON, GROWTH_DIMM, 8192, 128);
}

static void a_large_guest_adds_memory_in_large_blocks(void)
{
    g_autoptr(DomainFacts) facts = domain_facts_read(
        "<domain type='kvm'><memory unit='GiB'>96</memory><maxMemory slots='4' unit='GiB'>128</maxMemory>"
        "<vcpu>1</vcpu></domain>",
        NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(facts);
    CU_ASSERT_EQUAL(facts->growth, GROWTH_DIMM);
    CU_ASSERT_EQUAL(facts->growth_step_mib, 2048);
}

static void pinned_by(const char *root, const char *devices, const char *expected)
{
    g_autofree char *all = g_strconcat(CPUS, root, NULL);
    g_autoptr(DomainFacts) facts = domain_of(all, devices);
    CU_ASSERT_STRING_EQUAL(facts->pinned->str, expected);
}

static void what_forbids_live_migration_is_told_in_words(void)
{
    pinned_by("", "<hostdev mode='subsystem' type='pci'/>", "PCI passthrough device");
    pinned_by("", "<hostdev mode='subsystem' type='usb'/>", "USB device of the host");
    pinned_by("", "<interface type='hostdev'/><interface type='hostdev'/>", "passed-through network card");
    pinned_by("", "<filesystem type='mount'/>", "directory of the host as a file system");
    pinned_by("", "<tpm model='tpm-tis'><backend type='passthrough'/></tpm>", "TPM of the host");
    pinned_by("", "<tpm model='tpm-tis'><backend type='emulator'/></tpm>", "");
    pinned_by("", "<serial type='dev'/><serial type='pty'/>", "serial port of the host");
    pinned_by("", "<memory model='nvdimm'/>", "persistent memory");
    pinned_by("<launchSecurity type='sev'/>", "", "encrypted memory");
    pinned_by("<cputune><vcpupin vcpu='0' cpuset='1'/></cputune>", "", "CPU pinning");
    pinned_by("<numatune><memory mode='strict' nodeset='0'/></numatune>", "<hostdev type='mdev'/>",
              "memory bound to NUMA nodes of the host; MDEV passthrough device");
    pinned_by("<cpu mode='host-passthrough' migratable='off'/>", "", "CPU with features that cannot migrate");
    pinned_by("<cpu mode='custom'><model>EPYC</model><feature policy='require' name='invtsc'/></cpu>", "",
              "CPU with an invariant time stamp counter");
}

static void disks_and_networks_are_told_by_where_they_are(void)
{
    g_autoptr(DomainFacts) facts = domain_of(
        CPUS, "<disk type='file'><source file='/pool/a,b.qcow2'/><target dev='vda'/></disk>"
              "<disk type='volume'><source pool='p' volume='v'/><target dev='vdb'/></disk>"
              "<disk type='network'><source protocol='rbd' name='x/y'/><target dev='vdc'/></disk>"
              "<disk type='file' device='cdrom'><target dev='sda'/></disk>"
              "<disk type='block'><source dev='/dev/sdz'/><target dev='vdd'/></disk>"
              "<interface type='network'><source network='prod lan'/><target dev='vnet0'/></interface>"
              "<interface type='bridge'><source bridge='br0'/></interface>"
              "<interface type='bridge'><source bridge='br0'/></interface>"
              "<interface type='direct'><source dev='eth1'/></interface><interface type='user'/>");
    static const char *const paths[] = {"/pool/a,b.qcow2", NULL, NULL, NULL, "/dev/sdz"};
    CU_ASSERT_EQUAL_FATAL(facts->disks->len, G_N_ELEMENTS(paths));
    for (guint i = 0; i < facts->disks->len; i++) {
        const DomainDisk *disk = facts->disks->pdata[i];
        CU_ASSERT_EQUAL(g_strcmp0(disk->path, paths[i]), 0);
        CU_ASSERT_EQUAL(g_strcmp0(disk->pool, i == 1 ? "p" : NULL), 0);
    }
    g_ptr_array_add(facts->networks, NULL);
    g_autofree char *networks = g_strjoinv(" ", (char **)facts->networks->pdata);
    CU_ASSERT_STRING_EQUAL(networks, "network:prod%20lan bridge:br0 interface:eth1");
    CU_ASSERT_EQUAL(facts->nics->len, 1);
}

static void cpus_are_named_ones_or_the_hosts_own(void)
{
    g_autoptr(DomainFacts) named = domain_of(
        CPUS "<cpu mode='custom' match='exact' check='full'><model fallback='forbid'>EPYC</model>"
             "<topology sockets='1' cores='2' threads='1'/><feature policy='require' name='x2apic'/></cpu>",
        "");
    CU_ASSERT_EQUAL(named->cpu, DOMAIN_CPU_MODEL);
    CU_ASSERT_STRING_EQUAL(named->cpu_model, "EPYC");
    CU_ASSERT_STRING_EQUAL(named->cpu_xml,
                           "<cpu mode=\"custom\" match=\"exact\"><model fallback=\"forbid\">EPYC</model>"
                           "<feature policy=\"require\" name=\"x2apic\"></feature></cpu>");
    g_autoptr(DomainFacts) own = domain_of(CPUS "<cpu mode='host-passthrough' check='none'/>", "");
    CU_ASSERT_EQUAL(own->cpu, DOMAIN_CPU_OF_HOST);
    CU_ASSERT_PTR_NULL(own->cpu_xml);
    g_autoptr(DomainFacts) none = domain_of(CPUS, "");
    CU_ASSERT_EQUAL(none->cpu, DOMAIN_CPU_ANY);
}

static void an_element_of_vmangers_namespace_has_it_left_alone(void)
{
    g_autoptr(DomainFacts) ignored = domain_of(
        CPUS "<metadata><o:os xmlns:o='urn:other'/><v:ignore xmlns:v='" LIBVIRT_METADATA_URI "'/></metadata>",
        "");
    CU_ASSERT_TRUE(ignored->ignored);
    g_autoptr(DomainFacts) other =
        domain_of(CPUS "<metadata><vmanger xmlns='urn:other'>ignore</vmanger></metadata>", "");
    CU_ASSERT_FALSE(other->ignored);
}

static void huge_pages_are_told_by_their_size(void)
{
    g_autoptr(DomainFacts) sized = domain_of(
        CPUS
        "<memoryBacking><hugepages><page size='1048576' unit='KiB'/></hugepages><locked/></memoryBacking>",
        "");
    CU_ASSERT_EQUAL(sized->hugepage_kib, 1048576);
    CU_ASSERT_TRUE(sized->locked);
    g_autoptr(DomainFacts) usual = domain_of(CPUS "<memoryBacking><hugepages/></memoryBacking>", "");
    CU_ASSERT_EQUAL(usual->hugepage_kib, 0);
}

static void refused(const char *xml, const char *message)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DomainFacts) facts = domain_facts_read(xml, &error);
    CU_ASSERT_PTR_NULL(facts);
    CU_ASSERT_PTR_NOT_NULL_FATAL(error);
    CU_ASSERT_TRUE(g_str_has_prefix(error->message, message));
}

static void what_is_no_domain_is_refused(void)
{
    refused("<network/>", "found an element \"network\": expected a domain");
    refused("<domain><memory>1024</memory></domain>", "found no size that a domain can have: ");
    refused("<domain><vcpu>1</vcpu><memory unit='furlongs'>1024</memory></domain>", "found no size ");
    refused("<domain><vcpu>1</vcpu><memory>9007199254740991</memory></domain>", "found no size ");
    refused("<!DOCTYPE domain><domain/>", "found a document type");
    refused("<domain>", "found no XML in line 1: ");
}

/* ---- capabilities ---- */

static gboolean offers(const HostAbilities *abilities, const char *word)
{
    return g_hash_table_contains(abilities->offers, word);
}

static void a_host_offers_machines_types_and_usable_cpus(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HostAbilities) abilities = host_abilities_read(
        "<capabilities><host><uuid>u-1</uuid><cpu><arch>x86_64</arch><model>EPYC</model><vendor>AMD</vendor>"
        "<counter name='tsc' frequency='2596122000'/></cpu><topology><cells num='2'/></topology></host>"
        "<guest><os_type>hvm</os_type><arch name='x86_64'><machine canonical='pc-q35-7.2'>q35</machine>"
        "<machine>pc-q35-7.2</machine><domain type='qemu'/><domain type='kvm'><machine>pc-i440fx-7.2</machine>"
        "</domain></arch></guest><guest><arch name='aarch64'><domain type='hvf'/></arch></guest></capabilities>",
        &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(abilities);
    CU_ASSERT_STRING_EQUAL(abilities->uuid, "u-1");
    CU_ASSERT_STRING_EQUAL(abilities->cpu_model, "AMD EPYC");
    CU_ASSERT_DOUBLE_EQUAL(abilities->clock_mhz, 2596.122, 1e-9);
    CU_ASSERT_EQUAL(abilities->numa_nodes, 2);
    CU_ASSERT_TRUE(offers(abilities, "machine:pc-q35-7.2") && offers(abilities, "machine:pc-i440fx-7.2"));
    CU_ASSERT_TRUE(offers(abilities, "type:kvm") && offers(abilities, "arch:aarch64"));
    CU_ASSERT_EQUAL(abilities->types->len, 2);
    g_autofree char *model = NULL;
    CU_ASSERT_TRUE(
        host_abilities_add(abilities, "kvm",
                           "<domainCapabilities><cpu><mode name='host-model' supported='yes'>"
                           "<model fallback='forbid'>EPYC</model><vendor>AMD</vendor></mode>"
                           "<mode name='custom' supported='yes'><model usable='yes'>EPYC</model>"
                           "<model usable='no'>Skylake-Client</model></mode></cpu></domainCapabilities>",
                           &model, &error));
    CU_ASSERT_TRUE(offers(abilities, "cpu:EPYC"));
    CU_ASSERT_FALSE(offers(abilities, "cpu:Skylake-Client"));
    CU_ASSERT_STRING_EQUAL(model,
                           "<cpu mode=\"custom\" match=\"exact\"><model fallback=\"forbid\">EPYC</model>"
                           "<vendor>AMD</vendor></cpu>");
}

void test_libvirtdomain_suite(void)
{
    CU_pSuite suite = CU_add_suite("libvirt domains", NULL, NULL);
    CU_ADD_TEST(suite, sizes_are_those_of_now_and_at_most);
    CU_ADD_TEST(suite, memory_grows_by_what_the_domain_has_for_it);
    CU_ADD_TEST(suite, a_large_guest_adds_memory_in_large_blocks);
    CU_ADD_TEST(suite, what_forbids_live_migration_is_told_in_words);
    CU_ADD_TEST(suite, disks_and_networks_are_told_by_where_they_are);
    CU_ADD_TEST(suite, cpus_are_named_ones_or_the_hosts_own);
    CU_ADD_TEST(suite, an_element_of_vmangers_namespace_has_it_left_alone);
    CU_ADD_TEST(suite, huge_pages_are_told_by_their_size);
    CU_ADD_TEST(suite, what_is_no_domain_is_refused);
    CU_ADD_TEST(suite, a_host_offers_machines_types_and_usable_cpus);
}
