package payrollcmd

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
)

// A report that cannot be written, or would replace what is needed, is found out before anybody is paid.
func TestPay_ChecksThePlaceOfTheReport(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		prepare func(t *testing.T, o *operator)
		want    string
	}{
		"no such directory": {func(t *testing.T, o *operator) { o.set.report = filepath.Join(t.TempDir(), "missing", "r.csv") }, "no such file"},
		"a directory": {func(t *testing.T, o *operator) {
			o.set.report = filepath.Join(t.TempDir(), "r.csv")
			require.NoError(t, os.Mkdir(o.set.report, 0o700))
		}, "which is no file"},
		"below a file": {func(_ *testing.T, o *operator) { o.set.report = filepath.Join(o.set.file.Path, "r.csv") }, "not a directory"},
		"the input":    {func(_ *testing.T, o *operator) { o.set.report = o.set.file.Path }, "would replace the file to pay"},
		"the input, by another way": {func(_ *testing.T, o *operator) {
			directory, name := filepath.Split(o.set.file.Path)
			o.set.report = directory + "../" + filepath.Base(directory) + "/./" + name
		}, "would replace the file to pay"},
		"the input, by another name": {func(t *testing.T, o *operator) {
			o.set.report = filepath.Join(filepath.Dir(o.set.file.Path), "r.csv")
			require.NoError(t, os.Link(o.set.file.Path, o.set.report))
		}, "would replace the file to pay"},
		"the journal": {func(t *testing.T, o *operator) {
			o.set.journal = filepath.Join(t.TempDir(), "j.csv")
			o.set.report = o.set.journal
		}, "would replace the journal"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOperator(t, header+"+2250748710523,10000,a,x\n")
			row.prepare(t, o)
			before, err := os.ReadFile(o.set.file.Path)
			require.NoError(t, err)
			for _, o.set.journalMustExist = range []bool{false, true} {
				require.Equal(t, exit.Usage, o.run(t, ""), o.out)
				require.Contains(t, o.out, "nothing was sent: ")
				require.Contains(t, o.out, row.want)
			}
			require.Empty(t, o.server.Transactions())
			require.NoFileExists(t, o.set.journal)
			after, err := os.ReadFile(o.set.file.Path)
			require.NoError(t, err)
			require.Equal(t, before, after)
		})
	}
}

func TestPay_TriesThePlaceOfTheReportWithoutATrace(t *testing.T) {
	t.Parallel()
	o := newOperator(t, header+"+2250748710523,10000,a,x\n")
	o.set.report, o.set.yes = filepath.Join(t.TempDir(), "r.csv"), false
	require.Equal(t, exit.Usage, o.run(t, "no\n"), o.out)
	left, err := os.ReadDir(filepath.Dir(o.set.report))
	require.NoError(t, err)
	require.Empty(t, left)
	require.Equal(t, exit.OK, o.run(t, "y\n"), o.out)
	require.FileExists(t, o.set.report)
}

// An address that is taken for a file would be shown in the error, or stand in a folder, with its password.
func TestSettings_JournalIsAFileOrPostgres(t *testing.T) {
	t.Parallel()
	for _, journal := range []string{
		"POSTGRES://user:secret@host/db", " postgres://user:secret@host/db", "postgres:/user:secret@host/db", "mysql://user:secret@host/db",
		"host=127.0.0.1 user=u password=secret", "dbname=db password=secret", "jdbc:postgresql://host/db?password=secret",
	} {
		set := settings{journal: journal}
		err := set.check()
		require.ErrorContains(t, err, "--journal: nothing was sent: it must be a file, or an address that starts with postgres://", journal)
		require.NotContains(t, err.Error(), "secret", journal)
		require.Equal(t, exit.Usage, exit.Code(err))
	}
	for _, journal := range []string{
		"salaires.csv.journal", "C:/paie/juin.journal", `C:\paie\juin.journal`, "paie:/juin", "./host=a", "postgres://u@h/db", "postgresql://u@h/db",
	} {
		set := settings{journal: journal}
		require.NoError(t, set.check(), journal)
	}
}
