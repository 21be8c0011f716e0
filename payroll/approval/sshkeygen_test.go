package approval_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/approval"
	"github.com/djamo/djamo-go/payroll/approval/approvaltest"
)

// sshKeygen runs the real program, and skips the test where there is none.
func sshKeygen(t *testing.T, args ...string) string {
	t.Helper()
	program, err := exec.LookPath("ssh-keygen")
	if err != nil {
		t.Skip("SKIPPED: ssh-keygen is not installed: signatures were not compared with those of OpenSSH")
	}
	out, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput()
	require.NoErrorf(t, err, "ssh-keygen %s: %s", strings.Join(args, " "), out)
	return string(out)
}

// What ssh-keygen has signed holds here, with every kind of key that it makes.
func TestSigned_OfSSHKeygen(t *testing.T) {
	t.Parallel()
	for name, kind := range map[string][]string{
		"ed25519": {"-t", "ed25519"}, "rsa": {"-t", "rsa", "-b", "2048"}, "nistp256": {"-t", "ecdsa", "-b", "256"},
		"nistp384": {"-t", "ecdsa", "-b", "384"}, "nistp521": {"-t", "ecdsa", "-b", "521"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			key, text := filepath.Join(folder, "key"), filepath.Join(folder, "text")
			sshKeygen(t, append(kind, "-q", "-N", "", "-C", "a comment", "-f", key)...)
			public, err := os.ReadFile(key + ".pub")
			require.NoError(t, err)
			signers, err := approval.ParseSigners("# who may\nawa@example.ci "+string(public), time.UTC)
			require.NoError(t, err)
			require.Contains(t, sshKeygen(t, "-l", "-f", key+".pub"), signers[0].Key.Fingerprint())

			request, err := approvaltest.Plan(awa, noon, planOf(t, 3), account)
			require.NoError(t, err)
			statement, _, err := request.Open(approval.Plan)
			require.NoError(t, err)
			statement.Act, statement.Follows = approval.Approve, request.Digest()
			content, err := statement.Text()
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(text, []byte(content), 0o600))
			sshKeygen(t, "-q", "-Y", "sign", "-n", approval.Approve.Namespace(), "-f", key, text)
			signature, err := os.ReadFile(text + ".sig")
			require.NoError(t, err)
			signed := approval.Signed{Text: content, Signature: string(signature)}
			opened, by, err := signed.Open(approval.Approve)
			require.NoError(t, err)
			require.True(t, by.Equal(signers[0].Key))
			require.Equal(t, statement, opened)

			require.NoError(t, os.WriteFile(text, []byte(content), 0o600))
			require.NoError(t, os.Remove(text+".sig"))
			sshKeygen(t, "-q", "-Y", "sign", "-n", "git", "-f", key, text)
			signature, err = os.ReadFile(text + ".sig")
			require.NoError(t, err)
			_, _, err = approval.Signed{Text: content, Signature: string(signature)}.Open(approval.Approve)
			refused(t, err, approval.BadSignature, `it was signed for "git"`)
		})
	}
}

// What is signed here holds for ssh-keygen, by a list that is written here.
func TestSign_HoldsForSSHKeygen(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	list, file := filepath.Join(folder, "allowed_signers"), filepath.Join(folder, "sig")
	signers := approvaltest.Signers(awa)
	signers[0].Namespaces = []string{"djamo-payroll-*"}
	signers[0].Before = time.Now().Add(time.Hour)
	require.NoError(t, os.WriteFile(list, []byte(signers.String()), 0o600))
	request, err := approvaltest.Plan(awa, noon, planOf(t, 3), account)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, []byte(request.Signature), 0o600))
	program, err := exec.LookPath("ssh-keygen")
	if err != nil {
		t.Skip("SKIPPED: ssh-keygen is not installed: signatures were not compared with those of OpenSSH")
	}
	verify := exec.CommandContext(t.Context(), program, "-Y", "verify", "-f", list, "-I", awa.Name, "-n", "djamo-payroll-plan", "-s", file)
	verify.Stdin = strings.NewReader(request.Text)
	out, err := verify.CombinedOutput()
	require.NoErrorf(t, err, "%s", out)
	require.Contains(t, string(out), "Good")
}

var (
	awa     = approvaltest.NewPerson("awa@example.ci")
	bintou  = approvaltest.NewPerson("bintou@example.ci")
	chantal = approvaltest.NewPerson("chantal@example.ci")
	noon    = time.Date(2026, 7, 28, 12, 0, 0, 0, time.UTC)
	account = djamo.Account{Environment: djamo.ProductionCIV, Host: "api-civ.djamo.com", CompanyID: "biz_1"}
)

func planOf(t testing.TB, n int) *payroll.Plan {
	t.Helper()
	var payouts []payroll.Payout
	for i := range n {
		payouts = append(payouts, payroll.Payout{MSISDN: "+2250748710523", Amount: djamo.XOF(10_000 + i), Description: "Salaire"})
	}
	plan, err := payroll.NewPlan(payroll.Rows(payouts...), payroll.PlanOptions{Run: "july"})
	require.NoError(t, err)
	return plan
}
