package payroll

import (
	"fmt"
	"slices"
	"strings"

	"github.com/djamo/djamo-go/internal/edit"
)

// NoRunError is a name that no run has, with the names that are most like it. It matches ErrNoRun.
type NoRunError struct {
	Run     string
	Nearest []string // at most three, the most similar first; none when no name is similar
}

// Error names the run, and those that may have been meant.
func (e *NoRunError) Error() string {
	text := fmt.Sprintf("payroll: there is no run %q", e.Run)
	if len(e.Nearest) == 0 {
		return text
	}
	names := make([]string, len(e.Nearest))
	for i, name := range e.Nearest {
		names[i] = fmt.Sprintf("%q", name)
	}
	return text + ": did you mean " + strings.Join(names, " or ") + "?"
}

// Is makes errors.Is(err, ErrNoRun) work.
func (e *NoRunError) Is(target error) bool { return target == ErrNoRun }

// NoRun is the error for a name that is none of the names of runs.
func NoRun(run string, names []string) *NoRunError {
	type candidate struct {
		name     string
		distance int
	}
	const maxNearest = 3
	allowed := max(2, len([]rune(run))/3)
	wanted := strings.ToLower(run)
	var near []candidate
	for _, name := range names {
		lower := strings.ToLower(name)
		distance := edit.Distance([]rune(wanted), []rune(lower))
		if wanted != "" && strings.Contains(lower, wanted) {
			distance = min(distance, 1) // the beginning of a name, or its middle
		}
		if distance <= allowed {
			near = append(near, candidate{name, distance})
		}
	}
	slices.SortStableFunc(near, func(a, b candidate) int { return a.distance - b.distance })
	err := &NoRunError{Run: run}
	for _, c := range near[:min(maxNearest, len(near))] {
		err.Nearest = append(err.Nearest, c.name)
	}
	return err
}
