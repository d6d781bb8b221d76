/* SPDX-License-Identifier: MIT */
#include "collect/connection.h"

#include <string.h>

void connection_clear(Connection *connection)
{
    if (connection->password)
        explicit_bzero(connection->password, strlen(connection->password));
    g_free(connection->url);
    g_free(connection->username);
    g_free(connection->password);
    g_free(connection->password_file);
    g_free(connection->cacert);
    g_free(connection->thumbprint);
    *connection = (Connection){0};
}
