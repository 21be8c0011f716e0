package mycac

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// FileWriter writes a plan in the format that the bank takes bulk salaries in. The bank publishes none: [SalaryCSV] and
// [SalaryJSON] are this project's, for tests and until the bank says what it takes.
type FileWriter interface {
	// ContentType is the media type of the file, such as text/csv.
	ContentType() string
	// WriteFile writes the plan's file. It is called once for a plan: the journal keeps what it wrote, and that is what is
	// submitted, however often it is tried.
	WriteFile(w io.Writer, plan *SalaryPlan) error
}

// SalaryCSV writes a plan as CSV with a heading: reference, name, iban, phone, amount, currency, description. Amounts have a point
// and the currency's decimals.
type SalaryCSV struct {
	Comma rune // 0: a comma
}

// ContentType implements FileWriter.
func (SalaryCSV) ContentType() string { return "text/csv; charset=utf-8" }

// WriteFile implements FileWriter.
func (f SalaryCSV) WriteFile(w io.Writer, plan *SalaryPlan) error {
	table := csv.NewWriter(w)
	if f.Comma != 0 {
		table.Comma = f.Comma
	}
	if err := table.Write([]string{"reference", "name", "iban", "phone", "amount", "currency", "description"}); err != nil {
		return err
	}
	for _, e := range plan.Entries {
		err := table.Write([]string{
			e.Reference, e.Name, e.IBAN.Whole(), e.Phone.E164(), e.Amount.Decimal(), e.Amount.Currency.Code, e.Description,
		})
		if err != nil {
			return err
		}
	}
	table.Flush()
	return table.Error()
}

// SalaryJSON writes a plan as JSON, in the form that [ReadSalaries] reads.
type SalaryJSON struct{}

// ContentType implements FileWriter.
func (SalaryJSON) ContentType() string { return "application/json" }

// salaryFileJSON is a plan in JSON.
type (
	salaryFileJSON struct {
		Reference string            `json:"reference"`
		Account   string            `json:"account"`
		Currency  string            `json:"currency"`
		Execution string            `json:"execution_date,omitempty"`
		Total     json.RawMessage   `json:"total"`
		Entries   []salaryEntryJSON `json:"entries"`
	}
	salaryEntryJSON struct {
		Reference   string          `json:"reference"`
		Name        string          `json:"name"`
		IBAN        string          `json:"iban,omitempty"`
		Phone       string          `json:"phone,omitempty"`
		Amount      json.RawMessage `json:"amount"`
		Description string          `json:"description,omitempty"`
	}
)

// WriteFile implements FileWriter.
func (SalaryJSON) WriteFile(w io.Writer, plan *SalaryPlan) error {
	file := salaryFileJSON{
		Reference: plan.Reference, Account: plan.Account, Currency: plan.Total.Currency.Code, Execution: plan.Execution.String(),
		Total: json.RawMessage(plan.Total.Decimal()),
	}
	for _, e := range plan.Entries {
		file.Entries = append(file.Entries, salaryEntryJSON{
			Reference: e.Reference, Name: e.Name, IBAN: e.IBAN.Whole(), Phone: e.Phone.E164(), Amount: json.RawMessage(e.Amount.Decimal()),
			Description: e.Description,
		})
	}
	return json.NewEncoder(w).Encode(file)
}

// renderSalaries has a plan's file written, whole or not at all.
func renderSalaries(writer FileWriter, plan *SalaryPlan) (SalaryFile, error) {
	if writer == nil {
		return SalaryFile{}, errors.New("mycac: SalaryRunner.Writer is missing: it writes the file that the bank takes")
	}
	var content bytes.Buffer
	if err := writer.WriteFile(&content, plan); err != nil {
		return SalaryFile{}, fmt.Errorf("mycac: writing the file of %s: %w", plan.Reference, err)
	}
	if content.Len() == 0 {
		return SalaryFile{}, fmt.Errorf("mycac: the file of %s is empty: nothing was submitted", plan.Reference)
	}
	return SalaryFile{
		Reference: plan.Reference, ContentType: writer.ContentType(), Content: content.Bytes(), Digest: digestOf(content.Bytes()),
	}, nil
}
