package djamo_test

import (
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/djamo/djamo-go"
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
	client := mocked(t, listing(25, 10, &requests))
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
	for range mocked(t, listing(25, 10, &requests)).Transactions.List(t.Context(), djamo.TransactionListParams{}) {
		break
	}
	require.Equal(t, 1, requests)
}

func TestList_EndsWithTheErrorOfAPage(t *testing.T) {
	t.Parallel()
	requests := 0
	pages := listing(25, 10, &requests)
	client := mocked(t, func(req *http.Request) (*http.Response, error) {
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
	client := mocked(t, func(*http.Request) (*http.Response, error) {
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
		client := mocked(t, httpmock.NewStringResponder(http.StatusOK, body))
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
	client := mocked(t, func(req *http.Request) (*http.Response, error) {
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
		client := mocked(t, httpmock.NewStringResponder(status, body))
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
		"string":         {401, `{"message":"no token"}`, djamo.ErrUnauthorized, "djamo: GET /v1/balance: 401 Unauthorized: no token"},
		"nothing":        {404, ``, djamo.ErrNotFound, "djamo: GET /v1/balance: 404 Not Found"},
		"other types":    {422, `{"message":{"a":1},"correlationId":7,"error":[]}`, djamo.ErrUnprocessable, `djamo: GET /v1/balance: 422 Unprocessable Entity: {"a":1} (correlation id 7)`},
		"truncated JSON": {500, `{"message":["a`, djamo.ErrServer, `djamo: GET /v1/balance: 500 Internal Server Error: {"message":["a`},
		"HTML":           {502, "<html>\n <h1>Bad gateway</h1>", djamo.ErrServer, "djamo: GET /v1/balance: 502 Bad Gateway: <html> <h1>Bad gateway</h1>"},
		"firewall":       {403, "<!DOCTYPE html>Attention Required!", djamo.ErrBlocked, "djamo: GET /v1/balance: 403 Forbidden: the firewall in front of the API refused this IP address; the token is not at fault, ask Djamo to allow the address"},
		"forbidden":      {403, `{"message":"not yours"}`, djamo.ErrForbidden, "djamo: GET /v1/balance: 403 Forbidden: not yours"},
	} {
		_, err := mocked(t, httpmock.NewStringResponder(row.status, row.body)).Balance.Get(t.Context())
		require.ErrorIs(t, err, row.is, name)
		require.EqualError(t, err, row.text, name)
	}
	require.ErrorIs(t, &djamo.Error{StatusCode: http.StatusConflict}, djamo.ErrDuplicateReference, "tests can build one")
	require.EqualError(t, &djamo.OutcomeUnknownError{References: []string{"a", "b", "c", "d", "e"}, Err: errors.New("djamo: reset")},
		`djamo: outcome unknown of "a", "b", "c" and 2 more, it may have been carried out: reset`)
}
