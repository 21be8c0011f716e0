package mycac_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/internal/leaktest"
	"github.com/djamo/djamo-go/openfinance/gatewaytest"
	"github.com/djamo/djamo-go/openfinance/money"
	"github.com/djamo/djamo-go/openfinance/mycac"
	"github.com/djamo/djamo-go/openfinance/wallet"
)

// Accounts of the bank that bankOf starts.
const (
	accountDJF = "DJ81-CAC-1"
	accountUSD = "DJ81-CAC-2"
	accountEUR = "DJ81-CAC-3"
)

var nightly = mycac.Credentials{Username: "amina", PasswordHash: "hash-private", DeviceFingerprint: "device-private"}

// clock is a time that a test moves.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// bank is a gateway with three accounts of a holder, and a client of it.
type bank struct {
	*gatewaytest.MyCAC

	url    string
	clock  *clock
	client *mycac.Client
}

func bankOf(t *testing.T, options gatewaytest.MyCACOptions, change func(*mycac.Options)) *bank {
	t.Helper()
	leaktest.Check(t)
	b := &bank{clock: &clock{at: time.Date(2026, 5, 1, 22, 0, 0, 0, time.UTC)}}
	options.Now = b.clock.now
	b.MyCAC = gatewaytest.NewMyCAC(options)
	url, err := b.Start()
	require.NoError(t, err)
	t.Cleanup(b.Close)
	b.url = url
	b.AddHolder(gatewaytest.Holder{
		Username: nightly.Username, PasswordHash: nightly.PasswordHash, Device: nightly.DeviceFingerprint,
		Accounts: []string{accountDJF, accountUSD, accountEUR},
	})
	b.AddAccount(accountDJF, "DJF", 0, 500_000)
	b.AddAccount(accountUSD, "USD", 2, 1_234_56)
	b.AddAccount(accountEUR, "EUR", 2, -20_05)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	o := mycac.Options{URL: url, Now: b.clock.now, MaxAttempts: 1, HTTPClient: &http.Client{Transport: transport}}
	if change != nil {
		change(&o)
	}
	b.client, err = mycac.NewClient(o)
	require.NoError(t, err)
	return b
}

func (b *bank) logIn(t *testing.T) *mycac.Session {
	t.Helper()
	challenge, err := b.client.Login(t.Context(), nightly)
	require.NoError(t, err)
	_, code := b.Messages(nightly.Username)
	session, err := challenge.Confirm(t.Context(), code)
	require.NoError(t, err)
	return session
}

func (b *bank) asked(path string) (count int) {
	for _, r := range b.Requests() {
		if r.Path == "/api/v1/mycac/"+path {
			count++
		}
	}
	return count
}

func TestLogin_AsksForTheCodeAndNeverForAnother(t *testing.T) {
	t.Parallel()
	b := bankOf(t, gatewaytest.MyCACOptions{}, nil)
	challenge, err := b.client.Login(t.Context(), nightly)
	require.NoError(t, err)
	require.Equal(t, b.clock.now().Add(5*time.Minute), challenge.Ends())
	for range 3 {
		_, err = challenge.Confirm(t.Context(), "")
		require.ErrorIs(t, err, mycac.ErrOTPNeeded)
		_, err = challenge.Confirm(t.Context(), "12a4")
		require.ErrorContains(t, err, "4 to 10 digits")
	}
	sent, code := b.Messages(nightly.Username)
	require.Equal(t, 1, sent)
	require.Zero(t, b.asked("login/confirm"), "nothing is sent without a code")

	session, err := challenge.Confirm(t.Context(), " "+code[:3]+" "+code[3:]+" ")
	require.NoError(t, err)
	require.Equal(t, []string{"balance.read", "statement.read", "wallet.read"}, session.Scopes())
	require.Equal(t, b.clock.now().Add(1800*time.Second), session.Ends())
	again, err := challenge.Confirm(t.Context(), code)
	require.NoError(t, err)
	require.Same(t, session, again)
	require.Equal(t, 1, b.asked("login/confirm"))

	b.clock.add(1800 * time.Second)
	require.True(t, session.Over())
	before := len(b.Requests())
	_, err = session.Balance(t.Context(), accountDJF)
	require.ErrorIs(t, err, mycac.ErrSessionOver)
	require.Len(t, b.Requests(), before, "a session that is over sends nothing, and no new code")
	sent, _ = b.Messages(nightly.Username)
	require.Equal(t, 1, sent)
}

func TestLogin_AGatewayThatKnowsTheDevice(t *testing.T) {
	t.Parallel()
	b := bankOf(t, gatewaytest.MyCACOptions{NoOTP: true}, nil)
	challenge, err := b.client.Login(t.Context(), nightly)
	require.NoError(t, err)
	session, err := challenge.Confirm(t.Context(), "")
	require.NoError(t, err)
	balance, err := session.Balance(t.Context(), accountUSD)
	require.NoError(t, err)
	require.Equal(t, money.Amount{Minor: 123456, Currency: money.USD()}, balance.Amount)
}

func TestConfirm_WrongCodesLockTheLogin(t *testing.T) {
	t.Parallel()
	b := bankOf(t, gatewaytest.MyCACOptions{}, nil)
	challenge, err := b.client.Login(t.Context(), nightly)
	require.NoError(t, err)
	_, code := b.Messages(nightly.Username)
	wrong := "0" + code[:5]
	if wrong == code {
		wrong = "1" + code[1:]
	}
	for left := 2; left > 0; left-- {
		_, err = challenge.Confirm(t.Context(), wrong)
		require.ErrorIs(t, err, mycac.ErrWrongOTP)
		answer, ok := errors.AsType[*mycac.Error](err)
		require.True(t, ok)
		require.Equal(t, left, answer.AttemptsLeft)
	}
	until := b.clock.now().Add(15 * time.Minute)
	for range 3 {
		_, err = challenge.Confirm(t.Context(), wrong)
		require.ErrorIs(t, err, mycac.ErrLocked)
		locked, ok := errors.AsType[*mycac.LockedError](err)
		require.True(t, ok)
		require.True(t, until.Equal(locked.Until), locked.Until)
		require.ErrorContains(t, err, "2026-05-01T22:15:00Z")
	}
	require.Equal(t, 3, b.asked("login/confirm"), "nothing is sent once it is locked")

	_, err = b.client.Login(t.Context(), nightly)
	require.ErrorIs(t, err, mycac.ErrLocked, "and a new login is told so")
	b.clock.add(16 * time.Minute)
	b.logIn(t)
}

func TestLogin_WhatGoesWrong(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fault gatewaytest.Fault
		login error
		code  error
	}{
		"the login's answer is lost": {gatewaytest.Fault{Kind: gatewaytest.LostReply}, mycac.ErrAnswerLost, nil},
		"the gateway fails":          {gatewaytest.Fault{Kind: gatewaytest.ServerError}, mycac.ErrAnswerLost, nil},
		"the code's answer is lost":  {gatewaytest.Fault{Kind: gatewaytest.LostReply, After: 1}, nil, mycac.ErrAnswerLost},
		"locked by the gateway":      {gatewaytest.Fault{Kind: gatewaytest.OTPLockOut}, nil, mycac.ErrLocked},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := bankOf(t, gatewaytest.MyCACOptions{}, func(o *mycac.Options) { o.MaxAttempts = 3 })
			b.Inject(tt.fault)
			challenge, err := b.client.Login(t.Context(), nightly)
			require.Equal(t, 1, b.asked("login"), "a login is never repeated")
			if tt.login != nil {
				require.ErrorIs(t, err, tt.login)
				return
			}
			require.NoError(t, err)
			_, code := b.Messages(nightly.Username)
			_, err = challenge.Confirm(t.Context(), code)
			require.ErrorIs(t, err, tt.code)
			require.Equal(t, 1, b.asked("login/confirm"), "a code is never repeated")
		})
	}

	b := bankOf(t, gatewaytest.MyCACOptions{}, nil)
	other := nightly
	other.PasswordHash = "wrong"
	_, err := b.client.Login(t.Context(), other)
	require.ErrorIs(t, err, mycac.ErrCredentials)
	for _, missing := range []mycac.Credentials{{}, {Username: "a"}, {Username: "a", PasswordHash: "b"}} {
		_, err := b.client.Login(t.Context(), missing)
		require.ErrorContains(t, err, "is missing")
	}
	require.Equal(t, 1, b.asked("login"))

	challenge, err := b.client.Login(t.Context(), nightly)
	require.NoError(t, err)
	b.clock.add(5 * time.Minute)
	_, err = challenge.Confirm(t.Context(), "123456")
	require.ErrorIs(t, err, mycac.ErrChallengeOver)
	require.Zero(t, b.asked("login/confirm"))
}

func TestSession_StepsUpOnceWithTheHolder(t *testing.T) {
	t.Parallel()
	confirmed := 0
	b := bankOf(t, gatewaytest.MyCACOptions{}, func(o *mycac.Options) {
		o.StepUp = func(_ context.Context, r mycac.StepUpRequest) (string, error) {
			confirmed++
			if r.Method != "biometric" {
				return "", errors.New("another method")
			}
			return gatewaytest.DeviceProof(nightly.DeviceFingerprint, r.Nonce), nil
		}
	})
	session := b.logIn(t)
	b.Inject(gatewaytest.Fault{Kind: gatewaytest.StepUpAsked})
	_, err := session.Balance(t.Context(), accountDJF)
	require.NoError(t, err)
	require.Equal(t, 1, confirmed)

	b.Inject(gatewaytest.Fault{Kind: gatewaytest.StepUpAsked, Count: -1})
	_, err = session.Balance(t.Context(), accountDJF)
	require.ErrorIs(t, err, mycac.ErrStepUpNeeded, "it is asked for once a read")
	require.Equal(t, 2, confirmed)

	none := bankOf(t, gatewaytest.MyCACOptions{}, nil)
	none.Inject(gatewaytest.Fault{Kind: gatewaytest.StepUpAsked})
	_, err = none.logIn(t).Balance(t.Context(), accountDJF)
	require.ErrorIs(t, err, mycac.ErrStepUpNeeded)
}

func TestSession_AnotherProcessGoesOn(t *testing.T) {
	t.Parallel()
	b := bankOf(t, gatewaytest.MyCACOptions{}, nil)
	first := b.logIn(t)
	second, err := b.client.Session(mycac.SessionParams{Token: first.Token(), Ends: first.Ends()})
	require.NoError(t, err)
	_, err = second.Balance(t.Context(), accountDJF)
	require.NoError(t, err)
	sent, _ := b.Messages(nightly.Username)
	require.Equal(t, 1, sent)
	for _, params := range []mycac.SessionParams{{}, {Token: "t"}, {Ends: first.Ends()}} {
		_, err := b.client.Session(params)
		require.ErrorContains(t, err, "is missing")
	}
}

func TestClient_KeepsSecretsToItself(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	answer := `{"access_token":"token-private","expires_in":60}`
	var breaks atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if breaks.Load() {
			panic(http.ErrAbortHandler)
		}
		if r.URL.Path == "/api/v1/mycac/login/confirm" {
			_, _ = w.Write([]byte(answer))
			return
		}
		if r.URL.Path == "/api/v1/mycac/login" {
			_, _ = w.Write([]byte(`{"challenge_id":"challenge-private"}`))
			return
		}
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintf(w, `{"code":"%s"}`, r.Header.Get("Authorization"))
	}))
	defer server.Close()
	client, err := mycac.NewClient(mycac.Options{
		URL: server.URL, Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	require.NoError(t, err)
	challenge, err := client.Login(t.Context(), nightly)
	require.NoError(t, err)
	session, err := challenge.Confirm(t.Context(), "987654")
	require.NoError(t, err)
	_, err = session.Balance(t.Context(), "DJ81-account-private")
	require.Error(t, err)
	texts := []string{
		err.Error(), fmt.Sprintf("%+v %#v", err, err), fmt.Sprintf("%v %+v %#v", nightly, nightly, nightly),
		fmt.Sprintf("%v %+v %#v %s", challenge, challenge, challenge, challenge), fmt.Sprintf("%v %+v %#v", session, session, session),
		fmt.Sprintf("%v %+v %#v", mycac.SessionParams{Token: "token-private"}, mycac.SessionParams{Token: "token-private"}, mycac.SessionParams{Token: "token-private"}),
	}
	logger := slog.New(slog.NewTextHandler(&log, nil))
	logger.Info("x", "a", nightly, "b", challenge, "c", session, "d", mycac.SessionParams{Token: "token-private"})
	breaks.Store(true)
	_, err = session.Balance(t.Context(), "DJ81-account-private")
	require.Error(t, err)
	for _, text := range append(texts, err.Error(), log.String()) {
		require.NotContains(t, text, "private")
		require.NotContains(t, text, "987654")
	}
	require.NotEmpty(t, log.String())
}

func TestNewClient_Refuses(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"", "gateway", "ftp://gateway", "http://gateway.example", "https://user:secret@gateway.example", "https://gateway.example?x=1"} {
		_, err := mycac.NewClient(mycac.Options{URL: url})
		require.Error(t, err, url)
		require.NotContains(t, err.Error(), "secret")
	}
	_, err := mycac.NewClient(mycac.Options{URL: "https://gateway.example", Currencies: []money.Currency{{Code: "DJF", Exponent: 2}}})
	require.ErrorContains(t, err, "DJF")
}

func TestClient_SaysWhatAnAnswerMeans(t *testing.T) {
	t.Parallel()
	kinds := []error{
		mycac.ErrOTPNeeded, mycac.ErrWrongOTP, mycac.ErrChallengeOver, mycac.ErrLocked, mycac.ErrCredentials, mycac.ErrSessionOver,
		mycac.ErrStepUpNeeded, mycac.ErrScope, mycac.ErrRateLimited, mycac.ErrAnswerLost, mycac.ErrPage,
	}
	for _, tt := range []struct {
		status int
		body   string
		want   error
	}{
		{401, `{"code":"session_expired"}`, mycac.ErrSessionOver},
		{401, `{"error":"invalid_token"}`, mycac.ErrSessionOver},
		{403, `{"code":"otp_required"}`, mycac.ErrOTPNeeded},
		{403, `{"code":"insufficient_scope"}`, mycac.ErrScope},
		{403, `{"code":"step_up_required"}`, mycac.ErrStepUpNeeded},
		{423, `{}`, mycac.ErrLocked},
		{429, `{"code":"account_locked"}`, mycac.ErrLocked},
		{429, `{}`, mycac.ErrRateLimited},
		{403, `<html>session_expired</html>`, nil},
		{401, `<html></html>`, nil},
		{500, `{"code":"session_expired"}`, nil},
		{302, ``, nil},
		{200, `[]`, mycac.ErrPage},
		{200, `{"account_id":"other","currency":"DJF","balance":1}`, mycac.ErrPage},
		{200, `{"account_id":"a","currency":"DJF","balance":0.5}`, mycac.ErrPage},
		{200, `{"account_id":"a","currency":"ZZZ","balance":1}`, mycac.ErrPage},
		{200, `{"account_id":"a","balance":1}`, mycac.ErrPage},
		{200, `{"account_id":"a","currency":"DJF","balance":1,"balance":2}`, mycac.ErrPage},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(tt.status)
			_, _ = w.Write([]byte(tt.body))
		}))
		client, err := mycac.NewClient(mycac.Options{URL: server.URL, MaxAttempts: 1})
		require.NoError(t, err)
		session, err := client.Session(mycac.SessionParams{Token: "t", Ends: time.Now().Add(time.Hour)})
		require.NoError(t, err)
		_, err = session.Balance(t.Context(), "a")
		server.Close()
		require.Error(t, err, tt.body)
		for _, kind := range kinds {
			require.Equal(t, errors.Is(tt.want, kind), errors.Is(err, kind), "%d %s: %v", tt.status, tt.body, err)
		}
		require.Equal(t, errors.Is(tt.want, mycac.ErrSessionOver), session.Over(), "%d %s", tt.status, tt.body)
		if errors.Is(tt.want, mycac.ErrRateLimited) {
			answer, _ := errors.AsType[*mycac.Error](err)
			require.Equal(t, time.Hour, answer.RetryAfter)
		}
	}
}

func day(text string) wallet.Date {
	date, err := wallet.ParseDate(text)
	if err != nil {
		panic(err)
	}
	return date
}
