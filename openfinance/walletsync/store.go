package walletsync

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/djamo/djamo-go/openfinance/consent"
	"github.com/djamo/djamo-go/openfinance/wallet"
)

// Errors of a Store, and of what is stored through it.
var (
	// ErrLeaseLost is a wallet that another process reads by now.
	ErrLeaseLost = errors.New("walletsync: the lease of the wallet is lost, another process reads it")
	// ErrStale is a page that was asked with a cursor which is not the store's any more.
	ErrStale = errors.New("walletsync: the wallet moved on meanwhile, the page is not stored")
	// ErrUnknownWallet is a wallet that was never registered.
	ErrUnknownWallet = errors.New("walletsync: the store does not have this wallet")
	// ErrNewerStore is a store whose tables are of a newer version of this program.
	ErrNewerStore = errors.New("walletsync: the store is from a newer version of this program")
)

// State is what a store keeps of one wallet.
type State struct {
	Wallet  string
	Owner   string // of the lease; empty: nobody
	Fence   int64  // grows with each owner
	Consent string // key

	Cursor      string
	FirstCursor string // at the beginning of the update that is being read
	FirstSeq    int64  // Seq when that update began; negative: everything is read, in passes of which that is the first
	CursorEpoch int64  // grows when a cursor has gone bad, from 1
	Pass        int64  // grows with each reading that begins
	ReconFrom   int64  // what was seen from this pass on, and not in the current one, vanishes at its end; -1: nothing
	Tries       int64  // restarts of the update after a mutation
	InStep      bool

	Seq        int64 // of the latest change
	Items      int64 // that are current
	Sum        int64 // of them
	Balance    int64
	HasBalance bool

	LastOK  time.Time
	Failing string // why the latest read failed; empty: it did not
	Fails   int64  // in a row

	BackfillFrom   string // 2006-01-02; empty: none
	BackfillCursor string
	BackfillDone   bool
	LookBackAt     time.Time // when the latest look-back began
	LookingBack    bool      // the backfill is a look-back
	CoveredFrom    string    // from when on history was read; empty: not
}

// Gone says whether an item is current.
type Gone int

// An item that is not current has vanished, or was replaced by the one that names it.
const (
	Current Gone = iota
	Vanished
	Replaced
)

// StoredItem is what a store keeps of an item, beside its changes.
type StoredItem struct {
	ID      string
	Hash    string
	Version int64 // 0: it was only named by the item that replaces it
	Seen    int64 // the pass of the feed in which it came last, as seenWith has it; 0: it came by history only
	Gone    Gone
	By      string // the item that replaces it; of one that is current, the pending item that it names and another replaces
	Amount  int64
	Final   bool  // its amount must not change any more
	Seq     int64 // of its latest change
}

// UnseenItem is one that did not come again, with what is to be known of it when it has vanished: there may be many.
type UnseenItem struct {
	StoredItem

	Raw      json.RawMessage // of its latest change; nil: there is none
	Replaces bool            // others
}

// Kind of a change.
type Kind string

// The kinds of change.
const (
	Added    Kind = "added"
	Modified Kind = "modified"
	Removed  Kind = "removed"
)

// Change is one entry of a wallet's feed of changes. Raw is the item as the gateway wrote it; of a removed one as it was.
type Change struct {
	Wallet  string
	Seq     int64
	Kind    Kind
	ID      string
	Version int64
	Raw     json.RawMessage
}

// Quarantined is an item that could not be read or contradicts what is final.
type Quarantined struct {
	ID     string
	Raw    json.RawMessage
	Reason string
}

// Scope is what the reads of wallets need: their transactions, and the balance that stands beside them.
const Scope = "transactions.read"

// Audit is the record of one use of a consent. Package audit says how it is kept.
type Audit struct {
	At      time.Time
	Wallet  string
	Consent string // key
	Action  string // read, backfill, import
	Request string // hash of what was asked
	Scope   string // Scope, when something was read
	Status  int    // of the answer; 0: there was none
	Count   int64  // items that came
	Fields  string // names of the fields that were kept, with commas between them
}

// Tx is a transaction on one wallet, whose row is locked.
type Tx interface {
	// State is saved at the end when it was changed.
	State() *State
	// Consent reads the consent of the wallet and keeps it from changing before the end.
	Consent() (consent.Record, error)
	Items(ids []string) (map[string]StoredItem, error)
	Save(items []StoredItem) error
	Append(changes []Change) error
	// Unseen lists items whose Seen is more than 0, at least from and less than before, in the order of their changes: those that are
	// current, those that are replaced and replace others, and with all the others that are replaced.
	Unseen(from, before int64, all bool) ([]UnseenItem, error)
	// WithBy lists the items that have an item in By, in the order of their changes.
	WithBy(id string) ([]StoredItem, error)
	Change(seq int64) (Change, error)
	// LastChange finds the latest change of an item up to a seq.
	LastChange(id string, upTo int64) (change Change, ok bool, err error)
	// Quarantine keeps items aside; Release lets those with an id go.
	Quarantine(at time.Time, items []Quarantined) error
	Release(ids []string) error
	// Met removes items from those that a push has announced.
	Met(ids []string) error
	Audit(record Audit) error
}

// Lease is the right to read a wallet.
type Lease struct {
	Wallet string
	Owner  string
	Fence  int64
}

// MaxAhead is how far ahead a lease can end that another process was given, whose own may be longer. One that ends later was given
// before the clock was set back: it ran out long ago, unless its owner renews it.
func MaxAhead(ttl time.Duration) time.Duration {
	const others, minAhead = 10, 10 * time.Minute
	return max(others*ttl, minAhead)
}

// Status of a wallet, as an operator reads it.
type Status struct {
	State

	Consent     consent.Record
	Expected    int64     // items that a push announced and that have not come
	OldestPush  time.Time // zero: none
	Quarantined int64
}

// Announced is an item that a push has announced.
type Announced struct {
	Wallet, ID string
	At         time.Time
}

// Store keeps wallets. Its methods are safe for concurrent use, also from several processes.
type Store interface {
	consent.Store
	// Register makes a wallet known, or gives it another consent.
	Register(ctx context.Context, wallet, consentKey string) error
	// Claim leases those of the wallets that nobody alive holds, until the owner's next Renew is due. alive may be nil.
	Claim(ctx context.Context, owner string, wallets []string, ttl time.Duration, alive func(owner string) bool) ([]Lease, error)
	// Renew prolongs all leases of an owner; false: they ran out, and may be another's by now.
	Renew(ctx context.Context, owner string, ttl time.Duration) (bool, error)
	// Release gives up all leases of an owner.
	Release(ctx context.Context, owner string) error
	Load(ctx context.Context, wallet string) (State, error)
	// Update runs change in one transaction. An error of change rolls it back. change may run more than once.
	Update(ctx context.Context, wallet string, change func(tx Tx) error) error
	// Announce keeps that a push told of an item, unless the item is there; false: the wallet is not known.
	Announce(ctx context.Context, wallet, id string, at time.Time) (bool, error)
	// Announced lists what was announced for the wallets of an owner and has not come.
	Announced(ctx context.Context, owner string) ([]Announced, error)
	// Touch records successful reads that changed nothing. The audit log has one record of them for each wallet and hour.
	Touch(ctx context.Context, reads []Idle) error
	Changes(ctx context.Context, wallet string, after int64, limit int) ([]Change, error)
	Statuses(ctx context.Context) ([]Status, error)
}

// Idle is a number of reads of a wallet that found nothing new.
type Idle struct {
	Wallet  string
	Consent string
	Last    time.Time
	Count   int64
}

// Condition of a wallet in one word: stopped by its consent, rate_limited, failing, quarantined when items were kept aside,
// in_step, or syncing.
func (s *Status) Condition(now time.Time) string {
	switch {
	case !s.Consent.State.Live():
		return "stopped"
	case s.Consent.Held(now):
		return "rate_limited"
	case s.Failing != "":
		return "failing"
	case s.InStep && s.Quarantined > 0:
		return "quarantined"
	case s.InStep:
		return "in_step"
	}
	return "syncing"
}

// Gap is the gateway's balance minus the sum of the items that are stored. It is shown and never made up for; ok is false
// while no balance is known.
func (s *Status) Gap() (gap int64, ok bool) {
	if !s.HasBalance {
		return 0, false
	}
	return wallet.Sub(s.Balance, s.Sum)
}
