package review

import (
	"bufio"
	_ "embed" // the page
	"fmt"
	"html/template"
	"io"
	"iter"
	"strings"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/wordbreak"
	"github.com/djamo/djamo-go/payroll"
)

//go:embed page.html
var pageText string

// pageRow is a payment or a finding as a page shows it. What came from the file is in pieces, between which a line may break.
type pageRow struct {
	Name, Reference, Detail   []string
	Phone, Line, Amount, Text string

	Next bool // it begins another table
}

// rowsOfTable is how many rows a table has at most: what Chromium does to print a page grows with the rows of its table.
const rowsOfTable = 200

type pageGroup struct {
	Number             int
	Kind, Title, About string
	Texts              bool // its findings are sentences
	Long               bool // its findings are in several tables
	Findings           []pageRow
}

type page struct {
	Lang                                                                   words
	Title, Open, Total, Count, Payees, Largest, Smallest, Compared, Digest string
	Run                                                                    []string
	Long                                                                   bool // its payments are in several tables
	Wide                                                                   bool // some amounts are too long for two in a row on a phone
	Groups                                                                 []pageGroup
	Rows                                                                   iter.Seq[pageRow]
}

// writePage writes a page to read and to print, in one file that loads nothing.
func (r *Review) writePage(w io.Writer, language words) error {
	tmpl, err := template.New("review").Funcs(template.FuncMap{"t": language.say}).Parse(pageText)
	if err != nil {
		return err
	}
	p := page{
		Lang: language, Title: wordbreak.Visible(r.Plan.Run), Run: wordbreak.Text(r.Plan.Run), Total: r.Plan.Total.String(),
		Count: language.payments(r.Plan.Count), Payees: grouped(int64(r.Payees)), Long: r.Plan.Count > rowsOfTable,
		Largest: r.Largest.Amount.String(), Smallest: r.Smallest.Amount.String(),
		Compared: language.compared(r), Open: language.open(len(r.Groups)), Digest: r.Plan.Digest,
	}
	const maxLetters = 15 // of an amount, in letters
	p.Wide = len([]rune(p.Total)) > maxLetters || len([]rune(p.Largest)) > maxLetters
	for i, group := range r.Groups {
		p.Groups = append(p.Groups, language.group(i+1, group))
	}
	var failed error
	p.Rows = func(yield func(pageRow) bool) {
		n := 0
		for payout, err := range r.plan.Payouts() {
			if failed = err; err != nil {
				return
			}
			row := language.row(payout)
			row.Next = n > 0 && n%rowsOfTable == 0
			if n++; !yield(row) {
				return
			}
		}
	}
	buffered := bufio.NewWriter(w)
	if err := tmpl.Execute(buffered, p); err != nil {
		return err
	}
	if failed != nil {
		return failed
	}
	return buffered.Flush()
}

func (l words) payments(count int64) string {
	if count == 1 {
		return l.say("1 payment", "1 paiement")
	}
	return fmt.Sprintf(l.say("%s payments", "%s paiements"), grouped(count))
}

// grouped writes a number with its thousands apart, as amounts are written.
func grouped(n int64) string { return strings.TrimSuffix(djamo.XOF(n).String(), "\u202fFCFA") }

// open says how many groups are to be confirmed.
func (l words) open(groups int) string {
	if groups == 1 {
		return l.say("1 warning must be confirmed before anything is paid.", "1 avertissement doit être confirmé avant tout paiement.")
	}
	return fmt.Sprintf(l.say("%d warnings must be confirmed, each by itself, before anything is paid.",
		"%d avertissements doivent être confirmés, chacun séparément, avant tout paiement."), groups)
}

func (l words) group(number int, group Group) pageGroup {
	g := pageGroup{Number: number, Kind: string(group.Kind), Title: l.title(group.Kind), About: l.about(group.Kind)}
	g.Long = len(group.Findings) > rowsOfTable
	for i, f := range group.Findings {
		g.Texts = g.Texts || f.Text != ""
		row := pageRow{
			Name: wordbreak.Text(djamo.MaskPhones(f.Name)), Phone: f.MSISDN.String(), Reference: wordbreak.Code(djamo.MaskPhones(f.Reference)),
			Detail: wordbreak.Text(djamo.MaskPhones(l.detail(group.Kind, f, whole))), Text: djamo.MaskPhones(l.text(f)),
			Next: i > 0 && i%rowsOfTable == 0,
		}
		if f.Line > 0 {
			row.Line = fmt.Sprint(f.Line)
		}
		if f.Amount > 0 {
			row.Amount = f.Amount.String()
		}
		g.Findings = append(g.Findings, row)
	}
	return g
}

func (l words) row(p payroll.Payout) pageRow {
	return pageRow{
		Line: fmt.Sprint(lineOf(p)), Name: wordbreak.Text(djamo.MaskPhones(p.Name)), Phone: p.MSISDN.String(),
		Reference: wordbreak.Code(djamo.MaskPhones(p.Reference)), Detail: wordbreak.Text(djamo.MaskPhones(p.Description)),
		Amount: p.Amount.String(),
	}
}

// whole is a name as it is.
func whole(name string) string { return strings.TrimSpace(name) }
