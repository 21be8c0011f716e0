// Command djamo makes one call with this SDK: benchmarks/compare -import measures what that costs to build.
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/djamo/djamo-go"
)

func main() {
	client, err := djamo.NewClient("token")
	if err != nil {
		log.Fatal(err)
	}
	transaction, err := client.Transactions.Get(context.Background(), "txn_1")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(transaction.Amount)
}
