package consent_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/openfinance/consent"
)

// What is not there, or not whole, is said, and nothing is stored for it.
func TestKeeper_RefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, grant := range []consent.Grant{{}, {ID: "con"}, {Token: "tok"}} {
		_, err := b.keeper.Adopt(t.Context(), grant)
		require.ErrorContains(t, err, "needs an id and a token")
	}
	_, err := b.keeper.Use(t.Context(), "unknown")
	require.ErrorIs(t, err, consent.ErrUnknown)
	_, err = b.keeper.Renew(t.Context(), consent.Access{Key: "unknown"})
	require.ErrorIs(t, err, consent.ErrUnknown)
	require.ErrorIs(t, b.keeper.Revoke(t.Context(), "unknown"), consent.ErrUnknown)
	require.Len(t, b.store.records, 1)
	require.NoError(t, b.keeper.Check(t.Context(), b.key))
	require.NoError(t, b.keeper.Check(t.Context(), "unknown"), "there is nothing that another key could have sealed")
	other, err := consent.NewSealer(append(make([]byte, 31), 1))
	require.NoError(t, err)
	b.keeper.Sealer = other
	require.ErrorIs(t, b.keeper.Check(t.Context(), b.key), consent.ErrKey)
	_, err = consent.NewSealer([]byte("short"))
	require.ErrorContains(t, err, "it must have 32")
}

func TestKeeper_RenewsATokenThatTheGatewayRefuses(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	old, err := b.keeper.Use(t.Context(), b.key)
	require.NoError(t, err)
	renewed, err := b.keeper.Renew(t.Context(), old)
	require.NoError(t, err)
	require.Equal(t, "token1", renewed.Token)
	again, err := b.keeper.Renew(t.Context(), old)
	require.NoError(t, err)
	require.Equal(t, renewed, again, "the store has newer tokens by now")
	require.Equal(t, 1, b.server.exchange)

	b.server.answer = errors.New("503")
	_, err = b.keeper.Renew(t.Context(), renewed)
	require.ErrorContains(t, err, "503")
	var held *consent.HeldError
	_, err = b.keeper.Renew(t.Context(), renewed)
	require.ErrorAs(t, err, &held, "not before a pause")
	require.Contains(t, err.Error(), "no request before")

	key, err := b.keeper.Adopt(t.Context(), consent.Grant{ID: "without", Token: "tok"})
	require.NoError(t, err)
	access, err := b.keeper.Use(t.Context(), key)
	require.NoError(t, err)
	var ended *consent.EndedError
	for range 2 {
		_, err = b.keeper.Renew(t.Context(), access)
		require.ErrorAs(t, err, &ended)
		require.Equal(t, consent.NeedsReauth, ended.State, "it cannot be refreshed")
	}
	require.Contains(t, err.Error(), "ask the holder to confirm it")
}

// The lease of a process that was killed is taken over at once where that can be known.
func TestKeeper_AKilledLesseeKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	for _, alive := range []bool{true, false} {
		b := newBench(t)
		b.now = b.now.Add(28 * time.Minute)
		record := b.store.records[b.key]
		record.State, record.Lessee, record.LeaseUntil = consent.Refreshing, "killed#1", b.now.Add(time.Minute)
		b.store.records[b.key] = record
		b.keeper.Alive = func(owner string) bool {
			require.Equal(t, "killed", owner)
			return alive
		}
		_, err := b.keeper.Use(t.Context(), b.key)
		require.NoError(t, err)
		want := 1
		if alive {
			want = 0
		}
		require.Equal(t, want, b.server.exchange)
	}
}

// A token that is over cannot be used, whatever keeps the new ones away.
func TestKeeper_NoMarginIsLeft(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.keeper.Limit = time.Second
	b.now = b.now.Add(31 * time.Minute)
	for _, exchange := range []exchanger{
		func(context.Context, string) (consent.Tokens, error) { return consent.Tokens{}, nil },
		func(context.Context, string) (consent.Tokens, error) {
			return consent.Tokens{}, errors.Join(consent.ErrNotSent, &consent.HeldError{Until: b.now.Add(time.Hour)})
		},
	} {
		b.keeper.Exchanger = exchange
		_, err := b.keeper.Use(t.Context(), b.key)
		require.Error(t, err)
		require.True(t, b.state().Live(), "trouble ends nothing")
		b.now = b.now.Add(time.Minute)
	}
}

func TestOAuth_NamesWhatWentWrong(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"http://nowhere.invalid/token": "is not found|cannot be reached", "http://127.0.0.1:1/": "cannot be reached", "http://[::1/": "cannot be used",
	} {
		_, err := (&consent.OAuth{TokenURL: address, ClientID: "client"}).Exchange(t.Context(), "refresh_secret")
		require.ErrorIs(t, err, consent.ErrNotSent, address)
		require.NotContains(t, err.Error(), "refresh_secret")
		require.Regexp(t, want, err.Error())
	}
}

func TestConsent_IsKeptOutOfLogs(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, nil))
	for _, to := range []*slog.Logger{logger, slog.New(slog.NewJSONHandler(&log, nil))} {
		to.Info("x", "grant", consent.Grant{Token: "secret"}, "access", consent.Access{Token: "secret"}, "tokens", consent.Tokens{Token: "secret"})
	}
	b := newBench(t)
	b.keeper.Logger = logger
	require.NoError(t, b.keeper.Revoke(t.Context(), "con"))
	require.Contains(t, log.String(), "state=revoked")
	require.Contains(t, log.String(), "grant=[consent] access=[consent] tokens=[tokens]")
	require.Contains(t, log.String(), `"grant":"[consent]","access":"[consent]","tokens":"[tokens]"`)
	require.NotContains(t, log.String(), "secret")
	require.Equal(t, "[consent]", fmt.Sprintf("%#v", consent.Grant{Token: "secret"}))
	failure := errors.New("store")
	b = newBench(t)
	b.store.fail = failure
	require.ErrorIs(t, b.keeper.Revoke(t.Context(), "con"), failure)
	require.True(t, b.state().Live(), "nothing is half done")
	_, err := consent.ParseKey("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
	require.NoError(t, err)
}
