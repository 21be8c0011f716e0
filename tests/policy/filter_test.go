package policy_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/clienttest"
	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

// listed is a payment of an account's listing.
type listed struct {
	ID        string `json:"id"`
	Reference string `json:"reference,omitempty"`
	Amount    int    `json:"amount"`
	Type      string `json:"type"`
	CreatedAt string `json:"createdAt,omitempty"`
}

// account is an API whose filter by reference does as filter says, over a listing with pages.
type account struct {
	filter    func(asked, has string) bool
	payments  []listed // in the order of the listing
	pageSize  int
	posts     int
	loseFirst bool   // the first POST is carried out and its answer lost
	date      string // of each answer; "" for the right one, "-" for none
	reverse   bool   // oldest first
	shuffle   func([]listed)
	count     func(shown, all int) int
	requests  int
}

func (a *account) RoundTrip(req *http.Request) (*http.Response, error) {
	a.requests++
	if req.Method == http.MethodPost {
		a.posts++
		if a.posts == 1 {
			if a.loseFirst {
				a.payments = slices.Insert(a.payments, 0, listed{
					ID: "txn_new", Reference: clienttest.Payment.Reference, Amount: int(clienttest.Payment.Amount),
					Type: "transfer", CreatedAt: time.Now().UTC().Format(time.RFC3339),
				})
			}
			return nil, errors.New("connection reset")
		}
		return httpmock.NewStringResponse(http.StatusCreated, `{"id":"txn_2","reference":"`+clienttest.Payment.Reference+`","amount":50000}`), nil
	}
	query := req.URL.Query()
	found := append([]listed{}, a.payments...)
	if a.reverse {
		slices.Reverse(found)
	}
	if a.shuffle != nil {
		a.shuffle(found)
	}
	if asked := query.Get("reference"); asked != "" {
		found = slices.DeleteFunc(found, func(p listed) bool { return !a.filter(asked, p.Reference) })
	}
	from, _ := strconv.Atoi(query.Get("cursor"))
	from = min(from, len(found))
	to := min(from+a.pageSize, len(found))
	page := map[string]any{"count": to - from, "limit": a.pageSize, "data": found[from:to], "cursor": map[string]any{"next": nil}}
	if a.count != nil {
		page["count"] = a.count(to-from, len(found))
	}
	if to < len(found) {
		page["cursor"] = map[string]any{"next": strconv.Itoa(to)}
	}
	raw, err := json.Marshal(page)
	resp := httpmock.NewBytesResponse(http.StatusOK, raw)
	switch a.date {
	case "":
		resp.Header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	case "-":
	default:
		resp.Header.Set("Date", a.date)
	}
	return resp, err
}

func exact(asked, has string) bool    { return asked == has }
func prefix(asked, has string) bool   { return strings.HasPrefix(has, asked) }
func contains(asked, has string) bool { return strings.Contains(has, asked) }
func ignored(string, string) bool     { return true }

// older makes payments with other references, one a minute, the newest made so long ago.
func older(n int, reference string, age time.Duration) []listed {
	payments := make([]listed, n)
	for i := range payments {
		made := time.Now().Add(-age - time.Duration(i)*time.Minute)
		payments[i] = listed{
			ID: fmt.Sprintf("txn_%s_%d", reference, i), Reference: fmt.Sprintf("%s%d", reference, i), Amount: 1, Type: "transfer",
			CreatedAt: made.UTC().Format(time.RFC3339),
		}
	}
	return payments
}

// Point 18: settlement when the look-up filter is not exact. Each row says how many POSTs there must be in all, and whether
// the outcome stays unknown.
func TestPolicy_Keyed_D18_FilterThatIsNotExact(t *testing.T) {
	t.Parallel()
	longer := clienttest.Payment.Reference // the beginning of others
	for name, row := range map[string]struct {
		account account
		posts   int
		unknown bool
	}{
		"exact, landed":     {account{filter: exact, loseFirst: true, pageSize: 15}, 1, false},
		"exact, absent":     {account{filter: exact, pageSize: 15}, 2, false},
		"prefix, landed":    {account{filter: prefix, loseFirst: true, pageSize: 15, payments: older(3, longer, 0)}, 1, false},
		"prefix, absent":    {account{filter: prefix, pageSize: 15, payments: older(3, longer, 0)}, 2, false},
		"prefix, pages":     {account{filter: prefix, pageSize: 2, payments: older(9, longer, 0)}, 2, false},
		"contains, landed":  {account{filter: contains, loseFirst: true, pageSize: 15, payments: older(3, "x"+longer, 0)}, 1, false},
		"contains, absent":  {account{filter: contains, pageSize: 15, payments: older(3, "x"+longer, 0)}, 2, false},
		"ignored, landed":   {account{filter: ignored, loseFirst: true, pageSize: 15, payments: older(40, "other/", 0)}, 1, false},
		"ignored, all read": {account{filter: ignored, pageSize: 15, payments: older(40, "other/", 0)}, 2, false},
		"ignored, read back to before it was sent": {
			account{filter: ignored, pageSize: 2, payments: older(1000, "other/", 2*time.Hour)}, 2, false,
		},
		"ignored, made just before": {account{filter: ignored, pageSize: 2, payments: older(1000, "other/", 0)}, 2, false},
		"ignored, so many made within the margin": {
			account{filter: ignored, pageSize: 1, payments: older(59, "other/", 0)}, 1, true,
		},
		"ignored, no date": {account{filter: ignored, pageSize: 2, date: "-", payments: older(1000, "other/", 2*time.Hour)}, 1, true},
		"ignored, the API's clock a day behind": {
			account{filter: ignored, pageSize: 2, date: "Fri, 31 Dec 1999 00:00:00 GMT", payments: older(80, "other/", 2*time.Hour)}, 2, false,
		},
		"ignored, oldest first": {account{filter: ignored, pageSize: 2, reverse: true, payments: older(1000, "other/", 2*time.Hour)}, 1, true},
		"ignored, no times": {account{filter: ignored, pageSize: 2, payments: func() []listed {
			payments := older(1000, "other/", 2*time.Hour)
			for i := range payments {
				payments[i].CreatedAt = ""
			}
			return payments
		}()}, 1, true},
		"ignored, one hides its reference": {account{filter: ignored, pageSize: 15, payments: append(older(3, "other/", 0), listed{
			ID: "txn_h", Amount: 50_000, Type: "transfer",
		})}, 1, true},
		"ignored, a collection has none": {account{filter: ignored, pageSize: 15, payments: append(older(3, "other/", 0), listed{
			ID: "txn_h", Amount: 50_000, Type: "charge", CreatedAt: time.Now().Add(-time.Hour).UTC().Format(time.RFC3339),
		})}, 2, false},
		"counts more than it shows": {
			account{filter: ignored, pageSize: 15, payments: older(3, "other/", 0), count: func(_, all int) int { return all + 1 }}, 1, true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				// Times of the bubble: it begins at another moment than the table.
				shift := time.Since(tableTime(row.account.payments))
				for i := range row.account.payments {
					if made, err := time.Parse(time.RFC3339, row.account.payments[i].CreatedAt); err == nil {
						row.account.payments[i].CreatedAt = made.Add(shift).UTC().Format(time.RFC3339)
					}
				}
				api := row.account
				client := clienttest.Through(t, api.RoundTrip, djamo.WithRetry(djamo.RetryPolicy{}))
				err := clienttest.Create(t.Context(), client)
				require.Equal(t, row.posts, api.posts, "%v", err)
				if row.unknown {
					require.ErrorIs(t, err, djamo.ErrOutcomeUnknown)
					require.ErrorIs(t, err, djamo.ErrUnexpectedAnswer)
				} else {
					require.NoError(t, err)
				}
				require.Less(t, api.requests, 250, "the search is bounded")
			})
		})
	}
}

// A listing in no order at all proves nothing before it ends, whatever its first entries look like.
func TestPolicy_Keyed_LandedIsNeverSentAgainInAnyOrder(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		synctest.Test(t, func(t *testing.T) {
			api := account{filter: ignored, loseFirst: true, pageSize: 1 + int(seed%4), payments: older(60, "other/", 3*time.Hour)}
			api.shuffle = func(payments []listed) {
				random := rand.New(rand.NewPCG(seed, 1)) // the same order for each page
				random.Shuffle(len(payments), func(i, j int) { payments[i], payments[j] = payments[j], payments[i] })
			}
			client := clienttest.Through(t, api.RoundTrip, djamo.WithRetry(djamo.RetryPolicy{}))
			err := clienttest.Create(t.Context(), client)
			require.Equal(t, 1, api.posts, "seed %d: %v", seed, err)
		})
	}
}

// tableTime is when the first entry would have been made had its age been none.
func tableTime(payments []listed) time.Time {
	if len(payments) == 0 || payments[0].CreatedAt == "" {
		return time.Now()
	}
	made, err := time.Parse(time.RFC3339, payments[0].CreatedAt)
	if err != nil {
		return time.Now()
	}
	return made
}

// Whatever the filter, the order, the pages and the counts: a payment that landed is never sent again.
func TestPolicy_Keyed_LandedIsNeverSentAgainWhateverTheFilter(t *testing.T) {
	t.Parallel()
	for name, filter := range map[string]func(string, string) bool{
		"exact": exact, "prefix": prefix, "contains": contains, "ignored": ignored,
		"suffix":      func(asked, has string) bool { return strings.HasSuffix(has, asked) },
		"case folded": func(asked, has string) bool { return strings.EqualFold(has, asked) },
	} {
		for _, others := range []int{0, 1, 14, 15, 16, 120} {
			for _, pageSize := range []int{1, 7, 15, 100} {
				for _, reverse := range []bool{false, true} {
					t.Run(fmt.Sprintf("%s, %d others, pages of %d, reverse %t", name, others, pageSize, reverse), func(t *testing.T) {
						t.Parallel()
						synctest.Test(t, func(t *testing.T) {
							api := account{
								filter: filter, loseFirst: true, pageSize: pageSize, reverse: reverse,
								payments: append(older(others/2, clienttest.Payment.Reference, time.Minute), older(others/2, "other/", 3*time.Hour)...),
							}
							client := clienttest.Through(t, api.RoundTrip, djamo.WithRetry(djamo.RetryPolicy{}))
							err := clienttest.Create(t.Context(), client)
							require.Equal(t, 1, api.posts)
							if err != nil {
								require.ErrorIs(t, err, djamo.ErrOutcomeUnknown)
							}
						})
					})
				}
			}
		}
	}
}
