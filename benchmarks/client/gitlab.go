package client

import (
	"context"
	"fmt"

	gitlab "gitlab.com/gitlab-org/api/client-go"
)

const gitlabProject = 4

func gitlabReplies() replies {
	return replies{
		prefix: "gitlab", one: "/issues/42", wrap: "{item}", ids: sameID("42"),
		item: `{"id":76,"iid":{id},"project_id":4,"title":"Salaire de juin","description":"{pad}","state":"opened",` +
			`"created_at":"2023-11-24T17:43:15.970Z","updated_at":"2023-11-24T17:43:16.970Z","closed_at":null,"labels":["bug"],` +
			`"author":{"id":18,"name":"Djamo","username":"djamo","state":"active","web_url":"https://gitlab.com/djamo"},"upvotes":4,` +
			`"downvotes":0,"user_notes_count":1,"weight":50000,"confidential":false,"issue_type":"issue",` +
			`"web_url":"https://gitlab.com/djamo/djamo-go/-/issues/42","references":{"short":"#42","full":"djamo/djamo-go#42"}}`,
		page: func(page int) (envelope, headers string) {
			if page == pages {
				return "[{items}]", ""
			}
			return "[{items}]", fmt.Sprintf("X-Page: %d\r\nX-Next-Page: %d\r\n", page, page+1)
		},
	}
}

func gitlabSDK(base string) (Calls, error) {
	client, err := gitlab.NewClient(token, gitlab.WithHTTPClient(wideClient()), gitlab.WithBaseURL(base))
	if err != nil {
		return Calls{}, err
	}
	return Calls{
		Get: func(ctx context.Context) error {
			issue, _, err := client.Issues.GetIssue(gitlabProject, issueNumber, gitlab.WithContext(ctx))
			if err != nil {
				return err
			}
			return check(issue.IID, issueNumber, issue.Weight)
		},
		Create: func(ctx context.Context) error {
			issue, _, err := client.Issues.CreateIssue(gitlabProject,
				&gitlab.CreateIssueOptions{Title: new("Salaire de juin"), Description: new(reference)}, gitlab.WithContext(ctx))
			if err != nil {
				return err
			}
			return check(issue.IID, issueNumber, issue.Weight)
		},
		List: func(ctx context.Context) error {
			var all tally
			options := &gitlab.ListProjectIssuesOptions{ListOptions: gitlab.ListOptions{PerPage: pageSize}}
			issues := gitlab.Scan2(func(page gitlab.PaginationOptionFunc) ([]*gitlab.Issue, *gitlab.Response, error) {
				return client.Issues.ListProjectIssues(gitlabProject, options, page, gitlab.WithContext(ctx))
			})
			for issue, err := range issues {
				if err != nil {
					return err
				}
				all.add(issue.IID == issueNumber, issue.Weight)
			}
			return all.check()
		},
	}, nil
}
