package djamo_test

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/djamo/djamo-go"
	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

// walk counts what a listing yields, and checks that an error comes alone and last.
func walk[T any](t *testing.T, items iter.Seq2[*T, error]) (n int, last error) {
	t.Helper()
	for item, err := range items {
		require.NoError(t, last, "an error is the last thing a listing yields")
		require.NotEqual(t, item == nil, err == nil, "an item or an error")
		if last = err; err == nil {
			n++
		}
	}
	return n, last
}

// Cursors that lead into a cycle, after a tail of pages that do not: the listing ends with an error, wherever the cycle
// begins and however long it is, and it never asks more than a few times for what it has seen.
func TestList_EndsInAnyCycle(t *testing.T) {
	t.Parallel()
	for _, tail := range []int{0, 1, 2, 5, 30} {
		for _, cycle := range []int{1, 2, 3, 7, 16, 100} {
			requests := 0
			client := mocked(t, func(req *http.Request) (*http.Response, error) {
				requests++
				at, _ := strconv.Atoi(req.URL.Query().Get("cursor"))
				if at++; at >= tail+cycle {
					at = tail
				}
				return httpmock.NewStringResponse(http.StatusOK, fmt.Sprintf(`{"cursor":{"next":"%d"},"data":[{"id":"subco_1"}]}`, at)), nil
			})
			n, err := walk(t, client.SubCompanies.List(t.Context(), djamo.SubCompanyListParams{Cursor: "0"}))
			require.ErrorIs(t, err, djamo.ErrUnexpectedAnswer, "tail %d, cycle %d", tail, cycle)
			require.ErrorContains(t, err, "the listing would never end")
			require.GreaterOrEqual(t, n, tail+cycle-1, "everything was shown first")
			require.LessOrEqual(t, requests, 3*(tail+cycle)+2, "tail %d, cycle %d", tail, cycle)
		}
	}
}

// Cursors that resemble each other are not the same, and may be anything.
func TestList_FollowsEveryCursorAsItIs(t *testing.T) {
	t.Parallel()
	cursors := []string{"a", "A", " a", "a ", "bmV4dF9fXzE2Nzg4OTg4MzA2MjA=", "a&cursor=b", "é/../x", "\t", "null", "0", "%61", "💸", strings.Repeat("c", 4000)}
	var asked []string
	client := mocked(t, func(req *http.Request) (*http.Response, error) {
		require.LessOrEqual(t, len(req.URL.Query()["cursor"]), 1)
		asked = append(asked, req.URL.Query().Get("cursor"))
		require.Equal(t, "3", req.URL.Query().Get("limit"), "on every page")
		next := "null"
		if len(asked) <= len(cursors) {
			next = marshal(cursors[len(asked)-1])
		}
		return httpmock.NewStringResponse(http.StatusOK, `{"cursor":{"prev":"x","next":`+next+`},"data":[{"id":"ch_1"}]}`), nil
	})
	params := djamo.ChargeListParams{Limit: 3}
	n, err := walk(t, client.Charges.List(t.Context(), params))
	require.NoError(t, err)
	require.Equal(t, len(cursors)+1, n)
	require.Equal(t, append([]string{""}, cursors...), asked)
	require.Equal(t, djamo.ChargeListParams{Limit: 3}, params)
}

// Each range of a listing is a walk of its own: from the given cursor, at once or nested.
func TestList_CanBeWalkedInsideItself(t *testing.T) {
	t.Parallel()
	requests := 0
	client := mocked(t, listing(9, 3, &requests))
	items := client.Transactions.List(t.Context(), djamo.TransactionListParams{Cursor: "3"})
	outer, inner := 0, 0
	for _, err := range items {
		require.NoError(t, err)
		outer++
		n, err := walk(t, items)
		require.NoError(t, err)
		inner += n
	}
	require.Equal(t, 6, outer)
	require.Equal(t, 36, inner)
	require.Equal(t, 2+6*2, requests)
}

// A failed walk can be taken up again from the cursor of the last page, through ListPage.
func TestListPage_GoesOnFromAStoredCursor(t *testing.T) {
	t.Parallel()
	requests := 0
	client := mocked(t, listing(25, 10, &requests))
	var ids []string
	params := djamo.TransactionListParams{Limit: 10}
	for {
		page, err := client.Transactions.ListPage(t.Context(), params)
		require.NoError(t, err)
		for _, tx := range page.Data {
			ids = append(ids, tx.ID)
		}
		if page.Cursor.Next == "" {
			break
		}
		params.Cursor = page.Cursor.Next
	}
	require.Equal(t, 3, requests)
	require.Len(t, slices.Compact(ids), 25)
}

func TestList_CancelledMidWay(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	requests := 0
	client := mocked(t, listing(25, 10, &requests))
	n := 0
	var last error
	for _, err := range client.Transactions.List(ctx, djamo.TransactionListParams{}) {
		if last = err; err == nil {
			n++
		}
		if n == 10 {
			cancel() // the page at hand is read to its end, and no other is asked for
		}
	}
	require.Equal(t, 10, n)
	require.Equal(t, 1, requests)
	require.ErrorIs(t, last, context.Canceled)
}

// A page is a page only with "data"; its other parts may be missing, null, or more than this package knows.
func TestListPage_Shapes(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]int{
		`{"data":[]}`: 0, `{"data":[{"id":"a"},{"id":"b"}]}`: 2, `{"data":[{}]}`: -1, `{"data":[null]}`: -1,
		`{"count":null,"limit":null,"cursor":null,"data":[{"id":"a"}]}`: 1, `{"cursor":{},"data":[]}`: 0, `{"cursor":{"next":"","prev":""},"data":[],"new":{"a":[1]}}`: 0,
		`{}`: -1, `{"data":null}`: -1, `null`: -1, `[]`: -1, `[{"id":"a"}]`: -1, `{"id":"a"}`: -1, `{"count":0,"limit":15,"cursor":{"prev":null,"next":null}}`: -1,
		`{"data":{}}`: -1, `{"data":"x"}`: -1, `{"data":[1]}`: -1, `{"data":[{"id":1}]}`: -1, `{"data":[]`: -1, `{"data":[]} x`: -1, `{"cursor":7,"data":[]}`: -1, ``: -1, `<html>`: -1,
		`{"data":[{"id":"a","amount":1.5}]}`: -1, `{"data":[{"id":"a","amount":"5"}]}`: -1, `{"data":[{"id":"a","createdAt":"yesterday"}]}`: -1,
	} {
		page, err := mocked(t, httpmock.NewStringResponder(http.StatusOK, body)).Transactions.ListPage(t.Context(), djamo.TransactionListParams{})
		if want < 0 {
			require.ErrorIs(t, err, djamo.ErrUnexpectedAnswer, body)
			require.Nil(t, page)
			continue
		}
		require.NoError(t, err, body)
		require.Len(t, page.Data, want, body)
		require.NotNil(t, page.Data, body)
	}
}

// Pages do not share memory: what the caller keeps of one is not written over by the next.
func TestList_ItemsStayWhatTheyWere(t *testing.T) {
	t.Parallel()
	requests := 0
	var kept []*djamo.Transaction
	for tx, err := range mocked(t, listing(300, 7, &requests)).Transactions.List(t.Context(), djamo.TransactionListParams{}) {
		require.NoError(t, err)
		kept = append(kept, tx)
	}
	runtime.GC()
	for i, tx := range kept {
		require.Equal(t, "txn_"+strconv.Itoa(i), tx.ID)
		require.Equal(t, djamo.XOF(i), tx.Amount)
	}
}

// Every listing, in the four services: a failed first page is one error, a nil context too.
func TestList_EveryServiceYieldsItsError(t *testing.T) {
	t.Parallel()
	refusing := mocked(t, httpmock.NewStringResponder(http.StatusForbidden, `{"message":"no"}`))
	var none context.Context
	for name, list := range map[string]func(context.Context, *djamo.Client) (int, error){
		"transactions": func(ctx context.Context, c *djamo.Client) (int, error) {
			return walk(t, c.Transactions.List(ctx, djamo.TransactionListParams{}))
		},
		"sub-companies": func(ctx context.Context, c *djamo.Client) (int, error) {
			return walk(t, c.SubCompanies.List(ctx, djamo.SubCompanyListParams{}))
		},
		"charges": func(ctx context.Context, c *djamo.Client) (int, error) {
			return walk(t, c.Charges.List(ctx, djamo.ChargeListParams{}))
		},
		"webhooks": func(ctx context.Context, c *djamo.Client) (int, error) {
			return walk(t, c.WebhookEndpoints.List(ctx, djamo.WebhookEndpointListParams{}))
		},
	} {
		n, err := list(t.Context(), refusing)
		require.Zero(t, n, name)
		require.ErrorIs(t, err, djamo.ErrForbidden, name)
		_, err = list(none, unreachable(t))
		require.ErrorIs(t, err, djamo.ErrInvalidRequest, name)
		_, err = list(t.Context(), &djamo.Client{})
		require.EqualError(t, err, "djamo: this client was not built by NewClient", name)
	}
}

// Whatever cursors come, in whatever order, a listing ends: at the last page, or in an error.
func FuzzCursor(f *testing.F) {
	f.Add([]byte{1, 2, 3, 0}, "a")
	f.Add([]byte{1, 1}, "")
	f.Add([]byte{5, 4, 3, 2, 1, 5}, "\xff/é")
	f.Fuzz(func(t *testing.T, order []byte, suffix string) {
		requests := 0
		client := mocked(t, func(*http.Request) (*http.Response, error) {
			next := ""
			if len(order) > 0 && order[requests%len(order)] > 0 {
				next = fmt.Sprint(order[requests%len(order)]) + suffix
			}
			requests++
			return httpmock.NewStringResponse(http.StatusOK, `{"cursor":{"next":`+marshal(next)+`},"data":[{"id":"txn_1"}]}`), nil
		})
		n, err := 0, error(nil)
		for _, err = range client.Transactions.List(t.Context(), djamo.TransactionListParams{Cursor: suffix}) {
			if n++; n > 8*(len(order)+256) {
				t.Fatalf("no end after %d pages", n)
			}
		}
		if ends := slices.Contains(order, 0) || len(order) == 0; err == nil && !ends {
			t.Fatalf("cursors %v have no end, and the listing had one", order)
		}
	})
}
