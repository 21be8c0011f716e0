package gatewaytest

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// SalariesPath is where MyCACSalaries expects bulk salaries.
const SalariesPath = "/api/v1/mycac/payroll"

// SalaryFault is what goes wrong with bulk salaries.
type SalaryFault string

// The faults. Each strikes once for each time it is injected.
const (
	SalaryLostBefore SalaryFault = "lost before"  // a submission is cut off, and nothing is kept
	SalaryLostAfter  SalaryFault = "lost after"   // a submission is kept, and its answer is lost
	SalaryError      SalaryFault = "server error" // 503, and nothing is kept
	SalaryErrorAfter SalaryFault = "error after"  // a submission is kept, and answered 502
	SalaryNoSession  SalaryFault = "no session"   // 401
	SalaryRefused    SalaryFault = "refused"      // a submission is answered 422
	SalaryWrongPay   SalaryFault = "wrong amount" // one entry is paid with another amount
	SalaryFailure    SalaryFault = "failure"      // one entry fails
	SalaryRejected   SalaryFault = "rejected"     // the file is rejected after it was accepted
	SalaryFindError  SalaryFault = "find error"   // a question for a reference is answered 503
	SalaryHidden     SalaryFault = "hidden"       // a question for a reference that is known is answered 404
)

// MyCACSalaries plays the bulk salaries of MyCAC: a file is taken once for a reference, its entries are paid one by one, and
// confirmed in pages. It is an http.Handler for SalariesPath and what is below, and safe for concurrent use. Its ledger says who
// was paid.
type MyCACSalaries struct {
	Token      string // of the sessions that are let in; empty: any
	PageSize   int    // of confirmations; 0: 50
	PerPoll    int    // entries that are paid before each question for confirmations; 0: 2
	TakesTwice bool   // a reference that comes twice is taken twice, as by a bank that keeps no references

	mu      sync.Mutex
	batches []*salaryBatch
	faults  []SalaryFault
	asked   map[string]int
}

type salaryBatch struct {
	id, reference, digest string
	entries               []*SalaryPayment
	rejected              bool
}

// SalaryPayment is an entry as the bank holds it.
type SalaryPayment struct {
	Batch, Reference, Payee string
	Amount                  string // as the file has it
	Currency                string
	Status                  string // pending, paid, failed
	TxID                    string
}

// Inject has faults strike, each once, in the order in which they are given for its kind.
func (s *MyCACSalaries) Inject(faults ...SalaryFault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, faults...)
}

// Payments is every entry of every file that was taken.
func (s *MyCACSalaries) Payments() (all []SalaryPayment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, batch := range s.batches {
		for _, entry := range batch.entries {
			all = append(all, *entry)
		}
	}
	return all
}

// Asked is how many requests of a kind came: submit, find, confirmations.
func (s *MyCACSalaries) Asked(kind string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[kind]
}

// strikes takes a fault out of those that are to come.
func (s *MyCACSalaries) strikes(fault SalaryFault) bool {
	at := slices.Index(s.faults, fault)
	if at >= 0 {
		s.faults = slices.Delete(s.faults, at, at+1)
	}
	return at >= 0
}

// ServeHTTP implements http.Handler.
func (s *MyCACSalaries) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asked == nil {
		s.asked = map[string]int{}
	}
	rest, ours := strings.CutPrefix(r.URL.Path, SalariesPath)
	batch, isConfirmations := strings.CutSuffix(strings.TrimPrefix(rest, "/"), "/confirmations")
	switch {
	case s.Token != "" && bearer(r) != s.Token, s.strikes(SalaryNoSession):
		answer(w, http.StatusUnauthorized, map[string]any{"code": "session_expired"})
	case ours && rest == "" && r.Method == http.MethodPost:
		s.asked["submit"]++
		s.submit(w, r)
	case ours && rest == "" && r.Method == http.MethodGet:
		s.asked["find"]++
		s.find(w, r.URL.Query().Get("reference"))
	case ours && isConfirmations && r.Method == http.MethodGet:
		s.asked["confirmations"]++
		s.confirmations(w, r, batch)
	default:
		answer(w, http.StatusNotFound, map[string]any{"code": "not_found"})
	}
}

func (s *MyCACSalaries) submit(w http.ResponseWriter, r *http.Request) {
	var wire struct {
		Reference   string `json:"reference"`
		ContentType string `json:"content_type"`
		Digest      string `json:"digest"`
		File        string `json:"file"`
	}
	const maxBytes = 32 << 20
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBytes)).Decode(&wire)
	content, encoding := base64.StdEncoding.DecodeString(wire.File)
	sum := sha256.Sum256(content)
	known := slices.IndexFunc(s.batches, func(b *salaryBatch) bool { return b.reference == wire.Reference })
	switch {
	case s.strikes(SalaryLostBefore):
		cut(w)
		return
	case s.strikes(SalaryError):
		answer(w, http.StatusServiceUnavailable, map[string]any{"code": "unavailable"})
		return
	case err != nil || encoding != nil || wire.Reference == "" || wire.Digest != hex.EncodeToString(sum[:]):
		answer(w, http.StatusBadRequest, map[string]any{"code": "invalid_request", "message": "reference, file or digest cannot be"})
		return
	case s.strikes(SalaryRefused):
		answer(w, http.StatusUnprocessableEntity, map[string]any{"code": "invalid_file", "message": "line 2: the IBAN is not known"})
		return
	case known >= 0 && !s.TakesTwice:
		answer(w, http.StatusConflict, map[string]any{"code": "duplicate_reference", "batch_id": s.batches[known].id})
		return
	}
	entries, err := readSalaryFile(wire.ContentType, content)
	if err != nil {
		answer(w, http.StatusUnprocessableEntity, map[string]any{"code": "invalid_file", "message": err.Error()})
		return
	}
	batch := &salaryBatch{
		id: fmt.Sprintf("BATCH-%04d", len(s.batches)+1), reference: wire.Reference, digest: wire.Digest, entries: entries,
		rejected: s.strikes(SalaryRejected),
	}
	for _, entry := range entries {
		entry.Batch = batch.id
	}
	s.batches = append(s.batches, batch)
	switch {
	case s.strikes(SalaryLostAfter):
		cut(w)
	case s.strikes(SalaryErrorAfter):
		answer(w, http.StatusBadGateway, map[string]any{"code": "bad_gateway"})
	default:
		answer(w, http.StatusAccepted, map[string]any{
			"batch_id": batch.id, "reference": batch.reference, "status": "accepted", "entries": len(entries),
		})
	}
}

func (s *MyCACSalaries) find(w http.ResponseWriter, reference string) {
	at := slices.IndexFunc(s.batches, func(b *salaryBatch) bool { return b.reference == reference })
	switch {
	case s.strikes(SalaryFindError):
		answer(w, http.StatusServiceUnavailable, map[string]any{"code": "unavailable"})
	case at < 0, s.strikes(SalaryHidden):
		answer(w, http.StatusNotFound, map[string]any{"code": "batch_unknown"})
	default:
		b := s.batches[at]
		answer(w, http.StatusOK, map[string]any{"batch_id": b.id, "reference": b.reference, "digest": b.digest, "status": "processing"})
	}
}

// confirmations pays some more entries and tells of all of them.
func (s *MyCACSalaries) confirmations(w http.ResponseWriter, r *http.Request, id string) {
	at := slices.IndexFunc(s.batches, func(b *salaryBatch) bool { return b.id == id })
	page, err := strconv.Atoi(r.URL.Query().Get("page"))
	if at < 0 || err != nil || page < 1 {
		answer(w, http.StatusNotFound, map[string]any{"code": "batch_unknown"})
		return
	}
	batch := s.batches[at]
	if page == 1 {
		s.pay(batch)
	}
	size := s.PageSize
	if size <= 0 {
		size = 50
	}
	from := min((page-1)*size, len(batch.entries))
	to := min(from+size, len(batch.entries))
	items := make([]map[string]any, 0, size)
	for _, entry := range batch.entries[from:to] {
		items = append(items, map[string]any{
			"reference": entry.Reference, "status": entry.Status, "tx_id": entry.TxID, "amount": json.RawMessage(entry.Amount),
			"currency": entry.Currency,
		})
	}
	body := map[string]any{"batch_id": id, "page": page, "status": "processing", "items": items}
	if batch.rejected {
		body["status"], body["reason"] = "rejected", "the account does not cover it"
	}
	if to < len(batch.entries) {
		body["next_page"] = page + 1
	}
	answer(w, http.StatusOK, body)
}

func (s *MyCACSalaries) pay(batch *salaryBatch) {
	left := s.PerPoll
	if left <= 0 {
		left = 2
	}
	for i, entry := range batch.entries {
		if entry.Status != "pending" || batch.rejected || left == 0 {
			continue
		}
		left--
		entry.Status, entry.TxID = "paid", fmt.Sprintf("PAY-%s-%d", batch.id, i+1)
		if s.strikes(SalaryFailure) {
			entry.Status = "failed"
		}
		if s.strikes(SalaryWrongPay) {
			entry.Amount = "1" + entry.Amount
		}
	}
}

// readSalaryFile reads the two formats of this project.
func readSalaryFile(contentType string, content []byte) (entries []*SalaryPayment, err error) {
	if strings.HasPrefix(contentType, "application/json") {
		var file struct {
			Currency string `json:"currency"`
			Entries  []struct {
				Reference string          `json:"reference"`
				IBAN      string          `json:"iban"`
				Phone     string          `json:"phone"`
				Amount    json.RawMessage `json:"amount"`
			} `json:"entries"`
		}
		if err := json.Unmarshal(content, &file); err != nil {
			return nil, errors.New("the file is broken")
		}
		for _, e := range file.Entries {
			entries = append(entries, &SalaryPayment{
				Reference: e.Reference, Payee: e.IBAN + e.Phone, Amount: string(e.Amount), Currency: file.Currency, Status: "pending",
			})
		}
		return entries, nil
	}
	rows, err := csv.NewReader(strings.NewReader(string(content))).ReadAll()
	if err != nil || len(rows) == 0 || len(rows[0]) != 7 {
		return nil, errors.New("the file is broken")
	}
	for _, row := range rows[1:] {
		entries = append(entries, &SalaryPayment{Reference: row[0], Payee: row[2] + row[3], Amount: row[4], Currency: row[5], Status: "pending"})
	}
	return entries, nil
}
