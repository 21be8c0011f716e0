package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/internal/clienttest"
	"github.com/stretchr/testify/require"
)

// stagedCall is one thing a program does with the client, told from the program's side and checked on both.
type stagedCall struct {
	name string
	run  func(*testing.T, *stage)
}

// pays sends a payment that is accepted.
func (s *stage) pays(t *testing.T, reference string, change ...func(*djamo.TransactionParams)) *djamo.Transaction {
	t.Helper()
	p := clienttest.Payment
	p.Reference = reference
	for _, f := range change {
		f(&p)
	}
	sent, err := s.client.Transactions.Create(t.Context(), p)
	require.NoError(t, err)
	require.True(t, p.Matches(sent))
	return sent
}

func paymentCalls() []stagedCall {
	return []stagedCall{
		{"a payment", createsPayment},
		{"a payment whose reply is lost", settlesLostReply},
		{"a payment that never arrived", sendsAgainWhatNeverArrived},
		{"a payment for a sub-company", paysForSubCompany},
		{"a payment by its id", readsPaymentToItsEnd},
		{"a payment by its reference", looksPaymentUp},
		{"a list of payments", listsPayments},
		{"a wait", waitsForPayment},
		{"a batch", createsBatch},
		{"a batch with a used reference", createsBatchWithUsedReference},
		{"a batch whose reply is lost", losesReplyToBatch},
		{"a check of a customer", checksCustomer},
		{"the balance", readsBalance},
	}
}

func createsPayment(t *testing.T, s *stage) {
	sent := s.pays(t, "salary/1")
	require.True(t, strings.HasPrefix(sent.ID, "txn_"), sent.ID)
	require.Equal(t, &djamo.Transaction{
		ID: sent.ID, Amount: 50_000, Fee: 500, TotalAmount: 50_500, MSISDN: clienttest.Payment.MSISDN, Status: djamo.TransactionPending,
		Reference: "salary/1", Type: djamo.TransactionTransfer, Description: clienttest.Payment.Description,
		DjamoTransactionReference: sent.DjamoTransactionReference, CreatedAt: sent.CreatedAt, UpdatedAt: sent.CreatedAt,
	}, sent)
	require.WithinDuration(t, s.reported(stageTime()), sent.CreatedAt.Time, 0)
	s.server.AssertPaidOnce(t, "salary/1")
}

func settlesLostReply(t *testing.T, s *stage) {
	_, err := s.server.Inject(djamotest.LoseReply(), djamotest.OneShot(), djamotest.On("POST /v1/transactions"))
	require.NoError(t, err)
	var response djamo.Response
	sent, err := s.client.Transactions.Create(t.Context(), clienttest.Payment, djamo.WithResponse(&response))
	require.NoError(t, err)
	require.True(t, clienttest.Payment.Matches(sent))
	require.True(t, response.Settled)
	if !s.disturbed {
		require.Len(t, s.server.Requests(), 2, "found by the first look-up")
	}
	s.server.AssertPaidOnce(t, clienttest.Payment.Reference)
}

func sendsAgainWhatNeverArrived(t *testing.T, s *stage) {
	_, err := s.server.Inject(djamotest.CloseConnection(), djamotest.OneShot(), djamotest.On("POST /v1/transactions"))
	require.NoError(t, err)
	s.pays(t, "salary/2")
	var calls []string
	for _, r := range s.server.Requests() {
		calls = append(calls, r.Method)
	}
	if !s.disturbed {
		require.Equal(t, []string{"POST", "GET", "GET", "POST"}, calls, "twice absent, then sent again")
	}
	s.server.AssertPaidOnce(t, "salary/2")
}

func paysForSubCompany(t *testing.T, s *stage) {
	sub, err := s.client.SubCompanies.Create(t.Context(), djamo.SubCompanyParams{Name: "Chocolate Factory", LogoURL: "https://example.com/logo.png"})
	require.NoError(t, err)
	sent := s.pays(t, "salary/3", func(p *djamo.TransactionParams) { p.SubCompanyID = sub.ID })
	require.Equal(t, sub.ID, sent.SubCompanyID)
	require.Equal(t, sub.ID, s.server.Transactions()[0].SubCompanyID)
}

func readsPaymentToItsEnd(t *testing.T, s *stage) {
	good, bad := s.pays(t, "good"), s.pays(t, "bad")
	require.NoError(t, s.server.Advance(time.Hour))
	require.NoError(t, s.server.Settle("good"))
	require.NoError(t, s.server.Reject("bad", "account closed"))
	got, err := s.client.Transactions.Get(t.Context(), good.ID)
	require.NoError(t, err)
	require.Equal(t, djamo.TransactionCompleted, got.Status)
	require.Empty(t, got.FailureReason)
	require.WithinDuration(t, s.reported(stageTime().Add(time.Hour)), got.UpdatedAt.Time, 0)
	require.WithinDuration(t, s.reported(stageTime()), got.CreatedAt.Time, 0)
	got, err = s.client.Transactions.Get(t.Context(), bad.ID)
	require.NoError(t, err, "a payment that failed is no error")
	require.Equal(t, djamo.TransactionFailed, got.Status)
	require.Equal(t, "account closed", got.FailureReason)
	s.server.AssertPaidOnce(t, "good")
	s.server.AssertNotPaid(t, "bad")
	_, err = s.client.Transactions.Get(t.Context(), "txn_nobody")
	require.ErrorIs(t, err, djamo.ErrNotFound)
}

func looksPaymentUp(t *testing.T, s *stage) {
	const awkward = "salary 2026-06/é&reference=x%2F#1"
	sent := s.pays(t, awkward)
	s.pays(t, "another")
	found, err := s.client.Transactions.GetByReference(t.Context(), awkward)
	require.NoError(t, err)
	require.Equal(t, sent, found)
	for _, absent := range []string{"nobody", "SALARY", "anothe"} {
		_, err = s.client.Transactions.GetByReference(t.Context(), absent)
		require.ErrorIs(t, err, djamo.ErrNotFound, absent)
	}
}

func listsPayments(t *testing.T, s *stage) {
	for tx, err := range s.client.Transactions.List(t.Context(), djamo.TransactionListParams{}) {
		t.Errorf("an empty account has %v, %v", tx, err)
	}
	want := map[string]int{}
	for i := range 7 {
		want[s.pays(t, fmt.Sprintf("list/%d", i)).ID] = 1
	}
	listed := map[string]int{}
	for tx, err := range s.client.Transactions.List(t.Context(), djamo.TransactionListParams{Limit: 3}) {
		require.NoError(t, err)
		require.WithinDuration(t, s.reported(stageTime()), tx.CreatedAt.Time, 0)
		listed[tx.ID]++
	}
	require.Equal(t, want, listed)

	first, err := s.client.Transactions.ListPage(t.Context(), djamo.TransactionListParams{Limit: 3})
	require.NoError(t, err)
	require.Len(t, first.Data, 3)
	second, err := s.client.Transactions.ListPage(t.Context(), djamo.TransactionListParams{Limit: 3, Cursor: first.Cursor.Next})
	require.NoError(t, err)
	back, err := s.client.Transactions.ListPage(t.Context(), djamo.TransactionListParams{Limit: 3, Cursor: second.Cursor.Prev})
	require.NoError(t, err)
	require.Equal(t, first.Data, back.Data)
}

func waitsForPayment(t *testing.T, s *stage) {
	sent := s.pays(t, "wait")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := s.client.Transactions.Wait(ctx, sent.ID, djamo.WaitParams{MinInterval: time.Millisecond})
	require.ErrorIs(t, err, context.DeadlineExceeded)

	settled := make(chan error, 1)
	go func() {
		for asked := len(s.server.Requests()) + 2; len(s.server.Requests()) < asked; {
			time.Sleep(time.Millisecond) //nolint:forbidigo // until it has been asked for twice in vain
		}
		settled <- s.server.Settle("wait")
	}()
	final, err := s.client.Transactions.Wait(t.Context(), sent.ID, djamo.WaitParams{MinInterval: time.Millisecond, MaxInterval: 2 * time.Millisecond})
	require.NoError(t, err)
	require.Equal(t, djamo.TransactionCompleted, final.Status)
	require.NoError(t, <-settled)
}

func batchOf(references ...string) djamo.BatchParams {
	var batch djamo.BatchParams
	for _, reference := range references {
		p := clienttest.Payment
		p.Reference = reference
		batch.Transactions = append(batch.Transactions, p)
	}
	return batch
}

func createsBatch(t *testing.T, s *stage) {
	sub, err := s.client.SubCompanies.Create(t.Context(), djamo.SubCompanyParams{Name: "Chocolate Factory", LogoURL: "https://example.com/logo.png"})
	require.NoError(t, err)
	params := batchOf("bonus/1", "bonus/2")
	params.SubCompanyID = sub.ID
	batch, err := s.client.Batches.Create(t.Context(), params)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(batch.ID, "bat_"), batch.ID)
	require.Equal(t, []any{djamo.BatchProcessing, djamo.XOF(100_000), djamo.XOF(1_000), sub.ID},
		[]any{batch.Status, batch.TotalAmount, batch.TotalFee, batch.SubCompanyID})
	require.WithinDuration(t, s.reported(stageTime()), batch.CreatedAt.Time, 0)
	require.Len(t, batch.Transactions, 2)
	for i := range batch.Transactions {
		require.True(t, params.Transactions[i].Matches(&batch.Transactions[i]))
		one, err := s.client.Transactions.Get(t.Context(), batch.Transactions[i].ID)
		require.NoError(t, err)
		require.Equal(t, batch.ID, one.BatchID)
	}
	s.server.AssertPaidOnce(t, "bonus/1", "bonus/2")
}

// An API that refuses such a batch says 409 and has paid nobody; one that accepts a part of it leaves the refused out of
// its answer, and then only a look-up tells about each.
func createsBatchWithUsedReference(t *testing.T, s *stage) {
	s.pays(t, "used")
	_, err := s.client.Batches.Create(t.Context(), batchOf("fresh/1", "used", "fresh/2"))
	if !s.has(djamotest.BatchInParts) {
		require.ErrorIs(t, err, djamo.ErrDuplicateReference)
		require.NotErrorIs(t, err, djamo.ErrOutcomeUnknown)
		s.server.AssertNotPaid(t, "fresh/1", "fresh/2")
		return
	}
	unknown, ok := errors.AsType[*djamo.OutcomeUnknownError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, []string{"fresh/1", "used", "fresh/2"}, unknown.References)
	for _, reference := range unknown.References {
		_, err := s.client.Transactions.GetByReference(t.Context(), reference)
		require.NoError(t, err)
	}
	s.server.AssertPaidOnce(t, unknown.References...)
	_, err = s.client.Batches.Create(t.Context(), batchOf("used"))
	require.ErrorIs(t, err, djamo.ErrDuplicateReference, "where nothing can be accepted, the batch is refused")
}

func losesReplyToBatch(t *testing.T, s *stage) {
	_, err := s.server.Inject(djamotest.TruncateReply(), djamotest.OneShot())
	require.NoError(t, err)
	_, err = s.client.Batches.Create(t.Context(), batchOf("bonus/1", "bonus/2"))
	require.ErrorIs(t, err, djamo.ErrOutcomeUnknown)
	if !s.disturbed {
		require.Len(t, s.server.Requests(), 1, "a batch has no key, and is never sent again")
	}
	for _, reference := range []string{"bonus/1", "bonus/2"} {
		found, err := s.client.Transactions.GetByReference(t.Context(), reference)
		require.NoError(t, err)
		require.NotEmpty(t, found.BatchID)
	}
}

func checksCustomer(t *testing.T, s *stage) {
	const stranger = djamo.MSISDN("+2250700000099")
	require.NoError(t, s.server.AddCustomer(clienttest.Payment.MSISDN.E164()))
	check, err := s.client.Customers.Check(t.Context(), djamo.CustomerCheckParams{MSISDN: clienttest.Payment.MSISDN})
	require.NoError(t, err)
	require.True(t, check.HasAccount)
	require.Equal(t, s.has(djamotest.CustomerKYC), check.KYCStatus != "")
	check, err = s.client.Customers.Check(t.Context(), djamo.CustomerCheckParams{MSISDN: stranger})
	if s.has(djamotest.CustomerKYC) {
		require.ErrorIs(t, err, djamo.ErrNotFound)
		return
	}
	require.NoError(t, err)
	require.Equal(t, &djamo.CustomerCheck{}, check)
}

func readsBalance(t *testing.T, s *stage) {
	require.NoError(t, s.server.SetBalance(60_000))
	s.pays(t, "salary/1")
	balance, err := s.client.Balance.Get(t.Context())
	require.NoError(t, err)
	require.Equal(t, &djamo.Balance{Balance: 9_500, Currency: "XOF"}, balance)
	require.EqualValues(t, s.server.Balance(), balance.Balance)
}
