package client

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	paddle "github.com/PaddleHQ/paddle-go-sdk/v4"
)

const priceID = "pri_01hsdn96k2hxjzsq5yerecdj9j"

func paddleReplies() replies {
	return replies{
		prefix: "prices", one: "/prices/pri_", wrap: `{"data":{item},"meta":{"request_id":"b15ec92e-8688-40d4"}}`, ids: sameID(priceID),
		item: `{"id":"{id}","product_id":"pro_01hsdn8qp7yydry3x1yeg6a9rv","description":"Salaire de juin {pad}","type":"standard",` +
			`"name":"Monthly (per seat)","billing_cycle":{"interval":"month","frequency":1},"trial_period":null,"tax_mode":"account_setting",` +
			`"unit_price":{"amount":"50000","currency_code":"USD"},"unit_price_overrides":[],"quantity":{"minimum":1,"maximum":999},` +
			`"status":"active","custom_data":null,"import_meta":null,` +
			`"created_at":"2023-11-24T17:43:15.970Z","updated_at":"2023-11-24T17:43:16.970Z"}`,
		page: func(page int) (envelope, headers string) {
			return fmt.Sprintf(`{"data":[{items}],"meta":{"request_id":"b15ec92e-8688-40d4","pagination":{"per_page":%d,`+
				`"next":"/prices?after=page_%d","has_more":%t,"estimated_total":%d}}}`, pageSize, page+1, page < pages, pageSize*pages), ""
		},
	}
}

// paddleSDK resolves its own /prices against the address, which loses the path of the address.
func paddleSDK(base string) (Calls, error) {
	base = strings.TrimSuffix(base, "/prices")
	client, err := paddle.New(token, paddle.WithBaseURL(base), paddle.WithClient(wideClient()))
	if err != nil {
		return Calls{}, err
	}
	return Calls{
		Get: func(ctx context.Context) error {
			price, err := client.GetPrice(ctx, &paddle.GetPriceRequest{PriceID: priceID})
			if err != nil {
				return err
			}
			return check(price.ID, priceID, cents(price))
		},
		Create: func(ctx context.Context) error {
			price, err := client.CreatePrice(ctx, &paddle.CreatePriceRequest{
				Description: "Salaire de juin", ProductID: "pro_01hsdn8qp7yydry3x1yeg6a9rv",
				UnitPrice: paddle.Money{Amount: strconv.Itoa(amount), CurrencyCode: paddle.CurrencyCodeUSD}})
			if err != nil {
				return err
			}
			return check(price.ID, priceID, cents(price))
		},
		List: func(ctx context.Context) error {
			var all tally
			prices, err := client.ListPrices(ctx, &paddle.ListPricesRequest{PerPage: new(pageSize)})
			if err != nil {
				return err
			}
			if err := prices.IterErr(ctx, func(price *paddle.Price) error {
				all.add(price.ID == priceID, cents(price))
				return nil
			}); err != nil {
				return err
			}
			return all.check()
		},
	}, nil
}

// cents is 0 for an amount that is no whole number: the SDK keeps amounts as text.
func cents(price *paddle.Price) int64 {
	n, err := strconv.ParseInt(price.UnitPrice.Amount, 10, 64)
	if err != nil {
		return 0
	}
	return n
}
