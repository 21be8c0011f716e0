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
	require.Equal(t, "wallet: the gateway answered 500", options.Describe(http.StatusInternalServerError, "unknown holder Awa Koné", nil))
	require.Equal(t, `wallet: the gateway answered 500 with the code "E-10.7:b/c_d"`,
		options.Describe(http.StatusInternalServerError, "E-10.7:b/c_d", nil))
	require.Equal(t, "wallet: the gateway, or something in front of it, answered 502", options.Describe(http.StatusBadGateway, "", nil))
}

func TestAssumeCodes(t *testing.T) {
	t.Parallel()
	var codes []string
	gateway.AssumeCodes(&codes, "a", "b")
	gateway.AssumeCodes(&codes, "c")
	require.Equal(t, []string{"a", "b"}, codes)
}

// A gateway's connection that has gone silent is given up, as one to Djamo is; a Transport of the caller's is left alone.
func TestNew_D14_PingsSilentConnections(t *testing.T) {
	t.Parallel()
	for name, given := range map[string]*http.Client{"none": nil, "without a Transport": {Timeout: time.Hour}} {
		_, options, err := gateway.New(gateway.Options{Name: "wallet", URL: "https://gateway.example", HTTPClient: given})
		require.NoError(t, err, name)
		pool, ok := options.HTTPClient.Transport.(*http.Transport)
		require.True(t, ok, name)
		require.NotNil(t, pool.HTTP2, name)
		require.Positive(t, pool.HTTP2.SendPingTimeout, name)
		if given != nil {
			require.Nil(t, given.Transport, "the caller's client stays as it is")
			require.Equal(t, time.Hour, options.HTTPClient.Timeout)
		}
	}
	own := &http.Client{Transport: &http.Transport{}}
	_, options, err := gateway.New(gateway.Options{Name: "wallet", URL: "https://gateway.example", HTTPClient: own})
	require.NoError(t, err)
	require.Same(t, own, options.HTTPClient)
}
