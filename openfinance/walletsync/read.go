package walletsync

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/djamo/djamo-go/openfinance/consent"
	"github.com/djamo/djamo-go/openfinance/wallet"
)

// Gateway answers one page in one request. wallet.Client is one.
type Gateway interface {
	Page(ctx context.Context, access wallet.Access, params wallet.PageParams) (*wallet.Page, error)
}

// request is a page that is being asked for, with the state it was asked in, and the pages that came since.
type request struct {
	lease  Lease
	state  State
	access consent.Access
	source source
	params wallet.PageParams
	memory *memory
	pages  []received

	turnedAway []turnedAway
}

// turnedAway is a use of a token that the gateway does not take any more.
type turnedAway struct {
	params wallet.PageParams
	status int
}

// received is a page that came, with what it was asked with.
type received struct {
	*wallet.Page

	params  wallet.PageParams
	changes int // that it made
	added   int // items among them
}

// last is the latest page.
func (r *request) last() *received { return &r.pages[len(r.pages)-1] }

// Pages that are read in a row, while a wallet catches up, are stored together: with a transaction for each, most of the time
// of a backfill would be that of beginning and ending transactions. More of them would gain nothing.
const (
	maxPages = 8
	maxItems = 1600
	maxBytes = 8 << 20     // of items: a gateway may make them large
	maxTurn  = time.Second // what has come by then is stored
)

// more reports whether the next page is asked for before those that came are stored. A wallet that was in step is stored at
// once: somebody waits for what has just happened.
func (r *request) more(took time.Duration) bool {
	items, size := 0, 0
	for _, page := range r.pages {
		items += len(page.Items)
		for i := range page.Items {
			size += len(page.Items[i].Raw)
		}
	}
	last := r.last()
	catchesUp := r.source == history || !r.state.InStep
	return catchesUp && !r.memory.hurry.Load() && len(r.pages) < maxPages && items < maxItems && size < maxBytes &&
		took < maxTurn && len(last.Items) > 0 && !unmoved(last.Page, last.params.Cursor)
}

// outcome is what came of storing a page.
type outcome struct {
	state   State
	changes int
	added   int // items among them
	aside   int
	removed int
	confirm bool // one more read is to confirm that this was the end
	ended   bool // the feed, or the backfill, is at its end
	resumed bool // the page brought nothing and the store was not written to
}

// guard checks in the transaction that the page may still be stored.
func (r *request) guard(tx Tx) error {
	state := tx.State()
	if state.Owner != r.lease.Owner || state.Fence != r.lease.Fence {
		return ErrLeaseLost
	}
	record, err := tx.Consent()
	switch {
	case err != nil:
		return err
	case state.Consent != r.access.Key || record.Epoch != r.access.Epoch || !record.State.Live():
		return ErrStale
	case r.source == live && (state.Cursor != r.state.Cursor || state.CursorEpoch != r.state.CursorEpoch || state.Pass != r.state.Pass):
		return ErrStale
	case r.source == history && (state.BackfillFrom != r.state.BackfillFrom || state.BackfillCursor != r.state.BackfillCursor ||
		state.BackfillDone):
		return ErrStale
	}
	return nil
}

func (r *request) audit(now time.Time, params wallet.PageParams, status int, items []wallet.Item) Audit {
	action := "read"
	if r.source == history {
		action = "backfill"
	}
	sum := sha256.Sum256([]byte(params.WalletID + "\x1f" + params.Cursor + "\x1f" + params.From.String()))
	return Audit{
		At: now, Wallet: r.lease.Wallet, Consent: r.access.Key, Action: action, Scope: Scope, Request: hex.EncodeToString(sum[:8]),
		Status: status, Count: int64(len(items)), Fields: wallet.FieldNames(items),
	}
}

// auditTurnedAway records what was asked with a token that was not taken. Newer tokens came after it.
func (r *request) auditTurnedAway(tx Tx, now time.Time) error {
	for _, asked := range r.turnedAway {
		if err := tx.Audit(r.audit(now, asked.params, asked.status, nil)); err != nil {
			return err
		}
	}
	return nil
}

// statusOf is the status of the answer that an error is about; 0: none came.
func statusOf(err error) int {
	if answer, ok := errors.AsType[*wallet.Error](err); ok {
		return answer.Status
	}
	if errors.Is(err, wallet.ErrPage) {
		return http.StatusOK
	}
	return 0
}

// quiet reports whether a page says that nothing happened since a read that had reached the end.
func (r *request) quiet(page *wallet.Page) bool {
	s := &r.state
	return r.source == live && len(r.turnedAway) == 0 && s.InStep && s.Failing == "" && len(page.Items) == 0 && unmoved(page, s.Cursor) &&
		(page.Balance == nil || s.HasBalance && *page.Balance == s.Balance)
}

func unmoved(page *wallet.Page, cursor string) bool {
	return page.NextCursor == "" || page.NextCursor == cursor
}

// storePages runs a function on each page that came, in one transaction: the pages, what they change and the cursor behind
// the last of them are stored together.
func (e *Engine) storePages(ctx context.Context, r *request, store func(tx Tx, a *application, page *received, out *outcome) error) (
	out outcome, err error,
) {
	now := e.now()
	items := make([][]wallet.Item, 0, len(r.pages))
	for i := range r.pages {
		items = append(items, r.pages[i].Items)
	}
	err = e.Store.Update(ctx, r.lease.Wallet, func(tx Tx) error {
		out = outcome{}
		if err := r.guard(tx); err != nil {
			return err
		}
		a, err := prepare(tx, items, r.source, now, e.final)
		if err == nil {
			err = r.auditTurnedAway(tx, now)
		}
		if err != nil {
			return err
		}
		for i := range r.pages {
			page := &r.pages[i]
			before, added := a.changed, a.added
			if err := store(tx, a, page, &out); err != nil {
				return err
			}
			page.changes, page.added = a.changed-before, a.added-added
			if err := tx.Audit(r.audit(now, page.params, 200, page.Items)); err != nil {
				return err
			}
		}
		out.changes, out.added, out.aside = a.changed, a.added, len(a.aside)
		if err := a.write(); err != nil {
			return err
		}
		if out.ended && r.source == live {
			if err := e.endUpdate(tx, now, &out); err != nil {
				return err
			}
		}
		out.state = *tx.State()
		return nil
	})
	if err == nil {
		r.turnedAway = nil // it is recorded
	}
	return out, err
}

// storeLive stores pages of the feed.
func (e *Engine) storeLive(ctx context.Context, r *request) (outcome, error) {
	now := e.now()
	return e.storePages(ctx, r, func(tx Tx, a *application, page *received, out *outcome) error {
		s := tx.State()
		wasInStep, pass, before := s.InStep, s.Pass, a.effects
		if wasInStep && len(page.Items) > 0 {
			s.Pass++           // an update begins; FirstCursor was set at the end of the one before
			s.FirstSeq = s.Seq // history and files may have brought something since
		}
		if !wasInStep && page.params.Cursor == "" {
			if err := r.beginAgain(tx, page); err != nil {
				return err
			}
		}
		if err := a.page(page.Items); err != nil {
			return err
		}
		effects := a.effects - before
		out.ended, out.confirm = r.end(page, wasInStep, s.ReconFrom == 0, effects)
		s.InStep = out.ended
		if wasInStep && !out.ended && effects == 0 && unmoved(page.Page, page.params.Cursor) {
			s.Pass, s.InStep = pass, true // the last page was repeated: nothing began
			out.ended, out.confirm = true, false
		}
		if page.NextCursor != "" {
			s.Cursor = page.NextCursor
		}
		if page.Balance != nil {
			s.Balance, s.HasBalance = *page.Balance, true
		}
		s.LastOK = now
		if s.LookBackAt.IsZero() {
			s.LookBackAt = now // everything was just read
		}
		if !strings.HasPrefix(s.Failing, historyFailing) && (out.ended || r.memory.restarts <= calmRestarts) {
			s.Failing, s.Fails = "", 0
		}
		return nil
	})
}

// endUpdate ends one, unless it is to be read once more.
func (e *Engine) endUpdate(tx Tx, now time.Time, out *outcome) error {
	removed, again, err := reconcile(tx, now, e.final)
	if err != nil {
		return err
	}
	out.removed = removed
	if out.ended = !again; !again {
		s := tx.State()
		s.FirstCursor, s.Tries = s.Cursor, 0
	}
	return nil
}

// end decides whether the feed is at its end: an empty page or an unchanged cursor, never a short page. What could also be a
// page that was repeated, or an answer that lost its items, is confirmed by one more read.
func (r *request) end(page *received, wasInStep, anew bool, effects int) (ended, confirm bool) {
	empty, still := len(page.Items) == 0, unmoved(page.Page, page.params.Cursor)
	confirmed := r.memory.confirming[live] >= confirmations(empty) && effects == 0
	switch {
	case empty && still && !(anew && page.params.Cursor == ""):
		return true, false
	case empty && wasInStep:
		return true, false
	case empty || still:
		return confirmed, !confirmed
	}
	return false, false
}

// confirmations is how many reads must say the same before a page counts as the end that need not be it. A page with items
// may be one that the gateway repeats, and does so more than once in a row.
func confirmations(empty bool) int {
	if empty {
		return 1
	}
	return 3
}

// storeHistory stores pages of a backfill.
func (e *Engine) storeHistory(ctx context.Context, r *request) (outcome, error) {
	return e.storePages(ctx, r, func(tx Tx, a *application, page *received, out *outcome) error {
		s, before := tx.State(), a.effects
		if err := a.page(page.Items); err != nil {
			return err
		}
		empty, still := len(page.Items) == 0, unmoved(page.Page, page.params.Cursor)
		confirmed := r.memory.confirming[history] >= confirmations(empty) && a.effects == before
		out.ended = (empty || still) && confirmed // history that was read is not read again: one answer that lost its items is not its end
		out.confirm = (empty || still) && !confirmed
		if page.NextCursor != "" {
			s.BackfillCursor = page.NextCursor
		}
		if out.ended {
			finishBackfill(s)
		}
		if strings.HasPrefix(s.Failing, historyFailing) && (out.ended || r.memory.historyRestarts <= calmRestarts) {
			s.Failing, s.Fails = "", 0
		}
		return nil
	})
}

func finishBackfill(s *State) {
	s.BackfillDone = true
	if s.LookingBack {
		s.LookingBack = false
		return
	}
	if s.CoveredFrom == "" || s.BackfillFrom < s.CoveredFrom {
		s.CoveredFrom = s.BackfillFrom
	}
}

// restart begins the update anew, from its first cursor.
func restart(s *State) {
	if s.InStep {
		s.FirstSeq = s.Seq // it begins with this
	}
	s.Cursor = s.FirstCursor
	if s.ReconFrom < 0 && !s.InStep {
		s.ReconFrom = s.Pass
	}
	s.Pass++
	s.Tries++
	s.InStep = false
}

// resync reads everything anew: the cursor is no good any more.
func resync(s *State) {
	s.CursorEpoch++
	fromBeginning(s)
}

// fromBeginning begins a reading of everything, before which nothing counts but what came by history and by files.
func fromBeginning(s *State) {
	first := s.Pass + 1
	if !s.InStep {
		first = s.firstPass() // of a reading that is given up for this one
	}
	s.Cursor, s.FirstCursor, s.FirstSeq, s.Tries = "", "", -first, 0
	s.ReconFrom = 0
	s.Pass++
	s.InStep = false
}
