package djamo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"log/slog"

	"github.com/djamo/djamo-go/internal/onepass"
	"github.com/djamo/djamo-go/internal/recent"
)

// Page is one page of a listing. To store where you are, keep Cursor.Next and pass it as the next call's Cursor;
// the listing ends where Next is empty.
type Page[T any] struct {
	Count  int    `json:"count"` // as the API reports it; whether it counts the page or the whole is not documented
	Limit  int    `json:"limit"`
	Cursor Cursor `json:"cursor"`
	Data   []T    `json:"data"`
}

// LogValue gives slog the page without its items: slog would not call their LogValue.
func (p Page[T]) LogValue() slog.Value {
	return slog.GroupValue(
		slog.Int("items", len(p.Data)),
		slog.Int("count", p.Count),
		slog.String("prev", p.Cursor.Prev),
		slog.String("next", p.Cursor.Next),
	)
}

// listing decodes a page.
type listing[T any] struct {
	Page[T]

	limit      int // items that were asked for
	unreadable []string
}

// decode reads the body and makes sure that nothing is left out silently: a program that reconciles by a truncated listing takes
// paid for unpaid.
func (l *listing[T]) decode(body []byte) error {
	room := l.Data
	if !readInOnePass(body, &l.Page) {
		clear(room[:cap(room)]) // encoding/json adds to what stands there
		l.Data = room[:0]
		if err := json.Unmarshal(body, &l.Page); err != nil && !l.decodeParts(body) {
			return err
		}
	}
	// The decoder drops the capacity for an empty "data". A slice that still has it was never written to.
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

// decodeParts reads a page with a count in another form, or with an unreadable secondary field of an item.
func (l *listing[T]) decodeParts(body []byte) bool {
	var parts struct {
		Count  wholeNumber     `json:"count"`
		Limit  wholeNumber     `json:"limit"`
		Cursor Cursor          `json:"cursor"`
		Data   json.RawMessage `json:"data"`
	}
	if json.Unmarshal(body, &parts) != nil {
		return false
	}
	l.Page = Page[T]{Cursor: parts.Cursor, Count: int(parts.Count), Limit: int(parts.Limit)}
	if parts.Count == unreadableNumber || parts.Limit == unreadableNumber {
		if parts.Cursor.Next == "" {
			return false // it may say that there is more
		}
		l.Count, l.Page.Limit, l.unreadable = 0, 0, []string{"count or limit"}
	}
	if len(parts.Data) == 0 || string(parts.Data) == "null" {
		return true
	}
	unreadable, err := decodeItems(parts.Data, &l.Data)
	l.unreadable = append(l.unreadable, unreadable...)
	return err == nil
}

// whole checks a page without a cursor, which the documentation does not show. It passes if it can be the last or only page.
func (l *listing[T]) whole(body []byte) error {
	switch ambiguity := ambiguityOf(body, envelopeLayers); {
	case ambiguity != "":
		return fmt.Errorf(`it has no "cursor" and %s`, ambiguity)
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

// ListParams are the parameters that every listing takes: TransactionListParams and the like convert to it. Their names on the
// wire, cursor and limit, are an assumption, because the documentation shows the answer of a listing and not its parameters.
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
// memory. It stops with an error when a cursor repeats: a server that ignores the cursor would otherwise cause an endless loop.
func eachPage[T any](
	ctx context.Context, params ListParams, fetch func(context.Context, ListParams) (*Page[T], error),
) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		params := params
		var cycle recent.Cycle
		cycle.Repeats(params.Cursor)
		for {
			page, err := fetch(ctx, params)
			if err != nil {
				yield(nil, err)
				return
			}
			next := page.Cursor.Next
			if next != "" && next == params.Cursor || cycle.Repeats(next) {
				yield(nil, fmt.Errorf("djamo: a cursor repeats, so the listing would never end: %w", ErrUnexpectedAnswer))
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
			params.Cursor = next
		}
	}
}

func readPageFrom[T any](r *onepass.Reader, page *Page[T], item func(out *T, r *onepass.Reader, before *T)) {
	if !r.Object() {
		return
	}
	for name := r.Member(); name != nil; name = r.Member() {
		switch string(name) {
		case "count":
			r.Int(&page.Count)
		case "limit":
			r.Int(&page.Limit)
		case "cursor":
			page.Cursor.readFrom(r)
		case "data":
			readItemsFrom(r, &page.Data, item)
		default:
			r.Skip(name, "count", "limit", "cursor", "data")
		}
	}
}

func (c *Cursor) readFrom(r *onepass.Reader) {
	if !r.Object() {
		return
	}
	texts := [...]onepass.Text{onepass.Kept(c.Prev), onepass.Kept(c.Next)} // a second cursor adds to the first
	for name := r.Member(); name != nil; name = r.Member() {
		switch string(name) {
		case "prev":
			r.Text(&texts[0])
		case "next":
			r.Text(&texts[1])
		default:
			r.Skip(name, "prev", "next")
		}
	}
	r.Keep(texts[:])
	c.Prev, c.Next = texts[0].String(), texts[1].String()
}

// readItemsFrom reads an array into what items have room for, and beyond. encoding/json must say what null is, and an array
// that comes a second time.
func readItemsFrom[T any](r *onepass.Reader, items *[]T, item func(out *T, r *onepass.Reader, before *T)) {
	if len(*items) > 0 || !r.Array() {
		r.Fail()
		return
	}
	var before *T
	for r.Element() {
		*items = append(*items, *new(T))
		last := &(*items)[len(*items)-1]
		item(last, r, before)
		before = last
	}
	if len(*items) == 0 {
		*items = []T{} // as encoding/json has it: without the room
	}
}
