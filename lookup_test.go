package djamo_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/djamo/djamo-go"
	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

// The answer to a look-up by reference has no documented shape. Found means an object that bears the reference; absent
// needs an answer that can mean nothing else; everything between is an unexpected answer, and never "not found", since
// a payment that counts as absent is sent again.
func TestLookUp_Shapes(t *testing.T) {
	t.Parallel()
	const (
		ours   = `{"id":"txn_1","reference":"r","amount":5,"status":"failed"}`
		other  = `{"id":"txn_2","reference":"R","amount":5}`
		absent = djamo.ErrNotFound
		odd    = djamo.ErrUnexpectedAnswer
		found  = djamo.ErrorCode("")
	)
	for _, row := range []struct {
		status int
		body   string
		want   djamo.ErrorCode
	}{
		{200, ours, found},
		{200, ` ` + ours + "\n", found},
		{200, `[` + ours + `]`, found},
		{200, `[` + other + `,` + ours + `]`, found},
		{200, `{"data":` + ours + `}`, found},
		{200, `{"data":[` + ours + `]}`, found},
		{200, `{"data":[` + other + `,` + ours + `],"cursor":{"next":"more"}}`, found},
		{200, `{"data":{"data":[` + ours + `]}}`, found},
		{200, `{"count":1,"limit":15,"cursor":{"prev":null,"next":null},"data":[` + ours + `]}`, found},
		{201, ours, found},

		{200, `[]`, absent},
		{200, `{"data":[]}`, absent},
		{200, `{"success":true,"data":[]}`, absent},
		{200, `{"data":[],"meta":{"pagination":{"total":0,"links":{"meta":null}}}}`, absent},
		{200, `{"statusCode":200,"error":null,"hasMore":false,"nextCursor":null,"data":[]}`, absent},
		{200, `{"count":0,"limit":15,"cursor":{"prev":null,"next":null},"data":[]}`, absent},
		{404, `{"statusCode":404,"message":"no such transaction"}`, absent},

		{200, other, odd},
		{200, `[` + other + `]`, odd},
		{200, `{"data":[` + other + `]}`, odd},
		{200, `{"data":` + other + `}`, odd},
		{200, `[` + ours + `,{"id":"txn_3","reference":"r","amount":5}]`, odd},
		{200, `{"data":[{"id":"txn_3","reference":"r","amount":6},` + other + `,` + ours + `],"cursor":{"next":null}}`, odd},
		{200, `{"id":"txn_1"}`, odd},
		{200, `{"id":"txn_1","reference":null}`, odd},
		{200, `{"id":"txn_1","reference":" r"}`, odd},
		{200, `[null]`, odd},
		{200, `[{}]`, odd},
		{200, `{}`, odd},
		{200, `{"reference":"r","amount":5}`, odd},
		{200, `{"statusCode":404,"message":"no such transaction"}`, odd},
		{200, `{"transactions":[` + ours + `]}`, odd},
		{200, `{"data":"r"}`, odd},
		{200, `{"data":7}`, odd},
		{200, `{"data":[7]}`, odd},
		{200, `{"data":[[` + ours + `]]}`, odd},
		{200, `{"id":7,"reference":"r"}`, odd},
		{200, `{"id":"txn_1","reference":"r","amount":"5"}`, odd},
		{200, `{"id":"txn_1","reference":"r","amount":5.5}`, odd},
		{200, `[` + ours, odd},
		{200, `[` + ours + `] trailing`, odd},
		{200, `true`, odd},
		{200, `""`, odd},
		{200, ``, odd},
		{204, ``, odd},
		{200, "  \n", odd},
		{200, `<html>not found</html>`, odd},
		{404, `<html>not found</html>`, odd},
		{404, ``, odd},
		{404, "404 page not found\n", odd},
		{404, `default backend - 404`, odd},
		{404, `"not found"`, odd},
		{404, `[]`, odd},
		{404, `{"statusCode":404,"mess`, odd},
		{200, `null`, odd},
		{200, `{"data":null}`, odd},
		{200, `{"data":{"data":null}}`, odd},
		{200, `{"success":false,"message":"index unavailable","data":null}`, odd},
		{200, `{"success":false,"data":[]}`, odd},
		{200, `{"success":"no","data":[]}`, odd},
		{200, `{"statusCode":503,"message":"index unavailable","data":[]}`, odd},
		{200, `{"StatusCode":"503","data":[]}`, odd},
		{200, `{"error":"index unavailable","data":[]}`, odd},
		{200, `{"data":{"errors":[{}],"data":[]}}`, odd},
		{200, `{"count":1,"limit":15,"cursor":{"prev":null,"next":null},"data":[]}`, odd},
		{200, `{"count":1,"data":{"data":[]}}`, odd},
		{200, `{"data":[],"cursor":{"next":null},"nextCursor":"abc"}`, odd},
		{200, `{"data":[],"has_more":true}`, odd},
		{200, `{"data":[` + ours + `],"data":[]}`, odd},
		{200, `{"data":[` + ours + `],"Data":null}`, odd},
		{200, `{"data":[],"cursor":{"next":"more"},"CUR\u017fOR":{"next":null}}`, odd},
		{404, ` <!-- gateway --><p>`, odd},

		{403, `{"message":"no"}`, djamo.ErrForbidden},
		{403, `<html>blocked`, djamo.ErrBlocked},
		{500, `{"data":[]}`, djamo.ErrServer},
		{400, `[]`, djamo.ErrInvalidRequest},
	} {
		t.Run(fmt.Sprint(row.status, row.body), func(t *testing.T) {
			t.Parallel()
			tx, err := mocked(t, httpmock.NewStringResponder(row.status, row.body)).Transactions.GetByReference(t.Context(), "r")
			if row.want == found {
				require.NoError(t, err)
				require.Equal(t, "txn_1", tx.ID)
				require.Equal(t, djamo.TransactionFailed, tx.Status)
				return
			}
			require.Nil(t, tx)
			for _, sentinel := range sentinels {
				require.Equal(t, sentinel == row.want, errors.Is(err, sentinel), "%q: %v", sentinel, err)
			}
		})
	}
}
