package pispi_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/djamo/djamo-go/openfinance/pispi"
)

// A push tells that a wallet has something new. The handler checks its signature and hands each event over once.
func Example() {
	handler := &pispi.Handler{
		Secrets: []string{"secret"}, // os.Getenv("DJAMO_PISPI_SECRET")
		Handle: func(_ context.Context, event pispi.Event) error {
			fmt.Println(event.EvCode, event.Amount)
			return nil // an error has it delivered again
		},
	}

	// What BCEAO sends.
	const body = `{"data":[{"evCode":"PAYMENT_RECEIVED","evDate":"2026-05-28","end2endId":"E2E1","montant":1500}],"meta":{"total":1}}`
	signature := hmac.New(sha256.New, []byte("secret"))
	signature.Write([]byte(body))
	push := httptest.NewRequest(http.MethodPost, "/pushes", strings.NewReader(body))
	push.Header.Set("X-Signature", hex.EncodeToString(signature.Sum(nil)))
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, push)
	fmt.Println(answer.Code)
	// Output:
	// PAYMENT_RECEIVED 1500
	// 204
}
