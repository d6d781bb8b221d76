/* SPDX-License-Identifier: MIT */
#include "collect/libvirtfit.h"

#include "collect/digest.h"
#include "collect/escape.h"

#include <math.h>
#include <string.h>

#define SHOWN_DIGITS 8 /* of a digest that tells one CPU from another */

/* a domain, and what it requires */
typedef struct Fitted {
    const Probe *probe;
    const ProbeDomain *domain;
    GPtrArray *words; /* char * */
    guint question;   /* 1 + the index of the one about its CPU; 0: none */
} Fitted;

struct Fit {
    const GPtrArray *probes;
    GHashTable *pool_hosts; /* UUID of a storage pool to the number of hosts that have it */
    GPtrArray *fitted;      /* Fitted * */
    GHashTable *by_domain;  /* ProbeDomain * to Fitted * */
    GPtrArray *questions;
    GHashTable *asked;    /* token to 1 + index */
    GHashTable *required; /* set of char *: what any domain requires */
};

static void fitted_free(gpointer data)
{
    Fitted *fitted = data;
    g_ptr_array_unref(fitted->words);
    g_free(fitted);
}

static void question_free(gpointer data)
{
    ProbeQuestion *question = data;
    g_free(question->token);
    g_free(question->type);
    g_free(question->arch);
    g_free(question->cpu_xml);
    g_free(question);
}

Fit *fit_new(const GPtrArray *probes)
{
    Fit *fit = g_new0(Fit, 1);
    fit->probes = probes;
    fit->pool_hosts = g_hash_table_new(g_str_hash, g_str_equal);
    fit->fitted = g_ptr_array_new_with_free_func(fitted_free);
    fit->by_domain = g_hash_table_new(NULL, NULL);
    fit->questions = g_ptr_array_new_with_free_func(question_free);
    fit->asked = g_hash_table_new(g_str_hash, g_str_equal);
    fit->required = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < probes->len; i++) {
        const Probe *probe = probes->pdata[i];
        for (guint p = 0; p < probe->pools->len; p++) {
            const ProbePool *pool = probe->pools->pdata[p];
            guint n = GPOINTER_TO_UINT(g_hash_table_lookup(fit->pool_hosts, pool->uuid));
            g_hash_table_insert(fit->pool_hosts, pool->uuid, GUINT_TO_POINTER(n + 1));
        }
    }
    return fit;
}

void fit_free(Fit *fit)
{
    if (!fit)
        return;
    g_hash_table_destroy(fit->required);
    g_hash_table_destroy(fit->asked);
    g_hash_table_destroy(fit->by_domain);
    g_hash_table_destroy(fit->pool_hosts);
    g_ptr_array_unref(fit->fitted);
    g_ptr_array_unref(fit->questions);
    g_free(fit);
}

/* ---- words ---- */

static char *word(const char *kind, const char *name)
{
    g_autofree char *text = g_strconcat(kind, name, NULL);
    return escape_id(text);
}

/* takes the word */
static void require(Fitted *fitted, char *required)
{
    if (g_ptr_array_find_with_equal_func(fitted->words, required, g_str_equal, NULL))
        g_free(required);
    else
        g_ptr_array_add(fitted->words, required);
}

static void require_named(Fitted *fitted, const char *kind, const char *name)
{
    if (*name)
        require(fitted, word(kind, name));
}

/* ---- storage ---- */

/* Pools of these types are the same wherever they are; of another type, one that several hosts call by one
 * UUID. */
static gboolean is_shared(const Fit *fit, const ProbePool *pool)
{
    static const char *const types[] = {"netfs", "gluster",      "rbd",      "sheepdog",
                                        "iscsi", "iscsi-direct", "vstorage", NULL};
    return g_strv_contains(types, pool->type) ||
           GPOINTER_TO_UINT(g_hash_table_lookup(fit->pool_hosts, pool->uuid)) > 1;
}

static gboolean holds(const ProbePool *pool, const DomainDisk *disk)
{
    gsize length = strlen(pool->path);
    if (disk->pool)
        return strcmp(pool->name, disk->pool) == 0;
    return length > 1 && strncmp(disk->path, pool->path, length) == 0 && disk->path[length] == '/';
}

/* the pool that a disk is in, of several the innermost; NULL for none */
static const ProbePool *pool_of(const Probe *probe, const DomainDisk *disk)
{
    const ProbePool *found = NULL;
    for (guint i = 0; i < probe->pools->len; i++) {
        const ProbePool *pool = probe->pools->pdata[i];
        if (holds(pool, disk) && (!found || strlen(pool->path) > strlen(found->path)))
            found = pool;
    }
    return found;
}

static void place_disk(const Fit *fit, Fitted *fitted, DomainFacts *facts, const DomainDisk *disk)
{
    if (!disk->path && !disk->pool)
        return;
    const ProbePool *pool = pool_of(fitted->probe, disk);
    if (pool && is_shared(fit, pool))
        require_named(fitted, "pool:", pool->name);
    else if (pool)
        domain_facts_pin(facts, "disk %s in local storage pool %s", disk->target, pool->name);
    else
        domain_facts_pin(facts, "disk %s in no storage pool: %s", disk->target,
                         disk->pool ? disk->pool : disk->path);
}

/* ---- questions ---- */

static guint ask(Fit *fit, ProbeQuestion question)
{
    guint known = GPOINTER_TO_UINT(g_hash_table_lookup(fit->asked, question.token));
    ProbeQuestion *kept = g_memdup2(&question, sizeof question);
    if (known) {
        question_free(kept);
        return known;
    }
    g_ptr_array_add(fit->questions, kept);
    g_hash_table_insert(fit->asked, kept->token, GUINT_TO_POINTER(fit->questions->len));
    return fit->questions->len;
}

static char *cpu_token(const char *kind, const char *xml, const DomainFacts *facts)
{
    g_autofree char *all = g_strjoin("\n", facts->type, facts->arch, xml, NULL),
                    *hex = digest_of(all, strlen(all));
    hex[SHOWN_DIGITS] = '\0';
    return g_strconcat(kind, hex, NULL);
}

/* A domain that runs needs a CPU in the place of the one it was started on. Passed through, and in
 * hypervisors that name no model, that is the host's own; an emulator's depends on nothing but the emulator.
 */
static void require_cpu(Fit *fit, Fitted *fitted, const DomainFacts *facts, gboolean running)
{
    gboolean own = facts->cpu == DOMAIN_CPU_OF_HOST || facts->cpu == DOMAIN_CPU_ANY;
    if (facts->cpu == DOMAIN_CPU_MODEL)
        require(fitted, abilities_cpu(facts->type, facts->cpu_model));
    if (!running || (!own && !facts->cpu_xml))
        return;
    const char *model = g_hash_table_lookup(fitted->probe->host_models, facts->type);
    const char *xml = !own ? facts->cpu_xml : model ? model : fitted->probe->abilities->cpu_xml;
    if (!xml)
        return;
    fitted->question =
        ask(fit, (ProbeQuestion){.token = cpu_token(own ? "cpu-of-host:" : "cpu-features:", xml, facts),
                                 .type = g_strdup(facts->type),
                                 .arch = g_strdup(facts->arch),
                                 .cpu_xml = g_strdup(xml),
                                 .identical = own});
}

/* Whether a host has them free is asked of each size by itself. */
static void require_pages(Fit *fit, Fitted *fitted, const DomainFacts *facts)
{
    if (isnan(facts->hugepage_kib))
        return;
    char *token = facts->hugepage_kib > 0
                      ? g_strdup_printf("hugepages:%.0fKiB:%.0fMiB", facts->hugepage_kib, facts->memory_mib)
                      : g_strdup_printf("hugepages:default:%.0fMiB", facts->memory_mib);
    (void)ask(fit, (ProbeQuestion){
                       .token = g_strdup(token), .page_kib = facts->hugepage_kib, .mib = facts->memory_mib});
    require(fitted, token);
}

static gboolean is_running(const ProbeDomain *domain)
{
    return domain->state != VIR_DOMAIN_SHUTOFF && domain->state != VIR_DOMAIN_CRASHED;
}

void fit_add(Fit *fit, const Probe *probe, ProbeDomain *domain)
{
    DomainFacts *facts = domain->facts;
    Fitted *fitted = g_new0(Fitted, 1);
    *fitted = (Fitted){probe, domain, g_ptr_array_new_with_free_func(g_free), 0};
    g_ptr_array_add(fit->fitted, fitted);
    g_hash_table_insert(fit->by_domain, domain, fitted);
    require_named(fitted, "type:", facts->type);
    require_named(fitted, "arch:", facts->arch);
    require_named(fitted, "machine:", facts->machine);
    require_cpu(fit, fitted, facts, is_running(domain) || domain->saved);
    require_pages(fit, fitted, facts);
    for (guint i = 0; i < facts->networks->len; i++)
        require(fitted, g_strdup(facts->networks->pdata[i]));
    for (guint i = 0; i < facts->disks->len; i++)
        place_disk(fit, fitted, facts, facts->disks->pdata[i]);
}

GPtrArray *fit_questions(Fit *fit)
{
    return fit->questions;
}

/* One that was given up has a thread that may still write its answers. */
static gboolean is_there(const Fit *fit, const Probe *probe)
{
    return g_ptr_array_find((GPtrArray *)fit->probes, probe, NULL);
}

/* Where a host says that the CPU of what runs on it does not run there, or cannot say it, its answers tell
 * nothing: only hosts of the same model are then taken to do. */
void fit_settle(Fit *fit)
{
    for (guint i = 0; i < fit->fitted->len; i++) {
        Fitted *fitted = fit->fitted->pdata[i];
        const Probe *probe = fitted->probe;
        if (fitted->question) {
            const ProbeQuestion *question = fit->questions->pdata[fitted->question - 1];
            if (is_there(fit, probe) && probe->answers && probe->answers[fitted->question - 1])
                require(fitted, g_strdup(question->token));
            else
                require_named(fitted, "cpu-model:", probe->abilities->cpu_model);
        }
        for (guint w = 0; w < fitted->words->len; w++)
            g_hash_table_add(fit->required, fitted->words->pdata[w]);
    }
}

/* ---- lists ---- */

static int compare_words(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* the words once each, in their order; takes the array */
static char *list_of(GPtrArray *words)
{
    GString *list = g_string_new(NULL);
    const char *before = "";
    g_ptr_array_sort(words, compare_words);
    for (guint i = 0; i < words->len; before = words->pdata[i++])
        if (strcmp(before, words->pdata[i]) != 0)
            g_string_append_printf(list, "%s%s", list->len ? " " : "", (const char *)words->pdata[i]);
    g_ptr_array_unref(words);
    return g_string_free(list, FALSE);
}

char *fit_requires(const Fit *fit, const ProbeDomain *domain)
{
    const Fitted *fitted = g_hash_table_lookup(fit->by_domain, domain);
    GPtrArray *words = g_ptr_array_new();
    for (guint i = 0; i < fitted->words->len; i++)
        g_ptr_array_add(words, fitted->words->pdata[i]);
    return list_of(words);
}

static void offer(const Fit *fit, GPtrArray *words, char *offered)
{
    gpointer kept = NULL;
    if (g_hash_table_lookup_extended(fit->required, offered, &kept, NULL))
        g_ptr_array_add(words, kept);
    g_free(offered);
}

/* What runs on a host is offered there, whatever else it says. */
static void offer_own(const Fit *fit, const Probe *probe, GPtrArray *words)
{
    for (guint i = 0; i < fit->fitted->len; i++) {
        const Fitted *fitted = fit->fitted->pdata[i];
        for (guint w = 0; fitted->probe == probe && is_running(fitted->domain) && w < fitted->words->len; w++)
            if (!g_str_has_prefix(fitted->words->pdata[w], "hugepages:"))
                g_ptr_array_add(words, fitted->words->pdata[w]);
    }
}

/* Not every libvirt lists the host's interfaces: then it is left to the migration to find one missing. */
static void offer_unlisted(const Fit *fit, const Probe *probe, GPtrArray *words)
{
    GHashTableIter required;
    gpointer name;
    g_hash_table_iter_init(&required, fit->required);
    while (!probe->lists_interfaces && g_hash_table_iter_next(&required, &name, NULL))
        if (g_str_has_prefix(name, "bridge:") || g_str_has_prefix(name, "interface:"))
            g_ptr_array_add(words, name);
}

char *fit_offers(const Fit *fit, const Probe *probe)
{
    GPtrArray *words = g_ptr_array_new();
    GHashTableIter offers;
    gpointer offered;
    if (!probe->abilities)
        return list_of(words);
    g_hash_table_iter_init(&offers, probe->abilities->offers);
    while (g_hash_table_iter_next(&offers, &offered, NULL))
        offer(fit, words, g_strdup(offered));
    for (guint i = 0; i < probe->pools->len; i++)
        offer(fit, words, word("pool:", ((ProbePool *)probe->pools->pdata[i])->name));
    for (guint i = 0; probe->answers && i < fit->questions->len; i++)
        if (probe->answers[i])
            offer(fit, words, g_strdup(((ProbeQuestion *)fit->questions->pdata[i])->token));
    offer(fit, words, word("cpu-model:", probe->abilities->cpu_model));
    offer_unlisted(fit, probe, words);
    offer_own(fit, probe, words);
    return list_of(words);
}
