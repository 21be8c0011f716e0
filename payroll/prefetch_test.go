package payroll_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/payroll"
	"github.com/stretchr/testify/require"
)

// manyRows is more than is read ahead.
func manyRows(count int) string {
	var text strings.Builder
	text.WriteString(header)
	for i := range count {
		fmt.Fprintf(&text, "+22507%08d,%d,june/%d,Salaire de juin\n", i, 5_000+i, i)
	}
	return text.String()
}

// gated is a file of which a reading stops in the middle, once it is told to.
type gated struct {
	*strings.Reader

	armed, underWay  atomic.Bool
	entered, release chan struct{}
}

func (g *gated) Read(to []byte) (int, error) {
	const beyond = 60_000 // the first bytes are read ahead, to learn how the file is written
	if g.armed.Load() && g.Size()-int64(g.Len()) > beyond && g.underWay.CompareAndSwap(false, true) {
		close(g.entered)
		<-g.release
		g.armed.Store(false)
		g.underWay.Store(false)
	}
	return g.Reader.Read(to)
}

// The file may be closed, or read from its start, once a walk over it has ended.
func TestPlan_Payouts_LeavesTheFileAloneOnceItHasEnded(t *testing.T) {
	t.Parallel()
	file := &gated{Reader: strings.NewReader(manyRows(20_000)), entered: make(chan struct{}), release: make(chan struct{})}
	plan, err := payroll.ReadCSV(file, payroll.CSVOptions{})
	require.NoError(t, err)
	file.armed.Store(true)
	for payout, err := range plan.Payouts() {
		require.NoError(t, err)
		if payout.ID == 1_300 {
			<-file.entered // what comes next is being read
			go close(file.release)
			break
		}
	}
	require.False(t, file.underWay.Load())
	require.Len(t, payoutsOf(t, plan), 20_000)
}

// What a caller's function does is the caller's to deal with, although it runs on another goroutine.
func TestReadCSV_PanicsWhereItsCallerIs(t *testing.T) {
	t.Parallel()
	failure := errors.New("no such country")
	require.PanicsWithError(t, failure.Error(), func() {
		_, _ = readCSV(manyRows(1_000), payroll.CSVOptions{ParseMSISDN: func(number string) (djamo.MSISDN, error) {
			if strings.HasSuffix(number, "700") {
				panic(failure)
			}
			return djamo.ParseMSISDN(number)
		}})
	})
}

// A file whose reading ends its goroutine, as a test does that fails, is not taken for a shorter one.
func TestReadCSV_RefusesAFileThatIsNotReadToItsEnd(t *testing.T) {
	t.Parallel()
	_, err := readCSV(manyRows(1_000), payroll.CSVOptions{ParseMSISDN: func(number string) (djamo.MSISDN, error) {
		if strings.HasSuffix(number, "700") {
			runtime.Goexit()
		}
		return djamo.ParseMSISDN(number)
	}})
	require.ErrorContains(t, err, "did not return")
}

// stalling is a journal whose readings end only once they are told to, and that knows how many are under way.
type stalling struct {
	counted

	underWay *atomic.Int64
}

func (s stalling) Payouts(ctx context.Context, after int64, limit int, states ...payroll.State) ([]payroll.Payout, error) {
	s.underWay.Add(1)
	defer s.underWay.Add(-1)
	if after > 0 {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return s.counted.Payouts(ctx, after, limit, states...)
}

// A journal may be closed once the report has ended, however it did.
func TestWriteReport_LeavesTheJournalAloneOnceItHasEnded(t *testing.T) {
	t.Parallel()
	for _, format := range []payroll.ReportFormat{payroll.ReportCSV, payroll.ReportJSON} {
		journal := stalling{counted{payouts: 5_000}, new(atomic.Int64)}
		_, err := payroll.WriteReport(t.Context(), &full{left: 1}, journal, format)
		require.ErrorIs(t, err, errFull)
		require.Zero(t, journal.underWay.Load())
	}
}

// panicking is a journal that panics when its payouts are read on.
type panicking struct{ counted }

func (p panicking) Payouts(ctx context.Context, after int64, limit int, states ...payroll.State) ([]payroll.Payout, error) {
	if after > 0 {
		panic(errFull)
	}
	return p.counted.Payouts(ctx, after, limit, states...)
}

// A server that writes reports goes on when a journal of its caller's panics, as it does when any other function does.
func TestWriteReport_PanicsWhereItsCallerIs(t *testing.T) {
	t.Parallel()
	require.PanicsWithError(t, errFull.Error(), func() {
		_, _ = payroll.WriteReport(t.Context(), io.Discard, panicking{counted{payouts: 5_000}}, payroll.ReportCSV)
	})
}
