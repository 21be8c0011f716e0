package payroll

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// header is what the first line of a file says about the rest.
type header struct {
	comma    rune
	width    int
	line     int64
	columns  map[string]int // where the columns that are read stand
	ignored  []string       // the names of the others
	unnamed  []int          // where columns without a name stand, if there are no references
	problems []Problem
}

// readHeader takes the separator by which the first line names most of the columns.
func readHeader(head []byte) header {
	var best header
	for _, comma := range []rune{',', ';', '\t'} {
		if h := parseHeader(head, comma); best.comma == 0 || len(h.columns) > len(best.columns) {
			best = h
		}
	}
	return best
}

func parseHeader(head []byte, comma rune) header {
	h := header{comma: comma, columns: map[string]int{}}
	reader := newCSVReader(bytes.NewReader(head), comma)
	names, err := reader.Read()
	for err == nil && isBlank(names) {
		names, err = reader.Read()
	}
	if err != nil || len(names) == 0 {
		h.problems = []Problem{{Rule: "must start with a line that names its columns: msisdn, amount and, where wanted, reference and description"}}
		return h
	}
	line, _ := reader.FieldPos(0)
	h.width, h.line = len(names), int64(line)
	for i, name := range names {
		column := strings.ToLower(strings.TrimSpace(name))
		if !slices.Contains([]string{columnMSISDN, columnAmount, columnReference, columnDescription}, column) {
			if name = strings.TrimSpace(name); name != "" {
				h.ignored = append(h.ignored, name)
			} else {
				h.unnamed = append(h.unnamed, i)
			}
			continue
		}
		if _, twice := h.columns[column]; twice {
			h.problems = append(h.problems, Problem{Line: h.line, Column: column, Rule: "must be named once only"})
		}
		h.columns[column] = i
	}
	if _, ok := h.columns[columnReference]; ok {
		h.unnamed = nil
	}
	if strings.HasPrefix(strings.ToLower(strings.TrimSpace(names[0])), "sep=") {
		h.problems = []Problem{{Line: h.line, Rule: `must name the columns: take out "sep=", which is meant for Excel`}}
		return h
	}
	for _, column := range []string{columnMSISDN, columnAmount} {
		if _, ok := h.columns[column]; !ok {
			h.problems = append(h.problems, Problem{Line: h.line, Column: column, Rule: "must be one of the columns that the first line names, separated by commas, semicolons or tabs"})
		}
	}
	return h
}

// warnings tells of columns that may have been meant for references. A reference that is overlooked would be replaced by
// a derived one, and a payout that was sent under it before would be sent again.
func (h header) warnings() []Warning {
	if _, ok := h.columns[columnReference]; ok || len(h.ignored) == 0 {
		return nil
	}
	const most = 10
	names := make([]string, 0, most)
	for _, name := range h.ignored[:min(most, len(h.ignored))] {
		names = append(names, shown("", name))
	}
	if more := len(h.ignored) - most; more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	return []Warning{{Lines: []int64{h.line}, Text: fmt.Sprintf("no column is called reference, so references are derived; not read: %s", strings.Join(names, ", "))}}
}
