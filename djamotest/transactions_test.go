package djamotest_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
)

func TestTransactions_Create_AnswersLikeTheRecordedPayload(t *testing.T) {
	t.Parallel()
	at := time.Date(2023, 5, 25, 17, 43, 15, 970e6, time.UTC)
	api, c := newAPI(t, djamotest.WithClock(func() time.Time { return at }), djamotest.WithBalance(1_000_000))
	got := c.must(201, "POST", "/v1/transactions", transferTo(awa, 500_000, "17f99xApUe472A"))
	require.Regexp(t, `^txn_[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, got["id"])
	require.Equal(t, object{
		"id": got["id"], "createdAt": "2023-05-25T17:43:15.970Z", "updatedAt": "2023-05-25T17:43:15.970Z",
		"amount": number(500_000), "fee": number(5_000), "totalAmount": number(505_000), "status": "pending", "msisdn": awa,
		"reference": "17f99xApUe472A", "description": "Salaire de juin", "type": "transfer",
		"djamoTransactionReference": got["djamoTransactionReference"],
	}, got)
	require.Equal(t, int64(495_000), api.Balance())
}

// TestReplies_HaveTheRecordedFields compares what the server answers with the payloads recorded from the API, where the
// project's testdata holds them.
func TestReplies_HaveTheRecordedFields(t *testing.T) {
	t.Parallel()
	_, c := newAPI(t)
	sub := c.must(201, "POST", "/v1/sub-companies", object{"name": "Chocolate Factory", "logoUrl": "https://myapp.com/logo.png"})
	single := transferTo(awa, 5000, "a")
	single["subCompanyId"] = sub["id"]
	item := object{"msisdn": awa, "amount": 5000, "reference": "b", "description": "Prime de juin"}
	c.must(201, "POST", "/v1/webhooks", object{"topic": "transactions/started", "url": "https://myapp.com/hook"})
	inBatch := func(batch object) object {
		id := batch["transactions"].([]any)[0].(object)["id"].(string)
		return c.must(200, "GET", "/v1/transactions/"+id, nil)
	}
	tests := []struct {
		fixture string
		got     object
	}{
		{"transaction_create_subcompany_response", c.must(201, "POST", "/v1/transactions", single)},
		{"transaction_get_response", inBatch(c.must(201, "POST", "/v1/transactions/batch", object{"transactions": []any{
			object{"msisdn": awa, "amount": 5000, "reference": "c", "description": "July's salary"},
		}}))},
		{"batch_create_subcompany_response", c.must(201, "POST", "/v1/transactions/batch",
			object{"subCompanyId": sub["id"], "transactions": []any{item}})},
		{"subcompany_response", c.must(200, "GET", "/v1/sub-companies/"+sub["id"].(string), nil)},
		{"subcompany_list_response", c.must(200, "GET", "/v1/sub-companies", nil)},
		{"webhook_endpoint_list_response", c.must(200, "GET", "/v1/webhooks", nil)},
		{"balance_response", c.must(200, "GET", "/v1/balance", nil)},
		{"customer_check_response", c.must(200, "GET", "/v1/transactions/customers/check?msisdn="+url.QueryEscape(awa), nil)},
	}
	for _, tt := range tests {
		raw, err := os.ReadFile(filepath.Join("testdata", "reference", tt.fixture+".json"))
		require.NoError(t, err)
		// The examples of the documentation leave Djamo's own reference out; Djamo sends it with the creation.
		beside := func(path string) bool { return strings.HasSuffix(path, ".djamoTransactionReference") }
		require.ElementsMatch(t, slices.DeleteFunc(fieldPaths("", decode(t, raw)), beside),
			slices.DeleteFunc(fieldPaths("", tt.got), beside), tt.fixture)
	}
}

// fieldPaths lists the paths of all fields; array items count once.
func fieldPaths(at string, v any) []string {
	var out []string
	switch v := v.(type) {
	case object:
		for name, value := range v {
			out = append(append(out, at+"."+name), fieldPaths(at+"."+name, value)...)
		}
	case []any:
		for _, item := range v {
			out = append(out, fieldPaths(at+"[]", item)...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func TestTransactions_Reference_OnlyOnceEver(t *testing.T) {
	t.Parallel()
	api, c := newAPI(t)
	c.pay(awa, 5000, "once")
	batch := func(refs ...string) object {
		items := []any{}
		for _, ref := range refs {
			items = append(items, object{"msisdn": koffi, "amount": 7000, "reference": ref, "description": "d"})
		}
		return object{"transactions": items}
	}
	conflicts := []struct {
		name, path string
		body       any
	}{
		{"the same again", "/v1/transactions", transferTo(awa, 5000, "once")},
		{"another payment", "/v1/transactions", transferTo(koffi, 1, "once")},
		{"in a batch", "/v1/transactions/batch", batch("new", "once")},
		{"twice within a batch", "/v1/transactions/batch", batch("new", "new")},
	}
	for _, tt := range conflicts {
		require.Len(t, c.refused(409, "POST", tt.path, tt.body), 1, tt.name)
	}
	require.NoError(t, api.Reject("once", "limit reached"))
	c.refused(409, "POST", "/v1/transactions", transferTo(awa, 5000, "once")) // a failed one keeps its reference
	c.must(201, "POST", "/v1/transactions/batch", batch("new"))
	c.refused(409, "POST", "/v1/transactions", transferTo(awa, 5000, "new"))
	require.Len(t, api.Transactions(), 2)
	require.True(t, api.AssertBalanced(t))
}

func TestTransactions_Create_409BeatsAnEmptyAccount(t *testing.T) {
	t.Parallel()
	api, c := newAPI(t, djamotest.WithBalance(5050))
	c.pay(awa, 5000, "r")
	require.Zero(t, api.Balance())
	c.refused(409, "POST", "/v1/transactions", transferTo(awa, 5000, "r"))
	require.Equal(t, []string{"insufficient balance"}, c.refused(422, "POST", "/v1/transactions", transferTo(awa, 1, "s")))
}

func TestTransactions_Get_AfterEachOutcome(t *testing.T) {
	t.Parallel()
	api, c := newAPI(t, djamotest.WithManualSettlement())
	pending, completed, failed := c.pay(awa, 5000, "p"), c.pay(awa, 5000, "c"), c.pay(awa, 5000, "f")
	require.NoError(t, api.Settle("c"))
	require.NoError(t, api.Reject("f", "limite atteinte & <dépassée>"))
	get := func(id string) object { return c.must(200, "GET", "/v1/transactions/"+id, nil) }
	p, done, f := get(pending), get(completed), get(failed)
	require.Equal(t, []any{"pending", nil}, []any{p["status"], p["failureReason"]})
	require.Regexp(t, "^DJ[0-9A-F]{12}$", p["djamoTransactionReference"])
	require.Contains(t, p, "failureReason")
	require.Equal(t, []any{"completed", nil}, []any{done["status"], done["failureReason"]})
	require.Regexp(t, "^DJ[0-9A-F]{12}$", done["djamoTransactionReference"])
	require.Equal(t, []any{"failed", "limite atteinte & <dépassée>"}, []any{f["status"], f["failureReason"]})
	c.refused(404, "GET", "/v1/transactions/txn_unknown", nil)
	c.refused(400, "GET", "/v1/transactions/"+pending+"?expand=all", nil)
}

func TestTransactions_ByReference(t *testing.T) {
	t.Parallel()
	_, c := newAPI(t)
	id := c.pay(awa, 5000, "payroll-2026-06/0042 & more")
	found := c.must(200, "GET", "/v1/transactions?reference="+url.QueryEscape("payroll-2026-06/0042 & more"), nil)
	require.Equal(t, number(1), found["count"])
	require.Equal(t, id, found["data"].([]any)[0].(object)["id"])
	absent := c.must(200, "GET", "/v1/transactions?reference=nobody", nil)
	require.Empty(t, absent["data"])
	require.Equal(t, object{"prev": nil, "next": nil}, absent["cursor"])
	c.refused(400, "GET", "/v1/transactions?reference=", nil)
	c.refused(400, "GET", "/v1/transactions?reference=a&reference=b", nil)
}

func TestTransactions_List_PagesBothWays(t *testing.T) {
	t.Parallel()
	_, c := newAPI(t)
	for i := range 40 {
		c.pay(awa, 5000, fmt.Sprintf("r%02d", i))
	}
	refs := func(page object) (out []string) {
		for _, item := range page["data"].([]any) {
			out = append(out, item.(object)["reference"].(string))
		}
		return out
	}
	cursor := func(page object, way string) string {
		s, _ := page["cursor"].(object)[way].(string)
		return url.QueryEscape(s)
	}
	first := c.must(200, "GET", "/v1/transactions", nil)
	require.Equal(t, []any{number(15), number(15)}, []any{first["count"], first["limit"]})
	require.Equal(t, "r39", refs(first)[0])
	require.Empty(t, cursor(first, "prev"))
	all, page := refs(first), first
	for i := 0; cursor(page, "next") != ""; i++ {
		c.pay(koffi, 5000, fmt.Sprintf("late%d", i)) // what is created while somebody pages must not shift the pages
		page = c.must(200, "GET", "/v1/transactions?cursor="+cursor(page, "next"), nil)
		all = append(all, refs(page)...)
	}
	require.Len(t, all, 40)
	require.Equal(t, "r00", all[39])
	require.Len(t, slices.Compact(slices.Sorted(slices.Values(all))), 40)
	back := c.must(200, "GET", "/v1/transactions?cursor="+cursor(page, "prev"), nil)
	require.Equal(t, all[15:30], refs(back))
	require.Equal(t, all[30:], refs(c.must(200, "GET", "/v1/transactions?cursor="+cursor(back, "next"), nil)))
	require.Len(t, refs(c.must(200, "GET", "/v1/transactions?limit=3", nil)), 3)
}

func TestLists_RefuseBadQueries(t *testing.T) {
	t.Parallel()
	tests := []struct{ query, want string }{
		{"limit=0", "limit must not be less than 1"},
		{"limit=101", "limit must not be greater than 100"},
		{"limit=ten", "limit must be an integer number"},
		{"limit=1&limit=2", "limit must be a string"},
		{"cursor=", "cursor must be a valid cursor"},
		{"cursor=bm9uc2Vuc2U=", "cursor must be a valid cursor"},
		{"cursor=bmV4dF9fXy0x", "cursor must be a valid cursor"},                             // next___-1
		{"cursor=bmV4dF9fXw==", "cursor must be a valid cursor"},                             // next___
		{"cursor=bmV4dF9fXys1", "cursor must be a valid cursor"},                             // next___+5
		{"cursor=bmV4dF9fXzE=", "cursor must be a valid cursor"},                             // next___1
		{"cursor=bmV4dF9fXzk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5", "cursor must be a valid cursor"}, // next___99999999999999999999999
		{"cursor=cHJldl9fXy05MjIzMzcyMDM2ODU0Nzc1ODA4", "cursor must be a valid cursor"},     // prev___-9223372036854775808
		{"page=2", "property page should not exist"},
	}
	for _, tt := range tests {
		for _, list := range []string{"transactions", "sub-companies", "charges", "webhooks"} {
			t.Run(list+"?"+tt.query, func(t *testing.T) {
				t.Parallel()
				_, c := newAPI(t)
				require.Equal(t, []string{tt.want}, c.refused(400, "GET", "/v1/"+list+"?"+tt.query, nil))
			})
		}
	}
}

func TestBatch_AcceptsWholeOrRefusesWhole(t *testing.T) {
	t.Parallel()
	api, c := newAPI(t, djamotest.WithBalance(20_000), djamotest.WithMaxBatch(3))
	item := func(ref string, amount int64) object {
		return object{"msisdn": awa, "amount": amount, "reference": ref, "description": "Prime"}
	}
	batch := func(items ...any) object { return object{"transactions": items} }
	got := c.must(201, "POST", "/v1/transactions/batch", batch(item("a", 5000), item("b", 6000)))
	require.Regexp(t, "^bat_", got["id"])
	require.Equal(t, []any{"processing", number(11_000), number(110)}, []any{got["status"], got["totalAmount"], got["totalFee"]})
	first := got["transactions"].([]any)[0].(object)
	require.NotContains(t, first, "batchId")
	require.Equal(t, got["id"], c.must(200, "GET", "/v1/transactions/"+first["id"].(string), nil)["batchId"])
	require.Equal(t, int64(20_000-11_110), api.Balance())

	refusals := []struct {
		name string
		want int
		body object
		says string
	}{
		{"one franc too much", 422, batch(item("c", 4000), item("d", 4803)), "insufficient balance"},
		{"sum beyond int64", 422, batch(item("c", 1<<53-1), item("d", 1<<53-1)), "insufficient balance"},
		{"bad item", 400, batch(item("c", 1), object{"msisdn": awa, "amount": 1.5, "reference": "d"}),
			"transactions.1.amount must be an integer number"},
		{"type belongs to single transfers", 400, batch(transferTo(awa, 1, "c")), "property transactions.0.type should not exist"},
		{"item that is no object", 400, batch(7), "each value in nested property transactions must be either object or array"},
		{"empty", 400, object{"transactions": []any{}}, "transactions should not be empty"},
		{"no list", 400, object{"transactions": "x"}, "transactions must be an array"},
		{"absent", 400, object{}, "transactions must be an array"},
		{"too many", 400, batch(item("c", 1), item("d", 1), item("e", 1), item("f", 1)), "transactions must contain no more than 3 elements"},
		{"unknown sub-company", 422, object{"subCompanyId": "subco_x", "transactions": []any{item("c", 1)}}, "sub-company not found"},
		{"sub-company whose id was lost", 400, object{"subCompanyId": " ", "transactions": []any{item("c", 1)}},
			"subCompanyId should not be empty"},
	}
	for _, tt := range refusals {
		require.Contains(t, c.refused(tt.want, "POST", "/v1/transactions/batch", tt.body), tt.says, tt.name)
	}
	require.Len(t, api.Transactions(), 2)
	require.True(t, api.AssertBalanced(t))
}

func TestTransferLimits(t *testing.T) {
	t.Parallel()
	_, c := newAPI(t, djamotest.WithTransferLimits(5_000, 500_000))
	require.Equal(t, []string{"amount must not be less than 5000"}, c.refused(400, "POST", "/v1/transactions", transferTo(awa, 4_999, "a")))
	require.Equal(t, []string{"amount must not be greater than 500000"},
		c.refused(400, "POST", "/v1/transactions", transferTo(awa, 500_001, "a")))
	c.pay(awa, 5_000, "a")
	c.pay(awa, 500_000, "b")
}

func TestFees_RoundHalfUpInIntegers(t *testing.T) {
	t.Parallel()
	fee := djamotest.BasisPoints(100)
	for amount, want := range map[int64]int64{1: 0, 49: 0, 50: 1, 149: 1, 150: 2, 5_000: 50, 500_000: 5_000, 1<<53 - 1: 90_071_992_547_410} {
		require.Equal(t, want, fee(amount), "%d", amount)
	}
	_, c := newAPI(t, djamotest.WithFee(func(int64) int64 { return -7 }))
	require.Equal(t, number(0), c.must(201, "POST", "/v1/transactions", transferTo(awa, 5000, "r"))["fee"])
}

func TestCustomers_Check(t *testing.T) {
	t.Parallel()
	api, c := newAPI(t)
	check := func(msisdn string) any {
		return c.must(200, "GET", "/v1/transactions/customers/check?msisdn="+url.QueryEscape(msisdn), nil)["result"]
	}
	require.Equal(t, true, check(awa))
	require.NoError(t, api.AddCustomer(koffi))
	require.Equal(t, []any{false, true}, []any{check(awa), check(koffi)})
	id := c.pay(awa, 5000, "r")
	require.Equal(t, 1, api.SettleAll())
	require.Equal(t, "the recipient has no Djamo account", c.must(200, "GET", "/v1/transactions/"+id, nil)["failureReason"])
	require.Equal(t, djamotest.DefaultBalance, api.Balance())
	c.refused(400, "GET", "/v1/transactions/customers/check", nil)
	c.refused(400, "GET", "/v1/transactions/customers/check?subCompanyId=&msisdn="+url.QueryEscape(awa), nil)
	c.refused(422, "GET", "/v1/transactions/customers/check?subCompanyId=subco_x&msisdn="+url.QueryEscape(awa), nil)
}

func TestSubCompanies(t *testing.T) {
	t.Parallel()
	api, c := newAPI(t)
	created := c.must(201, "POST", "/v1/sub-companies", object{"name": "Chocolate Factory", "logoUrl": "https://myapp.com/logo.png"})
	id := created["id"].(string)
	require.Equal(t, true, created["isActive"])
	pay := func(ref string) (int, object) {
		body := transferTo(awa, 5000, ref)
		body["subCompanyId"] = id
		return c.call("POST", "/v1/transactions", body)
	}
	status, tx := pay("a")
	require.Equal(t, []any{201, id}, []any{status, tx["subCompanyId"]})

	updated := c.must(200, "PUT", "/v1/sub-companies/"+id, object{"isActive": false})
	require.Equal(t, []any{"Chocolate Factory", "https://myapp.com/logo.png", false},
		[]any{updated["name"], updated["logoUrl"], updated["isActive"]})
	status, refused := pay("b")
	require.Equal(t, 422, status)
	require.Equal(t, []string{"sub-company is not active"}, messages(t, refused))
	updated = c.must(200, "PUT", "/v1/sub-companies/"+id, object{"isActive": true, "name": "Swiss Chocolate Factory"})
	require.Equal(t, []any{"Swiss Chocolate Factory", true}, []any{updated["name"], updated["isActive"]})

	require.Equal(t, []string{"name should not be empty", "logoUrl must be a URL address"},
		c.refused(400, "PUT", "/v1/sub-companies/"+id, object{"name": "", "logoUrl": "logo.png"}))
	require.Equal(t, []string{"isActive must be a boolean value"}, c.refused(400, "PUT", "/v1/sub-companies/"+id, object{"isActive": "no"}))
	require.Equal(t, []string{"property isActive should not exist"},
		c.refused(400, "POST", "/v1/sub-companies", object{"name": "x", "logoUrl": "https://x.ci/l.png", "isActive": true}))
	c.refused(404, "PUT", "/v1/sub-companies/subco_x", object{})
	c.refused(404, "GET", "/v1/sub-companies/subco_x", nil)
	require.Equal(t, "Swiss Chocolate Factory", api.SubCompanies()[0].Name)
}

func TestRequests_RememberTheLatestWithoutTheToken(t *testing.T) {
	t.Parallel()
	api, c := newAPI(t, djamotest.WithRequestHistory(3))
	for i := range 5 {
		c.pay(awa, 5000, fmt.Sprint("r", i))
	}
	got := api.Requests()
	require.Len(t, got, 3)
	require.Equal(t, []int64{3, 4, 5}, []int64{got[0].Number, got[1].Number, got[2].Number})
	require.Equal(t, []any{"POST", "/v1/transactions", 201}, []any{got[2].Method, got[2].Path, got[2].Status})
	var body object
	require.NoError(t, json.Unmarshal(got[2].Body, &body))
	require.Equal(t, "r4", body["reference"])
	require.Equal(t, "application/json", got[2].Header.Get("Content-Type"))
	text := fmt.Sprint(got)
	require.NotContains(t, text, djamotest.DefaultToken)
	require.Equal(t, got[2].CorrelationID, api.Ledger()[4].CorrelationID)
}

// A cursor belongs to its listing: taken by another it would leave out what is newer there, unnoticed.
func TestCursors_OfAnotherListingAreRefused(t *testing.T) {
	t.Parallel()
	_, c := newAPI(t, djamotest.WithRepeatedReferences())
	for i := range 3 {
		c.pay(awa, 5000, "again")
		c.pay(awa, 5000, "once more")
		c.must(201, "POST", "/v1/charges", chargeOf(500, fmt.Sprint(i)))
		c.must(201, "POST", "/v1/sub-companies", object{"name": "A", "logoUrl": "https://a.test/logo.png"})
		c.must(201, "POST", "/v1/webhooks", object{"topic": "charge/events", "url": hook})
	}
	listings := []string{
		"/v1/transactions?", "/v1/charges?", "/v1/sub-companies?", "/v1/webhooks?",
		"/v1/transactions?reference=again&", "/v1/transactions?reference=once+more&",
	}
	for _, from := range listings {
		first := c.must(200, "GET", from+"limit=1", nil)
		next := first["cursor"].(object)["next"].(string)
		second := c.must(200, "GET", from+"limit=1&cursor="+url.QueryEscape(next), nil)
		prev := second["cursor"].(object)["prev"].(string)
		for _, to := range listings {
			for _, cursor := range []string{next, prev} {
				path := to + "cursor=" + url.QueryEscape(cursor)
				if to == from {
					c.must(200, "GET", path, nil)
					continue
				}
				require.Equal(t, []string{"cursor must be a valid cursor"}, c.refused(400, "GET", path, nil), "from %s to %s", from, to)
			}
		}
		raw, err := base64.StdEncoding.DecodeString(next)
		require.NoError(t, err)
		require.Regexp(t, `^next___\d+$`, string(raw))
		turned := base64.StdEncoding.EncodeToString([]byte(strings.Replace(string(raw), "next", "prev", 1)))
		c.refused(400, "GET", from+"cursor="+url.QueryEscape(turned), nil)
	}
}
