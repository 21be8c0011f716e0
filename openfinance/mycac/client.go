package mycac

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/djamo/djamo-go/internal/transport"
	"github.com/djamo/djamo-go/openfinance/internal/gateway"
	"github.com/djamo/djamo-go/openfinance/money"
)

// Options of a Client. Everything but URL may be left out.
type Options struct {
	URL              string // of the gateway, with a path prefix where it has one
	HTTPClient       *http.Client
	Timeout          time.Duration // of one attempt; 0: 15 s
	MaxAttempts      int           // of a read, which may be repeated; 0: 3. A login and a code are sent once
	MaxWait          time.Duration // between attempts; 0: 5 s. A 429 that asks for more is returned at once
	MaxResponseBytes int64         // 0: 32 MiB
	Logger           *slog.Logger  // nil: silence
	UserAgent        string
	Paths            Paths
	Codes            Codes
	Currencies       []money.Currency // beside XOF, DJF, USD and EUR
	Now              func() time.Time // nil: time.Now

	// StepUp has the holder confirm on the device, for example with a finger, and returns what the device says. It is called
	// once for a read that the gateway asks it for. Nil: such a read is ErrStepUpNeeded.
	StepUp func(ctx context.Context, request StepUpRequest) (proof string, err error)

	// MaxPages bounds a statement or a list; 0: 10,000. One with more is an error, and never taken for whole.
	MaxPages int
	// Unpaged is a gateway that answers with everything at once and knows no pages.
	Unpaged bool
	// NewestFirst is a gateway that lists the newest line of a statement first.
	NewestFirst bool
}

// Paths of the calls. An empty one is the path that is assumed where nobody says: those of Login and Statement are documented.
type Paths struct {
	Login, Confirm, StepUp, Statement, Balance, StandingOrders, Loans, WalletLedger, Bills, CrossBorder string
}

func (p Paths) withDefaults() Paths {
	const root = "/api/v1/mycac/"
	set := func(field *string, assumed string) {
		if *field == "" {
			*field = root + assumed
		}
	}
	set(&p.Login, "login")
	set(&p.Confirm, "login/confirm")
	set(&p.StepUp, "step-up")
	set(&p.Statement, "statement")
	set(&p.Balance, "balance")
	set(&p.StandingOrders, "standing-orders")
	set(&p.Loans, "loans")
	set(&p.WalletLedger, "wallet-ledger")
	set(&p.Bills, "bills")
	set(&p.CrossBorder, "cross-border")
	return p
}

// Client talks to a gateway. It is safe for concurrent use, and serves any number of sessions.
type Client struct {
	options   Options
	gateway   gateway.Options
	transport *transport.Transport
}

// NewClient makes a client of a gateway. It does no I/O.
func NewClient(options Options) (*Client, error) {
	way, set, err := gateway.New(gateway.Options{
		Name: "mycac", URL: options.URL, HTTPClient: options.HTTPClient, Timeout: options.Timeout, MaxAttempts: options.MaxAttempts,
		MaxWait: options.MaxWait, MaxResponseBytes: options.MaxResponseBytes, Logger: options.Logger, UserAgent: options.UserAgent,
	})
	if err != nil {
		return nil, err
	}
	for _, c := range options.Currencies {
		if _, err := money.NewCurrency(c.Code, c.Exponent); err != nil {
			return nil, err
		}
	}
	options.Paths, options.Codes = options.Paths.withDefaults(), options.Codes.withDefaults()
	if options.MaxPages <= 0 {
		options.MaxPages = 10_000
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	return &Client{options: options, gateway: set, transport: way}, nil
}

// currency finds a currency by its code.
func (c *Client) currency(code string) (money.Currency, bool) {
	for _, known := range c.options.Currencies {
		if known.Code == code {
			return known, true
		}
	}
	return money.Lookup(code)
}

// post sends one call and decodes its answer. A write is sent once and never repeated.
func (c *Client) post(
	ctx context.Context, class transport.Class, credential *transport.Credential, path string, body any, decode func([]byte) error,
) error {
	encoded, err := json.Marshal(body)
	if err != nil {
		return err
	}
	call := &transport.Call{
		Method: http.MethodPost, Path: path, Template: path, Class: class, Credential: credential, Body: encoded,
		Single: class == transport.Write || c.gateway.MaxAttempts == 1,
	}
	defer call.Release()
	if err := c.transport.Do(ctx, call); err != nil {
		answer := &Error{text: err.Error(), cause: err, AttemptsLeft: -1}
		switch {
		case errors.Is(err, transport.ErrHeldBack):
			answer.kind, answer.RetryAfter = ErrRateLimited, c.gateway.MaxWait
		case class == transport.Write && call.OutcomeUnknown():
			answer.kind, answer.text = ErrAnswerLost, ErrAnswerLost.Error()+": "+err.Error()
		}
		return answer
	}
	if call.Status/100 != http.StatusOK/100 {
		err := c.refusal(call.Status, call.ResponseHeader, call.Bytes(), credential.Scrub)
		if answer, ok := errors.AsType[*Error](err); ok && answer.kind == nil && class == transport.Write && call.OutcomeUnknown() {
			answer.kind, answer.text = ErrAnswerLost, ErrAnswerLost.Error()+": "+answer.text
		}
		return err
	}
	return decode(call.Bytes())
}
