package clustercmd

import (
	"bytes"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/options"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
	"github.com/djamo/djamo-go/internal/pgtest"
)

// A database that no second try mends ends every command with 64, before anything was sent, and shows no password.
//
//nolint:paralleltest // it sets the environment
func TestDatabase_NamedWrongly(t *testing.T) {
	missing, err := url.Parse(pgtest.Database(t, "pgx"))
	require.NoError(t, err)
	missing.Path = "/djamo_no_such_database"
	for _, address := range []string{
		"", "payroll.db", "mysql://root:pw@db/payroll", "postgres://user:pw@host:no/db", "sqlite:payroll.db", missing.String(), pgtest.Database(t, "pgx"),
	} {
		t.Setenv(envDatabase, address)
		for _, args := range [][]string{
			{"migrate"}, {"work"}, {"enqueue", "--run", "june", "june.csv"}, {"status"}, {"report", "june", "june.csv"}, {"cancel", "june"},
			{"resume", "june"},
		} {
			if args[0] == "migrate" && strings.Contains(address, "djamo_test_") {
				continue // an empty database is what it is for
			}
			var out bytes.Buffer
			command := Command(terminal.Terminal{In: strings.NewReader(""), Out: &out, Err: &out}, &options.Options{})
			command.SilenceErrors, command.SilenceUsage = true, true
			command.SetOut(&out)
			command.SetArgs(args)
			err := command.ExecuteContext(t.Context())
			require.Equal(t, exit.Usage, exit.Code(err), "%v %s: %v", args, address, err)
			require.ErrorContains(t, err, "nothing was sent", "%v %s", args, address)
			require.ErrorContains(t, err, envDatabase, "%v %s", args, address)
			require.NotContains(t, err.Error(), "pw@")
		}
	}
}
