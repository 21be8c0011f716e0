// Package output writes data to standard output: as a table for people, as JSON, or by a template of the operator's.
package output

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/template"
	"unicode/utf8"

	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/options"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
)

// Printer writes in the format that was asked for.
type Printer struct {
	out      io.Writer
	format   string
	template *template.Template
	t        terminal.Terminal
	width    int // of the terminal; 0 does not cut
	colour   bool
}

// New makes a printer for what the command line asks for.
func New(t terminal.Terminal, o *options.Options) (*Printer, error) {
	p := &Printer{out: t.Out, format: o.Output, t: t, width: terminal.Width(t.Out), colour: terminal.HasColour(t.Out)}
	if o.Template != "" {
		parsed, err := template.New("template").Option("missingkey=error").Parse(o.Template)
		if err != nil {
			return nil, exit.BadUsage("--template: %w", err)
		}
		p.template = parsed
	}
	return p, nil
}

// Field is a line of an object, or a cell of a list.
type Field struct {
	Name, Value string
}

// One writes an object: as its fields for people.
func (p *Printer) One(object any, fields []Field) error {
	if p.template != nil || p.format != options.Table {
		return p.encode(object)
	}
	width := 0
	for _, f := range fields {
		width = max(width, utf8.RuneCountInString(p.t.Lang.Text(f.Name)))
	}
	var text strings.Builder
	for _, f := range fields {
		if f.Value != "" {
			fmt.Fprintf(&text, "%-*s  %s\n", width, p.t.Lang.Text(f.Name), p.paint(f.Value))
		}
	}
	_, err := io.WriteString(p.out, text.String())
	return err
}

// encode writes one object as a line, or by the template.
func (p *Printer) encode(object any) error {
	raw, err := json.Marshal(object)
	if err != nil {
		return err
	}
	if p.template == nil {
		_, err = p.out.Write(append(raw, '\n'))
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var fields any
	if err := decoder.Decode(&fields); err != nil {
		return err
	}
	var text bytes.Buffer
	if err := p.template.Execute(&text, fields); err != nil {
		return exit.BadUsage("--template: %w", err)
	}
	_, err = p.out.Write(append(text.Bytes(), '\n'))
	return err
}

// List writes many objects, each as soon as it is there. End must be called, whatever happens.
type List struct {
	*Printer

	columns []string
	rows    [][]string
	widths  []int
	hidden  map[int]bool // columns that do not fit
	stacked bool
	begun   bool
	broken  error // what writing failed with: nothing more is written then, and it is said once
}

// List begins a list with the headings of its table.
func (p *Printer) List(columns ...string) *List {
	l := &List{Printer: p}
	for _, c := range columns {
		l.columns = append(l.columns, p.t.Lang.Text(c))
	}
	return l
}

// rowsAhead is how many rows of a table are looked at to see how wide its columns must be.
const rowsAhead = 100

// Add writes an object, with the cells of its row.
func (l *List) Add(object any, cells ...string) error {
	switch {
	case l.template != nil, l.format == options.JSONL:
		return l.encode(object)
	case l.format == options.JSON:
		raw, err := json.Marshal(object)
		if err != nil {
			return err
		}
		before := ",\n"
		if !l.begun {
			l.begun, before = true, "[\n"
		}
		return l.write(append([]byte(before), raw...))
	}
	l.rows = append(l.rows, cells)
	if len(l.rows) < rowsAhead {
		return nil
	}
	return l.flush()
}

// Flush writes the rows that wait for others, so that a list that goes on for hours shows them.
func (l *List) Flush() error {
	if l.format != options.Table || l.template != nil {
		return nil
	}
	return l.flush()
}

// End closes the list, also one that an error has ended: what was written stays readable.
func (l *List) End(err error) error {
	switch {
	case l.template != nil, l.format == options.JSONL:
	case l.format == options.JSON:
		end := "\n]\n"
		if !l.begun {
			end = "[]\n"
		}
		if l.broken == nil {
			return errors.Join(err, l.write([]byte(end)))
		}
	case l.broken != nil:
	default:
		return errors.Join(err, l.flush())
	}
	return err
}

// write remembers that standard output could not be written to.
func (l *List) write(text []byte) error {
	_, l.broken = l.out.Write(text)
	return l.broken
}

func (l *List) flush() error {
	if len(l.rows) == 0 {
		return nil
	}
	var text strings.Builder
	first := l.widths == nil
	if first {
		l.measure()
	}
	switch {
	case l.stacked:
		for _, row := range l.rows {
			l.stack(&text, row)
		}
	default:
		if first {
			l.line(&text, l.columns, func(cell string) string { return cell })
		}
		for _, row := range l.rows {
			l.line(&text, row, l.paint)
		}
	}
	l.rows = nil
	if err := l.write([]byte(text.String())); err != nil {
		return err
	}
	if first && len(l.hidden) > 0 && !l.stacked {
		var names []string
		for i, column := range l.columns {
			if l.hidden[i] {
				names = append(names, column)
			}
		}
		l.t.Tell("Left out to fit the terminal: %s. --output jsonl has everything.", strings.Join(names, ", "))
	}
	return nil
}

// measure finds how wide columns must be and, on a terminal that is narrower than that, which are left out: of those after the
// first ones the widest. Nothing is ever cut, for half an amount is another amount. Where the first ones do not fit either,
// each object gets lines of its own.
func (l *List) measure() {
	const needed = 5
	l.widths, l.hidden = make([]int, len(l.columns)), map[int]bool{}
	for _, row := range append([][]string{l.columns}, l.rows...) {
		for i, cell := range row {
			l.widths[i] = max(l.widths[i], utf8.RuneCountInString(cell))
		}
	}
	for l.width > 0 && l.total() > l.width {
		widest := -1
		for i := needed; i < len(l.widths); i++ {
			if !l.hidden[i] && (widest < 0 || l.widths[i] > l.widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			l.stacked = true
			return
		}
		l.hidden[widest] = true
	}
}

// total is how wide a line is.
func (l *List) total() int {
	total := -gap
	for i, width := range l.widths {
		if !l.hidden[i] {
			total += width + gap
		}
	}
	return total
}

const gap = 2

func (l *List) line(text *strings.Builder, row []string, paint func(string) string) {
	blanks := 0
	for i, cell := range row {
		if l.hidden[i] {
			continue
		}
		text.WriteString(strings.Repeat(" ", blanks) + paint(cell))
		blanks = max(l.widths[i]-utf8.RuneCountInString(cell), 0) + gap
	}
	text.WriteString("\n")
}

// stack writes an object on lines of its own.
func (l *List) stack(text *strings.Builder, row []string) {
	width := 0
	for _, column := range l.columns {
		width = max(width, utf8.RuneCountInString(column))
	}
	for i, cell := range row {
		if cell != "" {
			text.WriteString(l.columns[i] + strings.Repeat(" ", width-utf8.RuneCountInString(l.columns[i])+gap) + l.paint(cell) + "\n")
		}
	}
	text.WriteString("\n")
}

// paint gives the words that say how something ended a colour, on terminals that have some.
func (p *Printer) paint(word string) string {
	if !p.colour {
		return word
	}
	const green, red, yellow = "32", "31", "33"
	colour := map[string]string{
		"completed": green, "paid": green, "failed": red, "cancelled": red, "canceled": red, "dropped": red, "pending": yellow, "due": yellow,
		"production": red,
	}[word]
	if colour == "" {
		return word
	}
	return "\x1b[" + colour + "m" + word + "\x1b[0m"
}
