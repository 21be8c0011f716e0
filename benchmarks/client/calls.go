package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/djamo/djamo-go"
)

const (
	token     = "at_benchmark"
	id        = "txn_2cdc8ab1-6d50-49cc-ba14-54e4ac7ec231"
	reference = "payroll-2026-06/0042"
)

// Calls are what is measured, once for each client.
type Calls struct {
	Get, Create, List func(context.Context) error
}

// SDK makes the calls through this project's client, as built by default.
func SDK(base string) (Calls, error) {
	client, err := djamo.NewClient(token, djamo.WithBaseURL(base))
	if err != nil {
		return Calls{}, err
	}
	return Calls{
		Get: func(ctx context.Context) error {
			_, err := client.Transactions.Get(ctx, id)
			return err
		},
		Create: func(ctx context.Context) error {
			_, err := client.Transactions.Create(ctx, djamo.TransactionParams{
				MSISDN: "+2250748710523", Amount: 50_000, Reference: reference, Description: "Salaire de juin"})
			return err
		},
		List: func(ctx context.Context) error {
			n := 0
			for _, err := range client.Transactions.List(ctx, djamo.TransactionListParams{Limit: pageSize}) {
				if err != nil {
					return err
				}
				n++
			}
			return count(n)
		},
	}, nil
}

func count(n int) error {
	if n != pageSize*pages {
		return fmt.Errorf("listed %d payments", n)
	}
	return nil
}

// byHand is the client a backend engineer writes: net/http, encoding/json, a type for the answer. It has no retries,
// no settlement and no checks.
type byHand struct {
	http    *http.Client
	base    string
	timeout time.Duration // 0: none, so that a silent server keeps it for ever
}

type payment struct {
	ID            string    `json:"id"`
	Amount        int64     `json:"amount"`
	Fee           int64     `json:"fee"`
	TotalAmount   int64     `json:"totalAmount"`
	MSISDN        string    `json:"msisdn"`
	Status        string    `json:"status"`
	Reference     string    `json:"reference"`
	Type          string    `json:"type"`
	Description   string    `json:"description"`
	BatchID       string    `json:"batchId"`
	SubCompanyID  string    `json:"subCompanyId"`
	FailureReason string    `json:"failureReason"`
	CreatedAt     time.Time `json:"createdAt"`
	UpdatedAt     time.Time `json:"updatedAt"`
}

type paymentPage struct {
	Count  int `json:"count"`
	Limit  int `json:"limit"`
	Cursor struct {
		Prev string `json:"prev"`
		Next string `json:"next"`
	} `json:"cursor"`
	Data []payment `json:"data"`
}

type newPayment struct {
	MSISDN      string `json:"msisdn"`
	Amount      int64  `json:"amount"`
	Reference   string `json:"reference"`
	Description string `json:"description"`
	Type        string `json:"type"`
}

// HandWritten makes the calls with net/http and encoding/json alone. A timeout of 0 is no time limit at all.
func HandWritten(base string, timeout time.Duration) Calls {
	transport := &http.Transport{MaxIdleConns: 100, MaxIdleConnsPerHost: 100}
	h := byHand{http: &http.Client{Transport: transport}, base: base, timeout: timeout}
	return Calls{
		Get: func(ctx context.Context) error {
			var p payment
			return h.do(ctx, http.MethodGet, "/v1/transactions/"+url.PathEscape(id), nil, &p)
		},
		Create: func(ctx context.Context) error {
			var p payment
			return h.do(ctx, http.MethodPost, "/v1/transactions", newPayment{
				MSISDN: "+2250748710523", Amount: 50_000, Reference: reference, Description: "Salaire de juin", Type: "transfer"}, &p)
		},
		List: func(ctx context.Context) error {
			n, cursor := 0, ""
			for {
				query := url.Values{"limit": {strconv.Itoa(pageSize)}}
				if cursor != "" {
					query.Set("cursor", cursor)
				}
				var page paymentPage
				if err := h.do(ctx, http.MethodGet, "/v1/transactions?"+query.Encode(), nil, &page); err != nil {
					return err
				}
				n += len(page.Data)
				if cursor = page.Cursor.Next; cursor == "" {
					return count(n)
				}
			}
		},
	}
}

func (h byHand) do(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(raw)
	}
	if h.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, h.timeout)
		defer cancel()
	}
	req, err := http.NewRequestWithContext(ctx, method, h.base+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "by-hand/1.0")
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := h.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("%s %s: %s", method, path, resp.Status)
	}
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, out)
}
