package browser_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
)

const rows = "document.querySelectorAll('tbody tr:not(.more)').length"

func TestLive_RowsComeWithoutReloadingAndLeaveAPersonAlone(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.transfer(t, "salaire/1")
	person := s.open(t, desktop())
	person.visit("/transfers")
	person.press(row("salaire/1"), "Fail…")
	person.do(chromedp.Click(chromedp.CSS("details[open] input[name=reason]")))
	person.eval("window.sameDocument = true")
	s.transfer(t, "salaire/2")
	person.await("salaire/2")
	person.until("document.querySelector('nav [data-count=transfers]').textContent === '2'")
	require.NoError(t, s.api.Settle("salaire/1"))
	person.until("document.querySelector('.state [data-count=pending]').textContent === '1'")
	require.Equal(t, "true", person.eval("window.sameDocument"), "it was not reloaded")
	require.Equal(t, "reason", person.eval("document.activeElement.name"), "the person still types")
	require.Equal(t, "true", person.eval("document.querySelector('details[open]') !== null"))

	person.press("", "Pause updates")
	s.transfer(t, "salaire/3")
	person.until("document.querySelector('[data-pause]').textContent === 'Resume updates'")
	require.NotContains(t, person.text(), "salaire/3")
	person.press("", "Resume updates")
	person.await("salaire/3")
}

// Ten thousand requests in a burst are one line that says so, and the page stays small.
func TestLive_ABurstDoesNotFloodThePage(t *testing.T) {
	t.Parallel()
	s := newStage(t, djamotest.WithBalance(1<<50))
	s.transfer(t, "first")
	person := s.open(t, desktop())
	person.visit("/transfers")
	person.await("first")
	fill(t, s.api, 10_000)
	person.await("50+ new: show them")
	person.until("document.querySelector('nav [data-count=transfers]').textContent === '10\u202f001'")
	require.Equal(t, "1", person.eval(rows))
	person.press("", "50+ new: show them")
	person.until(rows + " === 50")
	person.press("", "Older")
	person.until(rows + " === 50")
	person.await("Newest")
}

// A browser gives a server six connections. Eight windows that each held one would leave none for a ninth page.
func TestLive_EightTabsAtOnce(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	first := s.open(t, desktop())
	first.visit("/transfers")
	tabs := []*tab{first}
	for range 7 {
		other := first.beside(s, desktop())
		other.visit("/transfers")
		tabs = append(tabs, other)
	}
	s.transfer(t, "salaire/1")
	for i, each := range tabs {
		each.until(`document.body.innerText.includes("salaire/1")`)
		require.Equal(t, "visible", each.eval("document.visibilityState"), "window %d", i)
	}
	for i, each := range tabs {
		each.visit("/requests")
		each.await("POST /v1/transactions")
		s.transfer(t, fmt.Sprint("more/", i))
		each.until(fmt.Sprintf("document.querySelector('nav [data-count=transfers]').textContent === '%d'", i+2))
	}
	last := tabs[len(tabs)-1]
	last.press("", "Pause updates")
	s.transfer(t, "the last")
	first.until("document.querySelector('nav [data-count=transfers]').textContent === '10'")
	require.Equal(t, "9", last.eval("document.querySelector('nav [data-count=transfers]').textContent"), "it was asked to rest")
}
