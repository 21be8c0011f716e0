package djamo_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/internal/clienttest"
	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

// The answer to a look-up by reference has no documented shape. Found means an object that bears the reference; absent
// needs an answer that can mean nothing else; everything between is an unexpected answer, and never "not found", since
// a payment that counts as absent is sent again.
func TestLookUp_Shapes(t *testing.T) {
	t.Parallel()
	const (
		ours   = `{"id":"txn_1","reference":"r","amount":5,"status":"failed"}`
		other  = `{"id":"txn_2","reference":"R","amount":5}`
		absent = djamo.ErrNotFound
		odd    = djamo.ErrUnexpectedAnswer
		found  = djamo.ErrorCode("")
	)
	for _, row := range []struct {
		status int
		body   string
		want   djamo.ErrorCode
	}{
		{200, ours, found},
		{200, ` ` + ours + "\n", found},
		{200, `[` + ours + `]`, found},
		{200, `[` + other + `,` + ours + `]`, found},
		{200, `{"data":` + ours + `}`, found},
		{200, `{"data":[` + ours + `]}`, found},
		{200, `{"data":[` + other + `,` + ours + `],"cursor":{"next":"more"}}`, found},
		{200, `{"data":{"data":[` + ours + `]}}`, found},
		{200, `{"count":1,"limit":15,"cursor":{"prev":null,"next":null},"data":[` + ours + `]}`, found},
		{201, ours, found},

		{200, `[]`, absent},
		{200, `{"data":[]}`, absent},
		{200, `{"success":true,"data":[]}`, absent},
		{200, `{"data":[],"meta":{"pagination":{"total":0,"links":{"meta":null}}}}`, absent},
		{200, `{"statusCode":200,"error":null,"hasMore":false,"nextCursor":null,"data":[]}`, absent},
		{200, `{"count":0,"limit":15,"cursor":{"prev":null,"next":null},"data":[]}`, absent},
		{404, `{"statusCode":404,"message":"no such transaction"}`, absent},

		{200, other, odd},
		{200, `[` + other + `]`, odd},
		{200, `{"data":[` + other + `]}`, odd},
		{200, `{"data":` + other + `}`, odd},
		{200, `[` + ours + `,{"id":"txn_3","reference":"r","amount":5}]`, odd},
		{200, `{"data":[{"id":"txn_3","reference":"r","amount":6},` + other + `,` + ours + `],"cursor":{"next":null}}`, odd},
		{200, `{"id":"txn_1"}`, odd},
		{200, `{"id":"txn_1","reference":null}`, odd},
		{200, `{"id":"txn_1","reference":" r"}`, odd},
		{200, `[null]`, odd},
		{200, `[{}]`, odd},
		{200, `{}`, odd},
		{200, `{"reference":"r","amount":5}`, odd},
		{200, `{"statusCode":404,"message":"no such transaction"}`, odd},
		{200, `{"transactions":[` + ours + `]}`, odd},
		{200, `{"data":"r"}`, odd},
		{200, `{"data":7}`, odd},
		{200, `{"data":[7]}`, odd},
		{200, `{"data":[[` + ours + `]]}`, odd},
		{200, `{"id":7,"reference":"r"}`, odd},
		{200, `{"id":"txn_1","reference":"r","amount":"5"}`, odd},
		{200, `{"id":"txn_1","reference":"r","amount":5.5}`, odd},
		{200, `[` + ours, odd},
		{200, `[` + ours + `] trailing`, odd},
		{200, `true`, odd},
		{200, `""`, odd},
		{200, ``, odd},
		{204, ``, odd},
		{200, "  \n", odd},
		{200, `<html>not found</html>`, odd},
		{404, `<html>not found</html>`, odd},
		{404, ``, odd},
		{404, "404 page not found\n", odd},
		{404, `default backend - 404`, odd},
		{404, `"not found"`, odd},
		{404, `[]`, odd},
		{404, `{"statusCode":404,"mess`, odd},
		{200, `null`, odd},
		{200, `{"data":null}`, odd},
		{200, `{"data":{"data":null}}`, odd},
		{200, `{"success":false,"message":"index unavailable","data":null}`, odd},
		{200, `{"success":false,"data":[]}`, odd},
		{200, `{"success":"no","data":[]}`, odd},
		{200, `{"statusCode":503,"message":"index unavailable","data":[]}`, odd},
		{200, `{"StatusCode":"503","data":[]}`, odd},
		{200, `{"error":"index unavailable","data":[]}`, odd},
		{200, `{"data":{"errors":[{}],"data":[]}}`, odd},
		{200, `{"count":1,"limit":15,"cursor":{"prev":null,"next":null},"data":[]}`, odd},
		{200, `{"count":1,"data":{"data":[]}}`, odd},
		{200, `{"data":[],"cursor":{"next":null},"nextCursor":"abc"}`, odd},
		{200, `{"data":[],"has_more":true}`, odd},
		{200, `{"data":[` + ours + `],"data":[]}`, odd},
		{200, `{"data":[` + ours + `],"Data":null}`, odd},
		{200, `{"data":[],"cursor":{"next":"more"},"CUR\u017fOR":{"next":null}}`, odd},
		{404, ` <!-- gateway --><p>`, odd},

		{403, `{"message":"no"}`, djamo.ErrForbidden},
		{403, `<html>blocked`, djamo.ErrBlocked},
		{500, `{"data":[]}`, djamo.ErrServer},
		{400, `[]`, djamo.ErrInvalidRequest},
	} {
		t.Run(fmt.Sprint(row.status, row.body), func(t *testing.T) {
			t.Parallel()
			tx, err := clienttest.Mocked(t, httpmock.NewStringResponder(row.status, row.body)).Transactions.GetByReference(t.Context(), "r")
			if row.want == found {
				require.NoError(t, err)
				require.Equal(t, "txn_1", tx.ID)
				require.Equal(t, djamo.TransactionFailed, tx.Status)
				return
			}
			require.Nil(t, tx)
			for _, sentinel := range sentinels {
				require.Equal(t, sentinel == row.want, errors.Is(err, sentinel), "%q: %v", sentinel, err)
			}
		})
	}
}

// An empty page with a next cursor does not say that there is nothing: the payment may be on the next one. It must be
// asked for, or the outcome is unknown; to send the payment again would lean on the API's 409 alone.
func TestLookUp_UnfinishedPageIsNoAbsence(t *testing.T) {
	t.Parallel()
	for name, call := range map[string]func(*testing.T, *djamo.Client) error{
		"transaction": func(t *testing.T, c *djamo.Client) error { return clienttest.Create(t.Context(), c) },
		"charge":      func(t *testing.T, c *djamo.Client) error { return clienttest.CreateCharge(t.Context(), c) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				posts, gets := 0, 0
				client := clienttest.Through(t, func(req *http.Request) (*http.Response, error) {
					if req.Method == http.MethodPost {
						posts++
						return nil, errors.New("reset")
					}
					gets++ // always the same cursor: a server that ignores it
					return httpmock.NewStringResponse(http.StatusOK, `{"data":[],"cursor":{"next":"more"}}`), nil
				}, djamo.WithRetry(djamo.RetryPolicy{}))
				err := call(t, client)
				require.ErrorIs(t, err, djamo.ErrOutcomeUnknown)
				require.ErrorIs(t, err, djamo.ErrUnexpectedAnswer)
				require.Equal(t, 1, posts)
				require.Less(t, gets, 30)
			})
		})
	}
}

// Nor do many pages say so, when there are still more: the reading stops somewhere, and stopping is no proof.
func TestLookUp_ManyPagesAreNoAbsence(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		posts, gets := 0, 0
		client := clienttest.Through(t, func(req *http.Request) (*http.Response, error) {
			if req.Method == http.MethodPost {
				posts++
				return nil, errors.New("reset")
			}
			gets++ // another cursor each time
			return httpmock.NewStringResponse(http.StatusOK, fmt.Sprintf(`{"data":[{"id":"ch_%d","externalId":"other-%d","amount":1}],"cursor":{"next":"c%d"}}`, gets, gets, gets)), nil
		}, djamo.WithRetry(djamo.RetryPolicy{}))
		err := clienttest.CreateCharge(t.Context(), client)
		require.ErrorIs(t, err, djamo.ErrOutcomeUnknown)
		require.ErrorIs(t, err, djamo.ErrUnexpectedAnswer)
		require.Equal(t, 1, posts)
		require.Less(t, gets, 30)
	})
}

// Only an answer of the API can say that there is nothing, and no error of the caller's RoundTripper.
func TestLookUp_AbsenceIsForTheAPIToTell(t *testing.T) {
	t.Parallel()
	for _, verdict := range []error{djamo.ErrNotFound, &djamo.Error{StatusCode: http.StatusNotFound, Body: []byte(`{"statusCode":404}`)}} {
		synctest.Test(t, func(t *testing.T) {
			posts := 0
			client := clienttest.Through(t, func(req *http.Request) (*http.Response, error) {
				if req.Method == http.MethodPost {
					posts++
					return nil, errors.New("reset")
				}
				return nil, verdict
			}, djamo.WithRetry(djamo.RetryPolicy{}))
			require.ErrorIs(t, clienttest.Create(t.Context(), client), djamo.ErrOutcomeUnknown)
			require.Equal(t, 1, posts)
			_, err := client.Transactions.GetByReference(t.Context(), "r")
			require.NotErrorIs(t, err, djamo.ErrNotFound)
		})
	}
}

func TestLookUp_FindsOnALaterPage(t *testing.T) {
	t.Parallel()
	client := clienttest.Through(t, func(req *http.Request) (*http.Response, error) {
		if req.URL.Query().Get("cursor") == "" {
			return httpmock.NewStringResponse(http.StatusOK, `{"data":[],"cursor":{"next":"more"}}`), nil
		}
		return httpmock.NewStringResponse(http.StatusOK, `{"data":[{"id":"txn_1","reference":"r"}],"cursor":{"next":null}}`), nil
	})
	tx, err := client.Transactions.GetByReference(t.Context(), "r")
	if err != nil {
		require.ErrorIs(t, err, djamo.ErrUnexpectedAnswer) // as good: but never ErrNotFound
		return
	}
	require.Equal(t, "txn_1", tx.ID)
}

func TestLookUp_NeedsAnID(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"data":[{"reference":"r","amount":5}]}`, `[{"reference":"r"}]`, `{"data":{"data":[{"id":"","reference":"r"}]}}`} {
		_, err := clienttest.Mocked(t, httpmock.NewStringResponder(http.StatusOK, body)).Transactions.GetByReference(t.Context(), "r")
		require.ErrorIs(t, err, djamo.ErrUnexpectedAnswer, body)
	}
}

// Links to more may come as a list, too.
func TestLookUp_ListOfLinksIsNoAbsence(t *testing.T) {
	t.Parallel()
	for links, want := range map[string]djamo.ErrorCode{
		`[{"rel":"self","href":"/a"},{"rel":"next","href":"/b"}]`: djamo.ErrUnexpectedAnswer,
		`[{"href":"/b","rel":"next"}]`:                            djamo.ErrUnexpectedAnswer,
		`[["next","/b"]]`:                                         djamo.ErrUnexpectedAnswer,
		`[]`:                                                      djamo.ErrNotFound,
		`null`:                                                    djamo.ErrNotFound,
		`{"next":null}`:                                           djamo.ErrNotFound,
	} {
		for _, name := range []string{"meta", "pagination", "links", "paging"} {
			_, err := clienttest.Mocked(t, httpmock.NewStringResponder(http.StatusOK, `{"data":[],"`+name+`":`+links+`}`)).Transactions.GetByReference(t.Context(), "r")
			require.ErrorIs(t, err, want, links)
		}
	}
}

// Nothing that nests deeper than any answer would may cost more than reading it once.
func TestLookUp_DeepNestingIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`{"data":`, 9_900) + `"` + strings.Repeat("x", 300_000) + `"` + strings.Repeat("}", 9_900)
	_, err := clienttest.Mocked(t, httpmock.NewStringResponder(http.StatusOK, deep)).Transactions.GetByReference(t.Context(), "r")
	require.ErrorIs(t, err, djamo.ErrUnexpectedAnswer)
	require.ErrorContains(t, err, `too many layers of "data"`)
}

// Each layer of what stands beside the data is a whole reading of what is inside, too.
func TestLookUp_LayersBesideTheDataAreCounted(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"meta", "pagination", "links", "paging"} {
		for layers, text := range map[int]string{5: "nothing under", 20: "too many layers"} {
			body := `{"data":[],` + strings.Repeat(`"`+name+`":{`, layers) + strings.Repeat("}", layers) + `}`
			_, err := clienttest.Mocked(t, httpmock.NewStringResponder(http.StatusOK, body)).Transactions.GetByReference(t.Context(), "r")
			require.ErrorContains(t, err, text, name)
		}
	}
}

// The in-memory API knows no externalId parameter and says 400 to it: a charge whose answer was lost must be found all
// the same.
func TestCharges_LostReplyIsSettledAgainstAStrictAPI(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api, err := djamotest.New(djamotest.WithSeed(1))
		require.NoError(t, err)
		defer api.Close()
		_, err = api.Inject(djamotest.LoseReply(), djamotest.On("POST /v1/charges"), djamotest.OneShot())
		require.NoError(t, err)
		client, err := djamo.NewClient(api.Token, djamo.WithBaseURL("https://memory.example"), djamo.WithCompanyID(api.CompanyID), djamo.WithHTTPClient(&http.Client{Transport: api.Transport()}))
		require.NoError(t, err)
		require.NoError(t, clienttest.CreateCharge(t.Context(), client))
		require.Len(t, api.Charges(), 1)
	})
}

// An API may allow fewer charges on a page than are asked for, whether or not it knows the filter: a charge whose answer was lost
// is found all the same, and what is not there is sent again once and no more.
func TestCharges_Create_LooksUpWherePagesAreShort(t *testing.T) {
	t.Parallel()
	for name, filters := range map[string]bool{"knows the filter": true, "refuses the filter": false} {
		for _, made := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, made=%t", name, made), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					sent := 0
					client := clienttest.Mocked(t, func(req *http.Request) (*http.Response, error) {
						const charge = `{"id":"ch_1","externalId":"order-1","amount":5000}`
						query := req.URL.Query()
						listed := `{"id":"ch_0","externalId":"order-0","amount":5000}`
						if filters {
							listed = ""
						}
						switch {
						case req.Method == http.MethodPost:
							if sent++; sent == 1 {
								return httpmock.NewStringResponse(http.StatusBadGateway, ""), nil
							}
							return httpmock.NewStringResponse(http.StatusCreated, charge), nil
						case query.Get("limit") != "", query.Has("externalId") && !filters:
							return httpmock.NewStringResponse(http.StatusBadRequest, `{"statusCode":400,"message":["limit must not be greater than 50"]}`), nil
						case query.Has("externalId") != filters:
							return nil, errors.New("the filter is known")
						case made:
							listed = charge
						}
						return httpmock.NewStringResponse(http.StatusOK, `{"data":[`+listed+`],"cursor":{"next":null}}`), nil
					}, djamo.WithRetry(djamo.RetryPolicy{MaxAttempts: 3, MinWait: 1, MaxWait: 1, MaxRetryAfter: 1, QuietPeriod: 1}))
					found, err := client.Charges.Create(t.Context(), djamo.ChargeParams{Amount: 5000, ExternalID: "order-1"})
					require.NoError(t, err)
					require.Equal(t, "ch_1", found.ID)
					require.Equal(t, map[bool]int{true: 1, false: 2}[made], sent)
				})
			})
		}
	}
}

func TestCustomers_Check_BothForms(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]*djamo.CustomerCheck{
		`{"result":true}`:                            {HasAccount: true},
		`{"result":false}`:                           {},
		`{"data":{"result":false}}`:                  {},
		`{"result":true,"data":{"name":"A"}}`:        {HasAccount: true},
		`{"result":"true"}`:                          {HasAccount: true},
		`{"result":"false"}`:                         {},
		`{"result":"VERIFIED"}`:                      {HasAccount: true, KYCStatus: "VERIFIED"},
		`{"kycStatus":"PENDING"}`:                    {HasAccount: true, KYCStatus: "PENDING"},
		`{"status":"VERIFIED"}`:                      {HasAccount: true, KYCStatus: "VERIFIED"},
		`{"result":false,"kycStatus":"NOT_STARTED"}`: {KYCStatus: "NOT_STARTED"},
	} {
		check, err := clienttest.Mocked(t, httpmock.NewStringResponder(http.StatusOK, body)).Customers.Check(t.Context(), djamo.CustomerCheckParams{MSISDN: clienttest.Payment.MSISDN})
		require.NoError(t, err, body)
		require.Equal(t, want, check, body)
	}
	for _, body := range []string{`{"result":null}`, `{"result":1}`, `{"result":{}}`, `{"kycStatus":""}`, `{"statusCode":404,"message":"x"}`} {
		_, err := clienttest.Mocked(t, httpmock.NewStringResponder(http.StatusOK, body)).Customers.Check(t.Context(), djamo.CustomerCheckParams{MSISDN: clienttest.Payment.MSISDN})
		require.ErrorIs(t, err, djamo.ErrUnexpectedAnswer, body)
	}
}

func TestChargeStatus_Terminal(t *testing.T) {
	t.Parallel()
	for status, want := range map[djamo.ChargeStatus]bool{
		djamo.ChargeRefunded: true, djamo.ChargeDropped: true, djamo.ChargeCancelled: true, "canceled": true, djamo.ChargeFailed: true,
		djamo.ChargePaid: false, djamo.ChargeCreated: false, "": false, "on_hold": false,
	} {
		require.Equal(t, want, status.Terminal(), status)
	}
}

// That a charge is not on the pages which were read says nothing about those that were not: it is not sent again.
func TestCharges_Create_GivesUpOnALongListing(t *testing.T) {
	t.Parallel()
	sent, pages := 0, 0
	client := clienttest.Mocked(t, func(req *http.Request) (*http.Response, error) {
		if req.Method == http.MethodPost {
			sent++
			return httpmock.NewStringResponse(http.StatusBadGateway, ""), nil
		}
		pages++
		return httpmock.NewStringResponse(http.StatusOK, fmt.Sprintf(`{"cursor":{"next":"p%d"},"data":[{"id":"ch_%d","externalId":"other-%d"}]}`, pages, pages, pages)), nil
	}, djamo.WithRetry(djamo.RetryPolicy{MaxAttempts: 3, MinWait: 1, MaxWait: 1, MaxRetryAfter: 1, QuietPeriod: 1}))
	_, err := client.Charges.Create(t.Context(), djamo.ChargeParams{Amount: 5000, ExternalID: "order-1"})
	require.ErrorIs(t, err, djamo.ErrOutcomeUnknown)
	require.ErrorContains(t, err, "not on the first 10 pages")
	require.Equal(t, 1, sent)
}
