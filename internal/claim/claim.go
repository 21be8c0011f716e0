// Package claim checks and converts the arguments of a claim to handle a webhook delivery, the same for every store.
package claim

import "time"

// Fault is the first thing that is wrong with the arguments of a claim.
type Fault struct{ Field, Value, Rule string }

// Check returns what is wrong with a key, an owner and a lease, nil when nothing is.
func Check(key, owner string, lease time.Duration) *Fault {
	switch {
	case key == "":
		return &Fault{Field: "key", Rule: "must name a delivery"}
	case owner == "":
		return &Fault{Field: "owner", Rule: "must name who handles the delivery"}
	case lease <= 0:
		return &Fault{Field: "lease", Value: lease.String(), Rule: "must be positive"}
	}
	return nil
}

// Milliseconds rounds up: a lease may end late, never early.
func Milliseconds(lease time.Duration) int64 {
	whole := lease.Milliseconds()
	if lease > time.Duration(whole)*time.Millisecond {
		whole++
	}
	return whole
}
