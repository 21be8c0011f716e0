package walletservice

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"github.com/djamo/djamo-go/openfinance/wallet"
	"github.com/djamo/djamo-go/openfinance/walletsync"
	"github.com/djamo/djamo-go/openfinance/walletsync/sqlstore"
)

// ChangeLine is one change, as a line of JSON.
type ChangeLine struct {
	Seq           int64           `json:"seq"`
	Kind          walletsync.Kind `json:"kind"`
	ID            string          `json:"id"`
	Version       int64           `json:"version"`
	Time          string          `json:"ts"`
	Type          string          `json:"type"`
	Amount        int64           `json:"amount"`
	Rail          string          `json:"rail"`
	Status        string          `json:"status"`
	CoffreID      string          `json:"coffre_id"`
	CorrelationID string          `json:"correlation_id"`
	Custodian     string          `json:"custodian"`
	Raw           json.RawMessage `json:"raw"`
}

// WriteChanges writes the changes of a wallet after a seq, one JSON object a line.
func WriteChanges(ctx context.Context, store *sqlstore.Store, id string, after int64, to io.Writer) error {
	switch {
	case id == "":
		return wrong("wallet", "must be given")
	case after < 0:
		return wrong("after", "must not be negative")
	}
	if err := checkWallet(ctx, store, id); err != nil {
		return err
	}
	out := json.NewEncoder(to)
	out.SetEscapeHTML(false)
	const batch = 1000
	for {
		list, err := store.Changes(ctx, id, after, batch)
		if err != nil {
			return err
		}
		for _, change := range list {
			if err := out.Encode(lineOf(change)); err != nil {
				return err
			}
			after = change.Seq
		}
		if len(list) < batch {
			return nil
		}
	}
}

func lineOf(change walletsync.Change) ChangeLine {
	event, _ := wallet.DecodeEvent(change.Raw) // it was read when it was stored
	var fields map[string]json.RawMessage      // by their exact names, as DecodeEvent reads them
	var asWritten string
	_ = json.Unmarshal(change.Raw, &fields) // as above
	_ = json.Unmarshal(fields["ts"], &asWritten)
	return ChangeLine{
		Seq: change.Seq, Kind: change.Kind, ID: change.ID, Version: change.Version, Time: asWritten, Type: event.Type,
		Amount: event.Amount,
		Rail:   event.Rail, Status: event.Status, CoffreID: event.CoffreID, CorrelationID: event.CorrelationID, Custodian: event.Custodian,
		Raw: change.Raw,
	}
}

// StatusLine is how one wallet stands, as a line of JSON.
type StatusLine struct {
	Wallet       string     `json:"wallet"`
	State        string     `json:"state"` // in_step, syncing, failing, quarantined, rate_limited, stopped
	CursorEpoch  int64      `json:"cursor_epoch"`
	LastOK       *time.Time `json:"last_ok"`
	Lag          *int64     `json:"lag_s"` // since the last read that went well
	Items        int64      `json:"items"`
	Expected     int64      `json:"expected"`
	Quarantined  int64      `json:"quarantined"`
	ConsentState string     `json:"consent_state"`
	Balance      *int64     `json:"balance"`
	BalanceGap   *int64     `json:"balance_gap"`
	Backfill     string     `json:"backfill"` // none, running, done
	Reason       string     `json:"reason,omitempty"`
}

// WriteStatuses writes how each wallet stands, one JSON object a line.
func WriteStatuses(ctx context.Context, store *sqlstore.Store, to io.Writer) error {
	statuses, err := store.Statuses(ctx)
	if err != nil {
		return err
	}
	out := json.NewEncoder(to)
	out.SetEscapeHTML(false)
	for _, status := range statuses {
		if err := out.Encode(StatusOf(status, time.Now())); err != nil {
			return err
		}
	}
	return nil
}

// StatusOf is the line of a status.
func StatusOf(s walletsync.Status, now time.Time) StatusLine {
	line := StatusLine{
		Wallet: s.Wallet, State: s.Condition(now), CursorEpoch: s.CursorEpoch, Items: s.Items, Expected: s.Expected, Quarantined: s.Quarantined,
		ConsentState: string(s.Consent.State), Backfill: "none", Reason: s.Failing,
	}
	if s.BackfillFrom != "" && !s.LookingBack {
		line.Backfill = "running"
		if s.BackfillDone {
			line.Backfill = "done"
		}
	}
	if !s.LastOK.IsZero() {
		at, lag := s.LastOK.UTC().Truncate(time.Millisecond), max(0, int64(now.Sub(s.LastOK)/time.Second))
		line.LastOK, line.Lag = &at, &lag
	}
	if s.HasBalance {
		line.Balance = &s.Balance
	}
	if gap, ok := s.Gap(); ok {
		line.BalanceGap = &gap
	}
	return line
}
