/* SPDX-License-Identifier: MIT */
#include "collect/prometheus.h"

#include "collect/atomic.h"
#include "collect/error.h"
#include "collect/escape.h"

#include <math.h>
#include <string.h>

struct Prometheus {
    AtomicFile *file;
    GString *text;
    char *family; /* the gauge that was added to last */
};

Prometheus *prometheus_new(const char *path, GError **error)
{
    if (!g_str_has_suffix(path, ".prom")) {
        g_autofree char *found = escape_for_message(path);
        g_set_error(
            error, VMANGER_ERROR, 0,
            "--prometheus: found %s: expected a name that ends in .prom: the textfile collector reads no other",
            found);
        return NULL;
    }
    AtomicFile *file = atomic_file_new(path, NULL, error);
    if (!file)
        return NULL;
    Prometheus *prometheus = g_new0(Prometheus, 1);
    prometheus->file = file;
    prometheus->text = g_string_new(NULL);
    prometheus->family = g_strdup("");
    return prometheus;
}

/* a backslash and a line feed are escaped; in a label's value a quote as well */
static void append_escaped(GString *out, const char *text, gboolean quoted)
{
    for (const char *at = text; *at; at++) {
        if (*at == '\n')
            g_string_append(out, "\\n");
        else if (*at == '\\' || (quoted && *at == '"'))
            g_string_append_printf(out, "\\%c", *at);
        else
            g_string_append_c(out, *at);
    }
}

static void begin_family(Prometheus *prometheus, const Gauge *gauge)
{
    GString *out = prometheus->text;
    if (strcmp(prometheus->family, gauge->name) == 0)
        return;
    g_free(prometheus->family);
    prometheus->family = g_strdup(gauge->name);
    g_string_append_printf(out, "# HELP %s ", gauge->name);
    append_escaped(out, gauge->help, FALSE);
    g_string_append_printf(out, "\n# TYPE %s gauge\n", gauge->name);
}

void prometheus_add(Prometheus *prometheus, const Gauge *gauge, const GaugeLabel *labels, double value)
{
    GString *out = prometheus->text;
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    if (isnan(value))
        return;
    begin_family(prometheus, gauge);
    g_string_append(out, gauge->name);
    for (const GaugeLabel *label = labels; label->name; label++) {
        g_string_append_printf(out, "%s%s=\"", label == labels ? "{" : ",", label->name);
        append_escaped(out, label->value, TRUE);
        g_string_append_c(out, '"');
    }
    /* what was worked out of three decimals has no fifteen digits */
    g_string_append_printf(out, "%s %s\n", labels->name ? "}" : "",
                           g_ascii_formatd(number, sizeof number, "%.15g", value));
}

gboolean prometheus_commit(Prometheus *prometheus, GError **error)
{
    atomic_file_write(prometheus->file, prometheus->text->str, prometheus->text->len);
    return atomic_file_commit(prometheus->file, NULL, error);
}

void prometheus_free(Prometheus *prometheus)
{
    if (!prometheus)
        return;
    atomic_file_free(prometheus->file);
    g_string_free(prometheus->text, TRUE);
    g_free(prometheus->family);
    g_free(prometheus);
}
