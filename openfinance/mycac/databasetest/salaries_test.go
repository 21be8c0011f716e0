package databasetest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/openfinance/gatewaytest"
	"github.com/djamo/djamo-go/openfinance/mycac"
)

const payroll = `{"reference": "salaries-2026-11", "account": "DJ2100010000000154000100186", "currency": "DJF", "total": 400000, "entries": [
	{"reference": "E-1", "name": "Awa Example", "iban": "DJ21 0001 0000 0001 5400 0100 186", "amount": 145000, "description": "November"},
	{"reference": "E-2", "name": "Omar Example", "phone": "+253 77 81 02 34", "amount": "120000.00"},
	{"reference": "E-3", "name": "Idil Example", "phone": "+253 77 81 02 35", "amount": 135000}]}`

func planOf(t testing.TB, text string) *mycac.SalaryPlan {
	t.Helper()
	plan, err := mycac.ReadSalaries(strings.NewReader(text), mycac.SalaryOptions{})
	require.NoError(t, err)
	return plan
}

// busy is how long a busy machine may take to hand a file over: a file that arrives after the quiet period, when it was submitted once
// more, is paid twice.
const busy = 3 * time.Second

// bank is a gateway over real TCP, and is set before it listens: on a port that was another's, whoever that one has left may still ask.
func bank(t testing.TB, set ...func(*gatewaytest.MyCACSalaries)) (*gatewaytest.MyCACSalaries, string) {
	t.Helper()
	salaries := &gatewaytest.MyCACSalaries{Token: "token"}
	for _, each := range set {
		each(salaries)
	}
	server := httptest.NewServer(salaries)
	t.Cleanup(server.Close)
	return salaries, server.URL
}

func runner(journal *mycac.Journal, url string, through http.RoundTripper) (mycac.SalaryRunner, error) {
	client, err := mycac.NewClient(mycac.Options{URL: url, HTTPClient: &http.Client{Transport: through}})
	if err != nil {
		return mycac.SalaryRunner{}, err
	}
	session, err := client.Session(mycac.SessionParams{Token: "token", Ends: time.Now().Add(time.Hour)})
	if err != nil {
		return mycac.SalaryRunner{}, err
	}
	return mycac.SalaryRunner{
		Gateway: session.Salaries(mycac.SalaryOffice{}), Journal: journal, Writer: mycac.SalaryCSV{}, SendTimeout: busy, QuietPeriod: busy + time.Millisecond,
		PollMin: time.Millisecond, PollMax: 20 * time.Millisecond, IdleTimeout: 5 * time.Minute,
	}, nil
}

// paySalaries is the work of a process.
func paySalaries(ctx context.Context, journal *mycac.Journal, url string, through http.RoundTripper) error {
	r, err := runner(journal, url, through)
	if err != nil {
		return err
	}
	plan, err := mycac.ReadSalaries(strings.NewReader(payroll), mycac.SalaryOptions{})
	if err != nil {
		return err
	}
	totals, err := r.Run(ctx, plan)
	if err == nil && totals.Paid.Count != 3 {
		err = fmt.Errorf("not all are paid: %+v", totals)
	}
	return err
}

// requirePaidOnce compares the bank's ledger with the plan.
func requirePaidOnce(t testing.TB, salaries *gatewaytest.MyCACSalaries) {
	t.Helper()
	var paid []string
	for _, p := range salaries.Payments() {
		paid = append(paid, fmt.Sprintf("%s %s %s %s %s", p.Reference, p.Payee, p.Amount, p.Currency, p.Status))
	}
	require.Equal(t, []string{
		"E-1 DJ2100010000000154000100186 145000 DJF paid", "E-2 +25377810234 120000 DJF paid", "E-3 +25377810235 135000 DJF paid",
	}, paid)
}

func TestSalaries_PaidOnceWhateverGoesWrong(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, fresh func(*testing.T) database) {
		for name, row := range map[string]struct {
			faults  []gatewaytest.SalaryFault
			submits int
		}{
			"nothing":                         {nil, 1},
			"the submission is lost":          {[]gatewaytest.SalaryFault{gatewaytest.SalaryLostBefore}, 2},
			"the answer is lost":              {[]gatewaytest.SalaryFault{gatewaytest.SalaryLostAfter}, 1},
			"an error, and nothing was kept":  {[]gatewaytest.SalaryFault{gatewaytest.SalaryError}, 2},
			"an error, and it was kept":       {[]gatewaytest.SalaryFault{gatewaytest.SalaryErrorAfter}, 1},
			"lost, and the bank cannot say":   {[]gatewaytest.SalaryFault{gatewaytest.SalaryLostAfter, gatewaytest.SalaryFindError, gatewaytest.SalaryFindError}, 1},
			"lost, and the bank says it late": {[]gatewaytest.SalaryFault{gatewaytest.SalaryLostAfter, gatewaytest.SalaryHidden}, 1},
			"lost twice":                      {[]gatewaytest.SalaryFault{gatewaytest.SalaryLostBefore, gatewaytest.SalaryLostBefore}, 3},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				salaries, url := bank(t)
				salaries.TakesTwice = true // nothing but the runner keeps it from paying twice
				salaries.Inject(row.faults...)
				r, err := runner(fresh(t).open(t), url, http.DefaultTransport)
				require.NoError(t, err)
				totals, err := r.Run(t.Context(), planOf(t, payroll))
				require.NoError(t, err)
				requirePaidOnce(t, salaries)
				require.Equal(t, row.submits, salaries.Asked("submit"))
				require.Equal(t, 3, totals.Paid.Count)
				require.Equal(t, totals.Planned, totals.Paid)
				require.True(t, totals.Done())

				totals, err = r.Run(t.Context(), planOf(t, payroll))
				require.NoError(t, err, "to run it again pays nobody")
				require.Equal(t, 3, totals.Paid.Count)
				require.Equal(t, row.submits, salaries.Asked("submit"))
				outcomes, err := r.Journal.SalaryOutcomes(t.Context(), "salaries-2026-11", mycac.SalaryOptions{})
				require.NoError(t, err)
				require.Equal(t, planOf(t, payroll).Entries[1], outcomes[1].SalaryEntry)
				require.Equal(t, "PAY-BATCH-0001-2", outcomes[1].TxID)
			})
		}
	})
}

func TestSalaries_WhatIsNotPaid(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, fresh func(*testing.T) database) {
		run := func(t *testing.T, faults ...gatewaytest.SalaryFault) (mycac.SalaryRunner, *gatewaytest.MyCACSalaries, mycac.SalaryTotals, error) {
			salaries, url := bank(t)
			salaries.Inject(faults...)
			r, err := runner(fresh(t).open(t), url, http.DefaultTransport)
			require.NoError(t, err)
			totals, err := r.Run(t.Context(), planOf(t, payroll))
			return r, salaries, totals, err
		}
		t.Run("the bank refuses the file", func(t *testing.T) {
			t.Parallel()
			r, salaries, totals, err := run(t, gatewaytest.SalaryRefused)
			require.ErrorIs(t, err, mycac.ErrSalariesRefused)
			require.ErrorContains(t, err, "line 2: the IBAN is not known")
			require.True(t, totals.Done())
			_, err = r.Run(t.Context(), planOf(t, payroll))
			require.ErrorIs(t, err, mycac.ErrSalariesRefused, "it is final")
			require.Equal(t, 1, salaries.Asked("submit"))
			require.Empty(t, salaries.Payments())
		})
		t.Run("the session is over before it is submitted", func(t *testing.T) {
			t.Parallel()
			salaries, url := bank(t)
			salaries.Inject(gatewaytest.SalaryNoSession)
			r, err := runner(fresh(t).open(t), url, http.DefaultTransport)
			require.NoError(t, err)
			totals, err := r.Run(t.Context(), planOf(t, payroll))
			require.ErrorIs(t, err, mycac.ErrSalariesNotSubmitted)
			require.ErrorIs(t, err, mycac.ErrSessionOver)
			require.Equal(t, mycac.SubmissionPlanned, totals.State)
			_, err = r.Resume(t.Context(), "salaries-2026-11")
			require.ErrorIs(t, err, mycac.ErrSessionOver, "a session that is over sends nothing")
			again, err := runner(r.Journal, url, http.DefaultTransport)
			require.NoError(t, err)
			_, err = again.Resume(t.Context(), "salaries-2026-11")
			require.NoError(t, err)
			requirePaidOnce(t, salaries)
		})
		t.Run("one fails", func(t *testing.T) {
			t.Parallel()
			_, _, totals, err := run(t, gatewaytest.SalaryFailure)
			require.NoError(t, err)
			require.Equal(t, []int{2, 1, 0, 0}, []int{totals.Paid.Count, totals.Failed.Count, totals.Conflict.Count, totals.Open.Count})
			require.Equal(t, totals.Planned.Amount.Minor, totals.Paid.Amount.Minor+totals.Failed.Amount.Minor)
		})
		t.Run("one is paid otherwise", func(t *testing.T) {
			t.Parallel()
			r, _, totals, err := run(t, gatewaytest.SalaryWrongPay)
			require.NoError(t, err)
			require.Equal(t, 1, totals.Conflict.Count)
			outcomes, err := r.Journal.SalaryOutcomes(t.Context(), "salaries-2026-11", mycac.SalaryOptions{})
			require.NoError(t, err)
			require.Equal(t, "the bank confirms 1145000 DJF in place of 145000 (paid)", outcomes[0].Reason)
		})
		t.Run("the file is rejected afterwards", func(t *testing.T) {
			t.Parallel()
			_, _, totals, err := run(t, gatewaytest.SalaryRejected)
			require.NoError(t, err)
			require.Equal(t, 3, totals.Failed.Count)
		})
		t.Run("other salaries under the same reference", func(t *testing.T) {
			t.Parallel()
			r, salaries, _, err := run(t)
			require.NoError(t, err)
			other := strings.Replace(strings.Replace(payroll, "135000}", "135001}", 1), "400000", "400001", 1)
			_, err = r.Run(t.Context(), planOf(t, other))
			require.ErrorIs(t, err, mycac.ErrSalariesDiffer)
			requirePaidOnce(t, salaries)
		})
		t.Run("the bank has another file", func(t *testing.T) {
			t.Parallel()
			salaries, url := bank(t)
			first, err := runner(fresh(t).open(t), url, http.DefaultTransport)
			require.NoError(t, err)
			other := strings.Replace(strings.Replace(payroll, "135000}", "135001}", 1), "400000", "400001", 1)
			_, err = first.Run(t.Context(), planOf(t, other))
			require.NoError(t, err)
			second, err := runner(fresh(t).open(t), url, http.DefaultTransport) // with a journal that knows nothing of it
			require.NoError(t, err)
			totals, err := second.Run(t.Context(), planOf(t, payroll))
			require.ErrorIs(t, err, mycac.ErrSalariesConflict)
			require.Equal(t, mycac.SubmissionConflict, totals.State)
			require.Len(t, salaries.Payments(), 3)
		})
		t.Run("nobody knows", func(t *testing.T) {
			t.Parallel()
			salaries, url := bank(t)
			salaries.Inject(gatewaytest.SalaryLostAfter)
			for range 200 {
				salaries.Inject(gatewaytest.SalaryFindError)
			}
			r, err := runner(fresh(t).open(t), url, http.DefaultTransport)
			require.NoError(t, err)
			r.IdleTimeout = 20 * time.Millisecond
			totals, err := r.Run(t.Context(), planOf(t, payroll))
			require.ErrorIs(t, err, mycac.ErrSalariesUnknown)
			var unknown *mycac.SalariesUnknownError
			require.ErrorAs(t, err, &unknown)
			require.Equal(t, 1, unknown.Attempt)
			require.Equal(t, mycac.SubmissionUnknown, totals.State)
			require.False(t, totals.Done())
		})
		t.Run("it is stopped halfway", func(t *testing.T) {
			t.Parallel()
			salaries, url := bank(t)
			salaries.PerPoll = 1
			ctx, cancel := context.WithCancel(t.Context())
			r, err := runner(fresh(t).open(t), url, http.DefaultTransport)
			require.NoError(t, err)
			r.Progress = func(totals mycac.SalaryTotals) {
				if totals.Paid.Count == 1 {
					cancel()
				}
			}
			_, err = r.Run(ctx, planOf(t, payroll))
			require.ErrorIs(t, err, context.Canceled)
			r.Progress = nil
			totals, err := r.Resume(t.Context(), "salaries-2026-11")
			require.NoError(t, err)
			require.Equal(t, 3, totals.Paid.Count)
			requirePaidOnce(t, salaries)
		})
		t.Run("no such salaries", func(t *testing.T) {
			t.Parallel()
			r, err := runner(fresh(t).open(t), "http://127.0.0.1:1", http.DefaultTransport)
			require.NoError(t, err)
			_, err = r.Resume(t.Context(), "nothing")
			require.ErrorIs(t, err, mycac.ErrNoSalaries)
		})
	})
}

// failingWriter is a FileWriter that cannot write.
type failingWriter struct{ mycac.SalaryCSV }

func (failingWriter) WriteFile(io.Writer, *mycac.SalaryPlan) error {
	return errors.New("no such column")
}

func TestSalaries_AFileThatCannotBeWrittenIsNotPlanned(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, fresh func(*testing.T) database) {
		salaries, url := bank(t)
		r, err := runner(fresh(t).open(t), url, http.DefaultTransport)
		require.NoError(t, err)
		r.Writer = failingWriter{}
		_, err = r.Run(t.Context(), planOf(t, payroll))
		require.ErrorContains(t, err, "no such column")
		_, err = r.Journal.Submission(t.Context(), "salaries-2026-11")
		require.ErrorIs(t, err, mycac.ErrNoSalaries)
		require.Zero(t, salaries.Asked("submit"))
	})
}

// Several processes that are started together submit once between them.
func TestSalaries_SeveralAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, fresh func(*testing.T) database) {
		salaries, url := bank(t)
		salaries.TakesTwice = true
		d := fresh(t)
		var group sync.WaitGroup
		for range 4 {
			journal := d.open(t)
			group.Go(func() {
				r, err := runner(journal, url, http.DefaultTransport)
				if err == nil {
					r.SendTimeout, r.QuietPeriod = 10*time.Second, 11*time.Second
					_, err = r.Run(t.Context(), planOf(t, payroll))
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		requirePaidOnce(t, salaries)
		require.Equal(t, 1, salaries.Asked("submit"))
	})
}

// Whatever call to the journal or the bank a process is killed at, the next one pays everybody, once, at a bank that would take a
// file twice.
func TestSalaries_KilledAnywhere(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, fresh func(*testing.T) database) {
		banks := map[string]*gatewaytest.MyCACSalaries{}
		killedEverywhere(t, killed{Work: "salaries", Every: every(t)}, func(t *testing.T, k killed) killed {
			salaries, url := bank(t, func(s *gatewaytest.MyCACSalaries) { s.TakesTwice, s.PerPoll = true, 3 })
			banks[url] = salaries
			k.Database, k.URL = fresh(t), url
			k.Database.open(t) // its tables are made: the other test kills while they are
			return k
		}, func(t *testing.T, k killed) {
			requirePaidOnce(t, banks[k.URL])
			totals, err := k.Database.open(t).SalaryOutcomes(t.Context(), "salaries-2026-11", mycac.SalaryOptions{})
			require.NoError(t, err)
			for _, outcome := range totals {
				require.Equal(t, mycac.SalaryPaid, outcome.State)
			}
		})
	})
}
