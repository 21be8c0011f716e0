package sandboxcmd

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/openfinance/gatewaytest"
)

// fillDemo makes an account that has something on every page, through the API as a program would.
func fillDemo(api *djamotest.API) error {
	client := &http.Client{Transport: api.Transport()}
	send := func(path, body string) error {
		r, err := http.NewRequest(http.MethodPost, "http://djamo.test"+path, strings.NewReader(body)) //nolint:noctx // no network
		if err != nil {
			return err
		}
		r.Header.Set("Authorization", "Bearer "+api.Token)
		r.Header.Set("X-Company-Id", api.CompanyID)
		r.Header.Set("Content-Type", "application/json")
		resp, err := client.Do(r)
		if err != nil {
			return err
		}
		return resp.Body.Close()
	}
	var problems []error
	for i := range 12 {
		problems = append(problems, send("/v1/transactions", fmt.Sprintf(
			`{"msisdn":"+22507000000%02d","amount":%d,"reference":"salaire-2026-07/%04d","description":"Salaire de juillet","type":"transfer"}`,
			i+10, 150_000+i*12_500, i+1)))
	}
	problems = append(problems, api.Reject("salaire-2026-07/0007", "recipient account is limited"), api.Advance(2*time.Minute))
	for i := range 2 {
		problems = append(problems, send("/v1/transactions", fmt.Sprintf(
			`{"msisdn":"+22507000000%02d","amount":25000,"reference":"prime-2026-07/%04d","type":"transfer"}`, i+10, i+1)))
	}
	for i := range 3 {
		problems = append(problems, send("/v1/charges", fmt.Sprintf(
			`{"amount":%d,"externalId":"commande-%04d","description":"Panier %d"}`, 9_000+i*2_500, i+1, i+1)))
	}
	problems = append(problems, api.Pay("commande-0001"))
	return errors.Join(problems...)
}

// fillDemoWallets opens two wallets with a month of life, and lets one be read.
func fillDemoWallets(gateway *gatewaytest.Gateway) {
	const days = 30
	for _, id := range []string{"wal_XOF_aya", "wal_XOF_kofi"} {
		gateway.AddWallet(id, 100_000)
		gateway.Live(id, gateway.Now().UTC().AddDate(0, 0, -days), days, false)
	}
	gateway.Issue("wal_XOF_aya")
}
