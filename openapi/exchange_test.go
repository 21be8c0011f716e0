package openapi_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	validator "github.com/pb33f/libopenapi-validator"
	"github.com/pb33f/libopenapi-validator/config"
	validation "github.com/pb33f/libopenapi-validator/errors"
	"github.com/pb33f/libopenapi-validator/router"
	"github.com/stretchr/testify/require"
)

// inspector is a round tripper that holds every exchange to the description. It is safe for concurrent use.
type inspector struct {
	next     http.RoundTripper
	checker  validator.Validator
	routes   router.Router
	mu       sync.Mutex
	problems []string
	seen     map[string][]int // the statuses of each operation, by operationId
}

// inspect makes an inspector that fails the test at its end for everything that was not as described. With exact, fields
// that are not described are a problem as well.
func inspect(t *testing.T, next http.RoundTripper, exact bool) *inspector {
	t.Helper()
	i := newInspector(t, next, exact)
	t.Cleanup(func() {
		for _, problem := range i.found() {
			t.Error(problem)
		}
	})
	return i
}

func newInspector(t *testing.T, next http.RoundTripper, exact bool) *inspector {
	t.Helper()
	checkers, err := makeCheckers()
	require.NoError(t, err)
	return &inspector{next: next, checker: checkers[exact], seen: make(map[string][]int),
		routes: router.NewRouter(callsModel(t), router.WithPathOnlyMatching())}
}

// makeCheckers compiles the description once for all tests: true is the checker that is exact.
var makeCheckers = sync.OnceValues(func() (map[bool]validator.Validator, error) {
	model, err := readCalls()
	if err != nil {
		return nil, err
	}
	options := []config.Option{config.WithFormatAssertions(), config.WithRejectUndeclaredRequestBody()}
	exact := []config.Option{config.WithStrictMode(),
		config.WithStrictIgnorePaths("$.body.**.metadata.*", "$.body.metadata.*")} // metadata is the caller's own
	return map[bool]validator.Validator{
		false: validator.NewValidatorFromV3Model(model, options...),
		true:  validator.NewValidatorFromV3Model(model, slices.Concat(options, exact)...),
	}, nil
})

// validating is held during a validation: to render a schema libopenapi writes to the model, which the checkers share.
var validating sync.Mutex

// replies is the same inspector for requests that are wrong on purpose.
func (i *inspector) replies() http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) { return i.exchange(r, true) })
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// RoundTrip implements http.RoundTripper.
func (i *inspector) RoundTrip(r *http.Request) (*http.Response, error) { return i.exchange(r, false) }

func (i *inspector) exchange(r *http.Request, wrong bool) (*http.Response, error) {
	sent, err := drain(&r.Body)
	if err != nil {
		return nil, err
	}
	if !wrong {
		i.check(r, sent, nil, nil)
	}
	resp, err := i.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	received, err := drain(&resp.Body)
	if err != nil {
		return nil, err
	}
	i.check(r, sent, resp, received)
	return resp, nil
}

// drain reads a body and puts what it read in its place.
func drain(body *io.ReadCloser) ([]byte, error) {
	if *body == nil || *body == http.NoBody {
		return nil, nil
	}
	content, err := io.ReadAll(*body)
	_ = (*body).Close()
	*body = io.NopCloser(bytes.NewReader(content))
	return content, err
}

// check holds a request to the description or, if there is one, its response.
func (i *inspector) check(r *http.Request, sent []byte, resp *http.Response, received []byte) {
	request := r.Clone(r.Context())
	request.Body = io.NopCloser(bytes.NewReader(sent))
	if len(sent) == 0 {
		request.Body = http.NoBody
	}
	route, err := i.routes.FindRoute(request)
	if err != nil {
		i.note(fmt.Sprintf("%s %s is not described: %s", r.Method, r.URL.Path, err))
		return
	}
	place := r.Method + " " + route.Path
	var problems []*validation.ValidationError
	validating.Lock()
	if resp == nil {
		_, problems = i.checker.ValidateHttpRequestSync(request)
	} else {
		response := *resp
		response.Body = io.NopCloser(bytes.NewReader(received))
		_, problems = i.checker.ValidateHttpResponse(request, &response)
	}
	validating.Unlock()
	if resp != nil {
		place = fmt.Sprintf("%s: %d", place, resp.StatusCode)
		i.mu.Lock()
		i.seen[route.Operation.OperationId] = append(i.seen[route.Operation.OperationId], resp.StatusCode)
		i.mu.Unlock()
	}
	for _, problem := range problems {
		i.note(fmt.Sprintf("%s: %s: %s%s", place, problem.Message, problem.Reason, reasons(problem)))
	}
}

// reasons are the details of a problem, without the values it is about.
func reasons(problem *validation.ValidationError) string {
	var text strings.Builder
	for _, failure := range problem.SchemaValidationErrors {
		fmt.Fprintf(&text, "; %s: %s", failure.FieldPath, failure.Reason)
	}
	return text.String()
}

func (i *inspector) note(problem string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.problems = append(i.problems, problem)
}

func (i *inspector) found() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.problems)
}

// succeeded are the operations that were answered with 2xx.
func (i *inspector) succeeded() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	var ids []string
	for id, statuses := range i.seen {
		if slices.ContainsFunc(statuses, func(status int) bool { return status < 300 }) {
			ids = append(ids, id)
		}
	}
	return ids
}

func (i *inspector) statuses() map[int]bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	all := map[int]bool{}
	for _, statuses := range i.seen {
		for _, status := range statuses {
			all[status] = true
		}
	}
	return all
}
