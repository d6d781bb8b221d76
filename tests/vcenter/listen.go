// SPDX-License-Identifier: MIT

package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

// A listener serves HTTPS on one address, and can be closed and opened again.
type listener struct {
	mu      sync.Mutex
	address string
	config  *tls.Config
	handler http.Handler
	control func() *control // of the present world
	current *http.Server
}

// open starts to serve; the port stays the same from the first time on.
func (l *listener) open() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	tcp, err := net.Listen("tcp", l.address)
	if err != nil {
		return err
	}
	l.address = tcp.Addr().String()
	l.current = &http.Server{Handler: l.handler, ErrorLog: quietLog()}
	go func(s *http.Server) { _ = s.Serve(&countingListener{tls.NewListener(tcp, l.config), l.control}) }(l.current)
	return nil
}

// close ends the listener and every connection.
func (l *listener) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.current.Close()
}

// replace has the listener show another certificate, from when it opens again,
// and know nothing of TLS sessions made before.
func (l *listener) replace() error {
	cert, err := certificate("", "")
	l.mu.Lock()
	defer l.mu.Unlock()
	l.config = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	return err
}

// countingListener counts connections and the bytes of requests in them, after
// the handshake.
type countingListener struct {
	net.Listener
	control func() *control
}

func (l *countingListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.control().connected()
	return &countingConn{c, l.control}, nil
}

type countingConn struct {
	net.Conn
	control func() *control
}

func (c *countingConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.control().received(n)
	return n, err
}

// certificate loads a pair of files, or makes one for this machine.
func certificate(certFile, keyFile string) (tls.Certificate, error) {
	if certFile != "" {
		return tls.LoadX509KeyPair(certFile, keyFile)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := x509.Certificate{
		SerialNumber:          big.NewInt(time.Now().UnixNano()),
		Subject:               pkix.Name{CommonName: "localhost", Organization: []string{"simulated vCenter"}},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(30 * 24 * time.Hour),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IsCA:                  true,
		BasicConstraintsValid: true,
		DNSNames:              []string{"localhost"},
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}

// thumbprint is the certificate's SHA-256, as vSphere writes it.
func thumbprint(cert tls.Certificate) string {
	sum := sha256.Sum256(cert.Certificate[0])
	parts := make([]string, len(sum))
	for i, b := range sum {
		parts[i] = fmt.Sprintf("%02X", b)
	}
	return strings.Join(parts, ":")
}

func writeCertificate(file string, cert tls.Certificate) error {
	return os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate[0]}), 0o644)
}
