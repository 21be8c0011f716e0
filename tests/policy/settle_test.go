package policy_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/clienttest"
	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

// Every request of a settlement carries the call's own options, and what is sent again is what was sent.
func TestSettlement_RepeatsTheSameRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var bodies []string
		posts := 0
		metadata := map[string]any{"z": 1, "a": []string{"b"}, "m": map[string]any{"y": nil, "x": true}}
		client := clienttest.Through(t, func(req *http.Request) (*http.Response, error) {
			metadata["z"] = posts // the caller's own map, which he may have found another use for
			require.Equal(t, "subco_1", req.Header.Get("X-On-Behalf-Of"))
			require.Equal(t, "Bearer at_secret_token", req.Header.Get("Authorization"))
			if deadline, ok := req.Context().Deadline(); !ok || time.Until(deadline) != 7*time.Second {
				t.Errorf("%s: a limit of %v", req.Method, time.Until(deadline))
			}
			if req.Method == http.MethodGet {
				return httpmock.NewStringResponse(http.StatusOK, `{"data":[],"cursor":{"next":null}}`), nil
			}
			raw, err := io.ReadAll(req.Body)
			require.NoError(t, err)
			require.EqualValues(t, len(raw), req.ContentLength)
			bodies = append(bodies, string(raw))
			if posts++; posts < 4 {
				return nil, errors.New("reset")
			}
			return httpmock.NewStringResponse(http.StatusCreated, `{"id":"ch_1","externalId":"order-7","amount":5}`), nil
		}, djamo.WithRetry(djamo.RetryPolicy{}))
		charge, err := client.Charges.Create(t.Context(), djamo.ChargeParams{Amount: 5, ExternalID: "order-7", Metadata: metadata},
			djamo.WithHeader("x-on-behalf-of", "subco_1"), djamo.WithRequestTimeout(7*time.Second))
		require.NoError(t, err)
		require.Equal(t, "ch_1", charge.ID)
		require.Len(t, bodies, 4)
		for _, body := range bodies {
			require.Equal(t, bodies[0], body)
		}
	})
}

// WithResponse tells a result that was found from one that was answered.
func TestSettlement_SaysSoInTheResponse(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		writes, reads []clienttest.Fault
		settled       bool
		status        int
	}{
		"answered":       {nil, nil, false, http.StatusCreated},
		"found":          {[]clienttest.Fault{clienttest.LostAfter}, nil, true, http.StatusOK},
		"found later":    {[]clienttest.Fault{clienttest.LostAfter}, clienttest.Times(3, clienttest.EmptyPage), true, http.StatusOK},
		"refused":        {[]clienttest.Fault{clienttest.Unprocessable}, nil, false, http.StatusUnprocessableEntity},
		"unknown":        {clienttest.Times(4, clienttest.LostBefore), nil, false, http.StatusOK}, // the last look-up's
		"cannot ask":     {[]clienttest.Fault{clienttest.LostAfter}, []clienttest.Fault{clienttest.Unauthorized}, false, http.StatusUnauthorized},
		"nothing at all": {clienttest.Times(4, clienttest.DialRefused), nil, false, 0},
		"refused later":  {[]clienttest.Fault{clienttest.LostBefore, clienttest.Unprocessable}, nil, false, http.StatusUnprocessableEntity}, // and not the look-ups' after it
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				resp := djamo.Response{StatusCode: 999, Settled: true, Body: []byte("left over")}
				_, err := clienttest.NewScriptedAPI(t, row.writes, row.reads).Client().Transactions.Create(t.Context(), clienttest.Payment, djamo.WithResponse(&resp))
				require.Equal(t, row.settled, resp.Settled, "%v", err)
				require.Equal(t, row.status, resp.StatusCode)
				require.NotEqual(t, "left over", string(resp.Body))
			})
		})
	}
}

// The references of an unknown outcome are what the caller needs to find out: the keys that were sent, or the charge.
func TestOutcomeUnknown_NamesWhatToLookUp(t *testing.T) {
	t.Parallel()
	client := clienttest.Through(t, func(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF })
	for name, row := range map[string]struct {
		call func(context.Context) error
		want []string
	}{
		"transaction": {func(ctx context.Context) error { return clienttest.Create(ctx, client) }, []string{clienttest.Payment.Reference}},
		"charge":      {func(ctx context.Context) error { return clienttest.CreateCharge(ctx, client) }, []string{"order-7"}},
		"batch": {func(ctx context.Context) error {
			return clienttest.Second(client.Batches.Create(ctx, clienttest.BatchParams("")))
		}, []string{"17f99xApUe472A", "12E94bDeOP209T"}},
		"refund":      {func(ctx context.Context) error { return clienttest.Second(client.Charges.Refund(ctx, "ch_1")) }, []string{"ch_1"}},
		"refund part": {func(ctx context.Context) error { return clienttest.Second(client.Charges.RefundPart(ctx, "ch_1", 5)) }, []string{"ch_1"}},
		"pay": {func(ctx context.Context) error {
			return clienttest.Second(client.Charges.Pay(ctx, "ch_1", djamo.ChargePayParams{}))
		}, []string{"ch_1"}},
		"sub-company": {func(ctx context.Context) error {
			return clienttest.Second(client.SubCompanies.Create(ctx, djamo.SubCompanyParams{Name: "n"}))
		}, nil},
		"webhook": {func(ctx context.Context) error {
			return clienttest.Second(client.WebhookEndpoints.Create(ctx, djamo.WebhookEndpointParams{Topic: djamo.TopicCharge, URL: "https://x.example"}))
		}, nil},
		"raw": {func(ctx context.Context) error { return client.Do(ctx, http.MethodPost, "/v1/x", nil, nil) }, nil},
	} {
		unknown := (*djamo.OutcomeUnknownError)(nil)
		err := row.call(t.Context())
		require.ErrorAs(t, err, &unknown, name)
		require.Equal(t, row.want, unknown.References, name)
		require.ErrorIs(t, err, io.ErrUnexpectedEOF, name)
		require.Nil(t, clienttest.AnswerOf(err), name)
	}
}

// Do repeats what is safe by its method, and nothing else.
func TestDo_RepeatsByMethod(t *testing.T) {
	t.Parallel()
	for method, want := range map[string]int{"GET": 4, "HEAD": 4, "OPTIONS": 4, "PUT": 4, "DELETE": 4, "POST": 1, "PATCH": 1, "PURGE": 1} {
		synctest.Test(t, func(t *testing.T) {
			requests := 0
			client := clienttest.Through(t, func(req *http.Request) (*http.Response, error) {
				require.Equal(t, method, req.Method)
				requests++
				return nil, io.ErrUnexpectedEOF
			}, djamo.WithRetry(djamo.RetryPolicy{}))
			err := client.Do(t.Context(), method, "/v1/x", map[string]int{"n": 1}, nil)
			require.ErrorIs(t, err, io.ErrUnexpectedEOF)
			require.Equal(t, want == 1, errors.Is(err, djamo.ErrOutcomeUnknown), method)
			require.Equal(t, want, requests, method)
		})
	}
}

func TestTransactions_Wait_DoublesItsPauses(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		params djamo.WaitParams
		want   []time.Duration
	}{
		"defaults":      {djamo.WaitParams{}, []time.Duration{1, 2, 4, 8, 16, 30, 30}},
		"short":         {djamo.WaitParams{MinInterval: time.Second, MaxInterval: 3 * time.Second}, []time.Duration{1, 2, 3, 3, 3, 3, 3}},
		"long at first": {djamo.WaitParams{MinInterval: time.Minute}, []time.Duration{60, 60, 60, 60, 60, 60, 60}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var pauses []time.Duration
				last := time.Now()
				client := clienttest.Through(t, func(*http.Request) (*http.Response, error) {
					pauses, last = append(pauses, time.Since(last)/time.Second), time.Now()
					status := []string{"pending", "on_hold", "", "pending", "pending", "pending", "pending", "failed"}[len(pauses)-1]
					return httpmock.NewStringResponse(http.StatusOK, `{"id":"txn_1","status":"`+status+`","failureReason":"closed account"}`), nil
				})
				tx, err := client.Transactions.Wait(t.Context(), "txn_1", row.params)
				require.NoError(t, err, "a failed payment is no error")
				require.Equal(t, djamo.TransactionFailed, tx.Status)
				require.Equal(t, "closed account", tx.FailureReason)
				require.Equal(t, append([]time.Duration{0}, row.want...), pauses)
			})
		})
	}
}

func TestTransactions_Wait_EndsWithTheContextOrAnError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		answer := `{"id":"txn_1","status":"pending"}`
		client := clienttest.Through(t, func(*http.Request) (*http.Response, error) {
			return httpmock.NewStringResponse(http.StatusOK, answer), nil
		})
		ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
		defer cancel()
		start := time.Now()
		tx, err := client.Transactions.Wait(ctx, "txn_1", djamo.WaitParams{})
		require.Nil(t, tx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.EqualError(t, err, `djamo: waiting for "txn_1", which is "pending": context deadline exceeded`)
		require.Equal(t, 90*time.Second, time.Since(start))

		answer = `{"id":`
		_, err = client.Transactions.Wait(t.Context(), "txn_1", djamo.WaitParams{})
		require.ErrorIs(t, err, djamo.ErrUnexpectedAnswer)
	})
}
