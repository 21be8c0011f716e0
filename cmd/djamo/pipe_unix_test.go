//go:build unix

package main

import (
	"bytes"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
)

// Whoever has read enough closes the pipe, as head does: every command that lists or shows ends quietly then, as done.
func TestPipe_ThatClosesIsNoFailure(t *testing.T) {
	t.Parallel()
	api := djamotest.NewServer(t, djamotest.WithSettleAfter(0))
	client, err := djamo.NewClient(api.Token, djamo.WithBaseURL(api.URL), djamo.WithCompanyID(api.CompanyID))
	require.NoError(t, err)
	for i := range 150 { // more than a table looks ahead, and more than one page
		_, err := client.Transactions.Create(t.Context(), djamo.TransactionParams{
			MSISDN: "+2250748710523", Amount: 5_000, Reference: "a/" + strconv.Itoa(i),
		})
		require.NoError(t, err)
	}
	charge, err := client.Charges.Create(t.Context(), djamo.ChargeParams{Amount: 9_000, ExternalID: "c1"})
	require.NoError(t, err)
	program, err := exec.LookPath("djamo")
	require.NoError(t, err)
	home := t.TempDir()
	for _, command := range []string{
		"transfers list --limit 0", "transfers list --output json", "transfers list --output jsonl", "transfers list --template {{.id}}",
		"transfers get --reference a/1", "charges list", "charges get " + charge.ID, "sub-companies list --output json", "webhooks list --output json",
		"events list --output json", "profiles list --output json", "balance", "whoami", "version", "--help", "payroll run --help", "completion bash",
	} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			reader, writer, err := os.Pipe()
			require.NoError(t, err)
			require.NoError(t, reader.Close())
			defer writer.Close()
			c := exec.CommandContext(t.Context(), program, strings.Fields(command)...)
			c.Env = []string{
				"DJAMO_ACCESS_TOKEN=" + api.Token, "DJAMO_API_URL=" + api.URL, "DJAMO_COMPANY_ID=" + api.CompanyID,
				"XDG_CONFIG_HOME=" + home, "HOME=" + home,
			}
			var said bytes.Buffer
			c.Stdout, c.Stderr = writer, &said
			require.NoError(t, c.Run(), said.String())
			require.Empty(t, said.String())
		})
	}
}
