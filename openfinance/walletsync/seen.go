package walletsync

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/djamo/djamo-go/openfinance/wallet"
)

// What the feed shows in a reading that is given up, for its pages changed, counts for nothing. What history or a file brings
// meanwhile does count, and so does what they had brought of an item before the feed showed it. So Seen of an item can say two
// things: in which pass the feed showed it last, and up to which change it stands without that. It does the second until a reading
// of the feed that shows the item has come to its end: from then on the item is one of the feed.
const (
	standing = 1 << 62 // in Seen: both are there
	passBits = 31
	maxHalf  = 1<<passBits - 1
)

// seenWith is what Seen says for a pass, and for the seq up to which an item stands without it; 0: it does not.
func seenWith(pass, stands int64) int64 {
	if stands <= 0 || stands > maxHalf || pass <= 0 || pass > maxHalf {
		return pass
	}
	return standing | pass<<passBits | stands
}

// seen takes apart what seenWith has put together.
func (i *StoredItem) seen() (pass, stands int64) {
	if i.Seen < standing {
		return i.Seen, 0
	}
	return (i.Seen - standing) >> passBits, i.Seen & maxHalf
}

// content is the seq up to which the latest change of an item has what it says, or said until another replaced it.
func (i *StoredItem) content() int64 {
	switch {
	case i.Gone == Current:
		return i.Seq
	case i.Gone == Replaced && i.Version > 0:
		return i.Seq - 1
	}
	return 0
}

// firstPass is the first of the reading that has not come to its end, restarts included.
func (s *State) firstPass() int64 {
	switch {
	case s.FirstSeq < 0:
		return -s.FirstSeq
	case s.ReconFrom > 0:
		return s.ReconFrom
	}
	return s.Pass
}

// shown is Seen of an item that the feed has just shown.
func (a *application) shown(before *StoredItem) int64 {
	pass, stands := before.seen()
	switch {
	case pass == 0:
		stands = before.content() // it came by history alone
	case before.Gone == Vanished:
		stands = 0
	case pass < a.state.firstPass():
		if stands = 0; before.Gone == Current && a.state.FirstSeq >= 0 && before.Seq > a.state.FirstSeq {
			stands = before.Seq // since the update began, history has brought another version
		}
	}
	return seenWith(a.state.Pass, stands)
}

// confirm notes that history or a file has brought an item, as it is stored, which the reading that has not come to its end may
// leave out.
func (a *application) confirm(stored StoredItem) {
	seen := stored.Seen
	if stored.Seen = a.confirmed(&stored); stored.Seen != seen {
		a.put(stored)
	}
}

// confirmed is Seen of an item that history or a file has just brought.
func (a *application) confirmed(stored *StoredItem) int64 {
	s := a.state
	pass, _ := stored.seen()
	switch {
	case s.InStep || pass == 0:
		return stored.Seen
	case pass >= s.firstPass():
		return seenWith(pass, stored.content())
	case s.ReconFrom == 0 && stored.content() > 0:
		return 0 // everything is read anew, and the feed has not shown it so far
	}
	return stored.Seen
}

// before finds what an item is without the reading that has not come to its end.
func (a *application) before(stored *StoredItem) (change Change, ok bool, err error) {
	upTo := max(a.state.FirstSeq, 0)
	switch pass, stands := stored.seen(); {
	case pass >= a.state.firstPass():
		upTo = max(upTo, stands)
	case pass == 0 || a.state.FirstSeq >= 0: // the reading has not shown it
		upTo = max(upTo, stored.content())
	}
	if upTo == 0 || stored.Version <= 1 && upTo < stored.Seq { // the store would look through all changes for one that is not there
		return Change{}, false, nil
	}
	change, ok, err = a.tx.LastChange(stored.ID, upTo)
	return change, ok && change.Kind != Removed, err
}

// givenUp reports whether the feed has shown an item last in a part of the reading that was given up.
func (a *application) givenUp(stored *StoredItem) bool {
	pass, _ := stored.seen()
	return a.state.ReconFrom >= 0 && pass >= a.state.firstPass() && pass < a.state.Pass
}

// contradicts reports whether an item is final with another amount. It is not where only an update that was given up said so.
func (a *application) contradicts(stored *StoredItem, amount int64) (bool, error) {
	if !stored.Final || stored.Amount == amount {
		return false, nil
	}
	if a.source != live || !a.givenUp(stored) || a.state.FirstSeq < 0 || stored.Seq <= a.state.FirstSeq {
		return true, nil
	}
	change, ok, err := a.before(stored)
	if err != nil || !ok {
		return false, err
	}
	event, err := storedEvent(change)
	return a.final(event.Status) && event.Amount != amount, err
}

// repeats takes an item that came before; it reports whether what is stored of it stays as it is.
func (a *application) repeats(item wallet.Item, stored *StoredItem, hash string) (stays bool, err error) {
	contradicts, err := a.contradicts(stored, item.Amount)
	switch {
	case err != nil:
		return false, err
	case stored.Gone == Replaced:
		a.see(*stored) // the posted item has taken its place, and it does not come back
		return true, a.claim(item)
	case stored.Gone == Vanished && a.source == file:
		return true, nil // a file is older than what the gateway says
	case stored.Gone == Current && (stored.Hash == hash || a.source == file):
		a.readWell(item.ID)
		a.see(*stored)
		return true, a.claim(item)
	case stored.Gone == Current && contradicts:
		a.aside = append(a.aside, Quarantined{
			ID: item.ID, Raw: item.Raw, Reason: fmt.Sprintf("it is final with the amount %d and comes with %d", stored.Amount, item.Amount),
		})
		a.see(*stored)
		return true, nil
	}
	return false, nil
}

// unseen lists items that the feed showed last in a pass from one on and before another, in the order of their changes. Of those that
// are replaced, it leaves out what nothing follows from: there are many, of which a feed shows only what replaced them.
func unseen(tx Tx, from, before int64) ([]UnseenItem, error) {
	items, err := tx.Unseen(from, before, false)
	if err != nil {
		return nil, err
	}
	more, err := tx.Unseen(standing|from<<passBits, standing|before<<passBits, true)
	if err != nil || len(more) == 0 {
		return items, err
	}
	items = append(items, more...)
	slices.SortStableFunc(items, func(a, b UnseenItem) int { return cmp.Compare(a.Seq, b.Seq) })
	return items, nil
}
