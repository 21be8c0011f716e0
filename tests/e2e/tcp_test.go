package e2e_test

import (
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/internal/leaktest"
	"github.com/stretchr/testify/require"
)

// The same bad days over real connections, which are lost, reset, refused and abandoned in earnest, under a few seeds.
func TestE2E_BadDays_OverTCP(t *testing.T) {
	t.Parallel()
	for _, seed := range []uint64{4, 6, 10} { // even: an API that refuses repeated references, since real time keeps no promises
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			leaktest.Check(t)
			const unit = 50 * time.Millisecond
			books := newReceiver(seed)
			listener := httptest.NewServer(books)
			defer listener.Close()
			server := djamotest.NewServer(t, djamotest.WithSeed(seed), djamotest.WithSettleAfter(unit))
			books.secret = server.WebhookSecret
			client, err := djamo.NewClient(server.Token, djamo.WithBaseURL(server.URL), djamo.WithCompanyID(server.CompanyID), djamo.WithTimeout(2*unit),
				djamo.WithRetry(djamo.RetryPolicy{MinWait: unit / 4, MaxWait: unit / 2, MaxRetryAfter: unit / 2, QuietPeriod: 2 * unit}))
			require.NoError(t, err)
			for _, topic := range []djamo.Topic{djamo.TopicTransactionStarted, djamo.TopicTransactionCompleted} {
				_, err := client.WebhookEndpoints.Create(t.Context(), djamo.WebhookEndpointParams{Topic: topic, URL: listener.URL})
				require.NoError(t, err)
			}
			_, err = server.Inject(djamotest.AnyOf(everyFault(unit)...), djamotest.Probability(0.3))
			require.NoError(t, err)
			outages, up := make(chan struct{}), make(chan error, 1)
			go func() { up <- comeAndGo(server, outages, 5*unit) }()

			d, o := &day{api: server.API}, &operator{client: client, pause: 20 * unit} // a busy machine is later than it was told to be
			require.NoError(t, d.work(t.Context(), o))
			close(outages)
			require.NoError(t, <-up)
			time.Sleep(4 * unit) //nolint:forbidigo // for what is processed late
			d.check(t)
			books.check(t, d)
			struck := 0
			for _, r := range server.Requests() {
				struck += len(r.Faults)
			}
			require.Positive(t, struck)
		})
	}
}

// comeAndGo refuses connections every now and then, until it is told to stop.
func comeAndGo(server *djamotest.Server, stop <-chan struct{}, every time.Duration) error {
	for {
		select {
		case <-stop:
			return nil
		case <-time.After(every):
		}
		if err := server.Refuse(); err != nil {
			return err
		}
		time.Sleep(every / 10) //nolint:forbidigo // an outage takes its time
		if err := server.Resume(); err != nil {
			return err
		}
	}
}
