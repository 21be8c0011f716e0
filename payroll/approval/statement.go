package approval

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/payroll"
)

// Act is what somebody signs for.
type Act string

// The acts.
const (
	Plan    Act = "plan"    // this is to be paid: by whoever plans
	Approve Act = "approve" // this may be paid: by another person
	Appoint Act = "appoint" // these may sign: by one who may, according to the list before
)

// Namespace is the namespace of the act's signatures, for ssh-keygen -Y sign -n.
func (a Act) Namespace() string {
	switch a {
	case Plan:
		return "djamo-payroll-plan"
	case Appoint:
		return "djamo-payroll-appoint"
	case Approve:
	}
	return "djamo-payroll-approve"
}

// Terms are what is to be paid, by whom, and from where.
type Terms struct {
	Run         string            `json:"run"`
	Environment djamo.Environment `json:"environment,omitempty"`
	Host        string            `json:"host"` // of the API
	CompanyID   string            `json:"companyId,omitempty"`
	Plan        string            `json:"plan"` // the plan's digest: of each payout's phone, amount, reference and description, in order
	Payouts     int64             `json:"payouts"`
	Total       djamo.XOF         `json:"total"`             // whole francs
	Derived     int64             `json:"derivedReferences"` // how many references were made, and not given
}

// TermsOf are the terms of a plan that an account is to pay.
func TermsOf(plan *payroll.Plan, account djamo.Account) Terms {
	return Terms{
		Run: plan.Run, Environment: account.Environment, Host: account.Host, CompanyID: account.CompanyID, Plan: plan.Digest,
		Payouts: plan.Count, Total: plan.Total, Derived: plan.Derived,
	}
}

// Digest is the fingerprint of the terms, in hexadecimal: of the run's name, the account and every payout.
func (t Terms) Digest() string {
	text, _ := json.Marshal(t) //nolint:errchkjson // texts and numbers only
	return digestOf("djamo payroll terms 1\n" + string(text))
}

// account names the account for people.
func (t Terms) account() string { return accountText(t.Environment, t.Host, t.CompanyID) }

func accountText(environment djamo.Environment, host, company string) string {
	text := host
	if environment != "" {
		text += ", " + string(environment)
	}
	if company != "" {
		text += ", " + company
	}
	return text
}

// Statement is what one person signs.
type Statement struct {
	Act Act       `json:"act"`
	By  string    `json:"by"` // the name of the person, as in the list of those who may sign
	At  time.Time `json:"at"` // when it was signed, by the clock of whoever has signed; in UTC, to the second
	// Terms are those of Plan and Approve; Digest is theirs.
	Terms  *Terms `json:"terms,omitempty"`
	Digest string `json:"digest,omitempty"`
	// Policy is that of Appoint.
	Policy *Policy `json:"policy,omitempty"`
	// Follows is the digest of the text that this one answers: the plan that is approved, or the list that is replaced.
	Follows string `json:"follows,omitempty"`
}

// text is the only text that says this.
func (s Statement) text() (string, error) {
	s.At = s.At.UTC().Truncate(time.Second)
	if s.Terms != nil {
		s.Digest = s.Terms.Digest()
	}
	if err := s.check(); err != nil {
		return "", err
	}
	text, err := json.MarshalIndent(s, "", "  ")
	return string(text) + "\n", err
}

// Text is what is to be signed, with ssh-keygen -Y sign as well; Terms.Digest stands in it.
func (s Statement) Text() (string, error) { return s.text() }

func (s Statement) check() error {
	ofTerms := s.Terms != nil && s.Policy == nil && s.Digest == s.Terms.Digest()
	ofPolicy := s.Terms == nil && s.Policy != nil && s.Digest == ""
	switch {
	case s.Act != Plan && s.Act != Approve && s.Act != Appoint, s.Act == Appoint && !ofPolicy, s.Act != Appoint && !ofTerms:
		return errors.New("it is no text of a plan, an approval, or a list of those who may sign")
	case s.Act == Approve && s.Follows == "", s.Act == Plan && s.Follows != "":
		return errors.New("it does not say what it answers")
	case s.At.IsZero() || s.At.Year() > 9999:
		return errors.New("it has no time")
	case s.Terms != nil && (s.Terms.Run == "" || s.Terms.Host == "" || s.Terms.Payouts < 1 || s.Terms.Total < 1):
		return errors.New("a run, a host and payouts are needed")
	}
	return checkName(s.By)
}

// maxText is more than the longest text has, in bytes.
const maxText = 4 << 20

// parseStatement reads a text that somebody has signed. It accepts no other spelling of it.
func parseStatement(text string) (Statement, error) {
	var s Statement
	if len(text) > maxText {
		return s, errors.New("the text is too long")
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&s); err != nil {
		return Statement{}, errors.New("the text cannot be read: it is not as this program writes it")
	}
	again, err := s.text()
	if err != nil {
		return Statement{}, fmt.Errorf("the text cannot be read: %w", err)
	}
	if again != text {
		return Statement{}, errors.New("the text was changed: it is not as this program writes it")
	}
	return s, nil
}

// Signed is a text and its signature, as a journal keeps them.
type Signed struct {
	Text      string // a Statement
	Signature string // in the form of ssh-keygen -Y sign
}

// IsZero reports whether nothing was signed.
func (s Signed) IsZero() bool { return s == Signed{} }

// Digest is the digest of the text, for Statement.Follows.
func (s Signed) Digest() string { return digestOf(s.Text) }

// Open reads a text for an act and the key that has signed it, after having checked that it has. Whether the key may is another
// question.
func (s Signed) Open(act Act) (Statement, Key, error) { return s.open(act) }

func (s Signed) open(act Act) (Statement, Key, error) {
	statement, err := parseStatement(s.Text)
	if err == nil && statement.Act != act {
		err = fmt.Errorf("its act is %q, and not %q", statement.Act, act)
	}
	var parsed signature
	if err == nil {
		parsed, err = parseSignature(s.Signature)
	}
	if err == nil {
		err = parsed.verify(act.Namespace(), s.Text)
	}
	if err != nil {
		return Statement{}, Key{}, refuse(BadSignature, err.Error())
	}
	return statement, parsed.key, nil
}

func digestOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
