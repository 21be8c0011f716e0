package djamo_test

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/djamo/djamo-go"
)

func ExampleTimestamp() {
	var transaction struct {
		CreatedAt djamo.Timestamp `json:"createdAt"`
		UpdatedAt djamo.Timestamp `json:"updatedAt"`
	}
	body := `{"createdAt": "2023-11-24T17:43:15.970Z", "updatedAt": "20231124T174515.970Z"}`
	if err := json.Unmarshal([]byte(body), &transaction); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(transaction.CreatedAt.Format(time.RFC1123))
	fmt.Println(transaction.UpdatedAt.Sub(transaction.CreatedAt.Time))
	// Output:
	// Fri, 24 Nov 2023 17:43:15 UTC
	// 2m0s
}

func ExampleParseTimestamp() {
	stamp, err := djamo.ParseTimestamp("20250128T083908.249Z")
	fmt.Println(stamp, err)
	// Output: 2025-01-28 08:39:08.249 +0000 UTC <nil>
}
