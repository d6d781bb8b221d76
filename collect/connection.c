/* SPDX-License-Identifier: MIT */
#include "collect/connection.h"

#include "collect/csv.h"
#include "collect/escape.h"
#include "collect/knownhosts.h"
#include "collect/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <termios.h>
#include <unistd.h>

#define DEFAULT_TIMEOUT_S 120
#define MOST_PASSWORD_BYTES 1024

GOptionEntry *connection_options(Connection *connection, const GOptionEntry *own, guint modes, guint timed)
{
    connection->timeout_s = (ProgramNumber){DEFAULT_TIMEOUT_S, 1, 3600, "seconds", FALSE};
    const GOptionEntry entries[] = {
        {"username", 'u', 0, G_OPTION_ARG_STRING, &connection->username,
         "Log in to the vCenter as this user ($GOVC_USERNAME)", "USER"},
        {"password-file", 0, 0, G_OPTION_ARG_FILENAME, &connection->password_file,
         "Take the password from this file's first line (else $GOVC_PASSWORD, else a prompt)", "FILE"},
        {"cacert", 0, 0, G_OPTION_ARG_FILENAME, &connection->cacert,
         "Trust the certificates in these files, separated by ':' ($GOVC_TLS_CA_CERTS)", "FILES"},
        {"thumbprint", 0, 0, G_OPTION_ARG_STRING, &connection->thumbprint,
         "Trust only the certificate with this SHA-256 ($GOVC_TLS_KNOWN_HOSTS)", "HEX"},
        {"insecure", 'k', 0, G_OPTION_ARG_NONE, &connection->insecure,
         "Do not verify the server's certificate ($GOVC_INSECURE)", NULL},
        {"timeout", 0, 0, G_OPTION_ARG_INT, &connection->timeout_s, "Wait this long for one answer (120)",
         "SECONDS"},
        {NULL, 0, 0, 0, NULL, NULL, NULL},
    };
    guint n = 0;
    while (own[n].long_name)
        n++;
    GOptionEntry *all = g_new(GOptionEntry, n + G_N_ELEMENTS(entries));
    memcpy(all, own, n * sizeof *own);
    memcpy(all + n, entries, sizeof entries);
    for (guint i = n; all[i].long_name; i++)
        all[i].flags |= (gint)(all[i].arg_data == &connection->timeout_s ? modes | timed : modes);
    return all;
}

static char *environment(const char *name)
{
    const char *value = g_getenv(name);
    return value && *value ? g_strdup(value) : NULL;
}

static gboolean fail(GError **error, const char *where, const char *found, const char *expected)
{
    g_autofree char *shown = escape_for_message(found);
    g_set_error(error, VMANGER_ERROR, 0, "%s: found %s: expected %s", where, shown, expected);
    return FALSE;
}

/* Takes user and password out of an address; the name may itself have an '@', as vSphere's do. Returns the
 * address without them, owned by the caller. */
static char *take_credentials(const char *address, char **user, char **password)
{
    const char *scheme_end = strstr(address, "://");
    const char *authority = scheme_end ? scheme_end + 3 : address;
    g_autofree char *host = g_strndup(authority, strcspn(authority, "/"));
    char *at = strrchr(host, '@');
    g_autofree char *scheme =
        scheme_end ? g_strndup(address, (gsize)(authority - address)) : g_strdup("https://");
    if (!at)
        return g_strconcat(scheme, authority, NULL);
    const char *rest = authority + (at + 1 - host);
    char *stripped = g_strconcat(scheme, rest, NULL);
    *at = '\0';
    char *colon = strchr(host, ':');
    if (colon) {
        *password = g_uri_unescape_string(colon + 1, NULL);
        *colon = '\0';
    }
    *user = g_uri_unescape_string(host, NULL);
    explicit_bzero(host, strlen(host));
    return stripped;
}

/* Completes what an address lacks: https://HOST[:PORT]/sdk. */
static gboolean read_address(Connection *connection, const char *address, gboolean from_environment,
                             GError **error)
{
    static const char *const expected = "https://HOST/sdk";
    const char *where = from_environment ? "GOVC_URL" : "SOURCE";
    g_autofree char *user = NULL;
    g_autofree char *password = NULL;
    g_autofree char *complete = take_credentials(address, &user, &password);
    g_autoptr(GUri) uri = g_uri_parse(complete, G_URI_FLAGS_ENCODED_PATH, NULL);
    if (password && !from_environment) {
        g_set_error(error, VMANGER_ERROR, 0,
                    "%s: found a password in the address: expected %s; the password comes from "
                    "--password-file, GOVC_PASSWORD or a prompt",
                    where, expected);
        return FALSE;
    }
    if (!uri || strcmp(g_uri_get_scheme(uri), "https") != 0 || !g_uri_get_host(uri) ||
        !*g_uri_get_host(uri)) {
        gboolean telling =
            strchr(complete, '@') != NULL; /* a password with a '/', which an address cannot hold */
        return fail(error, where, telling ? "an address that cannot be read" : complete, expected);
    }
    g_autofree char *path = g_strdup(g_uri_get_path(uri));
    while (g_str_has_suffix(path, "/"))
        path[strlen(path) - 1] = '\0';
    connection->url = g_uri_join(G_URI_FLAGS_ENCODED_PATH, "https", NULL, g_uri_get_host(uri),
                                 g_uri_get_port(uri), *path ? path : "/sdk", NULL, NULL);
    if (!connection->username)
        connection->username = g_steal_pointer(&user);
    if (!connection->password && !connection->password_file)
        connection->password = g_steal_pointer(&password);
    if (password)
        explicit_bzero(password, strlen(password));
    return TRUE;
}

/* What the environment says of trust, as govc reads it, where no option said anything. */
static gboolean read_trust(Connection *connection, GError **error)
{
    g_auto(KnownHost) known = {0};
    g_autofree char *known_hosts = environment("GOVC_TLS_KNOWN_HOSTS");
    if (connection->cacert || connection->thumbprint || connection->insecure)
        return TRUE;
    if (known_hosts && !knownhosts_find(known_hosts, connection->url, &known, error))
        return FALSE;
    connection->thumbprint = g_steal_pointer(&known.thumbprint);
    connection->known_at = g_steal_pointer(&known.place);
    if (!connection->thumbprint)
        connection->cacert = environment("GOVC_TLS_CA_CERTS");
    const char *insecure = g_getenv("GOVC_INSECURE");
    if (!connection->thumbprint && !connection->cacert && insecure)
        connection->insecure = strcmp(insecure, "1") == 0 || g_ascii_strcasecmp(insecure, "true") == 0;
    return TRUE;
}

/* ---- which arguments are addresses ---- */

typedef enum { NAMES_NO_SERVER, MAY_NAME_SERVER, NAMES_SERVER } Naming;

/* "vcsa", "vcsa.example", "10.0.0.5", "[fe80::1]" */
static gboolean may_be_host(const char *host)
{
    if (*host == '[')
        return g_str_has_suffix(host, "]");
    for (const char *at = host; *at; at++)
        if (!g_ascii_isalnum(*at) && !strchr("-_.", *at))
            return FALSE;
    return g_ascii_isalnum(*host);
}

/* Of a name without any other sign of a server: a file's ending is more likely to be a file's, and no domain
 * is a number. */
static gboolean has_domain(const char *host)
{
    static const char *const files[] = {"bak", "csv", "gz", "ini", "old", "tar", "tgz", "zip", NULL};
    const char *dot = strrchr(host, '.');
    if (strcmp(host, "localhost") == 0 || *host == '[' || g_hostname_is_ip_address(host))
        return TRUE;
    return dot && dot[1] && !g_strv_contains(files, dot + 1) &&
           strspn(dot + 1, "0123456789") < strlen(dot + 1);
}

static Naming naming_of(const char *source)
{
    if (strcmp(source, "-") == 0 || strstr(source, "://"))
        return NAMES_SERVER;
    if (g_file_test(source, G_FILE_TEST_EXISTS))
        return NAMES_NO_SERVER;
    if (strchr(source, '@'))
        return NAMES_SERVER;
    const char *rest = source + strcspn(source, "/");
    g_autofree char *host = g_strndup(source, (gsize)(rest - source));
    char *colon = strrchr(host, ':');
    gboolean port = colon && colon[1] && strspn(colon + 1, "0123456789") == strlen(colon + 1);
    if (port)
        *colon = '\0';
    gboolean sdk = strcmp(rest, "/sdk") == 0 || strcmp(rest, "/sdk/") == 0;
    if ((*rest && !sdk) || !may_be_host(host))
        return NAMES_NO_SERVER;
    return port || sdk || has_domain(host) ? NAMES_SERVER : MAY_NAME_SERVER;
}

gboolean connection_names_server(const char *source)
{
    return naming_of(source) == NAMES_SERVER;
}

gboolean connection_names_directory(const char *source)
{
    return !connection_names_server(source) && g_file_test(source, G_FILE_TEST_EXISTS);
}

/* FALSE and an error where the argument is no directory, and could be a server's name as well as a mistyped
 * directory's. */
static gboolean is_no_riddle(const char *source, GError **error)
{
    if (naming_of(source) != MAY_NAME_SERVER)
        return TRUE;
    g_set_error(error, VMANGER_ERROR, 0,
                "%s: found no directory: expected a snapshot, or https://%s/sdk for a vCenter", source,
                source);
    return FALSE;
}

gboolean connection_resolve(Connection *connection, const char *source, GError **error)
{
    if (source && strcmp(source, "-") == 0)
        source = NULL;
    if (source && !connection_names_server(source))
        return is_no_riddle(source, error);
    if (source && strstr(source, "://") && !g_str_has_prefix(source, "https://") &&
        !g_str_has_prefix(source, "http://"))
        return TRUE;
    char *address = source ? g_strdup(source) : secret_of_environment("GOVC_URL");
    if (!address)
        return fail(error, "SOURCE", "", "https://HOST/sdk, a directory, or GOVC_URL in the environment");
    if (!connection->username)
        connection->username = environment("GOVC_USERNAME");
    char *password = secret_of_environment("GOVC_PASSWORD");
    if (!connection->password && !connection->password_file)
        connection->password = g_steal_pointer(&password);
    secret_free(password);
    gboolean ok = read_address(connection, address, !source, error) && read_trust(connection, error);
    secret_free(address); /* which may hold the password */
    return ok;
}

/* Reads up to the end of the first line, without a copy left in a buffer of the C library. */
static char *read_line(int fd)
{
    char *line = g_malloc0(MOST_PASSWORD_BYTES);
    gsize length = 0;
    while (length < MOST_PASSWORD_BYTES - 1) {
        gssize got = read(fd, line + length, 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0 || line[length] == '\n')
            break;
        length++;
    }
    line[length] = '\0';
    if (length > 0 && line[length - 1] == '\r')
        line[length - 1] = '\0';
    return line;
}

/* A file of our own that others can read is a mistake, which we can mend; what another user gave us, or a
 * file system that cannot be written, as orchestrators mount their secrets, is not ours to change. */
static gboolean check_password_file(const char *path, int fd, char **warning, GError **error)
{
    struct stat found;
    struct statvfs system;
    if (fstat(fd, &found) != 0 || !S_ISREG(found.st_mode) || !(found.st_mode & (S_IRGRP | S_IROTH)))
        return TRUE;
    gboolean read_only = fstatvfs(fd, &system) == 0 && (system.f_flag & ST_RDONLY);
    if (found.st_uid != geteuid() || read_only) {
        *warning = g_strdup_printf("warning: %s: others than its owner can read this password", path);
        return TRUE;
    }
    g_autofree char *quoted = g_shell_quote(path);
    g_set_error(
        error, VMANGER_ERROR, 0,
        "%s: found a password that others can read (mode %04o): expected our user alone: chmod 600 %s", path,
        (guint)found.st_mode & 07777U, quoted);
    return FALSE;
}

static gboolean read_password_file(Connection *connection, GError **error)
{
    int fd = open(connection->password_file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        g_set_error(error, VMANGER_ERROR, 0, "%s: cannot be read: %s", connection->password_file,
                    g_strerror(errno));
        return FALSE;
    }
    gboolean ok = check_password_file(connection->password_file, fd, &connection->warning, error);
    if (ok)
        connection->password = read_line(fd);
    close(fd);
    if (!ok)
        return FALSE;
    return *connection->password ||
           fail(error, connection->password_file, "", "a password on the first line");
}

/* The terminal itself is asked, so that standard input and output may be files. */
static gboolean prompt(Connection *connection, GError **error)
{
    int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    struct termios before;
    if (fd < 0 || tcgetattr(fd, &before) != 0) {
        if (fd >= 0)
            close(fd);
        return fail(error, "password", "", "--password-file, GOVC_PASSWORD, or a terminal to ask on");
    }
    g_autofree char *user = escape_for_terminal(connection->username);
    dprintf(fd, "Password of %s at %s: ", user, connection->url);
    struct termios silent = before;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(fd, TCSAFLUSH, &silent);
    connection->password = read_line(fd);
    tcsetattr(fd, TCSAFLUSH, &before);
    dprintf(fd, "\n");
    close(fd);
    return *connection->password || fail(error, "password", "", "a password");
}

gboolean connection_ask(Connection *connection, GError **error)
{
    if (!connection->username)
        return fail(error, "user", "", "--username or GOVC_USERNAME");
    if (connection->password)
        return TRUE;
    return connection->password_file ? read_password_file(connection, error) : prompt(connection, error);
}

void connection_clear(Connection *connection)
{
    secret_free(connection->password);
    g_free(connection->user_agent);
    g_free(connection->warning);
    g_free(connection->url);
    g_free(connection->username);
    g_free(connection->password_file);
    g_free(connection->cacert);
    g_free(connection->thumbprint);
    g_free(connection->known_at);
    *connection = (Connection){0};
}
