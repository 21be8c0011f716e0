package mycac

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"unicode/utf8"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/openfinance/money"
	"github.com/djamo/djamo-go/openfinance/wallet"
)

// SalaryPlan is a checked list of salaries. [ReadSalaries] and [NewSalaryPlan] make one; it must not be changed afterwards.
type SalaryPlan struct {
	// Reference names the salaries at the bank, such as salaries-2026-11. It is what makes a second submission the same one, so
	// it is used once, for ever.
	Reference string
	Account   string      // that pays: an IBAN or the bank's id of the account
	Execution wallet.Date // the day of payment; zero: at once
	Entries   []SalaryEntry

	Total    money.Amount    // in the one currency of all entries
	Digest   string          // of all of the above: equal digests are equal plans
	Warnings []SalaryWarning // what a person should confirm before the plan is submitted
}

// SalaryEntry is one salary: an amount for an IBAN or for a phone number.
type SalaryEntry struct {
	Reference   string       // names the entry in the plan and in the bank's confirmations
	Name        string       // the payee's
	IBAN        IBAN         // empty when it is paid to a phone number
	Phone       djamo.MSISDN // empty when it is paid to an IBAN
	Amount      money.Amount // above zero
	Description string       // the payee sees it; it may be empty
}

// LogValue names the entry without its payee.
func (e SalaryEntry) LogValue() slog.Value {
	return slog.GroupValue(slog.String("reference", e.Reference), slog.String("payee", e.Payee()))
}

// Payee is the IBAN or the phone number, masked.
func (e SalaryEntry) Payee() string {
	if e.IBAN != "" {
		return e.IBAN.String()
	}
	return e.Phone.String()
}

// String shows the entry with its payee masked.
func (e SalaryEntry) String() string { return e.Reference + " " + e.Payee() + " " + e.Amount.Decimal() }

// SalaryWarning is something in a plan that may be right, but should be confirmed by a person.
type SalaryWarning struct {
	Entries []int // counted from 1
	Text    string
}

// SalaryOptions bound what a plan may have. A zero field takes its default.
type SalaryOptions struct {
	MaxBytes   int64 // of the JSON; 0: 8 MiB
	MaxEntries int   // 0: 10,000
	// MaxAmount is the most that one entry may pay, in the minor unit of the plan's currency; 0: no bound of this package.
	MaxAmount  int64
	Currencies []money.Currency // beside those of package money
	Today      wallet.Date      // an execution before it is refused; zero: any day is taken
}

func (o SalaryOptions) withDefaults() SalaryOptions {
	const maxBytes, maxEntries = 8 << 20, 10_000
	if o.MaxBytes <= 0 {
		o.MaxBytes = maxBytes
	}
	if o.MaxEntries <= 0 {
		o.MaxEntries = maxEntries
	}
	return o
}

// NewSalaryPlan checks salaries that a program has made itself, by the rules of [ReadSalaries]. It takes Reference, Account,
// Execution and Entries, and fills in the rest. The error is an *[InputError] that names every entry and field that cannot be.
func NewSalaryPlan(plan SalaryPlan, options SalaryOptions) (*SalaryPlan, error) {
	var problems problemList
	return finishPlan(plan, options.withDefaults(), &problems)
}

// finishPlan checks a plan, adds it up and makes its digest. Problems that are known already count too.
func finishPlan(plan SalaryPlan, options SalaryOptions, problems *problemList) (*SalaryPlan, error) {
	plan.check(options, problems)
	checkReferences(plan.Entries, problems)
	if err := problems.err("salaries"); err != nil {
		return nil, err
	}
	plan.Total = money.Amount{Currency: plan.Entries[0].Amount.Currency}
	for i, entry := range plan.Entries {
		total, err := plan.Total.Add(entry.Amount)
		if err != nil {
			problems.addf(i, "amount", entry.Amount.Decimal(), "takes the total beyond what can be counted: %v", err)
			return nil, problems.err("salaries")
		}
		plan.Total = total
	}
	plan.Digest = plan.digest()
	plan.Warnings = plan.warnings()
	return &plan, nil
}

func (p SalaryPlan) check(options SalaryOptions, problems *problemList) {
	checkCode(whole, "reference", p.Reference, problems)
	if p.Account == "" {
		problems.add(whole, "account", "", "is missing: name the account that pays")
	} else {
		checkLine(whole, "account", p.Account, problems)
	}
	switch none := (wallet.Date{}); {
	case p.Execution == none:
	case !isDate(p.Execution):
		problems.add(whole, "execution_date", p.Execution.String(), "must be a date such as 2026-11-30")
	case options.Today != none && p.Execution.Before(options.Today):
		problems.addf(whole, "execution_date", p.Execution.String(), "is over: today is %s", options.Today)
	}
	switch n := len(p.Entries); {
	case n == 0:
		problems.add(whole, "entries", "", "are missing: a plan has one entry at least")
	case n > options.MaxEntries:
		problems.addf(whole, "entries", "", "are %d, more than %d: make several plans, each with a reference of its own", n, options.MaxEntries)
		return
	}
	if len(p.Entries) > 0 && p.Entries[0].Amount.Currency.Code == "" && len(problems.listed) == 0 {
		problems.add(whole, "currency", "", "is missing: the amounts of a plan have one")
	}
	for i, entry := range p.Entries {
		entry.check(i, options, problems)
		if currency := p.Entries[0].Amount.Currency; entry.Amount.Currency != currency {
			problems.addf(i, "amount", "", "is in %s, and the plan is in %s: one plan has one currency", entry.Amount.Currency.Code, currency.Code)
		}
	}
}

func (e SalaryEntry) check(i int, options SalaryOptions, problems *problemList) {
	checkCode(i, "reference", e.Reference, problems)
	if strings.TrimSpace(e.Name) == "" {
		problems.add(i, "name", "", "is missing: the bank compares it with the account's holder")
	}
	checkLine(i, "name", e.Name, problems)
	checkLine(i, "description", e.Description, problems)
	switch {
	case e.IBAN == "" && e.Phone == "":
		problems.add(i, "iban", "", "is missing, and so is phone: an entry has one of them")
	case e.IBAN != "" && e.Phone != "":
		problems.add(i, "iban", e.IBAN.String(), "and phone are both given: an entry has one of them")
	case e.IBAN != "":
		if rule := ibanRule(string(e.IBAN)); rule != "" {
			problems.add(i, "iban", e.IBAN.String(), rule)
		}
	default:
		checkPhone(i, e.Phone, problems)
	}
	switch {
	case e.Amount.Minor <= 0:
		problems.add(i, "amount", e.Amount.Decimal(), "must be above zero")
	case options.MaxAmount > 0 && e.Amount.Minor > options.MaxAmount:
		limit := money.Amount{Minor: options.MaxAmount, Currency: e.Amount.Currency}
		problems.addf(i, "amount", e.Amount.Decimal(), "is above the limit of %s for one entry", limit.Decimal())
	}
}

// checkPhone checks a phone number: E.164, and 8 digits in Djibouti.
func checkPhone(i int, phone djamo.MSISDN, problems *problemList) {
	const djibouti, digits = "+253", 8
	if err := phone.Validate(); err != nil {
		problems.add(i, "phone", phone.String(), "must be a whole number with its country, such as +253 77 81 02 34")
		return
	}
	if national, ok := strings.CutPrefix(string(phone), djibouti); ok && len(national) != digits {
		problems.addf(i, "phone", phone.String(), "must have %d digits after +253, not %d", digits, len(national))
	}
}

// checkCode checks what names something at the bank: visible ASCII without spaces.
func checkCode(i int, field, text string, problems *problemList) {
	const maxLength = 64
	odd := func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("\"'\\,;", r) }
	switch {
	case text == "":
		problems.add(i, field, "", "is missing")
	case len(text) > maxLength:
		problems.addf(i, field, text, "must have at most %d characters", maxLength)
	case strings.ContainsFunc(text, odd):
		problems.add(i, field, text, "must have only letters A to Z, digits and signs such as - _ . / (no spaces, quotes, commas)")
	}
}

// checkLine checks a text that people read.
func checkLine(i int, field, text string, problems *problemList) {
	const maxLength = 140
	odd := func(r rune) bool {
		return r < ' ' || r == '\u007f' || r == utf8.RuneError || r == '\u2028' || r == '\u2029'
	}
	switch {
	case utf8.RuneCountInString(text) > maxLength:
		problems.addf(i, field, "", "must have at most %d characters", maxLength)
	case strings.ContainsFunc(text, odd):
		problems.add(i, field, "", "must be one line without control characters")
	}
}

// checkReferences refuses two entries of one reference: their confirmations could not be told apart.
func checkReferences(entries []SalaryEntry, problems *problemList) {
	first := make(map[string]int, len(entries))
	for i, entry := range entries {
		if entry.Reference == "" {
			continue
		}
		if at, taken := first[entry.Reference]; taken {
			problems.addf(i, "reference", entry.Reference, "is that of entry %d too: each entry has its own", at+1)
			continue
		}
		first[entry.Reference] = i
	}
}

// warnings names payees that come more than once.
func (p SalaryPlan) warnings() []SalaryWarning {
	byPayee := map[string][]int{}
	for i, entry := range p.Entries {
		payee := string(entry.IBAN) + string(entry.Phone)
		byPayee[payee] = append(byPayee[payee], i+1)
	}
	var warnings []SalaryWarning
	for i, entry := range p.Entries {
		lines := byPayee[string(entry.IBAN)+string(entry.Phone)]
		if len(lines) > 1 && lines[0] == i+1 {
			warnings = append(warnings, SalaryWarning{Entries: lines, Text: fmt.Sprintf("%s is paid %d times", entry.Payee(), len(lines))})
		}
	}
	return warnings
}

// digest hashes what is paid, by whom and to whom.
func (p SalaryPlan) digest() string {
	sum := sha256.New()
	write := func(parts ...string) {
		line, _ := json.Marshal(parts) //nolint:errchkjson // texts always have a JSON form
		_, _ = sum.Write(append(line, '\n'))
	}
	write("djamo-go mycac salaries 1", p.Reference, p.Account, p.Execution.String(), p.Total.Currency.Code)
	for _, e := range p.Entries {
		write(e.Reference, e.Name, string(e.IBAN), string(e.Phone), e.Amount.Decimal(), e.Description)
	}
	return hex.EncodeToString(sum.Sum(nil))
}
