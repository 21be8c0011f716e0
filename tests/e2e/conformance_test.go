package e2e_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/internal/leaktest"
	"github.com/stretchr/testify/require"
)

// One suite of facts about the wire runs against the API in memory, always, and against Djamo's staging, when these are
// set. What both answer is recorded and compared with testdata/conformance, so that neither drifts unnoticed.
const (
	envStagingToken  = "DJAMO_STAGING_ACCESS_TOKEN" // without it, staging is not asked
	envStagingMSISDN = "DJAMO_STAGING_MSISDN"       // a number that may be paid play money: without it, none is moved
	// DJAMO_API_URL is the host, staging-civ without it; DJAMO_COMPANY_ID is needed for the facts about charges.
)

// storedRecording is what the API in memory answers. To renew it, delete the directory and run the tests twice.
const storedRecording = "testdata/conformance"

// prober asks an API, in plain HTTP and with none of the client's code.
type prober struct {
	base, token, company string
	msisdn               string // "" moves no money
	reference            string // unused so far
	transport            http.RoundTripper
}

func (p *prober) request(t *testing.T, method, path, body string, change ...func(*http.Request)) *http.Request {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	t.Cleanup(cancel)
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	r, err := http.NewRequestWithContext(ctx, method, p.base+path, reader)
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+p.token)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if p.company != "" {
		r.Header.Set("X-Company-Id", p.company)
	}
	for _, f := range change {
		f(r)
	}
	return r
}

// send returns the answer's JSON, numbers as they stand there.
func (p *prober) send(t *testing.T, r *http.Request) (status int, body any) {
	t.Helper()
	resp, err := p.transport.RoundTrip(r) // not a client, which would follow redirects with the token
	require.NoError(t, err)
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	require.NoError(t, err)
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	require.NoErrorf(t, d.Decode(&body), "%s %s: %d is not JSON", r.Method, placeOf(r.URL.Path), resp.StatusCode)
	return resp.StatusCode, body
}

// object makes a call that must succeed, and returns its object without any wrapping.
func (p *prober) object(t *testing.T, method, path, body string) map[string]any {
	t.Helper()
	status, answer := p.send(t, p.request(t, method, path, body))
	require.Truef(t, status == http.StatusOK || status == http.StatusCreated, "%s %s: %d", method, placeOf(path), status)
	object, ok := answer.(map[string]any)
	require.True(t, ok, "%s %s answers no object", method, placeOf(path))
	if data, wrapped := object["data"].(map[string]any); wrapped {
		return data
	}
	return object
}

func (p *prober) refused(t *testing.T, r *http.Request, want int) {
	t.Helper()
	status, body := p.send(t, r)
	require.Equal(t, want, status, "%s %s", r.Method, placeOf(r.URL.Path))
	isEnvelope(t, status, body)
}

// pages reads two pages of one, and returns what they hold.
func (p *prober) pages(t *testing.T, path string) (items []map[string]any) {
	t.Helper()
	cursor := ""
	for range 2 {
		status, answer := p.send(t, p.request(t, "GET", path+"?limit=1"+cursor, ""))
		require.Equal(t, http.StatusOK, status)
		page, ok := answer.(map[string]any)
		require.True(t, ok, "%s answers no page", path)
		has[[]any](t, page, "data")
		has[map[string]any](t, page, "cursor")
		require.LessOrEqual(t, len(page["data"].([]any)), 1, "a limit is a limit")
		items = append(items, found(page)...)
		next, more := page["cursor"].(map[string]any)["next"].(string)
		if !more {
			break
		}
		cursor = "&cursor=" + url.QueryEscape(next)
	}
	return items
}

func (p *prober) needsCompany(t *testing.T) {
	t.Helper()
	if p.company == "" {
		t.Skipf("NOT CHECKED: charges need %s", djamo.EnvCompanyID)
	}
}

// record runs every fact, and stores what was answered in dir.
func (p *prober) record(t *testing.T, dir string) {
	t.Helper()
	inner := p.transport
	recorder := djamotest.Record(dir)
	recorder.Next = inner
	p.transport = recorder
	defer func() { p.transport = inner }()
	for _, f := range facts() {
		t.Run(f.name, func(t *testing.T) { // the names in a recording follow from the order of the calls
			if f.moves && p.msisdn == "" {
				t.Skipf("NOT CHECKED: %s is not set, so no money is moved", envStagingMSISDN)
			}
			f.check(t, p)
		})
	}
}

// inMemory is a prober of an API in memory that holds something of everything.
func inMemory(t *testing.T, variants ...djamotest.Variant) *prober {
	t.Helper()
	leaktest.Check(t)
	server := djamotest.NewServer(t, djamotest.WithClock(stageTime), djamotest.WithManualSettlement(), djamotest.WithVariants(variants...))
	p := &prober{base: server.URL, token: server.Token, company: server.CompanyID, msisdn: "+2250700000001", reference: "conformance", transport: newTransport(t)}
	for i, optional := range []string{`,"description":"June"`, ``} { // what the caller may leave out is optional in the lists too
		p.object(t, "POST", "/v1/transactions", fmt.Sprintf(`{"msisdn":"+2250700000001","amount":5000,"reference":"earlier/%d","type":"transfer"%s}`, i, optional))
		p.object(t, "POST", "/v1/charges", fmt.Sprintf(`{"amount":5000,"externalId":"earlier/%d","metadata":{"order":7}%s}`, i, optional))
		p.object(t, "POST", "/v1/sub-companies", `{"name":"Chocolate Factory","logoUrl":"https://example.com/logo.png"}`)
		p.object(t, "POST", "/v1/webhooks", `{"topic":"transactions/completed","url":"https://example.com/djamo"}`)
	}
	require.NoError(t, server.Settle("earlier/0"))
	require.NoError(t, server.Reject("earlier/1", "account closed"))
	require.NoError(t, server.Pay("earlier/0"))
	return p
}

func newTransport(t *testing.T) *http.Transport {
	t.Helper()
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment}
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}

// staging is a prober of Djamo's staging; without a token it is nil. Anything else than staging, or this machine, is
// refused: these facts are not for an account with real money.
func staging(t *testing.T, getenv func(string) string) (*prober, error) {
	t.Helper()
	token := getenv(envStagingToken)
	if token == "" {
		return nil, nil //nolint:nilnil // no token is no error
	}
	base := strings.TrimRight(cmp.Or(getenv(djamo.EnvAPIURL), djamo.StagingCIV.BaseURL()), "/")
	if _, err := djamo.NewClient(token, djamo.WithBaseURL(base)); err != nil {
		return nil, err
	}
	u, err := url.Parse(base)
	if err != nil {
		return nil, err
	}
	if ip := net.ParseIP(u.Hostname()); !strings.Contains(u.Hostname(), "staging") && !ip.IsLoopback() || strings.Contains(token, "production") {
		return nil, errors.New("the conformance suite is for staging: set DJAMO_API_URL to a host of staging, and " + envStagingToken + " to a token for it")
	}
	return &prober{base: base, token: token, company: getenv(djamo.EnvCompanyID), msisdn: getenv(envStagingMSISDN),
		reference: "conformance-" + strings.ToLower(rand.Text()), transport: newTransport(t)}, nil
}

//nolint:tparallel // the facts run in the order in which they are recorded
func TestConformance_InMemory(t *testing.T) {
	t.Parallel()
	leaktest.Check(t)
	if _, err := os.Stat(storedRecording); errors.Is(err, os.ErrNotExist) {
		inMemory(t).record(t, storedRecording)
		t.Fatalf("%s did not exist and was recorded: read it, run the tests again, and commit it", storedRecording)
	}
	dir := t.TempDir()
	inMemory(t).record(t, dir)
	changes, err := djamotest.Drift(storedRecording, dir)
	require.NoError(t, err)
	require.Empty(t, changes, "the API in memory answers in another shape than it did: was that meant?")
}

//nolint:tparallel // the facts run in the order in which they are recorded
func TestConformance_Staging(t *testing.T) {
	t.Parallel()
	p, err := staging(t, os.Getenv)
	require.NoError(t, err)
	if p == nil {
		t.Skipf("NOT CHECKED: STAGING WAS NOT ASKED. That the API in memory behaves like Djamo's rests on the documentation alone; set %s (and %s, %s, %s) to compare them",
			envStagingToken, djamo.EnvAPIURL, djamo.EnvCompanyID, envStagingMSISDN)
	}
	leaktest.Check(t)
	dir := t.TempDir()
	p.record(t, dir)
	drift(t, dir)
}

// drift fails the test for every way in which a recording of staging differs from the stored one, and says so.
func drift(t *testing.T, dir string) {
	t.Helper()
	changes, err := djamotest.Drift(storedRecording, dir)
	require.NoError(t, err)
	for _, change := range slices.DeleteFunc(changes, isChance) {
		t.Errorf("the API in memory is not like staging: %s", change)
	}
}

// isChance is a difference that another account makes: a call that was left out, a field that may be null and was never,
// or always, or one that may be absent and always was, or never.
func isChance(change djamotest.DriftChange) bool {
	switch change.Kind {
	case djamotest.AnswerVanished, djamotest.FieldBecameConstant:
		return true
	case djamotest.FieldVanished:
		return strings.HasPrefix(change.Old, "optional ")
	case djamotest.FieldChangedType:
		possible := append(strings.Split(change.Old, " or "), "null")
		return !slices.ContainsFunc(strings.Split(change.New, " or "), func(kind string) bool { return !slices.Contains(possible, kind) })
	}
	return false
}

// The half for staging runs here too, against this machine, so that it works on the day there is a token.
//
//nolint:tparallel // the facts run in the order in which they are recorded
func TestConformance_StagingHalfWorks(t *testing.T) {
	t.Parallel()
	leaktest.Check(t)
	local := inMemory(t)
	for _, msisdn := range []string{"", local.msisdn} {
		env := map[string]string{envStagingToken: local.token, djamo.EnvAPIURL: local.base + "/", djamo.EnvCompanyID: local.company, envStagingMSISDN: msisdn}
		p, err := staging(t, func(name string) string { return env[name] })
		require.NoError(t, err)
		dir := t.TempDir()
		p.record(t, dir)
		drift(t, dir)
		written, err := filepath.Glob(filepath.Join(dir, "POST_v1_transactions.*"))
		require.NoError(t, err)
		require.Len(t, written, map[bool]int{true: 2, false: 5}[msisdn == ""], "without a number to pay, nothing but what is refused")
	}
}

func TestConformance_AsksStagingOnly(t *testing.T) {
	t.Parallel()
	for name, env := range map[string]map[string]string{
		"production":            {envStagingToken: "at_x", djamo.EnvAPIURL: djamo.ProductionSEN.BaseURL()},
		"another host":          {envStagingToken: "at_x", djamo.EnvAPIURL: "https://api.example.com"},
		"a token of production": {envStagingToken: "djamo_production_civ_x"},
		"plain HTTP":            {envStagingToken: "at_x", djamo.EnvAPIURL: "http://apibusiness-staging-civ.djamo.io"},
	} {
		_, err := staging(t, func(name string) string { return env[name] })
		require.Error(t, err, name)
	}
	p, err := staging(t, func(string) string { return "" })
	require.NoError(t, err)
	require.Nil(t, p)
	p, err = staging(t, func(name string) string { return map[string]string{envStagingToken: "at_x"}[name] })
	require.NoError(t, err)
	require.Equal(t, djamo.StagingCIV.BaseURL(), p.base)
}
