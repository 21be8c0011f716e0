package otherlanguages_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/internal/pgtest"
)

// The receiver in PHP takes what is signed over the bytes that came and is an event, and nothing else.
func TestPHP_Webhooks(t *testing.T) {
	t.Parallel()
	php, err := exec.LookPath("php")
	if err != nil {
		t.Skip("NOT CHECKED: PHP IS NOT INSTALLED. That webhook.php verifies signatures is not tested")
	}
	const secret = "whsec_of_a_test"
	address := fmt.Sprintf("127.0.0.1:%d", pgtest.FreePort(t))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	program := exec.CommandContext(ctx, php, "-S", address, "webhook.php")
	program.Env = append(os.Environ(), "DJAMO_WEBHOOK_SECRET="+secret)
	require.NoError(t, program.Start())
	t.Cleanup(func() {
		cancel()
		_ = program.Wait()
	})
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	post := func(body, signature string) int {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+"/", strings.NewReader(body))
		require.NoError(t, err)
		r.Header.Set("X-Djamo-Hmac-Sha256", signature)
		resp, err := client.Do(r)
		if err != nil {
			return 0 // it is still starting
		}
		require.NoError(t, resp.Body.Close())
		return resp.StatusCode
	}
	sign := func(body, secret string) string {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(body))
		return base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	const body = `{"topic":"charge/events","data":{"id":"1", "status":"paid"}}`
	require.Eventually(t, func() bool { return post(body, sign(body, secret)) == http.StatusNoContent }, 5*time.Minute, 20*time.Millisecond)
	for name, signature := range map[string]string{
		"none": "", "no base64": "%%%", "another secret": sign(body, "other"), "an empty secret": sign(body, ""), "another body": sign(body+" ", secret),
	} {
		require.Equal(t, http.StatusUnauthorized, post(body, signature), name)
	}
	require.Equal(t, http.StatusNoContent, post(body, sign(body, secret)), "a copy is acknowledged")
	for body, want := range map[string]int{
		`hello`: http.StatusBadRequest, `[1]`: http.StatusBadRequest, `"text"`: http.StatusBadRequest, `{"topic":["a"]}`: http.StatusBadRequest,
		`{"topic":"transactions/new","data":null}`: http.StatusNoContent, `{"topic":"charge/events","data":{"status":7}}`: http.StatusNoContent,
	} {
		require.Equal(t, want, post(body, sign(body, secret)), body)
	}
}
