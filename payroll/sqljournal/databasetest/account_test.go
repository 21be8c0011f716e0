package databasetest_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/payroll"
)

// A run remembers the account that pays it, and no other goes on with it.
func TestJournal_RecordAccount(t *testing.T) {
	t.Parallel()
	for _, database := range databases() {
		t.Run(database.name, func(t *testing.T) {
			t.Parallel()
			journal := database.open(t, "june")
			accounts := func() interface {
				RecordAccount(ctx context.Context, account djamo.Account) error
				Account(ctx context.Context) (djamo.Account, error)
			} {
				return journal.(interface {
					RecordAccount(ctx context.Context, account djamo.Account) error
					Account(ctx context.Context) (djamo.Account, error)
				})
			}
			none, err := accounts().Account(t.Context())
			require.NoError(t, err)
			require.Zero(t, none)

			company := djamo.Account{Environment: djamo.ProductionCIV, Host: "api-civ.djamo.com", CompanyID: "biz_1"}
			require.NoError(t, accounts().RecordAccount(t.Context(), djamo.Account{Environment: company.Environment, Host: company.Host}))
			require.NoError(t, accounts().RecordAccount(t.Context(), company), "a company that was not named before")
			require.NoError(t, accounts().RecordAccount(t.Context(), djamo.Account{Environment: company.Environment, Host: company.Host}))
			journal = database.again(t, journal, "june")
			held, err := accounts().Account(t.Context())
			require.NoError(t, err)
			require.Equal(t, company, held)

			for _, other := range []djamo.Account{
				{Environment: djamo.StagingCIV, Host: "apibusiness-staging-civ.djamo.io", CompanyID: "biz_1"},
				{Environment: djamo.ProductionCIV, Host: "api-civ.djamo.com", CompanyID: "biz_2"},
				{Host: "127.0.0.1:8080"},
			} {
				err := accounts().RecordAccount(t.Context(), other)
				require.ErrorIs(t, err, payroll.ErrOtherAccount, "%+v", other)
				require.ErrorContains(t, err, "it belongs to production-civ (biz_1), and this is ")
			}
			held, err = accounts().Account(t.Context())
			require.NoError(t, err)
			require.Equal(t, company, held)
		})
	}
}
