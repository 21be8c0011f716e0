package payrollcmd

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/pem"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/approval"
)

// statement is something to sign.
func statement(t *testing.T) approval.Statement {
	t.Helper()
	plan, err := payroll.NewPlan(payroll.Rows(payroll.Payout{MSISDN: "+2250748710523", Amount: 10_000, Reference: "a"}),
		payroll.PlanOptions{Run: "july"})
	require.NoError(t, err)
	terms := approval.TermsOf(plan, djamo.Account{Host: "127.0.0.1:8480"})
	return approval.Statement{Act: approval.Plan, By: "awa@example.ci", At: time.Unix(1_785_000_000, 0), Terms: &terms}
}

// signs has a key sign, and checks what it has signed.
func signs(t *testing.T, key *sshKey) {
	t.Helper()
	defer key.close()
	signed, err := approval.Sign(statement(t), key.public, key.sign)
	require.NoError(t, err)
	_, by, err := signed.Open(approval.Plan)
	require.NoError(t, err)
	require.True(t, by.Equal(key.public))
}

// privateKeys are the kinds of keys that people have in files.
func privateKeys(t *testing.T) map[string]any {
	t.Helper()
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	keys := map[string]any{"ed25519": &ed}
	for name, curve := range map[string]elliptic.Curve{"256": elliptic.P256(), "384": elliptic.P384(), "521": elliptic.P521()} {
		if keys["ecdsa-"+name], err = ecdsa.GenerateKey(curve, rand.Reader); err != nil {
			require.NoError(t, err)
		}
	}
	keys["rsa"], err = rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	return keys
}

// writeKey writes a private key and its .pub file; with a passphrase if there is one.
func writeKey(t *testing.T, key any, passphrase string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "id")
	block, err := ssh.MarshalPrivateKey(key, "")
	if passphrase != "" {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(key, "", []byte(passphrase))
	}
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, pem.EncodeToMemory(block), 0o600))
	signer, err := ssh.NewSignerFromKey(key)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path+".pub", ssh.MarshalAuthorizedKey(signer.PublicKey()), 0o600))
	return path
}

func TestKey_OfAFile(t *testing.T) {
	t.Parallel()
	for name, private := range privateKeys(t) {
		key, err := openKeyWith(writeKey(t, private, ""), "")
		require.NoError(t, err, name)
		signs(t, key)
	}
}

// The real ssh-agent signs with each kind of key, also for a file with a passphrase, which nobody is asked for here.
func TestKey_OfSSHAgent(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("ssh-agent")
	if err != nil {
		t.Skip("SKIPPED: ssh-agent is not installed: no key was tried that it has")
	}
	folder, err := os.MkdirTemp("", "agent") //nolint:usetesting // the address of a socket must be short
	require.NoError(t, err)
	defer os.RemoveAll(folder)
	socket := filepath.Join(folder, "s")
	process := exec.CommandContext(t.Context(), program, "-D", "-a", socket)
	require.NoError(t, process.Start())
	defer func() {
		_ = process.Process.Kill()
		_ = process.Wait()
	}()
	var conn net.Conn
	require.Eventually(t, func() bool {
		conn, err = net.Dial("unix", socket)
		return err == nil
	}, time.Minute, 5*time.Millisecond)
	defer conn.Close()
	keys := agent.NewClient(conn)
	for name, private := range privateKeys(t) {
		path := writeKey(t, private, "secret")
		_, err := openKeyWith(path, socket)
		requireUsage(t, err, "ssh-agent does not have this key: add it with ssh-add")
		require.NoError(t, keys.Add(agent.AddedKey{PrivateKey: private}), name)
		for _, file := range []string{path, path + ".pub"} {
			key, err := openKeyWith(file, socket)
			require.NoError(t, err, name)
			signs(t, key)
		}
	}
}

func requireUsage(t *testing.T, err error, text string) {
	t.Helper()
	require.ErrorContains(t, err, text)
	require.Equal(t, 64, exit.Code(err))
	require.NotContains(t, err.Error(), "\n", "one sentence")
}

// What cannot sign is refused in a sentence.
func TestKey_Refused(t *testing.T) {
	t.Parallel()
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	write := func(content string) string {
		path := filepath.Join(t.TempDir(), "id")
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		return path
	}
	weak := "-----BEGIN RSA PRIVATE KEY-----\nMIICXAIBAAKB\n-----END RSA PRIVATE KEY-----\n"
	public := "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAO6/W4ZSg+Ig3ElBvA8eGjCY1v3DHMYwAbGwz1TQbIp awa\n"
	for name, row := range map[string]struct{ path, text string }{
		"none":                 {"", "--key is missing"},
		"no such file":         {filepath.Join(t.TempDir(), "id"), "cannot be read: no such file"},
		"no key":               {write("hello"), "must be a private key of SSH without a passphrase, or a .pub file"},
		"cut off":              {write(weak), "must be a private key of SSH without a passphrase, or a .pub file"},
		"public, and no agent": {write(public), "ssh-agent does not have this key"},
		"a passphrase":         {writeKey(t, &ed, "secret"), "ssh-agent does not have this key"},
	} {
		_, err := openKeyWith(row.path, "")
		require.Error(t, err, name)
		requireUsage(t, err, row.text)
		_, err = openKeyWith(row.path, filepath.Join(t.TempDir(), "nobody"))
		requireUsage(t, err, row.text)
	}
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		return // this Go makes none
	}
	_, err = openKeyWith(writeKey(t, small, ""), "")
	requireUsage(t, err, "a key of RSA must have from 2048 to 16384 bits, not 1024")
}

// securityKeyAgent is an ssh-agent with a key that lives in a security key.
type securityKeyAgent struct {
	agent.Agent

	public  []byte
	private ed25519.PrivateKey
	touched bool
}

func (a *securityKeyAgent) List() ([]*agent.Key, error) {
	return []*agent.Key{{Format: "sk-ssh-ed25519@openssh.com", Blob: a.public, Comment: "awa"}}, nil
}

func (a *securityKeyAgent) Sign(_ ssh.PublicKey, data []byte) (*ssh.Signature, error) {
	application, digest := sha256.Sum256([]byte("ssh:")), sha256.Sum256(data)
	more := []byte{0, 0, 0, 0, 41} // flags and counter
	if a.touched {
		more[0] = 1
	}
	message := bytes.Join([][]byte{application[:], more, digest[:]}, nil)
	return &ssh.Signature{Format: "sk-ssh-ed25519@openssh.com", Blob: ed25519.Sign(a.private, message), Rest: more}, nil
}

// A key in a security key signs through ssh-agent, once somebody has touched it. Its own file has nothing to sign with.
func TestKey_InASecurityKey(t *testing.T) {
	t.Parallel()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	blob := ssh.Marshal(struct {
		Kind        string
		Public      []byte
		Application string
	}{"sk-ssh-ed25519@openssh.com", public, "ssh:"})
	folder, err := os.MkdirTemp("", "agent") //nolint:usetesting // as above
	require.NoError(t, err)
	defer os.RemoveAll(folder)
	socket := filepath.Join(folder, "s")
	listener, err := net.Listen("unix", socket)
	require.NoError(t, err)
	defer listener.Close()
	keys := &securityKeyAgent{public: blob, private: private, touched: true}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_ = agent.ServeAgent(keys, conn) // until the other end is closed
			_ = conn.Close()
		}
	}()
	parsed, err := ssh.ParsePublicKey(blob)
	require.NoError(t, err)
	path := filepath.Join(folder, "id_ed25519_sk")
	require.NoError(t, os.WriteFile(path, []byte("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n"), 0o600))
	_, err = openKeyWith(path, socket)
	requireUsage(t, err, "or a .pub file whose key ssh-agent has")
	require.NoError(t, os.WriteFile(path+".pub", ssh.MarshalAuthorizedKey(parsed), 0o600))
	for _, file := range []string{path, path + ".pub"} {
		key, err := openKeyWith(file, socket)
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(key.public.String(), "sk-ssh-ed25519@openssh.com "))
		signs(t, key)
	}
	keys.touched = false
	key, err := openKeyWith(path, socket)
	require.NoError(t, err)
	defer key.close()
	_, err = approval.Sign(statement(t), key.public, key.sign)
	require.ErrorContains(t, err, "nobody has touched the security key")
}
