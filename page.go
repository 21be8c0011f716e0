package djamo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"log/slog"
)

// Page is one page of a listing. To store where you are, keep Cursor.Next and pass it as the next call's Cursor;
// the listing ends where Next is empty.
type Page[T any] struct {
	Count  int    `json:"count"` // as the API reports it; whether it counts the page or the whole is not documented
	Limit  int    `json:"limit"`
	Cursor Cursor `json:"cursor"`
	Data   []T    `json:"data"`
}

// LogValue gives slog the page without its items, whose own LogValue it would not ask.
func (p Page[T]) LogValue() slog.Value {
	return slog.GroupValue(slog.Int("items", len(p.Data)), slog.Int("count", p.Count), slog.String("prev", p.Cursor.Prev), slog.String("next", p.Cursor.Next))
}

// listing is a page on its way from the wire.
type listing[T any] struct {
	Page[T]

	limit int // items that were asked for
}

// decode reads the body, and sees to it that nothing is left out silently: whoever reconciles by a listing that is cut
// short takes what was paid for unpaid.
func (l *listing[T]) decode(body []byte) error {
	if err := json.Unmarshal(body, &l.Page); err != nil {
		return err
	}
	// An empty "data" comes back without capacity; what still has the capacity given beforehand was never written to.
	if l.Data == nil || len(l.Data) == 0 && cap(l.Data) > 0 {
		return errors.New(`it has no "data"`)
	}
	for i := range l.Data {
		if field := missingIn(&l.Data[i]); field != "" {
			return fmt.Errorf("an item has no %q", field)
		}
	}
	if l.Cursor.Next != "" || bytes.Contains(body, []byte(`"cursor":`)) || bytes.Contains(body, []byte(`"cursor" :`)) {
		return nil
	}
	return l.whole(body)
}

// whole is about a page without a cursor. The documentation knows none; what can be the last, or only, one passes.
func (l *listing[T]) whole(body []byte) error {
	switch doubt := doubtOf(body, envelopeLayers); {
	case doubt != "":
		return fmt.Errorf(`it has no "cursor" and %s`, doubt)
	case len(l.Data) >= l.limit, l.Limit > 0 && len(l.Data) >= l.Limit, l.Count > len(l.Data):
		return fmt.Errorf(`it has no "cursor" that says what comes after its %d items`, len(l.Data))
	}
	return nil
}

// Cursor holds the opaque positions around a page.
type Cursor struct {
	Prev string `json:"prev"` // empty on the first page
	Next string `json:"next"` // empty on the last page
}

// ListParams are the parameters every listing takes. Their names on the wire, cursor and limit, are an assumption:
// the documentation shows the answer of a listing and not its parameters.
type ListParams struct {
	Cursor string `url:"cursor,omitempty"` // where to start; empty for the beginning
	Limit  int    `url:"limit,omitempty"`  // items on a page; 0 leaves it to the API, which uses 15
}

func (p ListParams) validate() error {
	if p.Limit < 0 {
		return &ValidationError{Field: "limit", Value: fmt.Sprint(p.Limit), Rule: "must not be negative"}
	}
	return nil
}

// eachPage walks a listing page by page. One page is held at a time, so a listing of any length runs in constant
// memory. It stops with an error when a cursor comes back, which a server that ignores the cursor would otherwise
// turn into an endless loop: Brent's algorithm finds a cycle of any length with one remembered cursor.
func eachPage[T any](ctx context.Context, params ListParams, fetch func(context.Context, ListParams) (*Page[T], error)) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		params := params
		remembered, steps, power := params.Cursor, 0, 1
		for {
			page, err := fetch(ctx, params)
			if err != nil {
				yield(nil, err)
				return
			}
			next := page.Cursor.Next
			if next != "" && (next == params.Cursor || next == remembered) {
				yield(nil, fmt.Errorf("djamo: a cursor came back, the listing would never end: %w", ErrUnexpectedAnswer))
				return
			}
			for i := range page.Data {
				if !yield(&page.Data[i], nil) {
					return
				}
			}
			if next == "" {
				return
			}
			if steps++; steps == power {
				remembered, steps, power = next, 0, power*2
			}
			params.Cursor = next
		}
	}
}
