package browser_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/sandbox"
)

// place is a page to look at.
type place struct{ name, path string }

// places are all pages of a sandbox, those that something is wrong on included.
func places(s *stage) []place {
	few := "?limit=" + strconv.Itoa(rowsOfPictures())
	all := []place{
		{"overview", "/"}, {"transfers", "/transfers" + few}, {"transfers-failed", "/transfers" + few + "&status=failed"},
		{"transfers-nothing", "/transfers?name=nobody"}, {"charges", "/charges" + few}, {"ledger", "/ledger" + few}, {"customers", "/customers"},
		{"requests", "/requests" + few}, {"webhooks", "/webhooks" + few},
		{"faults", "/faults"}, {"clock", "/clock"}, {"snapshots", "/snapshots"}, {"done", "/clock?done=done.advanced"}, {"missing", "/nothing"},
		{"request-missing", "/requests/99999999"},
	}
	if requests := s.api.RequestPage(djamotest.Page{Limit: 3}).Items; len(requests) > 0 {
		all = append(all, place{"request", "/requests/" + strconv.FormatInt(requests[len(requests)-1].Number, 10)})
	}
	for i, d := range s.api.DeliveryPage(djamotest.Page{Limit: 2}).Items {
		all = append(all, place{"webhook-" + strconv.Itoa(i), "/webhooks/" + d.ID})
	}
	if s.gateway != nil {
		all = append(all, place{"wallets", "/wallets"})
		for i, w := range s.gateway.Wallets() {
			all = append(all, place{"wallet-" + strconv.Itoa(i), "/wallets/" + w.ID + few})
		}
		for i, c := range s.gateway.Consents() {
			all = append(all, place{"consent-" + strconv.Itoa(i), "/consents/" + c.ID})
		}
	}
	for _, ch := range s.api.ChargePage(djamotest.Page{Limit: 2}, "").Items {
		all = append(all, place{"checkout-" + ch.Status, "/pay/" + ch.ID})
	}
	return all
}

// Every page, with much and with nothing on it, wide and narrow, light and dark, in both languages.
func TestPages_EverybodyCanReadThem(t *testing.T) {
	t.Parallel()
	axe, err := os.ReadFile("testdata/axe-core/axe.min.js")
	require.NoError(t, err)
	for _, transfers := range []int{0, amountOfData()} {
		t.Run(fmt.Sprint(transfers, " transfers"), func(t *testing.T) {
			t.Parallel()
			s := newStage(t, djamotest.WithBalance(1<<50))
			if transfers > 0 {
				busy(t, s, transfers)
			}
			said := map[string][]string{}
			for _, lang := range []string{"en", "fr"} {
				person := s.open(t, look{width: 1280, scheme: "light", lang: lang})
				for _, p := range places(s) {
					person.visit(p.path)
					require.Equal(t, lang, person.eval("document.documentElement.lang"))
					require.Equal(t, "undefined", person.eval("window.pwned"), p.path)
					said[p.name] = translated(t, p, said[p.name], person.phrases())
					person.eval("(() => {" + string(axe) + "})() ?? ''")
					for _, l := range looks(transfers) {
						person.lookLike(l)
						person.capture(fmt.Sprintf("%d-%s-%d-%s-%s", transfers, p.name, l.width, l.scheme, lang))
						fits(t, person, p, l.width)
						violations(t, person, l, lang+" "+p.path)
					}
				}
			}
		})
	}
}

// looks are the ways that a page is looked at. What is dark differs from what is light in its colours alone, and an empty
// page from a full one in a sentence: DJAMO_TEST_FULL=1 looks at all of it.
func looks(transfers int) []look {
	all := []look{
		{width: 390, scheme: "light"}, {width: 1280, scheme: "dark", coloursAlone: true}, {width: 1280, scheme: "light"},
		{width: 390, scheme: "dark", coloursAlone: true},
	}
	switch {
	case os.Getenv("DJAMO_TEST_FULL") != "" || *screenshots != "":
		return all
	case transfers == 0:
		return all[:1]
	}
	return all[:3]
}

// rowsOfPictures are few, because axe looks at each; for pictures it can be told.
func rowsOfPictures() int {
	if *screenshots != "" {
		return 25
	}
	return 8
}

// amountOfData is enough for a second page; for pictures it can be told.
func amountOfData() int {
	if n, err := strconv.Atoi(os.Getenv("DJAMO_TEST_TRANSFERS")); err == nil {
		return n
	}
	return 120
}

// violations is what axe finds on a page that it was put into.
func violations(t *testing.T, person *tab, l look, where string) {
	t.Helper()
	only := ""
	if l.coloursAlone {
		only = `, runOnly: ["color-contrast", "link-in-text-block"]`
	}
	out, err := chromedp.Run(person.ctx, chromedp.Evaluate[string](
		`axe.run(document, {resultTypes: ["violations"]`+only+`}).then((r) => JSON.stringify(r.violations.map(
			(v) => v.id + ": " + v.help + " " + v.nodes.slice(0, 3).map((n) => n.html + " " + n.failureSummary).join(" | "))))`,
		chromedp.EvalAwaitPromise))
	require.NoError(t, err, where)
	var found []string
	require.NoError(t, json.Unmarshal([]byte(out), &found))
	for _, each := range found {
		t.Errorf("%s, %d pixels, %s: %s", where, l.width, l.scheme, each)
	}
}

// fits says whether all of a page is to be seen: nothing is wider than the window, and no table has to be pushed about.
func fits(t *testing.T, person *tab, p place, width int64) {
	t.Helper()
	out := person.eval(`JSON.stringify([...document.querySelectorAll("body *")].filter((e) => {
		if (!e.checkVisibility() || e.closest("nav, .skip, thead") || e.closest("pre") && e.tagName !== "PRE") return false;
		const box = e.getBoundingClientRect();
		return box.width > 0 && box.right > innerWidth + 1 || e.matches(".scroll") && e.scrollWidth > e.clientWidth + 1;
	}).slice(0, 3).map((e) => e.outerHTML.slice(0, 300)))`)
	if out != "[]" {
		t.Errorf("%s does not fit %d pixels: %s", p.path, width, out)
	}
}

// phrases are the texts of the page that are for people: not what programs say, which stands in code.
func (tb *tab) phrases() []string {
	var out []string
	raw := tb.eval(`JSON.stringify((() => {
		const found = [];
		const walk = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
		while (walk.nextNode()) {
			const parent = walk.currentNode.parentElement;
			if (!parent.closest("code, pre, textarea, script, style, [lang]:not(html), option[value*='/']")) found.push(walk.currentNode.data.trim());
		}
		for (const e of document.querySelectorAll("[placeholder], [aria-label], [title], [alt], [data-label]"))
			for (const name of ["placeholder", "aria-label", "title", "alt", "data-label"]) found.push(e.getAttribute(name) ?? "");
		return found;
	})())`)
	_ = json.Unmarshal([]byte(raw), &out)
	return out
}

// same are words that are the same in both languages, and what the account's own texts say.
var same = regexp.MustCompile(`^(API|Webhooks?|Actions|Francs|Type|Retry-After|N°|description|Description|F|Panier .*|.*Salaire.*|.*recipient account.*|\+?[0-9*]+|whd_.*|` +
	`[0-9]+ .*|.*pwned.*|.*\{\{.*|.*long-reference.*|https?://.*|[A-Z][A-Za-z-]*-[A-Za-z-]*|Accept|Host|POST .*|x-djamo.*|.*connection refused.*|` +
	`</code></td></tr>|Signature|[a-z]+(_[a-z]+)+|visa|wave|fee|salary|coffre|(txn|tx|wal|con)_.*|· .*|[0-9a-f-]{36}|reset|djamo.*|30s|5m|10m|\+2250700000001)$`)

// translated says whether a phrase is left in English on the French page. It returns the phrases for the second language.
func translated(t *testing.T, p place, english, phrases []string) []string {
	t.Helper()
	if english == nil {
		return append(phrases, "")
	}
	letters := regexp.MustCompile(`\pL{3}`)
	for _, phrase := range phrases {
		if letters.MatchString(phrase) && slices.Contains(english, phrase) && !same.MatchString(phrase) {
			t.Errorf("%s: not translated: %q", p.path, phrase)
		}
	}
	return phrases
}

// capture leaves a picture of the whole page, if pictures are wanted.
func (tb *tab) capture(name string) {
	tb.t.Helper()
	if *screenshots == "" {
		return
	}
	beyond := true
	picture := prepare(tb, page.CaptureScreenshot, page.CaptureScreenshotParams{CaptureBeyondViewport: &beyond})
	require.NoError(tb.t, os.MkdirAll(*screenshots, 0o700))
	require.NoError(tb.t, os.WriteFile(filepath.Join(*screenshots, strings.ReplaceAll(name, "/", "-")+".png"), picture.Data, 0o600))
}

// A sandbox that others can reach asks for its token first.
func TestPages_SignIn(t *testing.T) {
	t.Parallel()
	const token = "a-token-of-our-own-0123456789"
	axe, err := os.ReadFile("testdata/axe-core/axe.min.js")
	require.NoError(t, err)
	s := newStageWith(t, []sandbox.Option{sandbox.WithControlToken(token)})
	for _, lang := range []string{"en", "fr"} {
		for _, scheme := range []string{"light", "dark"} {
			person := s.open(t, look{width: 390, scheme: scheme, lang: lang})
			l := look{width: 390, scheme: scheme}
			axed := func() { person.eval("(() => {" + string(axe) + "})() ?? ''") }
			person.visit("/transfers")
			person.capture("sign-in-" + scheme + "-" + lang)
			axed()
			violations(t, person, l, "sign in "+lang)
			person.do(chromedp.SendKeys(chromedp.CSS("input[name=token]"), "wrong\r"))
			person.until("document.querySelector('[role=alert]') !== null")
			axed()
			violations(t, person, l, "refused "+lang)
			person.capture("sign-in-refused-" + scheme + "-" + lang)
			person.do(chromedp.SendKeys(chromedp.CSS("input[name=token]"), token+"\r"))
			person.until("document.querySelector('nav') !== null")
			require.NotContains(t, person.eval("document.documentElement.outerHTML"), token)
		}
	}
}
