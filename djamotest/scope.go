package djamotest

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
)

// scope is where a fault may strike: requests of a method, a path, with a query parameter, or webhooks of a topic.
type scope struct{ method, pattern, param string }

// placeholder is how others write an id in a path.
var placeholder = lazily(`/(?:\{[^/]*\}|:[^/]*)`)

func parseScope(text string) (scope, error) {
	var s scope
	if text == "" {
		return s, errors.New(`On(""): want a method, a path or both; leave On out for every request`)
	}
	rest := text
	if method, tail, ok := strings.Cut(text, " "); ok {
		s.method, rest = method, tail
	} else if !strings.Contains(text, "/") {
		s.method, rest = text, ""
	}
	var asked bool
	s.pattern, s.param, asked = strings.Cut(rest, "?")
	if asked && s.param == "" {
		return s, fmt.Errorf("On(%q): name the query parameter after the question mark", text)
	}
	if placeholder().MatchString(s.pattern) {
		return s, fmt.Errorf("On(%q): write * for an id", text)
	}
	_, err := path.Match(s.pattern, "")
	_, topic := topics[s.pattern]
	if err != nil || !(s.pattern == "" || topic || s.pattern[0] == '/') || strings.ContainsAny(rest, " ") || (s.method != "" &&
		strings.Trim(s.method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "") {
		return s, fmt.Errorf("On(%q): want a method, a path or both, such as %q", text, "POST /v1/transactions")
	}
	if topic {
		s.pattern = topics[s.pattern] // as webhooks are matched, whatever the spelling of their endpoint
	}
	return s, nil
}

func (s scope) matches(method, urlPath string, hasParam func(string) bool) bool {
	if s.method != "" && s.method != method {
		return false
	}
	if s.pattern != "" {
		if ok, _ := path.Match(s.pattern, urlPath); !ok {
			return false
		}
	}
	return s.param == "" || hasParam(s.param)
}

// checkScope refuses a scope in which a fault could never strike: a test that injects it would show nothing.
func (a *API) checkScope(s scope, f Fault) error {
	_, topic := topics[s.pattern]
	webhooks := len(f.candidates(func(p phase) bool { return p == onWebhook }))
	switch {
	case topic && (webhooks == 0 || s.method != ""):
		return fmt.Errorf("On(%q): %s strikes requests, so give a method, a path or both, such as %q", s, f, "POST /v1/transactions")
	case !topic && webhooks == len(f.all()):
		return fmt.Errorf("On(%q): %s strikes webhooks, so give a topic, such as %q", s, f, TopicTransactionsCompleted)
	case !topic && s.param != "" && !slices.ContainsFunc(a.table,
		func(rt route) bool { return s.meets(rt) && slices.Contains(rt.query, s.param) }):
		return fmt.Errorf("On(%q): no call in this scope has this query parameter, so the fault would never strike", s)
	case !topic && len(f.candidates(func(p phase) bool { return p != lookup })) == 0 &&
		!slices.ContainsFunc(a.table, func(rt route) bool { return s.meets(rt) && rt.lags() }):
		return fmt.Errorf("On(%q): %s strikes lists of transactions and charges, such as %q, and look-ups", s, f, "GET /v1/transactions")
	case !topic && !slices.ContainsFunc(a.table, s.meets):
		return fmt.Errorf("On(%q): the API has no such call, so the fault would never strike; "+
			"paths are given below the base path, with * for an id", s)
	}
	return nil
}

// checkTogether refuses rules that no request can agree to.
func (a *API) checkTogether(rules [][]scope) error {
	agree := func(meets func(scope) bool) bool {
		return !slices.ContainsFunc(rules, func(either []scope) bool { return !slices.ContainsFunc(either, meets) })
	}
	if slices.ContainsFunc(a.table, func(rt route) bool { return agree(func(s scope) bool { return s.meets(rt) }) }) {
		return nil
	}
	if slices.ContainsFunc(rules[0], func(topic scope) bool { return agree(func(s scope) bool { return s == topic }) }) {
		return nil
	}
	return errors.New("On: no request is in the scopes of every On rule, so the fault would never strike; " +
		"for one scope or another give both to one On")
}

// meets says whether requests for a route can be in the scope.
func (s scope) meets(rt route) bool {
	if s.method != "" && s.method != rt.method {
		return false
	}
	if s.pattern == "" {
		return true
	}
	given, known := strings.Split(s.pattern, "/"), strings.Split(rt.pattern, "/")
	if len(given) != len(known) {
		return false
	}
	for i, segment := range known {
		if ok, err := path.Match(given[i], segment); !ok && err == nil && segment != "{id}" {
			return false
		}
	}
	return true
}

// String is the scope as it was given.
func (s scope) String() string {
	out := strings.TrimSpace(s.method + " " + s.pattern)
	if s.param != "" {
		out += "?" + s.param
	}
	return out
}
