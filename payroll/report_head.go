package payroll

import (
	"fmt"
	"html/template"
	"strings"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/wordbreak"
)

// pageHead is what a report says before its rows, and under them.
type pageHead struct {
	Lang                        Language
	Words                       reportWords
	RunText                     string
	FootLeft, FootRight         template.CSS // at the bottom of each printed page
	Run, Company, Digest        []string
	CompanyID                   []string
	Signed                      [][]string
	SignedDigest                []string
	AccountText, When, Zone     string
	Tone, Verdict               string
	VerdictMore                 []string
	Wide                        bool // some amounts are too long for four in a row
	Groups                      []pageGroup
	Bars                        []pageBar
	ChartWidth                  int64
	ChartText                   string
	Fees, Left                  string
	PlannedCount, PlannedAmount string
	Equation, Written           string
}

// pageBar is one outcome in the chart.
type pageBar struct {
	Pattern, Name, CountText string
	At, Width                int64
}

// pageHead sums the run up.
func (r *report) pageHead(seen runSurvey, written time.Time) (pageHead, error) {
	t := r.totals
	run := r.info.Run
	if run == "" {
		run = r.words.NoName
	}
	left, err := seen.sums[outcomePaid].Amount.Add(seen.sums[outcomePaid].Fees)
	if err != nil {
		return pageHead{}, fmt.Errorf("%w: %w", ErrJournal, err)
	}
	head := pageHead{
		Lang: r.language, Words: r.words, RunText: wordbreak.Visible(r.text(run)), Run: wordbreak.Text(r.text(run)),
		Company: wordbreak.Text(r.company), Digest: wordbreak.Code(r.info.Digest), AccountText: r.accountText(),
		CompanyID:    wordbreak.Code(r.account.CompanyID),
		SignedDigest: wordbreak.Code(r.approvedDigest),
		When:         r.when(seen),
		Zone:         fmt.Sprintf(r.words.Times, r.zone.name, r.zone.offset(zonedOr(seen.first, written))),
		PlannedCount: countText(t.Planned.Count), PlannedAmount: amountText(t.Planned.Amount), Left: amountText(left),
		Written: fmt.Sprintf(r.words.Written, r.moment(written)),
	}
	for _, text := range r.signed() {
		head.Signed = append(head.Signed, wordbreak.Text(text))
	}
	if head.Fees = amountText(t.Fees); r.totals.PaidEarlier.Count > 0 { // the account paid for those before
		head.Fees = amountText(seen.sums[outcomePaid].Fees)
	}
	head.FootLeft, head.FootRight = cssString(strings.Trim(head.RunText+" · "+wordbreak.Visible(r.company), " ·")), cssString(r.words.Page+" ")
	var counts, amounts []string
	for of := range outcomes {
		sum := seen.sums[of]
		group := r.pageGroup(of, sum)
		head.Groups = append(head.Groups, group)
		head.Wide = head.Wide || len([]rune(group.Amount)) > 14
		if sum.Count > 0 {
			counts = append(counts, r.counted(sum.Count, group.Name))
			amounts = append(amounts, strings.TrimSuffix(group.Amount, "\u202fF"))
		}
	}
	if len(counts) > 0 {
		head.Equation = r.counted(t.Planned.Count, r.words.Planned) + " = " + strings.Join(counts, " + ") + ". " +
			head.PlannedAmount + " = " + strings.Join(amounts, " + ") + "."
	}
	head.Bars, head.ChartWidth = r.bars(seen)
	head.ChartText = r.words.Chart + ": " + strings.Join(counts, ", ")
	r.summarize(&head, seen)
	return head, nil
}

// counted is so many of what is named in the plural, which French has from two on.
func (r *report) counted(n int64, name string) string {
	if r.language == French && n < 2 {
		name = strings.NewReplacer("payés", "payé", "terminés", "terminé", "prévus", "prévu").Replace(name)
	}
	return countText(n) + " " + name
}

// cssString is a text as a string of CSS: every character that is no letter or digit of ASCII is escaped, so none can end
// it. html/template would take it for an address.
func cssString(text string) template.CSS {
	var css strings.Builder
	css.WriteByte('"')
	for _, r := range text {
		if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' {
			css.WriteRune(r)
			continue
		}
		fmt.Fprintf(&css, `\%x `, r)
	}
	css.WriteByte('"')
	return template.CSS(css.String()) //nolint:gosec // escaped above
}

// bars share the width of the chart among the outcomes. However few payouts had one, it is to be seen.
func (r *report) bars(seen runSurvey) (bars []pageBar, width int64) {
	const whole, minShare = 1_000, 8
	for of := range outcomes {
		sum := seen.sums[of]
		if sum.Count == 0 {
			continue
		}
		bar := pageBar{
			Pattern: [outcomes]string{"paid", "earlier", "notpaid", "open"}[of], Name: r.pageGroup(of, sum).Name, CountText: countText(sum.Count),
			At: width, Width: max(minShare, sum.Count*whole/r.totals.Planned.Count),
		}
		width += bar.Width
		bars = append(bars, bar)
	}
	return bars, width
}

// summarize puts the outcome of the run into words: what is worst comes first.
func (r *report) summarize(head *pageHead, seen runSurvey) {
	notPaid, open, all := seen.sums[outcomeNotPaid].Count, seen.sums[outcomeOpen].Count, r.totals.Planned.Count
	made := r.totals.Completed.Count
	earlier := r.totals.PaidEarlier.Count
	var said []string
	if notPaid > 0 {
		said = append(said, r.words.NotPaidOf.of(notPaid, all))
	}
	if open > 0 {
		said = append(said, r.words.StillOpen.of(open, all))
	}
	switch {
	case all == 0:
		said, head.Tone = []string{r.words.Empty}, "wait"
	case notPaid > 0:
		head.Tone = "bad"
	case open > 0:
		head.Tone = "wait"
	case earlier > 0:
		head.Tone = "earlier"
	default:
		head.Tone = "good"
	}
	switch {
	case all == 0:
	case earlier == all: // a month of last month's references
		said, earlier = append(said, r.words.NothingPaid, r.words.AllEarlier.of(all, all)), 0
	case len(said) == 0 && earlier > 0:
		said, earlier = append(said, r.words.PaidNowOf.of(made-earlier, all), r.words.EarlierApart.of(earlier, all)), 0
	case len(said) == 0:
		said = append(said, r.words.AllPaid.of(all, all))
	case made == 0:
		said = append(said, r.words.NonePaid)
	default:
		said = append(said, r.words.PaidOf.of(made, all))
	}
	if earlier > 0 {
		said = append(said, r.words.EarlierOf.of(earlier, all))
	}
	head.Verdict, head.VerdictMore = said[0], said[1:]
}

// when says when the run has sent.
func (r *report) when(seen runSurvey) string {
	if seen.first.IsZero() {
		return r.words.NothingSent
	}
	first, last := seen.first.In(r.zone.Location), seen.last.In(r.zone.Location)
	const clock = "15:04"
	var text string
	switch {
	case sameDay(first, last) && first.Format(clock) == last.Format(clock):
		text = fmt.Sprintf(r.words.PaidOn, dateText(first, r.language, false), first.Format(clock))
	case sameDay(first, last):
		text = fmt.Sprintf(r.words.PaidFrom, dateText(first, r.language, false), first.Format(clock), last.Format(clock))
	default:
		text = fmt.Sprintf(r.words.PaidBetween, r.moment(first), r.moment(last))
	}
	if r.zone.offset(first) != "UTC+0" {
		text += ". " + fmt.Sprintf(r.words.TimesAlso, utcMoment(first, r.language), utcMoment(last, r.language))
	}
	return text
}

// moment is a time to the minute, where the people are.
func (r *report) moment(at time.Time) string {
	at = at.In(r.zone.Location)
	return dateText(at, r.language, false) + r.language.or(", ", " à ") + at.Format("15:04")
}

func utcMoment(at time.Time, language Language) string {
	return dateText(at.UTC(), language, true) + "\u00a0" + at.UTC().Format("15:04")
}

// signed says who has prepared and approved the run, and when.
func (r *report) signed() []string {
	var said []string
	for _, signature := range []struct {
		Signature

		text string
	}{{r.prepared, r.words.Prepared}, {r.approved, r.words.Approved}} {
		name := wordbreak.Visible(signature.By)
		if name == "" {
			continue
		}
		text := fmt.Sprintf(signature.text, name)
		if !signature.At.IsZero() {
			text += " " + fmt.Sprintf(r.words.SignedOn, r.moment(signature.At))
		}
		said = append(said, text)
	}
	return said
}

func zonedOr(at, otherwise time.Time) time.Time {
	if at.IsZero() {
		return otherwise
	}
	return at
}

// maskText masks the phone numbers in a text.
func maskText(text string) string { return djamo.MaskPhones(text) }
