package djamo_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/djamo/djamo-go"
	"github.com/stretchr/testify/require"
)

// policyRow says what one fault leads to: how many requests the server must see, in which order, and the error the
// caller must get. The tables below are the specification of the retry policy.
type policyRow struct {
	name   string
	writes []fault // what happens to the POSTs and PUTs, in order; after the last everything is fine
	reads  []fault // what happens to the GETs
	want   string  // what the server sees
	err    error   // nil: success
	// unknown: the error is an *OutcomeUnknownError. In all other rows it must not be one.
	unknown bool
}

func times(n int, f fault) []fault { return slices.Repeat([]fault{f}, n) }

func sends(n int, sequence string) string {
	return strings.TrimSpace(strings.Repeat(sequence+" ", n))
}

var payment = djamo.TransactionParams{MSISDN: "+2250748710523", Amount: 50_000, Reference: "payroll-2026-06/0042", Description: "Salaire de juin"}

func create(ctx context.Context, c *djamo.Client) error {
	got, err := c.Transactions.Create(ctx, payment)
	if err == nil && (got.Reference != payment.Reference || got.Amount != payment.Amount && got.Amount != 0) {
		return errors.New("the answer is not the payment that was sent")
	}
	return err
}

type policyCall = func(context.Context, *djamo.Client) error

func createCharge(ctx context.Context, c *djamo.Client) error {
	got, err := c.Charges.Create(ctx, djamo.ChargeParams{Amount: 10_000, ExternalID: "order-7"})
	if err == nil && got.ExternalID != "order-7" {
		return errors.New("the answer is not the charge that was sent")
	}
	return err
}

func runPolicy(t *testing.T, row policyRow, call func(context.Context, *djamo.Client) error) *scriptedAPI {
	t.Helper()
	api := newScriptedAPI(t, slices.Clone(row.writes), slices.Clone(row.reads))
	err := call(t.Context(), api.client())
	require.Equal(t, row.want, api.sequence(), "requests the server saw")
	if row.err == nil && !row.unknown {
		require.NoError(t, err)
	} else {
		require.Error(t, err)
	}
	require.Equal(t, row.unknown, errors.Is(err, djamo.ErrOutcomeUnknown), "outcome unknown: %v", err)
	if unknown, ok := errors.AsType[*djamo.OutcomeUnknownError](err); ok {
		require.Nil(t, answerOf(err), "what stopped the settlement must not pass for a refusal of the payment")
		err = unknown.Err
	}
	switch want := row.err.(type) { //nolint:errorlint // the row's own value, never wrapped
	case nil:
	case status:
		require.Equal(t, int(want), answerOf(err).StatusCode)
	case noAnswer:
		require.Nil(t, answerOf(err))
	default:
		require.ErrorIs(t, err, want)
	}
	require.Empty(t, api.writes, "the whole script of writes must be used")
	require.Empty(t, api.reads, "the whole script of reads must be used")
	return api
}

func TestPolicy_Read(t *testing.T) {
	t.Parallel()
	rows := []policyRow{
		{name: "fine", reads: []fault{fine}, want: "GET"},
		{name: "connection refused", reads: []fault{dialRefused}, want: "GET"},
		{name: "connection always refused", reads: times(4, dialRefused), want: "", err: errNoAnswer},
		{name: "TLS broken", reads: []fault{tlsBroken}, want: "GET"},
		{name: "reset", reads: []fault{lostBefore}, want: "GET GET"},
		{name: "always reset", reads: times(4, lostBefore), want: "GET GET GET GET", err: errNoAnswer},
		{name: "stalled", reads: []fault{stalledAfter}, want: "GET GET"},
		{name: "truncated", reads: []fault{truncatedAfter}, want: "GET GET"},
		{name: "half a JSON", reads: []fault{cutJSONAfter}, want: "GET", err: djamo.ErrUnexpectedAnswer},
		{name: "HTML success", reads: []fault{htmlSuccess}, want: "GET", err: djamo.ErrUnexpectedAnswer},
		{name: "empty object", reads: []fault{emptyObject}, want: "GET", err: djamo.ErrUnexpectedAnswer},
		{name: "500", reads: []fault{serverErrBefore}, want: "GET GET"},
		{name: "empty 502", reads: []fault{emptyGateway}, want: "GET GET"},
		{name: "HTML 503", reads: []fault{htmlGateway}, want: "GET GET"},
		{name: "408", reads: []fault{timeout408}, want: "GET GET"},
		{name: "always 500", reads: times(4, serverErrBefore), want: "GET GET GET GET", err: djamo.ErrServer},
		{name: "429", reads: []fault{limited}, want: "GET GET"},
		{name: "429 with seconds", reads: []fault{limitedSeconds}, want: "GET GET"},
		{name: "429 with a date", reads: []fault{limitedDate}, want: "GET GET"},
		{name: "always 429", reads: times(4, limited), want: "GET GET GET GET", err: djamo.ErrRateLimited},
		{name: "mixed", reads: []fault{dialRefused, serverErrBefore, limited}, want: "GET GET GET"},
		{name: "400", reads: []fault{badRequest}, want: "GET", err: djamo.ErrInvalidRequest},
		{name: "401", reads: []fault{unauthorized}, want: "GET", err: djamo.ErrUnauthorized},
		{name: "firewall", reads: []fault{firewall}, want: "GET", err: djamo.ErrBlocked},
		{name: "404", reads: []fault{notFound}, want: "GET", err: djamo.ErrNotFound},
		{name: "409", reads: []fault{collision}, want: "GET", err: djamo.ErrDuplicateReference},
		{name: "422", reads: []fault{unprocessable}, want: "GET", err: djamo.ErrUnprocessable},
		{name: "redirected on the same host", reads: []fault{redirected}, want: "GET GET"},
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
		{name: "connection refused", writes: []fault{dialRefused}, want: "PUT"},
		{name: "reset", writes: []fault{lostAfter}, want: "PUT PUT"},
		{name: "stalled", writes: []fault{stalledAfter}, want: "PUT PUT"},
		{name: "500", writes: []fault{serverErrAfter}, want: "PUT PUT"},
		{name: "429", writes: []fault{limited}, want: "PUT PUT"},
		{name: "400", writes: []fault{badRequest}, want: "PUT", err: djamo.ErrInvalidRequest},
		{name: "redirected", writes: []fault{redirected}, want: "PUT", err: status(http.StatusTemporaryRedirect)},
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
		{name: "connection refused", writes: []fault{dialRefused}, want: "POST"},
		{name: "TLS broken", writes: []fault{tlsBroken, tlsBroken}, want: "POST"},
		{name: "connection always refused", writes: times(4, dialRefused), want: "", err: errNoAnswer},
		// What was turned away is sent again.
		{name: "429", writes: []fault{limited}, want: "POST POST"},
		{name: "429 with seconds", writes: []fault{limitedSeconds}, want: "POST POST"},
		{name: "429 with a date", writes: []fault{limitedDate}, want: "POST POST"},
		{name: "always 429", writes: times(4, limited), want: "POST POST POST POST", err: djamo.ErrRateLimited},
		{name: "429, then refused", writes: []fault{limited, collision}, want: "POST POST", err: djamo.ErrDuplicateReference},
		// What was refused is refused.
		{name: "400", writes: []fault{badRequest}, want: "POST", err: djamo.ErrInvalidRequest},
		{name: "401", writes: []fault{unauthorized}, want: "POST", err: djamo.ErrUnauthorized},
		{name: "firewall", writes: []fault{firewall}, want: "POST", err: djamo.ErrBlocked},
		{name: "404", writes: []fault{notFound}, want: "POST", err: djamo.ErrNotFound},
		{name: "409", writes: []fault{collision}, want: "POST", err: djamo.ErrDuplicateReference},
		{name: "422", writes: []fault{unprocessable}, want: "POST", err: djamo.ErrUnprocessable},
		{name: "307", writes: []fault{redirected}, want: "POST", err: status(http.StatusTemporaryRedirect)},
		// Carried out, answer lost: the look-up finds it, and nothing is sent again.
		{name: "processed, then reset", writes: []fault{lostAfter}, want: settled},
		{name: "processed, then stalled", writes: []fault{stalledAfter}, want: settled},
		{name: "processed, then truncated", writes: []fault{truncatedAfter}, want: settled},
		{name: "processed, then half a JSON", writes: []fault{cutJSONAfter}, want: settled},
		{name: "processed, then 500", writes: []fault{serverErrAfter}, want: settled},
		{name: "processed, then HTML", writes: []fault{htmlSuccess}, want: settled},
		{name: "processed, then an empty object", writes: []fault{emptyObject}, want: settled},
		{name: "processed, answered with another reference", writes: []fault{otherReference}, want: settled},
		// Every shape the answer of a look-up may have.
		{name: "looked up as an array", writes: []fault{lostAfter}, reads: []fault{bareArray}, want: settled},
		{name: "looked up as an object", writes: []fault{lostAfter}, reads: []fault{bareObject}, want: settled},
		{name: "looked up as a wrapped object", writes: []fault{lostAfter}, reads: []fault{wrappedObject}, want: settled},
		{name: "looked up as a wrapped array", writes: []fault{lostAfter}, reads: []fault{wrappedArray}, want: settled},
		// Not carried out: absent, still absent after the quiet period, sent again under the same reference.
		{name: "reset before processing", writes: []fault{lostBefore}, want: sentTwice},
		{name: "500 before processing", writes: []fault{serverErrBefore}, want: sentTwice},
		{name: "empty 502", writes: []fault{emptyGateway}, want: sentTwice},
		{name: "HTML 503", writes: []fault{htmlGateway}, want: sentTwice},
		{name: "408", writes: []fault{timeout408}, want: sentTwice},
		{name: "429, then reset before processing", writes: []fault{limited, lostBefore}, want: "POST " + sentTwice},
		{name: "reset twice", writes: []fault{lostBefore, lostBefore}, want: "POST GET GET " + sentTwice},
		{name: "reset, then 429", writes: []fault{lostBefore, limited}, want: sentTwice + " POST"},
		{name: "reset, then connection refused", writes: []fault{lostBefore, dialRefused}, want: sentTwice},
		{name: "always reset", writes: times(4, lostBefore), want: sends(4, "POST GET GET"), unknown: true},
		{name: "always 500", writes: times(4, serverErrBefore), want: sends(4, "POST GET GET"), unknown: true, err: djamo.ErrServer},
		// The index lags behind: a 409 says that it landed, and only look-ups follow.
		{name: "lag of one look-up", writes: []fault{lostAfter}, reads: times(1, emptyPage), want: "POST GET GET"},
		{name: "lag of two", writes: []fault{lostAfter}, reads: times(2, emptyPage), want: sentTwice + " GET"},
		{name: "lag of four", writes: []fault{lostAfter}, reads: times(4, emptyPage), want: sentTwice + " GET GET GET"},
		{name: "429 twice, lag of four", writes: []fault{limited, limited, lostAfter}, reads: times(4, emptyPage), want: "POST POST " + sentTwice + " GET GET GET"},
		{name: "half a JSON, lag of two", writes: []fault{cutJSONAfter}, reads: times(2, emptyPage), want: "POST GET GET GET"},
		{name: "429 thrice, half a JSON, lag of two", writes: append(times(3, limited), cutJSONAfter), reads: times(2, emptyPage), want: sends(3, "POST") + " POST GET GET GET"},
		{name: "lag for ever", writes: []fault{lostAfter}, reads: times(8, emptyPage), want: sentTwice + " " + sends(6, "GET"), unknown: true, err: djamo.ErrDuplicateReference},
		// The second request is refused: because the first one landed late, or because it never did.
		{name: "landed late, then refused", writes: []fault{lostAfter, unprocessable}, reads: times(2, emptyPage), want: sentTwice + " GET"},
		{name: "never landed, then refused", writes: []fault{lostBefore, unprocessable}, want: sentTwice + " GET GET", err: djamo.ErrUnprocessable},
		// A firewall, a gateway and a redirect know nothing of the first request: theirs is no word on the payment.
		{name: "landed, then blocked", writes: []fault{lostAfter, firewall}, reads: times(4, emptyPage), want: sentTwice + " GET GET", unknown: true, err: djamo.ErrBlocked},
		{name: "landed, then HTML 404", writes: []fault{lostAfter, html404}, reads: times(4, emptyPage), want: sentTwice + " GET GET", unknown: true, err: djamo.ErrNotFound},
		{name: "landed, then redirected", writes: []fault{lostAfter, redirected}, reads: times(4, emptyPage), want: sentTwice + " GET GET", unknown: true},
		{name: "landed late, then blocked", writes: []fault{lostAfter, firewall}, reads: times(2, emptyPage), want: sentTwice + " GET"},
		{name: "never landed, then always 429", writes: append([]fault{lostBefore}, times(3, limited)...), want: sentTwice + " POST POST GET GET", unknown: true, err: djamo.ErrRateLimited},
		// The API cannot be asked.
		{name: "look-up fails", writes: []fault{lostAfter}, reads: times(4, serverErrBefore), want: "POST GET GET GET GET", unknown: true, err: djamo.ErrServer},
		{name: "look-up recovers", writes: []fault{lostAfter}, reads: times(3, serverErrBefore), want: "POST GET GET GET GET"},
		{name: "look-up not allowed", writes: []fault{lostAfter}, reads: []fault{unauthorized}, want: settled, unknown: true, err: djamo.ErrUnauthorized},
		{name: "look-up blocked", writes: []fault{lostAfter}, reads: []fault{firewall}, want: settled, unknown: true, err: djamo.ErrBlocked},
		{name: "look-up answers with HTML", writes: []fault{lostAfter}, reads: []fault{htmlSuccess}, want: settled, unknown: true, err: djamo.ErrUnexpectedAnswer},
		{name: "look-up meets an HTML 404", writes: []fault{lostAfter}, reads: []fault{html404}, want: settled, unknown: true, err: djamo.ErrUnexpectedAnswer},
		{name: "look-up answers {}", writes: []fault{lostAfter}, reads: []fault{emptyObject}, want: settled, unknown: true, err: djamo.ErrUnexpectedAnswer},
	}
	calls := map[string]func(context.Context, *djamo.Client) error{"transaction": create, "charge": createCharge}
	for name, call := range calls {
		for _, row := range rows {
			t.Run(name+"/"+row.name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					api := runPolicy(t, row, call)
					if row.err == nil && !row.unknown {
						require.Len(t, api.paid, 1, "carried out once")
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
		"amount": {"id": "txn_1", "reference": payment.Reference, "amount": 49_999, "msisdn": payment.MSISDN.E164()},
		"payee":  {"id": "txn_1", "reference": payment.Reference, "amount": 50_000, "msisdn": "+2250748710524"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				api := newScriptedAPI(t, []fault{lostBefore}, nil)
				api.paid[payment.Reference+"<nil>"] = other
				err := create(t.Context(), api.client())
				require.ErrorIs(t, err, djamo.ErrDuplicateReference)
				require.NotErrorIs(t, err, djamo.ErrOutcomeUnknown)
				require.ErrorContains(t, err, "another "+name)
				require.Equal(t, "POST GET", api.sequence())
			})
		})
	}
}

func TestPolicy_Keyed_MaskedPayeeIsTheSame(t *testing.T) {
	t.Parallel()
	for _, shown := range []string{"+22507******23", "+22507XXXXXX23", "+225074871052", ""} {
		synctest.Test(t, func(t *testing.T) {
			api := newScriptedAPI(t, []fault{lostBefore}, nil)
			api.paid[payment.Reference+"<nil>"] = map[string]any{"id": "txn_1", "reference": payment.Reference, "amount": 50_000, "msisdn": shown}
			require.NoError(t, create(t.Context(), api.client()), "shown as %q", shown)
			require.Equal(t, "POST GET", api.sequence())
		})
	}
}

func TestPolicy_SingleAttempt_NeitherRepeatsNorAsks(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]policyRow{
		"fine":               {writes: []fault{fine}, want: "POST"},
		"reset":              {writes: []fault{lostAfter}, want: "POST", unknown: true},
		"500":                {writes: []fault{serverErrBefore}, want: "POST", unknown: true, err: djamo.ErrServer},
		"429":                {writes: []fault{limited}, want: "POST", err: djamo.ErrRateLimited},
		"connection refused": {writes: []fault{dialRefused}, want: "", err: errNoAnswer},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				runPolicy(t, row, func(ctx context.Context, c *djamo.Client) error {
					_, err := c.Transactions.Create(ctx, payment, djamo.WithSingleAttempt())
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
			_, err := c.Batches.Create(ctx, djamo.BatchParams{Transactions: []djamo.TransactionParams{payment}})
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
			_, err := c.Charges.Pay(ctx, "ch_1")
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
		{name: "connection refused", writes: []fault{dialRefused}, want: "POST"},
		{name: "TLS broken", writes: []fault{tlsBroken}, want: "POST"},
		{name: "connection always refused", writes: times(4, dialRefused), want: "", err: errNoAnswer},
		{name: "429", writes: []fault{limited}, want: "POST POST"},
		{name: "always 429", writes: times(4, limited), want: "POST POST POST POST", err: djamo.ErrRateLimited},
		{name: "400", writes: []fault{badRequest}, want: "POST", err: djamo.ErrInvalidRequest},
		{name: "firewall", writes: []fault{firewall}, want: "POST", err: djamo.ErrBlocked},
		{name: "409", writes: []fault{collision}, want: "POST", err: djamo.ErrDuplicateReference},
		{name: "307", writes: []fault{redirected}, want: "POST", err: status(http.StatusTemporaryRedirect)},
		{name: "reset before processing", writes: []fault{lostBefore}, want: "POST", unknown: true},
		{name: "processed, then reset", writes: []fault{lostAfter}, want: "POST", unknown: true},
		{name: "processed, then stalled", writes: []fault{stalledAfter}, want: "POST", unknown: true, err: context.DeadlineExceeded},
		{name: "processed, then truncated", writes: []fault{truncatedAfter}, want: "POST", unknown: true},
		{name: "processed, then half a JSON", writes: []fault{cutJSONAfter}, want: "POST", unknown: true, err: djamo.ErrUnexpectedAnswer},
		{name: "processed, then HTML", writes: []fault{htmlSuccess}, want: "POST", unknown: true, err: djamo.ErrUnexpectedAnswer},
		{name: "500", writes: []fault{serverErrAfter}, want: "POST", unknown: true, err: djamo.ErrServer},
		{name: "empty 502", writes: []fault{emptyGateway}, want: "POST", unknown: true, err: djamo.ErrServer},
		{name: "HTML 503", writes: []fault{htmlGateway}, want: "POST", unknown: true, err: djamo.ErrServer},
		{name: "408", writes: []fault{timeout408}, want: "POST", unknown: true},
		{name: "429, then reset", writes: []fault{limited, lostAfter}, want: "POST POST", unknown: true},
	}
	for name, call := range calls {
		for _, row := range rows {
			t.Run(name+"/"+row.name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					api := runPolicy(t, row, call)
					require.LessOrEqual(t, api.double, 1, "carried out at most once")
				})
			})
		}
	}
}

// answerOf is the API's answer in an error, nil when there is none.
func answerOf(err error) *djamo.Error {
	answer := (*djamo.Error)(nil)
	errors.As(err, &answer)
	return answer
}

// status matches an *Error by its HTTP status.
type status int

func (s status) Error() string { return http.StatusText(int(s)) }

// errNoAnswer stands for any error that is no answer of the API.
const errNoAnswer = noAnswer("no answer")

type noAnswer string

func (n noAnswer) Error() string { return string(n) }
