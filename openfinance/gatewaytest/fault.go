package gatewaytest

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

// FaultKind is what goes wrong.
type FaultKind string

// The faults of reads. LostReply is one of the token endpoint: the tokens are exchanged and the answer is lost.
const (
	CursorLost     FaultKind = "cursor lost"     // 410 invalid_cursor for a request with a cursor
	CursorMismatch FaultKind = "cursor mismatch" // 400 cursor_token_mismatch for a request with a cursor
	Mutation       FaultKind = "mutation"        // 409, for a request with a cursor
	RepeatPage     FaultKind = "page repeated"   // the page before, once more
	ShortPage      FaultKind = "short page"      // one item
	EmptyCursor    FaultKind = "empty cursor"    // a page without a next cursor
	Drift          FaultKind = "drift"           // each item goes through Change
	OtherWallet    FaultKind = "other wallet"
	OtherCurrency  FaultKind = "other currency"
	Fraction       FaultKind = "fraction"
	RevokeInPage   FaultKind = "revoked in page" // the consent ends and the answer is cut off
	RateLimit      FaultKind = "rate limit"      // 429 with RetryAfter
	ServerError    FaultKind = "server error"
	Firewall       FaultKind = "firewall" // 403 with a page of HTML
	Hang           FaultKind = "hang"     // no answer until the reader gives up
	Reset          FaultKind = "reset"    // the connection is cut
	LostReply      FaultKind = "lost refresh reply"
	TokenError     FaultKind = "token endpoint error" // 503, and nothing is exchanged
)

// The faults of MyCAC, which also has RepeatPage, ShortPage, Drift, OtherCurrency, Fraction, RateLimit, ServerError, Firewall,
// Hang and Reset. LostReply is one of the login: it is carried out and the answer is lost.
const (
	LostLine      FaultKind = "lost line"
	DoubledLine   FaultKind = "doubled line"
	PageBackwards FaultKind = "page backwards" // the page before, under its own number
	OtherAccount  FaultKind = "other account"
	OtherLine     FaultKind = "line of another account"
	LateRefund    FaultKind = "late refund"   // while it is read, a purchase of long ago is given back
	ExpiredToken  FaultKind = "expired token" // the session ends
	StepUpAsked   FaultKind = "step-up"       // the read must be confirmed on the device
	OTPLockOut    FaultKind = "OTP lock-out"  // the next code locks the login, whatever it is
)

// Fault is something that goes wrong.
type Fault struct {
	Kind       FaultKind
	Wallet     string // or account; empty: any
	Line       int    // of a statement, from 1, for LostLine and DoubledLine; 0: one of the page
	After      int    // requests that are spared first
	Count      int    // how often it strikes; 0: once; negative: until it is cleared
	RetryAfter time.Duration
	Change     func(item map[string]any)
}

// strike picks the fault of a read, nil for none.
func (g *Gateway) strike(wallet string, seen *Request) *Fault {
	return g.pick(func(f *Fault) bool {
		switch f.Kind {
		case LostReply, TokenError:
			return false
		case CursorLost, CursorMismatch, Mutation:
			if seen.Cursor == "" {
				return false
			}
		}
		return f.Wallet == "" || f.Wallet == wallet
	})
}

func (g *Gateway) pick(fits func(*Fault) bool) *Fault { return pick(&g.faults, fits) }

// pick takes the first fault that fits out of those that are to strike.
func pick(faults *[]*Fault, fits func(*Fault) bool) *Fault {
	for i, fault := range *faults {
		if !fits(fault) {
			continue
		}
		if fault.After > 0 {
			fault.After--
			continue
		}
		if fault.Count > 0 {
			if fault.Count--; fault.Count == 0 {
				*faults = slices.Delete(*faults, i, i+1)
			}
		}
		return fault
	}
	return nil
}

// refuse answers with a fault that takes the place of an answer. It is called with the lock, and gives it back when it
// returns true.
func (g *Gateway) refuse(w http.ResponseWriter, r *http.Request, fault *Fault, seen *Request) bool {
	status, code := 0, ""
	switch fault.Kind {
	case CursorLost:
		status, code = http.StatusGone, "invalid_cursor"
	case CursorMismatch:
		status, code = http.StatusBadRequest, "cursor_token_mismatch"
	case Mutation:
		status, code = http.StatusConflict, "mutation_during_pagination"
	case ServerError:
		status, code = http.StatusServiceUnavailable, "unavailable"
	case RateLimit:
		status, code = http.StatusTooManyRequests, "rate_limited"
		w.Header().Set("Retry-After", fmt.Sprint(int(fault.RetryAfter.Seconds())))
	case Firewall:
		status = http.StatusForbidden
	case Hang, Reset:
	default:
		return false
	}
	g.mu.Unlock()
	seen.Status = status
	switch fault.Kind {
	case Hang:
		g.hang(w, r)
	case Reset:
		cut(w)
	case Firewall:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(status)
		_, _ = w.Write([]byte("<html><body>Request blocked: consent_revoked</body></html>"))
	default:
		answer(w, status, map[string]any{"code": code})
	}
	return true
}

// lie changes an answer.
func (f *Fault) lie(page map[string]any, items []map[string]any) {
	switch f.Kind {
	case EmptyCursor:
		page["next_cursor"] = ""
	case OtherWallet:
		page["wallet_id"] = "wal_of_somebody_else"
	case OtherCurrency:
		page["currency"] = "EUR"
	case Drift:
		for _, item := range items {
			f.Change(item)
		}
	case Fraction:
		page["items"] = append(
			items,
			map[string]any{"id": "tx_fraction", "ts": "2026-05-28T09:14:02Z", "type": "fee", "amount_minor": 10.5},
		)
	}
}

// cut ends the connection without an answer.
func cut(w http.ResponseWriter) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_ = conn.Close()
	}
}
