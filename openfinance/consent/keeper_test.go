package consent_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/openfinance/consent"
)

// memory is a Store that knows what a row lock is.
type memory struct {
	mu      sync.Mutex
	records map[string]consent.Record
	actions []string
	fail    error // of the next update
	away    error // of every call
}

func (m *memory) Consent(_ context.Context, key string) (consent.Record, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	record, ok := m.records[key]
	return record, ok, m.away
}

func (m *memory) UpdateConsent(_ context.Context, key string, change func(*consent.Record) ([]string, error)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.away != nil {
		return m.away
	}
	record := m.records[key]
	record.Key = key
	actions, err := change(&record)
	if err != nil {
		return err
	}
	if m.fail != nil {
		err, m.fail = m.fail, nil
		return err
	}
	m.records[key] = record
	m.actions = append(m.actions, actions...)
	return nil
}

// server is an authorization server with single-use refresh tokens.
type server struct {
	mu        sync.Mutex
	good      string
	serial    int
	exchange  int
	doubles   int
	answer    error // instead of the tokens
	lostReply bool  // exchanges, and the answer is lost
}

func (s *server) Exchange(_ context.Context, token string) (consent.Tokens, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.exchange++
	if s.answer != nil {
		return consent.Tokens{}, s.answer
	}
	if token != s.good {
		s.doubles++
		return consent.Tokens{}, consent.ErrRefused
	}
	s.serial++
	s.good = fmt.Sprintf("refresh%d", s.serial)
	if s.lostReply {
		s.lostReply = false
		return consent.Tokens{}, errors.New("reset")
	}
	return consent.Tokens{Token: fmt.Sprintf("token%d", s.serial), RefreshToken: s.good, Lifetime: 30 * time.Minute}, nil
}

type bench struct {
	store   *memory
	server  *server
	keeper  *consent.Keeper
	now     time.Time
	key     string
	notices []consent.Notice
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{
		store: &memory{records: map[string]consent.Record{}}, server: &server{good: "refresh0"}, now: time.Date(2026, 5, 28, 9, 0, 0, 0, time.UTC),
	}
	b.keeper = b.newKeeper(t, "one")
	var err error
	b.key, err = b.keeper.Adopt(t.Context(), consent.Grant{ID: "con", Token: "token0", RefreshToken: "refresh0", TokenExpires: b.now.Add(30 * time.Minute)})
	require.NoError(t, err)
	return b
}

func (b *bench) newKeeper(t *testing.T, owner string) *consent.Keeper {
	t.Helper()
	sealer, err := consent.NewSealer(make([]byte, 32))
	require.NoError(t, err)
	return &consent.Keeper{
		Store: b.store, Sealer: sealer, Exchanger: b.server, Owner: owner, Now: func() time.Time { return b.now },
		Notify: func(n consent.Notice) { b.notices = append(b.notices, n) },
	}
}

func (b *bench) state() consent.State { return b.store.records[b.key].State }

func TestKeeper_RefreshesAheadAndStoresBeforeUse(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	access, err := b.keeper.Use(t.Context(), b.key)
	require.NoError(t, err)
	require.Equal(t, "token0", access.Token)
	require.Equal(t, "con", access.ID)
	require.True(t, access.New)
	require.NoError(t, b.keeper.Confirm(t.Context(), access))
	require.Equal(t, consent.Active, b.state())

	b.now = b.now.Add(28 * time.Minute)
	access, err = b.keeper.Use(t.Context(), b.key)
	require.NoError(t, err)
	require.Equal(t, "token1", access.Token)
	other, err := b.newKeeper(t, "two").Use(t.Context(), b.key)
	require.NoError(t, err)
	require.Equal(t, "token1", other.Token, "the store has it")
	require.Equal(t, 1, b.server.exchange)
}

func TestKeeper_ThirtyDaysOfThirtyMinutes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	end := b.now.AddDate(0, 0, 30)
	for b.now.Before(end) {
		access, err := b.keeper.Use(t.Context(), b.key)
		require.NoError(t, err)
		require.True(t, b.store.records[b.key].TokenExpires.After(b.now), "never a token that is over: %v", access)
		b.now = b.now.Add(time.Minute)
	}
	require.Zero(t, b.server.doubles)
	require.InDelta(t, 30*24*60/27, b.server.exchange, 100)
}

// Eight processes and a thousand expiries: no refresh token is used twice.
func TestKeeper_EightProcessesNeverUseATokenTwice(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	keepers := make([]*consent.Keeper, 8)
	for i := range keepers {
		keepers[i] = b.newKeeper(t, fmt.Sprint(i))
		keepers[i].Notify = nil
	}
	for range 1000 {
		b.now = b.now.Add(29 * time.Minute)
		var group sync.WaitGroup
		for _, keeper := range keepers {
			group.Go(func() {
				for range 2 {
					_, _ = keeper.Use(t.Context(), b.key)
				}
			})
		}
		group.Wait()
	}
	require.Zero(t, b.server.doubles)
	require.Equal(t, 1000, b.server.exchange)
	require.Equal(t, consent.Active, b.state())
}

func TestKeeper_ObservesEachExchange(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var seen []consent.Refresh
	b.keeper.Observe = func(r consent.Refresh) { seen = append(seen, r) }
	b.keeper.Exchanger = exchanger(func(ctx context.Context, token string) (consent.Tokens, error) {
		b.now = b.now.Add(2 * time.Second)
		return b.server.Exchange(ctx, token)
	})
	b.server.answer = errors.New("503")
	b.now = b.now.Add(28 * time.Minute)
	_, err := b.keeper.Use(t.Context(), b.key)
	require.NoError(t, err)
	b.server.answer = nil
	b.now = b.now.Add(time.Minute)
	for range 3 {
		_, err = b.keeper.Use(t.Context(), b.key)
		require.NoError(t, err)
	}
	require.Len(t, seen, 2)
	require.ErrorContains(t, seen[0].Err, "503")
	require.Equal(t, consent.Refresh{Took: 2 * time.Second}, seen[1])
}

func TestKeeper_TroubleOfTheServerChangesNoState(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.server.answer = errors.New("503")
	b.now = b.now.Add(28 * time.Minute)
	access, err := b.keeper.Use(t.Context(), b.key)
	require.NoError(t, err, "the margin keeps the reads going")
	require.Equal(t, "token0", access.Token)
	require.Equal(t, consent.Active, b.state())
	b.server.answer = nil
	b.now = b.now.Add(time.Minute)
	access, err = b.keeper.Use(t.Context(), b.key)
	require.NoError(t, err)
	require.Equal(t, "token1", access.Token)
}

func TestKeeper_ALostReplyNeedsTheHolder(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.server.lostReply = true
	b.now = b.now.Add(28 * time.Minute)
	_, err := b.keeper.Use(t.Context(), b.key)
	require.NoError(t, err)
	b.now = b.now.Add(time.Minute)
	_, err = b.keeper.Use(t.Context(), b.key)
	var ended *consent.EndedError
	require.ErrorAs(t, err, &ended)
	require.Equal(t, consent.NeedsReauth, ended.State)

	_, err = b.keeper.Adopt(t.Context(), consent.Grant{ID: "con", Token: "token0", RefreshToken: "refresh0"})
	require.NoError(t, err)
	require.Equal(t, consent.NeedsReauth, b.state(), "the first pair heals nothing")
	_, err = b.keeper.Adopt(t.Context(), consent.Grant{ID: "con", Token: "token9", RefreshToken: "refresh9"})
	require.NoError(t, err)
	access, err := b.keeper.Use(t.Context(), b.key)
	require.NoError(t, err)
	require.Equal(t, "token9", access.Token)
}

func TestKeeper_AKillBetweenExchangeAndStore(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.now = b.now.Add(28 * time.Minute)
	killed := b.newKeeper(t, "killed")
	killed.Exchanger = exchanger(func(ctx context.Context, token string) (consent.Tokens, error) {
		tokens, err := b.server.Exchange(ctx, token)
		b.store.fail = errors.New("killed")
		return tokens, err
	})
	_, err := killed.Use(t.Context(), b.key)
	require.ErrorContains(t, err, "killed")
	require.Equal(t, consent.Refreshing, b.state())
	_, err = b.keeper.Use(t.Context(), b.key)
	require.NoError(t, err, "another is at it, as far as anyone knows, and the old token is good")
	require.Equal(t, 1, b.server.exchange)
	b.now = b.now.Add(time.Minute)
	_, err = b.keeper.Use(t.Context(), b.key)
	require.Error(t, err)
	require.Equal(t, consent.NeedsReauth, b.state())
}

// The database is away when a new pair is to be stored: the process keeps it, and stores it as soon as it can.
func TestKeeper_AStoreThatIsAwayLosesNoPair(t *testing.T) {
	t.Parallel()
	for _, overtaken := range []bool{false, true} {
		b := newBench(t)
		b.now = b.now.Add(28 * time.Minute)
		b.keeper.Exchanger = exchanger(func(ctx context.Context, token string) (consent.Tokens, error) {
			tokens, err := b.server.Exchange(ctx, token)
			b.store.fail = errors.New("the database is away")
			return tokens, err
		})
		_, err := b.keeper.Use(t.Context(), b.key)
		require.ErrorContains(t, err, "the database is away", "whoever reads comes again soon")
		b.keeper.Exchanger = b.server
		b.store.fail = errors.New("it is away still")
		_, err = b.keeper.Use(t.Context(), b.key)
		require.ErrorContains(t, err, "it is away still")
		if overtaken {
			other := b.newKeeper(t, "other")
			_, _ = other.Use(t.Context(), b.key)
			b.now = b.now.Add(35 * time.Second)
			_, err = other.Use(t.Context(), b.key)
			require.Error(t, err)
			require.Equal(t, consent.NeedsReauth, b.state())
		}
		access, err := b.keeper.Use(t.Context(), b.key)
		require.NoError(t, err)
		require.Equal(t, "token1", access.Token)
		require.Equal(t, consent.Active, b.state())
		b.now = b.now.Add(28 * time.Minute)
		access, err = b.keeper.Use(t.Context(), b.key)
		require.NoError(t, err)
		require.Equal(t, "token2", access.Token, "with the refresh token of the pair")
	}
}

// A process is so slow in an exchange that another takes the lease over and tries the token that was used up: the pair that the
// slow one brings is the only good one, and the grant is not lost, whether the other is refused or hears nothing.
func TestKeeper_ASlowExchangeIsNotLost(t *testing.T) {
	t.Parallel()
	for want, answer := range map[consent.State]error{consent.NeedsReauth: consent.ErrRefused, consent.Active: errors.New("cut off")} {
		b := newBench(t)
		b.now = b.now.Add(28 * time.Minute)
		other, slow := b.newKeeper(t, "other"), b.newKeeper(t, "slow")
		slow.Exchanger = exchanger(func(ctx context.Context, token string) (consent.Tokens, error) {
			tokens, err := b.server.Exchange(ctx, token)
			other.Exchanger = exchanger(func(context.Context, string) (consent.Tokens, error) { return consent.Tokens{}, answer })
			_, _ = other.Use(ctx, b.key)
			b.now = b.now.Add(40 * time.Second) // the answer is on its way for longer than the lease
			_, _ = other.Use(ctx, b.key)
			require.Equal(t, want, b.state())
			return tokens, err
		})
		_, err := slow.Use(t.Context(), b.key)
		require.NoError(t, err)
		access, err := other.Use(t.Context(), b.key)
		require.NoError(t, err)
		require.Equal(t, "token1", access.Token)
		require.Equal(t, consent.Active, b.state())
		b.now = b.now.Add(29 * time.Minute)
		other.Exchanger = b.server
		access, err = other.Use(t.Context(), b.key)
		require.NoError(t, err)
		require.Equal(t, "token2", access.Token, "the refresh token of the pair was kept too")
	}
}

type exchanger func(context.Context, string) (consent.Tokens, error)

func (e exchanger) Exchange(ctx context.Context, token string) (consent.Tokens, error) {
	return e(ctx, token)
}

func TestKeeper_RevokedIsFinal(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	before := b.store.records[b.key].Epoch
	require.NoError(t, b.keeper.Revoke(t.Context(), "con"))
	require.NoError(t, b.keeper.Revoke(t.Context(), "con"), "again changes nothing")
	record := b.store.records[b.key]
	require.Equal(t, consent.Revoked, record.State)
	require.Empty(t, record.Sealed, "the tokens are gone")
	require.Greater(t, record.Epoch, before, "a page in flight cannot be stored")
	require.Equal(t, []string{"granted", "revoked"}, b.store.actions)
	_, err := b.keeper.Adopt(t.Context(), consent.Grant{ID: "con", Token: "token9", RefreshToken: "refresh9"})
	require.NoError(t, err)
	_, err = b.keeper.Use(t.Context(), b.key)
	require.ErrorContains(t, err, "revoked")
	other, err := b.keeper.Adopt(t.Context(), consent.Grant{ID: "con_new", Token: "token9"})
	require.NoError(t, err)
	_, err = b.keeper.Use(t.Context(), other)
	require.NoError(t, err, "a new consent starts afresh")
}

// What becomes of the tokens while the holder revokes keeps nothing alive: neither that they run out, nor new ones.
func TestKeeper_ARevocationIsNeverTooLate(t *testing.T) {
	t.Parallel()
	for name, meanwhile := range map[string]func(b *bench) error{
		"they ended": func(b *bench) error {
			var ended *consent.EndedError
			err := b.newKeeper(t, "two").Ended(t.Context(), consent.Access{Key: b.key, Epoch: 1}, consent.NeedsReauth)
			require.ErrorAs(t, err, &ended)
			return nil
		},
		"new ones came": func(b *bench) error {
			_, err := b.newKeeper(t, "two").Adopt(t.Context(), consent.Grant{ID: "con", Token: "token9", RefreshToken: "refresh9"})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.keeper.Store = &slowStart{b.store, func() { require.NoError(t, meanwhile(b)) }}
			require.NoError(t, b.keeper.Revoke(t.Context(), "con"))
			require.Equal(t, consent.Revoked, b.state())
			require.Empty(t, b.store.records[b.key].Sealed)
			_, err := b.keeper.Adopt(t.Context(), consent.Grant{ID: "con", Token: "token8", RefreshToken: "refresh8"})
			require.NoError(t, err)
			require.Equal(t, consent.Revoked, b.state())
		})
	}
}

// A pair that an earlier one replaced, such as that of a process which was configured before, is not taken for a new one: its refresh
// token is used up, and the one that the store has is good.
func TestKeeper_AnEarlierPairReplacesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	second := consent.Grant{ID: "con", Token: "token1", RefreshToken: "refresh1"}
	first := consent.Grant{ID: "con", Token: "token0", RefreshToken: "refresh0", Ends: b.now.AddDate(0, 0, 1)}
	for _, grant := range []consent.Grant{second, first, second} {
		_, err := b.newKeeper(t, "another").Adopt(t.Context(), grant)
		require.NoError(t, err)
		access, err := b.keeper.Use(t.Context(), b.key)
		require.NoError(t, err)
		require.Equal(t, "token1", access.Token)
		require.Zero(t, b.store.records[b.key].Ends)
	}
	for n := range 100 {
		_, err := b.keeper.Adopt(t.Context(), consent.Grant{ID: "con", Token: fmt.Sprint("more", n)})
		require.NoError(t, err)
	}
	access, err := b.keeper.Use(t.Context(), b.key)
	require.NoError(t, err)
	require.Equal(t, "more99", access.Token)
	require.Less(t, len(b.store.records[b.key].First), 2000)
}

func TestKeeper_RefusedWithoutALostReplyIsARevocation(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.server.good = "another"
	b.now = b.now.Add(28 * time.Minute)
	_, err := b.keeper.Use(t.Context(), b.key)
	require.ErrorContains(t, err, "revoked")
	require.Equal(t, []consent.Notice{{Key: b.key, State: consent.Revoked}}, b.notices)
}

func TestKeeper_WarnsAheadOfTheEnd(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.server.good = "refresh0"
	key, err := b.keeper.Adopt(t.Context(), consent.Grant{ID: "ends", Token: "t", Ends: b.now.AddDate(0, 0, 20)})
	require.NoError(t, err)
	var days []int
	for range 21 * 24 {
		b.now = b.now.Add(time.Hour)
		_, _ = b.keeper.Use(t.Context(), key)
	}
	for _, notice := range b.notices {
		days = append(days, notice.Days)
	}
	require.Equal(t, []int{14, 7, 1, 0}, days)
	require.Equal(t, consent.Expired, b.store.records[key].State)
}

// The end may be told after the tokens, and moved, while the tokens stay the same.
func TestKeeper_LearnsOfTheEndLater(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	days := func(n int) time.Time { return b.now.AddDate(0, 0, n) }
	for _, tt := range []struct {
		name string
		ends time.Time
		want consent.State
		warn []int
	}{
		{"told later", days(5), consent.Expiring, []int{7}},
		{"told again", days(5), consent.Expiring, []int{7}},
		{"not told", time.Time{}, consent.Expiring, []int{7}},
		{"nearer", days(1), consent.Expiring, []int{7, 1}},
		{"prolonged", days(90), consent.Active, []int{7, 1}},
		{"over", days(-1), consent.Expired, []int{7, 1, 0}},
		{"prolonged when it was over", days(90), consent.Expired, []int{7, 1, 0}},
	} {
		_, err := b.keeper.Adopt(t.Context(), consent.Grant{ID: "con", Token: "token0", RefreshToken: "refresh0", Ends: tt.ends})
		require.NoError(t, err)
		_, err = b.keeper.Use(t.Context(), b.key)
		require.Equal(t, tt.want == consent.Expired, err != nil, tt.name)
		var warned []int
		for _, notice := range b.notices {
			warned = append(warned, notice.Days)
		}
		require.Equal(t, tt.want, b.state(), tt.name)
		require.Equal(t, tt.warn, warned, tt.name)
	}
	require.Zero(t, b.server.exchange)
}

// While one process warns, another does, or the holder revokes: there is one warning, and no access.
func TestKeeper_WarnsOnceAndOfNothingThatHasEnded(t *testing.T) {
	t.Parallel()
	for _, revoked := range []bool{false, true} {
		b := newBench(t)
		key, err := b.keeper.Adopt(t.Context(), consent.Grant{ID: "ends", Token: "t", Ends: b.now.AddDate(0, 0, 10)})
		require.NoError(t, err)
		b.keeper.Store = &slowStart{b.store, func() {
			other := b.newKeeper(t, "two")
			if revoked {
				require.NoError(t, other.Revoke(t.Context(), "ends"))
				return
			}
			_, err := other.Use(t.Context(), key)
			require.NoError(t, err)
		}}
		_, err = b.keeper.Use(t.Context(), key)
		if want := (consent.Notice{Key: key, State: consent.Expiring, Days: 14}); !revoked {
			require.NoError(t, err)
			require.Equal(t, []consent.Notice{want}, b.notices)
			continue
		}
		var ended *consent.EndedError
		require.ErrorAs(t, err, &ended)
		require.Equal(t, consent.Revoked, ended.State)
		require.Equal(t, []consent.Notice{{Key: key, State: consent.Revoked}}, b.notices)
	}
}

func TestKeeper_HoldsAreKept(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	until := b.now.Add(time.Hour)
	require.NoError(t, b.keeper.Hold(t.Context(), b.key, until))
	require.NoError(t, b.keeper.Hold(t.Context(), b.key, until.Add(-time.Minute)))
	var held *consent.HeldError
	_, err := b.newKeeper(t, "two").Use(t.Context(), b.key)
	require.ErrorAs(t, err, &held)
	require.Equal(t, until, held.Until)
	b.now = until
	_, err = b.keeper.Use(t.Context(), b.key)
	require.NoError(t, err)
}

// Times that were kept while the clock was wrong, a year ahead, keep nobody waiting for a year.
func TestKeeper_TimesOfAWrongClockPass(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	right, wrong := b.now, b.now.AddDate(1, 0, 0)
	b.now = wrong
	require.NoError(t, b.keeper.Hold(t.Context(), b.key, b.now.Add(time.Hour)))
	record := b.store.records[b.key]
	record.Lessee, record.LeaseUntil, record.RefreshAfter = "another#1", wrong.Add(10*time.Second), wrong.Add(time.Minute)
	b.store.records[b.key] = record
	require.True(t, record.Held(wrong))

	b.now = right.Add(29 * time.Minute) // when a refresh is due
	require.False(t, record.Held(b.now))
	access, err := b.keeper.Use(t.Context(), b.key)
	require.NoError(t, err)
	require.Equal(t, "token0", access.Token, "the lessee may be at work, whatever its clock says")
	b.now = b.now.Add(35 * time.Second)
	access, err = b.keeper.Use(t.Context(), b.key)
	require.NoError(t, err)
	require.Equal(t, "token1", access.Token)

	require.NoError(t, b.keeper.Hold(t.Context(), b.key, b.now.Add(time.Minute)))
	var held *consent.HeldError
	_, err = b.keeper.Use(t.Context(), b.key)
	require.ErrorAs(t, err, &held, "what the gateway asks for now counts")
	require.Equal(t, b.now.Add(time.Minute), held.Until)

	require.NoError(t, b.keeper.Hold(t.Context(), b.key, b.now.AddDate(0, 1, 0)))
	_, err = b.keeper.Use(t.Context(), b.key)
	require.ErrorAs(t, err, &held)
	require.Equal(t, b.now.Add(consent.MaxHold), held.Until, "nobody is believed to ask for a month")
}

func TestSealer(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	record := b.store.records[b.key]
	require.NotContains(t, fmt.Sprintf("%s %v", record.Sealed, record), "token0")
	require.NotContains(t, b.key, "con")
	other, err := consent.NewSealer(append(make([]byte, 31), 1))
	require.NoError(t, err)
	b.keeper.Sealer = other
	_, err = b.keeper.Use(t.Context(), b.key)
	require.ErrorIs(t, err, consent.ErrKey)
	for _, key := range []string{"", "short", "c2hvcnQ=", "!!!!"} {
		_, err := consent.ParseKey(key)
		require.Error(t, err)
	}
	require.Equal(t, "[consent] [consent] [consent]", fmt.Sprintf("%v %+v %#v", consent.Access{Token: "x"}, consent.Grant{Token: "x"}, consent.Access{}))
	require.Equal(t, "[tokens] [tokens]", fmt.Sprintf("%+v %#v", consent.Tokens{Token: "x"}, consent.Tokens{RefreshToken: "x"}))
}
