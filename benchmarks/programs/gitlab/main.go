// Command gitlab makes one call with client-go of GitLab: benchmarks/compare -import measures what that costs to build.
package main

import (
	"fmt"
	"log"

	gitlab "gitlab.com/gitlab-org/api/client-go"
)

func main() {
	client, err := gitlab.NewClient("token")
	if err != nil {
		log.Fatal(err)
	}
	issue, _, err := client.Issues.GetIssue(4, 42)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(issue.Weight)
}
