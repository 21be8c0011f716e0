package payroll_test

import (
	"errors"
	"fmt"
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
