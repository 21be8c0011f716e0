package webhook

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// All must do the work they are measured at, on the same size.
func TestReceivers(t *testing.T) {
	t.Parallel()
	receivers, err := Receivers()
	require.NoError(t, err)
	require.Len(t, receivers, 8)
	want := map[string]string{
		"djamo": "transactions/completed", "by hand": "transactions/completed", "stripe-go": "payout.paid",
		"svix": "payout.paid", "standard-webhooks": "payout.paid", "go-github": "ping",
		"paddle-go-sdk": "price.created", "openai-go": "batch.completed",
	}
	for _, receiver := range receivers {
		for range 2 {
			kind, err := receiver.Receive()
			require.NoError(t, err, receiver.Name)
			require.Equal(t, want[receiver.Name], kind, receiver.Name)
		}
	}
	require.Len(t, djamoEvent(), Size)
	require.Len(t, genericEvent(), Size)
}

// Both must find the payment.
func TestPayments(t *testing.T) {
	t.Parallel()
	receivers, err := Payments()
	require.NoError(t, err)
	require.Len(t, receivers, 2)
	for _, receiver := range receivers {
		for range 2 {
			id, err := receiver.Receive()
			require.NoError(t, err, receiver.Name)
			require.Equal(t, "txn_01HJ3K8Z6V9Q2W4E5R6T7Y8U9I", id, receiver.Name)
		}
	}
}

func BenchmarkPayment(b *testing.B) {
	receivers, err := Payments()
	require.NoError(b, err)
	for _, receiver := range receivers {
		b.Run("sdk="+receiver.Name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := receiver.Receive(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// For ratios use go run -C benchmarks ./compare, which interleaves them.
func BenchmarkReceive(b *testing.B) {
	receivers, err := Receivers()
	require.NoError(b, err)
	for _, receiver := range receivers {
		b.Run("sdk="+receiver.Name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := receiver.Receive(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
