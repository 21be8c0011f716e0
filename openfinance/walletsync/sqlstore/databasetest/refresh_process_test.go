package databasetest_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/openfinance/consent"
	"github.com/djamo/djamo-go/openfinance/gatewaytest"
	"github.com/djamo/djamo-go/openfinance/walletsync/sqlstore"
)

const refresherVariable = "DJAMO_TEST_REFRESHER"

// TestMain lets the test binary be one of the processes that share a store.
func TestMain(m *testing.M) {
	if asked := os.Getenv(refresherVariable); asked != "" {
		if err := refreshAll([]byte(asked)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// refresher is what a process is told.
type refresher struct {
	Driver, Address, TokenURL, Owner string
	Dialect                          sqlstore.Dialect
	Keys                             []string
}

// refreshAll uses each consent until its tokens are new, in nearly the order of the others, so that processes meet.
func refreshAll(asked []byte) error {
	var r refresher
	if err := json.Unmarshal(asked, &r); err != nil {
		return err
	}
	db, err := sql.Open(r.Driver, r.Address)
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(4)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Minute)
	defer cancel()
	store, err := sqlstore.Open(ctx, db, r.Dialect)
	if err != nil {
		return err
	}
	defer store.Close()
	sealer, err := consent.NewSealer(make([]byte, consent.KeySize))
	if err != nil {
		return err
	}
	keeper := &consent.Keeper{Store: store, Sealer: sealer, Exchanger: &consent.OAuth{TokenURL: r.TokenURL}, Owner: r.Owner}
	rand.Shuffle(len(r.Keys)/20, func(i, j int) { r.Keys[i], r.Keys[j] = r.Keys[j], r.Keys[i] })
	for _, key := range r.Keys {
		for {
			access, err := keeper.Use(ctx, key)
			if err == nil && access.Generation > 1 {
				break
			}
			if err != nil && !errors.Is(err, consent.ErrBusy) {
				return fmt.Errorf("%s: %w", key, err)
			}
			time.Sleep(2 * time.Millisecond) //nolint:forbidigo // processes run in real time
		}
	}
	return nil
}

// Eight processes see a thousand tokens expire: each refresh token is redeemed once, and no grant is lost. It is shorter without
// DJAMO_TEST_FULL=1.
func TestStore_EightProcessesRefresh(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d database) {
		expiries, processes := 40, 4
		if os.Getenv("DJAMO_TEST_FULL") != "" {
			expiries, processes = 1000, 8
		}
		gateway := gatewaytest.New(gatewaytest.Options{ReuseRevokes: true})
		url, err := gateway.Start()
		require.NoError(t, err)
		t.Cleanup(gateway.Close)
		gateway.AddWallet("w", 0)
		store := d.open(t)
		keeper, _ := grant(t, store)
		asked := refresher{Driver: d.driver, Address: d.address, Dialect: d.dialect, TokenURL: url + "/oauth/token"}
		for range expiries {
			given := gateway.Issue("w")
			key, err := keeper.Adopt(t.Context(), consent.Grant{
				ID: given.ID, Token: given.Token, RefreshToken: given.RefreshToken, TokenExpires: time.Now().Add(-time.Second),
			})
			require.NoError(t, err)
			asked.Keys = append(asked.Keys, key)
		}
		self, err := os.Executable()
		require.NoError(t, err)
		var running []*exec.Cmd
		var told []*strings.Builder
		for i := range processes {
			asked.Owner = fmt.Sprint("process-", i)
			text, err := json.Marshal(asked)
			require.NoError(t, err)
			command := exec.CommandContext(t.Context(), self)
			command.Env = append(os.Environ(), refresherVariable+"="+string(text))
			stderr := &strings.Builder{}
			command.Stderr = stderr
			require.NoError(t, command.Start())
			running, told = append(running, command), append(told, stderr)
		}
		for i, process := range running {
			require.NoError(t, process.Wait(), told[i])
		}
		require.Zero(t, gateway.DoubleRedemptions())
		for _, key := range asked.Keys {
			record, ok, err := store.Consent(t.Context(), key)
			require.NoError(t, err)
			require.True(t, ok)
			require.Equal(t, consent.Active, record.State, "no grant is lost")
			require.EqualValues(t, 2, record.Generation, "refreshed once")
		}
		t.Logf("%d processes, %d expiries, no double redemption, no lost grant", processes, expiries)
	})
}
