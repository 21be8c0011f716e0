package databasetest_test

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/openfinance/gatewaytest"
	"github.com/djamo/djamo-go/openfinance/mycac"
)

// holder is somebody who has logged in and may be asked to confirm on the device.
type holder struct {
	gateway *gatewaytest.MyCAC
	asked   atomic.Int64
	refuses error // in place of a proof
	lies    bool  // the proof is another device's
}

func (h *holder) confirm(_ context.Context, r mycac.StepUpRequest) (string, error) {
	h.asked.Add(1)
	if h.lies {
		return gatewaytest.DeviceProof("another", r.Nonce), nil
	}
	return gatewaytest.DeviceProof("phone", r.Nonce), h.refuses
}

// stepUpRunner is a runner whose session was begun by a login at the gateway.
func stepUpRunner(t *testing.T, journal *mycac.Journal, h *holder) mycac.SalaryRunner {
	t.Helper()
	h.gateway = gatewaytest.NewMyCAC(gatewaytest.MyCACOptions{NoOTP: true})
	url, err := h.gateway.Start()
	require.NoError(t, err)
	t.Cleanup(h.gateway.Close)
	h.gateway.AddHolder(gatewaytest.Holder{Username: "amina", PasswordHash: "hash", Device: "phone"})
	h.gateway.Salaries().TakesTwice = true
	r, err := runner(journal, url, http.DefaultTransport)
	require.NoError(t, err)
	client, err := mycac.NewClient(mycac.Options{URL: url, HTTPClient: &http.Client{}, StepUp: h.confirm})
	require.NoError(t, err)
	challenge, err := client.Login(t.Context(), mycac.Credentials{Username: "amina", PasswordHash: "hash", DeviceFingerprint: "phone"})
	require.NoError(t, err)
	session, err := challenge.Confirm(t.Context(), "")
	require.NoError(t, err)
	r.Gateway = session.Salaries(mycac.SalaryOffice{})
	return r
}

// A submission for which the holder must confirm on the device is made once more after that, and pays once.
func TestSalaries_StepUp(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, fresh func(*testing.T) database) {
		t.Run("the holder confirms", func(t *testing.T) {
			t.Parallel()
			h := &holder{}
			r := stepUpRunner(t, fresh(t).open(t), h)
			h.gateway.Inject(gatewaytest.Fault{Kind: gatewaytest.StepUpAsked})
			totals, err := r.Run(t.Context(), planOf(t, payroll))
			require.NoError(t, err)
			require.True(t, totals.Done())
			require.Equal(t, 1, totals.Attempt, "it is one submission, that left the journal once")
			require.EqualValues(t, 1, h.asked.Load())
			require.Equal(t, 1, h.gateway.Salaries().Asked("submit"))
			requirePaidOnce(t, h.gateway.Salaries())
		})
		for name, row := range map[string]struct {
			refuses error
			lies    bool
			asks    int
			want    error
		}{
			"the holder refuses":               {errors.New("the holder said no"), false, 1, mycac.ErrStepUpNeeded},
			"the proof is another device's":    {nil, true, 1, mycac.ErrSalariesNotSubmitted},
			"the gateway asks again and again": {nil, false, 9, mycac.ErrStepUpNeeded},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				h := &holder{refuses: row.refuses, lies: row.lies}
				r := stepUpRunner(t, fresh(t).open(t), h)
				h.gateway.Inject(gatewaytest.Fault{Kind: gatewaytest.StepUpAsked, Count: row.asks})
				totals, err := r.Run(t.Context(), planOf(t, payroll))
				require.ErrorIs(t, err, mycac.ErrSalariesNotSubmitted)
				require.ErrorIs(t, err, row.want)
				require.Equal(t, mycac.SubmissionPlanned, totals.State)
				require.EqualValues(t, 1, h.asked.Load(), "the holder is asked once")
				require.Empty(t, h.gateway.Salaries().Payments())

				h.gateway.ClearFaults()
				h.refuses, h.lies = nil, false
				totals, err = r.Resume(t.Context(), "salaries-2026-11")
				require.NoError(t, err)
				require.True(t, totals.Done())
				requirePaidOnce(t, h.gateway.Salaries())
			})
		}
	})
}
