package gateway_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/openfinance/internal/gateway"
)

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	options := gateway.Options{MaxWait: 7 * time.Second}
	for header, want := range map[string]time.Duration{
		"":                     options.MaxWait,
		"0":                    options.MaxWait,
		"soon":                 options.MaxWait,
		"90":                   90 * time.Second,
		"86401":                24 * time.Hour,
		"99999999999999999999": 24 * time.Hour,
	} {
		require.Equal(t, want, options.RetryAfter(http.Header{"Retry-After": {header}}), header)
	}
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	options := gateway.Options{Name: "wallet"}
	require.Equal(t, "over (401 gone)", options.Describe(http.StatusUnauthorized, "gone", errors.New("over")))
	require.Equal(t, `wallet: the gateway answered 500 with the code "x"`, options.Describe(http.StatusInternalServerError, "x", nil))
	require.Equal(t, "wallet: the gateway, or something in front of it, answered 502", options.Describe(http.StatusBadGateway, "", nil))
}

func TestAssumeCodes(t *testing.T) {
	t.Parallel()
	var codes []string
	gateway.AssumeCodes(&codes, "a", "b")
	gateway.AssumeCodes(&codes, "c")
	require.Equal(t, []string{"a", "b"}, codes)
}
