package payroll

import (
	"context"
	"errors"
	"iter"

	"github.com/djamo/djamo-go"
)

// pageLimit is how many transactions are asked for at once; what an API allows at most is not documented.
const pageLimit = 100

// errRepeats is a listing that goes round in circles.
const errRepeats Error = "the listing shows the same again and again"

// listing reads the newest transactions, at most so many pages. While one page is looked at, the next ones are on their
// way. An error ends it.
func (r *run) listing(ctx context.Context, most int64) iter.Seq2[[]djamo.Transaction, error] {
	type result struct {
		page []djamo.Transaction
		err  error
	}
	return func(yield func([]djamo.Transaction, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		results := make(chan result, readAhead/pageLimit)
		defer func() {
			cancel()
			for range results { // until its writer has ended
			}
		}()
		go func() {
			defer close(results)
			r.readPages(ctx, most, func(page []djamo.Transaction, err error) bool {
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
func (r *run) readPages(ctx context.Context, most int64, take func([]djamo.Transaction, error) bool) {
	params := djamo.TransactionListParams{Limit: pageLimit}
	var repeats repetition
	for range most {
		page, err := r.Client.Transactions.ListPage(ctx, params)
		if errors.Is(err, djamo.ErrInvalidRequest) && params.Limit != 0 {
			params.Limit = 0 // so many are not allowed: take what the API gives by itself
			page, err = r.Client.Transactions.ListPage(ctx, params)
		}
		if err == nil && repeats.page(page.Data) {
			err = errRepeats
		}
		if err != nil {
			take(nil, err)
			return
		}
		if !take(page.Data, nil) || page.Cursor.Next == "" || page.Cursor.Next == params.Cursor {
			return
		}
		params.Cursor = page.Cursor.Next
	}
}

// repetition notices a listing that goes round in circles, of any length, by one remembered page: Brent's algorithm.
type repetition struct {
	remembered   string
	steps, power int
}

func (r *repetition) page(data []djamo.Transaction) bool {
	if len(data) == 0 || data[0].ID == "" {
		return false
	}
	if data[0].ID == r.remembered {
		return true
	}
	if r.steps++; r.steps > r.power {
		r.remembered, r.steps, r.power = data[0].ID, 0, 2*r.power+1
	}
	return false
}
