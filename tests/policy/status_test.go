package policy_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/clienttest"
	"github.com/djamo/djamo-go/internal/nettest"
	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

// Of every status there is: which of them, in answer to a write, say that it was not carried out. Those are errors of
// their own; a payment is looked up after any other, and what has no key has an unknown outcome.
func TestPolicy_StatusOfAWrite(t *testing.T) {
	t.Parallel()
	refusal := func(status int) bool {
		return status == 307 || status == 308 || status >= 400 && status <= 451 && status != 408
	}
	for status := range 1000 {
		if status == http.StatusTooManyRequests || status >= 200 && status < 300 {
			continue // the tables of the policy have rows for these
		}
		synctest.Test(t, func(t *testing.T) {
			posts, gets := 0, 0
			client := clienttest.Through(t, func(req *http.Request) (*http.Response, error) {
				if req.Method == http.MethodGet {
					gets++
					return httpmock.NewStringResponse(http.StatusOK, `{"data":[{"id":"txn_1","reference":"`+clienttest.Payment.Reference+`","amount":50000}]}`), nil
				}
				posts++
				return httpmock.NewStringResponse(status, ""), nil
			}, djamo.WithRetry(djamo.RetryPolicy{}))
			err := clienttest.Create(t.Context(), client)
			refund := clienttest.Second(client.Charges.Refund(t.Context(), "ch_1"))
			require.Equal(t, 2, posts, status)
			require.Equal(t, !refusal(status), errors.Is(refund, djamo.ErrOutcomeUnknown), "%d: %v", status, refund)
			if refusal(status) && status != http.StatusUnprocessableEntity { // which is looked up before it is believed
				require.Equal(t, status, clienttest.AnswerOf(err).StatusCode)
				require.Zero(t, gets, status)
				return
			}
			require.NoError(t, err, status)
			require.Equal(t, 1, gets, status)
		})
	}
}

// What would end the same way is not repeated, not even by a read: it only costs time, and the token is not carried
// elsewhere or into the clear.
func TestPolicy_Read_WhatWouldEndTheSameWay(t *testing.T) {
	t.Parallel()
	redirect := func(to string) clienttest.RoundTripper {
		return func(*http.Request) (*http.Response, error) {
			resp := httpmock.NewStringResponse(http.StatusFound, "")
			resp.Header.Set("Location", to)
			return resp, nil
		}
	}
	for name, row := range map[string]struct {
		answer   clienttest.RoundTripper
		requests int
		text     string
	}{
		"another host":    {redirect("https://other.example/v1/balance"), 1, "another host, https://other.example"},
		"into the clear":  {redirect("http://gateway.example/djamo/v1/balance"), 1, "another host, http://gateway.example"},
		"another port":    {redirect("https://gateway.example:8443/djamo/v1/balance"), 1, "another host, https://gateway.example:8443"},
		"round and round": {redirect("/djamo/v1/balance"), 10, "more than 10"},
		"too large":       {clienttest.RoundTripper(httpmock.NewStringResponder(http.StatusOK, `{"balance":1}`+strings.Repeat(" ", 100))), 1, "larger than the limit"},
		"certificate wrong": {func(*http.Request) (*http.Response, error) {
			return nil, &tls.CertificateVerificationError{Err: errors.New("expired")}
		}, 1, "expired"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				requests := 0
				client := clienttest.Through(t, func(req *http.Request) (*http.Response, error) {
					requests++
					return row.answer(req)
				}, djamo.WithRetry(djamo.RetryPolicy{}), djamo.WithMaxResponseBytes(50))
				start := time.Now()
				require.ErrorContains(t, clienttest.Second(client.Balance.Get(t.Context())), row.text)
				require.Equal(t, row.requests, requests)
				require.Zero(t, time.Since(start))
			})
		})
	}
}

// After a 101 the body is the connection: it must not be waited for.
func TestPolicy_SwitchedProtocolsIsNoAnswer(t *testing.T) {
	t.Parallel()
	address := nettest.Serve(t, func(conn net.Conn) {
		_, _ = fmt.Fprint(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")
		_, _ = io.Copy(io.Discard, conn) // until the client hangs up
	})
	client, err := djamo.NewClient("at_x", djamo.WithBaseURL("http://"+address))
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	err = clienttest.Second(client.Charges.Refund(ctx, "ch_1"))
	require.ErrorIs(t, err, djamo.ErrOutcomeUnknown)
	require.NotErrorIs(t, err, context.DeadlineExceeded)
}
