package djamotest

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// endpointOf names the call an exchange belongs to, as in "GET /v1/transactions/{id}"; a lookup is another call than a list.
func endpointOf(r recordedRequest) string {
	name := r.Method + " " + template(r.Method, r.Path)
	if query, err := url.ParseQuery(r.Query); err == nil && query.Has("reference") {
		name += "?reference"
	}
	return name
}

// template is a path with its ids replaced: every segment in the place of an id, whatever it looks like. The routes of
// the API say where ids are. Of what lies beyond them, such as a call that is not documented, no more than a guess is
// possible.
func template(method, urlPath string) string {
	segments := strings.Split(urlPath, "/")
	base := len(segments) // of the API: a gateway may have put something before it
	var best []string
	for at := range segments {
		if pattern := bestRoute(method, segments[at:]); len(pattern) > 0 {
			base, best = at, pattern
			break
		}
	}
	known := copy(segments[min(base, len(segments)):], best)
	for i := range segments {
		if (i < base || i >= base+known) && identifierSegment.MatchString(segments[i]) {
			segments[i] = "{id}"
		}
	}
	return strings.Join(segments, "/")
}

// bestRoute finds the route that covers the most of a path from its beginning: one of the method before others, and a
// literal segment before an id.
func bestRoute(method string, segments []string) (best []string) {
	var most [3]int
	for _, rt := range routeTable() {
		pattern := strings.Split(strings.TrimPrefix(rt.pattern, "/"), "/")
		literals, ok := covers(pattern, segments)
		if !ok {
			continue
		}
		rank := [3]int{0, len(pattern), literals}
		if rt.method == method && len(pattern) == len(segments) {
			rank[0] = 1
		}
		if slices.Compare(rank[:], most[:]) > 0 {
			most, best = rank, pattern
		}
	}
	return best
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
var identifierSegment = regexp.MustCompile(`^([a-z]+_)?[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}$|^[a-z]+_[0-9A-Za-z]{8,}$|^\d{6,}$`)

var notInFileNames = regexp.MustCompile(`[^A-Za-z0-9]+`)

// longestFileName leaves room for a number within what file systems take.
const longestFileName = 200

func fileName(r recordedRequest) string {
	name := strings.Trim(notInFileNames.ReplaceAllString(endpointOf(r), "_"), "_")
	return name[:min(len(name), longestFileName)]
}
