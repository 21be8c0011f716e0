package wallet

import (
	"slices"
	"strings"
	"time"
)

// Pair is a coffre sweep: what left one ledger and came into the other.
type Pair struct {
	CorrelationID string
	Out, In       Event
}

// Balanced reports whether what left one side came in at the other.
func (p Pair) Balanced() bool {
	sum, ok := Add(p.Out.Amount, p.In.Amount)
	return ok && sum == 0
}

// Pairs matches the halves of coffre sweeps by their correlation id, in whichever order they come. The zero value is ready.
// It is not safe for concurrent use.
type Pairs struct {
	open map[string]Event
}

// Add takes an event. The pair is complete when ok is true. An event without a correlation id, and a half that comes again,
// are no pair.
func (p *Pairs) Add(event Event) (pair Pair, ok bool) {
	if event.CorrelationID == "" {
		return Pair{}, false
	}
	if p.open == nil {
		p.open = map[string]Event{}
	}
	other, waiting := p.open[event.CorrelationID]
	if !waiting || other.ID == event.ID || (other.Amount < 0) == (event.Amount < 0) {
		if !waiting || other.ID == event.ID {
			p.open[event.CorrelationID] = event
		}
		return Pair{}, false
	}
	delete(p.open, event.CorrelationID)
	pair = Pair{CorrelationID: event.CorrelationID, Out: other, In: event}
	if event.Amount < 0 {
		pair.Out, pair.In = event, other
	}
	return pair, true
}

// Unmatched lists the halves that are older than the age at a time, the oldest first. They are kept: the other half may come.
func (p *Pairs) Unmatched(now time.Time, age time.Duration) []Event {
	var old []Event
	for _, event := range p.open {
		if now.Sub(event.Time) >= age {
			old = append(old, event)
		}
	}
	slices.SortFunc(old, func(a, b Event) int {
		if c := a.Time.Compare(b.Time); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return old
}
