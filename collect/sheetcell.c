/* SPDX-License-Identifier: MIT */
#include "collect/sheetcell.h"

#include "collect/escape.h"
#include "collect/table.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MOST_NUMBER_BYTES 64
#define SECONDS_A_DAY 86400
#define DAYS_BEFORE_1970 25569 /* of the serial numbers of days that begin in 1900 */
#define DAYS_BEFORE_1904 1462
#define NEARLY_WHOLE 1e-6
#define YEAR_3000 G_GINT64_CONSTANT(32503680000)

gboolean sheet_fail(const SheetRow *row, const char *column, const char *found, const char *expected,
                    GError **error)
{
    g_autofree char *shown = escape_for_message(found);
    g_set_error(error, VMANGER_ERROR, 0, "%s:%s%" G_GUINT64_FORMAT ": %s: found %s: expected %s", row->sheet,
                row->of_csv ? "" : " row ", row->number, column, shown, expected);
    return FALSE;
}

/* ---- numbers ---- */

/* Signs that group digits and nothing else: spaces of all kinds become one, apostrophes too. */
static char *plain_signs(const char *text)
{
    GString *plain = g_string_new(NULL);
    for (const char *at = text; *at; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        if (c == 0x2019 || c == '\'' || (c != '\t' && g_unichar_isspace(c)))
            g_string_append_c(plain, ' ');
        else
            g_string_append_unichar(plain, c);
    }
    return g_strstrip(g_string_free(plain, FALSE));
}

static guint count_of(const char *text, char sign)
{
    guint n = 0;
    for (; *text; text++)
        n += *text == sign;
    return n;
}

/* Which of point and comma stands before decimals; '\0' for none. */
static char decimal_sign(const char *text, SheetNumber kind)
{
    guint points = count_of(text, '.'), commas = count_of(text, ',');
    if (points && commas)
        return *MAX(strrchr(text, '.'), strrchr(text, ','));
    if (points + commas != 1)
        return '\0';
    const char sign = points ? '.' : ',';
    const char *at = strchr(text, sign);
    gsize before = strspn(text, "0123456789"), after = strspn(at + 1, "0123456789");
    gboolean may_group = text + before == at && before >= 1 && before <= 3 && *text != '0' && after == 3;
    if (kind != SHEET_SHARE && may_group)
        return '\0';
    return sign;
}

/* Groups are of three digits, behind a first one of one to three, all parted by the same sign. Appends the
 * digits; where they end, or NULL. */
static const char *take_groups(const char *at, char decimals, GString *digits)
{
    gsize n = strspn(at, "0123456789");
    if (n == 0)
        return NULL;
    g_string_append_len(digits, at, (gssize)n);
    at += n;
    char sign = *at;
    if (!sign || sign == decimals)
        return at;
    if (n > 3 || !strchr(" .,", sign))
        return NULL;
    while (*at == sign) {
        if (strspn(at + 1, "0123456789") != 3)
            return NULL;
        g_string_append_len(digits, at + 1, 3);
        at += 4;
    }
    return at;
}

/* A number with the signs of some language, to one as C has it; NULL where it is none. */
static char *plain_number(const char *text, SheetNumber kind)
{
    g_autofree char *signs = plain_signs(text);
    gsize length = strlen(signs);
    if (kind == SHEET_SHARE && length > 0 && signs[length - 1] == '%') {
        signs[length - 1] = '\0';
        g_strchomp(signs);
    }
    g_autoptr(GString) number = g_string_new(NULL);
    const char *at = signs;
    if (*at == '-')
        g_string_append_c(number, *at++);
    char decimals = decimal_sign(at, kind);
    at = take_groups(at, decimals, number);
    if (at && *at && *at == decimals) {
        gsize n = strspn(at + 1, "0123456789");
        g_string_append_c(number, '.');
        g_string_append_len(number, at + 1, (gssize)n);
        at = n ? at + 1 + n : NULL;
    }
    return at && !*at ? g_strdup(number->str) : NULL;
}

gboolean sheet_read_number(const SheetCell *cell, SheetNumber kind, double *number)
{
    g_autofree char *text = g_strstrip(g_strdup(cell->text));
    *number = NAN;
    if (!*text)
        return TRUE;
    if (strlen(text) > MOST_NUMBER_BYTES)
        return FALSE;
    gboolean raw = cell->is_number && strspn(text, "0123456789.eE+-") == strlen(text);
    g_autofree char *plain = raw ? g_strdup(text) : plain_number(text, kind);
    char *end = NULL;
    if (!plain)
        return FALSE;
    double value = g_ascii_strtod(plain, &end);
    if (end == plain || *end || !isfinite(value))
        return FALSE;
    gboolean whole = fabs(value - round(value)) < NEARLY_WHOLE;
    if (kind == SHEET_WHOLE && !whole)
        return FALSE;
    *number = whole ? round(value) : value;
    return TRUE;
}

/* ---- yes or no ---- */

gboolean sheet_read_flag(const SheetCell *cell, int *flag)
{
    /* spreadsheets write TRUE in their own language into CSV */
    static const char *const yes[] = {"true", "1",         "yes",        "wahr", "vrai",
                                      "vero", "verdadero", "verdadeiro", "waar", NULL};
    static const char *const no[] = {"false", "0", "no", "falsch", "faux", "falso", "onwaar", NULL};
    g_autofree char *text = g_strstrip(g_ascii_strdown(cell->text, -1));
    *flag = g_strv_contains(yes, text) ? 1 : g_strv_contains(no, text) ? 0 : -1;
    return *flag >= 0 || !*text;
}

/* ---- times ---- */

static gboolean to_seconds(int year, int month, int day, const int clock[3], gint64 *seconds)
{
    g_autoptr(GDateTime) time = g_date_time_new_utc(year, month, day, clock[0], clock[1], clock[2]);
    if (time)
        *seconds = g_date_time_to_unix(time);
    return time != NULL;
}

/* The time of a text that is split at everything but digits: year first, or day first where points part it.
 */
static gboolean read_parts(const char *text, gint64 *seconds)
{
    int part[6] = {0};
    guint n = 0;
    const char *at = text;
    while (n < G_N_ELEMENTS(part) && g_ascii_isdigit(*at)) {
        gsize digits = strspn(at, "0123456789");
        if (digits > 4)
            return FALSE;
        part[n++] = (int)g_ascii_strtoull(at, NULL, 10);
        at += digits;
        at += *at != '\0' && strchr("-/. T:", *at);
    }
    if (n < 3 || (*at && !g_ascii_isdigit(*at)))
        return FALSE;
    if (part[0] > 999)
        return to_seconds(part[0], part[1], part[2], part + 3, seconds);
    return strchr(text, '.') && to_seconds(part[2], part[1], part[0], part + 3, seconds);
}

gboolean sheet_read_time(const SheetCell *cell, gboolean from_1904, gint64 *seconds)
{
    double days;
    g_autofree char *text = g_strstrip(g_strdup(cell->text));
    if (!*text)
        return FALSE;
    if (sheet_read_number(&(SheetCell){text, cell->is_number}, SHEET_SHARE, &days)) {
        days -= from_1904 ? DAYS_BEFORE_1970 - DAYS_BEFORE_1904 : DAYS_BEFORE_1970;
        *seconds = days > 0 && days < 100000 ? (gint64)round(days * SECONDS_A_DAY) : -1;
        return *seconds >= SECONDS_A_DAY;
    }
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(text, utc);
    if (time)
        *seconds = g_date_time_to_unix(time);
    return (time || read_parts(text, seconds)) && *seconds >= SECONDS_A_DAY && *seconds < YEAR_3000;
}
