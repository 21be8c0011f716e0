package defects_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/clienttest"
	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

// What integrators get wrong, all seen in public code: each test is named after one, and shows that it is impossible here
// or loud.

// 1: comparing a hex digest.
func TestIntegratorMistake1_HexDigest(t *testing.T) {
	t.Parallel()
	mac := hmac.New(sha256.New, []byte("s"))
	mac.Write([]byte(clienttest.Delivery))
	err := djamo.VerifySignature([]byte(clienttest.Delivery), hex.EncodeToString(mac.Sum(nil)), "old", "s")
	require.ErrorIs(t, err, djamo.ErrInvalidSignature, "named, and refused all the same")
	require.ErrorContains(t, err, "it is the hex of the right digest")

	mac = hmac.New(sha256.New, []byte("forged"))
	mac.Write([]byte(clienttest.Delivery))
	err = djamo.VerifySignature([]byte(clienttest.Delivery), hex.EncodeToString(mac.Sum(nil)), "old", "s")
	require.ErrorIs(t, err, djamo.ErrInvalidSignature)
	require.NotContains(t, err.Error(), "right digest")
}

// 2: signing re-encoded JSON instead of the raw bytes.
func TestIntegratorMistake2_ReencodedJSON(t *testing.T) {
	t.Parallel()
	raw := []byte("{ \"topic\": \"charge/events\",\n \"data\": {\"id\": \"ch_1\", \"description\": \"caf\\u00e9 & th\\u00e9\", \"amount\": 5000} }")
	var value any
	require.NoError(t, json.Unmarshal(raw, &value))
	marshalled, err := json.Marshal(value)
	require.NoError(t, err)
	var compact bytes.Buffer
	require.NoError(t, json.Compact(&compact, raw))
	for name, signed := range map[string]string{
		"without white space": compact.String(),
		"encoding/json":       string(marshalled),
		"JSON.stringify":      `{"topic":"charge/events","data":{"id":"ch_1","description":"café & thé","amount":5000}}`,
		"json.dumps":          `{"topic": "charge/events", "data": {"id": "ch_1", "description": "caf\u00e9 & th\u00e9", "amount": 5000}}`,
		"json_encode":         `{"topic":"charge\/events","data":{"id":"ch_1","description":"caf\u00e9 & th\u00e9","amount":5000}}`,
	} {
		err := djamo.VerifySignature(raw, djamo.SignWebhook([]byte(signed), "secret-of-ours"), "secret-of-ours")
		require.ErrorIs(t, err, djamo.ErrInvalidSignature, name)
		require.ErrorContains(t, err, name)
		require.ErrorContains(t, err, "sign and verify the raw bytes")
		require.NotContains(t, err.Error(), "secret-of-ours")
		require.NotContains(t, err.Error(), "ch_1")
	}
	// The other way round, what was lost cannot be known: the error says where to look.
	err = djamo.VerifySignature(marshalled, djamo.SignWebhook(raw, "s"), "s")
	require.ErrorContains(t, err, "verify the raw request body, not JSON that was parsed and written again")
	err = djamo.VerifySignature(nil, djamo.SignWebhook(raw, "s"), "s")
	require.ErrorContains(t, err, "verify it before anything else reads it")
}

// 3: skipping verification when the secret or the header is missing.
func TestIntegratorMistake3_MissingSecretOrHeader(t *testing.T) {
	t.Parallel()
	never := func(http.ResponseWriter, *http.Request) { t.Error("an unverified delivery was handed on") }
	for _, secrets := range [][]string{nil, {""}, {"s", ""}} {
		handler := &djamo.WebhookHandler{Secrets: secrets, OnEvent: clienttest.UnexpectedEvent(t)}
		for name, header := range map[string]string{"signed": djamo.SignWebhook([]byte(clienttest.Delivery), "s"), "signed with nothing": djamo.SignWebhook([]byte(clienttest.Delivery), ""), "unsigned": ""} {
			require.Equal(t, http.StatusInternalServerError, clienttest.AnswerTo(handler, clienttest.Post(clienttest.Delivery, header)).Code, name)
			require.Equal(t, http.StatusInternalServerError, clienttest.AnswerTo(djamo.VerifyWebhook(secrets...)(http.HandlerFunc(never)), clienttest.Post(clienttest.Delivery, header)).Code, name)
		}
	}
	handler := &djamo.WebhookHandler{Secrets: []string{"s"}, OnEvent: clienttest.UnexpectedEvent(t)}
	require.Equal(t, http.StatusUnauthorized, clienttest.AnswerTo(handler, clienttest.Post(clienttest.Delivery, "")).Code)
	require.Equal(t, http.StatusUnauthorized, clienttest.AnswerTo(djamo.VerifyWebhook("s")(http.HandlerFunc(never)), clienttest.Post(clienttest.Delivery, "")).Code)
	_, err := djamo.ParseWebhook(clienttest.Post(clienttest.Delivery, ""), "s")
	require.ErrorIs(t, err, djamo.ErrInvalidSignature)
	require.ErrorContains(t, err, "missing")
}

// 4: comparing with ==. The one comparison there is takes the same time wherever two digests differ, and a match with one
// secret does not spare the others.
func TestIntegratorMistake4_ComparisonInConstantTime(t *testing.T) {
	t.Parallel()
	parsed, err := parser.ParseFile(token.NewFileSet(), "../../internal/signature/signature.go", nil, 0)
	require.NoError(t, err)
	constantTime, early := 0, 0
	for _, declaration := range parsed.Decls {
		function, ok := declaration.(*ast.FuncDecl)
		if !ok || function.Name.Name != "match" {
			continue
		}
		ast.Inspect(function, func(node ast.Node) bool {
			if loop, ok := node.(*ast.RangeStmt); ok {
				ast.Inspect(loop.Body, func(node ast.Node) bool {
					switch node := node.(type) {
					case *ast.ReturnStmt, *ast.BranchStmt, *ast.IfStmt:
						early++
					case *ast.SelectorExpr:
						if node.Sel.Name == "ConstantTimeCompare" {
							constantTime++
						}
					}
					return true
				})
			}
			return true
		})
	}
	require.Equal(t, 1, constantTime, "match compares with crypto/subtle, in its loop over the secrets")
	require.Zero(t, early, "the loop over the secrets neither ends early nor decides anything")

	for _, file := range programFiles(t, "webhook*.go", "internal/signature/*.go") {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		require.NoError(t, err)
		ast.Inspect(parsed, func(node ast.Node) bool {
			if comparison, ok := node.(*ast.BinaryExpr); ok && (comparison.Op == token.EQL || comparison.Op == token.NEQ) {
				for _, side := range []ast.Expr{comparison.X, comparison.Y} {
					if name, ok := side.(*ast.Ident); ok {
						require.NotContains(t, []string{"sum", "got", "digest"}, name.Name, "%s compares a digest with %s", file, comparison.Op)
					}
				}
			}
			return true
		})
	}
}

// programFiles are the program files that match the patterns, which are relative to the root of the repository.
func programFiles(t *testing.T, patterns ...string) []string {
	t.Helper()
	var files []string
	for _, pattern := range patterns {
		found, err := filepath.Glob(filepath.Join("..", "..", pattern))
		require.NoError(t, err)
		found = slices.DeleteFunc(found, func(file string) bool { return strings.HasSuffix(file, "_test.go") })
		require.NotEmpty(t, found, pattern)
		files = append(files, found...)
	}
	return files
}

// 5: reading the status "succeeded", which does not exist.
func TestIntegratorMistake5_StatusSucceeded(t *testing.T) {
	t.Parallel()
	var statuses []string
	for _, file := range programFiles(t, "*.go") {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		require.NoError(t, err)
		ast.Inspect(parsed, func(node ast.Node) bool {
			spec, ok := node.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 {
				return true
			}
			kind, isNamed := spec.Type.(*ast.Ident)
			value, isLiteral := spec.Values[0].(*ast.BasicLit)
			if isNamed && isLiteral && kind.Name == "TransactionStatus" {
				statuses = append(statuses, constant.StringVal(constant.MakeFromLiteral(value.Value, value.Kind, 0)))
			}
			return true
		})
	}
	require.ElementsMatch(t, []string{"pending", "completed", "failed"}, statuses, "there is a constant for what exists, and for nothing else")
	require.False(t, djamo.TransactionStatus("succeeded").Terminal())

	// Who listens by topic reads no status at all.
	var paid []string
	handler := &djamo.WebhookHandler{Secrets: []string{"s"}, OnTransactionCompleted: func(_ context.Context, payment *djamo.Transaction) error {
		paid = append(paid, payment.Reference)
		return nil
	}}
	require.Equal(t, http.StatusOK, clienttest.AnswerTo(handler, clienttest.Signed(clienttest.Delivery)).Code)
	require.Equal(t, []string{"r"}, paid)
}

// 6: taking the HTML 403 of the firewall for bad credentials.
func TestIntegratorMistake6_FirewallIsNotBadCredentials(t *testing.T) {
	t.Parallel()
	client := clienttest.Mocked(t, httpmock.NewStringResponder(http.StatusForbidden, "<!DOCTYPE html><title>Attention Required! | Cloudflare</title>Sorry, you have been blocked"))
	_, err := client.Balance.Get(t.Context())
	require.ErrorIs(t, err, djamo.ErrBlocked)
	require.NotErrorIs(t, err, djamo.ErrForbidden)
	require.NotErrorIs(t, err, djamo.ErrUnauthorized)
	require.ErrorContains(t, err, "the token is not at fault")
}

// 7: retrying a transfer with a fresh reference after a timeout. The SDK settles it, under the reference it was given.
func TestIntegratorMistake7_FreshReferenceAfterTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, lost := range []clienttest.Fault{clienttest.StalledAfter, clienttest.LostAfter, clienttest.ServerErrAfter, clienttest.LostBefore} {
			api := clienttest.NewScriptedAPI(t, []clienttest.Fault{lost}, nil)
			paid, err := api.Client().Transactions.Create(t.Context(), clienttest.Payment)
			require.NoError(t, err, lost)
			require.Equal(t, clienttest.Payment.Reference, paid.Reference, lost)
			require.Len(t, api.Paid, 1, lost)
			require.Zero(t, api.Double, lost)
		}
	})
}

// 8: one JSON file as the store, read, modified and written by concurrent webhooks. The tracker loses no update, nor does
// the handler: 200 payments, each told of three times and out of order, by 16 senders at once.
func TestIntegratorMistake8_ConcurrentWebhooksLoseNoUpdate(t *testing.T) {
	t.Parallel()
	const payments, senders = 200, 16
	var tracker djamo.StatusTracker
	handler := &djamo.WebhookHandler{Secrets: []string{"s"}, OnEvent: func(_ context.Context, event djamo.Event) error {
		tracker.Update(&event)
		return nil
	}}
	deliveries := make(chan string, payments*3)
	for i := range payments {
		for _, event := range []string{"completed", "started", "completed"} {
			status := strings.Replace(event, "started", "pending", 1)
			deliveries <- fmt.Sprintf(`{"topic":"transactions/%s","data":{"id":"txn_%d","status":%q,"updatedAt":"2026-06-01T00:00:0%dZ"}}`, event, i, status, len(event)-5)
		}
	}
	close(deliveries)
	var sending sync.WaitGroup
	for range senders {
		sending.Go(func() {
			for body := range deliveries {
				if code := clienttest.AnswerTo(handler, clienttest.Signed(body)).Code; code != http.StatusOK {
					t.Errorf("%d for %s", code, body)
				}
			}
		})
	}
	sending.Wait()
	for i := range payments {
		latest, ok := tracker.Latest(djamo.TopicTransactionStarted, "txn_"+strconv.Itoa(i))
		require.True(t, ok, i)
		require.Equal(t, djamo.TopicTransactionCompleted, latest.Topic, i)
	}
}

// A body that a gateway encoded again is refused, and the error says what happened to it.
func TestField20_ReencodedDeliveriesAreRefusedAndNamed(t *testing.T) {
	t.Parallel()
	const signed = `{"topic":"transactions/completed","data":{"id":"txn_1","status":"completed"}}`
	for came, want := range map[string]string{
		base64.StdEncoding.EncodeToString([]byte(signed)): "base64",
		"payload=" + url.QueryEscape(signed):              "form",
		"\ufeff" + signed:                                 "byte order mark",
		signed + "\r\n":                                   "line end",
	} {
		header := djamo.SignWebhook([]byte(signed), "secret-of-ours")
		_, err := djamo.ParseWebhook(clienttest.Post(came, header), "secret-of-ours")
		require.ErrorIs(t, err, djamo.ErrInvalidSignature)
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "txn_1")
		require.NotContains(t, err.Error(), "secret-of-ours")
	}
}
