package payroll

import (
	"context"
	"slices"
	"time"

	"github.com/djamo/djamo-go"
)

// What the API has accepted is recorded together with its outcome where that is soon to be had: by one write in place of two, and
// no payout is read back to be compared with what a page shows. Until then the journal has it as submitting, as it has any payout
// whose answer is on its way: after a crash it is looked up.

const (
	// recordWithin is how long a result may wait to be recorded together with others, and followFor how long pages are read for it.
	recordWithin, followFor = time.Second, 4 * time.Second
	// followFrom is how many accepted payouts are worth reading pages for, maxAwaiting how many may wait for that, and maxOnPages how many
	// outcomes are kept for payouts whose answers are not here yet.
	followFrom, maxAwaiting, maxOnPages = 3 * pageLimit, 2 * readAhead, 8 * readAhead
)

// recorder writes the results of a pass to the journal.
type recorder struct {
	*run

	pass     *sendPass
	follows  bool     // outcomes are asked for before the pass is over
	soon     bool     // at least half of them were there when they were last asked for
	ready    []Change // to be recorded as they are
	prompt   bool     // what is ready is recorded at once, and waits for no others
	awaiting []Change // accepted; they wait for their outcomes
	due      <-chan time.Time
	polled   chan *poll                    // gets the poll that is under way; nil when none is
	onPages  map[string]*djamo.Transaction // outcomes that were on a page before the payout's answer was here, by reference
}

// record writes results to the journal, as many in one transaction as have come in.
func (r *run) record(ctx context.Context, pass *sendPass, results <-chan []Change) {
	// Updates tell outcomes by themselves, and only of payouts that the journal has as submitted.
	rec := &recorder{run: r, pass: pass, follows: r.Updates == nil, onPages: map[string]*djamo.Transaction{}}
	for open := true; open || rec.polled != nil; {
		next := results
		full := rec.polled != nil && len(rec.awaiting) >= maxAwaiting
		if full && rec.soon {
			next = nil // pages are as many as batches: sending waits for them, or it would leave them behind for good
		}
		select {
		case changes, ok := <-next:
			if open = ok; !ok {
				results = nil
			}
			rec.take(changes)
		case done := <-rec.polled:
			rec.finish(ctx, done)
		case <-rec.due:
			rec.due = nil
			rec.release()
		}
		enough := followFrom
		if !open && rec.soon { // what is left is not many
			enough = minOpen
		}
		waiting := len(results) > 0 && len(rec.awaiting) < maxAwaiting // they are older than what is sent meanwhile
		ended := pass.isOver() || ctx.Err() != nil                     // by a cancellation or an API that refuses: nobody waits for pages
		if rec.follows && rec.polled == nil && len(rec.awaiting) >= enough && !waiting && !ended {
			rec.ask(ctx)
		}
		over := !open && rec.polled == nil
		if over || !rec.follows || full && !rec.soon || ended {
			rec.release()
		}
		if over || rec.prompt && len(results) == 0 || len(rec.ready) >= readAhead {
			rec.write(ctx)
		}
	}
}

// take sorts results by whether their outcomes are still to come.
func (rec *recorder) take(changes []Change) {
	for _, c := range changes {
		accepted := c.Payout.State == Submitted
		if t, ok := rec.onPages[c.Payout.Reference]; accepted && ok {
			delete(rec.onPages, t.Reference)
			applyFromPage(&c, t)
		}
		if accepted && rec.follows && !c.Payout.State.Final() {
			if rec.awaiting == nil && rec.soon {
				rec.awaiting = make([]Change, 0, len(changes)+maxAwaiting)
			}
			rec.awaiting = append(rec.awaiting, c)
			continue
		}
		rec.ready = append(rec.ready, c)
		rec.prompt = rec.prompt || !rec.follows || !accepted && !c.Payout.State.Final()
	}
	if rec.due == nil && len(rec.ready)+len(rec.awaiting) > 0 {
		rec.due = time.After(recordWithin)
	}
}

// applyFromPage takes over what a page says of an accepted payout. Only the very transaction that the API has made of it counts.
func applyFromPage(c *Change, t *djamo.Transaction) bool {
	if t.ID != c.Payout.TransactionID || !c.Payout.Params().Matches(t) {
		return false
	}
	c.Payout = applyTransaction(c.Payout, t)
	return true
}

// release has everything recorded as it is.
func (rec *recorder) release() {
	rec.ready = append(rec.ready, rec.awaiting...)
	rec.awaiting, rec.prompt = nil, rec.prompt || len(rec.ready) > 0
}

// write records what is ready.
func (rec *recorder) write(ctx context.Context) {
	for changes := range slices.Chunk(rec.ready, readAhead) {
		recordingCtx, cancel := recording(ctx)
		err := rec.advance(recordingCtx, changes)
		cancel()
		if err != nil {
			// What could not be recorded stays "submitting" in the journal, and the next run looks it up.
			rec.pass.end(err, 0)
			rec.stop(err)
		}
	}
	rec.ready, rec.prompt, rec.due = nil, false, nil // a journal may still read what it was given when it could not say how that ended
	if len(rec.awaiting) > 0 {
		rec.due = time.After(recordWithin)
	}
}

// poll asks for the outcomes of payouts that the API has accepted.
type poll struct {
	asked  []Change
	places map[string]int       // in asked, by reference, of those that no page has shown yet
	others []*djamo.Transaction // outcomes of other payouts
	newer  int                  // of these, how many stood before one that was asked for: what comes after is older
	err    error
}

// ask begins to read pages for every payout that awaits its outcome. They are read while more is sent and recorded.
func (rec *recorder) ask(ctx context.Context) {
	p := &poll{asked: rec.awaiting, places: make(map[string]int, len(rec.awaiting))}
	for i := range p.asked {
		p.places[p.asked[i].Payout.Reference] = i
	}
	rec.awaiting = nil
	if len(rec.ready) == 0 {
		rec.due = nil
	}
	size := 1
	if rec.Mode == Batch {
		size = rec.BatchSize
	}
	// The newest payments are those of requests whose answers are not here yet.
	newer := 4 * rec.Concurrency * size
	maxPages := int64((len(p.asked)+newer)/pageLimit + 2)
	polled := make(chan *poll, 1)
	rec.polled = polled
	go func() {
		reading, cancel := context.WithTimeout(ctx, followFor)
		defer cancel()
		go func() {
			select {
			case <-rec.pass.ended:
				cancel()
			case <-reading.Done():
			}
		}()
		readPages(reading, rec.Client, maxPages, p.take)
		polled <- p
	}()
}

// take looks for what was asked for on the next page, and reports whether more have to be read.
func (p *poll) take(page *transactionPage, err error) bool {
	if err != nil {
		p.err = err
		return false
	}
	for i := range page.Data {
		t := &page.Data[i]
		place, asked := p.places[t.Reference]
		switch {
		case asked && applyFromPage(&p.asked[place], t):
			delete(p.places, t.Reference)
			p.newer = len(p.others)
		case !asked && t.Status.Terminal():
			p.others = append(p.others, t)
		}
	}
	return len(p.places) > 0
}

// finish takes what the pages have shown. Where outcomes take longer than sending does, pages are read when everything was sent.
func (rec *recorder) finish(ctx context.Context, p *poll) {
	rec.polled = nil
	outcomes := 0
	for i := range p.asked {
		if p.asked[i].Payout.State.Final() {
			outcomes++
		}
	}
	if rec.soon = 2*outcomes >= len(p.asked); !rec.soon {
		rec.follows = false
		rec.Logger.InfoContext(ctx, "outcomes are asked for once everything was sent", "error", p.err)
	}
	if len(rec.ready) > 0 {
		rec.write(ctx)
	}
	rec.ready, rec.prompt = p.asked, true
	if len(rec.onPages)+p.newer > maxOnPages {
		clear(rec.onPages)
	}
	for _, t := range p.others[:p.newer] {
		rec.onPages[t.Reference] = t
	}
	awaiting := rec.awaiting
	rec.awaiting = nil
	rec.take(awaiting)
}
