package apicmd

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/options"
	"github.com/djamo/djamo-go/cmd/djamo/internal/output"
	"github.com/djamo/djamo-go/cmd/djamo/internal/payoutfile"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
	"github.com/djamo/djamo-go/djamotest"
)

// meanwhile does something while the operator reads, who answers then.
type meanwhile struct {
	io.Reader

	do func()
}

func (m *meanwhile) Read(to []byte) (int, error) {
	if m.do != nil {
		m.do()
		m.do = nil
	}
	return m.Reader.Read(to)
}

// Two people look at the same payments, and both find that nobody was paid.
func TestCreateBatch_A2_SomebodyElsePaysWhileTheQuestionIsAsked(t *testing.T) {
	home := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", home)
	t.Setenv("HOME", home)
	for _, row := range []struct {
		name         string
		pays, allows bool
		want         int
	}{
		{"nobody pays", false, false, 2},
		{"somebody pays", true, false, 2},
		{"somebody pays as was allowed", true, true, 4},
	} {
		server := djamotest.NewServer(t, djamotest.WithSettleAfter(0))
		client, err := djamo.NewClient(server.Token, djamo.WithBaseURL(server.URL))
		require.NoError(t, err)
		path := filepath.Join(home, "salaries.csv")
		file := fmt.Sprintf("msisdn,amount,reference\n+2250748710523,10000,%[1]s/1\n+2250748710524,20000,%[1]s/2\n", strings.ReplaceAll(row.name, " ", "-"))
		require.NoError(t, os.WriteFile(path, []byte(file), 0o600))
		pay := func() {
			if !row.pays {
				return
			}
			for i, params := range []djamo.TransactionParams{{MSISDN: "+2250748710523", Amount: 10_000}, {MSISDN: "+2250748710524", Amount: 20_000}} {
				params.Reference = fmt.Sprint("paie/", i)
				_, err := client.Transactions.Create(t.Context(), params)
				require.NoError(t, err)
			}
		}
		var told bytes.Buffer
		term := terminal.Terminal{In: &meanwhile{strings.NewReader("y\n"), pay}, Out: io.Discard, Err: &told, Interactive: true}
		o := &options.Options{}
		out, err := output.New(term, o)
		require.NoError(t, err)
		c := &call{program: &program{o: o, t: term}, Client: client, out: out}
		b := newBatch{file: payoutfile.Options{Path: path, Max: 500_000}, recentDays: 35, allowRepeats: row.allows}
		require.NoError(t, b.file.Check())
		err = c.createBatch(t.Context(), b)
		require.Len(t, server.Transactions(), row.want, row.name)
		if !row.pays || row.allows {
			require.NoError(t, err, row.name)
			require.NotContains(t, told.String(), "Warning", row.name)
			continue
		}
		require.Equal(t, exit.Usage, exit.Code(err), row.name)
		require.ErrorContains(t, err, "payees of this run got the same amount lately")
		require.Contains(t, told.String(), "give a payee the same amount as a payment under another reference")
	}
}
