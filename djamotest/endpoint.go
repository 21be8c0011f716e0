package djamotest

import (
	"net/url"
	"slices"
	"strings"
)

// endpointOf names the call an exchange belongs to, as in "GET /v1/transactions/{id}"; a lookup is another call than a list.
func endpointOf(r recordedRequest, tables []Routes) string {
	table, _, _ := routeOf(tables, r.Method, r.Path)
	name := r.Method + " " + template(tables, r.Method, r.Path)
	query, err := url.ParseQuery(r.Query)
	if err != nil {
		return name
	}
	for _, parameter := range table.Lookups {
		if query.Has(parameter) {
			return name + "?" + parameter
		}
	}
	return name
}

// template is a path with its ids replaced: every segment in the place of an id, whatever it looks like. The routes of
// the APIs say where ids are. Of what lies beyond them, such as a call that is not documented, no more than a guess is
// possible.
func template(tables []Routes, method, urlPath string) string {
	segments := strings.Split(urlPath, "/")
	base := len(segments) // of the API: a gateway may have put something before it
	var best []string
	for at := range segments {
		if _, pattern, ok := bestRoute(tables, method, segments[at:]); ok {
			base, best = at, pattern
			break
		}
	}
	known := copy(segments[min(base, len(segments)):], best)
	for i := range segments {
		if (i < base || i >= base+known) && identifierSegment().MatchString(segments[i]) {
			segments[i] = "{id}"
		}
	}
	return strings.Join(segments, "/")
}

// routeOf finds the API and the route that a path belongs to.
func routeOf(tables []Routes, method, urlPath string) (Routes, Route, bool) {
	segments := strings.Split(urlPath, "/")
	for at := range segments {
		if found, pattern, ok := bestRoute(tables, method, segments[at:]); ok {
			for _, route := range found.Calls {
				if route.Method == method && route.Pattern == "/"+strings.Join(pattern, "/") {
					return found, route, true
				}
			}
			return found, Route{}, true
		}
	}
	return Routes{}, Route{}, false
}

// bestRoute finds the route that matches the longest prefix of a path. It prefers routes of the same method, and literal
// segments to ids.
func bestRoute(tables []Routes, method string, segments []string) (table Routes, best []string, ok bool) {
	var maxRank [3]int
	for _, candidate := range tables {
		for _, rt := range candidate.Calls {
			pattern := strings.Split(strings.TrimPrefix(rt.Pattern, "/"), "/")
			literals, covered := covers(pattern, segments)
			if !covered {
				continue
			}
			rank := [3]int{0, len(pattern), literals}
			if rt.Method == method && len(pattern) == len(segments) {
				rank[0] = 1
			}
			if slices.Compare(rank[:], maxRank[:]) > 0 {
				maxRank, table, best, ok = rank, candidate, pattern, true
			}
		}
	}
	return table, best, ok
}

// covers says whether a pattern matches the beginning of a path, and with how many literal segments.
func covers(pattern, segments []string) (literals int, ok bool) {
	if len(pattern) > len(segments) {
		return 0, false
	}
	for i, p := range pattern {
		switch {
		case p == segments[i]:
			literals++
		case p != "{id}" || segments[i] == "":
			return 0, false
		}
	}
	return literals, true
}

// identifierSegment guesses which segments differ from run to run: prefixed and bare UUIDs, and long numbers.
var identifierSegment = lazily(`^([a-z]+_)?[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}$|^[a-z]+_[0-9A-Za-z]{8,}$|^\d{6,}$`)

var notInFileNames = lazily(`[^A-Za-z0-9]+`)

// maxFileName leaves room for a number within what file systems take.
const maxFileName = 200

func fileName(r recordedRequest, tables []Routes) string {
	name := strings.Trim(notInFileNames().ReplaceAllString(endpointOf(r, tables), "_"), "_")
	return name[:min(len(name), maxFileName)]
}
