package browser_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/internal/leaktest"
	"github.com/djamo/djamo-go/openfinance/gatewaytest"
	"github.com/djamo/djamo-go/sandbox"
)

const payee = "+2250748710523"

// stage is a sandbox that is served, with a browser to look at it.
type stage struct {
	browser context.Context
	api     *djamotest.API
	apiURL  string
	control string
	gateway *gatewaytest.Gateway
}

func newStage(t *testing.T, opts ...djamotest.Option) *stage { return newStageWith(t, nil, opts...) }

func newStageWith(t *testing.T, options []sandbox.Option, opts ...djamotest.Option) *stage {
	t.Helper()
	browser := chromium.running(t)
	leaktest.Check(t)
	api, err := djamotest.New(append([]djamotest.Option{
		djamotest.WithSeed(17), djamotest.WithManualSettlement(), djamotest.WithAnswerBodies(16 << 10),
	}, opts...)...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, api.Close()) })
	gateway := gatewaytest.New(gatewaytest.Options{Seed: 17, Now: api.Now})
	t.Cleanup(gateway.Close)
	box, err := sandbox.New(api, append(options, sandbox.WithWallets(gateway))...)
	require.NoError(t, err)
	var listeners [2]net.Listener
	for i := range listeners {
		listeners[i], err = net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- box.Serve(ctx, listeners[0], listeners[1]) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-ended)
	})
	return &stage{
		browser: browser, api: api, apiURL: "http://" + listeners[0].Addr().String(), control: "http://" + listeners[1].Addr().String(),
		gateway: gateway,
	}
}

// call makes a call of the fake API, as a program would, and returns the answer.
func (s *stage) call(method, path, body string) (status int, answer string, err error) {
	r, err := http.NewRequest(method, s.apiURL+path, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("Authorization", "Bearer "+s.api.Token)
	r.Header.Set("X-Company-Id", s.api.CompanyID)
	r.Header.Set("Content-Type", "application/json")
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(raw), err
}

func (s *stage) transfer(t *testing.T, reference string) {
	t.Helper()
	status, answer, err := s.call(http.MethodPost, "/v1/transactions", fmt.Sprintf(
		`{"msisdn":%q,"amount":5000,"reference":%q,"type":"transfer"}`, payee, reference))
	require.NoError(t, err)
	require.Equal(t, http.StatusCreated, status, answer)
}

func (s *stage) charge(t *testing.T, externalID, urls string) djamotest.Charge {
	t.Helper()
	status, answer, err := s.call(http.MethodPost, "/v1/charges", fmt.Sprintf(
		`{"amount":9000,"externalId":%q,"description":"Panier 7"%s}`, externalID, urls))
	require.NoError(t, err)
	require.Equal(t, http.StatusCreated, status, answer)
	ch, ok := s.api.FindCharge(externalID)
	require.True(t, ok)
	return ch
}

// look is how a person looks at pages.
type look struct {
	width    int64
	scheme   string // light or dark
	lang     string // en or fr
	noScript bool

	coloursAlone bool // axe need only look at colours
}

func desktop() look { return look{width: 1280, scheme: "light", lang: "en"} }

// tab is a page in the browser.
type tab struct {
	t       *testing.T
	ctx     context.Context
	control string

	forgive  bool // what the browser complains of is meant to be
	mu       sync.Mutex
	problems []string
}

// open opens a tab in a profile of its own.
func (s *stage) open(t *testing.T, l look) *tab {
	t.Helper()
	return s.tab(t, s.browser, l, chromedp.WithNewBrowserContext())
}

// beside opens another tab in the same profile.
func (tb *tab) beside(s *stage, l look) *tab {
	tb.t.Helper()
	return s.tab(tb.t, tb.ctx, l)
}

func (s *stage) tab(t *testing.T, parent context.Context, l look, options ...chromedp.ContextOption) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(parent, options...)
	t.Cleanup(cancel)
	ctx, stop := context.WithTimeout(ctx, 15*time.Minute)
	t.Cleanup(stop)
	tb := &tab{t: t, ctx: ctx, control: s.control}
	require.NoError(t, chromedp.Listen(ctx, tb.notice))
	prepare(tb, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": l.lang}})
	tb.lookLike(l)
	prepare(tb, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: l.noScript})
	t.Cleanup(func() {
		if !tb.forgive {
			require.Empty(t, tb.noticed(), "what the browser complained of")
		}
	})
	return tb
}

// lookLike gives the window a width, and the person a liking for light or dark.
func (tb *tab) lookLike(l look) {
	tb.t.Helper()
	prepare(tb, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: l.scheme}},
	})
	prepare(tb, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: l.width, Height: 800, DeviceScaleFactor: 1, Mobile: l.width < 600,
	})
}

// prepare gives the browser a command.
func prepare[P, R any](tb *tab, command cdp.Command[P, R], params P) R {
	tb.t.Helper()
	result, err := chromedp.Call(tb.ctx, command, params)
	require.NoError(tb.t, err)
	return result
}

// notice keeps what a page's script or the browser complains of: an error, or something that the content policy forbids.
func (tb *tab) notice(event any) {
	complaint := ""
	switch event := event.(type) {
	case *runtime.EventExceptionThrown:
		complaint = (&chromedp.ExceptionError{ExceptionDetails: event.ExceptionDetails}).Error()
	case *runtime.EventConsoleAPICalled:
		if event.Type == runtime.ConsoleAPICalledTypeError {
			complaint = fmt.Sprint("console: ", event.Args)
		}
	case *log.EventEntryAdded:
		if event.Entry.Level == log.EntryLevelError && event.Entry.Source != log.EntrySourceNetwork { // a page may be missing
			complaint = event.Entry.Text
		}
	}
	if complaint != "" {
		tb.mu.Lock()
		defer tb.mu.Unlock()
		tb.problems = append(tb.problems, complaint)
	}
}

func (tb *tab) noticed() []string {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	return tb.problems
}

// do runs actions, and says where the page was when one fails. An element that a page or a live update puts another in the place of,
// before the mouse is there, is looked for again: nothing was done.
func (tb *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	tb.t.Helper()
	const tries = 5
	for _, action := range actions {
		err := tb.try(action)
		for try := 1; try < tries && err != nil && strings.Contains(err.Error(), "Could not find node"); try++ {
			err = tb.try(action)
		}
		if err != nil {
			require.NoError(tb.t, err, "on %s\n%s", tb.eval("location.href"), tb.text())
		}
	}
}

func (tb *tab) try(action chromedp.Action[chromedp.Void]) error {
	ctx, cancel := context.WithTimeout(tb.ctx, patience)
	defer cancel()
	return chromedp.Do(ctx, action)
}

// visit goes to a path of the control, or to another address.
func (tb *tab) visit(path string) {
	tb.t.Helper()
	if strings.HasPrefix(path, "/") {
		path = tb.control + path
	}
	tb.do(chromedp.Navigate(path))
}

// eval is what a JavaScript expression gives, as text; empty while a page is on its way out.
func (tb *tab) eval(expression string) string {
	ctx, cancel := context.WithTimeout(tb.ctx, patience)
	defer cancel()
	out, err := chromedp.Run(ctx, chromedp.Evaluate[string]("String("+expression+")"))
	if err != nil {
		return ""
	}
	return out
}

// text is what a person reads on the page.
func (tb *tab) text() string { return tb.eval("document.body.innerText") }

// await waits until the page shows something.
func (tb *tab) await(want string) {
	tb.t.Helper()
	tb.until(fmt.Sprintf("document.body?.innerText.includes(%q)", want))
}

// until waits for a condition, across pages that load.
func (tb *tab) until(condition string) {
	tb.t.Helper()
	require.Eventually(tb.t, func() bool { return tb.eval(condition) == "true" }, patience, often,
		"%s never came about on:\n%s", condition, lazy(tb.text))
}

// lazy is a text that is made when it is printed.
type lazy func() string

func (l lazy) String() string { return l() }

// press clicks the first button, link or summary with a text, inside of what an XPath finds.
func (tb *tab) press(within, label string) {
	tb.t.Helper()
	tb.do(chromedp.Click(chromedp.Search(fmt.Sprintf(
		`(%s//*[self::button or self::summary or self::a][normalize-space()="%s"])[1]`, within, label))))
}
