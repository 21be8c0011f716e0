package review

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
)

// Who has an account is kept for the account that pays and for a day, and the file shows nobody's number.
func TestAccounts_AreKeptForTheAccountThatPays(t *testing.T) {
	t.Parallel()
	folder, secrets, now := t.TempDir(), filepath.Join(t.TempDir(), "djamo"), time.Unix(1_785_000_000, 0)
	payer := djamo.Account{Environment: djamo.StagingCIV, Host: "api-civ.djamo.io", CompanyID: "biz_1"}
	const with, without = djamo.MSISDN("+2250748710523"), djamo.MSISDN("+2250748710524")
	first := openAccounts(folder, secrets, payer, "", now)
	require.False(t, first.has(with))
	first.note(with, true)
	first.note(without, false)
	require.NoError(t, first.save())

	again := openAccounts(folder, secrets, payer, "", now.Add(23*time.Hour))
	require.True(t, again.has(with))
	require.False(t, again.has(without), "somebody without one may have opened one since")
	require.False(t, openAccounts(folder, secrets, payer, "", now.Add(24*time.Hour)).has(with), "a day is over")
	require.False(t, openAccounts(folder, secrets, payer, "", now.Add(-time.Hour)).has(with), "the clock was set back")
	require.False(t, openAccounts(folder, t.TempDir(), payer, "", now).has(with), "the secret of somebody else")
	for name, change := range map[string]func(*djamo.Account, *string){
		"company":     func(a *djamo.Account, _ *string) { a.CompanyID = "biz_2" },
		"host":        func(a *djamo.Account, _ *string) { a.Host = "localhost" },
		"environment": func(a *djamo.Account, _ *string) { a.Environment = djamo.ProductionCIV },
		"sub-company": func(_ *djamo.Account, sub *string) { *sub = "sub_1" },
		"no company":  func(a *djamo.Account, _ *string) { a.CompanyID = "" },
	} {
		other, sub := payer, ""
		change(&other, &sub)
		kept := openAccounts(folder, secrets, other, sub, now)
		require.False(t, kept.has(with), name)
		kept.note(without, true)
		require.NoError(t, kept.save())
		require.False(t, openAccounts(folder, secrets, payer, "", now).has(without), name)
	}
	files, err := filepath.Glob(filepath.Join(folder, "accounts-*"))
	require.NoError(t, err)
	require.Len(t, files, 5, "of an account without a company's ID nothing is kept")
	for _, file := range append(files, filepath.Join(secrets, "accounts.secret")) {
		info, err := os.Stat(file)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), file)
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		require.NotContains(t, string(content), "074871", "it holds no numbers")
	}
	require.NoError(t, os.WriteFile(filepath.Join(secrets, "accounts.secret"), nil, 0o600))
	unready := openAccounts(folder, secrets, payer, "", now)
	unready.note(with, true)
	require.NoError(t, unready.save(), "another program is writing the secret: nothing is kept this time")
	require.False(t, unready.has(without))
}
