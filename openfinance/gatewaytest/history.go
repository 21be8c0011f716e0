package gatewaytest

import "strings"

// DefaultHistory is how many calls a gateway remembers, and how many of the tokens and questions that nobody comes back for: one
// that runs for weeks beside a program must not grow with every call. What a wallet or an account has is never forgotten.
const DefaultHistory = 10_000

// history keeps the latest of what came, oldest first.
type history[T any] struct {
	limit int // 0: DefaultHistory
	kept  []T
	next  int // where the oldest is, once there are as many as may be
	count int // those that were forgotten included
}

// add keeps an entry, and returns the one that had to make room for it.
func (h *history[T]) add(entry T) (forgotten T, full bool) {
	h.count++
	limit := h.limit
	if limit <= 0 {
		limit = DefaultHistory
	}
	if len(h.kept) < limit {
		h.kept = append(h.kept, entry)
		return forgotten, false
	}
	forgotten, h.kept[h.next] = h.kept[h.next], entry
	h.next = (h.next + 1) % limit
	return forgotten, true
}

// all is a copy, oldest first.
func (h *history[T]) all() []T {
	return append(append(make([]T, 0, len(h.kept)), h.kept[h.next:]...), h.kept[:h.next]...)
}

// recent is a map that keeps the latest of its keys.
type recent[V any] struct {
	values map[string]V
	order  history[string]
}

func newRecent[V any](limit int) recent[V] {
	return recent[V]{values: map[string]V{}, order: history[string]{limit: limit}}
}

// put adds a key that was not there before: those of this package are never used again.
func (r *recent[V]) put(key string, value V) {
	if old, full := r.order.add(key); full {
		delete(r.values, old)
	}
	r.values[key] = value
}

// short is a text of a request as it is remembered, without what it was a part of: a URL may have a megabyte.
func short(text string) string {
	const maxLength = 1 << 10
	return strings.Clone(text[:min(len(text), maxLength)])
}
