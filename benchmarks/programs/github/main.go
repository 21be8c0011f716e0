// Command github makes one call with go-github: benchmarks/compare -import measures what that costs to build.
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/google/go-github/v88/github"
)

func main() {
	client, err := github.NewClient(github.WithAuthToken("token"))
	if err != nil {
		log.Fatal(err)
	}
	issue, _, err := client.Issues.Get(context.Background(), "djamo", "djamo-go", 42)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(issue.GetComments())
}
