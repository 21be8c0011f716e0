package walletservice

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/djamo/djamo-go/openfinance/walletsync"
	"github.com/djamo/djamo-go/openfinance/walletsync/sqlstore"
)

// QuarantineLine is one item in the quarantine, as a line of JSON. Raw and RawBase64 are personal data, and there only where they
// are asked for: Raw has what is JSON, RawBase64 any other bytes.
type QuarantineLine struct {
	Wallet    string          `json:"wallet"`
	At        time.Time       `json:"at"` // when it came first
	ID        string          `json:"id"` // empty where none could be read
	Reason    string          `json:"reason"`
	Size      int64           `json:"size"` // in bytes
	Hash      string          `json:"hash"` // names it, with the wallet: SHA-256 of the bytes
	Raw       json.RawMessage `json:"raw,omitempty"`
	RawBase64 []byte          `json:"raw_base64,omitempty"`
}

// WriteQuarantine writes what is in the quarantine, one JSON object a line, by wallet and the oldest first: of one wallet, or of all
// where id is empty. Without raw nothing is written of an item but its id: the reason ends where it would quote the item.
func WriteQuarantine(ctx context.Context, store *sqlstore.Store, id string, raw bool, to io.Writer) error {
	if id != "" {
		if err := checkWallet(ctx, store, id); err != nil {
			return err
		}
	}
	out := json.NewEncoder(to)
	out.SetEscapeHTML(false)
	const batch = 1000
	var last sqlstore.QuarantinedItem
	for {
		list, err := store.Quarantine(ctx, id, last, batch)
		if err != nil {
			return err
		}
		for _, last = range list {
			line := QuarantineLine{
				Wallet: last.Wallet, At: last.At.Truncate(time.Millisecond), ID: last.ID, Reason: unquoted(last.Reason), Size: last.Size,
				Hash: last.Hash,
			}
			if raw {
				if there, err := line.reveal(ctx, store, last); err != nil {
					return err
				} else if !there {
					continue // it came again meanwhile, and could be read
				}
			}
			if err := out.Encode(line); err != nil {
				return err
			}
		}
		if len(list) < batch {
			return nil
		}
	}
}

// reveal adds what an item has; false: it is not in the quarantine any more.
func (l *QuarantineLine) reveal(ctx context.Context, store *sqlstore.Store, item sqlstore.QuarantinedItem) (there bool, err error) {
	body, there, err := store.QuarantinedBytes(ctx, item.Wallet, item.Hash)
	l.Reason, l.Raw = item.Reason, body
	if !json.Valid(body) || !utf8.Valid(body) {
		l.Raw, l.RawBase64 = nil, body
	}
	return there, err
}

// unquoted is a reason without what it may quote of the item, such as an amount: each quotation has a digit, or begins with a mark.
func unquoted(reason string) string {
	const contradiction = "it is final with the amount "
	if strings.HasPrefix(reason, contradiction) {
		return "it is final and comes with another amount"
	}
	if at := strings.IndexAny(reason, "-0123456789\"[{"); at >= 0 {
		return reason[:at] + "…"
	}
	return reason
}

// checkWallet refuses the id of a wallet that the store does not have.
func checkWallet(ctx context.Context, store *sqlstore.Store, id string) error {
	if !isWalletID(id) {
		return wrong("wallet", "%q is no wallet id", clip(id))
	}
	_, err := store.Load(ctx, id)
	if errors.Is(err, walletsync.ErrUnknownWallet) {
		return wrong("wallet", "%v: status lists those it has", err)
	}
	return err
}
