package mycac

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/djamo/djamo-go"
)

// maxProblems is how many problems are listed one by one.
const maxProblems = 100

// Problem is one thing that is wrong with what a caller gave. Phone and account numbers in it are masked.
type Problem struct {
	Entry int    // counted from 1; 0: it is about the whole
	Field string // such as iban or amount
	Value string // on one line, cut off and masked; empty when there is none
	Rule  string // what the value must be, and what to do
}

// String is the problem as one line.
func (p Problem) String() string {
	text := p.Field
	if p.Entry > 0 {
		text = "entry " + strconv.Itoa(p.Entry) + ": " + p.Field
	}
	if p.Value != "" {
		text += " " + p.Value
	}
	return text + " " + p.Rule
}

// InputError is what is wrong with a list that a caller gave. Nothing of the list was used.
type InputError struct {
	What     string    // the list: salaries, positions, flows
	Problems []Problem // at most 100, in the order of the entries
	More     int       // how many more there are
}

// Error shows the first problems.
func (e *InputError) Error() string {
	const shown = 10
	var text strings.Builder
	fmt.Fprintf(&text, "mycac: %s: nothing was used, because of %d problems", e.What, len(e.Problems)+e.More)
	if len(e.Problems)+e.More == 1 {
		text.Reset()
		fmt.Fprintf(&text, "mycac: %s: nothing was used, because of a problem", e.What)
	}
	for i, problem := range e.Problems {
		if i == shown {
			break
		}
		text.WriteString("\n  " + problem.String())
	}
	if rest := len(e.Problems) + e.More - shown; rest > 0 {
		fmt.Fprintf(&text, "\n  and %d more", rest)
	}
	return text.String()
}

// problemList collects problems. Entries are counted from 0 when they are added.
type problemList struct {
	listed []Problem
	more   int
}

// whole is the entry of a problem that is about the whole list.
const whole = -1

func (l *problemList) add(entry int, field, value, rule string) {
	if len(l.listed) == maxProblems {
		l.more++
		return
	}
	l.listed = append(l.listed, Problem{Entry: entry + 1, Field: field, Value: shownText(value), Rule: rule})
}

func (l *problemList) addf(entry int, field, value, rule string, args ...any) {
	l.add(entry, field, value, fmt.Sprintf(rule, args...))
}

func (l *problemList) addInt(entry int, field string, value int, rule string) {
	l.add(entry, field, strconv.Itoa(value), rule)
}

// err is an *InputError, or nil when there are no problems.
func (l *problemList) err(what string) error {
	if len(l.listed) == 0 {
		return nil
	}
	return &InputError{What: what, Problems: l.listed, More: l.more}
}

// shownText is a value as an error may show it: short, on one line, and without whole phone numbers.
func shownText(value string) string {
	const limit = 60
	return boundText(value, limit)
}

// saidText is what a gateway says, as an error may show it.
func saidText(text string) string {
	const limit = 300
	return boundText(text, limit)
}

func boundText(value string, limit int) string {
	value = djamo.MaskPhones(value)
	more := ""
	if len(value) > limit {
		value, more = strings.ToValidUTF8(value[:limit], ""), "…"
	}
	if strings.ContainsFunc(value, func(r rune) bool { return !unicode.IsPrint(r) }) || strings.TrimSpace(value) != value {
		value = strconv.Quote(value)
	}
	return value + more
}

// maskAccount shows an account number that may be an IBAN.
func maskAccount(account string) string {
	const minHidden = 16 // what is shorter is a name such as DJ81-CAC-1
	if len(account) < minHidden {
		return shownText(account)
	}
	return maskIBAN(strings.ToUpper(account))
}
