package programtest

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"golang.org/x/crypto/ssh"
)

// TwoPeople plan and approve runs, with keys of their own.
type TwoPeople struct {
	List              string // file of allowed signers
	Planner, Approver string // files of their keys
}

// NewTwoPeople makes their keys.
func NewTwoPeople(t testing.TB) TwoPeople {
	t.Helper()
	directory := t.TempDir()
	two := TwoPeople{
		List:    filepath.Join(directory, "allowed_signers"),
		Planner: filepath.Join(directory, "awa"), Approver: filepath.Join(directory, "bintou"),
	}
	var list bytes.Buffer
	for _, path := range []string{two.Planner, two.Approver} {
		public, private, err := ed25519.GenerateKey(rand.Reader)
		fatal(t, err)
		block, err := ssh.MarshalPrivateKey(private, "")
		fatal(t, err)
		fatal(t, os.WriteFile(path, pem.EncodeToMemory(block), 0o600))
		key, err := ssh.NewPublicKey(public)
		fatal(t, err)
		fmt.Fprintf(&list, "%s@example.ci %s", filepath.Base(path), ssh.MarshalAuthorizedKey(key))
	}
	fatal(t, os.WriteFile(two.List, list.Bytes(), 0o600))
	return two
}

func fatal(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Payroll runs a command below djamo payroll, which must succeed, and returns what it says.
type Payroll func(args ...string) string

// Demand has a journal demand approvals.
func (p TwoPeople) Demand(payroll Payroll, journal string) {
	payroll("approvers", "set", p.List, "--journal", journal, "--key", p.Planner)
}

var digest = regexp.MustCompile(`Digest: ([0-9a-f]{64})`)

// Approve has one of them ask for the approval of a file, and the other give it.
func (p TwoPeople) Approve(t testing.TB, payroll Payroll, journal, file string) {
	t.Helper()
	planned := digest.FindStringSubmatch(payroll("plan", file, "--journal", journal, "--request-approval", "--key", p.Planner))
	if planned == nil {
		t.Fatal("the plan shows no digest")
	}
	payroll("approve", file, "--journal", journal, "--key", p.Approver, "--digest", planned[1])
}
