package djamotest

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// ActiveFault is an injected fault as it stands.
type ActiveFault struct {
	ID       string   // for [API.RemoveFault]
	Name     string   // as in [Request.Faults]
	Choices  []string // of [AnyOf]: the names it may strike as
	Scopes   []string // of [On]; empty for every request
	Left     int      // how often it can strike yet; -1 without end
	Passing  int      // how many matching requests still pass unharmed
	PerMille int      // of the matching requests that it strikes; 1000 for every one
	Until    time.Time
	Struck   int
	Active   bool // false once it is used up or its time is over
}

// Percent lets a fault strike that many of a hundred matching requests, chosen by the server's seed: [Probability] in whole
// percents.
func Percent(n int) Rule {
	return func(i *Injection) error {
		if n < 1 || n > 100 {
			return fmt.Errorf("Percent(%d): want between 1 and 100", n)
		}
		return Probability(float64(n) / 100)(i)
	}
}

// ID names the injection in [API.Faults].
func (i *Injection) ID() string { return "fault_" + strconv.FormatInt(i.number, 10) }

// Faults returns every injected fault that was not removed, the used-up ones included, in the order of injection.
func (a *API) Faults() []ActiveFault {
	now := a.Now().UnixNano()
	b := &a.faults
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]ActiveFault, len(b.active))
	for n, i := range b.active {
		f := ActiveFault{
			ID: i.ID(), Name: i.fault.name, Left: i.left, Passing: i.pass, PerMille: 1000, Struck: i.fired,
			Active: i.left != 0 && now < i.until,
		}
		for _, one := range i.fault.choice {
			f.Choices = append(f.Choices, one.name)
		}
		for _, either := range i.scopes {
			texts := make([]string, len(either))
			for at, s := range either {
				texts[at] = s.String()
			}
			f.Scopes = append(f.Scopes, strings.Join(texts, " | "))
		}
		for _, threshold := range i.thresholds { // of 53 bits; 43 leave room for a thousand times as much
			f.PerMille = f.PerMille * int((threshold>>10*1000+1<<42)>>43) / 1000
		}
		if i.until != math.MaxInt64 {
			f.Until = moment(i.until)
		}
		out[n] = f
	}
	return out
}

// RemoveFault ends an injected fault by its id. An unknown id is misuse.
func (a *API) RemoveFault(id string) error {
	t := a.test.tb()
	t.Helper()
	a.faults.mu.Lock()
	var found *Injection
	for _, i := range a.faults.active {
		if i.ID() == id {
			found = i
		}
	}
	a.faults.mu.Unlock()
	if found == nil {
		return misuse(t, "RemoveFault(%q): no fault has this id; Faults() lists them", id)
	}
	found.Remove()
	return nil
}
