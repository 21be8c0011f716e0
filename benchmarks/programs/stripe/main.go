// Command stripe makes one call with stripe-go: benchmarks/compare -import measures what that costs to build.
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/stripe/stripe-go/v85"
)

func main() {
	payout, err := stripe.NewClient("token").V1Payouts.Retrieve(context.Background(), "po_1", nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(payout.Amount)
}
