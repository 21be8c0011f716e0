package sandbox

import (
	"net/http"
	"net/url"

	"github.com/djamo/djamo-go/djamotest"
)

// checkoutPage is what a customer sees.
type checkoutPage struct {
	Charge   djamotest.Charge
	Payable  bool
	Redirect string // where the customer goes from here; empty while the charge is due, and where the caller named none
}

// checkout is the page that a charge's paymentUrl leads to. It asks for no token: who has the link may pay, as with Djamo.
func (s *Sandbox) checkout(w http.ResponseWriter, r *http.Request) {
	ch, ok := s.api.FindCharge(r.PathValue("id"))
	if !ok || ch.ID != r.PathValue("id") { // by its id alone, which nobody guesses
		s.showProblem(w, r, &problem{http.StatusNotFound, "problem.charge", []any{r.PathValue("id")}})
		return
	}
	s.show(w, r, http.StatusOK, "pay", checkoutPage{ch, ch.Due > 0, webAddress(ch.RedirectURL())})
}

// checkOut pays a charge or gives it up. The page it leads to sends the customer on to the caller's redirect URL: the
// content policy lets no form lead to another site by itself.
func (s *Sandbox) checkOut(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	ch, ok := s.api.FindCharge(r.PathValue("id"))
	if !ok || ch.ID != r.PathValue("id") {
		s.showProblem(w, r, &problem{http.StatusNotFound, "problem.charge", []any{r.PathValue("id")}})
		return
	}
	var err error
	switch r.PostFormValue("do") {
	case "pay":
		err = s.api.Pay(ch.ID)
	case "cancel":
		err = s.api.CancelCharge(ch.ID)
	default:
		err = wrong("problem.form")
	}
	if now, ok := s.api.FindCharge(ch.ID); err != nil && ok && now.Due > 0 {
		s.showProblem(w, r, problemOf(refused(err)))
		return
	}
	seeOther(w, r, "/pay/"+url.PathEscape(ch.ID)) // a charge that is final already shows what it is
}

// webAddress is empty for what a browser must not be led to.
func webAddress(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return ""
	}
	return u.String()
}
