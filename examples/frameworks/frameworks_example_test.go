package frameworks_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/djamo/djamo-go"
	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
)

const secret = "your webhook secret" // os.Getenv("DJAMO_WEBHOOK_SECRET")

func newReceiver() *djamo.WebhookHandler {
	return &djamo.WebhookHandler{
		Secrets: []string{secret},
		OnTransactionCompleted: func(_ context.Context, payment *djamo.Transaction) error {
			fmt.Println("paid:", payment.Reference)
			return nil
		},
	}
}

// deliver posts an event as Djamo does, and one that is forged.
func deliver(handler http.Handler, path string) {
	body := `{"topic":"transactions/completed","data":{"id":"txn_1","reference":"payroll-2026-06/0042","status":"completed"}}`
	for _, signedWith := range []string{secret, "a guess"} {
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
		r.Header.Set(djamo.SignatureHeader, djamo.SignWebhook([]byte(body), signedWith))
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		fmt.Println(w.Code)
	}
}

func Example_standardMux() {
	mux := http.NewServeMux()
	mux.Handle("/webhooks/djamo", newReceiver())

	deliver(mux, "/webhooks/djamo")
	// Output:
	// paid: payroll-2026-06/0042
	// 200
	// 401
}

func Example_standardMuxMiddleware() {
	mux := http.NewServeMux()
	existing := func(w http.ResponseWriter, r *http.Request) {
		event, err := djamo.ParseWebhook(r, secret)
		if err != nil {
			http.Error(w, "cannot be read", http.StatusBadRequest)
			return
		}
		fmt.Println(event.Topic)
	}
	mux.Handle("POST /webhooks/djamo", djamo.VerifyWebhook(secret)(http.HandlerFunc(existing)))

	deliver(mux, "/webhooks/djamo")
	// Output:
	// transactions/completed
	// 200
	// 401
}

func Example_chi() {
	router := chi.NewRouter()
	router.Use(middleware.Recoverer)
	router.Handle("/webhooks/djamo", newReceiver())
	router.With(djamo.VerifyWebhook(secret)).Post("/existing", func(w http.ResponseWriter, r *http.Request) {
		fmt.Println("verified:", r.ContentLength, "bytes")
	})

	deliver(router, "/webhooks/djamo")
	deliver(router, "/existing")
	// Output:
	// paid: payroll-2026-06/0042
	// 200
	// 401
	// verified: 112 bytes
	// 200
	// 401
}

// verifyWebhook is djamo.VerifyWebhook as middleware of gin.
func verifyWebhook(secrets ...string) gin.HandlerFunc {
	verify := djamo.VerifyWebhook(secrets...)
	return func(c *gin.Context) {
		verified := false
		verify(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			verified, c.Request = true, r
		})).ServeHTTP(c.Writer, c.Request)
		if !verified {
			c.Abort()
		}
	}
}

func Example_gin() {
	gin.SetMode(gin.ReleaseMode)
	router := gin.New()
	router.Use(gin.Recovery())
	router.Any("/webhooks/djamo", gin.WrapH(newReceiver()))
	router.POST("/existing", verifyWebhook(secret), func(c *gin.Context) {
		var event struct {
			Topic string `json:"topic"`
		}
		if err := c.BindJSON(&event); err != nil {
			return
		}
		fmt.Println(event.Topic)
		c.Status(http.StatusOK)
	})

	deliver(router, "/webhooks/djamo")
	deliver(router, "/existing")
	// Output:
	// paid: payroll-2026-06/0042
	// 200
	// 401
	// transactions/completed
	// 200
	// 401
}
