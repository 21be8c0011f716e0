package protocol

import (
	"fmt"
	"strings"
)

// Result is what exploring has found.
type Result struct {
	States int
	// Violation says what went wrong, and Trace the actions that led there, in as few steps as possible; both are empty
	// when nothing did.
	Violation string
	Trace     []string
}

func (r Result) String() string {
	if r.Violation == "" {
		return fmt.Sprintf("%d states, all as they should be", r.States)
	}
	return fmt.Sprintf("%s, after %d states:\n  %s", r.Violation, r.States, strings.Join(r.Trace, "\n  "))
}

// Explore tries every interleaving, breadth first. It stops at the first violation. Without one it makes sure that from
// each state in which the run is not cancelled everybody can still be paid.
func Explore(rules Rules, limits Limits) Result {
	e := explorer{index: map[state]int32{}}
	e.meet(start(limits), -1, "")
	for i := 0; i < len(e.states); i++ { //nolint:intrange // the loop itself adds states
		if violation := e.states[i].violation(); violation != "" {
			return Result{len(e.states), violation, e.trace(i)}
		}
		from := e.states[i]
		for _, next := range from.next(rules) {
			to := e.meet(next.to, int32(i), next.action)
			e.before[to] = append(e.before[to], int32(i))
		}
	}
	if i := e.stuck(); i >= 0 {
		return Result{len(e.states), "the part can never be paid any more", e.trace(i)}
	}
	return Result{States: len(e.states)}
}

type explorer struct {
	index  map[state]int32
	states []state
	parent []int32
	action []string
	before [][]int32 // the states that lead to each
}

// meet returns the number of a state, new or not.
func (e *explorer) meet(s state, parent int32, action string) int32 {
	if i, ok := e.index[s]; ok {
		return i
	}
	i := int32(len(e.states)) //nolint:gosec // memory ends long before
	e.index[s] = i
	e.states, e.parent, e.action = append(e.states, s), append(e.parent, parent), append(e.action, action)
	e.before = append(e.before, nil)
	return i
}

func (e *explorer) trace(i int) []string {
	var trace []string
	for n := int32(i); e.parent[n] >= 0; n = e.parent[n] { //nolint:gosec // memory ends long before
		trace = append([]string{e.action[n]}, trace...)
	}
	return trace
}

// stuck finds a state of a run that goes on, and from which it cannot be paid; -1 when there is none.
func (e *explorer) stuck() int {
	payable := make([]bool, len(e.states))
	var open []int32
	for i := range e.states {
		if e.states[i].done() {
			payable[i] = true
			open = append(open, int32(i))
		}
	}
	for len(open) > 0 {
		i := open[len(open)-1]
		open = open[:len(open)-1]
		for _, before := range e.before[i] {
			if !payable[before] {
				payable[before] = true
				open = append(open, before)
			}
		}
	}
	for i := range e.states {
		if s := &e.states[i]; !payable[i] && (!s.cancelled || s.left.Resumes > 0) {
			return i
		}
	}
	return -1
}
