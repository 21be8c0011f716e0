package journaltest_test

import (
	"testing"

	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/journaltest"
)

func TestMemory_IsAJournal(t *testing.T) {
	t.Parallel()
	journaltest.Run(t, journaltest.Harness{
		Open: func(testing.TB, string) payroll.Journal { return journaltest.NewMemory() },
	})
}
