package mycac

import (
	"errors"
	"fmt"
	"time"

	"github.com/djamo/djamo-go/openfinance/money"
)

// The errors of bulk salaries, for errors.Is.
var (
	// ErrSalariesDiffer is a reference that the journal holds other salaries under. A reference is used once, for ever.
	ErrSalariesDiffer = errors.New("mycac: the journal holds other salaries under this reference")
	// ErrSalariesMoved is a submission that another process has taken further: read its state again.
	ErrSalariesMoved = errors.New("mycac: another process is driving these salaries")
	// ErrNoSalaries is a reference that the journal knows nothing of.
	ErrNoSalaries = errors.New("mycac: the journal holds no salaries under this reference")
	// ErrSalariesUnknown is a submission of which nobody knows what became; the error is a *[SalariesUnknownError].
	ErrSalariesUnknown = errors.New("mycac: it is not known whether the salaries were submitted")
	// ErrSalariesRefused is a file that the bank would not take. Nobody was paid.
	ErrSalariesRefused = errors.New("mycac: the bank refused the salaries")
	// ErrSalariesConflict is a bank that holds something else under the reference. A person must look at it.
	ErrSalariesConflict = errors.New("mycac: the bank holds something else under this reference")
)

// SalariesUnknownError says that salaries may have been submitted, and may not. They must not be submitted in any other way:
// call Run or Resume again, which ask the bank, or ask the bank for the reference. It matches ErrSalariesUnknown.
type SalariesUnknownError struct {
	Reference string
	Attempt   int       // how many submissions may have left
	SentAt    time.Time // when the latest was about to leave
	Cause     error     // why the bank could not be asked; nil where it was not asked yet
}

// Error says what to do.
func (e *SalariesUnknownError) Error() string {
	text := fmt.Sprintf("%v: %s was sent at %s and no answer came: do not send it in any other way, resume it or ask the bank",
		ErrSalariesUnknown, e.Reference, e.SentAt.UTC().Format(time.RFC3339))
	if e.Cause != nil {
		text += " (" + e.Cause.Error() + ")"
	}
	return text
}

// Is makes errors.Is(err, ErrSalariesUnknown) work.
func (e *SalariesUnknownError) Is(target error) bool { return target == ErrSalariesUnknown }

// Unwrap returns the cause.
func (e *SalariesUnknownError) Unwrap() error { return e.Cause }

// SubmissionState is how far a submission is. States are stored as they are written here and never renamed.
type SubmissionState string

// The states of a submission.
const (
	// SubmissionPlanned: nothing was sent, or what was sent provably did nothing.
	SubmissionPlanned SubmissionState = "planned"
	// SubmissionSending: the file may be on its way. It is written before the first byte leaves.
	SubmissionSending SubmissionState = "submitting"
	// SubmissionUnknown: the file was sent and its answer was lost.
	SubmissionUnknown SubmissionState = "unknown"
	// SubmissionAccepted: the bank has the file; what becomes of each entry is confirmed one by one.
	SubmissionAccepted SubmissionState = "submitted"
	// SubmissionRefused: the bank would not take the file. Final.
	SubmissionRefused SubmissionState = "refused"
	// SubmissionConflict: the bank holds another file under this reference. Final, and for a person to look at.
	SubmissionConflict SubmissionState = "conflict"
)

// SalaryState is what became of an entry. States are stored as they are written here and never renamed.
type SalaryState string

// The states of an entry.
const (
	SalaryOpen     SalaryState = "open"     // not confirmed yet
	SalaryPaid     SalaryState = "paid"     // final
	SalaryFailed   SalaryState = "failed"   // the payee was not paid; final
	SalaryConflict SalaryState = "conflict" // the bank confirms another amount than was asked for; final, and for a person to look at
)

// Submission is what the journal knows of a submission.
type Submission struct {
	Reference string
	State     SubmissionState
	Attempt   int       // how many submissions may have left
	SentAt    time.Time // when the latest was about to leave; zero before the first
	BatchID   string    // the bank's, once it has the file
	Reason    string    // why it was refused, is unknown, or is a conflict
}

// SalaryOutcome is an entry and what became of it.
type SalaryOutcome struct {
	SalaryEntry

	State  SalaryState
	TxID   string // the bank's, where it says
	Reason string // why it failed
}

// SalarySum is how many entries are in a state, and their amounts.
type SalarySum struct {
	Count  int
	Amount money.Amount
}

// SalaryTotals is how far salaries are. Paid, Failed, Conflict and Open are Planned together.
type SalaryTotals struct {
	Submission

	Planned, Paid, Failed, Conflict, Open SalarySum
}

// Done reports whether nothing can happen any more.
func (t SalaryTotals) Done() bool {
	return t.Open.Count == 0 || t.State == SubmissionRefused || t.State == SubmissionConflict
}
