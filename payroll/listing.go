package payroll

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/recent"
)

// pageLimit is how many transactions are asked for at once; the API's maximum is not documented.
const pageLimit = 100

// errRepeats is a listing that goes round in circles.
const errRepeats Error = "the listing shows the same again and again"

// listing reads the newest transactions of the run's account, as listPages does.
func (r *run) listing(ctx context.Context, maxPages int64) iter.Seq2[[]djamo.Transaction, error] {
	return func(yield func([]djamo.Transaction, error) bool) {
		for page, err := range listPages(ctx, r.Client, maxPages) {
			if !yield(page.Data, err) {
				return
			}
		}
	}
}

// transactionPage is a page of a listing.
type transactionPage struct {
	djamo.Page[djamo.Transaction]

	ahead    time.Duration // of this machine's clock, compared with the API's; zero when that is not known to be so
	answered time.Time     // by the API's clock, or by this machine's when the API does not say
}

// listPages reads the newest transactions, at most so many pages. While one page is processed, the next ones are fetched.
// An error ends it.
func listPages(ctx context.Context, client *djamo.Client, maxPages int64) iter.Seq2[*transactionPage, error] {
	type result struct {
		page *transactionPage
		err  error
	}
	return func(yield func(*transactionPage, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		results := make(chan result, readAhead/pageLimit)
		defer func() {
			cancel()
			for range results { // until its writer has ended
			}
		}()
		go func() {
			defer close(results)
			readPages(ctx, client, maxPages, func(page *transactionPage, err error) bool {
				select {
				case results <- result{page, err}:
					return true
				case <-ctx.Done():
					return false
				}
			})
		}()
		for got := range results {
			if !yield(got.page, got.err) || got.err != nil {
				return
			}
		}
	}
}

// readPages hands on page after page.
func readPages(ctx context.Context, client *djamo.Client, maxPages int64, take func(*transactionPage, error) bool) {
	params := djamo.TransactionListParams{Limit: pageLimit}
	var cycle recent.Cycle
	for range maxPages {
		page, err := readPage(ctx, client, params)
		if errors.Is(err, djamo.ErrInvalidRequest) && params.Limit != 0 {
			params.Limit = 0 // so many are not allowed: take the API's default
			page, err = readPage(ctx, client, params)
		}
		if err == nil && len(page.Data) > 0 && cycle.Repeats(page.Data[0].ID) {
			err = errRepeats
		}
		if err != nil {
			take(&transactionPage{}, err)
			return
		}
		if !take(page, nil) || page.Cursor.Next == "" || page.Cursor.Next == params.Cursor {
			return
		}
		params.Cursor = page.Cursor.Next
	}
}

func readPage(ctx context.Context, client *djamo.Client, params djamo.TransactionListParams) (*transactionPage, error) {
	var response djamo.Response
	asked := time.Now()
	page, err := client.Transactions.ListPage(ctx, params, djamo.WithResponse(&response))
	if err != nil {
		return nil, err
	}
	read := &transactionPage{Page: *page, answered: asked}
	// The API answers after it was asked, and its Date has no fractions of a second: what is more was the clock.
	answered, err := http.ParseTime(response.Header.Get("Date"))
	if err != nil {
		return read, nil //nolint:nilerr // it does not say
	}
	if read.answered = answered; asked.Sub(answered) > time.Second {
		read.ahead = asked.Sub(answered)
	}
	return read, nil
}
