/* SPDX-License-Identifier: MIT */
#include "apply/hypervisors.h"

static void close_connection(gpointer connection)
{
    virConnectClose(connection);
}

Hypervisors *hypervisors_new(const char *path, guint timeout_s, GError **error)
{
    LibvirtHosts *hosts = libvirt_hosts_read(path, error);
    if (!hosts)
        return NULL;
    Hypervisors *hypervisors = g_new0(Hypervisors, 1);
    hypervisors->hosts = hosts;
    hypervisors->timeout_s = timeout_s;
    hypervisors->connections = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, close_connection);
    return hypervisors;
}

void hypervisors_free(Hypervisors *hypervisors)
{
    if (!hypervisors)
        return;
    g_hash_table_destroy(hypervisors->connections);
    libvirt_hosts_free(hypervisors->hosts);
    g_free(hypervisors);
}

const LibvirtHost *hypervisors_host(const Hypervisors *hypervisors, const Snapshot *snapshot, const char *id,
                                    GError **error)
{
    int index = snapshot_find_host(snapshot, id);
    const LibvirtHost *host =
        index >= 0 ? libvirt_hosts_find(hypervisors->hosts, snapshot->hosts[index].address) : NULL;
    if (!host)
        g_set_error(error, VMANGER_ERROR, 0, "%s: found no host %s: expected its row",
                    hypervisors->hosts->path, id);
    return host;
}

virConnect *hypervisors_connect(Hypervisors *hypervisors, const LibvirtHost *host, GError **error)
{
    virConnect *connection = g_hash_table_lookup(hypervisors->connections, host->uri);
    if (connection && virConnectIsAlive(connection) == 1)
        return connection;
    connection = libvirt_open(host->uri, host->name, hypervisors->timeout_s, 0, error);
    if (connection)
        g_hash_table_replace(hypervisors->connections, (gpointer)host->uri, connection);
    return connection;
}

gboolean hypervisors_find(Hypervisors *hypervisors, const LibvirtHost *host, const char *uuid,
                          virDomain **domain, GError **error)
{
    virConnect *connection = hypervisors_connect(hypervisors, host, error);
    *domain = connection ? virDomainLookupByUUIDString(connection, uuid) : NULL;
    return connection &&
           (*domain || libvirt_failed_by(VIR_ERR_NO_DOMAIN) || libvirt_fail(host->name, NULL, error));
}

char *hypervisors_job_on(virDomain *domain)
{
    static const char *const operations[] = {"a job",          "a start",     "a save",     "a restore",
                                             "a migration in", "a migration", "a snapshot", "a revert",
                                             "a dump",         "a backup"};
    virTypedParameterPtr values = NULL;
    int kind = VIR_DOMAIN_JOB_NONE, n = 0, operation = 0;
    if (virDomainGetJobStats(domain, &kind, &values, &n, 0) != 0)
        return NULL;
    if (virTypedParamsGetInt(values, n, VIR_DOMAIN_JOB_OPERATION, &operation) != 1 || operation < 0 ||
        operation >= (int)G_N_ELEMENTS(operations))
        operation = 0;
    virTypedParamsFree(values, n);
    return kind == VIR_DOMAIN_JOB_BOUNDED || kind == VIR_DOMAIN_JOB_UNBOUNDED
               ? g_strdup(operations[operation])
               : NULL;
}
