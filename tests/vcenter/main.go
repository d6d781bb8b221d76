// SPDX-License-Identifier: MIT

// vcenter is a simulated vCenter for tests: it serves a snapshot directory
// over the vSphere API. README.md tells what it does and what it does not.
package main

import (
	"crypto/tls"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

type options struct {
	snapshot, listen, control     string
	tlsCert, tlsKey, certOut      string
	username, password, portFile  string
	apiVersion, clock             string
	esxi, extra, faultInCall, log bool
	maxPage, perHost              int
	taskTime, sessionTime         time.Duration
}

func parseOptions() options {
	var o options
	flag.StringVar(&o.snapshot, "snapshot", "", "serve the snapshot `directory`")
	flag.StringVar(&o.listen, "listen", "127.0.0.1:0", "`address` of the vSphere API")
	flag.StringVar(&o.control, "control", "127.0.0.1:0", "`address` of the control for tests (plain HTTP)")
	flag.StringVar(&o.tlsCert, "tls-cert", "", "certificate `file` (PEM); without, one is made")
	flag.StringVar(&o.tlsKey, "tls-key", "", "key `file` (PEM)")
	flag.StringVar(&o.certOut, "cert-out", "", "write the certificate to `file`")
	flag.StringVar(&o.username, "username", "administrator@vsphere.local", "the account's `name`")
	flag.StringVar(&o.password, "password", "secret", "the account's `password`")
	flag.StringVar(&o.portFile, "port-file", "", "write the URLs of API and control to `file` when ready")
	flag.StringVar(&o.apiVersion, "api-version", "", "`version` of the API (default: the snapshot's)")
	flag.StringVar(&o.clock, "clock", "frozen", "frozen at the snapshot's time, or running from it")
	flag.BoolVar(&o.esxi, "esxi", false, "say that this is a single ESXi host")
	flag.BoolVar(&o.extra, "extra", false, "add VMs and rules that collect leaves out")
	flag.BoolVar(&o.faultInCall, "fault-in-call", false, "throw a task's first faults from the call")
	flag.BoolVar(&o.log, "verbose", false, "show the library's log")
	flag.IntVar(&o.maxPage, "max-page", 1000, "most `objects` in a page of properties")
	flag.IntVar(&o.perHost, "per-host", 8, "relocations side by side on a `host`")
	flag.DurationVar(&o.taskTime, "task-time", 200*time.Millisecond, "`time` that a relocation or reconfiguration takes")
	flag.DurationVar(&o.sessionTime, "session-time", 0, "idle `time` after which a session expires (0: never)")
	flag.Parse()
	return o
}

func main() {
	if err := run(parseOptions()); err != nil {
		fmt.Fprintln(os.Stderr, "vcenter:", err)
		os.Exit(1)
	}
}

func run(o options) error {
	if !o.log {
		log.SetOutput(io.Discard)
	}
	snapshot, err := readSnapshot(o.snapshot)
	if err != nil {
		return err
	}
	if o.apiVersion == "" {
		if o.apiVersion = snapshot.about.text("api_version"); o.apiVersion == "" {
			o.apiVersion = "7.0.3.0"
		}
	}
	all := &worlds{snapshot: snapshot, idle: o.sessionTime, settings: settings{
		username: o.username, password: o.password, version: version{api: o.apiVersion, esxi: o.esxi},
		running: o.clock == "running", extra: o.extra, maxPage: o.maxPage,
		tasks: taskSettings{duration: o.taskTime, perHost: o.perHost, faultInCall: o.faultInCall},
	}}
	return serve(all, o)
}

// serve runs both listeners until a signal.
func serve(all *worlds, o options) error {
	cert, err := certificate(o.tlsCert, o.tlsKey)
	if err != nil {
		return err
	}
	api := &listener{
		address: o.listen, handler: http.HandlerFunc(all.serveAPI), control: all.control,
		config: &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12},
	}
	all.api = api
	if err := all.begin(); err != nil {
		return err
	}
	if err := api.open(); err != nil {
		return err
	}
	control, err := net.Listen("tcp", o.control)
	if err != nil {
		return err
	}
	go func() { _ = http.Serve(control, http.HandlerFunc(all.serveOrders)) }()

	urls := fmt.Sprintf("https://%s/sdk\nhttp://%s\n", api.address, control.Addr())
	if o.certOut != "" {
		if err := writeCertificate(o.certOut, cert); err != nil {
			return err
		}
	}
	if o.portFile != "" {
		if err := writeWhole(o.portFile, urls); err != nil {
			return err
		}
	}
	fmt.Printf("%sSHA-256 %s\n", urls, thumbprint(cert))

	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	<-signals
	api.close()
	return nil
}

// writeWhole makes a file appear with all its content, for who waits for it.
func writeWhole(file, content string) error {
	if err := os.WriteFile(file+".new", []byte(content), 0o644); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

// quietLog takes what net/http would say about handshakes and cut connections.
func quietLog() *log.Logger { return log.New(io.Discard, "", 0) }
