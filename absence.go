package djamo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/djamo/djamo-go/internal/recent"
	"github.com/djamo/djamo-go/internal/wire"
)

// Bounds of a search through pages, and how far clocks may disagree about when a payment was made.
const (
	maxFilteredPages = 10
	maxListingPages  = 50
	searchPageSize   = 100
	clockMargin      = time.Hour
	// minDescents is how many entries in a row must be older than the one before for a listing to go from new to old. In any
	// other order that happens by chance once in millions of listings.
	minDescents = 10
)

// search looks for a payment where ?reference= has shown others. Nobody says whether that filter is exact, matches the
// beginning or any part of a reference, or is ignored. The entries show which: when each of them holds the reference that was
// asked for, the filter gives that reference too if it is there, and its pages are read to the end. Otherwise the listing
// itself is read, until it ends or shows payments made before this one was first sent.
func (s TransactionService) search(
	ctx context.Context, reference string, first lookup[Transaction], opts []RequestOption,
) (*Transaction, error) {
	filtered := walk{service: s, reference: reference, filter: reference, opts: opts}
	if filtered.take(first) && filtered.holdsAll(first.found) {
		found, err := filtered.run(ctx, maxFilteredPages)
		if !errors.Is(err, errOthers) {
			return found, err
		}
	}
	listing := walk{service: s, reference: reference, limit: searchPageSize, opts: opts}
	return listing.run(ctx, maxListingPages)
}

// walk reads a listing page by page, to find one payment or to prove that it is not there.
type walk struct {
	service   TransactionService
	reference string
	filter    string // what ?reference= asks for; empty for the whole listing
	limit     int
	opts      []RequestOption

	cursor string
	cycle  recent.Cycle
	seen   int
	proof  string // what proves that the payment is not there; empty as long as nothing does
	// unordered: an entry was newer than the one before it, or did not say when it was made.
	unordered bool
	descents  int // entries that were older than the one before
	oldest    time.Time
}

// run reads at most so many pages. ErrNotFound means that the payment is not there. The error matches errOthers when the
// pages of a filter turn out to be about others.
func (w *walk) run(ctx context.Context, maxPages int) (*Transaction, error) {
	for range maxPages {
		if w.proof != "" {
			return nil, fmt.Errorf("djamo: GET %s: nothing under %s, %s: %w", transactionsPath, quoted(w.reference), w.proof, ErrNotFound)
		}
		e, err := withQuery(wire.At(http.MethodGet, transactionsPath), struct {
			Reference string `url:"reference,omitempty"`
			Cursor    string `url:"cursor,omitempty"`
			Limit     int    `url:"limit,omitempty"`
		}{w.filter, w.cursor, w.limit})
		if err != nil {
			return nil, err
		}
		found, answer, err := findByKey(ctx, w.service.client, e, w.reference, referenceOf, w.opts)
		switch {
		case err == nil:
			return found, nil
		case w.limit != 0 && errors.Is(err, ErrInvalidRequest):
			w.limit = 0 // so many are not allowed: take what the API gives by itself
			continue
		case !errors.Is(err, errOthers) && !errors.Is(err, ErrNotFound):
			return nil, err
		case w.filter != "" && !w.holdsAll(answer.found):
			return nil, err
		case !w.take(answer):
			return nil, fmt.Errorf("djamo: GET %s: the listing does not prove that nothing is under %s: %w",
				transactionsPath, quoted(w.reference), ErrUnexpectedAnswer)
		}
	}
	if w.proof != "" {
		return nil, fmt.Errorf("djamo: GET %s: nothing under %s, %s: %w", transactionsPath, quoted(w.reference), w.proof, ErrNotFound)
	}
	return nil, fmt.Errorf("djamo: GET %s: %s is not among the newest %d payments, and the listing goes on: %w",
		transactionsPath, quoted(w.reference), w.seen, ErrUnexpectedAnswer)
}

// take takes a page in that does not show the payment, and reports whether the walk can go on or has its proof.
func (w *walk) take(page lookup[Transaction]) bool {
	w.seen += len(page.found)
	for i := range page.found {
		if t := &page.found[i]; t.Reference == "" && (t.Type == "" || t.Type == TransactionTransfer) {
			return false // it may be the payment
		}
		w.order(page.found[i].CreatedAt.Time)
	}
	switch {
	case !page.page || page.ambiguity != "":
		return false
	case page.next == "":
		w.proof = "and the listing ends"
		return page.ends && page.count <= w.seen
	case w.isBefore(page):
		w.proof = "and what follows was made before it was sent"
	}
	w.cursor = page.next
	return !w.cycle.Repeats(page.next)
}

// order notes whether the listing goes from the newest payment to the oldest, which is not documented.
func (w *walk) order(made time.Time) {
	switch {
	case made.IsZero(), !w.oldest.IsZero() && made.After(w.oldest):
		w.unordered = true
	case made.Before(w.oldest):
		w.descents++
	}
	w.oldest = made
}

// isBefore reports whether all that follows was made before the payment can have been sent. It goes by the clock of the
// API, which has dated its answer, with a margin.
func (w *walk) isBefore(page lookup[Transaction]) bool {
	date, err := http.ParseTime(page.date)
	if err != nil || page.sentSince.IsZero() || w.unordered || w.descents < minDescents {
		return false
	}
	sent := date.Add(-time.Since(page.sentSince))
	if page.sentSince.Before(sent) {
		sent = page.sentSince
	}
	return w.oldest.Before(sent.Add(-clockMargin))
}

// holdsAll reports whether each entry shows that the filter gives what holds the reference.
func (w *walk) holdsAll(entries []Transaction) bool {
	for i := range entries {
		if !strings.Contains(entries[i].Reference, w.reference) {
			return false
		}
	}
	return true
}
