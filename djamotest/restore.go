package djamotest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/url"
	"slices"
	"time"
)

// Restore puts the account of a snapshot in the place of the API's, clock included: time goes on from the moment at which
// the snapshot was taken. Faults and the history of requests end. A snapshot of another version, with an unknown field, or
// whose books do not balance is misuse, and then nothing changes.
func (a *API) Restore(raw []byte) error {
	t := a.test.tb()
	t.Helper()
	l, err := a.load(raw)
	if err != nil {
		return misuse(t, "Restore: %w; nothing was changed", err)
	}
	a.ClearFaults()
	a.mu.Lock()
	a.seed.Store(l.Seed)
	_ = a.random.UnmarshalBinary(l.Random) // load has tried it
	a.clock.last = l.At.UnixNano()
	a.clock.offset = l.At.Sub(a.clock.base())
	a.replace(l.state)
	for _, d := range l.waiting {
		due := d.due
		a.file(d)
		a.enqueue(d, due)
		a.heldBack = a.heldBack || d.held
	}
	if len(a.endpoints) > 0 {
		a.startBackground()
	}
	a.mu.Unlock()
	a.journal.continueAfter(l.Requests)
	return nil
}

// continueAfter makes the numbers of requests go on after those that a ledger names.
func (l *requestLog) continueAfter(number int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.ring) == 0 {
		l.count = max(l.count, number)
		l.base, l.whole = l.count, l.count
	}
}

// loading is a snapshot on its way to a state.
type loading struct {
	accountSnapshot
	state

	table     []route
	batchByID map[string]*batch
	subByID   map[string]*subCompany
	waiting   []*delivery
	ids       map[string]bool
	last      int64
}

func (a *API) load(raw []byte) (*loading, error) {
	l := &loading{
		state: newState(&config{}), table: a.table, batchByID: map[string]*batch{}, subByID: map[string]*subCompany{},
		ids: map[string]bool{},
	}
	var kind struct {
		Format  string `json:"format"`
		Version int    `json:"version"`
	}
	if err := json.Unmarshal(raw, &kind); err != nil {
		return nil, fmt.Errorf("not readable as JSON: %w", err)
	}
	if kind.Format != snapshotFormat {
		return nil, fmt.Errorf("format %q: this is no snapshot of a djamotest account", kind.Format)
	}
	if kind.Version != snapshotVersion {
		return nil, fmt.Errorf("version %d: this program reads version %d; take the snapshot again with it", kind.Version, snapshotVersion)
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&l.accountSnapshot); err != nil { //nolint:musttag // an attempt is read as it is written
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the snapshot")
	}
	if err := new(rand.PCG).UnmarshalBinary(l.Random); err != nil {
		return nil, fmt.Errorf("random: %w", err)
	}
	for _, step := range []func() error{l.settings, l.companies, l.transfers, l.readCharges, l.readLedger, l.webhooks} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	books := &API{state: l.state, table: l.table}
	books.seed.Store(l.Seed)
	if problems := books.audit(); len(problems) > 0 {
		return nil, errors.New("the books do not balance: " + problems[0])
	}
	return l, nil
}

// lastYear is the last one whose moments all fit into nanoseconds since 1970.
const lastYear = 2261

func (l *loading) settings() error {
	s := &l.accountSnapshot
	switch {
	case s.At.Year() < 1970 || s.At.Year() > lastYear:
		return fmt.Errorf("at: want the moment of the snapshot, between 1970 and %d", lastYear)
	case s.Requests < 0:
		return errors.New("requests: must not be negative")
	case s.Start < 0 || s.Start > maxAmount || s.Balance < 0:
		return errors.New("startBalance and balance: want francs, 0 or more")
	case s.SettleAfter < 0:
		return errors.New("settleAfter: must not be negative")
	case s.Everybody && len(s.Customers) > 0:
		return errors.New("customers: must be empty where everybodyHasAccount")
	}
	l.start, l.balance, l.manual, l.settleAfter = s.Start, s.Balance, !s.Automatic, s.SettleAfter
	if !s.Everybody {
		l.customers = make(map[string]bool)
	}
	for i, m := range s.Customers {
		if !validMSISDN(m) {
			return fmt.Errorf("customers[%d]: %s is no phone number in E.164 form", i, maskMSISDN(m))
		}
		l.customers[m] = true
	}
	for m, reason := range s.Failing {
		if !validMSISDN(m) || reason == "" {
			return fmt.Errorf("failing: %s: want a phone number in E.164 form and a reason", maskMSISDN(m))
		}
		l.failing[m] = reason
	}
	return nil
}

// at checks a moment: within the snapshot's time and not before the one that came before it.
func (l *loading) at(what string, t time.Time) (int64, error) {
	n := t.UnixNano()
	if t.IsZero() || n <= 0 || t.After(l.At) || n < l.last {
		return 0, fmt.Errorf("%s: %s is out of order, or after the snapshot was taken", what, t.Format(time.RFC3339Nano))
	}
	l.last = n
	return n, nil
}

// id checks that an id is there and was not seen before.
func (l *loading) id(what, id string) error {
	if id == "" || l.ids[id] {
		return fmt.Errorf("%s: the id %q is empty or appears twice", what, id)
	}
	l.ids[id] = true
	return nil
}

func (l *loading) companies() error {
	for i, s := range l.SubCompanies {
		what := fmt.Sprintf("subCompanies[%d]", i)
		if err := l.id(what, s.ID); err != nil {
			return err
		}
		if s.Name == "" || s.UpdatedAt.Before(s.CreatedAt) {
			return fmt.Errorf("%s: want a name, and updatedAt not before createdAt", what)
		}
		c := &subCompany{s.ID, s.Name, s.LogoURL, s.Active, s.CreatedAt.UnixNano(), s.UpdatedAt.UnixNano()}
		l.subCompanies, l.subByID[s.ID] = append(l.subCompanies, c), c
	}
	for i, s := range l.Batches {
		what := fmt.Sprintf("batches[%d]", i)
		if err := l.id(what, s.ID); err != nil {
			return err
		}
		if s.SubCompanyID != "" && l.subByID[s.SubCompanyID] == nil {
			return fmt.Errorf("%s: there is no sub-company %q", what, s.SubCompanyID)
		}
		b := &batch{s.ID, s.CreatedAt.UnixNano(), s.TotalAmount, s.TotalFee, l.subByID[s.SubCompanyID]}
		l.batches, l.batchByID[s.ID] = append(l.batches, b), b
	}
	return nil
}

func (l *loading) transfers() error {
	l.last = 0
	for i, s := range l.Transfers {
		what := fmt.Sprintf("transfers[%d]", i)
		created, err := l.at(what+".createdAt", s.CreatedAt)
		if err == nil {
			err = l.id(what, s.ID)
		}
		if err == nil {
			err = l.checkTransfer(what, s)
		}
		if err != nil {
			return err
		}
		t := l.newTransaction()
		*t = transaction{
			amount: s.Amount, fee: s.Fee, createdAt: created, updatedAt: s.UpdatedAt.UnixNano(), request: s.Request,
			about: l.share(circumstances{
				failureReason: s.FailureReason, batch: l.batchByID[s.BatchID], subCompany: l.subByID[s.SubCompanyID],
			}),
		}
		l.setID(t, s.ID)
		t.setText(s.Reference, s.Description)
		t.setMSISDN(s.MSISDN)
		switch s.Status {
		case StatusPending:
			l.pending++
		case StatusCompleted:
			t.status = completed
		case StatusFailed:
			t.status = failed
		}
		l.add(t)
	}
	if !l.manual {
		l.queuePending()
	}
	return nil
}

func (l *loading) checkTransfer(what string, s snapshotTransfer) error {
	switch {
	case s.Reference == "":
		return fmt.Errorf("%s.reference: must not be empty", what)
	case !validMSISDN(s.MSISDN):
		return fmt.Errorf("%s.msisdn: %s is no phone number in E.164 form", what, maskMSISDN(s.MSISDN))
	case s.Amount < 1 || s.Amount > maxAmount || s.Fee < 0 || s.Fee > maxAmount:
		return fmt.Errorf("%s: amount %d and fee %d must be francs between 1, or 0, and %d", what, s.Amount, s.Fee, int64(maxAmount))
	case !slices.Contains([]string{StatusPending, StatusCompleted, StatusFailed}, s.Status):
		return fmt.Errorf("%s.status: %q is none that this program knows", what, s.Status)
	case (s.Status == StatusFailed) != (s.FailureReason != ""):
		return fmt.Errorf("%s.failureReason: a failed transfer has one, others have none", what)
	case s.BatchID != "" && l.batchByID[s.BatchID] == nil:
		return fmt.Errorf("%s.batchId: there is no batch %q", what, s.BatchID)
	case s.SubCompanyID != "" && l.subByID[s.SubCompanyID] == nil:
		return fmt.Errorf("%s.subCompanyId: there is no sub-company %q", what, s.SubCompanyID)
	case s.UpdatedAt.Before(s.CreatedAt) || s.UpdatedAt.After(l.At):
		return fmt.Errorf("%s.updatedAt: want a moment between createdAt and the snapshot", what)
	case s.Request < 0 || s.Request > l.Requests:
		return fmt.Errorf("%s.request: there were %d requests", what, l.Requests)
	}
	return nil
}

func (l *loading) webhooks() error {
	byID := map[string]*endpoint{}
	for i, s := range l.Endpoints {
		what := fmt.Sprintf("webhookEndpoints[%d]", i)
		if err := l.id(what, s.ID); err != nil {
			return err
		}
		u, err := url.Parse(s.URL)
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || topics[s.Topic] == "" {
			return fmt.Errorf("%s: want a topic that this program knows and an http or https URL", what)
		}
		e := &endpoint{s.ID, s.Topic, s.URL, s.CreatedAt.UnixNano()}
		l.endpoints, byID[s.ID] = append(l.endpoints, e), e
	}
	for i, s := range l.Waiting {
		if byID[s.EndpointID] == nil || len(s.Body) == 0 || s.Due.Year() < 1970 || s.Due.Year() > lastYear {
			return fmt.Errorf("waitingWebhooks[%d]: want the id of an endpoint, a body and a moment", i)
		}
		l.waiting = append(l.waiting, &delivery{
			objectID: s.ObjectID, status: s.Status, endpoint: byID[s.EndpointID], body: s.Body, createdAt: s.CreatedAt.UnixNano(),
			due: s.Due.UnixNano(), at: -1, held: s.Held, attempts: s.Attempts,
		})
	}
	return nil
}
