package books

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/djamo/djamo-go/openfinance/money"
	"github.com/djamo/djamo-go/openfinance/wallet"
)

// camtNamespace is that of ISO 20022 BankToCustomerStatementV08.
const camtNamespace = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"

// The elements of a message that are written, in the order that the schema wants.
type (
	camtDocument struct {
		XMLName   xml.Name      `xml:"Document"`
		Namespace string        `xml:"xmlns,attr"`
		Message   string        `xml:"BkToCstmrStmt>GrpHdr>MsgId"`
		Created   string        `xml:"BkToCstmrStmt>GrpHdr>CreDtTm"`
		Statement camtStatement `xml:"BkToCstmrStmt>Stmt"`
	}
	camtStatement struct {
		ID       string        `xml:"Id"`
		Created  string        `xml:"CreDtTm"`
		From     string        `xml:"FrToDt>FrDtTm"`
		To       string        `xml:"FrToDt>ToDtTm"`
		Account  camtAccount   `xml:"Acct"`
		Balances []camtBalance `xml:"Bal"`
		Summary  camtSummary   `xml:"TxsSummry"`
		Entries  []camtEntry   `xml:"Ntry"`
		More     string        `xml:"AddtlStmtInf,omitempty"`
	}
	camtAccount struct {
		IBAN     string     `xml:"Id>IBAN,omitempty"`
		Other    *camtOther `xml:"Id>Othr,omitempty"`
		Currency string     `xml:"Ccy"`
	}
	camtOther struct {
		ID string `xml:"Id"`
	}
	camtAmount struct {
		Currency string `xml:"Ccy,attr"`
		Value    string `xml:",chardata"`
	}
	camtBalance struct {
		Code   string     `xml:"Tp>CdOrPrtry>Cd"`
		Amount camtAmount `xml:"Amt"`
		Sign   string     `xml:"CdtDbtInd"`
		Date   string     `xml:"Dt>Dt"`
	}
	camtSummary struct {
		Count       int    `xml:"TtlNtries>NbOfNtries"`
		Sum         string `xml:"TtlNtries>Sum"`
		Net         string `xml:"TtlNtries>TtlNetNtry>Amt"`
		NetSign     string `xml:"TtlNtries>TtlNetNtry>CdtDbtInd"`
		CreditCount int    `xml:"TtlCdtNtries>NbOfNtries"`
		Credits     string `xml:"TtlCdtNtries>Sum"`
		DebitCount  int    `xml:"TtlDbtNtries>NbOfNtries"`
		Debits      string `xml:"TtlDbtNtries>Sum"`
	}
	camtEntry struct {
		Reference string       `xml:"NtryRef"`
		Amount    camtAmount   `xml:"Amt"`
		Sign      string       `xml:"CdtDbtInd"`
		Status    string       `xml:"Sts>Cd"`
		Booked    *camtDate    `xml:"BookgDt"`
		Value     camtDate     `xml:"ValDt"`
		Servicer  string       `xml:"AcctSvcrRef"`
		Code      string       `xml:"BkTxCd>Prtry>Cd"`
		Details   *camtDetails `xml:"NtryDtls>TxDtls,omitempty"`
		More      string       `xml:"AddtlNtryInf,omitempty"`
	}
	camtDate struct {
		Day  string `xml:"Dt,omitempty"`
		Time string `xml:"DtTm,omitempty"`
	}
	camtDetails struct {
		References []camtReference `xml:"Refs>Prtry,omitempty"`
		Remittance []string        `xml:"RmtInf>Ustrd,omitempty"`
	}
	camtReference struct {
		Type string `xml:"Tp"`
		Ref  string `xml:"Ref"`
	}
)

// maxDigits is how many digits an amount has at most, and maxFraction how many of them behind the point.
const (
	maxDigits   = 18
	maxFraction = 5
)

// WriteCAMT053 writes a statement as ISO 20022 BankToCustomerStatementV08 (camt.053.001.08): opening and closing balance, the
// sums of credits and debits, and an entry for each movement. Nothing is written of a statement that does not add up, or that
// the format cannot hold.
//
// What is longer than the format allows is shortened, so that it stays unique, and stands whole beside it: an account of more
// than 34 characters in AddtlStmtInf, a tx_id or reference of more than 35 in Ustrd. Characters that XML cannot hold become
// U+FFFD.
func (s *Statement) WriteCAMT053(to io.Writer, created time.Time) error {
	document, err := s.camt(created)
	if err != nil {
		return err
	}
	text, err := xml.MarshalIndent(document, "", " ")
	if err != nil {
		return err
	}
	_, err = to.Write(append([]byte(xml.Header), append(text, '\n')...))
	return err
}

func (s *Statement) camt(created time.Time) (*camtDocument, error) {
	totals, err := s.Totals()
	if err != nil {
		return nil, err
	}
	if s.Currency.Exponent > maxFraction {
		return nil, fmt.Errorf("books: CAMT.053 has amounts with at most %d decimals, and %s has %d", maxFraction, s.Currency.Code,
			s.Currency.Exponent)
	}
	zone := s.Zone
	if zone == nil {
		zone = time.UTC
	}
	at := created.UTC().Format("2006-01-02T15:04:05Z")
	first := time.Date(s.From.Year, s.From.Month, s.From.Day, 0, 0, 0, 0, zone)
	last := time.Date(s.To.Year, s.To.Month, s.To.Day, 23, 59, 59, 0, zone)
	name := s.Account + " " + s.From.String() + " " + s.To.String()
	d := &camtDocument{
		Namespace: camtNamespace, Message: digest(name+" "+at, 32), Created: at,
		Statement: camtStatement{
			ID: digest(name, 32), Created: at, From: first.Format(time.RFC3339), To: last.Format(time.RFC3339),
			Account: camtAccount{Currency: s.Currency.Code}, Balances: make([]camtBalance, 2),
			Summary: camtSummary{Count: len(s.Movements), CreditCount: totals.CreditCount, DebitCount: totals.DebitCount},
		},
	}
	statement := &d.Statement
	if isIBAN(s.Account) {
		statement.Account.IBAN = s.Account
	} else {
		statement.Account.Other = &camtOther{reference(s.Account, 34)}
		if statement.Account.Other.ID != s.Account {
			statement.More = limited("account "+s.Account, 500)
		}
	}
	for i, b := range []struct {
		code   string
		amount money.Amount
		date   wallet.Date
	}{{"OPBD", s.Opening, s.From}, {"CLBD", s.Closing, s.To}} {
		statement.Balances[i] = camtBalance{Code: b.code, Date: b.date.String()}
		if statement.Balances[i].Amount, statement.Balances[i].Sign, err = signedAmount(b.amount); err != nil {
			return nil, err
		}
	}
	if err := statement.Summary.sums(totals); err != nil {
		return nil, err
	}
	for i := range s.Movements {
		entry, err := s.entry(&s.Movements[i])
		if err != nil {
			return nil, err
		}
		statement.Entries = append(statement.Entries, entry)
	}
	return d, nil
}

func (c *camtSummary) sums(t Totals) error {
	net, err := t.Credits.Add(t.Debits)
	sum, beyond := t.Credits.Sub(t.Debits)
	if err = errors.Join(err, beyond); err != nil {
		return err
	}
	for _, part := range []struct {
		amount money.Amount
		into   *string
		sign   *string
	}{{sum, &c.Sum, nil}, {net, &c.Net, &c.NetSign}, {t.Credits, &c.Credits, nil}, {t.Debits, &c.Debits, nil}} {
		value, sign, err := signedAmount(part.amount)
		if err != nil {
			return err
		}
		if *part.into = value.Value; part.sign != nil {
			*part.sign = sign
		}
	}
	return nil
}

func (s *Statement) entry(m *Movement) (camtEntry, error) {
	amount, sign, err := signedAmount(m.Amount)
	if err != nil {
		return camtEntry{}, fmt.Errorf("movement %q: %w", m.TxID, err)
	}
	id := reference(m.TxID, 35)
	e := camtEntry{
		Reference: id, Amount: amount, Sign: sign, Status: "BOOK", Servicer: id, Code: limited(m.Type, 35),
		Value: camtDate{Day: s.date(m).String()},
	}
	if s.covers(s.date(m)) { // else nobody says when it was booked
		e.Booked = &camtDate{Day: s.date(m).String()}
	}
	if e.Code == "" {
		e.Code = "NTAV" // not available
	}
	if !m.Time.IsZero() {
		e.Booked = &camtDate{Time: m.Time.UTC().Format("2006-01-02T15:04:05Z")}
	}
	details := camtDetails{}
	if id != m.TxID {
		details.Remittance = chunks("tx_id "+m.TxID, 140)
	}
	if m.Reference != "" {
		short := reference(m.Reference, 35)
		details.References = []camtReference{{Type: "RAIL", Ref: short}}
		if short != m.Reference {
			details.Remittance = append(details.Remittance, chunks("reference "+m.Reference, 140)...)
		}
	}
	if len(details.References)+len(details.Remittance) > 0 {
		e.Details = &details
	}
	var more []string
	for _, text := range []string{m.Counterparty, m.Status} {
		if text != "" {
			more = append(more, text)
		}
	}
	e.More = limited(strings.Join(more, " / "), 500)
	return e, nil
}

// signedAmount is an amount without its sign, and the sign as a code.
func signedAmount(a money.Amount) (camtAmount, string, error) {
	sign := "CRDT"
	text := a.Decimal()
	if a.Minor < 0 {
		sign, text = "DBIT", text[1:]
	}
	if digits := len(text) - strings.Count(text, "."); digits > maxDigits {
		return camtAmount{}, "", fmt.Errorf("books: CAMT.053 has amounts of at most %d digits, and %s has %d", maxDigits, a, digits)
	}
	return camtAmount{Currency: a.Currency.Code, Value: text}, sign, nil
}

// limited cuts a text to so many characters. What XML cannot hold is replaced first, and what has no character left is empty.
func limited(text string, most int) string {
	text = strings.TrimSpace(holdable(text))
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most-1]) + "…"
}

// reference is a text that stays as it is when the format can hold it, and otherwise begins like it and is unique.
func reference(text string, most int) string {
	const marked = 17
	plain := strings.Join(strings.Fields(holdable(text)), " ")
	if plain == text && text != "" && utf8.RuneCountInString(text) <= most {
		return text
	}
	start := []rune(plain)
	return string(start[:min(len(start), most-marked)]) + "~" + digest(text, marked-1)
}

func digest(text string, length int) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])[:length]
}

// chunks divides a text into parts of so many characters.
func chunks(text string, most int) []string {
	var parts []string
	for runes := []rune(holdable(text)); len(runes) > 0; {
		n := min(len(runes), most)
		parts = append(parts, string(runes[:n]))
		runes = runes[n:]
	}
	return parts
}

// holdable replaces what XML cannot hold, and what it would not give back as it was.
func holdable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r':
			return ' '
		case r < 0x20, r == 0xFFFE, r == 0xFFFF, r == utf8.RuneError:
			return '\uFFFD'
		}
		return r
	}, text)
}

// isIBAN checks form and check digits.
func isIBAN(text string) bool {
	const minLength, maxLength = 15, 34
	if len(text) < minLength || len(text) > maxLength {
		return false
	}
	var digits strings.Builder
	for i, c := range text[4:] + text[:4] {
		place := (i + 4) % len(text)
		switch {
		case c >= '0' && c <= '9' && place > 1:
			digits.WriteRune(c)
		case c >= 'A' && c <= 'Z' && place != 2 && place != 3:
			digits.WriteString(strconv.Itoa(int(c-'A') + 10))
		default:
			return false
		}
	}
	rest := 0
	for _, c := range digits.String() {
		rest = (rest*10 + int(c-'0')) % 97
	}
	return rest == 1
}
