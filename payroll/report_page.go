package payroll

import (
	"bufio"
	"context"
	_ "embed" // the page
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"

	"github.com/djamo/djamo-go/internal/wordbreak"
)

// pageParts are the parts of the page, in the order in which they are written: one head, then for each section that has
// payouts its heading, its rows and its total, and one foot. Everything in {{ }} is escaped by html/template.
//
//go:embed report_page.html
var pageParts string

// What the parts of the page show. Texts that came from elsewhere are in pieces, between which a line may break.
type (
	pageGroup struct {
		Words                              reportWords
		Name, Tone, CountText, Amount, Fee string
		About, Standing, TimeHead          string
		Long                               bool // its rows are in several tables
	}
	pageRow struct {
		Words                                             reportWords
		Name, Description, Reference, Detail, Transaction []string
		Phone, LineText, Amount, Fee                      string
		Happened, Next, Standing, Time, TimeHead          string
		Quote, Unquote                                    string // around what Djamo wrote
	}
)

// writeHTML walks through the run twice: for what the head sums up, and for the rows.
func (r *report) writeHTML(ctx context.Context, w *bufio.Writer) error {
	page, err := template.New("page").Parse(pageParts)
	if err != nil {
		return err
	}
	seen, err := r.survey(ctx)
	if err != nil {
		return err
	}
	head, err := r.pageHead(seen, time.Now())
	if err != nil {
		return err
	}
	if err := page.ExecuteTemplate(w, "head", head); err != nil {
		return err
	}
	for _, of := range []outcome{outcomeNotPaid, outcomeOpen, outcomePaid, outcomeEarlier} {
		if seen.sums[of].Count == 0 {
			continue
		}
		if err := r.writeSection(ctx, w, page, of, seen); err != nil {
			return err
		}
	}
	return page.ExecuteTemplate(w, "foot", head)
}

// rowsOfTable is how many rows a table has at most: what Chromium does to print a page grows with the rows of its table.
const rowsOfTable = 200

// writeSection writes the payouts of one outcome and what they come to.
func (r *report) writeSection(ctx context.Context, w io.Writer, page *template.Template, of outcome, seen runSurvey) error {
	group, part := r.pageGroup(of, seen.sums[of]), "unpaid"
	group.Name = map[outcome]string{
		outcomePaid: r.words.PaidByRun, outcomeEarlier: r.words.PaidBefore, outcomeNotPaid: r.words.ToDo, outcomeOpen: r.words.NotFinished,
	}[of]
	if of == outcomePaid || of == outcomeEarlier {
		part = "paid"
	}
	oneDay := of == outcomePaid && sameDay(seen.first.In(r.zone.Location), seen.last.In(r.zone.Location))
	if group.TimeHead = r.words.Day; oneDay {
		group.TimeHead = r.words.Time
	}
	group.Long = seen.sums[of].Count > rowsOfTable
	if err := page.ExecuteTemplate(w, part, group); err != nil {
		return err
	}
	rows := 0
	err := r.each(ctx, func(p Payout) error {
		if p.outcome() != of {
			return errOtherSection
		}
		if rows++; rows > rowsOfTable {
			rows = 1
			if err := page.ExecuteTemplate(w, part+"next", group); err != nil {
				return err
			}
		}
		return page.ExecuteTemplate(w, part+"row", r.pageRow(p, group, oneDay))
	}, of.states()...)
	if err != nil {
		return err
	}
	return page.ExecuteTemplate(w, part+"end", group)
}

// pageGroup is an outcome as the figures, the table of sums and the heading of a section show it.
func (r *report) pageGroup(of outcome, sum Sum) pageGroup {
	g := pageGroup{
		Words: r.words, CountText: countText(sum.Count), Amount: amountText(sum.Amount), Fee: amountText(sum.Fees),
		Standing: r.words.Standing,
	}
	switch of {
	case outcomePaid:
		g.Name, g.Tone = r.words.PaidNow, "good"
	case outcomeEarlier:
		g.Name, g.Tone, g.About = r.words.PaidEarlier, "earlier", r.words.AboutEarlier
	case outcomeNotPaid:
		g.Name, g.Tone, g.About, g.Standing = r.words.NotPaid, "bad", r.words.AboutToDo, r.words.Happened
	case outcomeOpen, outcomes:
		g.Name, g.Tone, g.About = r.words.Open, "wait", r.words.AboutOpen
	}
	return g
}

func (r *report) pageRow(p Payout, group pageGroup, oneDay bool) pageRow {
	row := pageRow{
		Words: r.words, Name: wordbreak.Text(r.text(p.Name)), Description: wordbreak.Text(r.text(p.Description)),
		Reference: wordbreak.Code(r.text(p.Reference)), Transaction: wordbreak.Code(p.TransactionID),
		Phone: phoneText(p.MSISDN, r.maskPhones), Amount: amountText(p.Amount), Fee: amountText(p.Fee),
		Standing: group.Standing, TimeHead: group.TimeHead, Quote: r.language.or("“", "«\u00a0"), Unquote: r.language.or("”", "\u00a0»"),
	}
	if p.Line > 0 {
		row.LineText = fmt.Sprintf(r.words.Line, countText(p.Line))
	}
	if at := p.paidAt(); !at.IsZero() {
		at = at.In(r.zone.Location)
		if row.Time = at.Format("15:04:05"); !oneDay {
			row.Time = dateText(at, r.language, true) + "\u00a0" + at.Format("15:04")
		}
	}
	if p.State != Completed {
		a := adviceOf(p, r.language)
		row.Happened, row.Next, row.Detail = a.Happened, a.Next, wordbreak.Text(a.Detail)
		if other := a.Transaction; other != "" {
			row.Transaction = wordbreak.Code(other)
		}
	}
	return row
}

// text is what came from the caller's file, with phone numbers masked when the report shows none.
func (r *report) text(text string) string {
	if r.maskPhones {
		return maskText(text)
	}
	return text
}

// accountText names the account that has paid, without the company's ID.
func (r *report) accountText() string {
	place := map[string]string{"civ": "Côte d’Ivoire", "sen": r.language.or("Senegal", "Sénégal")}
	kind, country, _ := strings.Cut(string(r.account.Environment), "-")
	text := r.words.Account + " Djamo · "
	switch {
	case r.account.Environment == "" && r.account.Host == "":
		return ""
	case r.account.Environment == "":
		return text + r.language.or("test", "essai") + " · " + r.account.Host
	case kind == "production":
		return text + "production " + place[country]
	}
	return text + kind + " " + place[country] + " (" + r.language.or("play money", "argent fictif") + ")"
}
