// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/xml"
	"fmt"
	"html"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"
)

// front stands between the network and the library: it logs each call, obeys
// the rules that tests have ordered, and does what the library's HTTP side
// leaves out (versions, sessions that expire, gzip).
type front struct {
	srv      *server
	mu       sync.Mutex
	sessions map[string]int // numbers by key
	idle     time.Duration  // after which a session expires; 0: never
	used     map[string]time.Time
}

func newFront(srv *server, idle time.Duration) *front {
	return &front{srv: srv, sessions: make(map[string]int), idle: idle, used: make(map[string]time.Time)}
}

// use ends a session that was not used for too long; the library only looks
// from time to time, and so lets one live for up to twice as long.
func (f *front) use(session string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	last, known := f.used[session]
	if known && f.idle > 0 && time.Since(last) > f.idle {
		f.srv.control.setSession(session, sessionEnded)
	}
	f.used[session] = time.Now()
}

// touch tells that a call has ended: a long one is no idleness.
func (f *front) touch(session string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.used[session] = time.Now()
}

const sessionCookie = "vmware_soap_session"

// A call is a request as far as the front understands it.
type call struct {
	request
	body    []byte
	session string
	rule    *rule
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	started := f.srv.control.begin()
	c := &call{}
	defer func() { f.srv.control.end(c.request, started) }()
	switch r.URL.Path {
	case "/sdk/vimServiceVersions.xml":
		c.Method = "vimServiceVersions.xml"
	case "/sdk", "/sdk/", "/sdk/vimService":
		if !f.read(c, w, r) {
			return
		}
	default:
		c.Method, c.Status = "other", http.StatusNotFound
		page(w, http.StatusNotFound)
		return
	}
	if c.rule = f.srv.control.match(c.Method, c.This); c.rule != nil {
		c.Rule = c.rule.do
		if f.obeyBefore(c, w, r) {
			return
		}
	}
	f.srv.control.start(c.Method, 1)
	answer := f.answer(c, r)
	f.srv.control.start(c.Method, -1)
	if f.srv.control.addUnknown() {
		answer.body = withUnknown(answer.body)
	}
	c.Status = answer.status
	if c.session != "" {
		f.touch(c.session)
	}
	f.send(c, w, r, answer)
}

// read takes the request in; false if it is answered already.
func (f *front) read(c *call, w http.ResponseWriter, r *http.Request) bool {
	if r.Method != http.MethodPost {
		c.Method, c.Status = r.Method, http.StatusMethodNotAllowed
		page(w, c.Status)
		return false
	}
	var err error
	if c.body, err = io.ReadAll(r.Body); err != nil {
		c.Method, c.Status = "unread", http.StatusBadRequest
		page(w, c.Status)
		return false
	}
	c.readEnvelope()
	if cookie, err := r.Cookie(sessionCookie); err == nil {
		c.session = cookie.Value
		f.mu.Lock()
		c.Session = sessionNumber(f.sessions, c.session)
		f.mu.Unlock()
		f.use(c.session)
	}
	return true
}

// readEnvelope finds the method, its object and the operation's id.
func (c *call) readEnvelope() {
	decoder := xml.NewDecoder(bytes.NewReader(c.body))
	inBody := false
	for {
		token, err := decoder.Token()
		if err != nil {
			return
		}
		start, ok := token.(xml.StartElement)
		switch {
		case !ok:
		case start.Name.Local == "operationID" && !inBody:
			_ = decoder.DecodeElement(&c.OperationID, &start)
		case start.Name.Local == "Body":
			inBody = true
		case inBody && c.Method == "":
			c.Method = start.Name.Local
		case inBody && start.Name.Local == "_this":
			_ = decoder.DecodeElement(&c.This, &start)
			return
		}
	}
}

// obeyBefore does what a rule orders in place of the call; true if that is
// the answer.
func (f *front) obeyBefore(c *call, w http.ResponseWriter, r *http.Request) bool {
	switch rule := c.rule; rule.do {
	case "delay":
		select {
		case <-time.After(time.Duration(rule.seconds * float64(time.Second))):
		case <-r.Context().Done():
		}
	case "hold":
		f.srv.control.orderHold(c.Method, rule.seconds)
	case "late":
		f.srv.control.orderHold(c.Method, rule.seconds)
		late := &call{request: c.request, body: c.body, session: c.session}
		go f.answer(late, r.Clone(context.Background()))
		c.Status = rule.status
		page(w, rule.status)
		return true
	case "expire":
		f.srv.control.setSessions(sessionEnded)
	case "expire-missing":
		f.srv.control.setSessions(sessionMissing)
	case "drop":
		panic(http.ErrAbortHandler)
	case "status":
		c.Status = rule.status
		page(w, rule.status)
		return true
	case "html":
		c.Status = http.StatusOK
		page(w, http.StatusOK)
		return true
	case "redirect":
		c.Status = http.StatusTemporaryRedirect
		http.Redirect(w, r, rule.to, c.Status)
		return true
	case "fault":
		c.Status, c.Fault = http.StatusInternalServerError, rule.fault
		w.Header().Set("Content-Type", "text/xml; charset=utf-8")
		w.WriteHeader(c.Status)
		_, _ = w.Write(soapFault("ordered by a test", rule.fault, rule.about()))
		return true
	}
	return false
}

// An answer is a response before it is sent.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a *answer) Header() http.Header    { return a.header }
func (a *answer) WriteHeader(status int) { a.status = status }
func (a *answer) Write(bytes []byte) (n int, e error) {
	a.body = append(a.body, bytes...)
	return len(bytes), nil
}

// answer has the call performed.
func (f *front) answer(c *call, r *http.Request) *answer {
	a := &answer{status: http.StatusOK, header: make(http.Header)}
	if c.Method == "vimServiceVersions.xml" {
		f.srv.version.serve(a)
		return a
	}
	fault := func(message, kind, inner string) *answer {
		a.status, a.body, c.Fault = http.StatusInternalServerError, soapFault(message, kind, inner), kind
		return a
	}
	if api := strings.TrimPrefix(strings.Trim(r.Header.Get("SOAPAction"), `"`), "urn:vim25/"); api != "" &&
		!strings.HasPrefix(api, "urn:") && !f.srv.version.speaks(api) {
		return fault("Unsupported version URI \"urn:vim25/"+api+"\"", "InvalidRequest", "")
	}
	if err := checkRequest(c.body); err != nil {
		return fault(err.Error()+"\n\nwhile parsing SOAP body", "InvalidRequest", "")
	}
	switch f.srv.control.session(c.session) {
	case sessionLive:
	case sessionMissing:
		if c.Method == "RetrievePropertiesEx" || c.Method == "RetrieveProperties" || c.Method == "ContinueRetrievePropertiesEx" {
			break
		}
		fallthrough
	default:
		if c.Method != "Login" && c.Method != "RetrieveServiceContent" {
			return fault("The session is not authenticated.", "NotAuthenticated",
				`<object type="Folder">group-d1</object><privilegeId>System.View</privilegeId>`)
		}
		r.Header.Del("Cookie")
	}
	if c.Method == "CurrentTime" {
		c.body = bytes.Replace(c.body, []byte(">ServiceInstance<"), []byte(">"+timeTellerID+"<"), 1)
	}
	r.Body = io.NopCloser(bytes.NewReader(c.body))
	r.URL.Path = "/sdk"
	f.srv.service.ServeSDK(a, r)
	if a.status != http.StatusOK {
		c.Fault = faultIn(a.body)
	}
	f.followSessions(c, a)
	return a
}

func (f *front) followSessions(c *call, a *answer) {
	if a.status != http.StatusOK {
		return
	}
	switch c.Method {
	case "Login":
		for _, cookie := range (&http.Response{Header: a.header}).Cookies() {
			f.srv.control.setSession(cookie.Value, sessionLive)
			f.mu.Lock()
			c.Session = sessionNumber(f.sessions, cookie.Value)
			f.mu.Unlock()
		}
	case "Logout":
		f.srv.control.setSession(c.session, sessionEnded)
	}
}

// packers are used again: a new one takes longer than what it packs.
var packers = sync.Pool{New: func() interface{} {
	z, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed)
	return z
}}

// send writes the answer as the rule and the client's headers say.
func (f *front) send(c *call, w http.ResponseWriter, r *http.Request, a *answer) {
	for name, values := range a.header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	body := a.body
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") && len(body) > 1024 {
		var packed bytes.Buffer
		z := packers.Get().(*gzip.Writer)
		z.Reset(&packed)
		_, _ = z.Write(body)
		_ = z.Close()
		packers.Put(z)
		body = packed.Bytes()
		c.Gzip = true
		w.Header().Set("Content-Encoding", "gzip")
	}
	c.Bytes = len(body)
	if c.rule != nil {
		switch c.rule.do {
		case "cut":
			f.cut(c, w, a, body)
		case "half":
			w.Header().Del("Content-Encoding")
			w.WriteHeader(a.status)
			_, _ = w.Write(a.body[:len(a.body)/2])
			return
		case "trickle":
			w.WriteHeader(a.status)
			trickle(w, r, body, c.rule.seconds)
			return
		}
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(body)
}

// cut ends the connection in mid-response: after so many bytes, or half.
func (f *front) cut(c *call, w http.ResponseWriter, a *answer, body []byte) {
	n := c.rule.bytes
	if n < 0 || n > len(body) {
		n = len(body) / 2
	}
	if n > 0 {
		w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		w.WriteHeader(a.status)
		_, _ = w.Write(body[:n])
		w.(http.Flusher).Flush()
	}
	panic(http.ErrAbortHandler)
}

// trickle sends the body in small parts over a time.
func trickle(w http.ResponseWriter, r *http.Request, body []byte, seconds float64) {
	const parts = 20
	for i := 0; i < parts; i++ {
		_, _ = w.Write(body[len(body)*i/parts : len(body)*(i+1)/parts])
		w.(http.Flusher).Flush()
		select {
		case <-time.After(time.Duration(seconds / parts * float64(time.Second))):
		case <-r.Context().Done():
			return
		}
	}
}

// page is what a proxy or a load balancer answers in place of vCenter.
func page(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<!DOCTYPE html>\n<html><head><title>%d %s</title></head><body><h1>%s</h1><br></body></html>\n",
		status, http.StatusText(status), http.StatusText(status))
}

// soapFault writes a fault of a type; inner is the XML of its fields.
func soapFault(message, kind, inner string) []byte {
	return []byte(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" +
		`<soapenv:Envelope xmlns:soapenc="http://schemas.xmlsoap.org/soap/encoding/"` +
		` xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsd="http://www.w3.org/2001/XMLSchema"` +
		` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">` + "\n<soapenv:Body>\n" +
		`<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>` + html.EscapeString(message) + `</faultstring>` +
		`<detail><` + kind + `Fault xmlns="urn:vim25" xsi:type="` + kind + `">` + inner + `</` + kind + `Fault></detail>` +
		"</soapenv:Fault>\n</soapenv:Body>\n</soapenv:Envelope>")
}

var faultType = regexp.MustCompile(`<[A-Za-z]*Fault [^>]*xsi:type="([A-Za-z0-9]+)"`)

func faultIn(body []byte) string {
	if found := faultType.FindSubmatch(body); found != nil {
		return string(found[1])
	}
	return "unknown"
}

// withUnknown adds what only a newer vCenter knows: to each object a property
// of an unknown type, to structures an element, a manager to the content.
func withUnknown(body []byte) []byte {
	const future = `<propSet><name>futureProperty</name><val xmlns:i="http://www.w3.org/2001/XMLSchema-instance" ` +
		`i:type="FutureInfo"><futureKey>1</futureKey><futureList><name>n</name><val>v</val></futureList></val></propSet>`
	for _, addition := range []struct{ at, with string }{
		{"</obj><propSet>", "</obj>" + future + "<propSet>"},
		{"<shares>", "<futureShares><name>x</name></futureShares><shares>"},
		{"<rootFolder ", `<futureManager type="FutureManager">FutureManager</futureManager><rootFolder `},
	} {
		body = bytes.ReplaceAll(body, []byte(addition.at), []byte(addition.with))
	}
	return body
}
