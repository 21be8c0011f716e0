package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/openfinance/gatewaytest"
	"github.com/djamo/djamo-go/openfinance/walletservice"
)

const (
	one    = "wal_XOF_one"
	two    = "wal_XOF_two"
	secret = "pispi_secret"
)

// bench is a gateway and what a person types at a terminal.
type bench struct {
	t       *testing.T
	gateway *gatewaytest.Gateway
	url     string
	db      string
	env     map[string]string
	stderr  bytes.Buffer
}

func newBench(t *testing.T, options gatewaytest.Options) *bench {
	t.Helper()
	b := &bench{t: t, gateway: gatewaytest.New(options), db: filepath.Join(t.TempDir(), "wallets.db")}
	url, err := b.gateway.Start()
	require.NoError(t, err)
	t.Cleanup(b.gateway.Close)
	b.url = url
	b.gateway.AddWallet(one, 1000)
	b.gateway.AddWallet(two, 2000)
	b.env = map[string]string{
		"DJAMO_CONSENT_KEY":  base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32)),
		"DJAMO_PISPI_SECRET": secret,
	}
	b.grant(b.gateway.Issue(one, two))
	return b
}

func (b *bench) grant(c gatewaytest.Consent) {
	b.env["DJAMO_CONSENT_ID"], b.env["DJAMO_CONSENT_TOKEN"], b.env["DJAMO_CONSENT_REFRESH_TOKEN"] = c.ID, c.Token, c.RefreshToken
}

func (b *bench) sale(wallet string, amount int) string {
	return b.gateway.Add(wallet, map[string]any{"type": "card_purchase", "amount_minor": amount, "status": "settled"})
}

func (b *bench) args(args ...string) []string {
	return append([]string{"run", "-gateway", b.url, "-db", b.db, "-poll", "100ms", "-page", "3"}, args...)
}

// once runs with -once and returns the exit code.
func (b *bench) once(args ...string) int {
	b.t.Helper()
	if len(args) == 0 {
		args = []string{"-wallet", one}
	}
	return b.run(append(b.args("-once"), args...)...)
}

func (b *bench) run(args ...string) int {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), 10*time.Minute)
	defer cancel()
	b.stderr.Reset()
	code := command(ctx, args, func(name string) string { return b.env[name] }, &bytes.Buffer{}, &b.stderr)
	for _, private := range []string{b.env["DJAMO_CONSENT_ID"], b.env["DJAMO_CONSENT_TOKEN"], b.env["DJAMO_CONSENT_REFRESH_TOKEN"], b.env["DJAMO_CONSENT_KEY"]} {
		require.False(b.t, private != "" && strings.Contains(b.stderr.String(), private), "a secret is printed")
	}
	return code
}

// lines prints with a command and reads each line.
func lines[T any](b *bench, args ...string) []T {
	b.t.Helper()
	var out, errs bytes.Buffer
	code := command(b.t.Context(), args, func(string) string { return "" }, &out, &errs)
	require.Zero(b.t, code, errs.String())
	var list []T
	for line := range strings.Lines(out.String()) {
		var entry T
		require.NoError(b.t, json.Unmarshal([]byte(line), &entry))
		list = append(list, entry)
	}
	return list
}

func (b *bench) changes(wallet string) []walletservice.ChangeLine {
	b.t.Helper()
	list := lines[walletservice.ChangeLine](b, "changes", "-db", b.db, "-wallet", wallet)
	for i, change := range list {
		require.Equal(b.t, int64(i+1), change.Seq, "the feed has no gap")
	}
	return list
}

func (b *bench) status(wallet string) walletservice.StatusLine {
	b.t.Helper()
	for _, line := range lines[walletservice.StatusLine](b, "status", "-db", b.db) {
		if line.Wallet == wallet {
			return line
		}
	}
	require.Fail(b.t, "the wallet is missing")
	return walletservice.StatusLine{}
}

// requireSame compares what a reader of the changes has with the gateway's ledger.
func (b *bench) requireSame(wallet, from string) {
	b.t.Helper()
	versions := map[string]int64{}
	current := map[string]json.RawMessage{}
	for _, change := range b.changes(wallet) {
		require.Greater(b.t, change.Version, versions[change.ID], "versions grow")
		_, there := current[change.ID]
		require.Equal(b.t, change.Kind != "added", there, "%s %s", change.Kind, change.ID)
		versions[change.ID] = change.Version
		current[change.ID] = change.Raw
		if change.Kind == "removed" {
			delete(current, change.ID)
		}
	}
	ledger := b.gateway.Ledger(wallet, from)
	require.Len(b.t, current, len(ledger))
	for id, body := range ledger {
		want, err := json.Marshal(body)
		require.NoError(b.t, err)
		require.JSONEq(b.t, string(want), string(current[id]))
	}
	status := b.status(wallet)
	require.EqualValues(b.t, len(ledger), status.Items)
}

func TestRun_OnceBringsEverythingAndNothingTwice(t *testing.T) {
	t.Parallel()
	b := newBench(t, gatewaytest.Options{})
	day := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	for _, id := range []string{one, two} {
		b.gateway.Live(id, day.AddDate(0, -1, 0), 30, true)
		b.gateway.Live(id, day, 30, false)
	}
	require.Zero(t, b.once("-wallet", one+","+two, "-from", "2026-04-11"), b.stderr.String())
	before := b.changes(one)
	b.requireSame(one, "2026-04-11")
	b.requireSame(two, "2026-04-11")
	require.Zero(t, b.once("-wallet", one+","+two, "-from", "2026-04-11"))
	require.Equal(t, before, b.changes(one), "nothing twice")
	require.Zero(t, b.once("-wallet", one, "-from", "2026-04-01"))
	b.requireSame(one, "2026-04-01")
	status := b.status(one)
	require.Equal(t, "in_step", status.State)
	require.Equal(t, "active", status.ConsentState)
	require.Equal(t, int64(1000), *status.BalanceGap, "what was there before the first item")
	require.Equal(t, 1, b.gateway.MostInFlight(one))
}

func TestRun_ExitCodes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		fault func(b *bench)
		code  int
		state string
	}{
		{"another wallet", func(b *bench) { b.gateway.Inject(gatewaytest.Fault{Kind: gatewaytest.OtherWallet, Count: -1}) }, 1, "failing"},
		{"another currency", func(b *bench) { b.gateway.Inject(gatewaytest.Fault{Kind: gatewaytest.OtherCurrency, Count: -1}) }, 1, "failing"},
		{"a fraction", func(b *bench) { b.gateway.Inject(gatewaytest.Fault{Kind: gatewaytest.Fraction, Count: -1}) }, 1, "failing"},
		{"an hour", func(b *bench) {
			b.gateway.Inject(gatewaytest.Fault{Kind: gatewaytest.RateLimit, RetryAfter: time.Hour, Count: -1})
		}, 1, "rate_limited"},
		{"revoked", func(b *bench) { b.gateway.Revoke(b.env["DJAMO_CONSENT_ID"]) }, 3, "stopped"},
		{"expired", func(b *bench) { b.gateway.Expire(b.env["DJAMO_CONSENT_ID"]) }, 3, "stopped"},
		{"lost reply", func(b *bench) {
			b.gateway.ExpireToken(b.env["DJAMO_CONSENT_ID"])
			b.gateway.Inject(gatewaytest.Fault{Kind: gatewaytest.LostReply})
		}, 3, "stopped"},
		{"firewall once", func(b *bench) { b.gateway.Inject(gatewaytest.Fault{Kind: gatewaytest.Firewall}) }, 0, "in_step"},
		{"server once", func(b *bench) { b.gateway.Inject(gatewaytest.Fault{Kind: gatewaytest.ServerError, Count: 2}) }, 0, "in_step"},
		{"reset once", func(b *bench) { b.gateway.Inject(gatewaytest.Fault{Kind: gatewaytest.Reset}) }, 0, "in_step"},
		{"token", func(b *bench) { b.gateway.ExpireToken(b.env["DJAMO_CONSENT_ID"]) }, 0, "in_step"},
		{"token endpoint in trouble", func(b *bench) {
			b.gateway.ExpireToken(b.env["DJAMO_CONSENT_ID"])
			b.gateway.Inject(gatewaytest.Fault{Kind: gatewaytest.TokenError})
		}, 0, "in_step"},
		{"pages repeated", func(b *bench) { b.gateway.Inject(gatewaytest.Fault{Kind: gatewaytest.RepeatPage, After: 1, Count: 2}) }, 0, "in_step"},
		{"short pages", func(b *bench) { b.gateway.Inject(gatewaytest.Fault{Kind: gatewaytest.ShortPage, Count: 5}) }, 0, "in_step"},
		{"empty cursor", func(b *bench) { b.gateway.Inject(gatewaytest.Fault{Kind: gatewaytest.EmptyCursor, After: 1}) }, 0, "in_step"},
		{"mutations", func(b *bench) { b.gateway.Inject(gatewaytest.Fault{Kind: gatewaytest.Mutation, Count: 3}) }, 0, "in_step"},
		{"cursor lost", func(b *bench) { b.gateway.Inject(gatewaytest.Fault{Kind: gatewaytest.CursorLost}) }, 0, "in_step"},
		{"cursor of another token", func(b *bench) { b.gateway.Inject(gatewaytest.Fault{Kind: gatewaytest.CursorMismatch}) }, 0, "in_step"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, gatewaytest.Options{})
			for i := range 10 {
				b.sale(one, -100*(i+1))
			}
			test.fault(b)
			require.Equal(t, test.code, b.once(), b.stderr.String())
			status := b.status(one)
			require.Equal(t, test.state, status.State)
			if test.code == 0 {
				b.requireSame(one, "")
				return
			}
			require.Empty(t, b.changes(one))
		})
	}
}

func TestRun_HealsOnceTheGatewayIsRight(t *testing.T) {
	t.Parallel()
	b := newBench(t, gatewaytest.Options{})
	b.sale(one, -100)
	b.gateway.Inject(gatewaytest.Fault{Kind: gatewaytest.Fraction, Count: -1})
	require.Equal(t, 1, b.once())
	b.gateway.ClearFaults()
	require.Zero(t, b.once(), b.stderr.String())
	b.requireSame(one, "")
}

func TestRun_AnHourSurvivesARestartAndCountsForTheConsent(t *testing.T) {
	t.Parallel()
	b := newBench(t, gatewaytest.Options{})
	b.gateway.Inject(gatewaytest.Fault{Kind: gatewaytest.RateLimit, RetryAfter: time.Hour})
	require.Equal(t, 1, b.once())
	asked := b.gateway.Reads()
	require.Equal(t, 1, b.once("-wallet", one+","+two))
	require.Len(t, b.gateway.Requests(), asked, "nothing is asked before the hour is over")
	require.Equal(t, "rate_limited", b.status(two).State)
}

// An auditor sees each request with the answer that it got, also where nothing came of it.
func TestRun_EveryAnswerIsRecorded(t *testing.T) {
	t.Parallel()
	b := newBench(t, gatewaytest.Options{})
	b.sale(one, -100)
	b.gateway.ExpireToken(b.env["DJAMO_CONSENT_ID"])
	require.Zero(t, b.once(), b.stderr.String())
	b.sale(one, -200)
	b.gateway.Inject(gatewaytest.Fault{Kind: gatewaytest.Fraction})
	require.Zero(t, b.once(), b.stderr.String())
	b.gateway.ExpireToken(b.env["DJAMO_CONSENT_ID"])
	require.Zero(t, b.once(), "nothing is new")
	b.gateway.Inject(gatewaytest.Fault{Kind: gatewaytest.RateLimit, RetryAfter: time.Hour})
	require.Equal(t, 1, b.once())
	db, err := sql.Open("sqlite", b.db)
	require.NoError(t, err)
	defer db.Close()
	var statuses string
	require.NoError(t, db.QueryRowContext(t.Context(),
		"SELECT group_concat(status, ' ') FROM (SELECT status FROM djamo_audit WHERE chain = ? ORDER BY n)", one).Scan(&statuses))
	require.Equal(t, "401 200 200 200 200 200 401 200 429", statuses)
}

func TestRun_ConsentEndsAndIsGivenAnew(t *testing.T) {
	t.Parallel()
	b := newBench(t, gatewaytest.Options{})
	b.sale(one, -100)
	require.Zero(t, b.once())
	id := b.env["DJAMO_CONSENT_ID"]

	b.gateway.ExpireToken(id)
	b.gateway.Inject(gatewaytest.Fault{Kind: gatewaytest.LostReply})
	require.Equal(t, 3, b.once())
	require.Equal(t, "needs_reauth", b.status(one).ConsentState)
	b.sale(one, -200)
	require.Equal(t, 3, b.once(), "the first pair heals nothing")
	b.grant(b.gateway.Reissue(id))
	require.Zero(t, b.once(), b.stderr.String())
	b.requireSame(one, "")

	b.gateway.Revoke(id)
	asked := b.gateway.Reads()
	require.Equal(t, 3, b.once())
	require.Equal(t, "revoked", b.status(one).ConsentState)
	require.Equal(t, 3, b.once())
	require.Len(t, b.gateway.Requests(), asked+1, "nothing is read after the end was seen")
	b.sale(one, -300)
	b.grant(b.gateway.Issue(one))
	require.Zero(t, b.once(), "a new consent starts afresh")
	b.requireSame(one, "")
	require.Zero(t, b.gateway.ReadsAfterEnd())
}

func TestRun_NewerTokensOfTheStoreCount(t *testing.T) {
	t.Parallel()
	b := newBench(t, gatewaytest.Options{})
	b.sale(one, -100)
	for range 3 { // each run exchanges the token of the run before, though the environment still has the first
		b.gateway.ExpireToken(b.env["DJAMO_CONSENT_ID"])
		require.Zero(t, b.once(), b.stderr.String())
	}
	require.Zero(t, b.gateway.DoubleRedemptions())
}

func TestRun_QuarantinesWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	b := newBench(t, gatewaytest.Options{})
	b.sale(one, -100)
	broken := b.sale(one, -200)
	b.sale(one, -300)
	b.gateway.Inject(gatewaytest.Fault{Kind: gatewaytest.Drift, Count: -1, Change: func(item map[string]any) {
		if item["id"] == broken {
			item["amount_minor"] = "two hundred"
		}
	}})
	require.Equal(t, 3, b.once())
	require.Len(t, b.changes(one), 2, "the rest is stored")
	require.EqualValues(t, 1, b.status(one).Quarantined)
	b.gateway.ClearFaults()
	b.gateway.Inject(gatewaytest.Fault{Kind: gatewaytest.CursorLost})
	require.Zero(t, b.once(), "it comes again, and can be read")
	b.requireSame(one, "")
}

func TestRun_VanishedReplacedAndReusedItems(t *testing.T) {
	t.Parallel()
	b := newBench(t, gatewaytest.Options{})
	for i := range 5 {
		b.sale(one, -100*(i+1))
	}
	pending := b.gateway.Add(one, map[string]any{"type": "card_purchase", "amount_minor": -50, "status": "pending"})
	require.Zero(t, b.once())
	b.gateway.Add(one, map[string]any{"type": "card_purchase", "amount_minor": -55, "status": "settled", "pending_id": pending})
	require.Zero(t, b.once())
	b.requireSame(one, "")

	b.gateway.Remove(one, "tx_00000003")
	require.Zero(t, b.once(), b.stderr.String())
	b.requireSame(one, "")
	require.EqualValues(t, 2, b.status(one).CursorEpoch)
	last := b.changes(one)
	require.Equal(t, "removed tx_00000003", fmt.Sprint(last[len(last)-1].Kind, " ", last[len(last)-1].ID))

	b.gateway.Add(one, map[string]any{"id": "tx_00000003", "type": "card_purchase", "amount_minor": -300, "status": "settled"})
	require.Zero(t, b.once())
	b.requireSame(one, "")

	b.gateway.Add(one, map[string]any{"id": "tx_00000003", "type": "fee", "amount_minor": -7, "status": "settled"})
	require.Equal(t, 3, b.once(), "an id that is used again contradicts what is final")
	require.EqualValues(t, 1, b.status(one).Quarantined)
}

func TestRun_BadInput(t *testing.T) {
	t.Parallel()
	b := newBench(t, gatewaytest.Options{})
	for name, args := range map[string][]string{
		"no gateway": {"run", "-wallet", one, "-db", b.db}, "no wallet": {"run", "-gateway", b.url, "-db", b.db}, "no db": {"run", "-gateway", b.url, "-wallet", one},
		"bad date": b.args("-wallet", one, "-from", "01/02/2026"), "bad page": b.args("-wallet", one, "-page", "0"), "bad poll": b.args("-wallet", one, "-poll", "soon"),
		"bad url": {"run", "-gateway", "ftp://x", "-wallet", one, "-db", b.db}, "left over": b.args("-wallet", one, "more"), "unknown": {"walk"},
		"no file": {"changes", "-db", "missing.db", "-wallet", one}, "no consents": b.args("-wallet", one, "-consents", "missing.json"),
		"flag": b.args("-wallet", one, "-no-such-flag"), "address": b.args("-wallet", one, "-listen", "here"),
	} {
		require.Equal(t, 64, b.run(args...), name)
	}
	b.env["DJAMO_CONSENT_KEY"] = "c2hvcnQ="
	require.Equal(t, 64, b.once())
	_, err := os.Stat(b.db)
	require.ErrorIs(t, err, os.ErrNotExist, "nothing was done")
	require.Empty(t, b.gateway.Requests())
}

// Who looks into the wrong file adds nothing to it.
func TestRun_LooksIntoNoOtherDatabase(t *testing.T) {
	t.Parallel()
	b := newBench(t, gatewaytest.Options{})
	db, err := sql.Open("sqlite", b.db)
	require.NoError(t, err)
	defer db.Close()
	_, err = db.ExecContext(t.Context(), "CREATE TABLE mine (x INTEGER)")
	require.NoError(t, err)
	require.Equal(t, 64, b.run("status", "-db", b.db))
	require.Contains(t, b.stderr.String(), "is a database of something else")
	require.Equal(t, 64, b.run("changes", "-db", b.db, "-wallet", one))
	var tables int
	require.NoError(t, db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM sqlite_master").Scan(&tables))
	require.Equal(t, 1, tables)
	require.Zero(t, b.once(), "a run may keep its tables beside others")
	require.Zero(t, b.run("status", "-db", b.db))
}

func TestRun_AnotherKeyIsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t, gatewaytest.Options{})
	require.Zero(t, b.once())
	b.env["DJAMO_CONSENT_KEY"] = base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{8}, 32))
	require.Equal(t, 64, b.once())
	require.Contains(t, b.stderr.String(), "sealed with another key")
}

func TestRun_NothingInTheStoreIsInTheClear(t *testing.T) {
	t.Parallel()
	b := newBench(t, gatewaytest.Options{})
	b.sale(one, -100)
	b.gateway.ExpireToken(b.env["DJAMO_CONSENT_ID"])
	require.Zero(t, b.once())
	files, err := filepath.Glob(b.db + "*")
	require.NoError(t, err)
	for _, file := range files {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, name := range []string{"DJAMO_CONSENT_ID", "DJAMO_CONSENT_TOKEN", "DJAMO_CONSENT_REFRESH_TOKEN"} {
			require.False(t, bytes.Contains(content, []byte(b.env[name])), "%s in %s", name, file)
		}
		require.False(t, bytes.Contains(content, []byte("cat_")) || bytes.Contains(content, []byte("crt_")), "a token in %s", file)
	}
}
