/* SPDX-License-Identifier: MIT */
#include "analyze/sizerule.h"

const char *const size_rule_words[] = {"vpa", "autopilot", NULL};
const char *const statistic_words[] = {
    "average", "half_peak", "p50", "p51", "p52", "p53", "p54", "p55", "p56",  "p57", "p58",
    "p59",     "p60",       "p61", "p62", "p63", "p64", "p65", "p66", "p67",  "p68", "p69",
    "p70",     "p71",       "p72", "p73", "p74", "p75", "p76", "p77", "p78",  "p79", "p80",
    "p81",     "p82",       "p83", "p84", "p85", "p86", "p87", "p88", "p89",  "p90", "p91",
    "p92",     "p93",       "p94", "p95", "p96", "p97", "p98", "p99", "peak", NULL};

const SizeRule sizerule_vpa = {
    .rule = SIZE_RULE_VPA, .cpu = (char *)"", .memory = (char *)"", .margin_pct = 15};

static int find(const char *word)
{
    int i = 0;
    while (statistic_words[i] && !g_str_equal(statistic_words[i], word))
        i++;
    return i;
}

int sizerule_statistic(const SizeRule *rule, gboolean of_memory)
{
    static const char *const own[][2] = {
        [SIZE_RULE_VPA] = {"p90", "p90"}, [SIZE_RULE_AUTOPILOT] = {"p95", "p98"}};
    const char *stated = of_memory ? rule->memory : rule->cpu;
    return find(*stated ? stated : own[rule->rule][of_memory]);
}

double sizerule_share(int statistic)
{
    return (50.0 + statistic - STATISTIC_P50) / 100;
}

void sizerule_free(gpointer data)
{
    SizeRule *rule = data;
    g_free(rule->section);
    g_strfreev(rule->vms);
    g_free(rule->cpu);
    g_free(rule->memory);
    g_free(rule);
}
