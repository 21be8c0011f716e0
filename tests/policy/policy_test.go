package policy_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/clienttest"
	"github.com/stretchr/testify/require"
)

// policyRow says what one fault leads to: how many requests the server must see, in which order, and the error the
// caller must get. The tables below are the specification of the retry policy.
type policyRow struct {
	name   string
	writes []clienttest.Fault // what happens to the POSTs and PUTs, in order; after the last everything is fine
	reads  []clienttest.Fault // what happens to the GETs
	want   string             // what the server sees
	err    error              // nil: success
	// unknown: the error is an *OutcomeUnknownError. In all other rows it must not be one.
	unknown bool
}

func sends(n int, sequence string) string {
	return strings.TrimSpace(strings.Repeat(sequence+" ", n))
}

func runPolicy(t *testing.T, row policyRow, call func(context.Context, *djamo.Client) error) *clienttest.ScriptedAPI {
	t.Helper()
	api := clienttest.NewScriptedAPI(t, slices.Clone(row.writes), slices.Clone(row.reads))
	err := call(t.Context(), api.Client())
	require.Equal(t, row.want, api.Sequence(), "requests the server saw")
	if row.err == nil && !row.unknown {
		require.NoError(t, err)
	} else {
		require.Error(t, err)
	}
	require.Equal(t, row.unknown, errors.Is(err, djamo.ErrOutcomeUnknown), "outcome unknown: %v", err)
	if unknown, ok := errors.AsType[*djamo.OutcomeUnknownError](err); ok {
		require.Nil(t, clienttest.AnswerOf(err), "what stopped the settlement must not pass for a refusal of the payment")
		err = unknown.Err
	}
	switch want := row.err.(type) { //nolint:errorlint // the row's own value, never wrapped
	case nil:
	case clienttest.Status:
		require.Equal(t, int(want), clienttest.AnswerOf(err).StatusCode)
	case clienttest.NoAnswer:
		require.Nil(t, clienttest.AnswerOf(err))
	default:
		require.ErrorIs(t, err, want)
	}
	require.Empty(t, api.Writes, "the whole script of writes must be used")
	require.Empty(t, api.Reads, "the whole script of reads must be used")
	return api
}

func TestPolicy_Read(t *testing.T) {
	t.Parallel()
	rows := []policyRow{
		{name: "fine", reads: []clienttest.Fault{clienttest.Fine}, want: "GET"},
		{name: "connection refused", reads: []clienttest.Fault{clienttest.DialRefused}, want: "GET"},
		{name: "connection always refused", reads: clienttest.Times(4, clienttest.DialRefused), want: "", err: clienttest.ErrNoAnswer},
		{name: "TLS broken", reads: []clienttest.Fault{clienttest.TLSBroken}, want: "GET"},
		{name: "reset", reads: []clienttest.Fault{clienttest.LostBefore}, want: "GET GET"},
		{name: "always reset", reads: clienttest.Times(4, clienttest.LostBefore), want: "GET GET GET GET", err: clienttest.ErrNoAnswer},
		{name: "stalled", reads: []clienttest.Fault{clienttest.StalledAfter}, want: "GET GET"},
		{name: "truncated", reads: []clienttest.Fault{clienttest.TruncatedAfter}, want: "GET GET"},
		{name: "half a JSON", reads: []clienttest.Fault{clienttest.CutJSONAfter}, want: "GET", err: djamo.ErrUnexpectedAnswer},
		{name: "HTML success", reads: []clienttest.Fault{clienttest.HTMLSuccess}, want: "GET", err: djamo.ErrUnexpectedAnswer},
		{name: "empty object", reads: []clienttest.Fault{clienttest.EmptyObject}, want: "GET", err: djamo.ErrUnexpectedAnswer},
		{name: "500", reads: []clienttest.Fault{clienttest.ServerErrBefore}, want: "GET GET"},
		{name: "empty 502", reads: []clienttest.Fault{clienttest.EmptyGateway}, want: "GET GET"},
		{name: "HTML 503", reads: []clienttest.Fault{clienttest.HTMLGateway}, want: "GET GET"},
		{name: "408", reads: []clienttest.Fault{clienttest.Timeout408}, want: "GET GET"},
		{name: "always 500", reads: clienttest.Times(4, clienttest.ServerErrBefore), want: "GET GET GET GET", err: djamo.ErrServer},
		{name: "429", reads: []clienttest.Fault{clienttest.Limited}, want: "GET GET"},
		{name: "429 with seconds", reads: []clienttest.Fault{clienttest.LimitedSeconds}, want: "GET GET"},
		{name: "429 with a date", reads: []clienttest.Fault{clienttest.LimitedDate}, want: "GET GET"},
		{name: "always 429", reads: clienttest.Times(4, clienttest.Limited), want: "GET GET GET GET", err: djamo.ErrRateLimited},
		{name: "mixed", reads: []clienttest.Fault{clienttest.DialRefused, clienttest.ServerErrBefore, clienttest.Limited}, want: "GET GET GET"},
		{name: "400", reads: []clienttest.Fault{clienttest.BadRequest}, want: "GET", err: djamo.ErrInvalidRequest},
		{name: "401", reads: []clienttest.Fault{clienttest.Unauthorized}, want: "GET", err: djamo.ErrUnauthorized},
		{name: "firewall", reads: []clienttest.Fault{clienttest.Firewall}, want: "GET", err: djamo.ErrBlocked},
		{name: "404", reads: []clienttest.Fault{clienttest.NotFound}, want: "GET", err: djamo.ErrNotFound},
		{name: "409", reads: []clienttest.Fault{clienttest.Collision}, want: "GET", err: djamo.ErrDuplicateReference},
		{name: "422", reads: []clienttest.Fault{clienttest.Unprocessable}, want: "GET", err: djamo.ErrUnprocessable},
		{name: "redirected on the same host", reads: []clienttest.Fault{clienttest.Redirected}, want: "GET GET"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				runPolicy(t, row, func(ctx context.Context, c *djamo.Client) error {
					_, err := c.Transactions.Get(ctx, "txn_1")
					return err
				})
			})
		})
	}
}

// A PUT changes what it names and nothing else, so it is repeated like a read.
func TestPolicy_IdempotentUpdate(t *testing.T) {
	t.Parallel()
	rows := []policyRow{
		{name: "fine", want: "PUT"},
		{name: "connection refused", writes: []clienttest.Fault{clienttest.DialRefused}, want: "PUT"},
		{name: "reset", writes: []clienttest.Fault{clienttest.LostAfter}, want: "PUT PUT"},
		{name: "stalled", writes: []clienttest.Fault{clienttest.StalledAfter}, want: "PUT PUT"},
		{name: "500", writes: []clienttest.Fault{clienttest.ServerErrAfter}, want: "PUT PUT"},
		{name: "429", writes: []clienttest.Fault{clienttest.Limited}, want: "PUT PUT"},
		{name: "400", writes: []clienttest.Fault{clienttest.BadRequest}, want: "PUT", err: djamo.ErrInvalidRequest},
		{name: "redirected", writes: []clienttest.Fault{clienttest.Redirected}, want: "PUT", err: clienttest.Status(http.StatusTemporaryRedirect)},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				runPolicy(t, row, func(ctx context.Context, c *djamo.Client) error {
					_, err := c.SubCompanies.Deactivate(ctx, "subco_1")
					return err
				})
			})
		})
	}
}

const (
	settled   = "POST GET"          // found by the first look-up
	sentTwice = "POST GET GET POST" // absent, absent after the quiet period, sent again
)

func TestPolicy_Keyed(t *testing.T) {
	t.Parallel()
	rows := []policyRow{
		{name: "fine", want: "POST"},
		// What never left is sent again.
		{name: "connection refused", writes: []clienttest.Fault{clienttest.DialRefused}, want: "POST"},
		{name: "TLS broken", writes: []clienttest.Fault{clienttest.TLSBroken, clienttest.TLSBroken}, want: "POST"},
		{name: "connection always refused", writes: clienttest.Times(4, clienttest.DialRefused), want: "", err: clienttest.ErrNoAnswer},
		// What was turned away is sent again.
		{name: "429", writes: []clienttest.Fault{clienttest.Limited}, want: "POST POST"},
		{name: "429 with seconds", writes: []clienttest.Fault{clienttest.LimitedSeconds}, want: "POST POST"},
		{name: "429 with a date", writes: []clienttest.Fault{clienttest.LimitedDate}, want: "POST POST"},
		{name: "always 429", writes: clienttest.Times(4, clienttest.Limited), want: "POST POST POST POST", err: djamo.ErrRateLimited},
		{name: "429, then refused", writes: []clienttest.Fault{clienttest.Limited, clienttest.Collision}, want: "POST POST", err: djamo.ErrDuplicateReference},
		// What was refused is refused.
		{name: "400", writes: []clienttest.Fault{clienttest.BadRequest}, want: "POST", err: djamo.ErrInvalidRequest},
		{name: "401", writes: []clienttest.Fault{clienttest.Unauthorized}, want: "POST", err: djamo.ErrUnauthorized},
		{name: "firewall", writes: []clienttest.Fault{clienttest.Firewall}, want: "POST", err: djamo.ErrBlocked},
		{name: "404", writes: []clienttest.Fault{clienttest.NotFound}, want: "POST", err: djamo.ErrNotFound},
		{name: "409", writes: []clienttest.Fault{clienttest.Collision}, want: "POST", err: djamo.ErrDuplicateReference},
		{name: "307", writes: []clienttest.Fault{clienttest.Redirected}, want: "POST", err: clienttest.Status(http.StatusTemporaryRedirect)},
		// A 422 does not promise that nothing was carried out: it is believed when the key is absent, and nothing is sent again.
		{name: "422", writes: []clienttest.Fault{clienttest.Unprocessable}, want: "POST GET GET", err: djamo.ErrUnprocessable},
		{name: "processed, then 422", writes: []clienttest.Fault{clienttest.UnprocessableAfter}, want: settled},
		{
			name: "processed, then 422, lag of one", writes: []clienttest.Fault{clienttest.UnprocessableAfter},
			reads: clienttest.Times(1, clienttest.EmptyPage), want: "POST GET GET",
		},
		{
			name: "422, then no look-up", writes: []clienttest.Fault{clienttest.UnprocessableAfter},
			reads: []clienttest.Fault{clienttest.Unauthorized}, want: "POST GET", unknown: true, err: djamo.ErrUnauthorized,
		},
		// Carried out, answer lost: the look-up finds it, and nothing is sent again.
		{name: "processed, then reset", writes: []clienttest.Fault{clienttest.LostAfter}, want: settled},
		{name: "processed, then stalled", writes: []clienttest.Fault{clienttest.StalledAfter}, want: settled},
		{name: "processed, then truncated", writes: []clienttest.Fault{clienttest.TruncatedAfter}, want: settled},
		{name: "processed, then half a JSON", writes: []clienttest.Fault{clienttest.CutJSONAfter}, want: settled},
		{name: "processed, then 500", writes: []clienttest.Fault{clienttest.ServerErrAfter}, want: settled},
		{name: "processed, then HTML", writes: []clienttest.Fault{clienttest.HTMLSuccess}, want: settled},
		{name: "processed, then an empty object", writes: []clienttest.Fault{clienttest.EmptyObject}, want: settled},
		{name: "processed, answered with another reference", writes: []clienttest.Fault{clienttest.OtherReference}, want: settled},
		// Every shape the answer of a look-up may have.
		{name: "looked up as an array", writes: []clienttest.Fault{clienttest.LostAfter}, reads: []clienttest.Fault{clienttest.BareArray}, want: settled},
		{name: "looked up as an object", writes: []clienttest.Fault{clienttest.LostAfter}, reads: []clienttest.Fault{clienttest.BareObject}, want: settled},
		{name: "looked up as a wrapped object", writes: []clienttest.Fault{clienttest.LostAfter}, reads: []clienttest.Fault{clienttest.WrappedObject}, want: settled},
		{name: "looked up as a wrapped array", writes: []clienttest.Fault{clienttest.LostAfter}, reads: []clienttest.Fault{clienttest.WrappedArray}, want: settled},
		// Not carried out: absent, still absent after the quiet period, sent again under the same reference.
		{name: "reset before processing", writes: []clienttest.Fault{clienttest.LostBefore}, want: sentTwice},
		{name: "500 before processing", writes: []clienttest.Fault{clienttest.ServerErrBefore}, want: sentTwice},
		{name: "empty 502", writes: []clienttest.Fault{clienttest.EmptyGateway}, want: sentTwice},
		{name: "HTML 503", writes: []clienttest.Fault{clienttest.HTMLGateway}, want: sentTwice},
		{name: "408", writes: []clienttest.Fault{clienttest.Timeout408}, want: sentTwice},
		{name: "429, then reset before processing", writes: []clienttest.Fault{clienttest.Limited, clienttest.LostBefore}, want: "POST " + sentTwice},
		{name: "reset twice", writes: []clienttest.Fault{clienttest.LostBefore, clienttest.LostBefore}, want: "POST GET GET " + sentTwice},
		{name: "reset, then 429", writes: []clienttest.Fault{clienttest.LostBefore, clienttest.Limited}, want: sentTwice + " POST"},
		{name: "reset, then connection refused", writes: []clienttest.Fault{clienttest.LostBefore, clienttest.DialRefused}, want: sentTwice},
		{name: "always reset", writes: clienttest.Times(4, clienttest.LostBefore), want: sends(4, "POST GET GET"), unknown: true},
		{name: "always 500", writes: clienttest.Times(4, clienttest.ServerErrBefore), want: sends(4, "POST GET GET"), unknown: true, err: djamo.ErrServer},
		// The index lags behind: a 409 says that it landed, and only look-ups follow.
		{name: "lag of one look-up", writes: []clienttest.Fault{clienttest.LostAfter}, reads: clienttest.Times(1, clienttest.EmptyPage), want: "POST GET GET"},
		{name: "lag of two", writes: []clienttest.Fault{clienttest.LostAfter}, reads: clienttest.Times(2, clienttest.EmptyPage), want: sentTwice + " GET"},
		{name: "lag of four", writes: []clienttest.Fault{clienttest.LostAfter}, reads: clienttest.Times(4, clienttest.EmptyPage), want: sentTwice + " GET GET GET"},
		{name: "429 twice, lag of four", writes: []clienttest.Fault{clienttest.Limited, clienttest.Limited, clienttest.LostAfter}, reads: clienttest.Times(4, clienttest.EmptyPage), want: "POST POST " + sentTwice + " GET GET GET"},
		{name: "half a JSON, lag of two", writes: []clienttest.Fault{clienttest.CutJSONAfter}, reads: clienttest.Times(2, clienttest.EmptyPage), want: "POST GET GET GET"},
		{name: "429 thrice, half a JSON, lag of two", writes: append(clienttest.Times(3, clienttest.Limited), clienttest.CutJSONAfter), reads: clienttest.Times(2, clienttest.EmptyPage), want: sends(3, "POST") + " POST GET GET GET"},
		{name: "lag for ever", writes: []clienttest.Fault{clienttest.LostAfter}, reads: clienttest.Times(8, clienttest.EmptyPage), want: sentTwice + " " + sends(6, "GET"), unknown: true, err: djamo.ErrDuplicateReference},
		// The second request is refused: because the first one landed late, or because it never did.
		{name: "landed late, then refused", writes: []clienttest.Fault{clienttest.LostAfter, clienttest.Unprocessable}, reads: clienttest.Times(2, clienttest.EmptyPage), want: sentTwice + " GET"},
		{name: "never landed, then refused", writes: []clienttest.Fault{clienttest.LostBefore, clienttest.Unprocessable}, want: sentTwice + " GET GET", err: djamo.ErrUnprocessable},
		// A firewall, a gateway and a redirect know nothing of the first request: theirs is no word on the payment.
		{name: "landed, then blocked", writes: []clienttest.Fault{clienttest.LostAfter, clienttest.Firewall}, reads: clienttest.Times(4, clienttest.EmptyPage), want: sentTwice + " GET GET", unknown: true, err: djamo.ErrBlocked},
		{name: "landed, then HTML 404", writes: []clienttest.Fault{clienttest.LostAfter, clienttest.HTML404}, reads: clienttest.Times(4, clienttest.EmptyPage), want: sentTwice + " GET GET", unknown: true, err: djamo.ErrNotFound},
		{name: "landed, then redirected", writes: []clienttest.Fault{clienttest.LostAfter, clienttest.Redirected}, reads: clienttest.Times(4, clienttest.EmptyPage), want: sentTwice + " GET GET", unknown: true},
		{name: "landed late, then blocked", writes: []clienttest.Fault{clienttest.LostAfter, clienttest.Firewall}, reads: clienttest.Times(2, clienttest.EmptyPage), want: sentTwice + " GET"},
		{name: "never landed, then always 429", writes: append([]clienttest.Fault{clienttest.LostBefore}, clienttest.Times(3, clienttest.Limited)...), want: sentTwice + " POST POST GET GET", unknown: true, err: djamo.ErrRateLimited},
		// The API cannot be asked.
		{name: "look-up fails", writes: []clienttest.Fault{clienttest.LostAfter}, reads: clienttest.Times(4, clienttest.ServerErrBefore), want: "POST GET GET GET GET", unknown: true, err: djamo.ErrServer},
		{name: "look-up recovers", writes: []clienttest.Fault{clienttest.LostAfter}, reads: clienttest.Times(3, clienttest.ServerErrBefore), want: "POST GET GET GET GET"},
		{name: "look-up not allowed", writes: []clienttest.Fault{clienttest.LostAfter}, reads: []clienttest.Fault{clienttest.Unauthorized}, want: settled, unknown: true, err: djamo.ErrUnauthorized},
		{name: "look-up blocked", writes: []clienttest.Fault{clienttest.LostAfter}, reads: []clienttest.Fault{clienttest.Firewall}, want: settled, unknown: true, err: djamo.ErrBlocked},
		{name: "look-up answers with HTML", writes: []clienttest.Fault{clienttest.LostAfter}, reads: []clienttest.Fault{clienttest.HTMLSuccess}, want: settled, unknown: true, err: djamo.ErrUnexpectedAnswer},
		{name: "look-up meets an HTML 404", writes: []clienttest.Fault{clienttest.LostAfter}, reads: []clienttest.Fault{clienttest.HTML404}, want: settled, unknown: true, err: djamo.ErrUnexpectedAnswer},
		{name: "look-up answers {}", writes: []clienttest.Fault{clienttest.LostAfter}, reads: []clienttest.Fault{clienttest.EmptyObject}, want: settled, unknown: true, err: djamo.ErrUnexpectedAnswer},
	}
	calls := map[string]func(context.Context, *djamo.Client) error{"transaction": clienttest.Create, "charge": clienttest.CreateCharge}
	for name, call := range calls {
		for _, row := range rows {
			t.Run(name+"/"+row.name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					api := runPolicy(t, row, call)
					if row.err == nil && !row.unknown {
						require.Len(t, api.Paid, 1, "carried out once")
					}
				})
			})
		}
	}
}

// Under the same reference, with another payee or amount: the key was used before.
func TestPolicy_Keyed_ForeignContentIsADuplicate(t *testing.T) {
	t.Parallel()
	for name, other := range map[string]map[string]any{
		"amount": {"id": "txn_1", "reference": clienttest.Payment.Reference, "amount": 49_999, "msisdn": clienttest.Payment.MSISDN.E164()},
		"payee":  {"id": "txn_1", "reference": clienttest.Payment.Reference, "amount": 50_000, "msisdn": "+2250748710524"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				api := clienttest.NewScriptedAPI(t, []clienttest.Fault{clienttest.LostBefore}, nil)
				api.Paid[clienttest.Payment.Reference+"<nil>"] = other
				err := clienttest.Create(t.Context(), api.Client())
				require.ErrorIs(t, err, djamo.ErrDuplicateReference)
				require.NotErrorIs(t, err, djamo.ErrOutcomeUnknown)
				require.ErrorContains(t, err, "another "+name)
				require.Equal(t, "POST GET", api.Sequence())
			})
		})
	}
}

func TestPolicy_Keyed_MaskedPayeeIsTheSame(t *testing.T) {
	t.Parallel()
	for _, shown := range []string{"+22507******23", "+22507XXXXXX23", "+225074871052", ""} {
		synctest.Test(t, func(t *testing.T) {
			api := clienttest.NewScriptedAPI(t, []clienttest.Fault{clienttest.LostBefore}, nil)
			api.Paid[clienttest.Payment.Reference+"<nil>"] = map[string]any{"id": "txn_1", "reference": clienttest.Payment.Reference, "amount": 50_000, "msisdn": shown}
			require.NoError(t, clienttest.Create(t.Context(), api.Client()), "shown as %q", shown)
			require.Equal(t, "POST GET", api.Sequence())
		})
	}
}

func TestPolicy_SingleAttempt_NeitherRepeatsNorAsks(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]policyRow{
		"fine":               {writes: []clienttest.Fault{clienttest.Fine}, want: "POST"},
		"reset":              {writes: []clienttest.Fault{clienttest.LostAfter}, want: "POST", unknown: true},
		"500":                {writes: []clienttest.Fault{clienttest.ServerErrBefore}, want: "POST", unknown: true, err: djamo.ErrServer},
		"429":                {writes: []clienttest.Fault{clienttest.Limited}, want: "POST", err: djamo.ErrRateLimited},
		"connection refused": {writes: []clienttest.Fault{clienttest.DialRefused}, want: "", err: clienttest.ErrNoAnswer},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				runPolicy(t, row, func(ctx context.Context, c *djamo.Client) error {
					_, err := c.Transactions.Create(ctx, clienttest.Payment, djamo.WithSingleAttempt())
					return err
				})
			})
		})
	}
}

func TestPolicy_Unkeyed(t *testing.T) {
	t.Parallel()
	calls := map[string]func(context.Context, *djamo.Client) error{
		"batch": func(ctx context.Context, c *djamo.Client) error {
			_, err := c.Batches.Create(ctx, djamo.BatchParams{Transactions: []djamo.TransactionParams{clienttest.Payment}})
			return err
		},
		"refund": func(ctx context.Context, c *djamo.Client) error {
			_, err := c.Charges.Refund(ctx, "ch_1")
			return err
		},
		"refund part": func(ctx context.Context, c *djamo.Client) error {
			_, err := c.Charges.RefundPart(ctx, "ch_1", 500)
			return err
		},
		"pay": func(ctx context.Context, c *djamo.Client) error {
			_, err := c.Charges.Pay(ctx, "ch_1", djamo.ChargePayParams{})
			return err
		},
		"sub-company": func(ctx context.Context, c *djamo.Client) error {
			_, err := c.SubCompanies.Create(ctx, djamo.SubCompanyParams{Name: "Chocolate Factory"})
			return err
		},
		"webhook endpoint": func(ctx context.Context, c *djamo.Client) error {
			_, err := c.WebhookEndpoints.Create(ctx, djamo.WebhookEndpointParams{Topic: djamo.TopicCharge, URL: "https://example.com/hook"})
			return err
		},
		"raw": func(ctx context.Context, c *djamo.Client) error {
			var out struct {
				ID string `json:"id"`
			}
			err := c.Do(ctx, http.MethodPost, "/v1/anything", map[string]int{"n": 1}, &out)
			if err == nil && out.ID == "" {
				return djamo.ErrUnexpectedAnswer
			}
			return err
		},
	}
	rows := []policyRow{
		{name: "fine", want: "POST"},
		{name: "connection refused", writes: []clienttest.Fault{clienttest.DialRefused}, want: "POST"},
		{name: "TLS broken", writes: []clienttest.Fault{clienttest.TLSBroken}, want: "POST"},
		{name: "connection always refused", writes: clienttest.Times(4, clienttest.DialRefused), want: "", err: clienttest.ErrNoAnswer},
		{name: "429", writes: []clienttest.Fault{clienttest.Limited}, want: "POST POST"},
		{name: "always 429", writes: clienttest.Times(4, clienttest.Limited), want: "POST POST POST POST", err: djamo.ErrRateLimited},
		{name: "400", writes: []clienttest.Fault{clienttest.BadRequest}, want: "POST", err: djamo.ErrInvalidRequest},
		{name: "firewall", writes: []clienttest.Fault{clienttest.Firewall}, want: "POST", err: djamo.ErrBlocked},
		{name: "409", writes: []clienttest.Fault{clienttest.Collision}, want: "POST", err: djamo.ErrDuplicateReference},
		{name: "307", writes: []clienttest.Fault{clienttest.Redirected}, want: "POST", err: clienttest.Status(http.StatusTemporaryRedirect)},
		{name: "reset before processing", writes: []clienttest.Fault{clienttest.LostBefore}, want: "POST", unknown: true},
		{name: "processed, then reset", writes: []clienttest.Fault{clienttest.LostAfter}, want: "POST", unknown: true},
		{name: "processed, then stalled", writes: []clienttest.Fault{clienttest.StalledAfter}, want: "POST", unknown: true, err: context.DeadlineExceeded},
		{name: "processed, then truncated", writes: []clienttest.Fault{clienttest.TruncatedAfter}, want: "POST", unknown: true},
		{name: "processed, then half a JSON", writes: []clienttest.Fault{clienttest.CutJSONAfter}, want: "POST", unknown: true, err: djamo.ErrUnexpectedAnswer},
		{name: "processed, then HTML", writes: []clienttest.Fault{clienttest.HTMLSuccess}, want: "POST", unknown: true, err: djamo.ErrUnexpectedAnswer},
		{name: "500", writes: []clienttest.Fault{clienttest.ServerErrAfter}, want: "POST", unknown: true, err: djamo.ErrServer},
		{name: "empty 502", writes: []clienttest.Fault{clienttest.EmptyGateway}, want: "POST", unknown: true, err: djamo.ErrServer},
		{name: "HTML 503", writes: []clienttest.Fault{clienttest.HTMLGateway}, want: "POST", unknown: true, err: djamo.ErrServer},
		{name: "408", writes: []clienttest.Fault{clienttest.Timeout408}, want: "POST", unknown: true},
		{name: "429, then reset", writes: []clienttest.Fault{clienttest.Limited, clienttest.LostAfter}, want: "POST POST", unknown: true},
	}
	for name, call := range calls {
		for _, row := range rows {
			t.Run(name+"/"+row.name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					api := runPolicy(t, row, call)
					require.LessOrEqual(t, api.Double, 1, "carried out at most once")
				})
			})
		}
	}
}
