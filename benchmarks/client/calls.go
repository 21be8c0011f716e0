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
	id        = "txn_2cdc8ab1-6d50-49cc-ba14-54e4ac7ec231"
	reference = "payroll-2026-06/0042"
)

// timeLimit is one that a client for payments has.
const timeLimit = 30 * time.Second

func djamoReplies() replies {
	return replies{
		prefix: "djamo", one: "/txn_", wrap: "{item}", ids: sameID(id),
		item: `{"id":"{id}","createdAt":"2023-11-24T17:43:15.970Z","updatedAt":"2023-11-24T17:43:16.970Z","amount":50000,"fee":500,` +
			`"totalAmount":50500,"status":"completed","msisdn":"+2250748710523","reference":"payroll-2026-06/0042","failureReason":null,` +
			`"description":"Salaire de juin {pad}","type":"transfer","batchId":"17f9956f-0965-4964-b2c1-40b4fef141a7"}`,
		page: func(page int) (envelope, headers string) {
			next := "null"
			if page < pages {
				next = fmt.Sprintf(`"page_%d"`, page+1)
			}
			return fmt.Sprintf(`{"count":%d,"limit":%d,"cursor":{"prev":null,"next":%s},"data":[{items}]}`, pageSize, pageSize, next), ""
		},
	}
}

// djamoSDK makes the calls through this project's client, as built by default.
func djamoSDK(base string) (Calls, error) {
	client, err := djamo.NewClient(token, djamo.WithBaseURL(base))
	if err != nil {
		return Calls{}, err
	}
	return Calls{
		Get: func(ctx context.Context) error {
			t, err := client.Transactions.Get(ctx, id)
			if err != nil {
				return err
			}
			return check(t.ID, id, int64(t.Amount))
		},
		Create: func(ctx context.Context) error {
			t, err := client.Transactions.Create(ctx, djamo.TransactionParams{
				MSISDN: "+2250748710523", Amount: amount, Reference: reference, Description: "Salaire de juin"})
			if err != nil {
				return err
			}
			return check(t.ID, id, int64(t.Amount))
		},
		List: func(ctx context.Context) error {
			var all tally
			for t, err := range client.Transactions.List(ctx, djamo.TransactionListParams{Limit: pageSize}) {
				if err != nil {
					return err
				}
				all.add(t.ID == id, int64(t.Amount))
			}
			return all.check()
		},
	}, nil
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

// handWritten makes the calls with net/http and encoding/json alone. A timeout of 0 is no time limit at all.
func handWritten(timeout time.Duration) func(base string) (Calls, error) {
	return func(base string) (Calls, error) {
		h := byHand{http: wideClient(), base: base, timeout: timeout}
		return Calls{Get: h.get, Create: h.create, List: h.list}, nil
	}
}

func (h byHand) get(ctx context.Context) error {
	var p payment
	if err := h.do(ctx, http.MethodGet, "/v1/transactions/"+url.PathEscape(id), nil, &p); err != nil {
		return err
	}
	return check(p.ID, id, p.Amount)
}

func (h byHand) create(ctx context.Context) error {
	var p payment
	if err := h.do(ctx, http.MethodPost, "/v1/transactions", newPayment{
		MSISDN: "+2250748710523", Amount: amount, Reference: reference, Description: "Salaire de juin", Type: "transfer"}, &p); err != nil {
		return err
	}
	return check(p.ID, id, p.Amount)
}

func (h byHand) list(ctx context.Context) error {
	var all tally
	cursor := ""
	for {
		query := url.Values{"limit": {strconv.Itoa(pageSize)}}
		if cursor != "" {
			query.Set("cursor", cursor)
		}
		var page paymentPage
		if err := h.do(ctx, http.MethodGet, "/v1/transactions?"+query.Encode(), nil, &page); err != nil {
			return err
		}
		for i := range page.Data {
			all.add(page.Data[i].ID == id, page.Data[i].Amount)
		}
		if cursor = page.Cursor.Next; cursor == "" {
			return all.check()
		}
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
