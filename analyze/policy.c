/* SPDX-License-Identifier: MIT */
#include "analyze/policy.h"

#include "analyze/pattern.h"
#include "analyze/policyvalue.h"
#include "collect/digest.h"
#include "collect/escape.h"
#include "collect/format.h"

#include <string.h>

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
    g_autofree char *of_rule = rule ? g_strconcat(POLICY_RULE_PREFIX, rule->name, NULL) : NULL;
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
    if (!closed || strpbrk(line + 1, "[]") || policyvalue_has_control(line)) {
        fail_at(text, number, "section", line + 1, "a section's name in one pair of brackets", error);
        return FALSE;
    }
    g_free(*section);
    *section = g_strdup(line + 1);
    if (policykeys_is_named(*section))
        g_ptr_array_add(text->named, g_strdup(*section));
    else if (!g_strv_contains(policykeys_sections, *section)) {
        g_autofree char *expected = policykeys_expected_section(*section);
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
    if (!policykeys_find(section, line)) {
        g_autofree char *expected = policykeys_expected(section, line);
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

/* Reads the keys that stand in a section of the file. */
static gboolean read_section(const Text *text, GKeyFile *file, const char *section, gpointer owner,
                             GError **error)
{
    g_auto(GStrv) names = g_key_file_get_keys(file, section, NULL, NULL);
    for (char **name = names; name && *name; name++) {
        const PolicyKey *key = policykeys_find(section, *name);
        g_autoptr(GError) bad_escape = NULL;
        g_autofree char *value = key ? g_key_file_get_string(file, section, *name, &bad_escape) : NULL;
        if (value && !bad_escape && policyvalue_set(key, g_strchomp(value), owner))
            continue;
        g_autofree char *raw = g_key_file_get_value(file, section, *name, NULL);
        const char *found = raw ? raw : *name;
        g_autofree char *expected =
            key ? policyvalue_expected(key, found) : policykeys_expected(section, *name);
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

static void set_defaults(const PolicyKeys *table, gpointer owner)
{
    for (guint i = 0; i < table->n; i++)
        if (table->at[i].fallback && !policyvalue_set(&table->at[i], table->at[i].fallback, owner))
            g_error("the default of %s is no value of it", table->at[i].name);
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
                                         policykeys_rule_types[rule->type]);
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
    rule->name = g_strdup(section + strlen(POLICY_RULE_PREFIX));
    rule->type = -1;
    set_defaults(&policykeys_of_rule, rule);
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
    set_defaults(&policykeys_of_size, size);
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
    for (guint i = 0; policykeys_sections[i]; i++)
        if (!read_section(text, file, policykeys_sections[i], policy, error))
            return FALSE;
    for (guint i = 0; i < text->named->len; i++) {
        const char *section = text->named->pdata[i];
        gboolean of_size = g_str_has_prefix(section, POLICY_SIZE_PREFIX);
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
    set_defaults(&policykeys_own, policy);
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

gboolean policy_set(Policy *policy, const char *assignment, GError **error)
{
    const char *equals = strchr(assignment, '=');
    g_autofree char *name = g_strndup(assignment, equals ? (gsize)(equals - assignment) : strlen(assignment));
    const PolicyKey *key =
        equals && g_utf8_validate(assignment, -1, NULL) ? policykeys_find("plan", name) : NULL;
    if (key && policyvalue_set(key, equals + 1, policy))
        return TRUE;
    g_autofree char *found = escape_for_message(key ? equals + 1 : assignment);
    g_autofree char *expected = key      ? policyvalue_expected(key, equals + 1)
                                : equals ? policykeys_expected_alone(name)
                                         : g_strdup("KEY=VALUE, of the policy's [plan]");
    g_set_error(error, VMANGER_ERROR, 0, "%s%sfound %s: expected %s", key ? name : "", key ? ": " : "", found,
                expected);
    return FALSE;
}

void policy_free(Policy *policy)
{
    if (!policy)
        return;
    for (guint i = 0; i < policykeys_own.n; i++)
        policyvalue_clear(&policykeys_own.at[i], policy);
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
    return *name ? (Estimator)policyvalue_word(estimator_names, name) : (Estimator)policy->estimator;
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

static void add_pattern_lists(GArray *lists, const PolicyKeys *table, const char *section,
                              const PolicyRule *rule, gconstpointer owner)
{
    for (guint i = 0; i < table->n; i++) {
        if (!policykey_is_list(&table->at[i]))
            continue;
        PatternList list = {section ? section : table->at[i].section, table->at[i].name, rule,
                            table->at[i].type == KEY_HOSTS,
                            *(char *const *const *)((const char *)owner + table->at[i].offset)};
        g_array_append_val(lists, list);
    }
}

GArray *policy_pattern_lists(const Policy *policy)
{
    GArray *lists = g_array_new(FALSE, FALSE, sizeof(PatternList));
    add_pattern_lists(lists, &policykeys_own, NULL, NULL, policy);
    for (guint i = 0; i < policy->rules->len; i++)
        add_pattern_lists(lists, &policykeys_of_rule, NULL, policy->rules->pdata[i], policy->rules->pdata[i]);
    for (guint i = 0; i < policy->sizes->len; i++) {
        const SizeRule *size = policy->sizes->pdata[i];
        add_pattern_lists(lists, &policykeys_of_size, size->section, NULL, size);
    }
    return lists;
}

/* ---- digests ---- */

static void add_lines(GPtrArray *lines, const PolicyKeys *table, const char *only, const char *section,
                      gconstpointer owner)
{
    for (guint i = 0; i < table->n; i++) {
        if (only && strcmp(table->at[i].section, only) != 0)
            continue;
        GString *line = g_string_new(NULL);
        g_string_append_printf(line, "%s.%s=", section, table->at[i].name);
        policyvalue_append(line, &table->at[i], owner);
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
    add_lines(lines, &policykeys_own, "analyze", "analyze", policy);
    for (guint i = 0; i < policy->sizes->len; i++) {
        const SizeRule *size = policy->sizes->pdata[i];
        add_lines(lines, &policykeys_of_size, NULL, size->section, size);
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
    add_lines(lines, &policykeys_own, "plan", "plan", policy);
    for (guint i = 0; i < policy->rules->len; i++) {
        const PolicyRule *rule = policy->rules->pdata[i];
        g_autofree char *section = g_strconcat(POLICY_RULE_PREFIX, rule->name, NULL);
        add_lines(lines, &policykeys_of_rule, NULL, section, rule);
    }
    return digest_lines(lines);
}
