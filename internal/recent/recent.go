// Package recent remembers what came last, within a bound.
package recent

// Ring remembers the values that were added last, and says which one a new value replaces. Its zero value is empty and
// ready to use. It is not safe for concurrent use.
type Ring[T any] struct {
	values []T
	oldest int // where the next value goes once the ring is full
}

// Add remembers value. Once size values are remembered the oldest makes room for it and is returned. Size must be
// positive and the same in every call.
func (r *Ring[T]) Add(value T, size int) (dropped T, full bool) {
	if len(r.values) < size {
		r.values = append(r.values, value)
		return dropped, false
	}
	dropped, r.values[r.oldest] = r.values[r.oldest], value
	r.oldest = (r.oldest + 1) % len(r.values)
	return dropped, true
}

// Cycle notices a sequence that comes back to an earlier value, however long the cycle is, with one value remembered:
// Brent's algorithm. Its zero value is ready to use. The empty string is no value.
type Cycle struct {
	remembered   string
	steps, power int
}

// Repeats adds a value and reports whether the sequence is going round in circles. A cycle is noticed after at most three
// times its length and that of what came before it.
func (c *Cycle) Repeats(value string) bool {
	if value == "" {
		return false
	}
	if value == c.remembered {
		return true
	}
	if c.steps++; c.steps > c.power {
		c.remembered, c.steps, c.power = value, 0, 2*c.power+1
	}
	return false
}
