package djamotest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What was put in is found, however much was put in since, and of two under one text the later.
func TestIndex_FindsWhatWasPutIn(t *testing.T) {
	t.Parallel()
	var x index
	const texts = 5_000
	stored := []string{""}
	hash := func(text string) uint64 { // a poor one: a hundred texts share each
		var n uint64
		_, _ = fmt.Sscan(strings.TrimPrefix(text, "t"), &n)
		return n % (texts / 100) << 32
	}
	find := func(text string) (uint32, int) {
		number, slot := x.first(hash(text))
		for number != 0 && stored[number] != text {
			number, slot = x.next(hash(text), slot)
		}
		return number, slot
	}
	for range 2 {
		for i := range texts {
			text := fmt.Sprint("t", i)
			stored = append(stored, text)
			if number, slot := find(text); number != 0 {
				x.replace(slot, uint32(len(stored)-1))
			} else {
				x.add(hash(text), uint32(len(stored)-1))
			}
		}
	}
	require.Equal(t, texts, x.used, "the later ones took the places of the earlier")
	for i := range texts {
		number, _ := find(fmt.Sprint("t", i))
		require.Equal(t, uint32(texts+i+1), number)
	}
	number, _ := find("t5001")
	require.Zero(t, number)
	number, _ = new(index).first(7)
	require.Zero(t, number)
}

// An id is read as it was written, and what is none of ours stays a text.
func TestID_IsReadAsItIsWritten(t *testing.T) {
	t.Parallel()
	for _, ours := range []string{"txn_00000000-0000-4000-8000-000000000000", "txn_ffffffff-ffff-4fff-bfff-ffffffffffff", "txn_5f0a3c9e-7b1d-0000-9a86-d3a4b0c1e2f7"} {
		hi, lo, ok := parseID(ours)
		require.True(t, ok, ours)
		require.Equal(t, ours, transferPrefix+writeUUID(hi, lo))
	}
	for _, other := range []string{
		"", "txn_", "t1", "txn_5F0A3C9E-7B1D-4E52-9A86-D3A4B0C1E2F7", "txn_5f0a3c9e7b1d-4e52-9a86-d3a4b0c1e2f7-", "5f0a3c9e-7b1d-4e52-9a86-d3a4b0c1e2f7",
		"txn_+f0a3c9e-7b1d-4e52-9a86-d3a4b0c1e2f7", "txn_5f0a3c9e-7b1d-4e52-9a86-d3a4b0c1e2f", "txn_5f0a3c9-e7b1d-4e52-9a86-d3a4b0c1e2f7",
	} {
		_, _, ok := parseID(other)
		require.False(t, ok, other)
	}
}

// A snapshot that was written by hand may have ids of its own, long texts and numbers of any country; all of it comes back.
func TestRestore_KeepsWhatIsNoneOfOurs(t *testing.T) {
	t.Parallel()
	a, err := New(WithSeed(1))
	require.NoError(t, err)
	defer a.Close()
	raw, err := a.Snapshot()
	require.NoError(t, err)
	var s accountSnapshot
	require.NoError(t, json.Unmarshal(raw, &s))
	s.Requests, s.Start, s.Balance = 9, 1_000_000, 1_000_000-110-220
	s.Batches = []snapshotBatch{{ID: "b", CreatedAt: s.At, TotalAmount: 300, TotalFee: 30}}
	long := strings.Repeat("é", 70_000)
	for i, x := range []struct {
		id, reference, msisdn, status, reason string
		amount                                int64
	}{
		{"t1", long, "+33612345678", StatusPending, "", 100}, {"t2", "same", "+123456789012345", StatusCompleted, "", 200},
		{"txn_5F0A3C9E-7B1D-4E52-9A86-D3A4B0C1E2F7", "same", "+2250748710523", StatusFailed, "closed", 300},
	} {
		s.Transfers = append(s.Transfers, snapshotTransfer{
			ID: x.id, Reference: x.reference, MSISDN: x.msisdn, Description: "Salaire", Amount: x.amount, Fee: x.amount / 10, Status: x.status,
			FailureReason: x.reason, BatchID: "b", CreatedAt: s.At, UpdatedAt: s.At, Request: int64(i + 1),
		})
		delta := -(x.amount + x.amount/10)
		balance := []int64{1_000_000 - 110, 1_000_000 - 330, 1_000_000 - 660}[i]
		s.Ledger = append(s.Ledger, snapshotEntry{At: s.At, Kind: TransferAccepted, TransferID: x.id, Request: int64(i + 1), Method: "POST",
			Path: "/v1/transactions/batch", Delta: delta, Balance: balance})
	}
	s.Ledger = append(s.Ledger,
		snapshotEntry{At: s.At, Kind: TransferCompleted, TransferID: "t2", Balance: 1_000_000 - 660},
		snapshotEntry{At: s.At, Kind: TransferFailed, TransferID: s.Transfers[2].ID, Delta: 330, Balance: 1_000_000 - 330},
		snapshotEntry{At: s.At, Kind: TransferRefused, Refusal: &snapshotRefusal{Reference: "no", MSISDN: "x", Amount: 1, Status: 400, Reason: "bad"},
			Request: 4, Method: "POST", Path: "/v1/transactions", Balance: 1_000_000 - 330})
	raw, err = json.Marshal(s)
	require.NoError(t, err)
	require.NoError(t, a.Restore(raw))
	found := a.FindTransfers("t1")
	require.Len(t, found, 1)
	require.Equal(t, []any{int64(1), long, "+33612345678", "Salaire", "b"},
		[]any{found[0].Number, found[0].Reference, found[0].MSISDN, found[0].Description, found[0].BatchID})
	found = a.FindTransfers("same")
	require.Len(t, found, 2)
	require.Equal(t, []string{"t2", s.Transfers[2].ID}, []string{found[0].ID, found[1].ID})
	require.Equal(t, "closed", found[1].FailureReason)
	require.Empty(t, a.FindTransfers("txn_5f0a3c9e-7b1d-4e52-9a86-d3a4b0c1e2f7"), "an id is compared as it is")
	require.True(t, a.AssertBalanced(t))
	again, err := a.Snapshot()
	require.NoError(t, err)
	var second accountSnapshot
	require.NoError(t, json.Unmarshal(again, &second))
	require.Equal(t, s.Transfers, second.Transfers)
	require.Equal(t, s.Ledger, second.Ledger)
}
