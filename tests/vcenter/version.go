// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"html"
	"net/http"
	"strings"

	"github.com/vmware/govmomi/vim25/types"
)

// A version is what the server says that it is.
type version struct {
	api  string
	esxi bool // a single host, not a vCenter
}

// The API's versions, newest first, as a server lists those that it speaks.
var apiVersions = []string{
	"8.0.3.0", "8.0.2.0", "8.0.1.0", "8.0.0.1", "7.0.3.2", "7.0.3.1", "7.0.3.0", "7.0.2.1", "7.0.2.0", "7.0.1.1",
	"7.0.1.0", "7.0.0.2", "7.0", "6.9.1", "6.8.7", "6.7.3", "6.7.2", "6.7.1", "6.7", "6.5", "6.0", "5.5", "5.1",
	"5.0", "4.1", "4.0", "2.5u2", "2.5", "2.0",
}

// spoken lists the API's version and all before it.
func (v version) spoken() []string {
	spoken := []string{v.api}
	older := false
	for _, known := range apiVersions {
		older = older || known == v.api || strings.HasPrefix(known, v.api+".")
		if older && known != v.api {
			spoken = append(spoken, known)
		}
	}
	return spoken
}

func (v version) speaks(api string) bool {
	for _, one := range v.spoken() {
		if one == api {
			return true
		}
	}
	return false
}

// serve answers /sdk/vimServiceVersions.xml.
func (v version) serve(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/xml")
	spoken := v.spoken()
	fmt.Fprintf(w, "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<namespaces version=\"1.0\">\n"+
		"  <namespace>\n    <name>urn:vim25</name>\n    <version>%s</version>\n    <priorVersions>\n", html.EscapeString(spoken[0]))
	for _, prior := range spoken[1:] {
		fmt.Fprintf(w, "      <version>%s</version>\n", prior)
	}
	fmt.Fprint(w, "    </priorVersions>\n  </namespace>\n  <namespace>\n    <name>urn:vim2</name>\n"+
		"    <version>2.0</version>\n  </namespace>\n</namespaces>\n")
}

// about is the server's description of itself.
func (v version) about(s *snapshot) types.AboutInfo {
	about := types.AboutInfo{
		Name: "VMware vCenter Server", FullName: s.about.text("product"), Vendor: "VMware, Inc.",
		Version: strings.Join(strings.SplitN(v.api+".0.0", ".", 4)[:3], "."), Build: "12345678",
		LocaleVersion: "INTL", LocaleBuild: "000", OsType: "linux-x64", ProductLineId: "vpx",
		ApiType: "VirtualCenter", ApiVersion: v.api, InstanceUuid: s.about.text("source_id"),
		LicenseProductName: "VMware VirtualCenter Server", LicenseProductVersion: "7.0",
	}
	if v.esxi {
		about.Name, about.FullName = "VMware ESXi", "VMware ESXi "+about.Version+" build-12345678"
		about.OsType, about.ProductLineId, about.ApiType = "vmnix-x86", "embeddedEsx", "HostAgent"
		about.InstanceUuid, about.LicenseProductName = "", "VMware ESX Server"
	}
	return about
}
