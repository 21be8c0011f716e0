package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/djamo/djamo-go/djamotest"
	"github.com/stretchr/testify/require"
)

// driftLines is how a recording differs from the stored one, one line for each difference.
func driftLines(t *testing.T, dir string) (lines []string) {
	t.Helper()
	changes, err := djamotest.Drift(storedRecording, dir)
	require.NoError(t, err)
	for _, change := range changes {
		lines = append(lines, change.String())
	}
	return lines
}

// The facts hold in every shape the reference leaves open, and yet each of those shapes is drift.
func TestConformance_EveryShapeIsFactAndDrift(t *testing.T) {
	t.Parallel()
	for variant, sign := range map[djamotest.Variant]string{
		djamotest.LookupArray:       "GET /v1/transactions?reference 200: (body) changed type from object to array",
		djamotest.LookupObject:      "GET /v1/transactions?reference 404 answer appeared",
		djamotest.LookupNotFound:    "GET /v1/transactions?reference 404 answer appeared",
		djamotest.WrapData:          "GET /v1/balance 200: data.balance appeared as integer",
		djamotest.MessageString:     "POST /v1/transactions 400: message changed type from array to string",
		djamotest.ExtraFields:       "GET /v1/balance 200: xFutureNumber appeared as fraction",
		djamotest.CompactTimestamps: "GET /v1/transactions 200: data[].createdAt changed type from timestamp to compact timestamp",
		djamotest.SecondTimestamps:  "GET /v1/charges 200: data[].createdAt changed type from timestamp to timestamp in seconds",
		djamotest.CustomerKYC:       "GET /v1/transactions/customers/check 200: result vanished, was boolean",
		djamotest.BatchInParts:      "", // shows only in what moves money in batches
	} {
		t.Run(string(variant), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			inMemory(t, variant).record(t, dir)
			if sign == "" {
				require.Empty(t, driftLines(t, dir))
				return
			}
			require.Contains(t, driftLines(t, dir), sign)
		})
	}
	for name, variants := range shapesOfAnswers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inMemory(t, variants...).record(t, t.TempDir())
		})
	}
}

// A recording altered on purpose: each alteration is named, and nothing else.
func TestConformance_NamesWhatWasAltered(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, file, old, changed string
		want                     []string
	}{
		{"nothing", "GET_v1_balance.001.json", `"status"`, `"status"`, nil},
		{"another value", "GET_v1_balance.003.json", `"balance": 99`, `"balance": 98`, nil},
		{"an amount as a text", "POST_v1_transactions.003.json", "\"amount\": 5000,\n      \"description\"", "\"amount\": \"5000\",\n      \"description\"", nil}, // of the request: not the API's
		{"a fee as a text", "POST_v1_transactions.003.json", `"fee": 50,`, `"fee": "50",`, []string{"POST /v1/transactions 201: fee changed type from integer to string"}},
		{"a fee in fractions", "POST_v1_transactions.003.json", `"fee": 50,`, `"fee": 50.5,`, []string{"POST /v1/transactions 201: fee changed type from integer to fraction"}},
		{"a field gone", "POST_v1_transactions.003.json", `"fee": 50,`, ``, []string{"POST /v1/transactions 201: fee vanished, was integer"}},
		{"a field more", "POST_v1_transactions.003.json", `"fee": 50,`, `"fee": 50, "taxes": {"vat": null},`, []string{
			"POST /v1/transactions 201: taxes appeared as object", "POST /v1/transactions 201: taxes.vat appeared as null"}},
		{"another status", "POST_v1_transactions.003.json", `"status": 201`, `"status": 200`, []string{
			"POST /v1/transactions 200 answer appeared", "POST /v1/transactions 201 answer vanished"}},
		{"another form of time", "GET_v1_webhooks.001.json", `Z"`, `"`, []string{
			"GET /v1/webhooks 200: data[].createdAt changed type from timestamp to string or timestamp",
			"GET /v1/webhooks 200: data[].updatedAt changed type from timestamp to string or timestamp"}},
		{"a field missing from one page", "GET_v1_webhooks.001.json", `"topic": "transactions/completed",`, ``, []string{
			"GET /v1/webhooks 200: data[].topic became optional: was in all 2, is in 1 of 2"}},
		{"another end of a list", "GET_v1_sub_companies.002.json", `"next": null`, `"next": ""`, []string{
			"GET /v1/sub-companies 200: cursor.next changed type from null or string to string",
			`GET /v1/sub-companies 200: cursor.next became empty: "", was never so`}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			require.NoError(t, os.CopyFS(dir, os.DirFS(storedRecording)))
			file := filepath.Join(dir, row.file)
			raw, err := os.ReadFile(file)
			require.NoError(t, err)
			require.Contains(t, string(raw), row.old, "the alteration must take place")
			require.NoError(t, os.WriteFile(file, []byte(strings.ReplaceAll(string(raw), row.old, row.changed)), 0o600))
			require.Equal(t, row.want, driftLines(t, dir))
		})
	}
}
