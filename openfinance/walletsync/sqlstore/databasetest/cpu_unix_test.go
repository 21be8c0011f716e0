//go:build unix

package databasetest_test

import (
	"database/sql"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
)

// processes are this one and, where PostgreSQL is on this machine, those that serve the test.
type processes struct {
	db     *sql.DB
	before [2]float64
}

// used is the time on a processor, in microseconds, of this process and of the server's.
func (p *processes) used() (used [2]float64) {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) == nil {
		used[0] = float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1000
	}
	if p.db == nil {
		return used
	}
	rows, err := p.db.Query("SELECT pid FROM pg_stat_activity WHERE application_name = current_setting('application_name')")
	if err != nil {
		return used
	}
	defer rows.Close()
	for rows.Next() {
		var pid int
		if rows.Scan(&pid) != nil {
			continue
		}
		text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		_, fields, _ := strings.Cut(string(text), ") ")
		var user, system float64
		if list := strings.Fields(fields); len(list) > 12 {
			_, _ = fmt.Sscan(list[11]+" "+list[12], &user, &system)
		}
		const tick = 10_000 // microseconds, on every Linux
		used[1] += (user + system) * tick
	}
	if rows.Err() != nil {
		used[1] = 0
	}
	return used
}

func (p *processes) start() { p.before = p.used() }

// log says what each item took.
func (p *processes) log(t *testing.T, items float64) {
	t.Helper()
	after := p.used()
	t.Logf("%.1f µs of a processor an item here, and %.1f µs in the server", (after[0]-p.before[0])/items, (after[1]-p.before[1])/items)
}

func (p *processes) report(b *testing.B, items float64) {
	b.Helper()
	after := p.used()
	b.ReportMetric((after[0]-p.before[0])/items, "cpu-µs/item")
	if p.db != nil {
		b.ReportMetric((after[1]-p.before[1])/items, "server-cpu-µs/item")
	}
}
