package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
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
		"below a file": {func(_ *testing.T, o *operator) { o.set.report = filepath.Join(o.set.in, "r.csv") }, "not a directory"},
		"the input":    {func(_ *testing.T, o *operator) { o.set.report = o.set.in }, "would replace the file to pay"},
		"the input, by another way": {func(_ *testing.T, o *operator) {
			directory, name := filepath.Split(o.set.in)
			o.set.report = directory + "../" + filepath.Base(directory) + "/./" + name
		}, "would replace the file to pay"},
		"the input, by another name": {func(t *testing.T, o *operator) {
			o.set.report = filepath.Join(filepath.Dir(o.set.in), "r.csv")
			require.NoError(t, os.Link(o.set.in, o.set.report))
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
			before, err := os.ReadFile(o.set.in)
			require.NoError(t, err)
			for _, o.set.resumeOnly = range []bool{false, true} {
				require.Equal(t, exitBadInput, o.run(t, ""), o.out)
				require.Contains(t, o.out, "nothing was sent: ")
				require.Contains(t, o.out, row.want)
			}
			require.Empty(t, o.server.Transactions())
			require.NoFileExists(t, o.set.journal)
			after, err := os.ReadFile(o.set.in)
			require.NoError(t, err)
			require.Equal(t, before, after)
		})
	}
}

func TestPay_TriesThePlaceOfTheReportWithoutATrace(t *testing.T) {
	t.Parallel()
	o := newOperator(t, header+"+2250748710523,10000,a,x\n")
	o.set.report, o.set.yes = filepath.Join(t.TempDir(), "r.csv"), false
	require.Equal(t, exitBadInput, o.run(t, "no\n"), o.out)
	left, err := os.ReadDir(filepath.Dir(o.set.report))
	require.NoError(t, err)
	require.Empty(t, left)
	require.Equal(t, exitOK, o.run(t, "y\n"), o.out)
	require.FileExists(t, o.set.report)
}
