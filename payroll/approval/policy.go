package approval

import (
	"errors"
	"fmt"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/payroll"
)

// Bounds of how long an approval holds, and how far ahead a clock may be.
const (
	DefaultValidity = 24 * time.Hour
	MaxValidity     = 31 * 24 * time.Hour
	clockTolerance  = 5 * time.Minute
)

// Policy says who may plan and approve the runs of a journal, and for how long an approval holds.
type Policy struct {
	Required bool   `json:"required"` // a run is paid only with an approval
	Signers  string `json:"signers"`  // as Signers.String writes them
	Seconds  int64  `json:"seconds"`  // how long an approval holds after it was signed
}

// NewPolicy demands approvals from now on, by these people; validity is DefaultValidity when zero.
func NewPolicy(signers Signers, validity time.Duration) (Policy, error) {
	if validity == 0 {
		validity = DefaultValidity
	}
	p := Policy{Required: true, Signers: signers.String(), Seconds: int64(validity / time.Second)}
	_, err := p.signers()
	return p, err
}

// signers checks the policy, and returns who may sign.
func (p Policy) signers() (Signers, error) {
	if longest := int64(MaxValidity / time.Second); p.Seconds < 1 || p.Seconds > longest {
		return nil, fmt.Errorf("an approval must hold from 1 second to %d hours", longest/3600)
	}
	signers, err := ParseSigners(p.Signers, time.UTC)
	if err == nil && signers.String() != p.Signers {
		err = errors.New("the list of those who may sign is not as this program writes it")
	}
	if err != nil || !p.Required {
		return signers, err
	}
	planners, approvers := map[string]bool{}, map[string]bool{}
	for _, s := range signers {
		planners[s.Name] = planners[s.Name] || s.May(Plan.Namespace())
		approvers[s.Name] = approvers[s.Name] || s.May(Approve.Namespace())
	}
	for planner, plans := range planners {
		for approver, approves := range approvers {
			if plans && approves && planner != approver {
				return signers, nil
			}
		}
	}
	return nil, refuse(NoSigners, fmt.Sprintf("names on it: %d", len(planners)))
}

// Validity is how long an approval holds.
func (p Policy) Validity() time.Duration { return time.Duration(p.Seconds) * time.Second }

// by checks that what was signed was signed by somebody who may, at the time it says.
func (s Signers) by(statement Statement, key Key) error {
	signer, ok := s.Find(key)
	switch {
	case !ok:
		return refuse(UnknownKey, key.Fingerprint())
	case !signer.May(statement.Act.Namespace()):
		return refuse(MayNotSign, signer.Name, statement.Act.Namespace())
	case signer.Name != statement.By:
		return refuse(OtherName, statement.By, signer.Name)
	case !signer.ValidAt(statement.At):
		return refuse(KeyNotValid, signer.Name, shownTime(statement.At))
	}
	return nil
}

// Record is everything that a journal holds of who may sign, and of what was signed for one run: each in the order in which it was
// stored. Nothing in it is ever changed.
type Record struct {
	Policies []Signed
	Request  Signed // the newest
	Approval Signed // the newest
}

// Standing is where a run stands, at a moment.
type Standing struct { //nolint:recvcheck // look fills it
	Policy    Policy
	Signers   Signers
	Appointed Statement // the newest list; zero where the journal demands nothing
	Request   Statement // who asks for an approval; zero when nobody does
	Approval  Statement // who has approved; zero when nobody has
	// Refusal is why the run may not be paid; nil when it may, as far as the plan and the account are those of the approval.
	Refusal error
}

// At looks at the record at a moment. An error is about the list of those who may sign: nothing can be said without it.
func (r Record) At(now time.Time) (Standing, error) {
	var standing Standing
	before := ""
	for i, signed := range r.Policies {
		statement, key, err := signed.open(Appoint)
		if err != nil {
			return Standing{}, err
		}
		signers, err := statement.Policy.signers()
		if err != nil {
			return Standing{}, err
		}
		allowed := standing.Signers
		if i == 0 {
			allowed = signers // whoever sets a journal up stands in the first list
		}
		if err := allowed.by(statement, key); err != nil {
			return Standing{}, err
		}
		if statement.Follows != before {
			return Standing{}, refuse(OtherPolicy, shownTime(standing.Appointed.At))
		}
		before = signed.Digest()
		standing.Policy, standing.Signers, standing.Appointed = *statement.Policy, signers, statement
	}
	if standing.Policy.Required {
		standing.Refusal = standing.look(r, now)
	}
	return standing, nil
}

// look reads the request and the approval, and says what is wrong with them.
func (s *Standing) look(r Record, now time.Time) error {
	if r.Request.IsZero() {
		return refuse(NotRequested, "")
	}
	request, planKey, err := r.Request.open(Plan)
	if err != nil {
		return err
	}
	if err := s.signedNow(request, planKey, now); err != nil {
		return err
	}
	s.Request = request
	if r.Approval.IsZero() {
		return refuse(NotApproved, request.Terms.Run, request.By, shownTime(request.At))
	}
	approval, key, err := r.Approval.open(Approve)
	if err != nil {
		return err
	}
	if err := s.signedNow(approval, key, now); err != nil {
		return err
	}
	switch end := approval.At.Add(s.Policy.Validity()); {
	case approval.By == request.By || key.Equal(planKey):
		return refuse(SamePerson, request.By)
	case approval.Follows != r.Request.Digest() || *approval.Terms != *request.Terms:
		return refuse(OtherRequest, approval.By)
	case now.After(end):
		s.Approval = approval
		return refuse(Expired, approval.By, shownTime(end))
	}
	s.Approval = approval
	return nil
}

// signedNow checks who has signed, at the time of the signature and now.
func (s Standing) signedNow(statement Statement, key Key, now time.Time) error {
	if err := s.Signers.by(statement, key); err != nil {
		return err
	}
	signer, _ := s.Signers.Find(key)
	switch {
	case statement.At.After(now.Add(clockTolerance)):
		return refuse(ClockDisagrees, statement.By, shownTime(statement.At), shownTime(now))
	case !signer.ValidAt(now):
		return refuse(KeyNotValid, signer.Name, shownTime(now))
	}
	return nil
}

// Check refuses to have a plan paid, by its digest, unless it is what was approved. An empty host asks about the plan alone.
func (s Standing) Check(run, plan string, account djamo.Account) error {
	if !s.Policy.Required {
		return nil
	}
	if refusal, ok := errors.AsType[*Refusal](s.Refusal); ok && refusal.Reason == NotRequested {
		return refuse(NotRequested, run)
	}
	if s.Refusal != nil {
		return s.Refusal
	}
	terms := *s.Approval.Terms
	switch {
	case terms.Run != run || terms.Plan != plan:
		return refuse(OtherPlan, shortDigest(terms.Plan), shortDigest(plan))
	case account.Host != "" && (djamo.Account{Environment: terms.Environment, Host: terms.Host, CompanyID: terms.CompanyID}) != account:
		return refuse(OtherAccount, terms.account(), accountText(account.Environment, account.Host, account.CompanyID))
	}
	return nil
}

// CheckStored refuses to have paid what a journal holds, unless it is what was approved. Check has to be asked before.
func (s Standing) CheckStored(held payroll.PlanInfo) error {
	if !s.Policy.Required || s.Approval.Terms == nil {
		return nil
	}
	if terms := *s.Approval.Terms; held.Digest != terms.Plan || held.Count != terms.Payouts || held.Total != terms.Total {
		return refuse(Altered, shortDigest(held.Digest), shortDigest(terms.Plan))
	}
	return nil
}

// CheckClock refuses a list that was signed in the future.
func (s Standing) CheckClock(now time.Time) error {
	if s.Appointed.At.After(now.Add(clockTolerance)) {
		return refuse(ClockDisagrees, s.Appointed.By, shownTime(s.Appointed.At), shownTime(now))
	}
	return nil
}

// shortDigest is enough of a digest to tell two apart.
func shortDigest(digest string) string {
	const enough = 16
	return digest[:min(enough, len(digest))] + "…"
}

// End is when the approval ends; zero without one.
func (s Standing) End() time.Time {
	if s.Approval.At.IsZero() {
		return time.Time{}
	}
	return s.Approval.At.Add(s.Policy.Validity())
}
