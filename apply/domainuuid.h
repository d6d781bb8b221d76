/* SPDX-License-Identifier: MIT */
/*
 * The UUID in a domain's XML (https://libvirt.org/formatdomain.html, "General metadata" and "SMBIOS System
 * Information").
 */
#ifndef APPLY_DOMAINUUID_H
#define APPLY_DOMAINUUID_H

#include <glib.h>

/* the description of the same domain under another UUID: in its own element, and where its firmware tells it,
 * which libvirt wants to be the same; nothing else of it changes. NULL where it is no domain's or has none;
 * the caller frees it */
char *domain_xml_with_uuid(const char *xml, const char *uuid);

#endif
