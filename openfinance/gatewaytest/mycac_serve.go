package gatewaytest

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// myCACRoot is what all paths begin with.
const myCACRoot = "/api/v1/mycac/"

// cacQuery is the body of a read.
type cacQuery struct {
	Account  string   `json:"account_id"`
	From     string   `json:"from_date"`
	To       string   `json:"to_date"`
	Channels []string `json:"channels"`
	Page     int      `json:"page"`
}

// ServeHTTP implements http.Handler.
func (m *MyCAC) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if rest, ok := strings.CutPrefix(r.URL.Path, SalariesPath); ok && (rest == "" || rest[0] == '/') {
		m.serveSalaries(w, r)
		return
	}
	const maxBody = 1 << 20
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	what, ok := strings.CutPrefix(r.URL.Path, myCACRoot)
	if !ok || err != nil || r.Method != http.MethodPost {
		answer(w, http.StatusNotFound, map[string]any{"code": "not_found"})
		return
	}
	var query cacQuery
	m.mu.Lock()
	out := m.route(r, what, body, &query)
	m.requests.add(MyCACRequest{
		At: m.options.Now(), Path: short(r.URL.Path), Account: short(query.Account), Page: query.Page, Status: out.status,
	})
	m.mu.Unlock()
	m.write(w, r, out)
}

// serveSalaries lets those with a session through to the bulk salaries.
func (m *MyCAC) serveSalaries(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	no, barred := m.barSalaries(m.sessions.values[bearer(r)])
	m.mu.Unlock()
	if barred {
		m.write(w, r, no)
		return
	}
	m.salaries.ServeHTTP(w, r)
}

func (m *MyCAC) barSalaries(session *cacSession) (no said, barred bool) {
	if session == nil || m.options.Now().After(session.expires) {
		return refused(http.StatusUnauthorized, "session_expired"), true
	}
	fault := pick(&m.faults, func(f *Fault) bool {
		return slices.Contains([]FaultKind{ExpiredToken, StepUpAsked, ServerError, RateLimit, Firewall, Hang, Reset}, f.Kind) && f.Wallet == ""
	})
	if fault == nil {
		return no, false
	}
	return m.takePlace(fault, session)
}

// write writes an answer.
func (m *MyCAC) write(w http.ResponseWriter, r *http.Request, out said) {
	switch {
	case out.cut && out.after > 0:
		m.hang(w, r)
	case out.cut:
		cut(w)
	case out.html:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(out.status)
		_, _ = w.Write([]byte("<html><body>Request blocked: session_expired</body></html>"))
	default:
		if out.status == http.StatusTooManyRequests {
			w.Header().Set("Retry-After", fmt.Sprint(int(out.after.Seconds())))
		}
		answer(w, out.status, out.body)
	}
}

func (m *MyCAC) route(r *http.Request, what string, body []byte, query *cacQuery) said {
	isLogin := what == "login" || what == "login/confirm"
	fault := pick(&m.faults, func(f *Fault) bool { return isLogin && (f.Kind == LostReply || f.Kind == ServerError) })
	if fault != nil && fault.Kind == ServerError {
		return refused(http.StatusServiceUnavailable, "unavailable")
	}
	var out said
	switch what {
	case "login":
		out = m.login(body)
	case "login/confirm":
		out = m.confirm(body)
	default:
		return m.read(bearer(r), what, body, query)
	}
	if fault != nil {
		out.cut = true
	}
	return out
}

// read answers what needs a session.
func (m *MyCAC) read(token, what string, body []byte, query *cacQuery) said {
	session := m.sessions.values[token]
	if session == nil || m.options.Now().After(session.expires) {
		return refused(http.StatusUnauthorized, "session_expired")
	}
	if what == "step-up" {
		return m.confirmStepUp(session, body)
	}
	if json.Unmarshal(body, query) != nil || query.Page < 0 {
		return refused(http.StatusBadRequest, "invalid_request")
	}
	query.Page = max(query.Page, 1)
	a := m.accounts[query.Account]
	if a == nil || !slices.Contains(session.holder.Accounts, query.Account) {
		return refused(http.StatusForbidden, "account_not_in_consent")
	}
	fault := m.strike(what, a, query)
	if fault != nil {
		if no, ok := m.takePlace(fault, session); ok {
			return no
		}
	}
	switch what {
	case "statement":
		if query.From == "" || query.To == "" {
			return refused(http.StatusBadRequest, "invalid_request")
		}
		return said{status: http.StatusOK, body: m.statementPage(a, query, fault)}
	case "balance":
		return said{status: http.StatusOK, body: map[string]any{
			"account_id": a.id, "currency": a.currency, "balance": a.decimal(a.balance()), "as_of": m.options.Now().UTC().Format(time.RFC3339),
		}}
	case string(StandingOrders), string(Loans), string(WalletLedger), string(Bills), string(CrossBorder):
		items := a.lists[List(what)]
		from, to := m.bounds(len(items), query.Page)
		page := map[string]any{"account_id": a.id, "currency": a.currency, "page": query.Page}
		entries := make([]map[string]any, 0, to-from)
		for _, entry := range items[from:to] {
			entries = append(entries, maps.Clone(entry))
		}
		page["items"] = entries
		fault.spoil(page, entries)
		return said{status: http.StatusOK, body: page}
	}
	return refused(http.StatusNotFound, "not_found")
}

// bounds of a page.
func (m *MyCAC) bounds(count, page int) (from, to int) {
	from = min((page-1)*m.options.PageSize, count)
	return from, min(from+m.options.PageSize, count)
}

// strike picks the fault of a read, nil for none.
func (m *MyCAC) strike(what string, a *cacAccount, query *cacQuery) *Fault {
	_, lines := a.statement(query.From, query.To, query.Channels)
	from, to := m.bounds(len(lines), query.Page)
	return pick(&m.faults, func(f *Fault) bool {
		switch f.Kind {
		case LostReply, OTPLockOut:
			return false
		case LostLine, DoubledLine:
			if what != "statement" || from == to || f.Line > 0 && (f.Line <= from || f.Line > to) {
				return false
			}
		case RepeatPage, PageBackwards:
			if what != "statement" || query.Page < 2 || from == to {
				return false
			}
		case LateRefund:
			if what != "statement" || len(lines) == 0 {
				return false
			}
		case OtherLine, Fraction, Drift, ShortPage:
			if what != "statement" || from == to {
				return false
			}
		}
		return f.Wallet == "" || f.Wallet == a.id
	})
}

// takePlace answers with a fault that takes the place of an answer.
func (m *MyCAC) takePlace(fault *Fault, session *cacSession) (said, bool) {
	switch fault.Kind {
	case ExpiredToken:
		session.expires = m.options.Now().Add(-time.Second)
		return refused(http.StatusUnauthorized, "session_expired"), true
	case StepUpAsked:
		return m.askStepUp(session), true
	case ServerError:
		return refused(http.StatusServiceUnavailable, "unavailable"), true
	case RateLimit:
		no := refused(http.StatusTooManyRequests, "rate_limited")
		no.after = fault.RetryAfter
		return no, true
	case Firewall:
		return said{status: http.StatusForbidden, html: true}, true
	case Hang:
		return said{cut: true, after: time.Second}, true
	case Reset:
		return said{cut: true}, true
	}
	return said{}, false
}

// statementPage answers a page of a statement.
func (m *MyCAC) statementPage(a *cacAccount, query *cacQuery, fault *Fault) map[string]any {
	if fault != nil && fault.Kind == LateRefund {
		m.refundLate(a, query.To)
	}
	opening, lines := a.statement(query.From, query.To, query.Channels)
	closing := opening
	for _, line := range lines {
		closing += line.Amount
	}
	if m.options.NewestFirst {
		lines = slices.Clone(lines)
		slices.Reverse(lines)
	}
	number := query.Page
	from, to := m.bounds(len(lines), number)
	if fault != nil {
		switch fault.Kind {
		case RepeatPage:
			from, to = m.bounds(len(lines), number-1)
		case PageBackwards:
			number--
			from, to = m.bounds(len(lines), number)
		}
	}
	items := make([]map[string]any, 0, to-from+1)
	for i, line := range lines[from:to] {
		item := a.wire(line)
		struck := fault != nil && (fault.Line == from+i+1 || fault.Line == 0 && i == (to-from)/2)
		if struck && fault.Kind == LostLine {
			continue
		}
		items = append(items, item)
		if struck && fault.Kind == DoubledLine {
			items = append(items, maps.Clone(item))
		}
	}
	page := map[string]any{"account_id": a.id, "currency": a.currency, "page": number, "items": items}
	if m.options.Balances {
		page["opening_balance"], page["closing_balance"] = a.decimal(opening), a.decimal(closing)
	}
	fault.spoil(page, items)
	return page
}

// spoil changes an answer.
func (f *Fault) spoil(page map[string]any, items []map[string]any) {
	if f == nil {
		return
	}
	switch f.Kind {
	case OtherAccount:
		page["account_id"] = "DJ81-OF-SOMEBODY-ELSE"
	case OtherCurrency:
		page["currency"] = "XOF"
	case OtherLine:
		items[len(items)-1]["account_id"] = "DJ81-OF-SOMEBODY-ELSE"
	case Fraction:
		items[len(items)-1]["amount"] = json.Number("10.505")
	case Drift:
		for _, item := range items {
			f.Change(item)
		}
	}
}

// wire is a line as it is answered.
func (a *cacAccount) wire(line MyCACLine) map[string]any {
	item := map[string]any{
		"tx_id": line.TxID, "value_date": line.ValueDate, "amount": a.decimal(line.Amount), "channel": line.Channel,
		"counterparty": line.Counterparty, "balance_after": a.decimal(line.BalanceAfter),
	}
	if line.Original != "" {
		item["original_tx_id"] = line.Original
	}
	return item
}

// decimal writes an amount as the gateway does: with two decimals also where the currency has none.
func (a *cacAccount) decimal(minor int64) json.Number {
	sign, digits := "", fmt.Sprint(minor)
	if minor < 0 {
		sign, digits = "-", digits[1:]
	}
	for len(digits) <= a.decimals {
		digits = "0" + digits
	}
	whole, fraction := digits[:len(digits)-a.decimals], digits[len(digits)-a.decimals:]
	for len(fraction) < 2 {
		fraction += "0"
	}
	return json.Number(sign + whole + "." + fraction)
}
