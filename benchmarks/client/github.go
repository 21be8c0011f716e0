package client

import (
	"context"
	"fmt"

	"github.com/google/go-github/v88/github"
)

const issueNumber = 42

// nextLink is the header that go-github's pager follows.
func nextLink(page int) string {
	if page == pages {
		return ""
	}
	return fmt.Sprintf(
		"Link: <http://127.0.0.1/issues?page=%d>; rel=\"next\", <http://127.0.0.1/issues?page=%d>; rel=\"last\"\r\n",
		page+1,
		pages,
	)
}

func githubReplies() replies {
	return replies{
		prefix: "github", one: "/issues/42", wrap: "{item}", ids: sameID("42"),
		item: `{"url":"https://api.github.com/repos/djamo/djamo-go/issues/42","html_url":"https://github.com/djamo/djamo-go/issues/42",` +
			`"id":1993850123,"node_id":"I_kwDOKyE","number":{id},"title":"Salaire de juin","user":{"login":"djamo","id":583231,"type":"User"},` +
			`"labels":[{"id":20804,"name":"bug","color":"f29513","default":true}],"state":"open","locked":false,"comments":50000,` +
			`"created_at":"2023-11-24T17:43:15Z","updated_at":"2023-11-24T17:43:16Z","closed_at":null,"body":"{pad}"}`,
		page: func(page int) (envelope, headers string) { return "[{items}]", nextLink(page) },
	}
}

func githubSDK(base string) (Calls, error) {
	client, err := github.NewClient(github.WithHTTPClient(wideClient()), github.WithURLs(new(base+"/"), nil), github.WithAuthToken(token))
	if err != nil {
		return Calls{}, err
	}
	return Calls{
		Get: func(ctx context.Context) error {
			issue, _, err := client.Issues.Get(ctx, "djamo", "djamo-go", issueNumber)
			if err != nil {
				return err
			}
			return check(issue.GetNumber(), issueNumber, int64(issue.GetComments()))
		},
		Create: func(ctx context.Context) error {
			issue, _, err := client.Issues.Create(
				ctx,
				"djamo",
				"djamo-go",
				&github.IssueRequest{Title: new("Salaire de juin"), Body: new(reference)},
			)
			if err != nil {
				return err
			}
			return check(issue.GetNumber(), issueNumber, int64(issue.GetComments()))
		},
		List: func(ctx context.Context) error {
			var all tally
			options := &github.IssueListByRepoOptions{ListOptions: github.ListOptions{PerPage: pageSize}}
			for issue, err := range client.Issues.ListByRepoIter(ctx, "djamo", "djamo-go", options) {
				if err != nil {
					return err
				}
				all.add(issue.GetNumber() == issueNumber, int64(issue.GetComments()))
			}
			return all.check()
		},
	}, nil
}
