package walletsync

import (
	"fmt"
	"slices"
	"time"

	"github.com/djamo/djamo-go/openfinance/wallet"
)

// reconcile ends a reading that began anew: what came before it and did not come again has vanished. What an abandoned update
// had only changed goes back to what it was.
//
// A pending item that came, and was left out for a posted one that vanished, is current after all: again is true then, and the
// reading must begin once more.
func reconcile(tx Tx, now time.Time, final func(string) bool) (removed int, again bool, err error) {
	state := tx.State()
	if state.ReconFrom < 0 {
		return 0, false, nil
	}
	missing, err := unseen(tx, state.ReconFrom, state.Pass)
	if err != nil {
		return 0, false, err
	}
	a := &application{
		tx:      tx,
		state:   state,
		source:  history,
		now:     now,
		final:   final,
		items:   map[string]StoredItem{},
		touched: map[string]bool{},
		missing: make(map[string]*UnseenItem, len(missing)),
	}
	for i := range missing {
		a.missing[missing[i].ID] = &missing[i]
	}
	for _, gone := range []Gone{Current, Replaced} { // what was replaced by an item that vanishes is settled with that
		for _, stored := range missing {
			if stored.Gone != gone || a.touched[stored.ID] {
				continue
			}
			if err := a.vanish(stored.StoredItem); err != nil {
				return 0, false, err
			}
		}
	}
	if a.again {
		state.Cursor, state.InStep = state.FirstCursor, false
		state.Pass++
	} else {
		state.ReconFrom = -1
	}
	return a.changed, a.again, a.write()
}

// beginAgain has a reading of everything begin again when its first page comes once more, for the answer before led nowhere, and
// an item of that answer is not in it. A gateway refuses a cursor whose pages changed since. It cannot do so where none is sent.
func (r *request) beginAgain(tx Tx, page *received) error {
	s := tx.State()
	came, err := unseen(tx, s.Pass, s.Pass+1)
	if err != nil || len(came) == 0 {
		return err
	}
	comes := make(map[string]bool, len(page.Items))
	for _, item := range page.Items {
		comes[item.ID] = true
	}
	if !slices.ContainsFunc(came, func(stored UnseenItem) bool { return !comes[stored.ID] }) {
		return nil
	}
	fromBeginning(s)
	r.memory.confirming[live] = 0 // this answer contradicts those that seemed to be the end
	return nil
}

// vanish takes out what did not come again, and lets go what it had replaced.
func (a *application) vanish(stored StoredItem) error {
	before, ok, err := a.before(&stored)
	switch {
	case err != nil:
		return err
	case ok && stored.Gone == Current:
		return a.restore(stored, before)
	case ok && stored.Seen >= standing: // it is there, by history, and comes back when what replaces it vanishes
		event, err := storedEvent(before)
		if err != nil {
			return err
		}
		stored.Seen = 0
		a.put(stored)
		return a.letGo(stored.ID, before.Seq, event.PendingID)
	case stored.Gone == Replaced && stored.Version > 0 && stored.Seq <= a.state.FirstSeq: // it was, before the update that is given up
		if stored.Seen >= standing {
			stored.Seen = 0
			a.put(stored)
		}
		return nil
	case stored.Gone == Replaced:
		return a.letGo(stored.ID, 0, "")
	}
	if err := a.remove(&stored); err != nil {
		return err
	}
	a.put(stored)
	return a.letGo(stored.ID, 0, "")
}

// letGo ends that an item replaces others: those that it has replaced since a seq, but for the one that it still names. Another that
// names one of them takes its place.
// One of them that is not current either replaces nobody any more: it will when it comes again, and if it does not, what it had
// replaced is current.
func (a *application) letGo(id string, since int64, named string) error {
	replaced, err := a.withBy(id)
	if err != nil {
		return err
	}
	for _, pending := range replaced {
		if pending.Gone != Replaced || pending.ID == named || pending.Version > 0 && pending.Seq <= since {
			continue
		}
		if pending.By, err = a.heir(pending.ID); err != nil {
			return err
		}
		if pending.By != "" {
			a.put(pending)
			continue
		}
		if pass, _ := pending.seen(); pass == a.state.Pass {
			a.again = true // it came, and was left out
		}
		before, ok, err := a.before(&pending)
		if err == nil && ok {
			err = a.restore(pending, before)
		} else if err == nil {
			pending.Gone = Vanished
			a.put(pending)
			err = a.letGo(pending.ID, 0, "")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// heir finds the first of the items that name a pending one which another replaced, and that may be relied on.
func (a *application) heir(pending string) (string, error) {
	others, err := a.withBy(pending)
	if err != nil {
		return "", err
	}
	for _, other := range others {
		if other.Gone != Current {
			continue
		}
		if remains, err := a.remains(other.ID); err != nil || remains {
			return other.ID, err
		}
	}
	return "", nil
}

// withBy lists the items that have one in By, as they are by now.
func (a *application) withBy(id string) ([]StoredItem, error) {
	if missing := a.missing[id]; missing != nil && !missing.Replaces {
		return nil, nil
	}
	list, err := a.tx.WithBy(id)
	for i := range list {
		if put, ok := a.items[list[i].ID]; ok {
			list[i] = put
		}
	}
	return slices.DeleteFunc(list, func(i StoredItem) bool { return i.By != id }), err
}

// restore gives an item the content of a change before. What it replaced since is let go.
func (a *application) restore(stored StoredItem, before Change) error {
	event, err := storedEvent(before)
	if err != nil {
		return err
	}
	if pass, stands := stored.seen(); stands > 0 && pass >= a.state.firstPass() {
		stored.Seen = 0 // the feed does not show it
	}
	if stored.By != event.PendingID {
		stored.By = ""
	}
	hash := wallet.Hash(before.Raw)
	if stored.Gone == Current && stored.Hash == hash {
		a.put(stored)
		return a.letGo(stored.ID, before.Seq, event.PendingID)
	}
	kind := Added
	if stored.Gone == Current {
		kind = Modified
		a.uncount(stored.Amount)
	}
	a.count(event.Amount)
	stored.Hash, stored.Amount, stored.Final, stored.Gone = hash, event.Amount, a.final(event.Status), Current
	stored.Version++
	a.change(kind, &stored, before.Raw)
	a.put(stored)
	return a.letGo(stored.ID, before.Seq, event.PendingID)
}

// storedEvent is what a change brought.
func storedEvent(change Change) (wallet.Event, error) {
	event, err := wallet.DecodeEvent(change.Raw)
	if err != nil {
		err = fmt.Errorf("walletsync: the stored item %s: %w", change.ID, err)
	}
	return event, err
}
