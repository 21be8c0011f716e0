package djamotest

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"net/http"
	"path"
	"strings"
	"time"
	"unicode"
)

// What a server is given when no option says otherwise. None of them is a real credential.
const (
	DefaultToken         = "at_test_djamotest"
	DefaultCompanyID     = "5f0a3c9e-7b1d-4e52-9a86-d3a4b0c1e2f7"
	DefaultWebhookSecret = "whsec_test_djamotest"
	DefaultBalance       = int64(100_000_000)
)

// FakeHeader is a header by which a program can tell that an address leads to no real account: the answer to a HEAD of the base
// URL with a slash behind it has it, with a value that is not empty. That request needs no token, is not kept in the history,
// and no fault strikes it. All other answers are the real API's.
const FakeHeader = "X-Djamotest"

// Option configures a server. An option with an invalid value makes [New], [Start] or [NewServer] refuse, naming it.
type Option func(*config) error

type config struct {
	shapes

	token, companyID, webhookSecret string
	basePath                        string
	balance                         int64
	fee, chargeFee                  func(amount int64) int64
	settleAfter                     time.Duration
	manualSettlement                bool
	repeatedReferences              bool
	minTransfer, maxTransfer        int64
	minCharge, maxCharge            int64
	lenient                         *slog.Logger // nil: strict
	maxBatch                        int
	pageSize, maxPageSize           int
	requestHistory, deliveryHistory int
	answerBodies                    int
	historyBytes                    int64
	address                         string
	seed                            uint64
	clock                           func() time.Time
	customers                       []string
	webhookTransport                http.RoundTripper
	webhookTimeout, webhookDelay    time.Duration
	webhookConcurrency              int
	webhookBackoff                  []time.Duration
	closeWithin                     time.Duration // before a test fails because its server does not end
}

func defaultConfig() config {
	return config{
		token: DefaultToken, companyID: DefaultCompanyID, webhookSecret: DefaultWebhookSecret,
		balance: DefaultBalance, fee: BasisPoints(100), chargeFee: BasisPoints(100),
		settleAfter: time.Minute, minTransfer: 1, maxTransfer: maxAmount, minCharge: 1, maxCharge: maxAmount,
		pageSize: 15, maxPageSize: 100, requestHistory: 10_000, deliveryHistory: 10_000, historyBytes: 64 << 20,
		address: "127.0.0.1:0", seed: rand.Uint64(), clock: time.Now, closeWithin: time.Minute,
		webhookTimeout: 5 * time.Second, webhookBackoff: []time.Duration{
			10 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour, 3 * time.Hour,
		},
		shapes: shapes{layout: layoutMillis}, webhookConcurrency: 8,
	}
}

// WithToken sets the access token that every request must bear; [DefaultToken] without it.
func WithToken(token string) Option {
	return func(c *config) error {
		if token == "" || strings.ContainsAny(token, " \t\r\n") {
			return errors.New("WithToken: the token must not be empty and must not contain white space")
		}
		c.token = token
		return nil
	}
}

// WithCompanyID sets the company the token belongs to. Charges need it in X-Company-Id; on other calls a different
// company gets 403 and a missing header is accepted. [DefaultCompanyID] without it.
func WithCompanyID(id string) Option {
	return func(c *config) error {
		if id == "" {
			return errors.New("WithCompanyID: the company id must not be empty")
		}
		c.companyID = id
		return nil
	}
}

// WithWebhookSecret sets the secret that signs webhooks; [DefaultWebhookSecret] without it.
func WithWebhookSecret(secret string) Option {
	return func(c *config) error {
		if secret == "" {
			return errors.New("WithWebhookSecret: the secret must not be empty")
		}
		c.webhookSecret = secret
		return nil
	}
}

// WithBasePath mounts the API below a path, for example "/gateway/djamo", so that a client which drops the path of its
// base URL is noticed. [Server.URL] includes it.
func WithBasePath(prefix string) Option {
	return func(c *config) error {
		trimmed := strings.TrimSuffix(prefix, "/")
		if trimmed != "" && (!strings.HasPrefix(trimmed, "/") || path.Clean(trimmed) != trimmed ||
			strings.ContainsAny(trimmed, "{}%?# ") || strings.ContainsFunc(trimmed, unicode.IsControl)) {
			return fmt.Errorf("WithBasePath: %q must be a plain path that starts with a slash, such as /gateway/djamo", prefix)
		}
		c.basePath = trimmed
		return nil
	}
}

// WithBalance sets the starting balance in francs; [DefaultBalance] without it.
func WithBalance(francs int64) Option {
	return func(c *config) error {
		if francs < 0 || francs > maxAmount {
			return fmt.Errorf("WithBalance: %d must be between 0 and %d francs", francs, int64(maxAmount))
		}
		c.balance = francs
		return nil
	}
}

// BasisPoints is a fee of so many hundredths of a percent, rounded half up to a whole franc, in integers throughout:
// BasisPoints(100) takes 1 % of the amount, so 50 francs of 5,000 and 1 franc of 50.
func BasisPoints(points int64) func(amount int64) int64 {
	return func(amount int64) int64 {
		if points > math.MaxInt64/10_000-1 || (points > 0 && amount/10_000 > math.MaxInt64/points-1) {
			return math.MaxInt64 // more than any amount
		}
		return amount/10_000*points + (amount%10_000*points+5_000)/10_000
	}
}

// WithFee sets the fee of a transfer from its amount, both in francs. Without it the fee is BasisPoints(100), which is
// what the reference's examples show. A negative result counts as 0.
func WithFee(fee func(amount int64) int64) Option {
	return func(c *config) error {
		if fee == nil {
			return errors.New("WithFee: the function must not be nil; use BasisPoints(0) for no fee")
		}
		c.fee = fee
		return nil
	}
}

// WithChargeFee sets what a paid charge costs the company, from its amount, both in francs: BasisPoints(100) without it
// (assumption). A negative result counts as 0, one above the amount as the amount.
func WithChargeFee(fee func(amount int64) int64) Option {
	return func(c *config) error {
		if fee == nil {
			return errors.New("WithChargeFee: the function must not be nil; use BasisPoints(0) for no fee")
		}
		c.chargeFee = fee
		return nil
	}
}

// WithSettleAfter makes transfers settle by themselves so long after they were accepted, on the server's clock: one
// minute without it. Zero settles a transfer before the next request is answered; the reply to its creation still says
// pending.
func WithSettleAfter(d time.Duration) Option {
	return func(c *config) error {
		if d < 0 {
			return fmt.Errorf("WithSettleAfter: %s must not be negative; use WithManualSettlement for never", d)
		}
		c.settleAfter, c.manualSettlement = d, false
		return nil
	}
}

// WithManualSettlement keeps every transfer pending until [API.Settle], [API.SettleAll] or [API.Reject] is called.
func WithManualSettlement() Option {
	return func(c *config) error {
		c.manualSettlement = true
		return nil
	}
}

// WithRepeatedReferences makes the server accept a reference or an externalId as often as it is sent, as no payment API
// should: for proving that the code under test pays once even so. The ledger then shows what was paid twice.
func WithRepeatedReferences() Option {
	return func(c *config) error {
		c.repeatedReferences = true
		return nil
	}
}

// WithTransferLimits refuses transfers below minimum or above maximum francs with 400. Without it any positive amount passes,
// because limits belong to the account: the reference names 5,000 to 500,000, its FAQ up to 200,000,000.
func WithTransferLimits(minimum, maximum int64) Option {
	return func(c *config) error {
		if minimum < 1 || maximum < minimum || maximum > maxAmount {
			return fmt.Errorf("WithTransferLimits: want 1 <= minimum <= maximum <= %d, got %d and %d", int64(maxAmount), minimum, maximum)
		}
		c.minTransfer, c.maxTransfer = minimum, maximum
		return nil
	}
}

// WithChargeLimits refuses charges below minimum or above maximum francs with 400. Without it any positive amount passes:
// charges of 5 francs were paid, and what an account may receive, 200,000,000 at most, belongs to the account.
func WithChargeLimits(minimum, maximum int64) Option {
	return func(c *config) error {
		if minimum < 1 || maximum < minimum || maximum > maxAmount {
			return fmt.Errorf("WithChargeLimits: want 1 <= minimum <= maximum <= %d, got %d and %d", int64(maxAmount), minimum, maximum)
		}
		c.minCharge, c.maxCharge = minimum, maximum
		return nil
	}
}

// WithMaxBatch refuses batches of more than n transfers with 400; without it, and with 0, there is no such limit (the
// reference names none).
func WithMaxBatch(n int) Option {
	return func(c *config) error {
		if n < 0 {
			return fmt.Errorf("WithMaxBatch: %d must not be negative", n)
		}
		c.maxBatch = n
		return nil
	}
}

// WithPageSize sets how many objects a page holds when the request names no limit, and the highest limit it may name:
// 15, as in the reference, and 100 (assumption) without it.
func WithPageSize(size, maxSize int) Option {
	return func(c *config) error {
		if size < 1 || maxSize < size {
			return fmt.Errorf("WithPageSize: want 1 <= size <= maxSize, got %d and %d", size, maxSize)
		}
		c.pageSize, c.maxPageSize = size, maxSize
		return nil
	}
}

// WithRequestHistory sets how many of the latest requests [API.Requests] remembers: 10,000 without it, none with 0.
// The ledger is never shortened.
func WithRequestHistory(n int) Option {
	return func(c *config) error {
		if n < 0 {
			return fmt.Errorf("WithRequestHistory: %d must not be negative", n)
		}
		c.requestHistory = n
		return nil
	}
}

// WithSeed sets the seed of every random choice (ids, correlation ids, faults). The same seed and the same sequence of
// requests give the same answers. Without it a server made by [NewServer] has the seed 1, and one made by [Start] or [New]
// a random seed, so that ids do not come back when a program is started again.
func WithSeed(seed uint64) Option {
	return func(c *config) error {
		c.seed = seed
		return nil
	}
}

// WithClock puts the server on another clock than the machine's. [API.Advance] moves on from whatever it says.
func WithClock(now func() time.Time) Option {
	return func(c *config) error {
		if now == nil {
			return errors.New("WithClock: the function must not be nil")
		}
		c.clock = now
		return nil
	}
}

// WithCustomers is [API.AddCustomer] for a server that is being made.
func WithCustomers(msisdns ...string) Option {
	return func(c *config) error {
		for _, m := range msisdns {
			if !validMSISDN(m) {
				return fmt.Errorf("WithCustomers: %s is no phone number in E.164 form, such as +2250700000001", maskMSISDN(m))
			}
		}
		c.customers = append(c.customers, msisdns...)
		return nil
	}
}

// WithWebhookTransport sends webhooks through the given round tripper, to whatever host they name. Without it the server
// delivers over TCP, and to loopback addresses only: a test that registers a real address must not reach it.
func WithWebhookTransport(transport http.RoundTripper) Option {
	return func(c *config) error {
		if transport == nil {
			return errors.New("WithWebhookTransport: the transport must not be nil")
		}
		c.webhookTransport = transport
		return nil
	}
}

// WithWebhookTimeout sets how long an endpoint may take to answer (real time): five seconds without it (assumption).
func WithWebhookTimeout(d time.Duration) Option {
	return func(c *config) error {
		if d <= 0 {
			return fmt.Errorf("WithWebhookTimeout: %s must be above 0", d)
		}
		c.webhookTimeout = d
		return nil
	}
}

// WithWebhookDelay sets how long after a change its webhook is sent, on the server's clock: at once without it.
func WithWebhookDelay(d time.Duration) Option {
	return func(c *config) error {
		if d < 0 {
			return fmt.Errorf("WithWebhookDelay: %s must not be negative", d)
		}
		c.webhookDelay = d
		return nil
	}
}

// WithWebhookConcurrency sets to how many URLs webhooks are sent at a time: 8 without it. Each URL gets one at a time, in
// order, so one that hangs holds up no other.
func WithWebhookConcurrency(n int) Option {
	return func(c *config) error {
		if n < 1 {
			return fmt.Errorf("WithWebhookConcurrency: %d must be at least 1", n)
		}
		c.webhookConcurrency = n
		return nil
	}
}

// WithWebhookBackoff sets how long after each failed attempt, on the server's clock, a webhook is sent again; after the
// last one the server gives up. Without delays nothing is sent again. The default, 10 seconds to 3 hours in seven steps,
// is an assumption.
func WithWebhookBackoff(delays ...time.Duration) Option {
	return func(c *config) error {
		for _, d := range delays {
			if d <= 0 {
				return fmt.Errorf("WithWebhookBackoff: %s must be above 0", d)
			}
		}
		c.webhookBackoff = append([]time.Duration(nil), delays...)
		return nil
	}
}
