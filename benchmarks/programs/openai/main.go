// Command openai makes one call with openai-go: benchmarks/compare -import measures what that costs to build.
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
)

func main() {
	client := openai.NewClient(option.WithAPIKey("token"))
	store, err := client.VectorStores.Get(context.Background(), "vs_1")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(store.UsageBytes)
}
