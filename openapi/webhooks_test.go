package openapi_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/djamo/djamo-go/djamotest"
)

// messageSchema compiles the payload or the headers schema of the AsyncAPI description, by name.
func messageSchema(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	return schemaAt(t, webhooksFile, name)
}

// schemaAt is one of a description's component schemas.
func schemaAt(t *testing.T, file, name string) *jsonschema.Schema {
	t.Helper()
	compiled, err := compileSchemas()
	require.NoError(t, err)
	require.Contains(t, compiled, file+"#"+name)
	return compiled[file+"#"+name]
}

// compileSchemas compiles every component schema of both descriptions, once for all tests.
var compileSchemas = sync.OnceValues(func() (map[string]*jsonschema.Schema, error) {
	const base = "https://descriptions.example/"
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.AssertFormat()
	names := map[string][]string{}
	for _, file := range []string{callsFile, webhooksFile} {
		raw, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		document, err := jsonOf(raw)
		if err != nil {
			return nil, err
		}
		if err := compiler.AddResource(base+file, document); err != nil {
			return nil, err
		}
		var outline struct {
			Components struct{ Schemas map[string]any }
		}
		if err := yaml.Unmarshal(raw, &outline); err != nil {
			return nil, err
		}
		for name := range outline.Components.Schemas {
			names[file] = append(names[file], name)
		}
	}
	compiled := map[string]*jsonschema.Schema{}
	for file := range names {
		for _, name := range names[file] {
			schema, err := compiler.Compile(base + file + "#/components/schemas/" + name)
			if err != nil {
				return nil, err
			}
			compiled[file+"#"+name] = schema
		}
	}
	return compiled, nil
})

// messages are the payload schemas by topic.
var messages = map[string]string{
	"transactions/started": "TransactionsStarted", "transaction/started": "TransactionsStarted",
	"transactions/completed": "TransactionsCompleted",
	"transactions/failed":    "TransactionsFailed",
	"charge/events":          "ChargeEvents", "charges/events": "ChargeEvents",
}

// receiver acknowledges webhooks, and holds their headers to the description.
func receiver(t *testing.T) http.RoundTripper {
	t.Helper()
	headers := messageSchema(t, "Headers")
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		_, _ = io.Copy(io.Discard, r.Body)
		values := map[string]any{}
		for name, value := range r.Header {
			values[strings.ToLower(name)] = value[0]
		}
		if err := headers.Validate(values); err != nil {
			t.Errorf("the headers of a webhook: %s", err)
		}
		if r.Method != http.MethodPost {
			t.Errorf("a webhook is a POST, not a %s", r.Method)
		}
		return &http.Response{StatusCode: http.StatusNoContent, Body: http.NoBody, Header: http.Header{}}, nil
	})
}

// checkDeliveries holds everything that was sent to the description. With exact, fields that are not described are a
// problem as well.
func checkDeliveries(t *testing.T, api *djamotest.API, exact bool) {
	t.Helper()
	api.DeliverNow()
	topics := map[string]bool{}
	deliveries := api.WebhookDeliveries()
	require.NotEmpty(t, deliveries)
	for _, d := range deliveries {
		require.True(t, d.Delivered)
		name := messages[d.Topic]
		require.NotEmpty(t, name, "topic %s is not described", d.Topic)
		topics[d.Topic] = true
		require.NoError(t, messageSchema(t, name).Validate(fromJSON(t, d.Body)), d.Topic)
		if exact {
			requireKnownFields(t, d.Body, map[bool]string{true: "Charge", false: "Transaction"}[name == "ChargeEvents"])
		}
	}
	require.Len(t, topics, 4, "something of each topic was sent")
}

// requireKnownFields compares the fields of a webhook's object with the schema's properties.
func requireKnownFields(t *testing.T, body []byte, schema string) {
	t.Helper()
	var event struct {
		Topic json.RawMessage            `json:"topic"`
		Data  map[string]json.RawMessage `json:"data"`
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	require.NoError(t, decoder.Decode(&event))
	known := schemaAt(t, callsFile, schema).Properties
	for name := range event.Data {
		require.Contains(t, known, name, "%s.%s is not described", schema, name)
	}
}

func TestWebhooks_EachSpellingOfATopic(t *testing.T) {
	t.Parallel()
	for topic, name := range messages {
		t.Run(topic, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			require.Equal(t, 201, s.raw(t, "POST", "/v1/webhooks", `{"topic":"`+topic+`","url":"https://myapp.example/djamo"}`, nil))
			require.Equal(t, 201, s.raw(t, "POST", "/v1/transactions",
				`{"msisdn":"`+payee+`","amount":5000,"reference":"a","type":"transfer"}`, nil))
			require.Equal(t, 201, s.raw(t, "POST", "/v1/transactions",
				`{"msisdn":"`+payee+`","amount":5000,"reference":"b","type":"transfer"}`, nil))
			require.Equal(t, 201, s.raw(t, "POST", "/v1/charges", `{"amount":5000,"externalId":"c"}`, nil))
			require.NoError(t, s.api.Expire(s.api.Charges()[0].ID))
			require.NoError(t, s.api.Settle("a"))
			require.NoError(t, s.api.Reject("b", "account closed"))
			s.api.DeliverNow()
			deliveries := s.api.WebhookDeliveries()
			require.NotEmpty(t, deliveries)
			for _, d := range deliveries {
				body := fromJSON(t, d.Body)
				require.NoError(t, messageSchema(t, name).Validate(body))
				for _, other := range []string{"TransactionsStarted", "TransactionsCompleted", "TransactionsFailed", "ChargeEvents", "Unknown"} {
					if other != name {
						require.Error(t, messageSchema(t, other).Validate(body), "a delivery is one message and no other")
					}
				}
			}
		})
	}
}

func TestWebhooks_WhatIsWrongIsFound(t *testing.T) {
	t.Parallel()
	recorded, err := os.ReadFile("../testdata/transaction_get_response.json")
	require.NoError(t, err)
	good := `{"topic":"transactions/completed","data":` + string(recorded) + `}`
	schema := messageSchema(t, "TransactionsCompleted")
	require.NoError(t, schema.Validate(fromJSON(t, []byte(good))))
	for _, change := range [][2]string{
		{`"amount": 5000`, `"amount": "5000"`}, {`"amount": 5000`, `"amount": 50.5`}, {"transactions/completed", "transactions/complete"},
		{`"id"`, `"identifier"`}, {"2023-11-24T17:43:15.970Z", "yesterday"}, {`"data"`, `"object"`}, {`"failureReason": null`,
			`"failureReason": 7`},
	} {
		bad := strings.Replace(good, change[0], change[1], 1)
		require.NotEqual(t, good, bad)
		require.Error(t, schema.Validate(fromJSON(t, []byte(bad))), change[1])
	}
	require.NoError(t, schema.Validate(fromJSON(t, []byte(strings.Replace(good, `"status": "completed"`, `"status": "under_review"`,
		1)))), "statuses are an open set")
	require.NoError(t, messageSchema(t, "Unknown").Validate(fromJSON(t, []byte(`{"topic":"cards/blocked","data":{}}`))), "and so are topics")
	headers := messageSchema(t, "Headers")
	require.Error(t, headers.Validate(map[string]any{}))
	require.Error(t, headers.Validate(map[string]any{"x-djamo-hmac-sha256": strings.Repeat("0f", 32)}), "a hexadecimal signature")
}

// recordings are the payloads in testdata and what they are.
var recordings = map[string]string{
	"balance_response": "Balance", "batch_create_request": "BatchCreate", "batch_create_response": "Batch",
	"batch_create_subcompany_request": "BatchCreate", "batch_create_subcompany_response": "Batch", "charge_create_request": "ChargeCreate",
	"customer_check_response": "CustomerCheck", "error_400_response": "Error", "subcompany_create_request": "SubCompanyCreate",
	"subcompany_list_response": "SubCompanyPage", "subcompany_response": "SubCompany", "subcompany_update_request": "SubCompanyUpdate",
	"transaction_create_request": "TransactionCreate", "transaction_create_response": "Transaction",
	"transaction_create_subcompany_request": "TransactionCreate", "transaction_create_subcompany_response": "Transaction",
	"transaction_get_response": "Transaction", "webhook_endpoint_create_request": "WebhookCreate",
	"webhook_endpoint_list_response": "WebhookPage",
}

func TestCalls_DescribeEveryRecordedPayload(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../testdata/*.json")
	require.NoError(t, err)
	require.Len(t, files, len(recordings), "every payload has a schema")
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		require.Contains(t, recordings, name)
		if strings.HasSuffix(name, "_request") { // Djamo's examples mask the numbers, even those that must be whole
			raw = bytes.ReplaceAll(raw, []byte("XXXXXX"), []byte("000000"))
		}
		schema := schemaAt(t, callsFile, recordings[name])
		require.NoError(t, schema.Validate(fromJSON(t, raw)), name)
		object, ok := fromJSON(t, raw).(map[string]any)
		require.True(t, ok)
		for field := range object {
			require.Contains(t, schema.Properties, field, "%s.%s is not described", name, field)
		}
	}
}
