package browser_test

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
)

// focused is what has the focus, as a person would name it.
const focused = `(document.activeElement.labels?.[0]?.innerText ?? document.activeElement.innerText ?? "").trim()`

// tabTo presses the tab key until something has the focus, and sees to it that the focus shows all the way.
func (tb *tab) tabTo(label string) {
	tb.t.Helper()
	for range 60 {
		tb.do(chromedp.KeyEvent(kb.Tab))
		require.Equal(tb.t, "true", tb.eval(`document.activeElement === document.body ||
			(getComputedStyle(document.activeElement).outlineStyle !== "none" && document.activeElement.getBoundingClientRect().left > -100)`),
			"the focus does not show on %s", lazy(func() string { return tb.eval("document.activeElement.outerHTML") }))
		if tb.eval(focused) == label {
			return
		}
	}
	require.Fail(tb.t, "the tab key does not get there", "%s on\n%s", label, tb.text())
}

func TestKeyboard_IsEnough(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	shop := newShop(t)
	s.transfer(t, "salaire/1")
	s.transfer(t, "salaire/2")
	person := s.open(t, desktop())
	person.visit("/")
	person.tabTo("To the content")
	person.do(chromedp.KeyEvent(kb.Enter))
	person.until("location.hash === '#main'")
	person.visit("/")
	person.tabTo("Transfers\n2")
	person.do(chromedp.KeyEvent(kb.Enter))
	person.until("location.pathname === '/transfers'")

	person.tabTo("Fail…") // of the newest
	person.do(chromedp.KeyEvent(kb.Enter))
	person.tabTo("Reason")
	person.do(chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)), chromedp.KeyEvent("account closed"), chromedp.KeyEvent(kb.Enter))
	person.await("The transfer failed, and the money came back.")
	require.Equal(t, "account closed", s.api.FindTransfers("salaire/2")[0].FailureReason)
	person.tabTo("Settle all")
	person.do(chromedp.KeyEvent(" "))
	person.await("Settled.")
	require.Equal(t, djamotest.StatusCompleted, s.api.FindTransfers("salaire/1")[0].Status)

	person.visit("/faults")
	person.tabTo("Lose the next reply to a transfer")
	person.do(chromedp.KeyEvent(kb.Enter))
	person.await("The fault is on.")
	person.tabTo("Switch off")
	person.do(chromedp.KeyEvent(kb.Enter))
	person.await("The fault is off.")

	person.visit(s.charge(t, "order/7", shop.urls("7")).PaymentURL)
	person.tabTo("Pay 9\u202f000\u00a0F")
	person.do(chromedp.KeyEvent(kb.Enter))
	person.await("Thank you for order 7")
	ch, _ := s.api.FindCharge("order/7")
	require.Equal(t, djamotest.ChargePaid, ch.Status)
}

// Without JavaScript everything but the updates works, and nothing is offered that does not.
func TestNoJavaScript(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.transfer(t, "salaire/1")
	person := s.open(t, look{width: 390, scheme: "light", lang: "en", noScript: true})
	person.visit("/transfers")
	require.Equal(t, "0", person.eval(`[...document.querySelectorAll("[data-pause], [data-copy]")].filter((b) => b.checkVisibility()).length`))
	person.press("//footer", "Show phone numbers")
	person.await(payee)
	person.press("//footer", "Français")
	person.await("Transferts")
	person.press("//footer", "English")
	person.await("Mask phone numbers")
	person.press("//nav", "Clock")
	person.press("", "1 hour")
	person.await("The clock was moved.")
	person.press("//nav", "Faults 0")
	person.press("", "Send each webhook twice")
	person.await("The fault is on.")
	person.press("//nav", "Wallets")
	person.do(chromedp.SetValue(chromedp.CSS("input[name=id]"), "wal_XOF_aya"))
	person.press("", "Open it")
	person.await("The wallet is open.")
	person.press("//td", "Give a consent")
	person.await("DJAMO_CONSENT_TOKEN=cat_")
	person.press("//nav", "Snapshots")
	person.do(chromedp.Click(chromedp.CSS("input[name=confirm]")))
	person.press("", "Reset")
	person.await("The account is as it was at the start.")
	require.Empty(t, s.api.Transactions())
	require.Empty(t, s.gateway.Wallets())
}

// Somebody opens a wallet, consents, and sees a program read it.
func TestWallets(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	person := s.open(t, desktop())
	person.visit("/wallets")
	person.do(chromedp.SendKeys(chromedp.CSS("input[name=id]"), "wal_XOF_aya"))
	person.press("", "Open it")
	person.await("The wallet is open.")
	person.press("//td", "wal_XOF_aya")
	person.until(rows + " > 10")
	person.do(chromedp.SendKeys(chromedp.CSS("input[name=amount]"), "-7 500"), chromedp.SendKeys(chromedp.CSS("input[name=rail]"), "wave"))
	person.press("", "Let it happen")
	person.await("It is in the wallet.")
	person.until(`document.querySelector("tbody tr").innerText.includes("−7\u202f500\u00a0F")`)
	person.eval("window.sameDocument = true")
	s.gateway.Add("wal_XOF_aya", map[string]any{"type": "salary", "amount_minor": 250_000})
	status, _, err := s.call("GET", "/v1/djamo/wallets/wal_XOF_aya/transactions", "") // somebody without a consent
	require.NoError(t, err)
	require.Equal(t, 403, status)
	person.until(`document.querySelector("tbody tr").innerText.includes("salary")`)
	require.Equal(t, "true", person.eval("window.sameDocument"), "it was not reloaded")
	person.press("//div[@class='title']", "Give a consent")
	person.await("DJAMO_CONSENT_TOKEN=cat_")
	person.press("", "Revoke")
	person.await("A revoked consent is over.")
	require.Equal(t, "revoked", s.gateway.Consents()[0].State)
}
