package browser_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
)

// Texts that look like scripts are texts, wherever they come from and wherever they are shown.
func TestSecurity_ATextIsNeverAScript(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	busy(t, s, 3)
	person := s.open(t, desktop())
	require.NoError(t, chromedp.Listen(person.ctx, func(event any) {
		if _, ok := event.(*page.EventJavascriptDialogOpening); ok {
			person.mu.Lock()
			defer person.mu.Unlock()
			person.problems = append(person.problems, "a script opened a dialogue")
		}
	}))
	for _, p := range places(s) {
		person.visit(p.path)
		require.Equal(t, "undefined", person.eval("window.pwned"), p.path)
		require.Equal(t, "0", person.eval(`document.querySelectorAll("img, [onerror]").length`), p.path)
	}
	person.visit("/transfers?name=" + url.QueryEscape(hostile()[1]))
	person.await(hostile()[1])
	require.Equal(t, hostile()[1], person.eval("document.querySelector('input[name=name]').value"))
	person.visit("/" + url.PathEscape(hostile()[1]))
	require.Equal(t, "undefined", person.eval("window.pwned"))
	s.transfer(t, "another")
	person.visit("/transfers")
	require.Equal(t, "undefined", person.eval("window.pwned"))
	s.transfer(t, hostile()[1]+"2") // a row that the page's script puts in
	person.await(hostile()[1] + "2")
	require.Equal(t, "undefined", person.eval("window.pwned"))
}

// Another site, open in the same browser, can neither read nor change anything, whatever it tries.
func TestSecurity_AnotherSiteGetsNothing(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.transfer(t, "salaire/1")
	attacks := fmt.Sprintf(`(async () => {
		const got = [];
		const attempt = async (name, run) => { try { const r = await run(); if (r) got.push(name + ": " + r); } catch {} };
		const control = %q, api = %q;
		const bearer = {Authorization: "Bearer control_test_djamo", "Content-Type": "application/json"};
		const form = new URLSearchParams({confirm: "reset", by: "24h", kind: "lose-reply", back: "/"});
		await attempt("read", async () => (await fetch(control + "/transfers")).text());
		await attempt("json", async () => (await fetch(control + "/control/state", {headers: bearer})).text());
		await attempt("reset by bearer", async () => (await fetch(control + "/control/reset", {method: "POST", headers: bearer, body: '{"confirm":"reset"}'})).status);
		for (const path of ["/reset", "/clock/advance", "/faults/add", "/transfers/settle-all"])
			await attempt(path, async () => { await fetch(control + path, {method: "POST", mode: "no-cors", body: form, credentials: "include"}); });
		await attempt("transfer", async () => { await fetch(api + "/v1/transactions", {method: "POST", mode: "no-cors", body: "{}"}); });
		await attempt("balance", async () => (await fetch(api + "/v1/balance", {headers: {Authorization: "Bearer at_test_djamotest"}})).text());
		await attempt("events", () => new Promise((done, failed) => {
			const source = new EventSource(control + "/events");
			source.onmessage = (e) => done(e.data);
			source.onerror = failed;
		}));
		await attempt("frame", () => new Promise((done) => {
			const frame = document.createElement("iframe");
			frame.src = control + "/transfers";
			frame.onload = () => { try { done(frame.contentDocument.body.innerText); } catch { done(""); } };
			document.body.append(frame);
		}));
		return got.join("; ") || "nothing";
	})()`, s.control, s.apiURL)
	evil := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte("<!DOCTYPE html><title>evil</title><body>"))
	}))
	t.Cleanup(evil.Close)
	at, err := url.Parse(evil.URL)
	require.NoError(t, err)
	for _, origin := range []string{evil.URL, "http://rebound.example:" + at.Port()} {
		person := s.open(t, desktop())
		person.forgive = true // the browser complains of what it keeps the site from
		person.visit(origin)
		got, err := chromedp.Run(person.ctx, chromedp.Evaluate[string](attacks, chromedp.EvalAwaitPromise))
		require.NoError(t, err)
		require.Equal(t, "nothing", got, origin)
	}
	require.Equal(t, djamotest.StatusPending, s.api.FindTransfers("salaire/1")[0].Status)
	require.Len(t, s.api.Transactions(), 1)
	require.Empty(t, s.api.Faults())
	s.api.AssertBalanced(t)
}

// A name of another site that leads to the sandbox, as after its address was changed, gets no answer from either listener.
func TestSecurity_ANameThatIsNotOursGetsNoAnswer(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.transfer(t, "salaire/1")
	for _, address := range []string{s.control, s.apiURL} {
		u, err := url.Parse(address)
		require.NoError(t, err)
		person := s.open(t, desktop())
		person.visit("http://rebound.example:" + u.Port() + "/transfers")
		person.await("The sandbox does not answer to this host name.")
		require.NotContains(t, person.text(), "salaire/1")
		got, err := chromedp.Run(person.ctx, chromedp.Evaluate[string](
			`fetch("/control/reset", {method: "POST", headers: {Authorization: "Bearer control_test_djamo", "Content-Type": "application/json"}, `+
				`body: '{"confirm":"reset"}'}).then((r) => String(r.status), () => "kept from it")`, chromedp.EvalAwaitPromise))
		require.NoError(t, err)
		require.Contains(t, []string{"421", "kept from it"}, got)
		person.forgive = true
	}
	require.Len(t, s.api.Transactions(), 1)
}
