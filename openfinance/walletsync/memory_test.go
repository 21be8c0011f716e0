package walletsync

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/djamo/djamo-go/openfinance/consent"
)

// memoryStore is a Store in memory, for simulations.
type memoryStore struct {
	mu       sync.Mutex // nothing waits for time while it is held
	now      func() time.Time
	wallets  map[string]*kept
	consents map[string]consent.Record
	readers  map[string]time.Time
}

// kept is all of a wallet.
type kept struct {
	state      State
	items      map[string]StoredItem
	changes    []Change
	quarantine map[string]string // id by content
	expected   map[string]time.Time
	audits     int
	searches   int // for a change, or for what an item has replaced
}

func newMemoryStore(now func() time.Time) *memoryStore {
	return &memoryStore{now: now, wallets: map[string]*kept{}, consents: map[string]consent.Record{}, readers: map[string]time.Time{}}
}

func (s *memoryStore) Consent(_ context.Context, key string) (consent.Record, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	record, ok := s.consents[key]
	return record, ok, nil
}

func (s *memoryStore) UpdateConsent(_ context.Context, key string, change func(*consent.Record) ([]string, error)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	record := s.consents[key]
	record.Key = key
	if _, err := change(&record); err != nil {
		return err
	}
	s.consents[key] = record
	return nil
}

func (s *memoryStore) Register(_ context.Context, wallet, consentKey string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k, ok := s.wallets[wallet]; ok {
		k.state.Consent = consentKey
		return nil
	}
	s.wallets[wallet] = &kept{
		state: State{Wallet: wallet, Consent: consentKey, CursorEpoch: 1, Pass: 1, ReconFrom: -1}, items: map[string]StoredItem{},
		quarantine: map[string]string{}, expected: map[string]time.Time{},
	}
	return nil
}

func (s *memoryStore) Claim(_ context.Context, owner string, wallets []string, _ time.Duration, _ func(string) bool) ([]Lease, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var leases []Lease
	for _, id := range wallets {
		state := &s.wallets[id].state
		if state.Owner == "" || state.Owner == owner || !s.readers[state.Owner].After(s.now()) {
			state.Owner = owner
			state.Fence++
			leases = append(leases, Lease{Wallet: id, Owner: owner, Fence: state.Fence})
		}
	}
	return leases, nil
}

func (s *memoryStore) Renew(_ context.Context, owner string, ttl time.Duration) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.readers[owner].After(s.now())
	s.readers[owner] = s.now().Add(ttl)
	return kept, nil
}

func (s *memoryStore) Release(_ context.Context, owner string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.readers, owner)
	return nil
}

func (s *memoryStore) Load(_ context.Context, wallet string) (State, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, ok := s.wallets[wallet]
	if !ok {
		return State{}, ErrUnknownWallet
	}
	return k.state, nil
}

func (s *memoryStore) Update(_ context.Context, wallet string, change func(Tx) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, ok := s.wallets[wallet]
	if !ok {
		return ErrUnknownWallet
	}
	tx := &memoryTx{store: s, kept: k, state: k.state, items: map[string]StoredItem{}}
	if err := change(tx); err != nil {
		return err
	}
	k.state = tx.state
	maps.Copy(k.items, tx.items)
	k.changes = append(k.changes, tx.changes...)
	for _, id := range tx.released {
		maps.DeleteFunc(k.quarantine, func(_, of string) bool { return of == id })
	}
	for _, q := range tx.aside {
		k.quarantine[string(q.Raw)] = q.ID
	}
	for _, id := range tx.met {
		delete(k.expected, id)
	}
	k.audits += tx.audits
	return nil
}

func (s *memoryStore) Announce(_ context.Context, wallet, id string, at time.Time) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, ok := s.wallets[wallet]
	if ok {
		if _, there := k.items[id]; !there {
			k.expected[id] = at
		}
	}
	return ok, nil
}

func (s *memoryStore) Announced(context.Context, string) ([]Announced, error) { return nil, nil }
func (s *memoryStore) Touch(_ context.Context, reads []Idle) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, read := range reads {
		s.wallets[read.Wallet].state.LastOK = read.Last
	}
	return nil
}

func (s *memoryStore) Changes(_ context.Context, wallet string, after int64, limit int) ([]Change, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	changes := s.wallets[wallet].changes[after:]
	return changes[:min(limit, len(changes))], nil
}

func (s *memoryStore) Statuses(context.Context) ([]Status, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []Status
	for _, id := range slices.Sorted(maps.Keys(s.wallets)) {
		k := s.wallets[id]
		list = append(list, Status{
			State: k.state, Consent: s.consents[k.state.Consent], Expected: int64(len(k.expected)), Quarantined: int64(len(k.quarantine)),
		})
	}
	return list, nil
}

// memoryTx gathers what a transaction writes.
type memoryTx struct {
	store         *memoryStore
	kept          *kept
	state         State
	items         map[string]StoredItem
	changes       []Change
	aside         []Quarantined
	released, met []string
	audits        int
}

func (tx *memoryTx) State() *State { return &tx.state }
func (tx *memoryTx) Consent() (consent.Record, error) {
	return tx.store.consents[tx.state.Consent], nil
}

func (tx *memoryTx) item(id string) (StoredItem, bool) {
	if item, ok := tx.items[id]; ok {
		return item, true
	}
	item, ok := tx.kept.items[id]
	return item, ok
}

func (tx *memoryTx) Items(ids []string) (map[string]StoredItem, error) {
	found := map[string]StoredItem{}
	for _, id := range ids {
		if item, ok := tx.item(id); ok {
			found[id] = item
		}
	}
	return found, nil
}

func (tx *memoryTx) Save(items []StoredItem) error {
	for _, item := range items {
		tx.items[item.ID] = item
	}
	return nil
}

func (tx *memoryTx) Append(changes []Change) error {
	tx.changes = append(tx.changes, changes...)
	return nil
}

func (tx *memoryTx) list(fits func(StoredItem) bool) []StoredItem {
	var list []StoredItem
	for id := range tx.kept.items {
		if item, _ := tx.item(id); fits(item) {
			list = append(list, item)
		}
	}
	for id, item := range tx.items {
		if _, old := tx.kept.items[id]; !old && fits(item) {
			list = append(list, item)
		}
	}
	slices.SortFunc(list, func(a, b StoredItem) int { return cmp.Or(cmp.Compare(a.Seq, b.Seq), strings.Compare(a.ID, b.ID)) })
	return list
}

func (tx *memoryTx) Unseen(from, before int64, all bool) ([]UnseenItem, error) {
	replaces := map[string]bool{}
	for _, item := range tx.list(func(i StoredItem) bool { return i.By != "" }) {
		replaces[item.By] = true
	}
	changes := tx.all()
	var list []UnseenItem
	for _, item := range tx.list(func(i StoredItem) bool { return i.Gone != Vanished && i.Seen > 0 && i.Seen >= from && i.Seen < before }) {
		if item.Gone == Current || all || replaces[item.ID] {
			list = append(list, UnseenItem{item, nil, replaces[item.ID]})
			if item.Seq > 0 {
				list[len(list)-1].Raw = changes[item.Seq-1].Raw
			}
		}
	}
	return list, nil
}

func (tx *memoryTx) WithBy(id string) ([]StoredItem, error) {
	tx.kept.searches++
	return tx.list(func(i StoredItem) bool { return i.By == id }), nil
}

func (tx *memoryTx) all() []Change {
	return slices.Concat(tx.kept.changes, tx.changes)
}

func (tx *memoryTx) Change(seq int64) (Change, error) {
	tx.kept.searches++
	return tx.all()[seq-1], nil
}

func (tx *memoryTx) LastChange(id string, upTo int64) (Change, bool, error) {
	tx.kept.searches++
	all := tx.all()
	for i := min(int(upTo), len(all)) - 1; i >= 0; i-- {
		if all[i].ID == id {
			return all[i], true, nil
		}
	}
	return Change{}, false, nil
}

func (tx *memoryTx) Quarantine(_ time.Time, items []Quarantined) error {
	tx.aside = append(tx.aside, items...)
	return nil
}

func (tx *memoryTx) Release(ids []string) error {
	tx.released = append(tx.released, ids...)
	return nil
}

func (tx *memoryTx) Met(ids []string) error {
	tx.met = append(tx.met, ids...)
	return nil
}

func (tx *memoryTx) Audit(Audit) error {
	tx.audits++
	return nil
}
