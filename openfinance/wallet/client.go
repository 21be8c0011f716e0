package wallet

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/djamo/djamo-go/internal/redact"
	"github.com/djamo/djamo-go/internal/transport"
	"github.com/djamo/djamo-go/openfinance/internal/gateway"
)

// Access is the consent under which a call is made.
type Access struct {
	ConsentID string
	Token     string
}

// LogValue keeps the access out of a log.
func (Access) LogValue() slog.Value { return slog.StringValue("[consent]") }

// String keeps the access out of whatever prints it.
func (Access) String() string { return "[consent]" }

// GoString keeps the access out of %#v.
func (Access) GoString() string { return "[consent]" }

// Options of a Client. Everything but URL may be left out.
type Options struct {
	URL              string // of the gateway, with a path prefix where it has one
	HTTPClient       *http.Client
	Timeout          time.Duration // of one attempt; 0: 15 s
	MaxAttempts      int           // of a call, as reads may be repeated; 0: 3; 1 for a caller that schedules by itself
	MaxWait          time.Duration // between attempts; 0: 5 s. A 429 that asks for more is returned at once
	MaxResponseBytes int64         // 0: 32 MiB
	Logger           *slog.Logger
	UserAgent        string
	Paths            Paths
	ConsentHeader    string // empty: X-Consent-Id
	CursorParam      string // empty: since_cursor
	Codes            Codes
}

// Paths of the reads, where {wallet_id} stands for the wallet. An empty one is the path that is assumed where nobody says.
type Paths struct {
	Transactions, Balance, Coffres, Cards, Profile string
}

// Client reads wallets. It is safe for concurrent use, and serves any number of consents.
type Client struct {
	options   Options
	gateway   gateway.Options
	transport *transport.Transport

	mu          sync.Mutex
	credentials map[Access]*transport.Credential
}

// NewClient makes a client of a gateway. It does no I/O.
func NewClient(options Options) (*Client, error) {
	way, set, err := gateway.New(gateway.Options{
		Name: "wallet", URL: options.URL, HTTPClient: options.HTTPClient, Timeout: options.Timeout, MaxAttempts: options.MaxAttempts,
		MaxWait: options.MaxWait, MaxResponseBytes: options.MaxResponseBytes, Logger: options.Logger, UserAgent: options.UserAgent,
	})
	if err != nil {
		return nil, err
	}
	const root = "/v1/djamo/wallets/{wallet_id}"
	gateway.Assume(&options.Paths.Transactions, root+"/transactions")
	gateway.Assume(&options.Paths.Balance, root+"/balance")
	gateway.Assume(&options.Paths.Coffres, root+"/coffres")
	gateway.Assume(&options.Paths.Cards, root+"/cards")
	gateway.Assume(&options.Paths.Profile, root+"/profile")
	gateway.Assume(&options.ConsentHeader, "X-Consent-Id")
	gateway.Assume(&options.CursorParam, "since_cursor")
	options.Codes = options.Codes.withDefaults()
	return &Client{options: options, gateway: set, credentials: map[Access]*transport.Credential{}, transport: way}, nil
}

// credential keeps what is known of a token while it is used.
func (c *Client) credential(access Access) *transport.Credential {
	c.mu.Lock()
	defer c.mu.Unlock()
	if credential, ok := c.credentials[access]; ok {
		return credential
	}
	const maxKept = 4096
	if len(c.credentials) >= maxKept {
		clear(c.credentials)
	}
	credential := transport.NewCredential(
		http.Header{"Authorization": {"Bearer " + access.Token}, http.CanonicalHeaderKey(c.options.ConsentHeader): {access.ConsentID}},
		redact.Secret{Name: "consent token", Value: access.Token}, redact.Secret{Name: "consent id", Value: access.ConsentID},
	)
	c.credentials[access] = credential
	return credential
}

// PageParams asks for a page of the transactions feed.
type PageParams struct {
	WalletID string
	Cursor   string // empty: from the beginning of the feed
	Limit    int    // 0: what the gateway likes
	From     Date   // zero: the feed; else older history from this day on, which has cursors of its own
}

// Page asks for one page. The error is an *Error, or matches ErrPage when the answer must be refused.
func (c *Client) Page(ctx context.Context, access Access, params PageParams) (*Page, error) {
	query := url.Values{}
	if params.Cursor != "" {
		query.Set(c.options.CursorParam, params.Cursor)
	}
	if params.Limit > 0 {
		query.Set("limit", strconv.Itoa(params.Limit))
	}
	if params.From != (Date{}) {
		query.Set("from", params.From.String())
	}
	var page *Page
	err := c.get(ctx, access, c.options.Paths.Transactions, params.WalletID, query, func(body []byte) (err error) {
		page, err = DecodePage(body)
		return err
	})
	return page, err
}

// Transactions yields the items of the feed from a cursor to its end, which is an empty page or an unchanged cursor. It
// stops at the first error, which a cursor that leads back is too. A caller that stores what it reads uses package walletsync
// instead.
func (c *Client) Transactions(ctx context.Context, access Access, params PageParams) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		params := params
		// In a circle, however long, every cursor comes again: one of them is kept, for twice as many pages each time.
		kept, left, pages := params.Cursor, 1, 1
		for {
			page, err := c.Page(ctx, access, params)
			if err == nil && page.WalletID != params.WalletID {
				err = fmt.Errorf("%w: it is of another wallet", ErrPage)
			}
			if err != nil {
				yield(Item{}, err)
				return
			}
			for _, item := range page.Items {
				if !yield(item, nil) {
					return
				}
			}
			if len(page.Items) == 0 || page.NextCursor == "" || page.NextCursor == params.Cursor {
				return
			}
			if page.NextCursor == kept {
				yield(Item{}, fmt.Errorf("%w: its cursor leads back to where it was read from", ErrPage))
				return
			}
			if left--; left == 0 {
				pages *= 2
				kept, left = page.NextCursor, pages
			}
			params.Cursor = page.NextCursor
		}
	}
}

// get makes one read.
func (c *Client) get(ctx context.Context, access Access, path, walletID string, query url.Values, decode func([]byte) error) error {
	if walletID == "" || walletID == "." || walletID == ".." {
		return fmt.Errorf("wallet: %q is no wallet id", walletID)
	}
	target := strings.ReplaceAll(path, "{wallet_id}", url.PathEscape(walletID))
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	call := &transport.Call{
		Method: http.MethodGet, Path: target, Template: path, Class: transport.Read, Credential: c.credential(access),
		Single: c.gateway.MaxAttempts == 1,
	}
	defer call.Release()
	if err := c.transport.Do(ctx, call); err != nil {
		answer := &Error{text: err.Error(), cause: err}
		if errors.Is(err, transport.ErrHeldBack) {
			answer.kind, answer.RetryAfter = ErrRateLimited, c.gateway.MaxWait
		}
		return answer
	}
	if call.Status/100 != http.StatusOK/100 {
		code, kind := c.options.Codes.meaning(call.Status, call.Bytes())
		code = c.credential(access).Scrub(code)
		answer := &Error{
			Status: call.Status,
			Code:   code,
			kind:   kind,
			text:   c.credential(access).Scrub(c.gateway.Describe(call.Status, code, kind)),
		}
		if errors.Is(answer, ErrRateLimited) {
			answer.RetryAfter = c.gateway.RetryAfter(call.ResponseHeader)
		}
		return answer
	}
	return decode(call.Bytes())
}
