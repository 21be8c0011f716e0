package payroll

import (
	"bufio"
	"context"
	"html/template"
	"time"
)

// pageParts are the parts of the page, in the order in which they are written: one head, then for each outcome that there
// is a section with its rows, and one foot. Everything in {{ }} is escaped by html/template.
const pageParts = `{{define "head"}}<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Payouts: {{.Run}}</title>
<style>
@page { size: A4; margin: 12mm }
body { font: 10pt/1.4 system-ui, sans-serif; color: #222; max-width: 186mm; margin: 8mm auto; padding: 0 4mm }
h1 { font-size: 16pt; margin: 0 } h2 { font-size: 12pt; margin: 8mm 0 1mm; break-after: avoid }
p { margin: 1mm 0 3mm } .attention { color: #a11 }
table { border-collapse: collapse; width: 100% } thead { display: table-header-group } tr { break-inside: avoid }
th, td { text-align: left; vertical-align: top; padding: .8mm 1.5mm; border-bottom: .2mm solid #ccc; overflow-wrap: anywhere }
th { font-weight: 600; border-bottom-color: #444 } .n { text-align: right; white-space: nowrap }
svg { display: block; width: 100%; height: auto; margin: 4mm 0 } svg text { font: 12px system-ui, sans-serif; fill: #222 }
.failed, .refused { fill: #b3261e } .conflict, .unknown { fill: #d98200 } .open { fill: #7a7f87 } .completed { fill: #1c7c3a }
footer { margin-top: 8mm; font-size: 8pt; color: #666; overflow-wrap: anywhere }
@media print { body { margin: 0; max-width: none; padding: 0 } * { print-color-adjust: exact; -webkit-print-color-adjust: exact } }
</style>
</head>
<body>
<h1>Payouts: {{.Run}}</h1>
<p{{if .Missing}} class="attention"{{end}}>{{if .Missing}}{{.Missing}} of {{.Planned.Count}} payouts are not completed.{{else}}All {{.Planned.Count}} payouts are completed.{{end}} Written on {{.Written}}.</p>
<table>
<thead><tr><th>Outcome</th><th class="n">Payouts</th><th class="n">Amount</th><th>Meaning</th></tr></thead>
<tbody>
{{range .Groups}}<tr><td>{{.Name}}</td><td class="n">{{.Count}}</td><td class="n">{{.Amount}}</td><td>{{.About}}</td></tr>
{{end}}<tr><th>planned</th><th class="n">{{.Planned.Count}}</th><th class="n">{{.Planned.Amount}}</th><th>all of the above</th></tr>
<tr><td>accepted</td><td class="n">{{.Accepted.Count}}</td><td class="n">{{.Accepted.Amount}}</td><td>taken by Djamo, whatever came of them</td></tr>
<tr><td>fees</td><td></td><td class="n">{{.Fees}}</td><td>on top of the amounts</td></tr>
</tbody>
</table>
<svg viewBox="0 0 700 {{.Height}}" role="img" aria-label="How many payouts had which outcome">
{{range .Groups}}<text x="80" y="{{.Baseline}}" text-anchor="end">{{.Name}}</text><rect class="{{.Name}}" x="90" y="{{.Top}}" width="{{.Width}}" height="16"></rect><text x="{{.After}}" y="{{.Baseline}}">{{.Count}}</text>
{{end}}</svg>
{{end}}{{define "section"}}<h2>{{.Name}}: {{.Count}}</h2>
<p>{{.About}}</p>
<table>
<thead><tr><th class="n">Line</th><th>Reference</th><th>Payee</th><th class="n">Amount</th><th class="n">Fee</th><th>Status</th><th>Note</th><th>Transaction</th></tr></thead>
<tbody>
{{end}}{{define "row"}}<tr><td class="n">{{if .Line}}{{.Line}}{{end}}</td><td>{{.Reference}}</td><td>{{.Payee}}</td><td class="n">{{.Amount}}</td><td class="n">{{.Fee}}</td><td>{{.Status}}</td><td>{{.Note}}</td><td>{{.Transaction}}</td></tr>
{{end}}{{define "end"}}</tbody>
</table>
{{end}}{{define "foot"}}<footer>Plan {{.Digest}}</footer>
</body>
</html>
{{end}}`

// What the parts of the page show.
type (
	pageHead struct {
		Run, Digest, Written string
		Planned, Accepted    Sum
		Missing              int64
		Fees                 string
		Groups               []pageGroup
		Height               int64
	}
	pageGroup struct {
		Name, About, Amount         string
		Count                       int64
		Top, Baseline, Width, After int64
	}
	pageRow struct {
		Line                                                     int64
		Reference, Payee, Amount, Fee, Status, Note, Transaction string
	}
)

func (r *report) writeHTML(ctx context.Context, w *bufio.Writer) error {
	page, err := template.New("page").Parse(pageParts)
	if err != nil {
		return err
	}
	head := r.pageHead(time.Now())
	if err := page.ExecuteTemplate(w, "head", head); err != nil {
		return err
	}
	for i, g := range r.groups() {
		if g.sum.Count == 0 {
			continue
		}
		if err := page.ExecuteTemplate(w, "section", head.Groups[i]); err != nil {
			return err
		}
		err := r.each(ctx, func(p Payout) error {
			return page.ExecuteTemplate(w, "row", pageRow{
				Line: p.Line, Reference: p.Reference, Payee: p.MSISDN.E164(), Amount: p.Amount.String(), Fee: p.Fee.String(),
				Status: string(p.State), Note: p.Note(), Transaction: p.TransactionID,
			})
		}, g.states...)
		if err != nil {
			return err
		}
		if err := page.ExecuteTemplate(w, "end", nil); err != nil {
			return err
		}
	}
	return page.ExecuteTemplate(w, "foot", head)
}

// pageHead lays the totals out and draws the chart: a bar for each outcome, as long as its share of the payouts.
func (r *report) pageHead(written time.Time) pageHead {
	const widest, pitch = 520, 24
	t := r.totals
	head := pageHead{
		Run: r.info.Run, Digest: r.info.Digest, Written: written.UTC().Format("2006-01-02 15:04 UTC"), Planned: t.Planned, Accepted: t.Accepted,
		Missing: t.Planned.Count - t.Completed.Count, Fees: t.Fees.String(),
	}
	if head.Run == "" {
		head.Run = "a run without a name"
	}
	for _, g := range r.groups() {
		bar := pageGroup{Name: g.name, About: g.about, Amount: g.sum.Amount.String(), Count: g.sum.Count, Top: head.Height, Baseline: head.Height + 13}
		if g.sum.Count > 0 {
			bar.Width = max(2, g.sum.Count*widest/t.Planned.Count) // however few, they are to be seen
		}
		bar.After = 90 + bar.Width + 6
		head.Groups = append(head.Groups, bar)
		head.Height += pitch
	}
	return head
}
