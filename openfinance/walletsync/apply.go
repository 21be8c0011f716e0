package walletsync

import (
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/djamo/djamo-go/openfinance/wallet"
)

// source says which way a page came.
type source int

const (
	live source = iota
	history
	file
)

// application is pages on their way into a store, together.
type application struct {
	tx      Tx
	state   *State
	source  source
	now     time.Time
	final   func(status string) bool
	items   map[string]StoredItem
	touched map[string]bool
	missing map[string]*UnseenItem // of a reading that has come to its end
	order   []string               // of the touched items
	changes []Change
	aside   []Quarantined
	good    []string // ids that were read well
	seen    []string // ids that came at all
	effects int      // how often an item was put
	changed int      // how many changes there were, also those that are written
	added   int      // how many of them added an item
	over    int      // how often the sum has gone beyond what an amount can be, and not come back
	again   bool     // what came in this reading was left out for an item that vanished
}

// prepare reads what the store has of the items of pages, with one query.
func prepare(tx Tx, pages [][]wallet.Item, from source, now time.Time, final func(string) bool) (*application, error) {
	count := 0
	for _, page := range pages {
		count += len(page)
	}
	a := &application{
		tx: tx, state: tx.State(), source: from, now: now, final: final, touched: make(map[string]bool, count),
		order: make([]string, 0, count), changes: make([]Change, 0, count), good: make([]string, 0, count), seen: make([]string, 0, count),
	}
	ids := make([]string, 0, count)
	for _, page := range pages {
		for _, item := range page {
			if item.ID != "" {
				ids = append(ids, item.ID)
			}
			if item.PendingID != "" {
				ids = append(ids, item.PendingID)
			}
		}
	}
	var err error
	a.items, err = tx.Items(unique(ids))
	return a, err
}

// page takes the items of one page: each content once, in the order of the page. write hands them over.
func (a *application) page(items []wallet.Item) error {
	for _, item := range lastOfEach(items) {
		if item.ID != "" {
			a.seen = append(a.seen, item.ID)
		}
		if err := a.item(item); err != nil {
			return err
		}
	}
	return nil
}

// lastOfEach keeps the last of the items with one id that can be read, at the place of the last, and what cannot be read.
func lastOfEach(page []wallet.Item) []wallet.Item {
	last := make(map[string]int, len(page))
	others := 0
	for i := range page {
		if page[i].ID == "" || page[i].Reason != "" {
			others++
			continue
		}
		last[page[i].ID] = i
	}
	if len(last)+others == len(page) {
		return page
	}
	kept := make([]wallet.Item, 0, len(page))
	for i, item := range page {
		if item.ID == "" || item.Reason != "" || last[item.ID] == i {
			kept = append(kept, item)
		}
	}
	return kept
}

func unique(ids []string) []string {
	slices.Sort(ids)
	return slices.Compact(ids)
}

func (a *application) item(item wallet.Item) error {
	stored, known := a.items[item.ID]
	if item.Reason != "" {
		a.aside = append(a.aside, Quarantined{ID: item.ID, Raw: item.Raw, Reason: item.Reason})
		if known && item.ID != "" {
			a.see(stored) // it came, whatever it is: it has not vanished
		}
		return nil
	}
	hash := wallet.Hash(item.Raw)
	if known {
		if stays, err := a.repeats(item, &stored, hash); stays || err != nil {
			return err
		}
	}
	kind, sum, over := Added, a.state.Sum, a.over
	if known && stored.Gone == Current {
		kind = Modified
		a.uncount(stored.Amount)
	}
	a.count(item.Amount)
	if a.over != 0 && !a.replaces(item) {
		a.state.Sum, a.over = sum, over
		a.aside = append(a.aside, Quarantined{ID: item.ID, Raw: item.Raw, Reason: beyondSum})
		if known {
			a.see(stored) // it came: what is stored of it has not vanished
		}
		return nil
	}
	before := stored
	stored = StoredItem{
		ID: item.ID, Hash: hash, Version: before.Version + 1, Seen: before.Seen, Amount: item.Amount, Final: a.final(item.Status),
	}
	a.readWell(item.ID)
	a.change(kind, &stored, item.Raw)
	switch {
	case a.source == live:
		stored.Seen = a.shown(&before)
	case kind == Added:
		stored.Seen = 0 // whatever the feed had shown of it
	default:
		stored.Seen = a.confirmed(&stored)
	}
	a.put(stored)
	if item.PendingID != "" && item.PendingID != item.ID {
		return a.replace(item.PendingID, item.ID)
	}
	return nil
}

// readWell lets an item go that was kept aside, also by an earlier page.
func (a *application) readWell(id string) {
	a.good = append(a.good, id)
	if len(a.aside) > 0 {
		a.aside = slices.DeleteFunc(a.aside, func(q Quarantined) bool { return q.ID == id })
	}
}

// claim has an item that came again replace its pending one, where another that had replaced it has vanished. So does an item that
// is replaced itself, and came after the one that replaces it: its own pending one may come last.
func (a *application) claim(item wallet.Item) error {
	pending := a.items[item.PendingID]
	if item.PendingID == "" || item.PendingID == item.ID || a.source == file || pending.Gone == Replaced && pending.By == item.ID {
		return nil
	}
	if circle, err := a.replacedBy(item.ID, item.PendingID); err != nil || circle {
		return err // items that replace each other would all be gone: one of them stays
	}
	return a.replace(item.PendingID, item.ID)
}

// replacedBy reports whether an item was replaced by another, or by one that this one replaced, and so on.
func (a *application) replacedBy(id, other string) (bool, error) {
	const maxChain = 100 // of a chain that anybody means
	for range maxChain {
		stored, err := a.stored(id)
		switch {
		case err != nil:
			return false, err
		case stored.Gone != Replaced:
			return false, nil
		case stored.By == other:
			return true, nil
		}
		id = stored.By
	}
	return true, nil
}

// stored is an item, also one that is not of these pages.
func (a *application) stored(id string) (StoredItem, error) {
	if stored, known := a.items[id]; known {
		return stored, nil
	}
	found, err := a.tx.Items([]string{id})
	return found[id], err
}

// remains reports whether an item that replaces another may be relied on: it has not vanished, and is not one that came before a
// reading began anew and has not come again so far. History that brought it vouches for it, unless the feed took it over since.
func (a *application) remains(id string) (bool, error) {
	stored, err := a.stored(id)
	pass, stands := stored.seen()
	s := a.state
	vouched := pass == 0 || pass >= s.firstPass() && stands >= stored.Seq
	return stored.Gone != Vanished && (s.ReconFrom < 0 || vouched || pass < s.ReconFrom || pass == s.Pass), err
}

// see notes that an item came without a change. That is written only where it matters.
func (a *application) see(stored StoredItem) {
	if a.source != live {
		a.confirm(stored)
		return
	}
	if pass, _ := stored.seen(); pass == a.state.Pass || pass != 0 && a.state.ReconFrom < 0 {
		return
	}
	stored.Seen = a.shown(&stored)
	a.put(stored)
}

func (a *application) put(stored StoredItem) {
	a.effects++
	if !a.touched[stored.ID] {
		a.touched[stored.ID] = true
		a.order = append(a.order, stored.ID)
	}
	a.items[stored.ID] = stored
}

// change appends to the feed and counts what is current.
func (a *application) change(kind Kind, stored *StoredItem, raw json.RawMessage) {
	a.state.Seq++
	stored.Seq = a.state.Seq
	switch kind {
	case Added:
		a.state.Items++
		a.added++
	case Removed:
		a.state.Items--
	case Modified:
	}
	a.changed++
	a.changes = append(a.changes, Change{
		Wallet: a.state.Wallet, Seq: stored.Seq, Kind: kind, ID: stored.ID, Version: stored.Version, Raw: raw,
	})
}

// replace takes a pending item out for the posted one that names it. Of several that name it the first does, as long as it remains:
// of another it is noted that it would.
func (a *application) replace(pending, by string) error {
	stored, known := a.items[pending]
	switch {
	case !known:
		a.put(StoredItem{ID: pending, Gone: Replaced, By: by})
		return nil
	case stored.Gone == Replaced && stored.By != by:
		remains, err := a.remains(stored.By)
		if other := a.items[by]; remains && other.Gone == Current && other.By != pending {
			other.By = pending
			a.put(other)
		}
		if err != nil || remains {
			return err
		}
	case stored.Gone == Current:
		if err := a.remove(&stored); err != nil {
			return err
		}
	}
	stored.Gone, stored.By = Replaced, by
	a.put(stored)
	return nil
}

// remove takes a current item out. The caller says why and puts it.
func (a *application) remove(stored *StoredItem) error {
	raw, err := a.body(stored)
	if err != nil {
		return err
	}
	a.uncount(stored.Amount)
	stored.Version++
	stored.Gone, stored.By = Vanished, ""
	a.change(Removed, stored, raw)
	return nil
}

// body is the content that the latest change of an item brought.
func (a *application) body(stored *StoredItem) (json.RawMessage, error) {
	if first := a.state.Seq - int64(len(a.changes)); stored.Seq > first {
		return a.changes[stored.Seq-first-1].Raw, nil
	}
	if missing := a.missing[stored.ID]; missing != nil && missing.Seq == stored.Seq && missing.Raw != nil {
		return missing.Raw, nil
	}
	change, err := a.tx.Change(stored.Seq)
	return change.Raw, err
}

const beyondSum = "the sum of the wallet would be beyond what an amount can be"

// errSum is pages that take items out so that the sum would be beyond what an amount can be. Nothing of them is stored.
var errSum = errors.New("walletsync: " + beyondSum)

// count adds an amount to the sum. It may go beyond what an amount can be and come back, as where an item comes before the one that
// it replaces goes: write says no when it has not come back.
func (a *application) count(amount int64) {
	sum, ok := wallet.Add(a.state.Sum, amount)
	a.state.Sum = sum
	switch {
	case ok:
	case amount > 0:
		a.over++
	default:
		a.over--
	}
}

// uncount takes an amount out of the sum.
func (a *application) uncount(amount int64) {
	sum, ok := wallet.Sub(a.state.Sum, amount)
	a.state.Sum = sum
	switch {
	case ok:
	case amount > 0:
		a.over--
	default:
		a.over++
	}
}

// replaces reports whether an item will take a current one out.
func (a *application) replaces(item wallet.Item) bool {
	pending, known := a.items[item.PendingID]
	return known && item.PendingID != item.ID && pending.Gone == Current
}

// write hands over what was gathered, and begins to gather anew.
func (a *application) write() error {
	if a.over != 0 {
		return errSum
	}
	saved := make([]StoredItem, 0, len(a.order))
	for _, id := range a.order {
		saved = append(saved, a.items[id])
	}
	if len(saved) > 0 {
		if err := a.tx.Save(saved); err != nil {
			return err
		}
	}
	if len(a.changes) > 0 {
		if err := a.tx.Append(a.changes); err != nil {
			return err
		}
	}
	if len(a.good) > 0 {
		if err := a.tx.Release(a.good); err != nil {
			return err
		}
	}
	if len(a.seen) > 0 {
		if err := a.tx.Met(a.seen); err != nil {
			return err
		}
	}
	aside := a.aside
	clear(a.touched)
	a.order, a.changes, a.good, a.seen, a.aside = nil, nil, nil, nil, nil
	if len(aside) > 0 {
		return a.tx.Quarantine(a.now, aside)
	}
	return nil
}
