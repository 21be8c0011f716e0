package payrollcmd

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/djamotest"
)

// A journal that cannot be one is a mistake of whoever has named it: every command says so, that nothing was sent, and what to
// do, and ends with 64.
func TestJournal_NamedWrongly(t *testing.T) {
	server := djamotest.NewServer(t)
	t.Setenv(djamo.EnvAccessToken, server.Token)
	t.Setenv(djamo.EnvAPIURL, server.URL)
	directory := t.TempDir()
	file := filepath.Join(directory, "salaries.csv")
	require.NoError(t, os.WriteFile(file, []byte(header+"+2250748710523,10000,a,x\n"), 0o600))
	text := filepath.Join(directory, "notes.txt")
	require.NoError(t, os.WriteFile(text, []byte("this is no database, however long it may be: "+string(make([]byte, 5_000))), 0o600))
	journals := map[string]string{
		text:                         "the file is no SQLite database",
		directory:                    "it is a directory",
		filepath.Join(text, "a"):     "not a directory",
		"postgres://user:pw@host:no": "its address cannot be read",
		"postgresql://%zz:pw@":       "its address cannot be read",
		"mysql://root:pw@db/payroll": "an address that starts with postgres://",
		"sqlite:payroll.db":          "an address that starts with postgres://",
		"root:pw@tcp(db)/payroll":    "an address that starts with postgres://",
		"dbname=payroll user=pw":     "an address that starts with postgres://",
	}
	if runtime.GOOS != "windows" && os.Geteuid() != 0 {
		closed := filepath.Join(directory, "closed.journal")
		require.NoError(t, os.WriteFile(closed, nil, 0o000))
		journals[closed] = "permission denied"
	}
	for journal, want := range journals {
		for _, command := range [][]string{
			{"plan", file, "--run", "june"}, {"run", file, "--run", "june", "--yes"}, {"resume"}, {"reconcile"}, {"report"},
		} {
			code, out := execute(t, append(command, "--journal", journal)...)
			require.Equal(t, exit.Usage, code, "%v %s: %s", command, journal, out)
			require.Contains(t, out, "nothing was sent", "%v %s", command, journal)
			require.Contains(t, out, "--journal", "%v %s", command, journal)
			require.Contains(t, out, want, "%v %s", command, journal)
			require.NotContains(t, out, "pw@", "a password may stand there")
		}
	}
}
