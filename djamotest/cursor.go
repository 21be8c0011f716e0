package djamotest

import (
	"encoding/base64"
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
	limit    int
	position int  // index the cursor points at; -1 without a cursor
	backward bool // a prev cursor
}

// encodeCursor hides a position the way the API does: base64 of "next___123".
func encodeCursor(kind string, position int) *string {
	s := base64.StdEncoding.EncodeToString([]byte(kind + strconv.Itoa(position)))
	return &s
}

// decodeCursor reads what encodeCursor wrote; anything else is not one of this server's cursors.
func decodeCursor(s string) (position int, backward, ok bool) {
	raw, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return 0, false, false
	}
	digits, forward := strings.CutPrefix(string(raw), cursorNext)
	if !forward {
		if digits, backward = strings.CutPrefix(string(raw), cursorPrev); !backward {
			return 0, false, false
		}
	}
	position, err = strconv.Atoi(digits)
	if err != nil || position < 0 || strconv.Itoa(position) != digits {
		return 0, false, false
	}
	return position, backward, true
}

// pageQuery reads limit and cursor and refuses every other parameter that is not named in also.
func (a *API) pageQuery(c *call, also ...string) (pageQuery, error) {
	q := pageQuery{limit: a.cfg.pageSize, position: -1}
	problems := c.unknownQuery(append(also, "limit", "cursor")...)
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
		if q.position, q.backward, ok = decodeCursor(c.query.Get("cursor")); !ok {
			problems = append(problems, "cursor must be a valid cursor")
		}
	}
	if len(problems) > 0 {
		return q, refuse(http.StatusBadRequest, problems...)
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
		cursor.Next = encodeCursor(cursorNext, from)
	}
	if to < total && q.position >= 0 {
		cursor.Prev = encodeCursor(cursorPrev, to)
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
