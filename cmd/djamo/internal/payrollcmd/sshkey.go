package payrollcmd

import (
	"crypto/rand"
	"errors"
	"io"
	"net"
	"os"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/payroll/approval"
)

// sshKey is a person's key, in a file or in ssh-agent.
type sshKey struct {
	public approval.Key
	signer ssh.Signer
	close  func()
}

// openKey reads a private key of SSH; of any other, such as a public one, one with a passphrase or one that lives in a security
// key, ssh-agent has the private part.
func openKey(path string) (*sshKey, error) { return openKeyWith(path, os.Getenv("SSH_AUTH_SOCK")) }

func openKeyWith(path, agentSocket string) (*sshKey, error) {
	if path == "" {
		return nil, exit.BadUsage("--key is missing: name your SSH key, such as ~/.ssh/id_ed25519, or its .pub file when ssh-agent has it")
	}
	content, err := os.ReadFile(path) //nolint:gosec // the operator names it
	if err != nil {
		return nil, exit.BadUsage("--key %q: cannot be read: %w", path, errorOf(err))
	}
	if signer, err := ssh.ParsePrivateKey(content); err == nil {
		return keyOf(signer, func() {})
	}
	public, err := publicKey(content)
	if beside, readErr := os.ReadFile(path + ".pub"); err != nil && readErr == nil { //nolint:gosec // beside it
		public, err = publicKey(beside)
	}
	if err != nil {
		return nil, exit.BadUsage("--key %q: must be a private key of SSH without a passphrase, or a .pub file whose key ssh-agent has", path)
	}
	return keyOfAgent(path, public, agentSocket)
}

func publicKey(line []byte) (ssh.PublicKey, error) { //nolint:ireturn // SSH has no other type for it
	public, _, _, _, err := ssh.ParseAuthorizedKey(line) //nolint:dogsled // the comment and the options say nothing here
	return public, err
}

// errorOf is what went wrong, without the path, which stands before it.
func errorOf(err error) error {
	if failure := (*os.PathError)(nil); errors.As(err, &failure) {
		return failure.Err
	}
	return err
}

// keyOfAgent finds the private part of a key in ssh-agent.
func keyOfAgent(path string, public ssh.PublicKey, socket string) (*sshKey, error) {
	absent := exit.BadUsage("--key %q: ssh-agent does not have this key: add it with ssh-add", path)
	if socket == "" {
		return nil, absent
	}
	conn, err := net.Dial("unix", socket) //nolint:noctx,gosec // a socket of this machine, that the operator names
	if err != nil {
		return nil, absent
	}
	done := func() { _ = conn.Close() }
	const patience = 10 * time.Second // for a list; a signature may take as long as a person takes to touch a key
	_ = conn.SetDeadline(time.Now().Add(patience))
	signers, err := agent.NewClient(conn).Signers()
	_ = conn.SetDeadline(time.Time{})
	if err == nil {
		for _, signer := range signers {
			if string(signer.PublicKey().Marshal()) == string(public.Marshal()) {
				return keyOf(signer, done)
			}
		}
	}
	done()
	return nil, absent
}

func keyOf(signer ssh.Signer, done func()) (*sshKey, error) {
	public, err := approval.ParseKey(signer.PublicKey().Marshal())
	if err != nil {
		done()
		return nil, exit.BadInput(lang.Errorf("nothing was signed: %w", err))
	}
	return &sshKey{public: public, signer: signer, close: done}, nil
}

// sign signs what approval.Sign gives it.
func (k *sshKey) sign(data []byte) ([]byte, error) {
	return signWith(rand.Reader, k.signer, data)
}

// signWith never signs with SHA-1, which is what a key of RSA does when nobody says otherwise.
func signWith(random io.Reader, signer ssh.Signer, data []byte) ([]byte, error) {
	algorithms, chooses := signer.(ssh.AlgorithmSigner)
	if signer.PublicKey().Type() == ssh.KeyAlgoRSA && chooses {
		signature, err := algorithms.SignWithAlgorithm(random, data, ssh.KeyAlgoRSASHA512)
		return wire(signature, err)
	}
	return wire(signer.Sign(random, data))
}

func wire(signature *ssh.Signature, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	return ssh.Marshal(signature), nil
}
