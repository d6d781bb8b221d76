/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/estate.h"

#include "collect/libvirtrows.h"
#include "collect/libvirtsamples.h"
#include "collect/references.h"

#include <string.h>

#define SAMPLES 3
#define TAKEN_AT 1795292100

const char *const estate_good[N_ESTATE] = {
    [ESTATE_HOSTS] =
        "#source_id,lab one\n"
        "uri,cluster,name,peer_uri,migrate_uri,bmc,net_capacity_kibps,disk_capacity_kibps\n"
        "qemu+tcp://h1/system,\"Lab, main\",h1,qemu+tls://10.0.0.1/system,tcp://10.0.0.1,10.1.0.1,122070,\n"
        "qemu+ssh://root@h2/system,\"Lab, main\",,,,,,50000\n",
    [ESTATE_DOMAIN] =
        "<domain type='kvm' id='1'>\n"
        "<name>a,\nb</name><uuid>aaaaaaaa-0000-4000-8000-000000000001</uuid>\n"
        "<metadata><v:x xmlns:v='urn:other'/></metadata>\n"
        "<maxMemory slots='4' unit='KiB'>8388608</maxMemory><memory unit='KiB'>4194304</memory>\n"
        "<currentMemory unit='KiB'>4194304</currentMemory><vcpu placement='static' current='2'>4</vcpu>\n"
        "<cputune><shares>2048</shares><quota>50000</quota><period>100000</period></cputune>\n"
        "<memoryBacking><hugepages><page size='2048' unit='KiB'/></hugepages></memoryBacking>\n"
        "<os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os>\n"
        "<cpu mode='custom'><model>EPYC</model><feature policy='require' name='x2apic'/></cpu>\n"
        "<devices><emulator>/usr/bin/qemu-system-x86_64</emulator>\n"
        "<disk type='file'><source file='/pool/a'/><target dev='vda'/></disk>\n"
        "<disk type='volume'><source pool='p' volume='v'/><target dev='vdb'/></disk>\n"
        "<interface type='bridge'><source bridge='br0'/><target dev='vnet0'/></interface>\n"
        "<memory model='virtio-mem'><target><size unit='KiB'>1048576</size><block unit='KiB'>2048</block>\n"
        "<requested unit='KiB'>0</requested><current unit='KiB'>0</current></target></memory>\n"
        "<hostdev type='pci'/><memballoon model='virtio'><stats period='5'/></memballoon></devices>\n"
        "</domain>\n",
    [ESTATE_CAPABILITIES] =
        "<capabilities>\n"
        "<host><uuid>11111111-1111-4111-8111-111111111111</uuid>\n"
        "<cpu><arch>x86_64</arch><model>EPYC</model><vendor>AMD</vendor><counter name='tsc' frequency='2596122000'/>\n"
        "<feature name='x2apic'/></cpu><topology><cells num='1'/></topology></host>\n"
        "<guest><os_type>hvm</os_type><arch name='x86_64'><machine>pc-q35-7.2</machine><domain type='qemu'/>\n"
        "<domain type='kvm'/></arch></guest>\n"
        "</capabilities>\n",
    [ESTATE_DOMAIN_CAPABILITIES] =
        "<domainCapabilities>\n"
        "<cpu><mode name='host-passthrough' supported='yes'/>\n"
        "<mode name='host-model' supported='yes'><model>EPYC</model><vendor>AMD</vendor></mode>\n"
        "<mode name='custom' supported='yes'><model usable='yes'>EPYC</model><model usable='no'>n270</model></mode>\n"
        "</cpu></domainCapabilities>\n",
};

static void add_pool(Probe *probe, const char *name, const char *type, const char *path)
{
    ProbePool *pool = g_new0(ProbePool, 1);
    *pool = (ProbePool){g_strdup(name), g_strdup(name), g_strdup(type), g_strdup(path)};
    g_ptr_array_add(probe->pools, pool);
}

static Reading *readings_new(void)
{
    Reading *readings = g_new(Reading, SAMPLES + 1);
    for (guint i = 0; i <= SAMPLES; i++)
        readings[i] =
            (Reading){(i + 1) * G_USEC_PER_SEC, i * 1e8, i * 1e6, i * 1e5, i * 1e4, 1e5, 2e5, 0, 10.0 + i};
    return readings;
}

static gboolean add_domain(Probe *probe, guint host, const char *xml, GError **error)
{
    ProbeDomain *domain = g_new0(ProbeDomain, 1);
    g_ptr_array_add(probe->domains, domain);
    g_strlcpy(domain->uuid.text, "aaaaaaaa-0000-4000-8000-000000000001", sizeof domain->uuid.text);
    domain->name = g_strdup("a,\nb");
    domain->state = host == 0 ? VIR_DOMAIN_RUNNING : VIR_DOMAIN_SHUTOFF;
    domain->readings = host == 0 ? readings_new() : NULL;
    domain->facts = domain_facts_read(xml, error);
    return domain->facts != NULL;
}

/* what a host would have said */
static gboolean fill(Probe *probe, guint host, const char *const texts[N_ESTATE], GError **error)
{
    g_autofree char *model = NULL;
    probe->driver = g_strdup("QEMU");
    probe->product = g_strdup("QEMU 7.2.22, libvirt 9.0.0");
    probe->hostname = g_strdup("h");
    probe->cpus = probe->cores = 8;
    probe->memory_kib = 16.0 * 1024 * 1024;
    probe->clock_mhz = 2000;
    probe->readings = readings_new();
    probe->abilities = host_abilities_read(texts[ESTATE_CAPABILITIES], error);
    if (!probe->abilities ||
        !host_abilities_add(probe->abilities, "kvm", texts[ESTATE_DOMAIN_CAPABILITIES], &model, error))
        return FALSE;
    if (host > 0) { /* each has a UUID of its own */
        g_free(probe->abilities->uuid);
        probe->abilities->uuid = g_strdup_printf("host-%u", host);
    }
    if (model)
        g_hash_table_insert(probe->host_models, g_strdup("kvm"), g_steal_pointer(&model));
    add_pool(probe, "p", "netfs", "");
    add_pool(probe, "local", "dir", "/pool");
    return add_domain(probe, host, texts[ESTATE_DOMAIN], error);
}

static void probe_drop(gpointer data)
{
    probe_unref(data);
}

static gboolean write_rows(LibvirtRows *rows, const Fit *fit, const char *output, GError **error)
{
    g_autoptr(Snapshot) snapshot = snapshot_new();
    g_autoptr(SnapshotWriter) writer = snapshot_writer_new(output, NULL, error);
    SnapshotInfo *info = &snapshot->info;
    info->source_type = "libvirt";
    info->source_id = snapshot_string(snapshot, rows->hosts->source_id);
    info->taken_at = TAKEN_AT;
    info->window_s = SAMPLES;
    info->interval_s = 1;
    libvirt_rows_fill(rows, fit, snapshot);
    if (!writer || !snapshot_link(snapshot, error))
        return FALSE;
    libvirt_samples_write(rows, snapshot, writer, rows->warnings);
    return snapshot_writer_commit(writer, snapshot, NULL, error);
}

gboolean estate_collect(const char *const texts[N_ESTATE], const char *output, GError **error)
{
    g_autoptr(LibvirtHosts) hosts =
        libvirt_hosts_parse(texts[ESTATE_HOSTS], strlen(texts[ESTATE_HOSTS]), "hosts.csv", error);
    if (!hosts)
        return FALSE;
    g_autoptr(GPtrArray) probes = g_ptr_array_new_with_free_func(probe_drop);
    g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < hosts->n_hosts; i++) {
        g_ptr_array_add(probes, probe_new(hosts->hosts[i].uri, hosts->hosts[i].name, 1));
        if (!fill(probes->pdata[i], i, texts, error))
            return FALSE;
    }
    g_autoptr(LibvirtRows) rows = libvirt_rows_new(hosts, probes, NULL, warnings, error);
    if (!rows)
        return FALSE;
    g_autoptr(Fit) fit = fit_new(probes);
    libvirt_rows_fit(rows, fit);
    for (guint i = 0; i < probes->len; i++) {
        Probe *probe = probes->pdata[i];
        probe->answers = g_new0(gboolean, fit_questions(fit)->len + 1);
        for (guint q = 0; q < fit_questions(fit)->len; q++)
            probe->answers[q] = (q + i) % 2 == 0;
    }
    fit_settle(fit);
    return write_rows(rows, fit, output, error);
}
