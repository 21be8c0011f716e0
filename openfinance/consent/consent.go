// Package consent keeps the consents under which wallets are read: their state, their tokens, and what was done with them.
//
// Tokens are sealed before they are stored, a new pair is stored before it is used, and a single-use refresh token is
// exchanged under a lease. A consent that was revoked stays so; nothing is read under it again.
//
// Like the other packages below openfinance it is outside of the module's compatibility promise until a gateway confirms the shapes.
package consent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// State of a consent.
type State string

// The states. Granted is a pair of tokens that was not used yet, Expiring an active consent whose end is near. Expired and
// NeedsReauth are healed by new tokens; Revoked is final.
const (
	Granted     State = "granted"
	Active      State = "active"
	Refreshing  State = "refreshing"
	Expiring    State = "expiring"
	Expired     State = "expired"
	NeedsReauth State = "needs_reauth"
	Revoked     State = "revoked"
)

// Live reports whether wallets may be read in this state.
func (s State) Live() bool {
	return s == Granted || s == Active || s == Refreshing || s == Expiring
}

// Grant is what the holder's consent gave: its id and the first pair of tokens.
type Grant struct {
	ID           string
	Token        string
	RefreshToken string    // empty: the token cannot be refreshed
	TokenExpires time.Time // zero: not known before the first refresh
	Ends         time.Time // of the consent itself; zero: not known
}

// LogValue keeps the grant out of a log.
func (Grant) LogValue() slog.Value { return slog.StringValue("[consent]") }

// String keeps the grant out of whatever prints it.
func (Grant) String() string { return "[consent]" }

// GoString keeps the grant out of %#v.
func (Grant) GoString() string { return "[consent]" }

// Record is a consent as a Store keeps it. Nothing in it can be read without the key of the Sealer.
type Record struct {
	Key          string // of the consent: a keyed hash of its id
	State        State
	Epoch        int64  // changes when what was asked before must not be stored any more
	Generation   int64  // of the pair of tokens
	Sealed       []byte // id and tokens; empty after a revocation
	First        string // keyed hashes of the pairs that the holder gave, the latest first, with spaces between them
	TokenExpires time.Time
	Lifetime     time.Duration // of the token, as it was given
	Ends         time.Time
	HeldUntil    time.Time // the gateway asked for no request before
	RefreshAfter time.Time // no refresh is tried before
	Exchange     int64     // exchanges whose outcome is not known
	Lessee       string    // who exchanges the refresh token now
	LeaseUntil   time.Time // by the clock of the lessee
	Warned       int       // the last warning, in days before the end
}

// MaxHold is the longest for which anybody is believed to ask for a pause. What a store has that ends later was kept while the clock
// was wrong, and counts no more.
const MaxHold = 24 * time.Hour

// Held reports whether the gateway asked for no request yet.
func (r *Record) Held(now time.Time) bool { return pending(r.HeldUntil, now) }

// pending reports whether a time has not come, and is near enough to be meant.
func pending(until, now time.Time) bool {
	return until.After(now) && !until.After(now.Add(MaxHold))
}

// Store keeps consents. Package walletsync/sqlstore has one for SQLite and PostgreSQL.
type Store interface {
	// Consent reads a record; ok is false when there is none.
	Consent(ctx context.Context, key string) (record Record, ok bool, err error)
	// UpdateConsent locks the record, which is empty but for its key when there is none, and stores what change makes of it,
	// with an audit record for each action it returns, in one transaction. An error of change leaves everything as it was.
	UpdateConsent(ctx context.Context, key string, change func(record *Record) (actions []string, err error)) error
}

// EndedError is a consent under which nothing may be read.
type EndedError struct{ State State }

// Error says what to do.
func (e *EndedError) Error() string {
	if e.State == Revoked {
		return "consent: it was revoked: ask the holder for a new one"
	}
	return fmt.Sprintf("consent: its state is %s: ask the holder to confirm it and give the new tokens", e.State)
}

// HeldError is a consent under which nothing may be asked before a time, as the gateway said.
type HeldError struct{ Until time.Time }

// Error says until when.
func (e *HeldError) Error() string {
	return "consent: the gateway accepts no request before " + e.Until.UTC().Format(time.RFC3339)
}

// Why tokens are not renewed.
var (
	// ErrUnknown is a consent that the store does not have.
	ErrUnknown = errors.New("consent: the store does not have it")
	// ErrRefused is a refresh token that the authorization server does not take (invalid_grant).
	ErrRefused = errors.New("consent: the refresh token was refused")
	// ErrNotSent is an exchange that provably was not carried out.
	ErrNotSent = errors.New("consent: the exchange was not carried out")
	// ErrBusy is a refresh that another process is doing.
	ErrBusy = errors.New("consent: another process is refreshing the tokens")
)

// Tokens is the answer of the authorization server.
type Tokens struct {
	Token        string
	RefreshToken string        // empty: the old one stays
	Lifetime     time.Duration // 0: not said
}

// LogValue keeps the tokens out of a log.
func (Tokens) LogValue() slog.Value { return slog.StringValue("[tokens]") }

// String keeps the tokens out of whatever prints them.
func (Tokens) String() string { return "[tokens]" }

// GoString keeps the tokens out of %#v.
func (Tokens) GoString() string { return "[tokens]" }

// Exchanger exchanges a refresh token for new tokens, in one request. Its error matches ErrRefused, or ErrNotSent (also
// after a 429, with a HeldError), or leaves open whether the exchange was carried out.
type Exchanger interface {
	Exchange(ctx context.Context, refreshToken string) (Tokens, error)
}

// Access is what a request is made with. It must not be kept beyond it.
type Access struct {
	Key        string
	ID         string
	Token      string
	Epoch      int64
	Generation int64
	New        bool // the gateway has not taken these tokens yet
}

// LogValue keeps the access out of a log.
func (Access) LogValue() slog.Value { return slog.StringValue("[consent]") }

// String keeps the access out of whatever prints it.
func (Access) String() string { return "[consent]" }

// GoString keeps the access out of %#v.
func (Access) GoString() string { return "[consent]" }
