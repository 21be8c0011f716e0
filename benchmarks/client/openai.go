package client

import (
	"context"
	"fmt"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
)

const storeID = "vs_abc123abc123abc123abc123"

func openaiReplies() replies {
	return replies{
		prefix: "openai", one: "/vector_stores/vs_", wrap: "{item}", ids: cursorID(storeID, "vs_"),
		item: `{"id":"{id}","object":"vector_store","created_at":1700847795,"name":"Salaire de juin {pad}",` +
			`"description":null,"usage_bytes":50000,` +
			`"status":"completed","file_counts":{"in_progress":0,"completed":100,"cancelled":0,"failed":0,"total":100},` +
			`"last_active_at":1700847796,"expires_after":null,"expires_at":null,"metadata":{"reference":"payroll-2026-06/0042"}}`,
		page: func(page int) (envelope, headers string) {
			return fmt.Sprintf(
				`{"object":"list","first_id":"%s","last_id":"vs_page_%d","has_more":%t,"data":[{items}]}`,
				storeID,
				page+1,
				page < pages,
			), ""
		},
	}
}

func openaiSDK(base string) (Calls, error) {
	client := openai.NewClient(option.WithBaseURL(base), option.WithAPIKey(token), option.WithHTTPClient(wideClient()))
	return Calls{
		Get: func(ctx context.Context) error {
			store, err := client.VectorStores.Get(ctx, storeID)
			if err != nil {
				return err
			}
			return check(store.ID, storeID, store.UsageBytes)
		},
		Create: func(ctx context.Context) error {
			store, err := client.VectorStores.New(ctx, openai.VectorStoreNewParams{
				Name: openai.String("Salaire de juin"), Metadata: map[string]string{"reference": reference}})
			if err != nil {
				return err
			}
			return check(store.ID, storeID, store.UsageBytes)
		},
		List: func(ctx context.Context) error {
			var all tally
			pager := client.VectorStores.ListAutoPaging(ctx, openai.VectorStoreListParams{Limit: openai.Int(pageSize)})
			for pager.Next() {
				store := pager.Current()
				all.add(store.ID != "", store.UsageBytes)
			}
			if err := pager.Err(); err != nil {
				return err
			}
			return all.check()
		},
	}, nil
}
