package djamo_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/clienttest"
	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

var environments = []djamo.Environment{djamo.ProductionCIV, djamo.ProductionSEN, djamo.StagingCIV, djamo.StagingSEN}

// A token whose prefix names its environment works with that one and is refused by the three others, however the host
// was chosen.
func TestEnvironment_OfTheTokenAndOfTheHost(t *testing.T) {
	t.Parallel()
	for _, ofToken := range environments {
		for _, ofHost := range environments {
			for name, opt := range map[string]djamo.Option{
				"environment": djamo.WithEnvironment(ofHost),
				"URL":         djamo.WithBaseURL(ofHost.BaseURL() + "/"),
				"loud URL":    djamo.WithBaseURL(strings.ToUpper(ofHost.BaseURL())),
				"port":        djamo.WithBaseURL(ofHost.BaseURL() + ":443/prefix"),
				"final dot":   djamo.WithBaseURL(ofHost.BaseURL() + "."),
			} {
				for _, token := range []string{"djamo_" + strings.ReplaceAll(string(ofToken), "-", "_") + "_s3cret", strings.ToUpper("djamo_" + strings.ReplaceAll(string(ofToken), "-", "_") + "_s3cret")} {
					client, err := djamo.NewClient(token, opt)
					if ofToken == ofHost {
						require.NoError(t, err, "%s by %s", ofHost, name)
						continue
					}
					require.Nil(t, client)
					require.ErrorIs(t, err, djamo.ErrInvalidRequest)
					require.EqualError(t, err, "djamo: token: belongs to "+string(ofToken)+", but the client is set to "+string(ofHost))
				}
			}
		}
	}
}

func TestEnvironment_TokensThatDoNotSay(t *testing.T) {
	t.Parallel()
	for _, token := range []string{"at_x", "djamo_x", "djamo_staging_x", "djamo_sandbox_civ_x", "djamo_staging_gha_x", "xdjamo_staging_sen_x"} {
		for _, e := range environments {
			_, err := djamo.NewClient(token, djamo.WithEnvironment(e))
			require.NoError(t, err, "%s on %s", token, e)
		}
	}
}

func TestEnvironment_OlderStagingHost(t *testing.T) {
	t.Parallel()
	older := djamo.WithBaseURL("https://apibusiness.civ.staging.djam.ooo")
	_, err := djamo.NewClient("djamo_staging_civ_x", older)
	require.NoError(t, err)
	_, err = djamo.NewClient("djamo_production_civ_x", older)
	require.ErrorContains(t, err, "production-civ")
	_, err = djamo.NewClient("djamo_staging_sen_x", older)
	require.ErrorContains(t, err, "staging-sen")
}

func TestEnvironment_Names(t *testing.T) {
	t.Parallel()
	for _, e := range environments {
		require.Equal(t, strings.HasPrefix(string(e), "production"), e.IsProduction())
		require.True(t, strings.HasPrefix(e.BaseURL(), "https://"))
	}
	for _, e := range []djamo.Environment{"", "production", "PRODUCTION-CIV", "production-civ "} {
		require.Empty(t, e.BaseURL())
		require.False(t, e.IsProduction())
		_, err := djamo.NewClient("at_x", djamo.WithEnvironment(e))
		require.ErrorContains(t, err, "ProductionCIV")
	}
}

func TestEnvironment_PayIsForStagingOnly(t *testing.T) {
	t.Parallel()
	sent := 0
	elsewhere := clienttest.Mocked(t, func(*http.Request) (*http.Response, error) {
		sent++
		return httpmock.NewStringResponse(http.StatusOK, `{"id":"ch_1","status":"paid"}`), nil
	})
	_, err := elsewhere.Charges.Pay(t.Context(), "ch_1", djamo.ChargePayParams{})
	require.NoError(t, err, "any other host is the caller's to judge")
	for _, e := range environments {
		client, err := elsewhere.Clone(djamo.WithEnvironment(e))
		require.NoError(t, err)
		_, err = client.Charges.Pay(t.Context(), "ch_1", djamo.ChargePayParams{})
		if e.IsProduction() {
			require.ErrorIs(t, err, djamo.ErrInvalidRequest)
			require.EqualError(t, err, "djamo: environment: paying a charge is simulated on staging only, got "+string(e))
		} else {
			require.NoError(t, err)
		}
	}
	require.Equal(t, 3, sent, "elsewhere and both stagings")
}

func TestBaseURL_TakenAndRefused(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		" https://host.example\n":       "https://host.example",
		"https://host.example/":         "https://host.example",
		"https://host.example/a//":      "https://host.example/a",
		"https://host.example/a%2Fb/":   "https://host.example/a%2Fb",
		"https://host.example:8443/a b": "https://host.example:8443/a%20b",
		"http://127.0.0.1:1":            "http://127.0.0.1:1",
		"http://127.255.255.254":        "http://127.255.255.254",
		"http://[::ffff:127.0.0.1]":     "http://[::ffff:127.0.0.1]",
		"http://LOCALHOST:8080":         "http://LOCALHOST:8080",
		"":                              "", "https://": "", "https:host": "", "//host.example": "", "host.example": "", "mailto:x@y": "", "unix:///var/run/x": "",
		"http://api-civ.djamo.com": "", "http://localhost.example": "", "http://0.0.0.0": "", "http://127.1": "", "http://10.0.0.1": "", "http://[::]": "",
		"https://a b": "", "https://h\\@evil.example": "", "https://good.example@evil.example": "", "https://h/\x00": "", "https://h/?": "", "https://h/?q": "",
		"https://h/#f": "", "https://h/..": "", "https://h/%2e%2e/x": "", "https://h/a/..%2f": "",
	} {
		client, err := djamo.NewClient("at_s3cret", djamo.WithBaseURL(raw))
		if want == "" {
			require.ErrorIs(t, err, djamo.ErrInvalidRequest, "%q", raw)
			require.ErrorContains(t, err, "djamo: WithBaseURL: must", "%q", raw)
			require.Nil(t, client)
			continue
		}
		require.NoError(t, err, "%q", raw)
		require.Equal(t, "djamo.Client("+want+")", client.String())
	}
}

func TestBaseURL_PlainHTTPIsNamed(t *testing.T) {
	t.Parallel()
	_, err := djamo.NewClient("at_s3cret", djamo.WithBaseURL("http://api-civ.djamo.com/at_s3cret"))
	require.Equal(t, `"http://api-civ.djamo.com"`, refusal(t, err, "WithBaseURL").Value)
	_, err = djamo.NewClient("at_s3cret", djamo.WithBaseURL("ftp://api-civ.djamo.com"))
	require.Equal(t, `"ftp://api-civ.djamo.com"`, refusal(t, err, "WithBaseURL").Value)
}

// What is in the path of the base URL stays in front of every path, and Do cannot climb out of it.
func TestBaseURL_PrefixIsKept(t *testing.T) {
	t.Parallel()
	var sent []string
	client := clienttest.Mocked(t, func(req *http.Request) (*http.Response, error) {
		sent = append(sent, req.URL.String())
		return httpmock.NewStringResponse(http.StatusOK, `{"balance":1}`), nil
	})
	for _, prefix := range []string{"", "/", "/djamo", "/a/b/", "/a%2Fb"} {
		c, err := client.Clone(djamo.WithBaseURL("https://proxy.example" + prefix))
		require.NoError(t, err)
		_, err = c.Balance.Get(t.Context())
		require.NoError(t, err)
		require.NoError(t, c.Do(t.Context(), http.MethodGet, "/v1/x?a=../..", nil, nil))
		for _, path := range []string{"", "v1/x", "?x", "../x", "/..", "/../x", "/v1/../../x", "/%2e%2e/x", "/%2E./x", "/v1/%2f..%2f..", `/\..\x`, "/%5c..", "//evil.example/x", "https://evil.example/", "/v1/x\n", "/v1/%", "/v1/x#f"} {
			require.ErrorIs(t, c.Do(t.Context(), http.MethodGet, path, nil, nil), djamo.ErrInvalidRequest, path)
		}
	}
	require.Equal(t, []string{
		"https://proxy.example/v1/balance", "https://proxy.example/v1/x?a=../..",
		"https://proxy.example/v1/balance", "https://proxy.example/v1/x?a=../..",
		"https://proxy.example/djamo/v1/balance", "https://proxy.example/djamo/v1/x?a=../..",
		"https://proxy.example/a/b/v1/balance", "https://proxy.example/a/b/v1/x?a=../..",
		"https://proxy.example/a%2Fb/v1/balance", "https://proxy.example/a%2Fb/v1/x?a=../..",
	}, sent)
}

// These read the environment, so they are not parallel.
func TestNewClientFromEnv_SendsWhatItRead(t *testing.T) {
	t.Setenv(djamo.EnvAccessToken, " at_from_env\n")
	t.Setenv(djamo.EnvAPIURL, " https://one.example/prefix/ ")
	t.Setenv(djamo.EnvCompanyID, " company-9 ")
	var sent *http.Request
	double := djamo.WithHTTPClient(&http.Client{Transport: clienttest.RoundTripper(func(req *http.Request) (*http.Response, error) {
		sent = req
		return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(`{"balance":1}`)), Header: http.Header{}}, nil
	})})
	client, err := djamo.NewClientFromEnv(double)
	require.NoError(t, err)
	_, err = client.Balance.Get(t.Context())
	require.NoError(t, err)
	require.Equal(t, "https://one.example/prefix/v1/balance", sent.URL.String())
	require.Equal(t, "Bearer at_from_env", sent.Header.Get("Authorization"))
	require.Equal(t, "company-9", sent.Header.Get("X-Company-Id"))

	// What was read once is not read again, and a variable that is gone is no longer asked for.
	t.Setenv(djamo.EnvAccessToken, "at_other")
	t.Setenv(djamo.EnvCompanyID, "other")
	clone, err := client.Clone()
	require.NoError(t, err)
	_, err = clone.Balance.Get(t.Context())
	require.NoError(t, err)
	require.Equal(t, "Bearer at_from_env", sent.Header.Get("Authorization"))
	require.Equal(t, "company-9", sent.Header.Get("X-Company-Id"))

	t.Setenv(djamo.EnvCompanyID, "")
	client, err = djamo.NewClientFromEnv(double, djamo.WithEnvironment(djamo.StagingSEN))
	require.NoError(t, err)
	_, err = client.Balance.Get(t.Context())
	require.NoError(t, err)
	require.Equal(t, "https://apibusiness-staging-sen.djamo.io/v1/balance", sent.URL.String(), "an option wins")
	require.NotContains(t, sent.Header, "X-Company-Id")
}

func TestNewClientFromEnv_NamesTheVariable(t *testing.T) {
	t.Setenv(djamo.EnvCompanyID, "")
	for _, row := range []struct{ token, url, names string }{
		{"", "https://one.example", djamo.EnvAccessToken},
		{" ", "https://one.example", djamo.EnvAccessToken},
		{"at_s3cret two", "https://one.example", djamo.EnvAccessToken},
		{"at_s3cret", "http://one.example", djamo.EnvAPIURL},
		{"at_s3cret", "one.example", djamo.EnvAPIURL},
		{"at_s3cret", " ", djamo.EnvAPIURL},
		{"djamo_staging_civ_s3cret", "https://api-civ.djamo.com", "belongs to staging-civ"},
	} {
		t.Setenv(djamo.EnvAccessToken, row.token)
		t.Setenv(djamo.EnvAPIURL, row.url)
		client, err := djamo.NewClientFromEnv()
		require.Nil(t, client)
		require.ErrorIs(t, err, djamo.ErrInvalidRequest)
		require.ErrorContains(t, err, row.names)
		require.NotContains(t, err.Error(), "s3cret")
	}
	t.Setenv(djamo.EnvAccessToken, "at_x")
	t.Setenv(djamo.EnvAPIURL, "https://one.example")
	_, err := djamo.NewClientFromEnv(djamo.WithEnvironment(djamo.StagingCIV), djamo.WithBaseURL("https://two.example"))
	require.ErrorContains(t, err, "contradicts WithEnvironment")
}
