package policy_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/clienttest"
	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

// MaxAttempts counts all requests of a call, look-ups not counted: that is what its documentation says.
func TestMaxAttempts_BoundsEveryPost(t *testing.T) {
	t.Parallel()
	for attempts := 1; attempts <= 5; attempts++ {
		synctest.Test(t, func(t *testing.T) {
			script := slices.Repeat([]clienttest.Fault{clienttest.Limited, clienttest.Limited, clienttest.Limited, clienttest.LostBefore}, 8)
			api := clienttest.NewScriptedAPI(t, script, nil)
			err := clienttest.Create(t.Context(), api.Client(djamo.WithRetry(djamo.RetryPolicy{MaxAttempts: attempts})))
			require.Error(t, err)
			require.LessOrEqual(t, strings.Count(api.Sequence(), "POST"), attempts, "with MaxAttempts %d", attempts)
		})
	}
}

// A 303 answers a POST that was carried out, and browsers made 301 and 302 mean the same. Only 307 and 308 say that
// nothing was done yet.
func TestRedirectedWrites_MayHaveBeenCarriedOut(t *testing.T) {
	t.Parallel()
	for code, unknown := range map[int]bool{301: true, 302: true, 303: true, 307: false, 308: false} {
		client := clienttest.Through(t, func(req *http.Request) (*http.Response, error) {
			resp := httpmock.NewStringResponse(code, "")
			resp.Header.Set("Location", "/v1/elsewhere")
			return resp, nil
		})
		_, err := client.Batches.Create(t.Context(), clienttest.BatchParams(""))
		require.Equal(t, unknown, errors.Is(err, djamo.ErrOutcomeUnknown), "%d: %v", code, err)
	}
}

// A batch's answer that does not name every payment that was sent leaves the rest unknown.
func TestBatches_AnswerMustCoverWhatWasSent(t *testing.T) {
	t.Parallel()
	// References are not compared: the documentation's own example answers with another one than it sends.
	for _, list := range []string{``, `{"id":"txn_1","reference":"17f99xApUe472A"}`} {
		batch, err := clienttest.Mocked(t, httpmock.NewStringResponder(http.StatusCreated, `{"id":"bat_1","status":"processing","transactions":[`+list+`]}`)).Batches.Create(t.Context(), clienttest.BatchParams(""))
		require.Nil(t, batch, list)
		require.ErrorIs(t, err, djamo.ErrOutcomeUnknown, list)
	}
}
