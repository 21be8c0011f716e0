package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/intent"
	"github.com/djamo/djamo-go/djamotest"
)

// interrupted leaves a payment in the journal as a program does that is killed while it sends.
func (a *apis) interrupted(ts *testscript.TestScript, _ bool, args []string) {
	amount, err := strconv.ParseInt(args[2], 10, 64)
	ts.Check(err)
	journal, err := intent.Open(ts.MkAbs("home/djamo"))
	ts.Check(err)
	account := strings.TrimPrefix(a.of(ts).URL, "http://") + " " + a.of(ts).CompanyID
	earlier, err := journal.Find(intent.Transfer, account, args[0])
	ts.Check(err)
	_, err = journal.Begin(intent.Intent{
		At: time.Now(), Kind: intent.Transfer, Account: account, Reference: args[0], MSISDN: args[1], Amount: djamo.XOF(amount),
	}, earlier)
	ts.Check(err)
}

// payment has the customer pay a charge, and id puts a charge's id into ID.
func (a *apis) payment(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(a.of(ts).Pay(args[0]))
}

func (a *apis) chargeID(ts *testscript.TestScript, _ bool, args []string) {
	charge, ok := a.of(ts).FindCharge(args[0])
	if !ok {
		ts.Fatalf("there is no charge %s", args[0])
	}
	ts.Setenv("ID", charge.ID)
}

// sentBatch puts the name that the journal has for a batch into SENT, and signature what signs a file into SIGNATURE.
func sentBatch(ts *testscript.TestScript, _ bool, _ []string) {
	var report struct {
		Error struct{ Next string }
	}
	lines := strings.Split(strings.TrimSpace(ts.ReadFile("stderr")), "\n")
	ts.Check(json.Unmarshal([]byte(lines[len(lines)-1]), &report))
	words := strings.Fields(report.Error.Next)
	ts.Setenv("SENT", words[len(words)-1])
}

func signature(ts *testscript.TestScript, _ bool, args []string) {
	body, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Setenv("SIGNATURE", djamo.SignWebhook(body, args[1]))
}

// relay puts the script's API behind another server on this machine, as a tunnel to production is, which does not say that
// it is a sandbox.
func (a *apis) relay(ts *testscript.TestScript, _ bool, _ []string) {
	to, err := url.Parse(a.of(ts).URL)
	ts.Check(err)
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) },
		ModifyResponse: func(r *http.Response) error {
			r.Header.Del(djamotest.FakeHeader)
			return nil
		},
	}
	server := httptest.NewServer(proxy)
	ts.Defer(server.Close)
	ts.Setenv(djamo.EnvAPIURL, server.URL)
}

// liar serves something that calls itself a sandbox and says that its API is somewhere else.
func liar(ts *testscript.TestScript, _ bool, args []string) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"api": args[0]})
	}))
	ts.Defer(server.Close)
	ts.Setenv("LIAR", server.URL)
}

// planDigest puts the digest that a plan has shown into DIGEST.
func planDigest(ts *testscript.TestScript, _ bool, _ []string) {
	_, after, ok := strings.Cut(ts.ReadFile("stdout"), "Digest: ")
	if !ok {
		ts.Fatalf("no digest was shown")
	}
	ts.Setenv("DIGEST", strings.Fields(after)[0])
}
