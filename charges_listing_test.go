package djamo_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/djamo/djamo-go"
	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

func TestChargeStatus_Terminal(t *testing.T) {
	t.Parallel()
	for status, want := range map[djamo.ChargeStatus]bool{
		djamo.ChargeRefunded: true, djamo.ChargeDropped: true, djamo.ChargeCancelled: true, "canceled": true, djamo.ChargeFailed: true,
		djamo.ChargePaid: false, djamo.ChargeCreated: false, "": false, "on_hold": false,
	} {
		require.Equal(t, want, status.Terminal(), status)
	}
}

// That a charge is not on the pages which were read says nothing about those that were not: it is not sent again.
func TestCharges_Create_GivesUpOnALongListing(t *testing.T) {
	t.Parallel()
	sent, pages := 0, 0
	client := mocked(t, func(req *http.Request) (*http.Response, error) {
		if req.Method == http.MethodPost {
			sent++
			return httpmock.NewStringResponse(http.StatusBadGateway, ""), nil
		}
		pages++
		return httpmock.NewStringResponse(http.StatusOK, fmt.Sprintf(`{"cursor":{"next":"p%d"},"data":[{"id":"ch_%d","externalId":"other-%d"}]}`, pages, pages, pages)), nil
	}, djamo.WithRetry(djamo.RetryPolicy{MaxAttempts: 3, MinWait: 1, MaxWait: 1, MaxRetryAfter: 1, QuietPeriod: 1}))
	_, err := client.Charges.Create(t.Context(), djamo.ChargeParams{Amount: 5000, ExternalID: "order-1"})
	require.ErrorIs(t, err, djamo.ErrOutcomeUnknown)
	require.ErrorContains(t, err, "not on the first 10 pages")
	require.Equal(t, 1, sent)
}
