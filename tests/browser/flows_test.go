package browser_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
)

const (
	patience = 3 * time.Minute // for slow machines: what goes well takes no time
	often    = 20 * time.Millisecond
)

// A fault is switched on by hand, the answer to a transfer is lost, and the money moves once.
func TestFaults_AnAnswerIsLostAndTheMoneyMovesOnce(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	person := s.open(t, desktop())
	person.visit("/faults")
	person.press("", "Lose the next reply to a transfer")
	person.await("The fault is on.")
	person.await("Fault on: the reply is lost")

	transfer := `{"msisdn":"` + payee + `","amount":5000,"reference":"salaire/1","type":"transfer"}`
	_, _, err := s.call(http.MethodPost, "/v1/transactions", transfer)
	require.Error(t, err, "no answer came")
	status, answer, err := s.call(http.MethodPost, "/v1/transactions", transfer)
	require.NoError(t, err)
	require.Equal(t, http.StatusConflict, status, answer)

	person.visit("/transfers")
	person.await("1 of 1")
	require.Equal(t, "1", person.eval("document.querySelectorAll('tbody tr').length"))
	person.visit("/requests")
	person.until(`[...document.querySelectorAll("tbody tr")].at(-1).innerText.includes("the reply is lost")`)
	person.press("//td", "#1")
	person.await("transfer accepted")
	person.await("POST /v1/transactions")
	person.visit("/faults")
	person.await("used up")
	person.press("", "Switch all off")
	person.await("All faults are off.")
	require.Empty(t, s.api.Faults())
	s.api.AssertPaidOnce(t, "salaire/1")
	s.api.AssertBalanced(t)
}

func TestWebhooks_AreSentAgainAndEdited(t *testing.T) {
	t.Parallel()
	s := newStage(t, djamotest.WithWebhookBackoff(time.Hour)) // nothing is sent again but by the person
	shop := newShop(t)
	shop.refuse = 1
	shop.subscribe(t, s, djamotest.TopicTransactionsStarted)
	s.transfer(t, "salaire/1")
	person := s.open(t, desktop())
	person.visit("/webhooks")
	person.until("document.querySelector('tbody').innerText.includes('failing')")
	require.Empty(t, shop.received())
	person.press("//td", "Send again")
	person.await("Sent again: the attempts say what came of it.")
	person.until("document.querySelector('tbody').innerText.includes('delivered')")
	require.Len(t, shop.received(), 1)
	require.Contains(t, shop.received()[0], "salaire/1")

	person.press("//td", "Edit")
	person.await("Show phone numbers to edit the body")
	require.NotContains(t, person.text(), strings.TrimPrefix(payee, "+"))
	person.press("//footer", "Show phone numbers")
	person.await(payee)
	edited := strings.Replace(shop.received()[0], "salaire/1", "salaire/edited", 1)
	person.do(chromedp.SetValue(chromedp.CSS("textarea"), edited))
	person.press("", "Edit and send")
	person.await("Sent again")
	require.Eventually(t, func() bool { return len(shop.received()) == 2 }, patience, often)
	require.Equal(t, edited, shop.received()[1], "to the byte")
}

func TestClock_MovesForwardAndTheMoneyArrives(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	person := s.open(t, desktop())
	person.visit("/clock")
	person.do(chromedp.Click(chromedp.CSS("input[value=automatic]")))
	person.press("//main//form[@action='/clock/settlement']", "Save")
	person.await("Saved.")
	s.transfer(t, "salaire/1")
	person.visit("/transfers")
	person.until("document.querySelector('tbody').innerText.includes('pending')")
	person.press("//header|//main/div[@class='state']", "Advance 1 min")
	person.await("The clock was moved.")
	person.visit("/clock")
	person.press("", "1 minute")
	person.await("The clock was moved.")
	person.visit("/transfers")
	person.until("document.querySelector('tbody').innerText.includes('completed')")
	require.Equal(t, djamotest.StatusCompleted, s.api.FindTransfers("salaire/1")[0].Status)
	s.api.AssertBalanced(t)
}

func TestTransfers_AreSettledAndFailedByTheirRows(t *testing.T) {
	t.Parallel()
	for _, noScript := range []bool{false, true} {
		s := newStage(t)
		s.transfer(t, "salaire/1")
		s.transfer(t, "salaire/2")
		l := desktop()
		l.noScript = noScript
		person := s.open(t, l)
		person.visit("/transfers")
		person.press(row("salaire/1"), "Settle")
		person.await("Settled.")
		person.press(row("salaire/2"), "Fail…")
		person.do(chromedp.SetValue(chromedp.CSS("details[open] input[name=reason]"), "account closed"))
		person.press(row("salaire/2"), "Fail")
		person.await("The transfer failed, and the money came back.")
		person.until("document.querySelector('tbody').innerText.includes('failed · account closed')")
		require.Equal(t, djamotest.StatusCompleted, s.api.FindTransfers("salaire/1")[0].Status)
		require.Equal(t, djamotest.StatusFailed, s.api.FindTransfers("salaire/2")[0].Status)
		s.api.AssertBalanced(t)
	}
}

// row is an XPath to the row of a reference.
func row(reference string) string { return "//tr[.//code[normalize-space()='" + reference + "']]" }
