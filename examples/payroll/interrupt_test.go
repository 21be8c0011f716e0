package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/djamo/djamo-go/djamotest"
	"github.com/stretchr/testify/require"
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
		"at the question":         {at: "Pay?"},
		"while the file is read":  {},
		"while a sheet is opened": {sheet: true},
		"at the balance":          {stall: true, at: "Warning"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOperator(t, header+"+2250748710523,10000,a,x\n+2250748710523,10000,b,x\n")
			if row.sheet {
				o.set.in = sheetOf(t, nil, columns2, []any{"a", "+2250748710523", "Aya", 50_000, "x"})
			}
			if row.stall {
				_, err := o.server.Inject(djamotest.Stall(0), djamotest.On(http.MethodGet))
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
			started := time.Now()
			complete, err := payWith(ctx, o.client, o.set, terminal{in: silent, out: out, err: out})
			require.Less(t, time.Since(started), 5*time.Second)
			require.EqualError(t, err, "nothing was sent: interrupted")
			require.Equal(t, exitBadInput, exitCode(complete, err))
			require.Empty(t, o.server.Transactions())
			require.NoFileExists(t, o.set.journal)
		})
	}
}

func TestStoppable_EndsInTheMiddleOfAFile(t *testing.T) {
	t.Parallel()
	o := newOperator(t, strings.Repeat("x", 100_000))
	file, err := os.Open(o.set.in)
	require.NoError(t, err)
	ctx, interrupt := context.WithCancel(t.Context())
	reader := stoppable{file, ctx.Err}
	defer reader.Close()
	n, err := reader.Read(make([]byte, 10_000))
	require.NoError(t, err)
	require.Equal(t, 10_000, n)
	interrupt()
	n, err = reader.Read(make([]byte, 10_000))
	require.ErrorIs(t, err, context.Canceled)
	require.Zero(t, n)
}

// A program that has lost its way does not claim that nothing was sent.
func TestRun_SurvivesAPanic(t *testing.T) {
	t.Parallel()
	var errors bytes.Buffer
	out := &watched{part: "Demonstration", call: func() { panic("lost: +2250748710523") }}
	require.Equal(t, exitFailed, run(t.Context(), nil, terminal{out: out, err: &errors}))
	require.Contains(t, errors.String(), "start it again: lost: +22507******23\n")
	require.Contains(t, errors.String(), "goroutine ", "where it was")
}
