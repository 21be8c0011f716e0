package djamotest

import (
	"encoding/base64"
	"hash/fnv"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
)

// page is the list envelope of the reference: {"count", "limit", "cursor": {"prev", "next"}, "data"}.
// count is taken to be the number of objects in this page (assumption: the reference shows count 1 beside a next cursor).
type page struct {
	Count  int        `json:"count"`
	Limit  int        `json:"limit"`
	Cursor pageCursor `json:"cursor"`
	Data   any        `json:"data"`
}

type pageCursor struct {
	Prev *string `json:"prev"`
	Next *string `json:"next"`
}

const (
	cursorNext = "next___"
	cursorPrev = "prev___"
)

// pageQuery is a parsed limit and cursor.
type pageQuery struct {
	listing  string // what is listed, a query included
	limit    int
	position int  // index the cursor points at; -1 without a cursor
	backward bool // a prev cursor
}

// encodeCursor hides a position the way the API does: base64 of "next___1678898830620". The number is the position and,
// in its last digits, a check that no other listing's numbers have.
func (q pageQuery) encodeCursor(kind string, position int) *string {
	number := int64(position)*checks + q.check(kind, position)
	s := base64.StdEncoding.EncodeToString([]byte(kind + strconv.FormatInt(number, 10)))
	return &s
}

// checks is how many different checks there are.
const checks = 1_000_000

// check depends on the listing, so that a cursor of one is refused by the others: if it were accepted, objects
// would be skipped.
func (q pageQuery) check(kind string, position int) int64 {
	h := fnv.New64a()
	_, _ = io.WriteString(h, kind+strconv.Itoa(position)+q.listing)
	return int64(mix(h.Sum64()) % checks)
}

// decodeCursor reads what encodeCursor wrote; anything else is not one of this listing's cursors.
func (q pageQuery) decodeCursor(s string) (position int, backward, ok bool) {
	raw, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return 0, false, false
	}
	kind := cursorNext
	if strings.HasPrefix(string(raw), cursorPrev) {
		kind = cursorPrev
	}
	number, err := strconv.ParseInt(strings.TrimPrefix(string(raw), kind), 10, 64)
	if err != nil || number < 0 || number/checks > math.MaxInt32 {
		return 0, false, false
	}
	position = int(number / checks)
	if *q.encodeCursor(kind, position) != s { // another listing's, or made by hand
		return 0, false, false
	}
	return position, kind == cursorPrev, true
}

// pageQuery reads limit and cursor and refuses every other parameter that is not named in also.
func (a *API) pageQuery(c *call, also ...string) (pageQuery, error) {
	q := pageQuery{listing: c.route.pattern + "?" + c.query.Get("reference") + c.query.Get("externalId"), limit: a.cfg.pageSize, position: -1}
	problems := a.unknownQuery(c, append(also, "limit", "cursor")...)
	if c.query.Has("limit") {
		limit, err := strconv.Atoi(c.query.Get("limit"))
		switch {
		case err != nil:
			problems = append(problems, "limit must be an integer number")
		case limit < 1:
			problems = append(problems, "limit must not be less than 1")
		case limit > a.cfg.maxPageSize:
			problems = append(problems, "limit must not be greater than "+strconv.Itoa(a.cfg.maxPageSize))
		default:
			q.limit = limit
		}
	}
	if c.query.Has("cursor") {
		var ok bool
		if q.position, q.backward, ok = q.decodeCursor(c.query.Get("cursor")); !ok {
			problems = append(problems, "cursor must be a valid cursor")
		}
	}
	if len(problems) > 0 {
		return q, invalid(problems)
	}
	return q, nil
}

// paginate cuts one page, newest first, out of total objects kept in order of creation. A cursor names an object's
// index, so objects created while somebody pages never shift or repeat what is still to come.
func (q pageQuery) paginate(total int) (from, to int, cursor pageCursor) {
	switch {
	case q.position < 0:
		to = total
		from = max(0, to-q.limit)
	case q.backward: // the page of newer objects, from the one the cursor names
		from = min(q.position, total)
		to = min(from+q.limit, total)
	default: // the page of older objects
		to = min(q.position, total)
		from = max(0, to-q.limit)
	}
	if from > 0 {
		cursor.Next = q.encodeCursor(cursorNext, from)
	}
	if to < total && q.position >= 0 {
		cursor.Prev = q.encodeCursor(cursorPrev, to)
	}
	return from, to, cursor
}

// listPage fills a page from objects kept in order of creation; view makes the wire form of one.
func listPage[T, W any](q pageQuery, all []T, view func(T) W) reply {
	from, to, cursor := q.paginate(len(all))
	data := make([]W, 0, to-from)
	for i := to - 1; i >= from; i-- {
		data = append(data, view(all[i]))
	}
	return reply{status: http.StatusOK, body: page{Count: len(data), Limit: q.limit, Cursor: cursor, Data: data}}
}
