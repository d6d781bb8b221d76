/* SPDX-License-Identifier: MIT */
#include "apply/sessions.h"

#include "apply/lock.h"
#include "apply/managedobject.h"
#include "collect/escape.h"

#include <string.h>
#include <unistd.h>

#define AGENT "vmanger-apply/"
#define SILENT_S 300 /* an apply that lives asks every few seconds what became of its tasks */

/* What others may read in the list stays in one header line. */
static char *plain(const char *text)
{
    char *copy = g_strdup(text);
    for (char *at = copy; *at; at++)
        if (!g_ascii_isgraph(*at) || strchr("();,", *at))
            *at = '_';
    return copy;
}

char *sessions_agent(void)
{
    g_autofree char *user = plain(g_get_user_name());
    g_autofree char *host = plain(g_get_host_name());
    g_autofree char *place = lock_place();
    return g_strdup_printf(AGENT VMANGER_VERSION " (%s at %s; process %d; %s)", user, host, (int)getpid(),
                           place);
}

typedef struct Listed {
    const Vcenter *vcenter;
    GPtrArray *problems, *warnings;
} Listed;

static const char *text_of(const Element *session, const char *name)
{
    const char *text = element_text(session, name);
    return text ? text : "";
}

static gboolean is_ours(const Listed *listed, const Element *session)
{
    return strcmp(text_of(session, "key"), listed->vcenter->session) == 0;
}

/* an apply that could not meet us: those of our own place the lock keeps apart, and what is left of them
 * there is of killed ones */
static gboolean is_rival(const Listed *listed, const Element *session)
{
    g_autofree char *place = lock_place();
    g_autofree char *here = g_strdup_printf("; %s)", place);
    const char *agent = text_of(session, "userAgent");
    return g_str_has_prefix(agent, AGENT) && !g_str_has_suffix(agent, here) && !is_ours(listed, session);
}

static char *describe(const Element *session)
{
    g_autofree char *agent = escape_for_terminal(text_of(session, "userAgent"));
    g_autofree char *account = escape_for_terminal(text_of(session, "userName"));
    g_autofree char *address = escape_for_terminal(text_of(session, "ipAddress"));
    g_autofree char *since = escape_for_terminal(text_of(session, "loginTime"));
    return g_strdup_printf("%s, a session of %s from %s since %s", agent, account, address, since);
}

/* now is by the server's clock */
static void judge(const Listed *listed, const Element *session, gint64 now)
{
    gint64 then = now;
    g_autofree char *who = describe(session);
    if (vcenter_parse_time(text_of(session, "lastActiveTime"), &then) && now - then > SILENT_S)
        g_ptr_array_add(
            listed->warnings,
            g_strdup_printf("another apply was at work on this vCenter: %s: it has been silent for "
                            "%d minutes and counts as ended",
                            who, (int)((now - then) / 60)));
    else
        g_ptr_array_add(
            listed->problems,
            g_strdup_printf(
                "another apply is at work on this vCenter: %s: expected one at a time (one that was "
                "killed counts as ended after %d minutes)",
                who, SILENT_S / 60));
}

static gboolean take_list(const PropertyObject *object, gpointer data, GError **error)
{
    (void)error;
    const Listed *listed = data;
    const Element *first = object->values[0] ? object->values[0]->first : NULL;
    gint64 now = 0;
    for (const Element *session = first; session; session = session->next)
        if (is_ours(listed, session)) /* has just asked */
            vcenter_parse_time(text_of(session, "lastActiveTime"), &now);
    for (const Element *session = first; session; session = session->next)
        if (is_rival(listed, session))
            judge(listed, session, now);
    return TRUE;
}

gboolean sessions_check(Vcenter *vcenter, GPtrArray *problems, GPtrArray *warnings, GError **error)
{
    static const char *const paths[] = {"sessionList"};
    Listed listed = {vcenter, problems, warnings};
    const char *const ids[] = {vcenter_manager(vcenter, "sessionManager"), NULL};
    PropertyQuery query = {.kind = "SessionManager",
                           .paths = paths,
                           .n_paths = G_N_ELEMENTS(paths),
                           .ids = ids,
                           .take = take_list,
                           .data = &listed};
    return managed_objects_retrieve(vcenter, &query, error);
}
