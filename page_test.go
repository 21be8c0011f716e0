package djamo_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/clienttest"
	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

// listing answers with numbered payments, size to a page.
func listing(total, size int, requests *int) httpmock.Responder {
	return func(req *http.Request) (*http.Response, error) {
		*requests++
		from, _ := strconv.Atoi(req.URL.Query().Get("cursor"))
		var items []string
		for i := from; i < min(from+size, total); i++ {
			items = append(items, fmt.Sprintf(`{"id":"txn_%d","amount":%d}`, i, i))
		}
		next := "null"
		if from+size < total {
			next = strconv.Quote(strconv.Itoa(from + size))
		}
		return httpmock.NewStringResponse(http.StatusOK, `{"cursor":{"next":`+next+`},"data":[`+strings.Join(items, ",")+`]}`), nil
	}
}

func TestList_WalksEveryPageInOrderAndAgain(t *testing.T) {
	t.Parallel()
	requests := 0
	client := clienttest.Mocked(t, listing(25, 10, &requests))
	payments := client.Transactions.List(t.Context(), djamo.TransactionListParams{})
	for round := 1; round <= 2; round++ {
		n := 0
		for tx, err := range payments {
			require.NoError(t, err)
			require.Equal(t, "txn_"+strconv.Itoa(n), tx.ID)
			n++
		}
		require.Equal(t, 25, n)
		require.Equal(t, 3*round, requests)
	}
}

func TestList_StopsWhenTheCallerDoes(t *testing.T) {
	t.Parallel()
	requests := 0
	for range clienttest.Mocked(t, listing(25, 10, &requests)).Transactions.List(t.Context(), djamo.TransactionListParams{}) {
		break
	}
	require.Equal(t, 1, requests)
}

func TestList_EndsWithTheErrorOfAPage(t *testing.T) {
	t.Parallel()
	requests := 0
	pages := listing(25, 10, &requests)
	client := clienttest.Mocked(t, func(req *http.Request) (*http.Response, error) {
		if requests == 2 {
			return httpmock.NewStringResponse(http.StatusForbidden, `{"message":"no more"}`), nil
		}
		return pages(req)
	})
	n, last := 0, error(nil)
	for tx, err := range client.Transactions.List(t.Context(), djamo.TransactionListParams{}) {
		if last = err; err == nil {
			n++
			require.NotNil(t, tx)
		}
	}
	require.Equal(t, 20, n)
	require.ErrorIs(t, last, djamo.ErrForbidden)
}

func TestList_GoesOnPastAnEmptyPage(t *testing.T) {
	t.Parallel()
	requests := 0
	client := clienttest.Mocked(t, func(*http.Request) (*http.Response, error) {
		requests++
		return httpmock.NewStringResponse(http.StatusOK, []string{`{"cursor":{"next":"a"},"data":[]}`, `{"cursor":{"next":null},"data":[{"id":"txn_1"}]}`}[requests-1]), nil
	})
	n := 0
	for _, err := range client.Transactions.List(t.Context(), djamo.TransactionListParams{}) {
		require.NoError(t, err)
		n++
	}
	require.Equal(t, 1, n)
}

// A listing that may have been cut short is no listing: whoever reconciles by it would pay again what it leaves out.
func TestListPage_ThatMayNotBeWhole(t *testing.T) {
	t.Parallel()
	const one = `{"id":"txn_1"}`
	many := strings.TrimSuffix(strings.Repeat(one+",", 15), ",")
	for body, whole := range map[string]bool{
		`{"data":[` + one + `],"cursor":{"next":null}}`: true,
		`{"data":[` + one + `],"cursor":null}`:          true,
		`{"data":[` + one + `]}`:                        true,
		`{"count":1,"limit":15,"data":[` + one + `]}`:   true,
		`{"data":[]}`: true,
		`{"count":40,"cursor":{"next":null},"data":[` + one + `]}`:   true, // what it counts is not documented
		`{"count":40,"data":[` + one + `]}`:                          false,
		`{"data":[` + one + `],"nextCursor":"abc"}`:                  false,
		`{"data":[` + one + `],"meta":{"pagination":{"total":40}}}`:  false,
		`{"data":[` + one + `],"hasMore":true}`:                      false,
		`{"data":[` + many + `]}`:                                    false, // as many as a page holds
		`{"count":1,"limit":1,"data":[` + one + `]}`:                 false, // as many as this API lets a page hold
		`{"data":[` + many + `],"cursor":{"next":null}}`:             true,
		`{"count":2,"data":[{"id":"txn_1","description":"cursor"}]}`: false,
		`{"data":[null],"cursor":{"next":null}}`:                     false,
		`{"data":[` + one + `,{}],"cursor":{"next":null}}`:           false,
		`{"data":null,"cursor":{"next":null}}`:                       false,
		`{"cursor":{"next":null}}`:                                   false,
	} {
		client := clienttest.Mocked(t, httpmock.NewStringResponder(http.StatusOK, body))
		page, err := client.Transactions.ListPage(t.Context(), djamo.TransactionListParams{})
		if whole {
			require.NoError(t, err, body)
			continue
		}
		require.ErrorIs(t, err, djamo.ErrUnexpectedAnswer, body)
		require.Nil(t, page)
	}
}

// A listing of any length holds one page at a time.
func TestList_AMillionItemsInConstantMemory(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("walks a million items")
	}
	const total, size = 1_000_000, 1_000
	item := strings.TrimSuffix(strings.Repeat(`{"id":"1"},`, size), ",")
	client := clienttest.Mocked(t, func(req *http.Request) (*http.Response, error) {
		from, _ := strconv.Atoi(req.URL.Query().Get("cursor"))
		next := "null"
		if from+size < total {
			next = strconv.Quote(strconv.Itoa(from + size))
		}
		return httpmock.NewStringResponse(http.StatusOK, `{"cursor":{"next":`+next+`},"data":[`+item+`]}`), nil
	})
	n, most := 0, uint64(0)
	for _, err := range client.Transactions.List(t.Context(), djamo.TransactionListParams{Limit: size}) {
		require.NoError(t, err)
		if n++; n%100_000 == 0 {
			var memory runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&memory)
			most = max(most, memory.HeapAlloc)
		}
	}
	require.Equal(t, total, n)
	require.Less(t, most, uint64(128<<20), "a million payments would take more")
}

// Whatever a look-up answers, it never passes for the payment that was asked for unless it bears its reference.
func FuzzGetByReference(f *testing.F) {
	for _, seed := range []string{`{"data":[{"id":"1","reference":"r"}]}`, `[{"id":"1","reference":"x"}]`, `{"id":"1","reference":"r"}`, `{"data":{"data":{"id":"1"}}}`, `null`, ``, `{`, `[[]]`} {
		f.Add(seed, 200)
	}
	f.Fuzz(func(t *testing.T, body string, status int) {
		if status < 200 || status > 599 || status >= 300 && status < 400 {
			t.Skip("not a final status")
		}
		client := clienttest.Mocked(t, httpmock.NewStringResponder(status, body))
		tx, err := client.Transactions.GetByReference(t.Context(), "r")
		if (tx == nil) == (err == nil) {
			t.Fatalf("%v and %v", tx, err)
		}
		if tx != nil && tx.Reference != "r" {
			t.Fatalf("another reference: %q", tx.Reference)
		}
		if err != nil && (strings.ContainsAny(err.Error(), "\n") && !strings.Contains(body, "\\n") && !strings.Contains(body, "\n")) {
			t.Fatalf("more than one line: %q", err)
		}
		if answer := (*djamo.Error)(nil); errors.As(err, &answer) && len(answer.Body) > 4<<10 {
			t.Fatal("unbounded body")
		}
	})
}

func TestError_TextAndCodes(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		status int
		body   string
		is     error
		text   string
	}{
		"array":          {400, `{"message":["a","b"],"correlationId":"c0ffee"}`, djamo.ErrInvalidRequest, "djamo: GET /v1/balance: 400 Bad Request: a; b (correlation id c0ffee)"},
		"string":         {401, `{"message":"no token"}`, djamo.ErrUnauthorized, "djamo: GET /v1/balance: 401 Unauthorized: no token: is this the token of this host and country?"},
		"nothing":        {404, ``, djamo.ErrNotFound, "djamo: GET /v1/balance: 404 Not Found"},
		"other types":    {422, `{"message":{"a":1},"correlationId":7,"error":[]}`, djamo.ErrUnprocessable, `djamo: GET /v1/balance: 422 Unprocessable Entity: {"a":1} (correlation id 7)`},
		"truncated JSON": {500, `{"message":["a`, djamo.ErrServer, `djamo: GET /v1/balance: 500 Internal Server Error: {"message":["a`},
		"HTML":           {502, "<html>\n <h1>Bad gateway</h1>", djamo.ErrServer, "djamo: GET /v1/balance: 502 Bad Gateway: <html> <h1>Bad gateway</h1>"},
		"firewall":       {403, "<!DOCTYPE html>Attention Required!", djamo.ErrBlocked, "djamo: GET /v1/balance: 403 Forbidden: the firewall in front of the API refused this IP address; the token is not at fault, ask Djamo to allow the address"},
		"forbidden":      {403, `{"message":"not yours"}`, djamo.ErrForbidden, "djamo: GET /v1/balance: 403 Forbidden: not yours"},
	} {
		_, err := clienttest.Mocked(t, httpmock.NewStringResponder(row.status, row.body)).Balance.Get(t.Context())
		require.ErrorIs(t, err, row.is, name)
		require.EqualError(t, err, row.text, name)
	}
	require.ErrorIs(t, &djamo.Error{StatusCode: http.StatusConflict}, djamo.ErrDuplicateReference, "tests can build one")
	require.EqualError(t, &djamo.OutcomeUnknownError{References: []string{"a", "b", "c", "d", "e"}, Err: errors.New("djamo: reset")},
		`djamo: outcome unknown of "a", "b", "c" and 2 more, it may have been carried out: reset`)
}

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
			client := clienttest.Mocked(t, func(req *http.Request) (*http.Response, error) {
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
	client := clienttest.Mocked(t, func(req *http.Request) (*http.Response, error) {
		require.LessOrEqual(t, len(req.URL.Query()["cursor"]), 1)
		asked = append(asked, req.URL.Query().Get("cursor"))
		require.Equal(t, "3", req.URL.Query().Get("limit"), "on every page")
		next := "null"
		if len(asked) <= len(cursors) {
			next = clienttest.Marshal(cursors[len(asked)-1])
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
	client := clienttest.Mocked(t, listing(9, 3, &requests))
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
	client := clienttest.Mocked(t, listing(25, 10, &requests))
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
	client := clienttest.Mocked(t, listing(25, 10, &requests))
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
		`{"data":[{"id":"a","amount":1.5}]}`: -1, `{"data":[{"id":"a","amount":"5"}]}`: -1, `{"data":[{"id":"a","createdAt":"yesterday"}]}`: 1,
	} {
		page, err := clienttest.Mocked(t, httpmock.NewStringResponder(http.StatusOK, body)).Transactions.ListPage(t.Context(), djamo.TransactionListParams{})
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
	for tx, err := range clienttest.Mocked(t, listing(300, 7, &requests)).Transactions.List(t.Context(), djamo.TransactionListParams{}) {
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
	refusing := clienttest.Mocked(t, httpmock.NewStringResponder(http.StatusForbidden, `{"message":"no"}`))
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
		client := clienttest.Mocked(t, func(*http.Request) (*http.Response, error) {
			next := ""
			if len(order) > 0 && order[requests%len(order)] > 0 {
				next = fmt.Sprint(order[requests%len(order)]) + suffix
			}
			requests++
			return httpmock.NewStringResponse(http.StatusOK, `{"cursor":{"next":`+clienttest.Marshal(next)+`},"data":[{"id":"txn_1"}]}`), nil
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
