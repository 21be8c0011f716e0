package sandboxcmd_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/programtest"
	"github.com/djamo/djamo-go/cmd/djamo/internal/sandboxcmd"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
	"github.com/djamo/djamo-go/sandbox"
)

// djamo runs djamo sandbox with arguments, without a terminal.
func djamo(ctx context.Context, out, complaints io.Writer, args ...string) error {
	command := sandboxcmd.Command(terminal.Terminal{In: strings.NewReader(""), Out: out, Err: complaints})
	command.SetArgs(args)
	command.SetOut(io.Discard)
	command.SetErr(io.Discard)
	command.SilenceErrors, command.SilenceUsage = true, true
	return command.ExecuteContext(ctx)
}

// serve starts a sandbox and returns what it printed and the address of its control.
func serve(t *testing.T, args ...string) (env, control string) {
	t.Helper()
	out, complaints := new(programtest.Screen), new(programtest.Screen)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- djamo(ctx, out, complaints, append([]string{"start", "--addr", "127.0.0.1:0", "--control", "127.0.0.1:0"}, args...)...)
	}()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-ended)
	})
	require.Eventually(t, func() bool { return strings.Contains(complaints.String(), "Ready.") }, 5*time.Minute, 5*time.Millisecond)
	address := regexp.MustCompile(`Look at it: (\S+)`).FindStringSubmatch(complaints.String())
	require.Len(t, address, 2)
	return out.String(), address[1]
}

func TestSandbox_IsServedAndSteered(t *testing.T) {
	t.Parallel()
	env, control := serve(t, "--demo", "--manual")
	require.Regexp(t, `^DJAMO_API_URL=http://127\.0\.0\.1:\d+\nDJAMO_ACCESS_TOKEN=\S+\nDJAMO_COMPANY_ID=\S+\nDJAMO_WEBHOOK_SECRET=\S+\n$`, env)
	file := filepath.Join(t.TempDir(), "account.json")
	do := func(want string, args ...string) string {
		t.Helper()
		var out bytes.Buffer
		require.NoError(t, djamo(t.Context(), &out, io.Discard, append(args, "--control", control)...), args)
		require.Contains(t, out.String(), want, args)
		return out.String()
	}
	wallets, err := http.NewRequest(http.MethodGet, control+"/control/wallets", nil)
	require.NoError(t, err)
	wallets.Header.Set("Authorization", "Bearer "+sandbox.DefaultControlToken)
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(wallets)
	require.NoError(t, err)
	listed, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Contains(t, string(listed), "wal_XOF_aya")
	do(`"status":"completed"`, "settle", "prime-2026-07/0001")
	do(`"failureReason":"account limited"`, "fail", "prime-2026-07/0002", "account limited")
	do(`"settled":11`, "settle")
	do(`"status":"paid"`, "pay", "commande-0002")
	do(`"id":"fault_1"`, "fault", "add", "fail-before", "--status", "503", "--on", "POST /v1/transactions", "--times", "2")
	do("503 before processing", "fault", "list")
	do("done", "fault", "clear")
	do("done", "customers", "+2250700000001", "+2250700000002")
	do("+22507******02", "customers")
	require.NoError(t, os.WriteFile(file, []byte(do(`"format":"djamotest"`, "snapshot", "save")), 0o600))
	do("done", "reset")
	do(`"transfers":0`, "status")
	do(`"transfers":14`, "snapshot", "load", file)
	do(`"status":"cancelled"`, "cancel", "commande-0003")
	do("now", "advance", "90s")
	another, second := serve(t, "--snapshot", file)
	require.Equal(t, afterAddress(env), afterAddress(another), "token, company and secret stay from start to start")
	_, empty := serve(t)
	var state bytes.Buffer
	require.NoError(t, djamo(t.Context(), &state, io.Discard, "status", "--control", empty))
	require.Contains(t, state.String(), `"transfers":0,"pending":0,"charges":0,"ledger":0,"requests":0`, "empty without --demo")
	var out bytes.Buffer
	require.NoError(t, djamo(t.Context(), &out, io.Discard, "status", "--control", second))
	require.Contains(t, out.String(), `"transfers":14`)
}

// afterAddress is what is printed below the address of the API.
func afterAddress(env string) string {
	_, rest, _ := strings.Cut(env, "\n")
	return rest
}

func TestSandbox_RefusalsHaveTheirExitCodes(t *testing.T) {
	t.Parallel()
	_, control := serve(t, "--demo")
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	bad := filepath.Join(t.TempDir(), "bad.json")
	require.NoError(t, os.WriteFile(bad, []byte(`{"format":"djamotest","version":9}`), 0o600))
	for _, tt := range []struct {
		code int
		want string
		args []string
	}{
		{7, "nobody", []string{"pay", "nobody", "--control", control}},
		{5, "completed already", []string{"settle", "salaire-2026-07/0001", "--control", control}},
		{exit.Usage, "lose-reply", []string{"fault", "add", "meteor", "--control", control}},
		{exit.Usage, "30s, 5m or 2h", []string{"advance", "soon", "--control", control}},
		{exit.Usage, "version 9", []string{"snapshot", "load", bad, "--control", control}},
		{exit.Usage, "REASON is missing", []string{"fail", "x", "--control", control}},
		{exit.Usage, "nothing may follow", []string{"advance", "1", "minute", "--control", control}},
		{exit.Usage, "must be an address", []string{"status", "--control", "127.0.0.1:8481"}},
		{exit.Unsent, "djamo sandbox start", []string{"status", "--control", "http://127.0.0.1:1"}},
		{exit.Usage, "choose another address", []string{"start", "--control", "127.0.0.1:0", "--addr", taken.Addr().String()}},
		{exit.Usage, "version 9", []string{"start", "--snapshot", bad}},
		{exit.Usage, "--demo", []string{"start", "--demo", "--snapshot", bad}},
		{exit.Usage, "WithOrigins", []string{"start", "--addr", "127.0.0.1:0", "--control", "127.0.0.1:0", "--origin", "localhost"}},
		{exit.Usage, "neither en nor fr", []string{"start", "--addr", "127.0.0.1:0", "--control", "127.0.0.1:0", "--lang", "de"}},
		{exit.Usage, "WithBalance", []string{"start", "--balance", "-1"}},
	} {
		var out bytes.Buffer
		err := djamo(t.Context(), &out, io.Discard, tt.args...)
		require.ErrorContains(t, err, tt.want, tt.args)
		require.Equal(t, tt.code, exit.Code(err), tt.args)
		require.Empty(t, out.String(), "data only on standard output")
	}
}

func TestSandbox_TokensAreNoneOfDjamosAndNeverPublicBeyondThisMachine(t *testing.T) {
	t.Setenv("DJAMO_SANDBOX_TOKEN", "djamo_live_civ_0123456789")
	for _, args := range [][]string{{"start"}, {"reset"}} {
		err := djamo(t.Context(), io.Discard, io.Discard, args...)
		require.ErrorContains(t, err, "DJAMO_SANDBOX_TOKEN")
		require.NotContains(t, err.Error(), "0123456789")
		require.Equal(t, exit.Usage, exit.Code(err))
	}
	t.Setenv("DJAMO_SANDBOX_TOKEN", "")
	out, complaints := new(programtest.Screen), new(programtest.Screen)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- djamo(ctx, out, complaints, "start", "--addr", "0.0.0.0:0", "--control", "0.0.0.0:0", "--host", "box.local")
	}()
	require.Eventually(t, func() bool { return strings.Contains(complaints.String(), "Ready.") }, 5*time.Minute, 5*time.Millisecond)
	require.Regexp(t, `DJAMO_API_URL=http://box\.local:\d+\nDJAMO_ACCESS_TOKEN=[A-Z2-7]{26}\n`, out.String())
	require.Regexp(t, `control token: [A-Z2-7]{26}\n`, complaints.String())
	cancel()
	require.NoError(t, <-ended)
}

// Programs that are not in Go meet the fake through the sandbox, and it is as strict to them as it is told to be.
func TestSandbox_E23_LenientLetsPassWhatTheRealAPIMayAccept(t *testing.T) {
	t.Parallel()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for want, flags := range map[int][]string{http.StatusBadRequest: nil, http.StatusCreated: {"--lenient"}} {
		env, _ := serve(t, flags...)
		request, err := http.NewRequest(http.MethodPost, regexp.MustCompile(`DJAMO_API_URL=(\S+)`).FindStringSubmatch(env)[1]+"/v1/transactions",
			strings.NewReader(`{"msisdn":"2250700000001","amount":5e3,"reference":"a","callbackUrl":"https://shop.example"}`))
		require.NoError(t, err)
		request.Header.Set("Authorization", "Bearer "+regexp.MustCompile(`DJAMO_ACCESS_TOKEN=(\S+)`).FindStringSubmatch(env)[1])
		request.Header.Set("Content-Type", "application/json")
		resp, err := client.Do(request)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, want, resp.StatusCode, "%v", flags)
	}
}
