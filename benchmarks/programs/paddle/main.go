// Command paddle makes one call with paddle-go-sdk: benchmarks/compare -import measures what that costs to build.
package main

import (
	"context"
	"fmt"
	"log"

	paddle "github.com/PaddleHQ/paddle-go-sdk/v4"
)

func main() {
	client, err := paddle.New("token")
	if err != nil {
		log.Fatal(err)
	}
	price, err := client.GetPrice(context.Background(), &paddle.GetPriceRequest{PriceID: "pri_1"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(price.UnitPrice.Amount)
}
