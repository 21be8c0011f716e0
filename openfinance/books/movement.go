package books

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/djamo/djamo-go/openfinance/money"
	"github.com/djamo/djamo-go/openfinance/wallet"
)

// Movement is one transaction of a wallet or an account, as books need it.
type Movement struct {
	Account      string // wallet or account
	TxID         string // of the gateway; unique within the account
	Amount       money.Amount
	ValueDate    wallet.Date // zero: not known
	Time         time.Time   // zero: only the date is known
	Type         string      // or channel
	Counterparty string      // as the gateway writes it, masked
	Reference    string      // of the rail
	Status       string
}

// OfEvent is the movement of a wallet's event, in the currency of the wallet.
func OfEvent(account string, e *wallet.Event, currency money.Currency) Movement {
	counterparty := e.CounterpartyMasked
	if counterparty == "" {
		counterparty = e.Merchant
	}
	return Movement{
		Account: account, TxID: e.ID, Amount: money.Amount{Minor: e.Amount, Currency: currency}, ValueDate: e.ValueDate, Time: e.Time,
		Type: e.Type, Counterparty: counterparty, Reference: e.RailReference, Status: e.Status,
	}
}

// Date is the day by which the movement stands in a statement: its value date or, where it has none, the day of its time in a
// zone; zero: it has neither.
func (m *Movement) Date(zone *time.Location) wallet.Date {
	if m.ValueDate != (wallet.Date{}) || m.Time.IsZero() {
		return m.ValueDate
	}
	return wallet.DateOf(m.Time.In(zone))
}

// check refuses what cannot be booked.
func (m *Movement) check() error {
	switch {
	case m.Account == "":
		return errors.New("books: a movement needs the wallet or account that it is of")
	case m.TxID == "":
		return fmt.Errorf("books: a movement of %s has no tx_id, by which a ledger knows it again", m.Account)
	case !fits(m.Account), !fits(m.TxID):
		return fmt.Errorf("books: the account %q or tx_id %q of a movement is no text that a database holds", m.Account, m.TxID)
	case len(m.Account) > maxID, len(m.TxID) > maxID:
		return fmt.Errorf("books: the account or tx_id of a movement is longer than %d bytes", maxID)
	case m.Amount.Currency.Code == "":
		return fmt.Errorf("books: movement %s of %s has no currency", m.TxID, m.Account)
	}
	return nil
}

// maxID bounds an id: it is part of a key in a store, and of a header.
const maxID = 512

func fits(text string) bool { return utf8.ValidString(text) && !strings.ContainsRune(text, 0) }

// Kind of a posting.
type Kind string

// The kinds: a transaction the ledger has not had, the same one with another content, and one that the gateway has taken back.
const (
	Added    Kind = "added"
	Modified Kind = "modified"
	Removed  Kind = "removed"
)

// Posting is the body that the ledger is sent, as JSON.
type Posting struct {
	Key          string `json:"key"` // the same whenever the posting is repeated: book it once
	Kind         Kind   `json:"kind"`
	Version      int64  `json:"version"` // 1 for the first posting of a transaction
	Account      string `json:"account"`
	TxID         string `json:"tx_id"`
	Amount       string `json:"amount"`       // a decimal, negative is out
	AmountMinor  int64  `json:"amount_minor"` // the same in the smallest unit of the currency
	Currency     string `json:"currency"`
	ValueDate    string `json:"value_date,omitempty"`
	Time         string `json:"time,omitempty"` // RFC 3339
	Type         string `json:"type,omitempty"`
	Counterparty string `json:"counterparty,omitempty"`
	Reference    string `json:"reference,omitempty"`
	Status       string `json:"status,omitempty"`
}

// KeyOf is the key of a posting: the account and the tx_id, and from the second version on its number.
func KeyOf(account, txID string, version int64) string {
	key := url.PathEscape(account) + "/" + url.PathEscape(txID)
	if version > 1 {
		key += "#" + strconv.FormatInt(version, 10)
	}
	return key
}

func (m *Movement) posting() Posting {
	p := Posting{
		Account: m.Account, TxID: m.TxID, Amount: m.Amount.Decimal(), AmountMinor: m.Amount.Minor, Currency: m.Amount.Currency.Code,
		ValueDate: m.ValueDate.String(), Type: clean(m.Type), Counterparty: clean(m.Counterparty), Reference: clean(m.Reference),
		Status: clean(m.Status),
	}
	if !m.Time.IsZero() {
		p.Time = m.Time.UTC().Format(time.RFC3339Nano)
	}
	return p
}

// clean is what every database takes.
func clean(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "")
}

// content tells whether two movements say the same.
func (p *Posting) content() string {
	bare := *p
	bare.Key, bare.Kind, bare.Version = "", "", 0
	text, _ := json.Marshal(bare) //nolint:errchkjson // strings and numbers
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
