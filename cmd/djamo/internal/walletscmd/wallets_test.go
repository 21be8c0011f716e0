package walletscmd_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
	"github.com/djamo/djamo-go/cmd/djamo/internal/walletscmd"
	"github.com/djamo/djamo-go/openfinance/gatewaytest"
	"github.com/djamo/djamo-go/openfinance/walletservice"
)

// operator types commands in a folder, beside a gateway with one wallet.
type operator struct {
	gateway           *gatewaytest.Gateway
	consent           gatewaytest.Consent
	url, db, consents string
	stdout, stderr    bytes.Buffer
	err               error // of the latest command
}

const wallet = "wal_XOF_1"

func newOperator(t *testing.T) *operator {
	t.Helper()
	o := &operator{gateway: gatewaytest.New(gatewaytest.Options{Seed: 3})}
	url, err := o.gateway.Start()
	require.NoError(t, err)
	t.Cleanup(o.gateway.Close)
	o.url, o.db, o.consents = url, filepath.Join(t.TempDir(), "wallets.db"), filepath.Join(t.TempDir(), "consents.json")
	o.gateway.AddWallet(wallet, 500)
	o.gateway.Live(wallet, time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC), 10, false)
	o.consent = o.gateway.Issue(wallet)
	content, err := json.Marshal(map[string]walletservice.Consent{
		wallet: {ConsentID: o.consent.ID, Token: o.consent.Token, RefreshToken: o.consent.RefreshToken},
	})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(o.consents, content, 0o600))
	return o
}

// djamo types a command and returns its exit code.
func (o *operator) djamo(ctx context.Context, args ...string) int {
	o.stdout.Reset()
	o.stderr.Reset()
	command := walletscmd.Command(terminal.Terminal{Out: &o.stdout, Err: &o.stderr})
	command.SilenceErrors, command.SilenceUsage = true, true
	command.SetArgs(args)
	err := command.ExecuteContext(ctx)
	o.err = err
	if err != nil {
		o.stderr.WriteString(err.Error())
	}
	return exit.Code(err)
}

func (o *operator) once(t *testing.T) int {
	t.Helper()
	return o.djamo(t.Context(), "run", "--gateway", o.url, "--wallet", wallet, "--db", o.db, "--consents", o.consents, "--once", "--poll", "100ms")
}

func TestWallets_RunStatusChanges(t *testing.T) {
	t.Parallel()
	o := newOperator(t)
	for range 2 {
		require.Equal(t, exit.OK, o.once(t), o.stderr.String())
	}
	require.Empty(t, o.stdout.String(), "a run prints no data")
	require.Equal(t, exit.OK, o.djamo(t.Context(), "status", "--db", o.db))
	var status walletservice.StatusLine
	require.NoError(t, json.Unmarshal(o.stdout.Bytes(), &status))
	require.Equal(t, "in_step", status.State)
	require.EqualValues(t, 500, *status.BalanceGap)

	ledger := o.gateway.Ledger(wallet, "")
	require.Equal(t, exit.OK, o.djamo(t.Context(), "changes", "--db", o.db, "--wallet", wallet))
	all := strings.Split(strings.TrimSpace(o.stdout.String()), "\n")
	current := map[string]bool{}
	for _, line := range all {
		var change walletservice.ChangeLine
		require.NoError(t, json.Unmarshal([]byte(line), &change))
		require.Equal(t, change.Kind == "added", !current[change.ID], "each transaction once")
		if current[change.ID] = true; change.Kind == "removed" {
			delete(current, change.ID)
		}
	}
	require.Equal(t, slices.Sorted(maps.Keys(ledger)), slices.Sorted(maps.Keys(current)))
	require.Equal(t, exit.OK, o.djamo(t.Context(), "changes", "--db", o.db, "--wallet", wallet, "--after", "3"))
	require.Equal(t, len(all)-3, strings.Count(o.stdout.String(), "\n"))
	require.Equal(t, exit.Usage, o.djamo(t.Context(), "changes", "--db", o.db, "--wallet", "wal_unknown"))
	require.Contains(t, o.stderr.String(), "--wallet: ")
	require.Equal(t, exit.Usage, o.djamo(t.Context(), "changes", "--db", o.db, "--wallet", wallet, "--after", "-1"))
}

func TestWallets_ExitCodes(t *testing.T) {
	t.Parallel()
	o := newOperator(t)
	o.gateway.Inject(gatewaytest.Fault{Kind: gatewaytest.RateLimit, RetryAfter: 30 * time.Minute})
	require.Equal(t, exit.Failed, o.once(t), "it may be run again")
	o = newOperator(t)
	o.gateway.Revoke(o.consent.ID)
	require.Equal(t, exit.Unresolved, o.once(t), "it takes a person")
	require.Contains(t, o.stderr.String(), "its consent is revoked")
	require.NotContains(t, o.stderr.String(), o.consent.ID)
	var coded *exit.Error
	require.ErrorAs(t, o.err, &coded)
	require.Contains(t, lang.French.Error(coded.Err), "une personne doit s'en occuper : portefeuille "+wallet+" : son consentement est revoked")
	require.Equal(t, exit.Usage, o.djamo(t.Context(), "run", "--db", o.db, "--gateway", o.url, "--wallet", "wal 1"))
	require.Equal(t, `--wallet : "wal 1" n'est pas un id de portefeuille ; rien n'a été fait`, lang.French.Error(o.err))
	over, cancel := context.WithCancel(t.Context())
	cancel()
	require.Equal(t, exit.Interrupted, o.djamo(over, "status", "--db", o.db))
}

// What tells a run to stop is no failure.
func TestWallets_ARunThatIsToldToStopEndsWell(t *testing.T) {
	t.Parallel()
	o := newOperator(t)
	require.Equal(t, exit.OK, o.once(t), o.stderr.String())
	running, stop := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	go func() {
		ended <- o.djamo(running, "run", "--gateway", o.url, "--wallet", wallet, "--db", o.db, "--poll", "50ms")
	}()
	asked := o.gateway.Reads()
	require.Eventually(t, func() bool { return o.gateway.Reads() > asked+1 }, 5*time.Minute, 10*time.Millisecond)
	stop()
	require.Equal(t, exit.OK, <-ended, "the consent of the store is used, and a stop is no failure")
}

func TestWallets_Export(t *testing.T) {
	t.Parallel()
	o := newOperator(t)
	export := func(args ...string) int {
		return o.djamo(t.Context(), append([]string{"export", "--db", o.db, "--wallet", wallet}, args...)...)
	}
	may := []string{"--from", "2026-05-03", "--to", "2026-05-05"}
	require.Equal(t, exit.Usage, export(may...), "there is no database")
	require.Equal(t, exit.OK, o.once(t), o.stderr.String())

	require.Equal(t, exit.OK, export(may...), o.stderr.String())
	rows, err := csv.NewReader(&o.stdout).ReadAll()
	require.NoError(t, err)
	want, before := int64(0), int64(500)
	for _, item := range o.gateway.Ledger(wallet, "") {
		at, _ := item["ts"].(string)
		amount := reflect.ValueOf(item["amount_minor"]).Int()
		switch day := at[:len(time.DateOnly)]; {
		case day < "2026-05-03":
			before += amount
		case day <= "2026-05-05":
			want += amount
		}
	}
	amount := func(row []string, column int) int64 {
		number, err := strconv.ParseInt(row[column], 10, 64)
		require.NoError(t, err)
		return number
	}
	require.Equal(t, []string{"opening", "closing"}, []string{rows[1][0], rows[len(rows)-1][0]})
	require.Equal(t, before, amount(rows[1], 7))
	require.Equal(t, before+want, amount(rows[len(rows)-1], 7))
	require.Greater(t, len(rows), 6, "there are movements")
	sum := int64(0)
	for _, row := range rows[2 : len(rows)-3] {
		sum += amount(row, 6)
	}
	require.Equal(t, want, sum)

	require.Equal(t, exit.OK, export(append(may, "--format", "camt053")...), o.stderr.String())
	require.Contains(t, o.stdout.String(), "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08")
	require.Equal(t, len(rows)-5, strings.Count(o.stdout.String(), "<Ntry>"))

	for flag, value := range map[string]string{
		"from": "May", "to": "2026-05-02", "format": "xml", "currency": "francs", "zone": "Mars", "wallet": "wal_unknown",
	} {
		require.Equal(t, exit.Usage, export(append(may, "--"+flag, value)...), flag)
		require.Contains(t, o.stderr.String(), "--"+flag)
		require.Empty(t, o.stdout.String())
	}
	require.Equal(t, exit.Usage, export(append(may, "--wallet", "")...))
}
