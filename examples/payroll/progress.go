package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/djamo/djamo-go/payroll"
)

// progress shows how far a run is: a bar on a terminal, a line every few seconds elsewhere.
func progress(out io.Writer) func(payroll.Totals) {
	every, show := 2*time.Second, line
	file, ok := out.(*os.File)
	if ok && isTerminal(file) {
		every, show = 100*time.Millisecond, bar
	}
	var shown time.Time
	return func(t payroll.Totals) {
		final := t.Open.Count+t.Unknown.Count == 0
		if final || time.Since(shown) >= every {
			shown = time.Now()
			show(out, t, final)
		}
	}
}

func isTerminal(file *os.File) bool {
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func line(out io.Writer, t payroll.Totals, _ bool) {
	fmt.Fprintf(out, "%d of %d sent, %d completed, %d not paid, %d unknown\n",
		t.Planned.Count-t.Unsent.Count, t.Planned.Count, t.Completed.Count, notPaid(t), t.Unknown.Count)
}

func bar(out io.Writer, t payroll.Totals, final bool) {
	const width = 40
	done := int(width * (t.Planned.Count - t.Open.Count - t.Unknown.Count) / max(t.Planned.Count, 1))
	sent := int(width*(t.Planned.Count-t.Unsent.Count)/max(t.Planned.Count, 1)) - done
	sent = max(sent, 0)
	fmt.Fprintf(out, "\r[%s%s%s] %d of %d completed, %d not paid ", strings.Repeat("#", done), strings.Repeat("-", sent),
		strings.Repeat(" ", width-done-sent), t.Completed.Count, t.Planned.Count, notPaid(t))
	if final {
		fmt.Fprintln(out)
	}
}

func notPaid(t payroll.Totals) int64 { return t.Failed.Count + t.Refused.Count + t.Conflict.Count }
