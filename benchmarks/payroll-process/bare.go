package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
)

// amount is what each payee gets, in whole francs.
const amount = 10_000

func msisdn(i int) string { return fmt.Sprintf("+22507%08d", i) }

// payBare is the loop that people write by hand: post each payout, read it back, remember nothing.
func payBare(ctx context.Context, url, token string, payouts, concurrency int) error {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: concurrency}}
	next := make(chan int)
	failures := make([]error, concurrency)
	var group sync.WaitGroup
	for worker := range concurrency {
		group.Go(func() {
			for i := range next {
				if err := payOne(ctx, client, url, token, i); err != nil {
					failures[worker] = errors.Join(failures[worker], err)
				}
			}
		})
	}
	for i := range payouts {
		next <- i
	}
	close(next)
	group.Wait()
	return errors.Join(failures...)
}

type transaction struct {
	ID     string `json:"id"`
	Amount int64  `json:"amount"`
	Status string `json:"status"`
}

func payOne(ctx context.Context, client *http.Client, url, token string, i int) error {
	body, err := json.Marshal(map[string]any{
		"msisdn": msisdn(i), "amount": amount, "reference": fmt.Sprint("bare/", i), "type": "transfer", "description": "Salaire",
	})
	if err != nil {
		return err
	}
	var made, read transaction
	if err := exchange(ctx, client, http.MethodPost, url+"/v1/transactions", token, body, &made); err != nil {
		return err
	}
	if err := exchange(ctx, client, http.MethodGet, url+"/v1/transactions/"+made.ID, token, nil, &read); err != nil {
		return err
	}
	if read.ID != made.ID || read.Amount != amount || read.Status != "completed" {
		return fmt.Errorf("transaction %s of %d is %s", read.ID, read.Amount, read.Status)
	}
	return nil
}

func exchange(ctx context.Context, client *http.Client, method, url, token string, body []byte, out any) error {
	request, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: %s", method, url, response.Status)
	}
	return json.Unmarshal(content, out)
}
