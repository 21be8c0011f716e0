package payrollcmd

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
	"github.com/djamo/djamo-go/djamotest"
)

// watched is an output that calls when it is given a certain text.
type watched struct {
	mu   sync.Mutex
	text bytes.Buffer
	part string
	call func()
}

func (w *watched) Write(text []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if strings.Contains(string(text), w.part) {
		w.call()
	}
	return w.text.Write(text)
}

// Before anything is sent the program stops at once, whatever it waits for, and says that nothing was sent.
func TestPay_InterruptedBeforeTheFirstPayment(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		sheet bool
		stall bool   // the API does not answer
		at    string // what is printed then; "" before the start
	}{
		"at a warning":            {at: "[y/N]"},
		"while the file is read":  {},
		"while a sheet is opened": {sheet: true},
		"at the balance":          {stall: true, at: "in all."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOperator(t, header+"+2250748710523,10000,a,x\n+2250748710523,10000,b,x\n")
			if row.sheet {
				o.set.file.Path = filepath.Join(t.TempDir(), "salaries.xlsx") // it is not even opened
			}
			if row.stall {
				var err error
				o.client, err = o.client.Clone(djamo.WithTimeout(time.Hour)) // nothing else ends what it waits for
				require.NoError(t, err)
				_, err = o.server.Inject(djamotest.Stall(0), djamotest.On(http.MethodGet))
				require.NoError(t, err)
			}
			o.set.yes = false
			ctx, interrupt := context.WithCancel(t.Context())
			defer interrupt()
			out := &watched{part: row.at, call: interrupt}
			if row.at == "" {
				interrupt()
			}
			silent, closed := io.Pipe()
			defer closed.Close()
			complete, err := payWith(ctx, o.client, o.set, terminal.Terminal{In: silent, Out: out, Err: out, Interactive: true})
			require.EqualError(t, err, "nothing was sent: interrupted")
			require.Equal(t, exit.Interrupted, exit.Code(ended(complete, err)))
			require.Empty(t, o.server.Transactions())
			require.NoFileExists(t, o.set.journal)
		})
	}
}
