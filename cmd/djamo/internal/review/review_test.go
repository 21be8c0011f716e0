package review

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/payoutfile"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
	"github.com/djamo/djamo-go/payroll"
)

const header = "msisdn,amount,reference,description,name\n"

func planOf(t *testing.T, run, rows string) *payroll.Plan {
	t.Helper()
	plan, err := payroll.ReadCSV(strings.NewReader(header+rows), payroll.CSVOptions{Run: run})
	require.NoError(t, err)
	return plan
}

func pastOf(t *testing.T, newestFirst ...string) *Past {
	t.Helper()
	past := &Past{}
	for i, rows := range newestFirst {
		require.NoError(t, past.Add("run "+string(rune('a'+i)), planOf(t, "past", rows).Payouts()))
	}
	return past
}

const june = `+2250748710501,100000,j/1,x,Aya Koné
+2250748710502,120000,j/2,x,Moussa Traoré
+2250748710503,130000,j/3,x,Awa Kouamé
+2250748710504,140000,j/4,x,Serge Gnagne
`

func found(r *Review) map[payroll.WarningKind][]string {
	all := map[payroll.WarningKind][]string{}
	for _, g := range r.Groups {
		for _, f := range g.Findings {
			all[g.Kind] = append(all[g.Kind], f.Reference+" "+words(lang.English).detail(g.Kind, f, whole))
		}
	}
	return all
}

func TestCompare(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		now  string
		past []string
		want map[payroll.WarningKind][]string
	}{
		"the same again": {strings.ReplaceAll(june, "j/", "k/"), []string{june}, map[payroll.WarningKind][]string{}},
		"names in another form": {
			"+2250748710501,100000,k/1,x,KONE  Aya\n+2250748710502,120000,k/2,x,\n+2250748710503,130000,k/3,x,kouame awa\n+2250748710504,140000,k/4,x,Gnagne Serge\n",
			[]string{june}, map[payroll.WarningKind][]string{},
		},
		"one has doubled": {strings.Replace(strings.ReplaceAll(june, "j/", "k/"), "120000", "240000", 1), []string{june}, map[payroll.WarningKind][]string{
			ChangedAmounts: {"k/2 was 120\u202f000\u202fFCFA, +120\u202f000\u202fFCFA (+100\u202f%)"},
			UnusualAmounts: {"k/2 at most 120\u202f000\u202fFCFA before"},
		}},
		"doubled, as in May": {strings.Replace(strings.ReplaceAll(june, "j/", "k/"), "120000", "240000", 1), []string{june, strings.Replace(june, "120000", "240000", 1)}, map[payroll.WarningKind][]string{
			ChangedAmounts: {"k/2 was 120\u202f000\u202fFCFA, +120\u202f000\u202fFCFA (+100\u202f%)"},
		}},
		"far less, the largest difference first": {
			strings.NewReplacer("j/", "k/", "140000", "40000", "100000", "101000").Replace(june), []string{june}, map[payroll.WarningKind][]string{
				ChangedAmounts: {
					"k/4 was 140\u202f000\u202fFCFA, -100\u202f000\u202fFCFA (-71\u202f%)",
					"k/1 was 100\u202f000\u202fFCFA, +1\u202f000\u202fFCFA (+1\u202f%)",
				},
				UnusualAmounts: {"k/4 at least 140\u202f000\u202fFCFA before"},
			},
		},
		"paid in two": {
			strings.Replace(strings.ReplaceAll(june, "j/", "k/"), "100000,k/1", "60000,k/1", 1) + "+2250748710501,40000,k/1b,x,Aya Koné\n",
			[]string{june}, map[payroll.WarningKind][]string{},
		},
		"new, missing, another number": {
			strings.Replace(strings.ReplaceAll(june, "j/", "k/"), "710501", "710599", 1), []string{june}, map[payroll.WarningKind][]string{
				NewPayees:     {"k/1 "},
				MissingPayees: {"j/1 got 100\u202f000\u202fFCFA"},
				OtherNumbers:  {"k/1 was +22507******01, and got 100\u202f000\u202fFCFA"},
			},
		},
		"another name": {strings.Replace(strings.ReplaceAll(june, "j/", "k/"), "Aya Koné", "Yao Kouassi", 1), []string{june}, map[payroll.WarningKind][]string{
			OtherNames: {"k/1 was Aya Koné"},
		}},
		"nothing to compare with": {june, nil, map[payroll.WarningKind][]string{}},
		"somebody comes back": {strings.ReplaceAll(june, "j/", "k/"), []string{strings.Join(strings.SplitAfter(june, "\n")[:3], ""), june}, map[payroll.WarningKind][]string{
			NewPayees: {"k/4 "},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := Compare(planOf(t, "july", row.now), pastOf(t, row.past...), Options{Unusual: 150})
			require.NoError(t, err)
			require.Equal(t, row.want, found(r))
		})
	}
}

// What was not paid counts only where nothing else is known of a payee.
func TestPast_LeavesOutWhatWasNotPaid(t *testing.T) {
	t.Parallel()
	past := &Past{}
	require.NoError(t, past.Add("june", payroll.Rows(
		payroll.Payout{MSISDN: "+2250748710501", Amount: 90_000, Reference: "a", State: payroll.Failed},
		payroll.Payout{MSISDN: "+2250748710501", Amount: 100_000, Reference: "b", State: payroll.Completed},
		payroll.Payout{MSISDN: "+2250748710502", Amount: 70_000, Reference: "c", State: payroll.Refused},
	)))
	r, err := Compare(planOf(t, "july", "+2250748710501,100000,k/1,x,\n+2250748710502,70000,k/2,x,\n"), past, Options{Unusual: 150})
	require.NoError(t, err)
	require.Empty(t, r.Groups)
}

func TestIsBeyond_OfAnySize(t *testing.T) {
	t.Parallel()
	const maxAmount = djamo.XOF(1<<63 - 1)
	for _, row := range []struct {
		amount, of djamo.XOF
		factor     int64
		want       bool
	}{{150, 100, 150, false}, {151, 100, 150, true}, {maxAmount, maxAmount, 150, false}, {maxAmount, maxAmount / 2, 150, true}, {1, 0, 150, true}} {
		require.Equal(t, row.want, isBeyond(row.amount, row.of, row.factor), "%d of %d", int64(row.amount), int64(row.of))
	}
}

// A report of an earlier run is read in each format that programs read, and the file that was paid too.
func TestPast_AddFile(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"june.json":   `{"run":"june","digest":"x","totals":{},"fees":0,"payouts":[{"reference":"j/1","msisdn":"+2250748710501","amount":100000,"status":"completed","name":"Aya Koné"}]}`,
		"june.csv":    "\ufeffreference,msisdn,amount,status,transaction_id,fee,failure_reason\nj/1,'+2250748710501,100000,completed,txn,1000,\n",
		"salaire.csv": "Nom;Téléphone;Montant;Réf\nAya Koné;+2250748710501;100 000 F;j/1\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), name)
			require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
			past := &Past{}
			require.NoError(t, past.AddFile(t.Context(), path, payoutfile.Options{}))
			require.Len(t, past.Runs, 1)
			require.EqualValues(t, 100_000, past.Runs[0].Total)
			r, err := Compare(planOf(t, "july", "+2250748710501,150000,k/1,x,\n"), past, Options{Unusual: 150})
			require.NoError(t, err)
			require.Len(t, r.Group(ChangedAmounts).Findings, 1)
		})
	}
	for name, text := range map[string]string{
		"masked.json": `{"payouts":[{"reference":"j/1","msisdn":"+22507******01","amount":100000}]}`,
		"torn.json":   `{"payouts":[{`,
		"minus.json":  `{"payouts":[{"reference":"j/1","msisdn":"+2250748710501","amount":-5}]}`,
		"other.csv":   "a,b\n1,2\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), name)
			require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
			require.Error(t, (&Past{}).AddFile(t.Context(), path, payoutfile.Options{}))
		})
	}
}

func doubled(t *testing.T) *Review {
	t.Helper()
	r, err := Compare(planOf(t, "july", strings.Replace(strings.ReplaceAll(june, "j/", "k/"), "120000", "240000", 1)), pastOf(t, june), Options{Unusual: 150})
	require.NoError(t, err)
	return r
}

func TestAsk(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		flags   map[payroll.WarningKind]int
		answers []string // nil where nobody can be asked
		want    string
	}{
		"nobody to ask":       {nil, nil, "--confirm unusual-amounts=1 --confirm changed-amounts=1"},
		"one flag is missing": {map[payroll.WarningKind]int{UnusualAmounts: 1}, nil, "add --confirm changed-amounts=1"},
		"both flags":          {map[payroll.WarningKind]int{UnusualAmounts: 1, ChangedAmounts: 1}, nil, ""},
		"another count":       {map[payroll.WarningKind]int{UnusualAmounts: 2, ChangedAmounts: 1}, nil, "--confirm unusual-amounts=2: there are 1"},
		"no such group":       {map[payroll.WarningKind]int{NewPayees: 1}, nil, "--confirm new-payees=1: there are 0"},
		"yes twice":           {nil, []string{"y\n", "oui\n"}, ""},
		"no to the second":    {nil, []string{"y\n", "\n"}, "warning 2: correct the file"},
		"a flag and a yes":    {map[payroll.WarningKind]int{UnusualAmounts: 1}, []string{"o\n"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var ask func(context.Context, string, terminal.Terminal) (string, error)
			if row.answers != nil {
				ask = func(context.Context, string, terminal.Terminal) (string, error) {
					answer := row.answers[0]
					row.answers = row.answers[1:]
					return answer, nil
				}
			}
			err := doubled(t).Ask(t.Context(), row.flags, terminal.Terminal{Err: &bytes.Buffer{}}, ask)
			if row.want == "" {
				require.NoError(t, err)
				require.Empty(t, row.answers)
				return
			}
			require.ErrorContains(t, err, row.want)
			require.ErrorContains(t, err, "nothing was sent")
			require.Equal(t, exit.Usage, exit.Code(err))
		})
	}
}

func TestShow_MasksNumbersAndNames(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, doubled(t).Show(&out, lang.French))
	text := strings.Join(strings.Fields(out.String()), " ")
	for _, part := range []string{
		"Le plus grand : 240 000 FCFA (k/2) ; le plus petit : 100 000 FCFA (k/1) ; bénéficiaires : 4.",
		"Comparé à run a : 4 paiements, 490 000 FCFA. Le total varie de +120 000 FCFA.",
		"Avertissement 1. Montant inhabituel pour le bénéficiaire : 1",
		"ligne 3 k/2 +22507******02 M*** T*** 240 000 FCFA était 120 000 FCFA, +120 000 FCFA (+100 %)",
	} {
		require.Contains(t, text, part)
	}
	require.NotContains(t, text, "0748710502")
	require.NotContains(t, text, "Moussa")
}

func TestWriteFile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	page := filepath.Join(folder, "review.html")
	require.NoError(t, doubled(t).WriteFile(page, lang.French))
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	for _, part := range []string{
		`<html lang="fr">`, "Moussa Traoré", "+22507******02", "2 avertissements doivent être confirmés", "--confirm changed-amounts</code>",
	} {
		require.Contains(t, strings.ReplaceAll(string(text), "=1</code>", "</code>"), strings.ReplaceAll(part, "+", "&#43;"))
	}
	require.NotContains(t, string(text), "0748710502")

	plan := planOf(t, "july", "+2250748710501,100000,k/1,x,Aya Koné 0748710501\n")
	review, err := Compare(plan, pastOf(t, june), Options{Unusual: 150})
	require.NoError(t, err)
	require.NoError(t, review.WriteFile(page, lang.English))
	text, err = os.ReadFile(page)
	require.NoError(t, err)
	require.Contains(t, string(text), "Aya Koné")
	require.NotContains(t, string(text), "0748710501", "nor a number that somebody wrote into a name")

	book := filepath.Join(folder, "review.xlsx")
	require.NoError(t, doubled(t).WriteFile(book, lang.English))
	file, err := excelize.OpenFile(book)
	require.NoError(t, err)
	defer file.Close()
	require.Equal(t, []string{"Summary", "To confirm", "Payments"}, file.GetSheetList())
	rows, err := file.GetRows("Payments")
	require.NoError(t, err)
	require.Len(t, rows, 5)
	require.Equal(t, []string{"3", "k/2", "+22507******02", "Moussa Traoré", "240,000", "x"}, rows[2])
	kind, err := file.GetCellType("Payments", "E3")
	require.NoError(t, err)
	require.Contains(t, []excelize.CellType{excelize.CellTypeNumber, excelize.CellTypeUnset}, kind)

	link := filepath.Join(folder, "link.html")
	require.NoError(t, os.Symlink(page, link))
	require.ErrorContains(t, doubled(t).WriteFile(link, lang.English), "no plain file")
}

// A long review is in several tables, each with its headings: one of 10,000 rows takes Chromium longer to print.
func TestWriteFile_LongTables(t *testing.T) {
	t.Parallel()
	const payees, maxListed = 450, 200
	var rows strings.Builder
	for i := range payees {
		fmt.Fprintf(&rows, "+22507%08d,5000,k/%d,x,Payee %d\n", i, i, i)
	}
	review, err := Compare(planOf(t, "july", rows.String()), pastOf(t, june), Options{Unusual: 150})
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "review.html")
	require.NoError(t, review.WriteFile(path, lang.French))
	page, err := os.ReadFile(path)
	require.NoError(t, err)
	var found []int
	for _, table := range strings.Split(string(page), "<table class=")[1:] {
		require.Equal(t, 1, strings.Count(table, "<thead>"), "each table has its headings")
		rows := strings.Count(table, "<tr><td ")
		require.Equal(t, rows > 4, strings.Contains(table, ` long">`), "the tables of a long list have the same columns")
		require.Equal(t, 1, strings.Count(table, "</table>"))
		body, _, _ := strings.Cut(table, "</tbody>")
		found = append(found, strings.Count(body, "<tr><td "))
	}
	require.Equal(t, []int{maxListed, maxListed, payees - 2*maxListed, 4, maxListed, maxListed, payees - 2*maxListed}, found, "new, missing, and all of them")
	require.Equal(t, 1, strings.Count(string(page), "<tfoot>"))
}

// What came from the file breaks where a line can go on, and nowhere else: one long reference must not make the page wider.
func TestWriteFile_LongTexts(t *testing.T) {
	t.Parallel()
	long := "direction-generale/departement-des-ressources-humaines/service-paie/salaire-2026-07/matricule-00000001"
	run := "paie-juillet-2026-direction-generale-des-ressources-humaines"
	plan := planOf(t, run, "+2250748710501,250000,"+long+","+strings.Repeat("prime-", 20)+","+strings.Repeat("W", 100)+"\n")
	review, err := Compare(plan, pastOf(t, june), Options{Unusual: 150})
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "review.html")
	require.NoError(t, review.WriteFile(path, lang.French))
	page, err := os.ReadFile(path)
	require.NoError(t, err)
	_, body, _ := strings.Cut(string(page), "<main>")
	body, _, _ = strings.Cut(body, "</main>")
	for _, word := range regexp.MustCompile(`<wbr>|<[^>]*>|\s`).Split(body, -1) {
		require.Less(t, len([]rune(word)), 40, "a word that no column has room for: %s", word)
	}
	require.Contains(t, regexp.MustCompile(`<[^>]*>`).ReplaceAllString(body, ""), long, "nothing of it is lost")
	require.Contains(t, string(page), "<title>"+run+" ·")
}

func TestFlags(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{"1.5": 150, "2": 200, "0": 0, "1,25": 125, "1": -1, "1.555": -1, "x": -1, "": -1, "-2": -1, "0.5": -1, "1001": -1} {
		var h hundredths
		err := h.Set(text)
		if want < 0 {
			require.Error(t, err, text)
			continue
		}
		require.NoError(t, err, text)
		require.EqualValues(t, want, h, text)
	}
	var s Settings
	flags := pflag.NewFlagSet("run", pflag.ContinueOnError)
	s.AddFlags(flags)
	s.AddConfirmFlag(flags)
	require.Equal(t, "1.5", flags.Lookup("unusual").DefValue)
	require.NoError(t, flags.Parse([]string{"--confirm", "new-payees=3", "--since", "a", "--since", "b"}))
	require.Equal(t, map[payroll.WarningKind]int{NewPayees: 3}, s.Confirm)
	require.Equal(t, []string{"a", "b"}, s.Since)
	for _, bad := range []string{"new-payees", "new-payees=0", "=3", "new-payees=x"} {
		require.Error(t, flags.Parse([]string{"--confirm", bad}), bad)
	}
	require.NoError(t, (&Settings{File: "r.HTML"}).Check())
	require.Error(t, (&Settings{File: "r.pdf"}).Check())
}

// The documentation shows a review. It is the one that is written today: DJAMO_WRITE_DOCS=1 writes it, and the browser
// tests draw its picture.
func TestReview_InTheDocs(t *testing.T) {
	t.Parallel()
	before := `+2250700000001,150000,salaire-2026-06/0001,Salaire de juin 2026,Aya Koné
+2250700000002,95000,salaire-2026-06/0002,Salaire de juin 2026,Moussa Traoré
+2250500000003,120000,salaire-2026-06/0003,Salaire de juin 2026,Awa Kouamé
+2250100000004,210000,salaire-2026-06/0004,Salaire de juin 2026,Jean-Marc N'Guessan
`
	now := strings.NewReplacer("-06/", "-07/", "juin", "juillet", "95000", "190000", "+2250100000004", "+2250100000044").Replace(before) +
		"+2250500000006,175500,salaire-2026-07/0006,Salaire de juillet 2026,Mariam Ouattara\n"
	for language, name := range map[lang.Language]string{lang.English: "review.html", lang.French: "review-fr.html"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			past := &Past{}
			require.NoError(t, past.Add("salaire-2026-06", planOf(t, "salaire-2026-06", before).Payouts()))
			review, err := Compare(planOf(t, "salaire-2026-07", now), past, Options{Unusual: 150})
			require.NoError(t, err)
			path := filepath.Join(t.TempDir(), name)
			require.NoError(t, review.WriteFile(path, language))
			page, err := os.ReadFile(path)
			require.NoError(t, err)
			path = filepath.Join("..", "..", "..", "..", "docs", "pictures", name)
			if os.Getenv("DJAMO_WRITE_DOCS") != "" {
				require.NoError(t, os.WriteFile(path, page, 0o644))
			}
			want, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, string(want), string(page),
				"write it with DJAMO_WRITE_DOCS=1 go test -run InTheDocs ./cmd/djamo/internal/review, then draw it: see tests/browser")
		})
	}
}
