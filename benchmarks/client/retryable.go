package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"sync"

	"github.com/hashicorp/go-retryablehttp"
)

// retryable is a client by hand with the loop that this SDK has too, made for speed: no log, bodies read into buffers that
// are used again, headers of values that are made once. It has a time limit, and no settlement and no checks.
type retryable struct {
	http    *retryablehttp.Client
	base    string
	header  http.Header
	buffers *sync.Pool
}

func retryableLoop(base string) (Calls, error) {
	h := retryable{
		http: &retryablehttp.Client{
			HTTPClient: wideClient(), RetryMax: 3, CheckRetry: retryablehttp.DefaultRetryPolicy, Backoff: retryablehttp.DefaultBackoff,
		},
		base:    base,
		header:  http.Header{"Authorization": {"Bearer " + token}, "Accept": {"application/json"}, "User-Agent": {"by-hand/1.0"}},
		buffers: &sync.Pool{New: func() any { return new(bytes.Buffer) }},
	}
	return Calls{Get: h.get, Create: h.create, List: h.list}, nil
}

func (h retryable) get(ctx context.Context) error {
	var p payment
	if err := h.do(ctx, http.MethodGet, "/v1/transactions/"+url.PathEscape(id), nil, &p); err != nil {
		return err
	}
	return check(p.ID, id, p.Amount)
}

func (h retryable) create(ctx context.Context) error {
	var p payment
	if err := h.do(ctx, http.MethodPost, "/v1/transactions", newPayment{
		MSISDN: "+2250748710523", Amount: amount, Reference: reference, Description: "Salaire de juin", Type: "transfer"}, &p); err != nil {
		return err
	}
	return check(p.ID, id, p.Amount)
}

func (h retryable) list(ctx context.Context) error {
	var all tally
	for cursor := ""; ; {
		path := "/v1/transactions?limit=" + strconv.Itoa(pageSize)
		if cursor != "" {
			path += "&cursor=" + url.QueryEscape(cursor)
		}
		page := paymentPage{Data: make([]payment, 0, pageSize)}
		if err := h.do(ctx, http.MethodGet, path, nil, &page); err != nil {
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

func (h retryable) do(ctx context.Context, method, path string, in, out any) error {
	ctx, cancel := context.WithTimeout(ctx, timeLimit)
	defer cancel()
	var raw []byte
	var body any
	if in != nil {
		var err error
		if raw, err = json.Marshal(in); err != nil {
			return err
		}
		body = raw
	}
	req, err := retryablehttp.NewRequestWithContext(ctx, method, h.base+path, body)
	if err != nil {
		return err
	}
	maps.Copy(req.Header, h.header)
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
	buffer, _ := h.buffers.Get().(*bytes.Buffer)
	defer h.buffers.Put(buffer)
	buffer.Reset()
	if _, err := io.Copy(buffer, resp.Body); err != nil {
		return err
	}
	return json.Unmarshal(buffer.Bytes(), out)
}
