/* SPDX-License-Identifier: MIT */
/*
 * What a policy and the command line ask of a plan's signatures, and what a journal says of who signed.
 */
#ifndef APPLY_APPROVAL_H
#define APPLY_APPROVAL_H

#include "analyze/policy.h"
#include "apply/signatures.h"
#include "plan/journal.h"

/* reads the plan as it was made. Where the option (NULL: not given) or the policy names a file of allowed
 * signers, the option first, the plan's signatures are verified before, over the very bytes that are then
 * read; approvals receives a journal detail (char *) for each. Nothing else is opened before */
ChangePlan *approval_read_plan(const Policy *policy, const char *require_signature, const char *path,
                               GPtrArray *approvals, GError **error);

/* verifies the signature of a journal's last chain value, JOURNAL.sig, as of the journal's last row; keys
 * that the policy has as revoked are not taken. Free with signer_free */
Signer *approval_verify_journal(const Policy *policy, const char *require_signature, const Journal *journal,
                                GError **error);

/* the name of the signature beside a journal; the caller frees it */
char *approval_journal_signature(const char *journal);

#endif
