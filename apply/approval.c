/* SPDX-License-Identifier: MIT */
#include "apply/approval.h"

#include "apply/sshkeygen.h"
#include "collect/escape.h"
#include "collect/format.h"
#include "collect/openpgp.h"
#include "plan/planfile.h"

#include <string.h>

#define MOST_PLAN ((gsize)1 << 30)

/* Asking for two signers, or for revoked keys, of nobody would ask for nothing. */
static gboolean asks_for_signatures(const Policy *policy, const char *allowed_signers, GError **error)
{
    if (*allowed_signers || (policy->signatures_needed == 1 && !*policy->revoked_keys))
        return TRUE;
    g_set_error(error, VMANGER_ERROR, 0,
                "policy: found %s without require_signature: expected require_signature=ALLOWED_SIGNERS in "
                "[apply], or --require-signature",
                *policy->revoked_keys ? "revoked_keys" : "signatures_needed");
    return FALSE;
}

/* The details of a row are separated by spaces, so each value is escaped as an id is. */
static void append_value(GString *detail, const char *key, const char *value)
{
    g_autofree char *clean = escape_id(value);
    g_string_append_printf(detail, "%s%s=%s", detail->len ? " " : "", key, clean);
}

static char *approval_detail(const SignatureRule *rule, const Signer *signer, const char *sha256)
{
    GString *detail = g_string_new(NULL);
    append_value(detail, "principal", signer->principal);
    append_value(detail, "key", signer->key);
    append_value(detail, "signature", signer->file);
    append_value(detail, "plan_sha256", sha256);
    g_string_append_printf(detail, " needed=%u", rule->needed);
    append_value(detail, "allowed_signers", rule->allowed_signers);
    if (*rule->revoked_keys)
        append_value(detail, "revoked_keys", rule->revoked_keys);
    return g_string_free(detail, FALSE);
}

static SignatureRule rule_of(const Policy *policy, const char *allowed_signers, gint64 time)
{
    return (SignatureRule){.allowed_signers = allowed_signers,
                           .revoked_keys = policy->revoked_keys,
                           .needed = (guint)policy->signatures_needed,
                           .time = time,
                           .ssh_keygen = SSH_KEYGEN};
}

/* what was signed: the plan in the clear */
static GBytes *read_plain(const char *path, GError **error)
{
    g_autofree char *stands = openpgp_path(path);
    if (!openpgp_is_encrypted(stands))
        return signatures_read(path, MOST_PLAN, error);
    gsize length;
    char *bytes = openpgp_decrypt(stands, &length, error);
    return bytes ? g_bytes_new_take(bytes, length) : NULL;
}

ChangePlan *approval_read_plan(const Policy *policy, const char *require_signature, const char *path,
                               GPtrArray *approvals, GError **error)
{
    const char *allowed_signers = require_signature ? require_signature : policy->require_signature;
    if (!asks_for_signatures(policy, allowed_signers, error))
        return NULL;
    if (!*allowed_signers)
        return changeplan_read(path, CHANGEPLAN_AS_MADE, error);
    if (strcmp(path, "-") == 0) {
        g_set_error(error, VMANGER_ERROR, 0,
                    "standard input: found a plan that must be signed: expected a file, beside which its "
                    "signatures stand");
        return NULL;
    }
    SignatureRule rule = rule_of(policy, allowed_signers, g_get_real_time() / G_USEC_PER_SEC);
    g_autoptr(GBytes) bytes = read_plain(path, error);
    g_autofree char *plain = openpgp_plain_name(path);
    g_autoptr(GPtrArray) signers = bytes ? signatures_of_plan(&rule, plain, bytes, error) : NULL;
    if (!signers)
        return NULL;
    ChangePlan *plan = changeplan_read_bytes(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), path,
                                             CHANGEPLAN_AS_MADE, error);
    if (!plan)
        format_blame(path, FORMAT_PLAN, error);
    for (guint i = 0; plan && i < signers->len; i++)
        g_ptr_array_add(approvals, approval_detail(&rule, signers->pdata[i], plan->sha256));
    return plan;
}

char *approval_journal_signature(const char *journal)
{
    return g_strconcat(journal, ".sig", NULL);
}

Signer *approval_verify_journal(const Policy *policy, const char *require_signature, const Journal *journal,
                                GError **error)
{
    guint n = journal->rows->len;
    gint64 time = n ? g_array_index(journal->rows, JournalRow, n - 1).time : 0;
    SignatureRule rule = rule_of(policy, require_signature, time);
    g_autofree char *file = approval_journal_signature(journal->path);
    g_autoptr(GBytes) head = signatures_head(journal->chain);
    return signatures_verify(&rule, SIGNATURES_OF_JOURNALS, file, head, error);
}
