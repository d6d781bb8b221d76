/* SPDX-License-Identifier: MIT */
#include "apply/signatures.h"

#include "apply/sshkeygen.h"
#include "collect/atomic.h"
#include "collect/csv.h"
#include "collect/escape.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST_SIGNATURE (64 * 1024)
#define MOST_ALLOWED (256 * 1024)
#define MOST_REVOKED (64 * 1024 * 1024)
#define MOST_SIGNATURES 100
#define FIRST_LINE "-----BEGIN SSH SIGNATURE-----"

/* a rule with what its files hold, read once for all signatures */
typedef struct Court {
    const SignatureRule *rule;
    const char *name_space;
    GBytes *allowed, *revoked, *nothing;
    char *verify_time;
} Court;

static void court_clear(Court *court)
{
    g_clear_pointer(&court->allowed, g_bytes_unref);
    g_clear_pointer(&court->revoked, g_bytes_unref);
    g_clear_pointer(&court->nothing, g_bytes_unref);
    g_free(court->verify_time);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Court, court_clear)

/* one signature as it is judged */
typedef struct Trial {
    const Court *court;
    const char *file;
    GBytes *signature, *signed_bytes;
    char *key;              /* its fingerprint */
    GHashTable *principals; /* char *: every plain name that the key stands for at the time */
    GPtrArray *names;       /* the same, in the file's order */
    GString *why;           /* what ssh-keygen said of lines that are not taken */
} Trial;

void signer_free(Signer *signer)
{
    if (!signer)
        return;
    g_free(signer->file);
    g_free(signer->principal);
    g_free(signer->key);
    g_free(signer);
}

/* ---- files ---- */

static GBytes *read_open_file(int fd, const char *path, gsize most, GError **error)
{
    struct stat status;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        g_set_error(error, VMANGER_ERROR, 0, "%s: found %s: expected a regular file", path,
                    S_ISDIR(status.st_mode) ? "a directory" : "no file of bytes");
        return NULL;
    }
    gsize room = MIN((gsize)status.st_size, most) + 1, length = 0;
    g_autofree char *bytes = g_malloc(room);
    while (length < room) {
        ssize_t got = read(fd, bytes + length, room - length);
        if (got == 0)
            return g_bytes_new_take(g_steal_pointer(&bytes), length);
        if (got < 0 && errno != EINTR) {
            g_set_error(error, VMANGER_ERROR, 0, "%s: cannot be read: %s", path, g_strerror(errno));
            return NULL;
        }
        length += got > 0 ? (gsize)got : 0;
    }
    g_set_error(error, VMANGER_ERROR, 0,
                "%s: found more than %" G_GSIZE_FORMAT " bytes, or a file that grows: "
                "expected less",
                path, room - 1);
    return NULL;
}

GBytes *signatures_read(const char *path, gsize most, GError **error)
{
    /* not to hang where a pipe stands in a file's place */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        g_set_error(error, VMANGER_ERROR, 0, "%s: cannot be read: %s", path, g_strerror(errno));
        return NULL;
    }
    GBytes *bytes = read_open_file(fd, path, most, error);
    close(fd);
    return bytes;
}

static gboolean open_court(Court *court, const SignatureRule *rule, const char *name_space, GError **error)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(rule->time);
    gboolean revokes = rule->revoked_keys && *rule->revoked_keys;
    court->rule = rule;
    court->name_space = name_space;
    court->nothing = g_bytes_new_static("", 0);
    court->verify_time = time ? g_date_time_format(time, "-Overify-time=%Y%m%d%H%M%SZ") : NULL;
    if (!time) {
        g_set_error(error, VMANGER_ERROR, 0, "signatures: found a time that no calendar has");
        return FALSE;
    }
    return (court->allowed = signatures_read(rule->allowed_signers, MOST_ALLOWED, error)) &&
           (!revokes || (court->revoked = signatures_read(rule->revoked_keys, MOST_REVOKED, error)));
}

/* ---- one signature ---- */

static void trial_clear(Trial *trial)
{
    g_clear_pointer(&trial->signature, g_bytes_unref);
    g_free(trial->key);
    g_clear_pointer(&trial->principals, g_hash_table_unref);
    g_clear_pointer(&trial->names, g_ptr_array_unref);
    if (trial->why)
        g_string_free(trial->why, TRUE);
}

static void trial_free(Trial *trial)
{
    trial_clear(trial);
    g_free(trial);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Trial, trial_free)

/* Where ssh-keygen itself is missing, that is the error; else its words are. */
static void blame(const Trial *trial, gboolean absent, const char *what, GError *cause, GError **error)
{
    if (absent) {
        g_propagate_error(error, cause);
        return;
    }
    g_set_error(error, VMANGER_ERROR, 0, "%s: %s: %s", trial->file, what, cause->message);
    g_error_free(cause);
}

/* The signature alone: of these bytes, in this name space? Its key's fingerprint is what ssh-keygen then says
 * last. */
static gboolean is_of_these_bytes(Trial *trial, GError **error)
{
    const Court *court = trial->court;
    const char *const arguments[] = {"check-novalidate", "-n", court->name_space, NULL};
    SshKeygen run = {.program = court->rule->ssh_keygen,
                     .input = trial->signed_bytes,
                     .signature = trial->signature,
                     .arguments = arguments};
    gboolean absent = FALSE;
    GError *failure = NULL;
    g_autofree char *said = sshkeygen_run(&run, &absent, &failure);
    const char *key = said ? strrchr(g_strchomp(said), ' ') : NULL;
    if (key) {
        trial->key = g_strdup(key + 1);
        return TRUE;
    }
    if (!failure)
        failure = g_error_new(VMANGER_ERROR, 0, "no fingerprint was given");
    gboolean other = strstr(failure->message, "incorrect signature") != NULL;
    g_autofree char *what = g_strdup_printf(
        other
            ? "found a signature of other bytes (what it signs was altered since): expected one in name space %s "
              "(have it signed again, or delete this file)"
            : "found no signature in name space %s: expected one that ssh-keygen -Y sign made (have it signed "
              "again, or delete this file)",
        court->name_space);
    blame(trial, absent, what, failure, error);
    return FALSE;
}

static void take_principals(Trial *trial, const char *said)
{
    g_auto(GStrv) names = g_strsplit(said, "\n", -1);
    for (guint i = 0; names[i]; i++) {
        if (!*names[i] || g_hash_table_contains(trial->principals, names[i]))
            continue;
        if (strpbrk(names[i], "*?!")) {
            g_string_append_printf(trial->why, "%sprincipal \"%s\" is a pattern, which names nobody",
                                   trial->why->len ? "; " : "", names[i]);
            continue;
        }
        g_ptr_array_add(trial->names, g_strdup(names[i]));
        g_hash_table_add(trial->principals, g_strdup(names[i]));
    }
}

/* ssh-keygen tells the first line alone that has the key: each line is put before it as if there were no
 * other, with as many line feeds before as it has, so that its words name the line. */
static gboolean find_principals(Trial *trial, GError **error)
{
    const Court *court = trial->court;
    const char *const arguments[] = {"find-principals", court->verify_time, NULL};
    gsize length;
    const char *at = g_bytes_get_data(court->allowed, &length), *end = at + length;
    g_autoptr(GString) before = g_string_new(NULL);
    for (const char *next; at < end; at = next) {
        const char *feed = memchr(at, '\n', (gsize)(end - at));
        next = feed ? feed + 1 : end;
        g_string_append_c(before, '\n');
        if (*at == '#' || *at == '\n')
            continue;
        g_autoptr(GString) one = g_string_new_len(before->str, (gssize)before->len - 1);
        g_string_append_len(one, at, next - at);
        g_autoptr(GBytes) line = g_bytes_new(one->str, one->len);
        SshKeygen run = {.program = court->rule->ssh_keygen,
                         .input = court->nothing,
                         .signature = trial->signature,
                         .allowed_signers = line,
                         .arguments = arguments,
                         .name_of_allowed = court->rule->allowed_signers};
        gboolean absent;
        g_autoptr(GError) failure = NULL;
        g_autofree char *said = sshkeygen_run(&run, &absent, &failure);
        if (absent) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
        if (said)
            take_principals(trial, said);
        else if (strcmp(failure->message, "No principal matched.") != 0)
            g_string_append_printf(trial->why, "%s%s", trial->why->len ? "; " : "", failure->message);
    }
    return TRUE;
}

static gboolean has_principal(const Trial *trial, GError **error)
{
    if (trial->names->len > 0)
        return TRUE;
    g_set_error(
        error, VMANGER_ERROR, 0,
        "%s: found a signature by key %s: expected one by a key that %s allows by name at this time (have "
        "it signed by somebody who may, or delete this file)%s%s",
        trial->file, trial->key, trial->court->rule->allowed_signers, trial->why->len ? ": " : "",
        trial->why->str);
    return FALSE;
}

/* ssh-keygen's verdict, with the whole file of allowed signers */
static gboolean verifies(const Trial *trial, const char *name, GBytes *revoked, gboolean *absent,
                         GError **error)
{
    const Court *court = trial->court;
    const char *const arguments[] = {"verify", court->verify_time, "-n", court->name_space, "-I", name, NULL};
    SshKeygen run = {.program = court->rule->ssh_keygen,
                     .input = trial->signed_bytes,
                     .signature = trial->signature,
                     .allowed_signers = court->allowed,
                     .revoked_keys = revoked,
                     .arguments = arguments,
                     .name_of_allowed = court->rule->allowed_signers};
    g_autofree char *said = sshkeygen_run(&run, absent, error);
    return said != NULL;
}

/* ssh-keygen has no word for a key that is revoked: it is taken once that is not asked. */
static void blame_verdict(const Trial *trial, const char *name, gboolean absent, GError *cause,
                          GError **error)
{
    const Court *court = trial->court;
    gboolean revoked = court->revoked && !absent && verifies(trial, name, NULL, NULL, NULL);
    g_autofree char *what =
        revoked ? g_strdup_printf(
                      "found a signature by %s, key %s, which is revoked by %s, or that holds neither a "
                      "KRL nor keys: expected another key (have it signed by one, or delete this file)",
                      name, trial->key, court->rule->revoked_keys)
                : g_strdup_printf(
                      "found a signature by %s, key %s, that is not taken: expected one by a key that is "
                      "allowed for name space %s (have it signed by another key, or delete this file)",
                      name, trial->key, court->name_space);
    blame(trial, absent, what, cause, error);
}

/* The principal is the first that ssh-keygen takes; others may be allowed for other name spaces. */
static Signer *judge(const Trial *trial, GError **error)
{
    GError *failure = NULL;
    gboolean absent = FALSE;
    for (guint i = 0; i < trial->names->len && !absent; i++) {
        const char *name = trial->names->pdata[i];
        g_clear_error(&failure);
        if (verifies(trial, name, trial->court->revoked, &absent, &failure)) {
            Signer *signer = g_new0(Signer, 1);
            signer->file = g_strdup(trial->file);
            signer->principal = g_strdup(name);
            signer->key = g_strdup(trial->key);
            return signer;
        }
    }
    blame_verdict(trial, trial->names->pdata[0], absent, failure, error);
    return NULL;
}

static Trial *trial_new(const Court *court, const char *file, GBytes *bytes, GError **error)
{
    g_autoptr(Trial) trial = g_new0(Trial, 1);
    trial->court = court;
    trial->file = file;
    trial->signed_bytes = bytes;
    trial->principals = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    trial->names = g_ptr_array_new_with_free_func(g_free);
    trial->why = g_string_new(NULL);
    trial->signature = signatures_read(file, MOST_SIGNATURE, error);
    return trial->signature ? g_steal_pointer(&trial) : NULL;
}

static Signer *try_signature(Trial *trial, GError **error)
{
    return is_of_these_bytes(trial, error) && find_principals(trial, error) && has_principal(trial, error)
               ? judge(trial, error)
               : NULL;
}

Signer *signatures_verify(const SignatureRule *rule, const char *name_space, const char *file, GBytes *bytes,
                          GError **error)
{
    g_auto(Court) court = {0};
    if (!open_court(&court, rule, name_space, error))
        return NULL;
    g_autoptr(Trial) trial = trial_new(&court, file, bytes, error);
    return trial ? try_signature(trial, error) : NULL;
}

/* ---- all of a plan's ---- */

static int compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* BASE.sig and BASE.NAME.sig; a NAME that ends in .csv makes it one of another file, as of a journal beside a
 * plan without that ending */
static gboolean is_signature_of(const char *name, const char *base)
{
    gsize length = strlen(name), of_base = strlen(base), tail = strlen(".sig");
    if (!g_str_has_prefix(name, base) || length < of_base + tail || !g_str_has_suffix(name, ".sig"))
        return FALSE;
    if (length == of_base + tail)
        return TRUE;
    return name[of_base] == '.' && length > of_base + 1 + tail && !g_str_has_suffix(name, ".csv.sig");
}

static GPtrArray *find_signatures(const char *path, GError **error)
{
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *directory = g_path_get_dirname(path);
    g_autofree char *base = g_path_get_basename(path);
    g_autoptr(GError) failure = NULL;
    g_autoptr(GDir) listing = g_dir_open(directory, 0, &failure);
    if (!listing) {
        g_set_error(error, VMANGER_ERROR, 0, "%s: cannot be searched for signatures: %s", directory,
                    failure->message);
        return NULL;
    }
    for (const char *name; (name = g_dir_read_name(listing));)
        if (is_signature_of(name, base))
            g_ptr_array_add(files,
                            strchr(path, '/') ? g_build_filename(directory, name, NULL) : g_strdup(name));
    g_ptr_array_sort(files, compare_names);
    if (files->len > 0 && files->len <= MOST_SIGNATURES)
        return g_steal_pointer(&files);
    g_autofree char *signing =
        g_strdup_printf("ssh-keygen -Y sign -f KEY -n %s FILE writes one", SIGNATURES_OF_PLANS);
    if (files->len == 0)
        g_set_error(error, VMANGER_ERROR, 0,
                    "%s: found no signature: expected %s.sig or %s.NAME.sig beside it (%s)", path, base, base,
                    signing);
    else
        g_set_error(error, VMANGER_ERROR, 0, "%s: found %u signatures: expected at most %d", path, files->len,
                    MOST_SIGNATURES);
    return NULL;
}

static gboolean share_someone(const Trial *a, const Trial *b)
{
    if (strcmp(a->key, b->key) == 0)
        return TRUE;
    for (guint i = 0; i < a->names->len; i++)
        if (g_hash_table_contains(b->principals, a->names->pdata[i]))
            return TRUE;
    return FALSE;
}

/* How many are left where those whom a key or a principal links, directly or by others, are one; same is set
 * to a signature and the one before it that it is linked with, where there is one. */
static guint count_different(const GPtrArray *trials, guint same[2])
{
    g_autofree guint *first = g_new(guint, trials->len + 1);
    guint different = trials->len;
    for (guint i = 0; i < trials->len; i++) {
        first[i] = i;
        for (guint j = 0; j < i; j++) {
            guint from = first[i], to = first[j];
            if (from == to || !share_someone(trials->pdata[i], trials->pdata[j]))
                continue;
            for (guint k = 0; k <= i; k++)
                first[k] = first[k] == from ? to : first[k];
            same[0] = j;
            same[1] = i;
            different--;
        }
    }
    return different;
}

static gboolean are_enough(const SignatureRule *rule, const char *path, const GPtrArray *trials,
                           GError **error)
{
    guint same[2] = {0, 0}, different = count_different(trials, same);
    if (different >= rule->needed)
        return TRUE;
    const Trial *a = trials->pdata[same[0]], *b = trials->pdata[same[1]];
    g_autofree char *linked =
        different == trials->len
            ? g_strdup("")
            : g_strdup_printf(" (%s and %s are by one signer: %s)", a->file, b->file,
                              strcmp(a->key, b->key) == 0 ? "the same key" : "the same principal");
    g_set_error(
        error, VMANGER_ERROR, 0,
        "%s: found signatures by %u: expected %u different principals by as many keys%s: have another "
        "sign it, into %s.NAME.sig",
        path, different, rule->needed, linked, path);
    return FALSE;
}

GPtrArray *signatures_of_plan(const SignatureRule *rule, const char *path, GBytes *plan, GError **error)
{
    g_auto(Court) court = {0};
    g_autoptr(GPtrArray) signers = g_ptr_array_new_with_free_func((GDestroyNotify)signer_free);
    g_autoptr(GPtrArray) trials = g_ptr_array_new_with_free_func((GDestroyNotify)trial_free);
    if (!open_court(&court, rule, SIGNATURES_OF_PLANS, error))
        return NULL;
    g_autoptr(GPtrArray) files = find_signatures(path, error);
    for (guint i = 0; files && i < files->len; i++) {
        Trial *trial = trial_new(&court, files->pdata[i], plan, error);
        if (!trial)
            return NULL;
        g_ptr_array_add(trials, trial);
        Signer *signer = try_signature(trial, error);
        if (!signer)
            return NULL;
        g_ptr_array_add(signers, signer);
    }
    return files && are_enough(rule, path, trials, error) ? g_steal_pointer(&signers) : NULL;
}

/* ---- signing ---- */

GBytes *signatures_head(const char *chain)
{
    char *text = g_strconcat(chain, "\n", NULL);
    return g_bytes_new_take(text, strlen(text));
}

gboolean signatures_may_sign(const char *key, const char *file, GError **error)
{
    struct stat status;
    if (access(key, R_OK) != 0) {
        g_set_error(error, VMANGER_ERROR, 0, "%s: cannot be read: %s", key, g_strerror(errno));
        return FALSE;
    }
    if (lstat(file, &status) != 0)
        return TRUE;
    g_autoptr(GBytes) earlier = S_ISREG(status.st_mode) ? signatures_read(file, MOST_SIGNATURE, NULL) : NULL;
    if (earlier && g_bytes_get_size(earlier) > strlen(FIRST_LINE) &&
        memcmp(g_bytes_get_data(earlier, NULL), FIRST_LINE, strlen(FIRST_LINE)) == 0)
        return TRUE;
    g_set_error(
        error, VMANGER_ERROR, 0,
        "%s: found something else than a signature: expected nothing, or one of an earlier run (it would "
        "be replaced: move it away)",
        file);
    return FALSE;
}

gboolean signatures_sign(const char *ssh_keygen, const char *key, const char *name_space, GBytes *bytes,
                         const char *file, GError **error)
{
    const char *const arguments[] = {"sign", "-q", "-n", name_space, "-f", key, NULL};
    SshKeygen run = {.program = ssh_keygen, .input = bytes, .arguments = arguments, .signs = TRUE};
    g_autofree char *signature = sshkeygen_run(&run, NULL, error);
    if (!signature) {
        g_prefix_error(error, "%s: cannot sign: ", key);
        return FALSE;
    }
    if (!signatures_may_sign(key, file, error))
        return FALSE;
    g_autoptr(AtomicFile) out = atomic_file_new(file, NULL, error);
    if (!out)
        return FALSE;
    atomic_file_write(out, signature, strlen(signature));
    return atomic_file_commit(out, NULL, error);
}
