package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/djamo/djamo-go"
)

// columns are what the file must have, in any order.
var columns = []string{"msisdn", "amount", "reference", "description"}

// payout is one line of the file.
type payout struct {
	djamo.TransactionParams

	line int
}

// readPayouts reads the whole file and lists everything that is wrong with it. A file with one bad line is not paid.
func readPayouts(in io.Reader) ([]payout, error) {
	reader := csv.NewReader(in)
	header, err := reader.Read()
	if err != nil {
		return nil, fmt.Errorf("the file has no header line: %w", err)
	}
	header[0] = strings.TrimPrefix(header[0], "\uFEFF") // spreadsheets write a byte order mark
	at := make(map[string]int, len(columns))
	for _, column := range columns {
		at[column] = slices.IndexFunc(header, func(h string) bool { return strings.EqualFold(strings.TrimSpace(h), column) })
		if at[column] < 0 {
			return nil, fmt.Errorf("line 1: the column %q is missing: the header must name %s", column, strings.Join(columns, ", "))
		}
	}
	var payouts []payout
	var problems []error
	lineOf := map[string]int{} // by reference
	for {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, errors.Join(append(problems, err)...) // what follows a broken quote cannot be told apart
		}
		line, _ := reader.FieldPos(0)
		p, bad := parse(line, func(column string) string { return strings.TrimSpace(record[at[column]]) })
		if first, repeated := lineOf[p.Reference]; repeated && p.Reference != "" {
			bad = append(bad, fmt.Errorf("line %d: reference %q: stands on line %d already", line, p.Reference, first))
		}
		lineOf[p.Reference] = line
		problems, payouts = append(problems, bad...), append(payouts, p)
	}
	if len(payouts) == 0 {
		problems = append(problems, errors.New("the file holds no payouts"))
	}
	return payouts, errors.Join(problems...)
}

// parse reads one line and names every column that is wrong.
func parse(line int, field func(string) string) (p payout, bad []error) {
	refuse := func(column string, err error) {
		text := strings.TrimPrefix(err.Error(), "djamo: ")
		bad = append(bad, fmt.Errorf("line %d: %s: %s", line, column, strings.TrimPrefix(text, column+": ")))
	}
	p.line = line
	p.Reference, p.Description = field("reference"), field("description")
	var err error
	if p.MSISDN, err = djamo.ParseMSISDN(field("msisdn")); err != nil {
		refuse("msisdn", err)
	}
	if p.Amount, err = djamo.ParseXOF(field("amount")); err != nil {
		refuse("amount", err)
	} else if p.Amount <= 0 {
		refuse("amount", fmt.Errorf("must be positive, got %d", p.Amount))
	}
	if p.Reference == "" {
		refuse("reference", errors.New("must not be empty"))
	}
	return p, bad
}
