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
	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

// An empty page with a next cursor does not say that there is nothing: the payment may be on the next one. It must be
// asked for, or the outcome is unknown; to send the payment again would lean on the API's 409 alone.
func TestLookUp_UnfinishedPageIsNoAbsence(t *testing.T) {
	t.Parallel()
	for name, call := range map[string]func(*testing.T, *djamo.Client) error{
		"transaction": func(t *testing.T, c *djamo.Client) error { return create(t.Context(), c) },
		"charge":      func(t *testing.T, c *djamo.Client) error { return createCharge(t.Context(), c) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				posts, gets := 0, 0
				client := through(t, func(req *http.Request) (*http.Response, error) {
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
		client := through(t, func(req *http.Request) (*http.Response, error) {
			if req.Method == http.MethodPost {
				posts++
				return nil, errors.New("reset")
			}
			gets++ // another cursor each time
			return httpmock.NewStringResponse(http.StatusOK, fmt.Sprintf(`{"data":[{"id":"ch_%d","externalId":"other-%d","amount":1}],"cursor":{"next":"c%d"}}`, gets, gets, gets)), nil
		}, djamo.WithRetry(djamo.RetryPolicy{}))
		err := createCharge(t.Context(), client)
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
			client := through(t, func(req *http.Request) (*http.Response, error) {
				if req.Method == http.MethodPost {
					posts++
					return nil, errors.New("reset")
				}
				return nil, verdict
			}, djamo.WithRetry(djamo.RetryPolicy{}))
			require.ErrorIs(t, create(t.Context(), client), djamo.ErrOutcomeUnknown)
			require.Equal(t, 1, posts)
			_, err := client.Transactions.GetByReference(t.Context(), "r")
			require.NotErrorIs(t, err, djamo.ErrNotFound)
		})
	}
}

func TestLookUp_FindsOnALaterPage(t *testing.T) {
	t.Parallel()
	client := through(t, func(req *http.Request) (*http.Response, error) {
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
		_, err := mocked(t, httpmock.NewStringResponder(http.StatusOK, body)).Transactions.GetByReference(t.Context(), "r")
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
			_, err := mocked(t, httpmock.NewStringResponder(http.StatusOK, `{"data":[],"`+name+`":`+links+`}`)).Transactions.GetByReference(t.Context(), "r")
			require.ErrorIs(t, err, want, links)
		}
	}
}

// Nothing that nests deeper than any answer would may cost more than reading it once.
func TestLookUp_DeepNestingIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`{"data":`, 9_900) + `"` + strings.Repeat("x", 300_000) + `"` + strings.Repeat("}", 9_900)
	_, err := mocked(t, httpmock.NewStringResponder(http.StatusOK, deep)).Transactions.GetByReference(t.Context(), "r")
	require.ErrorIs(t, err, djamo.ErrUnexpectedAnswer)
	require.ErrorContains(t, err, `too many layers of "data"`)
}

// Each layer of what stands beside the data is a whole reading of what is inside, too.
func TestLookUp_LayersBesideTheDataAreCounted(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"meta", "pagination", "links", "paging"} {
		for layers, text := range map[int]string{5: "nothing under", 20: "too many layers"} {
			body := `{"data":[],` + strings.Repeat(`"`+name+`":{`, layers) + strings.Repeat("}", layers) + `}`
			_, err := mocked(t, httpmock.NewStringResponder(http.StatusOK, body)).Transactions.GetByReference(t.Context(), "r")
			require.ErrorContains(t, err, text, name)
		}
	}
}

// The in-memory API knows no externalId parameter and says 400 to it: a charge whose answer was lost must be found all
// the same.
func TestCharges_LostReplyIsSettledAgainstAStrictAPI(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api, err := djamotest.New()
		require.NoError(t, err)
		defer api.Close()
		_, err = api.Inject(djamotest.LoseReply(), djamotest.On("POST /v1/charges"), djamotest.OneShot())
		require.NoError(t, err)
		client, err := djamo.NewClient(api.Token, djamo.WithBaseURL("https://memory.example"), djamo.WithCompanyID(api.CompanyID), djamo.WithHTTPClient(&http.Client{Transport: api.Transport()}))
		require.NoError(t, err)
		require.NoError(t, createCharge(t.Context(), client))
		require.Len(t, api.Charges(), 1)
	})
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
		check, err := mocked(t, httpmock.NewStringResponder(http.StatusOK, body)).Customers.Check(t.Context(), djamo.CustomerCheckParams{MSISDN: payment.MSISDN})
		require.NoError(t, err, body)
		require.Equal(t, want, check, body)
	}
	for _, body := range []string{`{"result":null}`, `{"result":1}`, `{"result":{}}`, `{"kycStatus":""}`, `{"statusCode":404,"message":"x"}`} {
		_, err := mocked(t, httpmock.NewStringResponder(http.StatusOK, body)).Customers.Check(t.Context(), djamo.CustomerCheckParams{MSISDN: payment.MSISDN})
		require.ErrorIs(t, err, djamo.ErrUnexpectedAnswer, body)
	}
}
