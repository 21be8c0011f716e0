package transport

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/internal/redact"
)

func consent(id, token string) *Credential {
	return NewCredential(http.Header{"Authorization": {"Bearer " + token}, "X-Consent-Id": {id}},
		redact.Secret{Name: "consent token", Value: token}, redact.Secret{Name: "consent id", Value: id})
}

func reading(credential *Credential) *Call {
	return &Call{Method: http.MethodGet, Path: "/v1/wallets", Template: "/v1/wallets", Class: Read, Credential: credential}
}

// Each call carries the headers of its own credential and of no other, a later attempt too.
func TestCredential_EachCallCarriesItsOwn(t *testing.T) {
	t.Parallel()
	var sent []http.Header
	transport := sending(2, nil, func(r *http.Request) (*http.Response, error) {
		if sent = append(sent, r.Header); len(sent) == 1 {
			return nil, errReset
		}
		return answer(http.StatusOK, "{}"), nil
	})
	for _, credential := range []*Credential{consent("con_a", "tok_a"), consent("con_b", "tok_b"), nil} {
		call := reading(credential)
		require.NoError(t, transport.Do(t.Context(), call))
		call.Release()
	}
	require.Len(t, sent, 4)
	for i, want := range []struct{ authorization, id string }{
		{"Bearer tok_a", "con_a"}, {"Bearer tok_a", "con_a"}, {"Bearer tok_b", "con_b"}, {"Bearer at_secret", ""},
	} {
		require.Equal(t, want.authorization, sent[i].Get("Authorization"))
		require.Equal(t, want.id, sent[i].Get("X-Consent-Id"))
	}
}

func TestCredential_A429HoldsBackNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		limited := true
		transport := sending(2, nil, func(r *http.Request) (*http.Response, error) {
			if limited && r.Header.Get("X-Consent-Id") == "con_a" {
				limited = false
				refusal := answer(http.StatusTooManyRequests, "{}")
				refusal.Header.Set("Retry-After", "30")
				return refusal, nil
			}
			return answer(http.StatusOK, "{}"), nil
		})
		a, b := consent("con_a", "tok_a"), consent("con_b", "tok_b")
		start, done := time.Now(), make(chan error)
		go func() { done <- transport.Do(t.Context(), reading(a)) }()
		synctest.Wait()

		single := reading(a)
		single.Single = true
		require.ErrorIs(t, transport.Do(t.Context(), single), ErrHeldBack, "the limit is that of the credential")
		for _, other := range []*Credential{b, nil} {
			single := reading(other)
			single.Single = true
			require.NoError(t, transport.Do(t.Context(), single))
		}
		require.Equal(t, start, time.Now(), "nobody else has waited")
		require.NoError(t, <-done)
		require.GreaterOrEqual(t, time.Since(start), 30*time.Second)
	})
}

func TestCredential_A401IsItsOwn(t *testing.T) {
	t.Parallel()
	status := http.StatusOK
	transport := sending(1, nil, func(*http.Request) (*http.Response, error) {
		if status == 0 {
			return nil, errReset
		}
		return answer(status, "{}"), nil
	})
	a, b := consent("con_a", "tok_a"), consent("con_b", "tok_b")
	require.False(t, a.Rejected())
	for _, row := range []struct {
		status int
		want   bool
	}{{200, false}, {401, true}, {0, true}, {500, true}, {403, true}, {429, true}, {204, false}, {401, true}} {
		status = row.status
		_ = transport.Do(t.Context(), reading(a))
		require.Equal(t, row.want, a.Rejected(), row.status)
		require.False(t, b.Rejected())
	}
}

// No text of a call shows what its credential hides, whoever wrote it.
func TestCredential_SecretsAreScrubbed(t *testing.T) {
	t.Parallel()
	const text = "con_a tok_a con_b tok_b at_secret"
	var out bytes.Buffer
	transport := sending(1, slog.New(slog.NewTextHandler(&out, nil)), func(*http.Request) (*http.Response, error) { return nil, errors.New(text) })
	transport.config.Name = "wallet"
	for _, row := range []struct {
		credential *Credential
		want       string
	}{
		{consent("con_a", "tok_a"), "[consent id] [consent token] con_b tok_b at_secret"},
		{consent("con_b", "tok_b"), "con_a tok_a [consent id] [consent token] at_secret"},
		{nil, "con_a tok_a con_b tok_b [access token]"},
	} {
		out.Reset()
		call := reading(row.credential)
		require.EqualError(t, transport.Do(t.Context(), call), "wallet: GET /v1/wallets: "+row.want)
		require.Contains(t, out.String(), `msg="wallet: request"`)
		require.Contains(t, out.String(), fmt.Sprintf("error=%q", row.want))
		require.Equal(t, row.want, transport.ScrubAnswer(call, text, 100))
	}
	call := reading(consent("con_a", "tok_a"))
	call.Path = "/v1/wallets/con_a?token=tok_a"
	require.Equal(t, "/v1/wallets/[consent id]", transport.ScrubPath(call))
	require.Equal(t, "[consent id]", transport.ScrubID(call, "con_a", 100))
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		require.Equal(t, "transport.Credential", fmt.Sprintf(verb, consent("con_a", "tok_a")))
		require.NotContains(t, fmt.Sprintf(verb, reading(consent("con_a", "tok_a"))), "con_a")
	}
}

// What is known of a credential goes with it: a client of many wallets, whose tokens change each half hour, holds the gates
// of those it uses.
func TestCredential_NothingIsKeptOfOneThatIsGone(t *testing.T) {
	t.Parallel()
	transport := sending(1, nil, func(*http.Request) (*http.Response, error) {
		return answer(http.StatusTooManyRequests, `{"message":"slow down"}`), nil
	})
	use := func() weak.Pointer[Credential] {
		credential := consent("con_a", "tok_a")
		call := reading(credential)
		require.NoError(t, transport.Do(t.Context(), call))
		call.Release()
		return weak.Make(credential)
	}
	var used []weak.Pointer[Credential]
	for range 100 {
		used = append(used, use())
	}
	require.Eventually(t, func() bool {
		runtime.GC()
		for _, one := range used {
			if one.Value() != nil {
				return false
			}
		}
		return true
	}, 5*time.Minute, time.Millisecond)
	runtime.KeepAlive(transport)
}

// A caller may go on using the header it gave.
func TestNewCredential_CopiesItsHeader(t *testing.T) {
	t.Parallel()
	header := http.Header{"X-Consent-Id": {"con_a"}}
	credential := NewCredential(header)
	header["X-Other"] = []string{"x"}
	require.NotContains(t, credential.header, "X-Other")
}
