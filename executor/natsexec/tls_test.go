//go:build linux

package natsexec_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/executor/natsexec"
)

// certificate makes one for the loopback interface that signs itself, and returns the file
// with which clients know it.
func certificate(t *testing.T) (cert tls.Certificate, roots string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "natsexec test"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	roots = filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(roots, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

func TestTLSAndCredentials(t *testing.T) {
	cert, roots := certificate(t)
	pair, err := nkeys.CreateUser()
	require.NoError(t, err)
	public, err := pair.PublicKey()
	require.NoError(t, err)
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true, TLS: true,
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12},
		Users:     []*server.User{{Username: "submitter", Password: "good"}}, Nkeys: []*server.NkeyUser{{Nkey: public}},
	})
	require.NoError(t, err)
	s.Start()
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	require.True(t, s.ReadyForConnections(patience))
	config := func(options ...nats.Option) natsexec.Config {
		return natsexec.Config{URL: "tls://" + s.Addr().String(), Options: options}
	}

	// A client that does not prove itself, or does not trust the server, does not get in.
	_, err = natsexec.New(config(nats.RootCAs(roots), nats.UserInfo("submitter", "bad")))
	require.ErrorIs(t, err, nats.ErrAuthorization)
	_, err = natsexec.New(config(nats.UserInfo("submitter", "good")))
	var unknown x509.UnknownAuthorityError
	require.ErrorAs(t, err, &unknown)

	p := newPool(t, config(nats.RootCAs(roots), nats.UserInfo("submitter", "good")))
	node := config(nats.RootCAs(roots), nats.Nkey(public, pair.Sign))
	newNode(t, p, natsexec.NodeConfig{Config: node, Pool: executor.ProcessConfig{Workers: 1}})
	require.Equal(t, 42, result(t, submit(t, p, double.Bind(21))))
	large := make([]byte, 1<<20) // by the object store
	require.Len(t, result(t, submit(t, p, echo.Bind(large))), len(large))
}
