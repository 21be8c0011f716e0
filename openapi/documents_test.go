package openapi_test

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	specjsonschemas "github.com/asyncapi/spec-json-schemas/v6"
	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/pb33f/libopenapi-validator/config"
	v3 "github.com/pb33f/libopenapi/datamodel/high/v3"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

const (
	callsFile    = "djamo-business.openapi.yaml"
	webhooksFile = "djamo-webhooks.asyncapi.yaml"
	guide        = "../docs/api-description.md"
)

// marks are the values x-source may have.
var marks = []string{"documented", "djamo-example", "observed", "assumed"}

// loadYAML reads a YAML file as the JSON it stands for, with numbers as they are written.
func loadYAML(t *testing.T, file string) any {
	t.Helper()
	raw, err := os.ReadFile(file)
	require.NoError(t, err)
	return fromYAML(t, raw)
}

func fromYAML(t *testing.T, raw []byte) any {
	t.Helper()
	value, err := jsonOf(raw)
	require.NoError(t, err)
	return value
}

// jsonOf is the JSON that a YAML text stands for; a key that is no string, such as an unquoted 200, is an error.
func jsonOf(raw []byte) (any, error) {
	var document any
	if err := yaml.Unmarshal(raw, &document); err != nil {
		return nil, err
	}
	encoded, err := json.Marshal(document)
	if err != nil {
		return nil, err
	}
	return jsonschema.UnmarshalJSON(bytes.NewReader(encoded))
}

func fromJSON(t *testing.T, raw []byte) any {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	require.NoError(t, err)
	return value
}

// openCalls parses the OpenAPI description; a changed one if change is not nil.
//
//nolint:ireturn // it is how the library gives a document
func openCalls(t *testing.T, change func(text string) string) libopenapi.Document {
	t.Helper()
	raw, err := os.ReadFile(callsFile)
	require.NoError(t, err)
	if change != nil {
		changed := change(string(raw))
		require.NotEqual(t, string(raw), changed, "the change found nothing to change")
		raw = []byte(changed)
	}
	document, err := libopenapi.NewDocument(raw)
	require.NoError(t, err)
	return document
}

// callsModel is the OpenAPI description with every reference resolved. It is read only.
func callsModel(t *testing.T) *v3.Document {
	t.Helper()
	model, err := readCalls()
	require.NoError(t, err)
	return model
}

var readCalls = sync.OnceValues(func() (*v3.Document, error) {
	raw, err := os.ReadFile(callsFile)
	if err != nil {
		return nil, err
	}
	document, err := libopenapi.NewDocument(raw)
	if err != nil {
		return nil, err
	}
	model, err := document.BuildV3Model()
	if err != nil {
		return nil, err
	}
	return &model.Model, nil
})

func TestCalls_AreValidOpenAPI(t *testing.T) {
	t.Parallel()

	validate := func(t *testing.T, change func(string) string) bool {
		t.Helper()
		checker, errs := validator.NewValidator(openCalls(t, change), config.WithFormatAssertions())
		require.Empty(t, errs)
		valid, problems := checker.ValidateDocument()
		if change == nil {
			for _, problem := range problems {
				t.Error(problem)
			}
		}
		return valid
	}
	require.True(t, validate(t, nil))
	require.False(t, validate(t, func(text string) string { return strings.Replace(text, "in: query", "in: body", 1) }),
		"the check must be able to fail")
}

// asyncAPISchema is the official JSON Schema of AsyncAPI 3.0.0. The package that holds it fills a map without a lock.
var asyncAPISchema = sync.OnceValues(func() ([]byte, error) { return specjsonschemas.Get("3.0.0") })

func TestWebhooks_AreValidAsyncAPI(t *testing.T) {
	t.Parallel()

	schema := asyncAPI(t)
	require.NoError(t, schema.Validate(loadYAML(t, webhooksFile)))

	text, err := os.ReadFile(webhooksFile)
	require.NoError(t, err)
	for _, change := range [][2]string{{"action: send", "action: shout"}, {"asyncapi: 3.0.0", "asyncapi: 2.0.0"},
		{"protocol: https", "protocoll: https"}} {
		changed := strings.Replace(string(text), change[0], change[1], 1)
		require.NotEqual(t, string(text), changed)
		require.Error(t, schema.Validate(fromYAML(t, []byte(changed))), "%s must not pass", change[1])
	}
}

// node is one mapping of a document and where it stands.
type node struct {
	path   []string
	fields map[string]any
}

func (n node) at() string { return strings.Join(n.path, " / ") }

// under says whether the node stands right below the given keys; "*" is any one key.
func (n node) under(keys ...string) bool {
	return len(n.path) == len(keys)+1 && slices.EqualFunc(n.path[:len(keys)], keys,
		func(have, want string) bool { return want == "*" || have == want })
}

// nodes are all mappings of a document, in no order.
func nodes(value any, path ...string) []node {
	var all []node
	switch value := value.(type) {
	case map[string]any:
		all = append(all, node{path: slices.Clone(path), fields: value})
		for key, child := range value {
			all = append(all, nodes(child, append(slices.Clone(path), key)...)...)
		}
	case []any:
		for _, child := range value {
			all = append(all, nodes(child, append(slices.Clone(path), "-")...)...)
		}
	}
	return all
}

// mustBeMarked says whether a mapping is one of those that have to say where they come from.
func mustBeMarked(n node) bool {
	_, reference := n.fields["$ref"]
	_, operation := n.fields["operationId"]
	_, parameter := n.fields["in"]
	switch {
	case reference:
		return false // what it points at is marked
	case operation, parameter && !n.under("*", "properties"), n.under("servers"):
		return true
	case n.under("paths", "*", "*", "responses"), n.under("channels"), n.under("operations"):
		return true
	}
	return n.under("components", "*")
}

func TestEveryFact_SaysWhereItComesFrom(t *testing.T) {
	t.Parallel()

	for _, file := range []string{callsFile, webhooksFile} {
		marked := 0
		for _, n := range nodes(loadYAML(t, file)) {
			source, has := n.fields["x-source"]
			switch {
			case has && len(n.path) > 0 && n.path[len(n.path)-1] == "properties":
			case has:
				require.Contains(t, marks, source, "%s: %s", file, n.at())
				marked++
			default:
				require.False(t, mustBeMarked(n), "%s: %s needs an x-source", file, n.at())
			}
		}
		require.Greater(t, marked, 10, file)
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, mark := range marks {
			require.Contains(t, strings.SplitN(string(text), "\nservers:", 2)[0], "`"+mark+"`", "%s: info.description explains each mark", file)
		}
	}
}

// assumedFacts names what is marked as assumed: by operationId, by name of a component, or by schema and property.
func assumedFacts(t *testing.T) []string {
	t.Helper()
	var facts []string
	for _, file := range []string{callsFile, webhooksFile} {
		for _, n := range nodes(loadYAML(t, file)) {
			if n.fields["x-source"] != "assumed" {
				continue
			}
			facts = append(facts, factName(n))
		}
	}
	slices.Sort(facts)
	return slices.Compact(facts)
}

func factName(n node) string {
	switch {
	case n.path[0] == "components" && len(n.path) >= 3:
		names := []string{n.path[2]}
		for i, key := range n.path[:len(n.path)-1] {
			if key == "properties" {
				names = append(names, n.path[i+1])
			}
		}
		return strings.Join(names, ".")
	case n.path[0] == "paths" && n.fields["name"] != nil:
		name, _ := n.fields["name"].(string)
		return strings.ToUpper(n.path[2]) + " " + n.path[1] + " " + name
	case n.path[0] == "paths":
		return strings.ToUpper(n.path[2]) + " " + n.path[1] + " " + n.path[len(n.path)-1] // a status, or requestBody
	}
	return n.at()
}

// The page lists, by hand and with the reason, exactly what the descriptions mark as assumed.
func TestGuide_ListsEveryAssumption(t *testing.T) {
	t.Parallel()

	page, err := os.ReadFile(guide)
	require.NoError(t, err)
	_, list, found := strings.Cut(string(page), "\n## What is assumed\n")
	require.True(t, found)
	list, _, _ = strings.Cut(list, "\n## ")
	var listed []string
	for line := range strings.Lines(list) {
		cell, isRow := strings.CutPrefix(line, "| `")
		if !isRow {
			continue
		}
		names, _, _ := strings.Cut(cell, " |")
		for name := range strings.SplitSeq(names, ", ") {
			listed = append(listed, strings.Trim(name, "` "))
		}
	}
	require.ElementsMatch(t, assumedFacts(t), listed)
}

// requireValid requires that an OpenAPI description is a valid one.
func requireValid(t *testing.T, file string) {
	t.Helper()
	raw, err := os.ReadFile(file)
	require.NoError(t, err)
	document, err := libopenapi.NewDocument(raw)
	require.NoError(t, err)
	checker, errs := validator.NewValidator(document, config.WithFormatAssertions())
	require.Empty(t, errs)
	valid, problems := checker.ValidateDocument()
	require.True(t, valid, "%v", problems)
}

// requireMarked requires that everything of a description that must say where it is from does, and that more than so many do.
func requireMarked(t *testing.T, content any, least int) {
	t.Helper()
	marked := 0
	for _, n := range nodes(content) {
		source, has := n.fields["x-source"]
		if !has {
			require.False(t, mustBeMarked(n), "%s needs an x-source", n.at())
			continue
		}
		require.Contains(t, []string{"documented", "assumed"}, source, n.at())
		marked++
	}
	require.Greater(t, marked, least)
}

// asyncAPI is the official schema, ready to validate with.
func asyncAPI(t *testing.T) *jsonschema.Schema {
	t.Helper()
	official, err := asyncAPISchema()
	require.NoError(t, err)
	require.NotEmpty(t, official)
	compiler := jsonschema.NewCompiler()
	require.NoError(t, compiler.AddResource("asyncapi.json", fromJSON(t, official)))
	schema, err := compiler.Compile("asyncapi.json")
	require.NoError(t, err)
	return schema
}
