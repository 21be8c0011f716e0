package walletsync

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/djamo/djamo-go/openfinance/wallet"
)

// cursor of a feed, or of history.
func (f *account) cursor(prefix string, at int) string {
	return fmt.Sprintf("%s:%d:%d:%d", prefix, f.generation, at, len(f.changed))
}

// place is where a cursor stands; false: the gateway does not know it.
func (f *account) place(cursor, prefix string) (at int, ok bool) {
	var generation, changes int
	_, err := fmt.Sscanf(cursor, prefix+":%d:%d:%d", &generation, &at, &changes)
	return at, err == nil && generation == f.generation
}

// pagesChanged reports whether pages before a cursor have changed since it was given.
func (f *account) pagesChanged(cursor string, at int) bool {
	var prefix rune
	var generation, place, changes int
	_, _ = fmt.Sscanf(cursor, "%c:%d:%d:%d", &prefix, &generation, &place, &changes)
	return slices.ContainsFunc(f.changed[changes:], func(from int) bool { return at > from || prefix == 'h' && at > 0 })
}

// version appends another version of an item.
func (f *account) version(item wallet.Item, old, replacement string) {
	event, err := wallet.DecodeEvent([]byte(strings.Replace(string(item.Raw), old, replacement, 1)))
	if err == nil && string(event.Raw) != string(item.Raw) {
		f.log = append(f.log, wallet.Item{Event: event})
	}
}

// versions are all of an item.
func (f *account) versions(id string) []wallet.Item {
	return slices.DeleteFunc(slices.Concat(f.history, f.log), func(i wallet.Item) bool { return i.ID != id })
}

// confuse has the gateway do what it rarely does.
func (w *world) confuse(id string, n int) {
	f := w.feeds[id]
	if len(f.log) == 0 {
		return
	}
	versions := f.versions(f.log[w.random.IntN(len(f.log))].ID)
	latest := versions[len(versions)-1]
	final := slices.ContainsFunc(versions, func(i wallet.Item) bool { return i.Status == "settled" })
	switch {
	case n == 21: // pages change while they are read, also after history has brought what they have
		if w.random.IntN(2) == 0 {
			w.readHistoryAgain(id)
			for range 5 {
				w.stepHistory(id)
			}
			w.check(w.t, id)
		}
		w.mutate(id)
	case n == 22 && !final: // the amount has another sign
		old := fmt.Sprintf(`"amount_minor":%d`, latest.Amount)
		f.version(latest, old, fmt.Sprintf(`"amount_minor":%d`, -latest.Amount))
	case n == 23: // posted under the id that it had, and pending again
		f.version(latest, `"status":"pending"`, `"status":"settled"`)
	case n == 24:
		f.version(latest, `"status":"settled"`, `"status":"pending"`)
	case n == 25: // what history has changes in the feed
		old := f.versions(f.history[w.random.IntN(len(f.history))].ID)
		f.version(old[len(old)-1], `"type":"`, `"type":"x`)
	case n == 27: // the latest days are read again
		w.readHistoryAgain(id)
	case n == 26: // an item names another as its pending one only in a later version
		pending := f.log[w.random.IntN(len(f.log))].ID
		names := slices.ContainsFunc(f.versions(pending), func(i wallet.Item) bool { return i.PendingID != "" })
		if latest.PendingID == "" && pending != latest.ID && len(versions) == 1 && !names {
			f.version(latest, `"type":"`, `"pending_id":"`+pending+`","type":"`)
		}
	}
}

// given reports whether an item is one of history, whatever a reading of the feed that has not come to its end has shown of it.
func given(k *kept, item *StoredItem) bool {
	pass, stands := item.seen()
	return pass == 0 || stands > 0 && !k.state.InStep && pass >= k.state.firstPass()
}

// vanish takes an item away, in all its versions.
func (w *world) vanish(id string) {
	f := w.feeds[id]
	gone := f.log[w.random.IntN(len(f.log))].ID
	k := w.store.wallets[id]
	if stored, ok := k.items[gone]; ok && given(k, &stored) || f.past(gone) {
		return // it came by history alone, of which the feed says nothing
	}
	f.log = slices.DeleteFunc(f.log, func(i wallet.Item) bool { return i.ID == gone })
	f.last, f.changed = nil, nil
	f.generation++
}

// lastChange is the latest of an item up to a seq.
func (k *kept) lastChange(id string, upTo int64) Change {
	for ; upTo > 0; upTo-- {
		if change := k.changes[upTo-1]; change.ID == id {
			return change
		}
	}
	return Change{}
}

// past reports whether history alone has an item.
func (f *account) past(id string) bool {
	return slices.ContainsFunc(f.history, func(i wallet.Item) bool { return i.ID == id })
}

// mutate takes an item out of the pages that are being read, and says so when the next of them is asked for. An item that history has
// brought meanwhile stays there.
func (w *world) mutate(id string) {
	f, k := w.feeds[id], w.store.wallets[id]
	at, ok := f.place(k.state.Cursor, "f")
	ok = ok && !f.pagesChanged(k.state.Cursor, at)
	first := 0
	if k.state.FirstCursor != "" {
		var known bool
		first, known = f.place(k.state.FirstCursor, "f")
		ok = ok && known && !f.pagesChanged(k.state.FirstCursor, first)
	}
	if !ok || k.state.InStep || at <= first {
		return
	}
	archived := func(i wallet.Item) bool {
		isContested := f.namedBy(i.PendingID) > 1 && f.namedBy(i.ID) > 0
		versions := f.versions(i.ID)
		return f.given[i.ID] == string(versions[len(versions)-1].Raw) && k.items[i.ID].Gone == Current && !isContested &&
			!slices.ContainsFunc(slices.Concat(f.history, f.log[:first]), func(older wallet.Item) bool { return older.ID == i.ID })
	}
	from := first + w.random.IntN(at-first)
	if rare := slices.IndexFunc(f.log[first:at], archived); rare >= 0 {
		from = first + rare
	}
	gone := f.log[from]
	stored, known := k.items[gone.ID]
	archive := archived(gone)
	if !archive && (!known || f.past(gone.ID) || f.given[gone.ID] != "" || given(k, &stored)) {
		return
	}
	before := k.lastChange(gone.ID, k.state.FirstSeq)
	if before.ID != "" && !slices.ContainsFunc(slices.Concat(f.history, f.log[:first]), func(i wallet.Item) bool { return string(i.Raw) == string(before.Raw) }) {
		return // it was there before the update, which has read it again: the cursor would be lost
	}
	left := slices.DeleteFunc(slices.Concat(f.history, f.log[:first]), func(i wallet.Item) bool { return i.ID != gone.ID })
	if slices.ContainsFunc(f.versions(gone.ID), func(i wallet.Item) bool { return len(left) > 0 && i.PendingID != left[0].PendingID }) {
		return // an item that takes back only whom it replaces
	}
	from = first + slices.IndexFunc(f.log[first:], func(i wallet.Item) bool { return i.ID == gone.ID })
	count, versions := len(f.log), f.versions(gone.ID)
	latest := versions[len(versions)-1]
	f.log = append(slices.Clone(f.log[:from]), slices.DeleteFunc(slices.Clone(f.log[from:]), func(i wallet.Item) bool {
		return i.ID == gone.ID
	})...)
	f.last = nil
	f.changed = append(f.changed, from)
	w.mutated += count - len(f.log)
	if archive {
		f.history = append(f.history, latest)
		w.archived++
	}
}

// namedBy is how many items name a pending one. When the first of them vanishes, and another is replaced itself, the pending one is
// current until that other comes again, which in history is the next look back.
func (f *account) namedBy(pending string) int {
	by := map[string]bool{}
	for _, item := range slices.Concat(f.history, f.log) {
		if item.PendingID == pending && pending != "" && item.ID != pending {
			by[item.ID] = true
		}
	}
	return len(by)
}

func (w *world) readHistoryAgain(id string) {
	if s := &w.store.wallets[id].state; s.BackfillDone {
		s.BackfillCursor, s.BackfillDone, s.LookingBack = "", false, true
	}
}

// stepHistory reads history, and notes what it has brought for sure, while the feed was being read.
func (w *world) stepHistory(id string) {
	f := w.feeds[id]
	f.offered = nil
	w.forget(id)
	epoch := f.epoch
	_, _, err := w.engine.Step(context.Background(), w.readers[id], true)
	w.forget(id)
	if err != nil || w.dead || f.epoch != epoch {
		return
	}
	for _, item := range f.offered {
		f.given[item.ID] = string(item.Raw)
	}
}

// forget lets go what history brought before the feed was read to its end, or began anew.
func (w *world) forget(id string) {
	state, f := &w.store.wallets[id].state, w.feeds[id]
	if state.InStep || state.CursorEpoch != f.epoch {
		f.given, f.epoch = map[string]string{}, state.CursorEpoch
	}
}
