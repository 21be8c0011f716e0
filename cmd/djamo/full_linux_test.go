package main

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/djamotest"
)

// A disk that is full is said once, in one sentence, and data that is not there is no success.
func TestFullDisk_IsNamedOnce(t *testing.T) {
	t.Parallel()
	const full = "/dev/full"
	if _, err := os.Stat(full); err != nil {
		t.Skip(err)
	}
	api := djamotest.NewServer(t, djamotest.WithSettleAfter(0))
	client, err := djamo.NewClient(api.Token, djamo.WithBaseURL(api.URL), djamo.WithCompanyID(api.CompanyID))
	require.NoError(t, err)
	_, err = client.Transactions.Create(t.Context(), djamo.TransactionParams{MSISDN: "+2250748710523", Amount: 5_000, Reference: "a/1"})
	require.NoError(t, err)
	program, err := exec.LookPath("djamo")
	require.NoError(t, err)
	for _, command := range []string{
		"transfers list", "transfers list --output json", "transfers list --output jsonl", "transfers list --template {{.id}}",
		"transfers get --reference a/1", "transfers get --reference a/1 --output json", "webhooks list --output json", "balance", "whoami",
		"version", "completion bash", "sandbox start --addr 127.0.0.1:0 --control 127.0.0.1:0",
		"transfers create --to +2250748710523 --amount 5000 --reference new/LANG --yes --max-total 5000",
	} {
		for lang, says := range map[string]string{"en": "no space left on device", "fr": "il n'y a plus de place sur le disque"} {
			t.Run(command+" "+lang, func(t *testing.T) {
				t.Parallel()
				out, err := os.OpenFile(full, os.O_WRONLY, 0)
				require.NoError(t, err)
				defer out.Close()
				home := t.TempDir()
				c := exec.CommandContext(t.Context(), program, strings.Fields(strings.ReplaceAll(command, "LANG", lang))...)
				c.Env = []string{
					"DJAMO_ACCESS_TOKEN=" + api.Token, "DJAMO_API_URL=" + api.URL, "DJAMO_COMPANY_ID=" + api.CompanyID, "DJAMO_LANG=" + lang,
					"XDG_CONFIG_HOME=" + home, "HOME=" + home,
				}
				var said bytes.Buffer
				c.Stdout, c.Stderr = out, &said
				_ = c.Run()
				require.Equal(t, exit.Failed, c.ProcessState.ExitCode(), said.String())
				require.Equal(t, 1, strings.Count(said.String(), says), said.String())
				require.NotContains(t, said.String(), "Ready")
			})
		}
	}
}
