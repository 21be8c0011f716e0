package payrollcmd

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/journaltest"
)

// totalsOf are those of a run of so many payouts.
func totalsOf(t *testing.T, states map[payroll.State]int64) payroll.Totals {
	t.Helper()
	sums, info := map[payroll.State]payroll.Sum{}, payroll.PlanInfo{}
	for state, count := range states {
		sums[state] = payroll.Sum{Count: count}
		info.Count += count
	}
	totals, err := payroll.SumUp(info, sums)
	require.NoError(t, err)
	return totals
}

// What is sent again does not make a number smaller, and a run says what it waits for and until when.
func TestProgress_Lines(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, french := range []bool{false, true} {
			var out bytes.Buffer
			language := payroll.English
			if french {
				language = payroll.French
			}
			p := newProgress(&out, progressAuto, language)
			p.update(totalsOf(t, map[payroll.State]int64{payroll.Planned: 300}))
			time.Sleep(4 * time.Second) //nolint:forbidigo // in a bubble
			p.update(totalsOf(t, map[payroll.State]int64{payroll.Unknown: 216, payroll.Completed: 60, payroll.Submitted: 24}))
			p.wait(payroll.Wait{Reason: payroll.WaitLostAnswers, Count: 216, Until: time.Now().Add(30 * time.Second)})
			time.Sleep(7 * time.Second) //nolint:forbidigo // in a bubble
			p.update(totalsOf(t, map[payroll.State]int64{payroll.Planned: 216, payroll.Completed: 60, payroll.Submitted: 24}))
			time.Sleep(4 * time.Second) //nolint:forbidigo // in a bubble
			p.update(totalsOf(t, map[payroll.State]int64{payroll.Completed: 260, payroll.Submitted: 40}))
			p.wait(payroll.Wait{Reason: payroll.WaitOutcomes, Count: 40, Until: time.Now().Add(15 * time.Minute)})
			time.Sleep(4 * time.Second) //nolint:forbidigo // in a bubble
			p.update(totalsOf(t, map[payroll.State]int64{payroll.Completed: 299, payroll.Failed: 1}))
			p.stop()
			text := out.String()
			requireNeverBackwards(t, text)
			want := []string{
				"300 recorded, 300 sent, 84 accepted, 60 completed, 0 not paid; looking for 216 payouts whose answers were lost, 28 s",
				"waiting for the outcome of 40, until ", "300 recorded, 300 sent, 300 accepted, 299 completed, 1 not paid\n",
			}
			if french {
				want = []string{
					"300 enregistrés, 300 envoyés, 84 acceptés, 60 payés, 0 non payé ; recherche de 216 paiements dont la réponse s’est perdue, 28 s",
					"attente du résultat de 40, jusqu’à ", "300 enregistrés, 300 envoyés, 300 acceptés, 299 payés, 1 non payé\n",
				}
			}
			for _, part := range want {
				require.Contains(t, text, part)
			}
			require.LessOrEqual(t, strings.Count(text, "\n"), 10, "a line every few seconds")
		}
	})
}

func requireNeverBackwards(t *testing.T, text string) {
	t.Helper()
	before := []int64{0, 0, 0, 0, 0}
	for _, match := range regexp.MustCompile(`(\d+) \S+, (\d+) \S+, (\d+) \S+, (\d+) \S+, (\d+) no`).FindAllStringSubmatch(text, -1) {
		for i, number := range match[1:] {
			n, err := strconv.ParseInt(number, 10, 64)
			require.NoError(t, err)
			require.GreaterOrEqual(t, n, before[i], text)
			before[i] = n
		}
	}
	require.Positive(t, before[0], "there is a line")
}

func TestProgress_JSON(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		p := newProgress(&out, progressJSON, payroll.English)
		p.update(totalsOf(t, map[payroll.State]int64{payroll.Unknown: 2, payroll.Completed: 1}))
		p.wait(payroll.Wait{Reason: payroll.WaitLostAnswers, Count: 2, Until: time.Now().Add(30 * time.Second)})
		time.Sleep(4 * time.Second) //nolint:forbidigo // in a bubble
		p.update(totalsOf(t, map[payroll.State]int64{payroll.Completed: 3}))
		p.stop()
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		var waits, last struct {
			Event, WaitingFor                  string
			Recorded, Sent, Unknown, Completed int64
			Until                              time.Time
		}
		require.NoError(t, json.Unmarshal([]byte(lines[1]), &waits), lines[1])
		require.Equal(t, "lost answers", waits.WaitingFor)
		require.EqualValues(t, 2, waits.Unknown)
		require.False(t, waits.Until.IsZero())
		require.NoError(t, json.Unmarshal([]byte(lines[len(lines)-1]), &last))
		require.Empty(t, last.WaitingFor)
		require.EqualValues(t, 3, last.Completed)
		require.NotContains(t, out.String(), "msisdn")
	})
}

// A bar never leaves a part of the one before, and fits its line.
func TestProgress_Bar(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		p := newProgress(&out, progressBar, payroll.French)
		p.update(totalsOf(t, map[payroll.State]int64{payroll.Unknown: 216, payroll.Completed: 60, payroll.Submitted: 24}))
		p.wait(payroll.Wait{Reason: payroll.WaitLostAnswers, Count: 216, Until: time.Now().Add(30 * time.Second)})
		time.Sleep(2500 * time.Millisecond) //nolint:forbidigo // in a bubble
		p.update(totalsOf(t, map[payroll.State]int64{payroll.Completed: 300}))
		p.stop()
		require.True(t, strings.HasSuffix(out.String(), "\n"))
		before := 0
		for line := range strings.SplitSeq(strings.TrimSpace(out.String()), "\r") {
			width := len([]rune(line))
			require.GreaterOrEqual(t, width, before, "it covers what stood there")
			require.LessOrEqual(t, width, 120)
			before = len([]rune(strings.TrimRight(line, " ")))
		}
		require.Contains(t, out.String(), "["+strings.Repeat("#", 24)+"] 300 enregistrés")
	})
}

// After a crash the first line says what was found.
func TestProgress_Found(t *testing.T) {
	t.Parallel()
	journal := journaltest.NewMemory()
	lease, err := journal.Acquire(t.Context(), "test", time.Hour)
	require.NoError(t, err)
	payouts := make([]payroll.Payout, 5)
	for i := range payouts {
		payouts[i] = payroll.Payout{MSISDN: "+2250748710501", Amount: 5_000, Reference: fmt.Sprint("r", i)}
	}
	plan, err := payroll.NewPlan(payroll.Rows(payouts...), payroll.PlanOptions{})
	require.NoError(t, err)
	require.NoError(t, journal.Plan(t.Context(), lease, plan))

	var out bytes.Buffer
	p := newProgress(&out, progressLines, payroll.English)
	p.found(t.Context(), journal)
	require.Empty(t, out.String(), "nothing was sent before")

	stored, err := journal.Payouts(t.Context(), 0, 3)
	require.NoError(t, err)
	for i, next := range []payroll.State{payroll.Submitting, payroll.Submitting, payroll.Submitting, payroll.Completed} {
		payout := stored[i%3]
		from := payout.State
		payout.State = next
		if i == 3 {
			from = payroll.Submitting
		}
		require.NoError(t, journal.Advance(t.Context(), lease, payroll.Change{From: from, Payout: payout}))
	}
	p.found(t.Context(), journal)
	p.stop()
	require.True(t, strings.HasPrefix(out.String(), "Found in the journal: 5 recorded, 1 completed, 0 accepted and open, 0 not paid, 2 not sent.\n"+
		"2 may have been sent when the program ended: they are looked up before anything is sent.\n"), out.String())
}
