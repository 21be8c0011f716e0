package approval

import (
	"fmt"
	"time"

	"github.com/djamo/djamo-go/payroll"
)

// Reason is why a run may not be paid, or why something that was signed is not accepted.
type Reason string

// The reasons. They are written as they are here and never renamed.
const (
	NotRequested    Reason = "not-requested"     // nobody has asked for an approval
	NotApproved     Reason = "not-approved"      // somebody has asked, and nobody has approved
	Expired         Reason = "expired"           // the approval's time is over
	ClockDisagrees  Reason = "clock-disagrees"   // it was signed in the future
	UnknownKey      Reason = "unknown-key"       // the key is not in the list
	KeyNotValid     Reason = "key-not-valid"     // the list says that the key may not sign yet, or any more
	MayNotSign      Reason = "may-not-sign"      // the list says that the key signs something else
	OtherName       Reason = "other-name"        // the name in the text is not the one of the key
	OtherPlan       Reason = "other-plan"        // something else was approved than is to be paid
	Altered         Reason = "altered"           // what was approved was changed where it is stored
	OtherAccount    Reason = "other-account"     // another account was approved
	SamePerson      Reason = "same-person"       // planner and approver are one
	OtherRequest    Reason = "other-request"     // the approval answers an earlier request
	BadSignature    Reason = "bad-signature"     // the text was changed, or somebody else has signed it
	NoSigners       Reason = "no-signers"        // two of the people on the list are needed, or nobody is there
	OtherPolicy     Reason = "other-policy"      // the list was changed by somebody else meanwhile
	ApprovalNotUsed Reason = "approval-not-used" // the journal asks for none
)

// Reasons are all of them.
func Reasons() []Reason {
	return []Reason{
		NotRequested, NotApproved, Expired, ClockDisagrees, UnknownKey, KeyNotValid, MayNotSign, OtherName, OtherPlan, Altered,
		OtherAccount, SamePerson, OtherRequest, BadSignature, NoSigners, OtherPolicy, ApprovalNotUsed,
	}
}

// Format is the sentence of a reason in English, for fmt.Sprintf with a Refusal's Args.
func (r Reason) Format() string {
	switch r {
	case NotRequested:
		return "the run %q needs the approval of a second person, and nobody has asked for it yet"
	case NotApproved:
		return "the run %q waits for the approval of a second person: %s asked for it on %s"
	case Expired:
		return "the approval by %s has ended on %s: a second person must approve the run again"
	case ClockDisagrees:
		return "%s has signed on %s, and it is only %s here: set the clock that is wrong, and sign again"
	case UnknownKey:
		return "the key %s is not on the list of those who may sign"
	case KeyNotValid:
		return "the list says that the key of %s is not valid on %s"
	case MayNotSign:
		return "the list says that the key of %s may not sign for %s"
	case OtherName:
		return "the text names %s, and it was signed by the key of %s"
	case OtherPlan:
		return "another plan was approved: its digest is %s, and that of the plan to be paid is %s"
	case Altered:
		return "the payouts in the journal were changed after they were approved: their digest is %s, and that of the approval %s"
	case OtherAccount:
		return "the approval is for the account %s, and this is %s"
	case SamePerson:
		return "%s has planned the run: somebody else must approve it"
	case OtherRequest:
		return "%s has approved an earlier request: the run was planned again since, and must be approved again"
	case BadSignature:
		return "a signature does not hold: %s"
	case NoSigners:
		return "the list must let one person plan, and another approve: %s"
	case OtherPolicy:
		return "the list of those who may sign was changed meanwhile, on %s: look at it, and sign again"
	case ApprovalNotUsed:
		return "the journal asks for no approval: name those who may sign first"
	}
	return string(r)
}

// Refusal says, in one sentence, why a run may not be paid. It matches payroll.ErrNotApproved.
type Refusal struct { //nolint:errname // what a journal answers, and an error only to those who wanted to pay
	Reason Reason
	Args   []any // of the reason's Format
}

// Error is the sentence in English.
func (r *Refusal) Error() string { return "payroll: " + fmt.Sprintf(r.Reason.Format(), r.Args...) }

// Is makes errors.Is(err, payroll.ErrNotApproved) work.
func (r *Refusal) Is(target error) bool { return target == payroll.ErrNotApproved }

func refuse(reason Reason, args ...any) *Refusal { return &Refusal{Reason: reason, Args: args} }

// shownTime is a moment in a sentence.
func shownTime(at time.Time) string { return at.UTC().Format("2006-01-02 15:04:05 UTC") }
