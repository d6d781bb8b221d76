/* SPDX-License-Identifier: MIT */
#include "analyze/policy.h"

#include "analyze/pattern.h"
#include "analyze/weekhours.h"
#include "collect/digest.h"
#include "collect/escape.h"
#include "collect/format.h"
#include "collect/nearest.h"

#include <math.h>
#include <string.h>

/* ---- the keys ---- */

typedef enum {
    KEY_WHOLE,
    KEY_DECIMAL,
    KEY_THRESHOLD, /* a decimal number, or empty: NAN */
    KEY_WORD,      /* index in words */
    KEY_VMS,       /* patterns of VMs, separated by ';' */
    KEY_HOSTS,     /* of hosts */
    KEY_WEEKHOURS, /* entries separated by ';' */
    KEY_WINDOWS,   /* k/n */
    KEY_TEXT       /* one of words, where there are any, or empty */
} KeyType;

typedef struct Key {
    const char *section, *name;
    KeyType type;
    gsize offset; /* of the field in Policy (PolicyRule, SizeRule in a section of a name) */
    const char *fallback;
    double least, most;
    const char *const *words;
} Key;

static const char *const yes_no_words[] = {"no", "yes", NULL};
static const char *const host_cpu_words[] = {"usage", "demand", NULL};
static const char *const host_memory_words[] = {"consumed", "demand", NULL};
static const char *const buffer_words[] = {"unused", "unallocated", NULL};
static const char *const strategy_words[] = {"optimize", "threshold", NULL};
static const char *const published_words[] = {"no", "exact", NULL};
static const char *const step_cost_words[] = {"time", "count", NULL};
static const char *const balance_words[] = {"off", "low", "high", NULL};
static const char *const ha_check_words[] = {"warn", "hard", "off", NULL};
static const char *const power_words[] = {"off", "empty", "standby", NULL};
static const char *const reclaim_words[] = {"lent", "advise", "off", NULL};
static const char *const drs_clusters_words[] = {"advise", "plan", NULL};
static const char *const vsan_mode_words[] = {"ensureObjectAccessibility", "evacuateAllData", "noAction",
                                              NULL};
static const char *const libvirt_tls_words[] = {"auto", "yes", "no", NULL};
static const char *const rule_type_words[] = {"vm_affinity", "vm_anti_affinity", "vm_host_affinity",
                                              "vm_host_anti_affinity", NULL};

#define AT(member) G_STRUCT_OFFSET(Policy, member)
#define RULE_AT(member) G_STRUCT_OFFSET(PolicyRule, member)
#define SIZE_AT(member) G_STRUCT_OFFSET(SizeRule, member)
#define MANY 1e9

static const Key keys[] = {
    {"analyze", "cpu_hot_pct", KEY_DECIMAL, AT(cpu_hot_pct), "80", 1, 100, NULL},
    {"analyze", "memory_hot_pct", KEY_DECIMAL, AT(memory_hot_pct), "80", 1, 100, NULL},
    {"analyze", "disk_hot_pct", KEY_THRESHOLD, AT(disk_hot_pct), "", 1, 100, NULL},
    {"analyze", "net_hot_pct", KEY_THRESHOLD, AT(net_hot_pct), "", 1, 100, NULL},
    {"analyze", "short_pct", KEY_DECIMAL, AT(short_pct), "80", 1, 100, NULL},
    {"analyze", "cold_pct", KEY_DECIMAL, AT(cold_pct), "20", 0, 100, NULL},
    {"analyze", "idle_pct", KEY_DECIMAL, AT(idle_pct), "5", 0, 100, NULL},
    {"analyze", "power_target_pct", KEY_DECIMAL, AT(power_target_pct), "63", 1, 100, NULL},
    {"analyze", "min_samples_pct", KEY_DECIMAL, AT(min_samples_pct), "60", 1, 100, NULL},
    {"analyze", "host_cpu", KEY_WORD, AT(host_cpu_demand), "usage", 0, 0, host_cpu_words},
    {"analyze", "host_memory", KEY_WORD, AT(host_memory_demand), "consumed", 0, 0, host_memory_words},
    {"analyze", "buffer", KEY_WORD, AT(buffer_unallocated), "unused", 0, 0, buffer_words},
    {"analyze", "estimator", KEY_WORD, AT(estimator), "ewma", 0, 0, estimator_names},
    {"analyze", "cpu_estimator", KEY_TEXT, AT(cpu_estimator), "", 0, 0, estimator_names},
    {"analyze", "memory_estimator", KEY_TEXT, AT(memory_estimator), "", 0, 0, estimator_names},
    {"analyze", "cpu_room_estimator", KEY_TEXT, AT(cpu_room_estimator), "", 0, 0, estimator_names},
    {"analyze", "memory_room_estimator", KEY_TEXT, AT(memory_room_estimator), "", 0, 0, estimator_names},
    {"analyze", "hot_after", KEY_WINDOWS, AT(hot_after), "1/1", 1, ROLLUP_RECENT, NULL},
    {"analyze", "urgent_pct", KEY_DECIMAL, AT(urgent_pct), "90", 1, 100, NULL},
    {"analyze", "system_vms", KEY_VMS, AT(system_vms), "", 0, 0, NULL},
    {"plan", "strategy", KEY_WORD, AT(strategy), "optimize", 0, 0, strategy_words},
    {"plan", "published", KEY_WORD, AT(published_exact), "no", 0, 0, published_words},
    {"plan", "memory_step_mib", KEY_WHOLE, AT(memory_step_mib), "128", 1, MANY, NULL},
    {"plan", "memory_max_steps", KEY_WHOLE, AT(memory_max_steps), "4", 0, MANY, NULL},
    {"plan", "memory_max_growth_pct", KEY_DECIMAL, AT(memory_max_growth_pct), "50", 0, 10000, NULL},
    {"plan", "memory_cap_window_s", KEY_WHOLE, AT(memory_cap_window_s), "86400", 0, MANY, NULL},
    {"plan", "grow_to_pct", KEY_DECIMAL, AT(grow_to_pct), "70", 1, 100, NULL},
    {"plan", "lend_to_pct", KEY_DECIMAL, AT(lend_to_pct), "75", 0, 100, NULL},
    {"plan", "buffer_reserve_pct", KEY_DECIMAL, AT(buffer_reserve_pct), "10", 0, 100, NULL},
    {"plan", "vm_cpu_pct", KEY_DECIMAL, AT(vm_cpu_pct), "80", 1, 100, NULL},
    {"plan", "cpu_step", KEY_WHOLE, AT(cpu_step), "1", 1, 1024, NULL},
    {"plan", "cpu_max_steps", KEY_WHOLE, AT(cpu_max_steps), "2", 0, MANY, NULL},
    {"plan", "min_vm_pct", KEY_DECIMAL, AT(min_vm_pct), "1", 0, 100, NULL},
    {"plan", "max_moves_per_host", KEY_WHOLE, AT(max_moves_per_host), "8", 0, MANY, NULL},
    {"plan", "max_moves", KEY_WHOLE, AT(max_moves), "0", 0, MANY, NULL},
    {"plan", "max_duration_s", KEY_WHOLE, AT(max_duration_s), "0", 0, MANY, NULL},
    {"plan", "time_limit_s", KEY_DECIMAL, AT(time_limit_s), "0", 0, MANY, NULL},
    {"plan", "min_gain", KEY_DECIMAL, AT(min_gain), "1", 0, MANY, NULL},
    {"plan", "relieve_to_pct", KEY_THRESHOLD, AT(relieve_to_pct), "", 1, 100, NULL},
    {"plan", "step_cost", KEY_WORD, AT(step_cost_count), "time", 0, 0, step_cost_words},
    {"plan", "dirty_factor", KEY_DECIMAL, AT(dirty_factor), "1", 1, 100, NULL},
    {"plan", "vmotion_mbps", KEY_WHOLE, AT(vmotion_mbps), "8000", 1, 1e7, NULL},
    {"plan", "migration_setup_s", KEY_DECIMAL, AT(migration_setup_s), "10", 0, 3600, NULL},
    {"plan", "cooldown_s", KEY_WHOLE, AT(cooldown_s), "3600", 0, MANY, NULL},
    {"plan", "return_cooldown_s", KEY_WHOLE, AT(return_cooldown_s), "21600", 0, MANY, NULL},
    {"plan", "refusal_cooldown_s", KEY_WHOLE, AT(refusal_cooldown_s), "604800", 0, MANY, NULL},
    {"plan", "balance", KEY_WORD, AT(balance), "off", 0, 0, balance_words},
    {"plan", "ha_check", KEY_WORD, AT(ha_check), "warn", 0, 0, ha_check_words},
    {"plan", "power", KEY_WORD, AT(power), "off", 0, 0, power_words},
    {"plan", "hosts_in_reserve", KEY_WHOLE, AT(hosts_in_reserve), "1", 0, 1e5, NULL},
    {"plan", "reclaim", KEY_WORD, AT(reclaim), "lent", 0, 0, reclaim_words},
    {"plan", "drs_clusters", KEY_WORD, AT(drs_clusters_plan), "advise", 0, 0, drs_clusters_words},
    {"plan", "respect_drs_overrides", KEY_WORD, AT(respect_drs_overrides), "yes", 0, 0, yes_no_words},
    {"plan", "evacuate", KEY_HOSTS, AT(evacuate), "", 0, 0, NULL},
    {"plan", "evacuate_next", KEY_HOSTS, AT(evacuate_next), "", 0, 0, NULL},
    {"plan", "evacuate_partly", KEY_WORD, AT(evacuate_partly), "no", 0, 0, yes_no_words},
    {"plan", "evacuate_powered_off", KEY_WORD, AT(evacuate_powered_off), "no", 0, 0, yes_no_words},
    {"plan", "exclude_hosts", KEY_HOSTS, AT(exclude_hosts), "", 0, 0, NULL},
    {"plan", "exclude_vms", KEY_VMS, AT(exclude_vms), "", 0, 0, NULL},
    {"plan", "forbid_growth", KEY_VMS, AT(forbid_growth), "", 0, 0, NULL},
    {"plan", "vsan_mode", KEY_TEXT, AT(vsan_mode), "", 0, 0, vsan_mode_words},
    {"plan", "seed", KEY_WHOLE, AT(seed), "1", 0, MANY, NULL},
    {"apply", "parallel", KEY_WHOLE, AT(parallel), "8", 1, 1024, NULL},
    {"apply", "parallel_per_host", KEY_WHOLE, AT(parallel_per_host), "4", 1, 1024, NULL},
    {"apply", "max_age_s", KEY_WHOLE, AT(max_age_s), "86400", 0, MANY, NULL},
    {"apply", "blackout", KEY_WEEKHOURS, AT(blackout), "", 0, 0, NULL},
    {"apply", "require_signature", KEY_TEXT, AT(require_signature), "", 0, 0, NULL},
    {"apply", "signatures_needed", KEY_WHOLE, AT(signatures_needed), "1", 1, 100, NULL},
    {"apply", "revoked_keys", KEY_TEXT, AT(revoked_keys), "", 0, 0, NULL},
    {"apply", "libvirt_tls", KEY_WORD, AT(libvirt_tls), "auto", 0, 0, libvirt_tls_words},
    {"apply", "libvirt_auto_converge", KEY_WORD, AT(libvirt_auto_converge), "no", 0, 0, yes_no_words},
    {"apply", "libvirt_post_copy", KEY_WORD, AT(libvirt_post_copy), "no", 0, 0, yes_no_words},
    {"apply", "libvirt_limit_s", KEY_WHOLE, AT(libvirt_limit_s), "1800", 0, MANY, NULL},
};

/* of every [rule NAME] */
static const Key rule_keys[] = {
    {"rule", "type", KEY_WORD, RULE_AT(type), NULL, 0, 0, rule_type_words},
    {"rule", "vms", KEY_VMS, RULE_AT(vms), "", 0, 0, NULL},
    {"rule", "hosts", KEY_HOSTS, RULE_AT(hosts), "", 0, 0, NULL},
    {"rule", "mandatory", KEY_WORD, RULE_AT(mandatory), "no", 0, 0, yes_no_words},
};

/* of every [size NAME] */
static const Key size_keys[] = {
    {"size", "rule", KEY_WORD, SIZE_AT(rule), "vpa", 0, 0, size_rule_words},
    {"size", "vms", KEY_VMS, SIZE_AT(vms), "*", 0, 0, NULL},
    {"size", "cpu", KEY_TEXT, SIZE_AT(cpu), "", 0, 0, statistic_words},
    {"size", "memory", KEY_TEXT, SIZE_AT(memory), "", 0, 0, statistic_words},
    {"size", "margin_pct", KEY_DECIMAL, SIZE_AT(margin_pct), "15", 0, 1000, NULL},
};

static const char *const sections[] = {"analyze", "plan", "apply", NULL};

#define RULE_PREFIX "rule "
#define SIZE_PREFIX "size "

/* the sections that there may be many of, each with a name */
typedef struct Named {
    const char *prefix, *what;
    const Key *keys;
    guint n;
    const char *all; /* the keys in words */
} Named;

static const Named named[] = {
    {RULE_PREFIX, "rule", rule_keys, G_N_ELEMENTS(rule_keys), "type, vms, hosts or mandatory"},
    {SIZE_PREFIX, "size", size_keys, G_N_ELEMENTS(size_keys), "rule, vms, cpu, memory or margin_pct"},
};

/* which kind of them a section is; NULL: none */
static const Named *named_of(const char *section)
{
    for (guint i = 0; i < G_N_ELEMENTS(named); i++)
        if (g_str_has_prefix(section, named[i].prefix) && section[strlen(named[i].prefix)])
            return &named[i];
    return NULL;
}

static gboolean is_list(const Key *key)
{
    return key->type == KEY_VMS || key->type == KEY_HOSTS;
}

static const Key *find_key(const char *section, const char *name)
{
    const Named *own = named_of(section);
    const Key *table = own ? own->keys : keys;
    guint n = own ? own->n : G_N_ELEMENTS(keys);
    for (guint i = 0; i < n; i++)
        if ((own || strcmp(table[i].section, section) == 0) && strcmp(table[i].name, name) == 0)
            return &table[i];
    return NULL;
}

/* ---- the nearest name ---- */

/* What an unknown key may have meant: the key of that name elsewhere, else the nearest one of the section. */
static char *expected_key(const char *section, const char *name)
{
    const Named *own = named_of(section);
    const Key *table = own ? own->keys : keys;
    guint n = own ? own->n : G_N_ELEMENTS(keys);
    const Key *nearest = NULL;
    guint least = G_MAXUINT;
    for (guint i = 0; i < n; i++) {
        guint distance = nearest_distance(name, table[i].name);
        if (distance > 0 && !own && strcmp(table[i].section, section) != 0)
            continue;
        if (distance < least) {
            least = distance;
            nearest = &table[i];
        }
    }
    if (!nearest || !nearest_is_close(name, least))
        return own ? g_strdup_printf("a key of a %s: %s", own->what, own->all)
                   : g_strdup_printf("a key of [%s] (vmanger-policy(5) has them all)", section);
    return own ? g_strdup_printf("a key of a %s (the nearest is %s)", own->what, nearest->name)
               : g_strdup_printf("a key of [%s] (the nearest is %s of [%s])", section, nearest->name,
                                 nearest->section);
}

static char *expected_section(const char *section)
{
    const char *nearest = nearest_of(section, sections);
    g_autofree char *hint = nearest_may_be_meant(section, nearest)
                                ? g_strdup_printf(" (the nearest is [%s])", nearest)
                                : g_strdup("");
    return g_strconcat("[analyze], [plan], [apply], [rule NAME] or [size NAME]", hint, NULL);
}

static gboolean has_control(const char *value)
{
    for (const char *at = value; *at; at++)
        if (g_ascii_iscntrl(*at))
            return TRUE;
    return FALSE;
}

/* ---- where things stand in the text ---- */

typedef struct Text {
    const char *name;  /* of the file */
    GHashTable *lines; /* the policy's */
    GPtrArray *named;  /* char *: sections of a name, in the file's order */
} Text;

static void fail_at(const Text *text, guint line, const char *what, const char *found, const char *expected,
                    GError **error)
{
    g_autofree char *shown = escape_for_message(found);
    g_set_error(error, VMANGER_ERROR, 0, "%s:%u: %s%sfound %s: expected %s", text->name, line, what,
                *what ? ": " : "", shown, expected);
}

static guint find_line(GHashTable *lines, const char *section, const char *key)
{
    g_autofree char *place = key ? g_strconcat(section, "\n", key, NULL) : g_strdup(section);
    return GPOINTER_TO_UINT(g_hash_table_lookup(lines, place));
}

static guint line_of(const Text *text, const char *section, const char *key)
{
    return find_line(text->lines, section, key);
}

char *policy_place(const Policy *policy, const char *section, const PolicyRule *rule, const char *key)
{
    g_autofree char *of_rule = rule ? g_strconcat(RULE_PREFIX, rule->name, NULL) : NULL;
    guint line = policy->file ? find_line(policy->lines, rule ? of_rule : section, key) : 0;
    return line ? g_strdup_printf("%s:%u: ", policy->file, line) : g_strdup("");
}

/* Notes where a section or key stands, or fails where it stands already. */
static gboolean note_line(Text *text, const char *section, const char *key, guint line, GError **error)
{
    guint before = line_of(text, section, key);
    if (before) {
        g_autofree char *expected = g_strdup_printf("it once: it stands at line %u already", before);
        fail_at(text, line, key ? key : "section", key ? key : section, expected, error);
        return FALSE;
    }
    g_hash_table_insert(text->lines, key ? g_strconcat(section, "\n", key, NULL) : g_strdup(section),
                        GUINT_TO_POINTER(line));
    return TRUE;
}

static gboolean note_section(Text *text, char *line, char **section, guint number, GError **error)
{
    gsize length = strlen(line);
    gboolean closed = line[length - 1] == ']';
    line[closed ? length - 1 : length] = '\0';
    if (!closed || strpbrk(line + 1, "[]") || has_control(line)) {
        fail_at(text, number, "section", line + 1, "a section's name in one pair of brackets", error);
        return FALSE;
    }
    g_free(*section);
    *section = g_strdup(line + 1);
    if (named_of(*section))
        g_ptr_array_add(text->named, g_strdup(*section));
    else if (!g_strv_contains(sections, *section)) {
        g_autofree char *expected = expected_section(*section);
        fail_at(text, number, "section", *section, expected, error);
        return FALSE;
    }
    return note_line(text, *section, NULL, number, error);
}

static gboolean note_key(Text *text, char *line, const char *section, guint number, GError **error)
{
    char *equals = strchr(line, '=');
    if (!equals || equals == line) {
        fail_at(text, number, "", line, "key=value", error);
        return FALSE;
    }
    *equals = '\0';
    g_strchomp(line);
    if (!section) {
        fail_at(text, number, line, line, "a section before the first key", error);
        return FALSE;
    }
    if (!find_key(section, line)) {
        g_autofree char *expected = expected_key(section, line);
        fail_at(text, number, line, line, expected, error);
        return FALSE;
    }
    return note_line(text, section, line, number, error);
}

static gboolean check_encoding(const Text *text, const char *bytes, gsize length, GError **error)
{
    const char *bad = NULL;
    if (g_str_has_prefix(bytes, "\xef\xbb\xbf")) {
        g_set_error(error, VMANGER_ERROR, 0, "%s:1: found a byte order mark: expected UTF-8 without one",
                    text->name);
        return FALSE;
    }
    if (g_utf8_validate_len(bytes, length, &bad))
        return TRUE;
    guint line = 1;
    for (const char *at = bytes; at < bad; at++)
        line += *at == '\n';
    g_set_error(error, VMANGER_ERROR, 0, "%s:%u: found byte 0x%02x: expected UTF-8 text", text->name, line,
                (guchar)*bad);
    return FALSE;
}

/* The first pass: GLib's reader knows no lines, merges sections that stand twice and lets the last of two
 * keys win. */
static gboolean note_lines(Text *text, const char *bytes, GError **error)
{
    g_auto(GStrv) lines = g_strsplit(bytes, "\n", -1);
    g_autofree char *section = NULL;
    for (guint i = 0; lines[i]; i++) {
        char *line = g_strstrip(lines[i]);
        if (*line == '\0' || *line == '#')
            continue;
        gboolean ok = *line == '[' ? note_section(text, line, &section, i + 1, error)
                                   : note_key(text, line, section, i + 1, error);
        if (!ok)
            return FALSE;
    }
    return TRUE;
}

/* ---- values ---- */

static char **split_list(const char *value)
{
    g_auto(GStrv) parts = g_strsplit(value, ";", -1);
    g_autoptr(GStrvBuilder) list = g_strv_builder_new();
    for (char **part = parts; *part; part++)
        if (*g_strstrip(*part))
            g_strv_builder_add(list, *part);
    return g_strv_builder_end(list);
}

static int find_word(const char *const *words, const char *value)
{
    for (int i = 0; words[i]; i++)
        if (strcmp(words[i], value) == 0)
            return i;
    return -1;
}

static gboolean set_number(const Key *key, const char *value, double *field)
{
    if (key->type == KEY_THRESHOLD && !*value) {
        *field = NAN;
        return TRUE;
    }
    return table_parse_number(value, key->type != KEY_WHOLE, FALSE, field) && *field >= key->least &&
           *field <= key->most;
}

static gboolean set_weekhours(const char *value, GArray **field)
{
    g_autofree char *bad = NULL;
    GArray *hours = weekhours_parse(value, &bad);
    if (!hours)
        return FALSE;
    g_clear_pointer(field, g_array_unref);
    *field = hours;
    return TRUE;
}

static gboolean set_windows(const Key *key, const char *value, Windows *field)
{
    g_auto(GStrv) parts = g_strsplit(value, "/", -1);
    double needed, of;
    if (g_strv_length(parts) != 2 || !table_parse_number(parts[0], FALSE, FALSE, &needed) ||
        !table_parse_number(parts[1], FALSE, FALSE, &of) || needed < key->least || of > key->most ||
        needed > of)
        return FALSE;
    *field = (Windows){(int)needed, (int)of};
    return TRUE;
}

/* Puts a value into the key's field of the policy or rule; FALSE where it is none. */
static gboolean set_value(const Key *key, const char *value, gpointer owner)
{
    gpointer field = (char *)owner + key->offset;
    if (has_control(value))
        return FALSE;
    switch (key->type) {
    case KEY_WORD:
        *(int *)field = find_word(key->words, value);
        return *(int *)field >= 0;
    case KEY_VMS:
    case KEY_HOSTS:
        g_strfreev(*(char ***)field);
        *(char ***)field = split_list(value);
        return TRUE;
    case KEY_WEEKHOURS:
        return set_weekhours(value, field);
    case KEY_WINDOWS:
        return set_windows(key, value, field);
    case KEY_TEXT:
        if (key->words && *value && find_word(key->words, value) < 0)
            return FALSE;
        g_free(*(char **)field);
        *(char **)field = g_strdup(value);
        return TRUE;
    default:
        return set_number(key, value, field);
    }
}

static char *expected_value(const Key *key, const char *value)
{
    GString *text = g_string_new(NULL);
    switch (key->type) {
    case KEY_VMS:
    case KEY_HOSTS:
        g_string_append(text, "patterns separated by ;, without control characters");
        break;
    case KEY_WEEKHOURS: {
        g_autofree char *bad = NULL;
        g_autoptr(GArray) hours = weekhours_parse(value, &bad);
        g_string_append(text, "days and hours as \"Mon-Fri 08:00-18:00; Sat 22:00-02:00\", separated by ;");
        if (!hours && strcmp(bad, value) != 0)
            g_string_append_printf(text, " (\"%s\" is none)", bad);
        break;
    }
    case KEY_WINDOWS:
        g_string_append_printf(text, "how many of how many windows, as 2/3, at most %g", key->most);
        break;
    case KEY_WORD:
    case KEY_TEXT: {
        g_autofree char *words = key->words ? nearest_expected(value, key->words) : NULL;
        g_string_append(text, words ? words : "text without control characters");
        g_string_append(text, words && key->type == KEY_TEXT ? ", or nothing" : "");
        break;
    }
    default:
        g_string_append(text, key->type == KEY_WHOLE ? "a whole number from "
                                                     : "a number with at most three decimals from ");
        table_append_number(text, key->least);
        g_string_append(text, " to ");
        table_append_number(text, key->most);
        g_string_append(text, key->type == KEY_THRESHOLD ? ", or nothing" : "");
    }
    return g_string_free(text, FALSE);
}

/* Reads the keys that stand in a section of the file. */
static gboolean read_section(const Text *text, GKeyFile *file, const char *section, gpointer owner,
                             GError **error)
{
    g_auto(GStrv) names = g_key_file_get_keys(file, section, NULL, NULL);
    for (char **name = names; name && *name; name++) {
        const Key *key = find_key(section, *name);
        g_autoptr(GError) bad_escape = NULL;
        g_autofree char *value = key ? g_key_file_get_string(file, section, *name, &bad_escape) : NULL;
        if (value && !bad_escape && set_value(key, g_strchomp(value), owner))
            continue;
        g_autofree char *raw = g_key_file_get_value(file, section, *name, NULL);
        const char *found = raw ? raw : *name;
        g_autofree char *expected = key ? expected_value(key, found) : expected_key(section, *name);
        fail_at(text, line_of(text, section, *name), *name, found, expected, error);
        return FALSE;
    }
    return TRUE;
}

/* ---- the policy ---- */

static void rule_free(gpointer data)
{
    PolicyRule *rule = data;
    g_free(rule->name);
    g_strfreev(rule->vms);
    g_strfreev(rule->hosts);
    g_free(rule);
}

static void set_defaults(const Key *table, guint n, gpointer owner)
{
    for (guint i = 0; i < n; i++)
        if (table[i].fallback && !set_value(&table[i], table[i].fallback, owner))
            g_error("the default of %s is no value of it", table[i].name);
}

/* A rule of hosts needs some, another has none; blamed where the key stands, or else on the section. */
static gboolean check_rule(const Text *text, const char *section, const PolicyRule *rule, GError **error)
{
    static const char *const types = "one of vm_affinity, vm_anti_affinity, vm_host_affinity, "
                                     "vm_host_anti_affinity";
    gboolean of_hosts = rule->type == RULE_VM_HOST_AFFINITY || rule->type == RULE_VM_HOST_ANTI_AFFINITY;
    g_autofree char *hosts = g_strjoinv(";", rule->hosts);
    const char *amiss = rule->type < 0                 ? "type"
                        : !*rule->vms                  ? "vms"
                        : of_hosts == (*hosts == '\0') ? "hosts"
                                                       : NULL;
    if (!amiss)
        return TRUE;
    g_autofree char *expected =
        rule->type < 0 ? g_strdup(types)
        : !*rule->vms  ? g_strdup("patterns of VMs, which every rule has")
                       : g_strdup_printf("%s with type=%s", of_hosts ? "patterns of hosts" : "no hosts",
                                         rule_type_words[rule->type]);
    guint line = line_of(text, section, amiss);
    fail_at(text, line ? line : line_of(text, section, NULL), amiss, strcmp(amiss, "hosts") == 0 ? hosts : "",
            expected, error);
    return FALSE;
}

static gboolean read_rule(Policy *policy, const Text *text, GKeyFile *file, const char *section,
                          GError **error)
{
    PolicyRule *rule = g_new0(PolicyRule, 1);
    g_ptr_array_add(policy->rules, rule);
    rule->name = g_strdup(section + strlen(RULE_PREFIX));
    rule->type = -1;
    set_defaults(rule_keys, G_N_ELEMENTS(rule_keys), rule);
    if (!read_section(text, file, section, rule, error))
        return FALSE;
    return check_rule(text, section, rule, error);
}

static gboolean read_size(Policy *policy, const Text *text, GKeyFile *file, const char *section,
                          GError **error)
{
    SizeRule *size = g_new0(SizeRule, 1);
    g_ptr_array_add(policy->sizes, size);
    size->section = g_strdup(section);
    set_defaults(size_keys, G_N_ELEMENTS(size_keys), size);
    return read_section(text, file, section, size, error);
}

static gboolean read_text(Policy *policy, Text *text, const char *bytes, gsize length, GError **error)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autoptr(GError) cause = NULL;
    if (!check_encoding(text, bytes, length, error) || !note_lines(text, bytes, error))
        return FALSE;
    if (!g_key_file_load_from_data(file, bytes, length, G_KEY_FILE_NONE, &cause)) {
        g_set_error(error, VMANGER_ERROR, 0, "%s: %s", text->name, cause->message);
        return FALSE;
    }
    for (guint i = 0; sections[i]; i++)
        if (!read_section(text, file, sections[i], policy, error))
            return FALSE;
    for (guint i = 0; i < text->named->len; i++) {
        const char *section = text->named->pdata[i];
        gboolean of_size = g_str_has_prefix(section, SIZE_PREFIX);
        if (!(of_size ? read_size : read_rule)(policy, text, file, section, error))
            return FALSE;
    }
    return TRUE;
}

Policy *policy_read(const char *path, GError **error)
{
    g_autoptr(Policy) policy = g_new0(Policy, 1);
    policy->rules = g_ptr_array_new_with_free_func(rule_free);
    policy->sizes = g_ptr_array_new_with_free_func(sizerule_free);
    set_defaults(keys, G_N_ELEMENTS(keys), policy);
    if (!path)
        return g_steal_pointer(&policy);
    g_autofree char *bytes = NULL;
    gsize length = 0;
    g_autoptr(GError) cause = NULL;
    gboolean standard_input = strcmp(path, "-") == 0;
    if (!g_file_get_contents(standard_input ? "/dev/stdin" : path, &bytes, &length, &cause)) {
        g_set_error(error, VMANGER_ERROR, 0, "%s: cannot be read: %s", path, cause->message);
        format_blame(path, FORMAT_POLICY, error);
        return NULL;
    }
    g_autoptr(GPtrArray) sections_named = g_ptr_array_new_with_free_func(g_free);
    policy->file = g_strdup(standard_input ? "standard input" : path);
    policy->lines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Text text = {policy->file, policy->lines, sections_named};
    gboolean ok = read_text(policy, &text, bytes, length, error);
    if (!ok)
        format_blame(path, FORMAT_POLICY, error);
    return ok ? g_steal_pointer(&policy) : NULL;
}

/* the same for a key that is set alone, which only those of [plan] can be */
static char *expected_key_of_plan(const char *name)
{
    for (guint i = 0; i < G_N_ELEMENTS(keys); i++)
        if (strcmp(keys[i].name, name) == 0)
            return g_strdup_printf("a key of [plan]; %s is one of [%s]: %s", name, keys[i].section,
                                   strcmp(keys[i].section, "analyze") == 0
                                       ? "set it in a policy, and run analyze and plan with --policy FILE"
                                       : "no plan depends on it");
    return expected_key("plan", name);
}

gboolean policy_set(Policy *policy, const char *assignment, GError **error)
{
    const char *equals = strchr(assignment, '=');
    g_autofree char *name = g_strndup(assignment, equals ? (gsize)(equals - assignment) : strlen(assignment));
    const Key *key = equals && g_utf8_validate(assignment, -1, NULL) ? find_key("plan", name) : NULL;
    if (key && set_value(key, equals + 1, policy))
        return TRUE;
    g_autofree char *found = escape_for_message(key ? equals + 1 : assignment);
    g_autofree char *expected = key      ? expected_value(key, equals + 1)
                                : equals ? expected_key_of_plan(name)
                                         : g_strdup("KEY=VALUE, of the policy's [plan]");
    g_set_error(error, VMANGER_ERROR, 0, "%s%sfound %s: expected %s", key ? name : "", key ? ": " : "", found,
                expected);
    return FALSE;
}

void policy_free(Policy *policy)
{
    if (!policy)
        return;
    for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
        gpointer field = (char *)policy + keys[i].offset;
        if (is_list(&keys[i]))
            g_strfreev(*(char ***)field);
        if (keys[i].type == KEY_TEXT)
            g_free(*(char **)field);
        if (keys[i].type == KEY_WEEKHOURS)
            g_clear_pointer((GArray **)field, g_array_unref);
    }
    g_ptr_array_free(policy->rules, TRUE);
    g_ptr_array_free(policy->sizes, TRUE);
    g_free(policy->file);
    g_clear_pointer(&policy->lines, g_hash_table_destroy);
    g_free(policy);
}

/* ---- estimators ---- */

Estimator policy_estimator(const Policy *policy, gboolean of_memory, gboolean for_room)
{
    const char *heat = of_memory ? policy->memory_estimator : policy->cpu_estimator;
    const char *room = of_memory ? policy->memory_room_estimator : policy->cpu_room_estimator;
    const char *name = for_room && *room ? room : heat;
    return *name ? (Estimator)find_word(estimator_names, name) : (Estimator)policy->estimator;
}

const SizeRule *policy_size_rule(const Policy *policy, const char *folder, const char *name)
{
    for (guint i = 0; i < policy->sizes->len; i++) {
        const SizeRule *size = policy->sizes->pdata[i];
        if (policy_matches(size->vms, folder, name))
            return size;
    }
    return &sizerule_vpa;
}

/* ---- patterns ---- */

gboolean policy_matches(char *const *patterns, const char *folder, const char *name)
{
    if (!patterns || !*patterns)
        return FALSE;
    g_auto(GStrv) names = folder ? pattern_names_of_vm(folder, name) : pattern_names_of_host(name);
    for (char *const *pattern = patterns; *pattern; pattern++) {
        if (pattern_matches(*pattern, names))
            return TRUE;
        g_auto(GStrv) parts = strchr(*pattern, ',') ? pattern_parts(*pattern) : NULL;
        for (char **part = parts; part && *part; part++)
            if (pattern_matches(*part, names))
                return TRUE;
    }
    return FALSE;
}

static void add_pattern_lists(GArray *lists, const Key *table, guint n, const char *section,
                              const PolicyRule *rule, gconstpointer owner)
{
    for (guint i = 0; i < n; i++) {
        if (!is_list(&table[i]))
            continue;
        PatternList list = {section ? section : table[i].section, table[i].name, rule,
                            table[i].type == KEY_HOSTS,
                            *(char *const *const *)((const char *)owner + table[i].offset)};
        g_array_append_val(lists, list);
    }
}

GArray *policy_pattern_lists(const Policy *policy)
{
    GArray *lists = g_array_new(FALSE, FALSE, sizeof(PatternList));
    add_pattern_lists(lists, keys, G_N_ELEMENTS(keys), NULL, NULL, policy);
    for (guint i = 0; i < policy->rules->len; i++)
        add_pattern_lists(lists, rule_keys, G_N_ELEMENTS(rule_keys), NULL, policy->rules->pdata[i],
                          policy->rules->pdata[i]);
    for (guint i = 0; i < policy->sizes->len; i++) {
        const SizeRule *size = policy->sizes->pdata[i];
        add_pattern_lists(lists, size_keys, G_N_ELEMENTS(size_keys), size->section, NULL, size);
    }
    return lists;
}

/* ---- digests ---- */

static void append_value(GString *line, const Key *key, gconstpointer owner)
{
    gconstpointer field = (const char *)owner + key->offset;
    switch (key->type) {
    case KEY_WORD:
        g_string_append(line, key->words[*(const int *)field]);
        break;
    case KEY_VMS:
    case KEY_HOSTS: {
        g_autofree char *list = g_strjoinv(";", *(char *const *const *)field ? *(char ***)field : NULL);
        g_string_append(line, list);
        break;
    }
    case KEY_WINDOWS: {
        const Windows *windows = field;
        g_string_append_printf(line, "%d/%d", windows->needed, windows->of);
        break;
    }
    case KEY_WEEKHOURS: /* no decision depends on them */
        break;
    case KEY_TEXT:
        g_string_append(line, *(const char *const *)field);
        break;
    default:
        table_append_number(line, *(const double *)field);
    }
}

static void add_lines(GPtrArray *lines, const Key *table, guint n, const char *only, const char *section,
                      gconstpointer owner)
{
    for (guint i = 0; i < n; i++) {
        if (only && strcmp(table[i].section, only) != 0)
            continue;
        GString *line = g_string_new(NULL);
        g_string_append_printf(line, "%s.%s=", section, table[i].name);
        append_value(line, &table[i], owner);
        g_string_append_c(line, '\n');
        g_ptr_array_add(lines, g_string_free(line, FALSE));
    }
}

static int compare_lines(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static char *digest_lines(GPtrArray *lines)
{
    g_ptr_array_sort(lines, compare_lines);
    g_autoptr(Digest) digest = digest_new();
    for (guint i = 0; i < lines->len; i++)
        digest_update(digest, lines->pdata[i], strlen(lines->pdata[i]));
    return digest_hex(digest);
}

static void add_lines_of_analyze(GPtrArray *lines, const Policy *policy)
{
    add_lines(lines, keys, G_N_ELEMENTS(keys), "analyze", "analyze", policy);
    for (guint i = 0; i < policy->sizes->len; i++) {
        const SizeRule *size = policy->sizes->pdata[i];
        add_lines(lines, size_keys, G_N_ELEMENTS(size_keys), NULL, size->section, size);
    }
}

char *policy_analyze_digest(const Policy *policy)
{
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    add_lines_of_analyze(lines, policy);
    return digest_lines(lines);
}

char *policy_plan_digest(const Policy *policy)
{
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    add_lines_of_analyze(lines, policy);
    add_lines(lines, keys, G_N_ELEMENTS(keys), "plan", "plan", policy);
    for (guint i = 0; i < policy->rules->len; i++) {
        const PolicyRule *rule = policy->rules->pdata[i];
        g_autofree char *section = g_strconcat(RULE_PREFIX, rule->name, NULL);
        add_lines(lines, rule_keys, G_N_ELEMENTS(rule_keys), NULL, section, rule);
    }
    return digest_lines(lines);
}
