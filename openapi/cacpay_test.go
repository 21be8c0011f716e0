package openapi_test

import (
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/openfinance/mycac"
)

const cacpayFile = "djamo-cacpay.asyncapi.yaml"

// cacpaySchemas compiles the payloads of CACPAY by the kind of their events.
func cacpaySchemas(t *testing.T) map[mycac.CACPAYKind]*jsonschema.Schema {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.AssertFormat()
	require.NoError(t, compiler.AddResource("cacpay.json", loadYAML(t, cacpayFile)))
	schemas := map[mycac.CACPAYKind]*jsonschema.Schema{}
	for kind, name := range map[mycac.CACPAYKind]string{mycac.CACPAYScan: "Scan", mycac.CACPAYRefund: "Refund", mycac.CACPAYOther: "Other"} {
		schema, err := compiler.Compile("cacpay.json#/components/schemas/" + name)
		require.NoError(t, err)
		schemas[kind] = schema
	}
	return schemas
}

func TestCACPAY_TheDocumentIsValidAndMarked(t *testing.T) {
	t.Parallel()
	schema := asyncAPI(t)
	content := loadYAML(t, cacpayFile)
	require.NoError(t, schema.Validate(content))

	raw, err := os.ReadFile(cacpayFile)
	require.NoError(t, err)
	for _, change := range [][2]string{{"action: send", "action: shout"}, {"asyncapi: 3.0.0", "asyncapi: 2.0.0"}} {
		changed := strings.Replace(string(raw), change[0], change[1], 1)
		require.NotEqual(t, string(raw), changed)
		require.Error(t, schema.Validate(fromYAML(t, []byte(changed))), "%s must not pass", change[1])
	}

	requireMarked(t, content, 8)
}

// The description and the decoder agree on each body: what the one takes for an event of a kind is of that kind for the other.
func TestCACPAY_TheDecoderReadsWhatIsDescribed(t *testing.T) {
	t.Parallel()
	sample, err := os.ReadFile("../openfinance/mycac/testdata/cacpay_scan_event.json")
	require.NoError(t, err)
	const refund = `{"event":"cacpay.refund.confirmed","tx_id":"r","refund_id":"1","original_tx_id":"a","merchant_id":"m","store_id":"s",` +
		`"amount":"12.50","currency":"USD","refunded_at":"2026-05-09T23:30:00+03:00"}`
	schemas := cacpaySchemas(t)
	for _, body := range []string{
		string(sample), refund, strings.Replace(refund, "refunded_at", "scanned_at", 1), `{"event":"cacpay.terminal.opened"}`,
		strings.Replace(string(sample), "1200.00", "1.2e3", 1), strings.Replace(string(sample), `"currency"`, `"note":{},"currency"`, 1),
	} {
		event, err := mycac.CACPAYDecoder{}.Decode([]byte(body))
		require.NoError(t, err, body)
		for kind, schema := range schemas {
			require.Equal(t, kind == event.Kind, schema.Validate(fromJSON(t, []byte(body))) == nil, "%s: %s", kind, body)
		}
	}
	for _, change := range [][2]string{
		{`"merchant_id"`, `"merchant"`}, {"1200.00", "-1"}, {"1200.00", "0"}, {`1200.00`, `"many"`}, {`"DJF"`, `"francs"`},
		{"2026-05-09T08:14:22Z", "yesterday"}, {`"tx_id"`, `"id"`}, {"1200.00", "null"},
	} {
		body := strings.Replace(string(sample), change[0], change[1], 1)
		require.NotEqual(t, string(sample), body)
		_, err := mycac.CACPAYDecoder{}.Decode([]byte(body))
		require.Error(t, err, body)
		for kind, schema := range schemas {
			require.Error(t, schema.Validate(fromJSON(t, []byte(body))), "%s: %s", kind, body)
		}
	}
}
