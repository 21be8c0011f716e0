package databasetest_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/openfinance/mycac"
	"github.com/djamo/djamo-go/openfinance/wallet"
)

func body(event, id, original, at string, amount int) string {
	return fmt.Sprintf(`{"event":%q,"tx_id":%q,"original_tx_id":%q,"merchant_id":"M","store_id":"S","amount":%d,"currency":"DJF","scanned_at":%q}`,
		event, id, original, amount, at)
}

func scan(id, at string, amount int) string { return body("cacpay.scan.confirmed", id, "", at, amount) }

func refund(id, original, at string, amount int) string {
	return body("cacpay.scan.refunded", id, original, at, amount)
}

// push delivers a body to a handler that keeps events in the journal, as a gateway does.
func push(ctx context.Context, journal *mycac.Journal, body string) int {
	handler := &mycac.CACPAYHandler{
		Secrets: []string{"s"}, Deduper: &djamo.MemoryDeduper{}, Handle: journal.RecordEvent, Quarantine: journal.QuarantineEvent,
		Now: func() time.Time { return time.Date(2026, 5, 12, 0, 0, 0, 0, time.UTC) },
	}
	mac := hmac.New(sha256.New, []byte("s"))
	mac.Write([]byte(body))
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/hooks/cacpay", strings.NewReader(body))
	r.Header.Set("X-Signature", "hmac-sha256="+hex.EncodeToString(mac.Sum(nil)))
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w.Code
}

func day(n int) wallet.Date { return wallet.Date{Year: 2026, Month: time.May, Day: n} }

// sums is a settlement in one line.
func sums(s *mycac.Settlement) string {
	parts := []string{s.Day.String()}
	for _, total := range s.Totals {
		parts = append(parts, fmt.Sprintf("%s %d-%d=%d", total.Currency, total.Gross.Minor, total.Refunds.Minor, total.Net.Minor))
	}
	for _, aside := range s.SetAside {
		parts = append(parts, aside.TxID+" "+string(aside.Reason))
	}
	return strings.Join(parts, "; ")
}

func TestJournal_EveryEventIsInOneSettlement(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, fresh func(*testing.T) database) {
		journal := fresh(t).open(t)
		settled := func(n int) string {
			s, err := journal.Settle(t.Context(), day(n), mycac.CACPAYDecoder{})
			require.NoError(t, err)
			return sums(s)
		}
		first := scan("a", "2026-05-09T08:00:00Z", 1200)
		for range 3 {
			require.Equal(t, 204, push(t.Context(), journal, first), "copies count once, also for another Deduper")
		}
		preview, err := journal.PreviewSettlement(t.Context(), day(9), mycac.CACPAYDecoder{})
		require.NoError(t, err)
		require.Equal(t, "2026-05-09; DJF 1200-0=1200", sums(preview))
		require.Equal(t, "2026-05-09; DJF 1200-0=1200", settled(9))

		require.Equal(t, 204, push(t.Context(), journal, scan("b", "2026-05-09T09:00:00Z", 500)), "it comes when its day is settled")
		require.Equal(t, "2026-05-09; DJF 1200-0=1200", settled(9), "a settlement never changes")
		require.Equal(t, 204, push(t.Context(), journal, refund("r", "b", "2026-05-10T09:00:00Z", 100)))
		require.Equal(t, "2026-05-10; DJF 500-100=400", settled(10))
		require.Equal(t, "2026-05-09; DJF 1200-0=1200", settled(9))
		require.Equal(t, "2026-05-10; DJF 500-100=400", settled(10))

		require.Equal(t, 204, push(t.Context(), journal, scan("a", "2026-05-09T08:00:00Z", 1300)), "it contradicts what is known")
		require.Equal(t, 204, push(t.Context(), journal, strings.Replace(scan("f", "2026-05-10T08:00:00Z", 1), `:1,`, `:0.5,`, 1)))
		aside, err := journal.Quarantined(t.Context())
		require.NoError(t, err)
		require.Len(t, aside, 2)
		require.Contains(t, aside[0].Reason, "says something else")
		require.Contains(t, string(aside[1].Body), "0.5")
		require.Equal(t, 204, push(t.Context(), journal, `{"event":"cacpay.terminal.opened","tx_id":"t"}`), "what nobody counts is kept")

		_, err = journal.Settle(t.Context(), day(8), mycac.CACPAYDecoder{})
		require.ErrorIs(t, err, mycac.ErrSettlementOrder)
		require.Equal(t, "2026-05-11", settled(11), "nothing is settled twice")
		journal.Now = func() time.Time { return time.Date(2026, 5, 12, 20, 59, 0, 0, time.UTC) }
		_, err = journal.Settle(t.Context(), day(12), mycac.CACPAYDecoder{})
		require.ErrorContains(t, err, "is not over")
		journal.Now = func() time.Time { return time.Date(2026, 5, 12, 21, 0, 0, 0, time.UTC) }
		require.Equal(t, "2026-05-12", settled(12))
	})
}

// receiveAndSettle is the work of a process: it settles a day, closes what was set aside, takes in what came late, and settles the
// next.
func receiveAndSettle(ctx context.Context, journal *mycac.Journal, _ http.RoundTripper) error {
	for _, step := range []struct {
		events []string
		day    int
		want   string
	}{
		{[]string{scan("a", "2026-05-09T08:00:00Z", 1200), refund("r", "a", "2026-05-09T10:00:00Z", 200),
			refund("q", "nowhere", "2026-05-09T11:00:00Z", 50)}, 9, "2026-05-09; DJF 1200-200=1000; q original-unknown"},
		{[]string{scan("b", "2026-05-09T09:00:00Z", 500), refund("s", "a", "2026-05-10T10:00:00Z", 300)}, 10, "2026-05-10; DJF 500-300=200"},
	} {
		for _, event := range step.events {
			if code := push(ctx, journal, event); code != http.StatusNoContent {
				return fmt.Errorf("answered %d", code)
			}
		}
		s, err := journal.Settle(ctx, day(step.day), mycac.CACPAYDecoder{})
		if err != nil {
			return err
		}
		if got := sums(s); got != step.want {
			return fmt.Errorf("%s in place of %s", got, step.want)
		}
		for _, aside := range s.SetAside {
			if err := journal.CloseRefund(ctx, aside.ID, mycac.Closing{By: "Amina", Reason: "taken back"}, mycac.CACPAYDecoder{}); err != nil {
				return err
			}
		}
	}
	return nil
}

func TestJournal_KilledAnywhere(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, fresh func(*testing.T) database) {
		killedEverywhere(t, killed{Work: "settlement", Every: every(t)}, func(t *testing.T, k killed) killed {
			k.Database = fresh(t)
			return k
		}, func(t *testing.T, k killed) {
			journal := k.Database.open(t)
			for n, want := range map[int]string{9: "2026-05-09; DJF 1200-200=1000; q original-unknown", 10: "2026-05-10; DJF 500-300=200"} {
				s, err := journal.Settle(t.Context(), day(n), mycac.CACPAYDecoder{})
				require.NoError(t, err)
				require.Equal(t, want, sums(s))
				require.Len(t, s.Closed, n-9, "it is closed once, on the next day")
			}
		})
	})
}

// A refund that a person has closed is named once more, with what was said, and never again: also when its original comes.
func TestJournal_CloseRefund(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, fresh func(*testing.T) database) {
		journal := fresh(t).open(t)
		settle := func(n int) *mycac.Settlement {
			s, err := journal.Settle(t.Context(), day(n), mycac.CACPAYDecoder{})
			require.NoError(t, err)
			return s
		}
		said := mycac.Closing{By: "Amina", Reason: "the bank has taken it back, letter of 2026-05-11"}
		closeRefund := func(id string, c mycac.Closing) error {
			return journal.CloseRefund(t.Context(), id, c, mycac.CACPAYDecoder{})
		}
		require.Equal(t, 204, push(t.Context(), journal, scan("a", "2026-05-09T08:00:00Z", 1200)))
		require.Equal(t, 204, push(t.Context(), journal, refund("r", "lost", "2026-05-09T09:00:00Z", 300)))
		require.ErrorIs(t, closeRefund("cacpay.scan.refunded", said), mycac.ErrNotSetAside, "nothing is settled")
		first := settle(9)
		require.Len(t, first.SetAside, 1)
		require.Empty(t, first.Closed)
		id := first.SetAside[0].ID

		require.ErrorIs(t, closeRefund("another", said), mycac.ErrNotSetAside)
		for _, bad := range []mycac.Closing{{By: "Amina"}, {Reason: "because"}, {By: "Amina", Reason: "two\nlines"}, {By: "Amina", Reason: strings.Repeat("x", 1001)}} {
			require.ErrorContains(t, closeRefund(id, bad), "must be one line of text")
		}
		for range 2 {
			require.NoError(t, closeRefund(id, said), "it is safe to repeat")
		}
		require.ErrorIs(t, closeRefund(id, mycac.Closing{By: "Omar", Reason: "no"}), mycac.ErrNotSetAside, "it is closed once")
		require.Equal(t, first, settle(9), "a settlement never changes")
		preview, err := journal.PreviewSettlement(t.Context(), day(10), mycac.CACPAYDecoder{})
		require.NoError(t, err)
		require.Len(t, preview.Closed, 1)

		second := settle(10)
		require.Empty(t, second.SetAside)
		require.Len(t, second.Closed, 1)
		require.Equal(t, first.SetAside[0], second.Closed[0].SetAsideRefund)
		require.Equal(t, []any{"Amina", said.Reason, day(10)},
			[]any{second.Closed[0].Closing.By, second.Closed[0].Closing.Reason, second.Closed[0].Closing.Settled})
		require.Equal(t, first, settle(9))

		require.Equal(t, 204, push(t.Context(), journal, scan("lost", "2026-05-08T08:00:00Z", 300)), "its original comes after all")
		third := settle(11)
		require.Equal(t, "2026-05-11; DJF 300-0=300", sums(third), "it is not netted")
		require.Empty(t, third.SetAside)
		require.Empty(t, third.Closed)
		require.Equal(t, second, settle(10))
		require.ErrorIs(t, closeRefund(id, mycac.Closing{By: "Omar", Reason: "no"}), mycac.ErrNotSetAside)
	})
}

func TestJournal_Refuses(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, fresh func(*testing.T) database) {
		d := fresh(t)
		d.open(t)
		d.open(t).Close()
		d.Dialect = "Oracle"
		_, err := mycac.OpenJournal(t.Context(), nil, d.Dialect)
		require.ErrorIs(t, err, mycac.ErrJournal)
	})
}
