package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/options"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
	"github.com/djamo/djamo-go/djamotest"
)

// TestScripts runs each script of testdata/script as its operator would, with no terminal, against an API in memory of
// its own. Beside testscript's commands there are:
//
//	code N djamo …                 the exit code must be N
//	api [balance N] [manual]       starts the API and points the environment to it
//	settle | fail PHONE | lose     settles what is pending; fails payouts to a number; loses the answers of payments
//	interrupted REF PHONE AMOUNT   leaves a payment in the journal, as a program that is killed while it sends
//	payment CHARGE | id CHARGE     pays a charge as its customer | puts its id into ID
//	sent | signature FILE SECRET   puts the name of the batch that was just sent into SENT | what signs a file into SIGNATURE
//	keep NAME | account PHONE      puts what was just printed into NAME | lets this phone number have an account, and no other
//	sandbox FLAG…                  starts djamo sandbox, whose pages are at CONTROL, and points the environment to its API
//	relay | liar ADDRESS           puts a tunnel before the API | serves a false sandbox whose API is there, at LIAR
//	digest                         puts the digest that a plan has just shown into DIGEST
//	paid REFERENCE…                each was paid exactly once, and nothing else was sent
func TestScripts(t *testing.T) {
	t.Parallel()
	apis := apis{servers: map[string]*djamotest.Server{}}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			clearAccount(env)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"code": exitCode, "api": apis.start, "settle": apis.settle, "fail": apis.fail, "lose": apis.loseReply, "paid": apis.paid,
			"digest":      planDigest,
			"interrupted": apis.interrupted, "payment": apis.payment, "id": apis.chargeID, "sent": sentBatch, "signature": signature,
			"relay": apis.relay, "liar": liar, "keep": keep, "account": apis.account, "sandbox": startSandbox,
		},
	})
}

// Each command is typed by a script.
func TestScripts_TypeEachCommand(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/script/*.txtar")
	require.NoError(t, err)
	var typed strings.Builder
	for _, path := range paths {
		script, err := os.ReadFile(path)
		require.NoError(t, err)
		typed.Write(script)
	}
	var look func(c *cobra.Command)
	look = func(c *cobra.Command) {
		for _, child := range c.Commands() {
			look(child)
		}
		if !c.HasSubCommands() && c.Name() != "help" {
			require.Regexp(t, `(?m)^code \d+ `+c.CommandPath()+`\b`, typed.String())
		}
	}
	look(newRoot(terminal.Terminal{}, &options.Options{}, nil))
}

// exitCode runs a program to its end.
func exitCode(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if err != nil {
		ended, ok := err.(*exec.ExitError) //nolint:errorlint // testscript hands on what os/exec returns
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = ended.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// apis has the API of each script, by its working directory.
type apis struct {
	mu      sync.Mutex
	servers map[string]*djamotest.Server
}

func (a *apis) start(ts *testscript.TestScript, _ bool, args []string) {
	opts := []djamotest.Option{djamotest.WithSettleAfter(0)}
	for i := 0; i < len(args); i++ {
		switch args[i] {
		case "balance":
			i++
			francs, err := strconv.ParseInt(args[i], 10, 64)
			ts.Check(err)
			opts = append(opts, djamotest.WithBalance(francs))
		case "manual":
			opts = append(opts, djamotest.WithManualSettlement())
		default:
			ts.Fatalf("api does not know %q", args[i])
		}
	}
	server, err := djamotest.Start(opts...)
	ts.Check(err)
	ts.Defer(func() { _ = server.Close() })
	ts.Setenv(djamo.EnvAccessToken, server.Token)
	ts.Setenv(djamo.EnvAPIURL, server.URL)
	ts.Setenv(djamo.EnvCompanyID, server.CompanyID)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.servers[ts.Getenv("WORK")] = server
}

func (a *apis) of(ts *testscript.TestScript) *djamotest.Server {
	a.mu.Lock()
	defer a.mu.Unlock()
	server := a.servers[ts.Getenv("WORK")]
	if server == nil {
		ts.Fatalf("the script has started no api")
	}
	return server
}

func (a *apis) settle(ts *testscript.TestScript, _ bool, _ []string) { a.of(ts).SettleAll() }

func (a *apis) fail(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(a.of(ts).Fail(args[0], "account closed"))
}

func (a *apis) loseReply(ts *testscript.TestScript, _ bool, _ []string) {
	_, err := a.of(ts).Inject(djamotest.LoseReply(), djamotest.On("POST"), djamotest.OneShot())
	ts.Check(err)
}

func (a *apis) paid(ts *testscript.TestScript, neg bool, references []string) {
	if neg {
		ts.Fatalf("say which are paid")
	}
	var got []string
	for _, transaction := range a.of(ts).Transactions() {
		got = append(got, transaction.Reference)
	}
	if len(got) != len(references) {
		ts.Fatalf("paid %q, want %q", got, references)
	}
	for _, reference := range references {
		if strings.Count(" "+strings.Join(got, "  ")+" ", " "+reference+" ") != 1 {
			ts.Fatalf("paid %q, want %q", got, references)
		}
	}
}

// A crash of Go itself ends with no code of ours, and with no 2.
func TestCrash_NeverExitsWithTwo(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("djamo-crash")
	require.NoError(t, err)
	output, err := exec.CommandContext(t.Context(), program).CombinedOutput()
	require.Error(t, err)
	ended := (*exec.ExitError)(nil)
	require.ErrorAs(t, err, &ended)
	require.Contains(t, string(output), "a goroutine that nobody recovers")
	require.NotContains(t, []int{0, 1, 2, 3, 64, 130}, ended.ExitCode())
}
