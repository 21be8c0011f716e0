package e2e_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/internal/clienttest"
	"github.com/stretchr/testify/require"
)

func collectionCalls() []stagedCall {
	return []stagedCall{
		{"a charge", createsCharge},
		{"a charge whose reply is lost", settlesLostCharge},
		{"a charge that was asked for before", repeatsCharge},
		{"a charge that is paid and refunded", refundsCharge},
		{"a charge that nobody pays", dropsCharge},
		{"a list of charges", listsCharges},
	}
}

// asks creates a charge of 10,000 francs.
func (s *stage) asks(t *testing.T, externalID string) *djamo.Charge {
	t.Helper()
	charge, err := s.client.Charges.Create(t.Context(), djamo.ChargeParams{
		Amount: 10_000, ExternalID: externalID, Description: "Chocolate", Metadata: map[string]any{"data": "order 7"},
		OnCompletedRedirectionURL: "https://example.com/paid", OnCanceledRedirectionURL: "https://example.com/cancelled",
	})
	require.NoError(t, err)
	require.Equal(t, externalID, charge.ExternalID)
	return charge
}

func createsCharge(t *testing.T, s *stage) {
	charge := s.asks(t, "order/7")
	require.Equal(t, []any{djamo.XOF(10_000), djamo.XOF(10_000), djamo.XOF(0), djamo.XOF(0), "XOF", "Chocolate"},
		[]any{charge.Amount, charge.Due, charge.Paid, charge.Refunded, charge.Currency, charge.Description})
	require.JSONEq(t, `{"data":"order 7"}`, string(charge.Metadata))
	require.True(t, strings.HasPrefix(charge.PaymentURL, "https://"), charge.PaymentURL)
	require.WithinDuration(t, s.reported(stageTime()), charge.CreatedAt.Time, 0)
	read, err := s.client.Charges.Get(t.Context(), charge.ID)
	require.NoError(t, err)
	require.Equal(t, djamo.ChargeDue, read.Status)
	require.Equal(t, charge.PaymentURL, read.PaymentURL)
	_, err = s.client.Charges.Get(t.Context(), "nobody")
	require.ErrorIs(t, err, djamo.ErrNotFound)
}

func settlesLostCharge(t *testing.T, s *stage) {
	for i := range 3 {
		s.asks(t, fmt.Sprintf("earlier/%d", i))
	}
	_, err := s.server.Inject(djamotest.FailAfter(500), djamotest.OneShot(), djamotest.On("POST /v1/charges"))
	require.NoError(t, err)
	charge := s.asks(t, "order/8")
	for i := range 3 {
		s.asks(t, fmt.Sprintf("later/%d", i))
	}
	require.Len(t, s.server.Charges(), 7)
	require.Equal(t, charge.ID, s.server.Charges()[3].ID)
}

func repeatsCharge(t *testing.T, s *stage) {
	s.asks(t, "order/9")
	_, err := s.client.Charges.Create(t.Context(), djamo.ChargeParams{Amount: 10_000, ExternalID: "order/9"})
	if !s.foundInstead(err, djamo.ErrDuplicateReference) {
		require.ErrorIs(t, err, djamo.ErrDuplicateReference)
	}
	require.Len(t, s.server.Charges(), 1)
}

func refundsCharge(t *testing.T, s *stage) {
	charge := s.asks(t, "order/10")
	_, err := s.client.Charges.Refund(t.Context(), charge.ID)
	require.ErrorIs(t, err, djamo.ErrUnprocessable, "nothing was paid yet")
	paid, err := s.client.Charges.Pay(t.Context(), charge.ID, djamo.ChargePayParams{})
	require.NoError(t, err)
	require.Equal(t, []any{djamo.ChargePaid, djamo.XOF(10_000), djamo.XOF(0), djamo.XOF(100)}, []any{paid.Status, paid.Paid, paid.Due, paid.Fees})
	part, err := s.client.Charges.RefundPart(t.Context(), charge.ID, 4_000)
	require.NoError(t, err)
	require.Equal(t, []any{djamo.ChargeRefundedPartially, djamo.XOF(4_000)}, []any{part.Status, part.Refunded})
	_, err = s.client.Charges.RefundPart(t.Context(), charge.ID, 6_001)
	require.ErrorIs(t, err, djamo.ErrUnprocessable)
	whole, err := s.client.Charges.Refund(t.Context(), charge.ID)
	require.NoError(t, err)
	require.Equal(t, []any{djamo.ChargeRefunded, djamo.XOF(10_000)}, []any{whole.Status, whole.Refunded})
	require.Len(t, whole.Transactions, 3)

	s.asks(t, "order/11")
	require.NoError(t, s.server.Pay("order/11"))
	_, err = s.server.Inject(djamotest.LoseReply(), djamotest.OneShot())
	require.NoError(t, err)
	id := s.server.Charges()[1].ID
	_, err = s.client.Charges.Refund(t.Context(), id)
	require.ErrorIs(t, err, djamo.ErrOutcomeUnknown)
	read, err := s.client.Charges.Get(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, djamo.XOF(10_000), read.Refunded, "the charge tells what became of the refund")
}

func dropsCharge(t *testing.T, s *stage) {
	charge, expired := s.asks(t, "order/12"), s.asks(t, "order/13")
	require.NoError(t, s.server.Expire("order/13"))
	require.NoError(t, s.server.Advance(time.Hour))
	for _, id := range []string{charge.ID, expired.ID} {
		read, err := s.client.Charges.Get(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, djamo.ChargeDropped, read.Status)
		_, err = s.client.Charges.Pay(t.Context(), id, djamo.ChargePayParams{})
		require.ErrorIs(t, err, djamo.ErrUnprocessable)
	}
}

func listsCharges(t *testing.T, s *stage) {
	want := map[string]int{}
	for i := range 5 {
		want[s.asks(t, fmt.Sprintf("list/%d", i)).ID] = 1
	}
	listed := map[string]int{}
	for charge, err := range s.client.Charges.List(t.Context(), djamo.ChargeListParams{Limit: 2}) {
		require.NoError(t, err)
		require.WithinDuration(t, s.reported(stageTime()), charge.CreatedAt.Time, 0)
		listed[charge.ID]++
	}
	require.Equal(t, want, listed)
}

func companyCalls() []stagedCall {
	return []stagedCall{
		{"a sub-company", keepsSubCompanies},
		{"a list of sub-companies", listsSubCompanies},
		{"webhook endpoints", registersEndpoints},
	}
}

func keepsSubCompanies(t *testing.T, s *stage) {
	created, err := s.client.SubCompanies.Create(t.Context(), djamo.SubCompanyParams{Name: "Chocolate Factory", LogoURL: "https://example.com/logo.png"})
	require.NoError(t, err)
	require.Equal(t, &djamo.SubCompany{
		ID: created.ID, Name: "Chocolate Factory", LogoURL: "https://example.com/logo.png", IsActive: true,
		CreatedAt: created.CreatedAt, UpdatedAt: created.CreatedAt,
	}, created)
	require.WithinDuration(t, s.reported(stageTime()), created.CreatedAt.Time, 0)
	require.NoError(t, s.server.Advance(time.Minute))
	updated, err := s.client.SubCompanies.Update(t.Context(), created.ID, djamo.SubCompanyUpdateParams{Name: "Swiss Chocolate Factory"})
	require.NoError(t, err)
	require.Equal(t, []any{"Swiss Chocolate Factory", created.LogoURL, true}, []any{updated.Name, updated.LogoURL, updated.IsActive})
	require.WithinDuration(t, s.reported(stageTime().Add(time.Minute)), updated.UpdatedAt.Time, 0)

	off, err := s.client.SubCompanies.Deactivate(t.Context(), created.ID)
	require.NoError(t, err)
	require.False(t, off.IsActive)
	p := clienttest.Payment
	p.SubCompanyID = created.ID
	_, err = s.client.Transactions.Create(t.Context(), p)
	require.ErrorIs(t, err, djamo.ErrUnprocessable)
	s.server.AssertNotPaid(t, p.Reference)
	on, err := s.client.SubCompanies.Activate(t.Context(), created.ID)
	require.NoError(t, err)
	require.True(t, on.IsActive)
	_, err = s.client.Transactions.Create(t.Context(), p)
	require.NoError(t, err)

	read, err := s.client.SubCompanies.Get(t.Context(), created.ID)
	require.NoError(t, err)
	require.Equal(t, on, read)
	for _, call := range []error{
		clienttest.Second(s.client.SubCompanies.Get(t.Context(), "subco_nobody")),
		clienttest.Second(s.client.SubCompanies.Deactivate(t.Context(), "subco_nobody")),
	} {
		require.ErrorIs(t, call, djamo.ErrNotFound)
	}
}

func listsSubCompanies(t *testing.T, s *stage) {
	var want []string
	for i := range 5 {
		c, err := s.client.SubCompanies.Create(t.Context(), djamo.SubCompanyParams{Name: fmt.Sprint("Factory ", i), LogoURL: "https://example.com/logo.png"})
		require.NoError(t, err)
		want = append(want, c.ID)
	}
	var listed []string
	for c, err := range s.client.SubCompanies.List(t.Context(), djamo.SubCompanyListParams{Limit: 2}) {
		require.NoError(t, err)
		listed = append(listed, c.ID)
	}
	require.ElementsMatch(t, want, listed)
}

func registersEndpoints(t *testing.T, s *stage) {
	topics := djamo.Topics()
	for _, topic := range topics {
		created, err := s.client.WebhookEndpoints.Create(t.Context(), djamo.WebhookEndpointParams{Topic: topic, URL: "https://example.com/djamo"})
		require.NoError(t, err)
		require.WithinDuration(t, s.reported(stageTime()), created.CreatedAt.Time, 0)
		read, err := s.client.WebhookEndpoints.Get(t.Context(), created.ID)
		require.NoError(t, err)
		require.Equal(t, created, read)
	}
	var listed []djamo.Topic
	for e, err := range s.client.WebhookEndpoints.List(t.Context(), djamo.WebhookEndpointListParams{Limit: 3}) {
		require.NoError(t, err)
		listed = append(listed, e.Topic)
	}
	require.ElementsMatch(t, topics, listed)
	_, err := s.client.WebhookEndpoints.Get(t.Context(), "nobody")
	require.ErrorIs(t, err, djamo.ErrNotFound)
	_, err = s.client.WebhookEndpoints.Create(t.Context(), djamo.WebhookEndpointParams{Topic: "weather/changed", URL: "https://example.com/djamo"})
	require.ErrorIs(t, err, djamo.ErrInvalidRequest)
}

func refusedCalls() []stagedCall {
	return []stagedCall{{"refusals", refuses}, {"calls without a method", callsWhatHasNoMethod}}
}

// refuses goes through the refusals, each with the API's words and the id its support asks for.
func refuses(t *testing.T, s *stage) {
	s.pays(t, "used")
	used, dear := clienttest.Payment, clienttest.Payment
	used.Reference = "used"
	dear.Amount = djamo.XOF(djamotest.DefaultBalance)
	for _, row := range []struct {
		name    string
		err     error
		want    djamo.ErrorCode
		message string
	}{
		{"another token", clienttest.Second(s.clientOf(t, "at_other", s.server.CompanyID).Balance.Get(t.Context())), djamo.ErrUnauthorized, "Unauthorized"},
		{"another company", clienttest.Second(s.clientOf(t, s.server.Token, "other").Balance.Get(t.Context())), djamo.ErrForbidden, "Forbidden resource"},
		{"nobody's payment", clienttest.Second(s.client.Transactions.Get(t.Context(), "txn_nobody")), djamo.ErrNotFound, "transaction not found"},
		{"a used reference", clienttest.Second(s.client.Transactions.Create(t.Context(), used)), djamo.ErrDuplicateReference, "used"},
		{"more than there is", clienttest.Second(s.client.Transactions.Create(t.Context(), dear)), djamo.ErrUnprocessable, "insufficient balance"},
		{"a page too long", clienttest.Second(s.client.Charges.ListPage(t.Context(), djamo.ChargeListParams{Limit: 1_000})), djamo.ErrInvalidRequest, "limit"},
	} {
		if s.foundInstead(row.err, row.want) {
			continue
		}
		require.ErrorIs(t, row.err, row.want, row.name)
		answer := clienttest.AnswerOf(row.err)
		require.NotNil(t, answer, row.name)
		require.Contains(t, strings.Join(answer.Messages, "; "), row.message)
		caused := slices.IndexFunc(s.server.Requests(), func(r djamotest.Request) bool { return r.CorrelationID == answer.CorrelationID })
		require.GreaterOrEqual(t, caused, 0, "%s: the correlation id leads to the request", row.name)
		require.Equal(t, answer.StatusCode, s.server.Requests()[caused].Status)
		require.ErrorContains(t, row.err, answer.CorrelationID)
	}
	s.server.AssertPaidOnce(t, "used")
	s.server.AssertNotPaid(t, dear.Reference)
}

func callsWhatHasNoMethod(t *testing.T, s *stage) {
	var balance map[string]any
	require.NoError(t, s.client.Do(t.Context(), "GET", "/v1/balance", nil, &balance))
	if s.has(djamotest.WrapData) {
		balance, _ = balance["data"].(map[string]any)
	}
	require.Equal(t, "XOF", balance["currency"])
	require.ErrorIs(t, s.client.Do(t.Context(), "GET", "/v1/statements", nil, &balance), djamo.ErrNotFound)
}
