package payroll_test

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"html"
	"io"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/payroll"
	"github.com/stretchr/testify/require"
)

func writeWith(t testing.TB, w payroll.ReportWriter, journal payroll.Journal, format payroll.ReportFormat) string {
	t.Helper()
	var out bytes.Buffer
	_, err := w.Write(t.Context(), &out, journal, format)
	require.NoError(t, err)
	return out.String()
}

// readable is the text of a page, with its spaces of any width as plain ones.
func readable(page string) string {
	text := regexp.MustCompile(`(?s)<style>.*?</style>|<[^>]*>`).ReplaceAllString(page, "")
	return strings.NewReplacer("\u202f", " ", "\u00a0", " ").Replace(html.UnescapeString(text))
}

// The page stands alone, escapes what it shows, and has first what needs a person.
func TestWriteReport_HTML(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		page := write(t, mixed(t), payroll.ReportHTML)
		for _, part := range []string{
			"3 of 9 payments were not made. 4 of 9 payments have no outcome yet. 2 were made. 1 of these was made earlier, before this run.",
			"Sent on 30 June 2026 at 10:00", "Times: Abidjan (UTC+0)", "Report written on 1 January 2000, 00:00.",
			"50 000 Fpaid now · 1", "130 000 Fpaid earlier · 1", "210 000 Fnot paid · 3", "420 000 Fnot finished · 4", "500 FDjamo’s fees",
			"= planned9810 000 F", "left the account50 500 F",
			"9 planned = 1 paid now + 1 paid earlier + 3 not paid + 4 not finished. 810 000 F = 50 000 + 130 000 + 210 000 + 420 000.",
			"Djamo: “<script>account closed</script>”", "+225 07 48 71 05 02", "line 3", "The payee’s account is closed.",
		} {
			require.Contains(t, readable(page), part)
		}
		for _, part := range []string{"<script", "http:", "https:", "src=", "@import", "<link", "href="} {
			require.NotContains(t, strings.Replace(page, "=HYPERLINK(&#34;http:<wbr>//x&#34;)", "", 1), part, "nothing is loaded or run")
		}
		require.NotRegexp(t, `url\([^#]`, page, "nothing is loaded")
		requireInOrder(t, readable(page), "How it adds up", "To be dealt with · 3", "Not finished · 4", "Paid now · 1", "Paid earlier · 1")
		requireWellFormed(t, page)

		page = write(t, journalOf(t, payroll.Payout{MSISDN: "+2250748710501", Amount: 1, Reference: "a", State: payroll.Completed}), payroll.ReportHTML)
		require.Contains(t, readable(page), "The only payment was made.")
		require.NotContains(t, readable(page), "To be dealt with", "sections without payouts are left out")
		requireWellFormed(t, page)
	})
}

// A long section is in several tables, each with its headings: one of 10,000 rows takes Chromium longer to print.
func TestWriteReport_HTMLLongSections(t *testing.T) {
	t.Parallel()
	const paid, failed, maxListed = 450, 201, 200
	payouts := make([]payroll.Payout, 0, paid+failed)
	for i := range paid + failed {
		p := payroll.Payout{MSISDN: djamo.MSISDN(fmt.Sprintf("+22507%08d", i)), Amount: 5_000, Reference: fmt.Sprint("r", i), State: payroll.Completed}
		if i >= paid {
			p.State = payroll.Failed
		}
		payouts = append(payouts, p)
	}
	page := writeWith(t, payroll.ReportWriter{}, journalOf(t, payouts...), payroll.ReportHTML)
	requireWellFormed(t, page)
	var rows []int
	for table := range strings.SplitSeq(page, `<table class="rows`) {
		body, ok := strings.CutPrefix(table, " long")
		if first, _, _ := strings.Cut(body, ">"); ok && !strings.Contains(first, "total") {
			require.Equal(t, 1, strings.Count(body, "<thead>"), "each table has its headings")
			require.Equal(t, 1, strings.Count(body, "</table>"))
			body, _, _ = strings.Cut(body, "</tbody>")
			rows = append(rows, strings.Count(body, `<tr><td class="lead">`))
		}
	}
	require.Equal(t, []int{maxListed, failed - maxListed, maxListed, maxListed, paid - 2*maxListed}, rows)
	require.Equal(t, 2, strings.Count(page, "<tfoot>"), "each section has one total")
	requireInOrder(t, readable(page), "To be dealt with · 201", "Total · 201", "Paid now · 450", "Total · 450")
	for i := range payouts {
		require.Equal(t, 1, strings.Count(page, fmt.Sprintf(`<span class="k">r%d</span>`, i)))
	}

	page = writeWith(t, payroll.ReportWriter{}, journalOf(t, payouts[:maxListed]...), payroll.ReportHTML)
	require.Equal(t, 1, strings.Count(page, `<table class="rows">`), "a short section is one table, as wide as its texts ask")
}

func requireInOrder(t *testing.T, text string, parts ...string) {
	t.Helper()
	at := -1
	for _, part := range parts {
		next := strings.Index(text, part)
		require.Greater(t, next, at, part)
		at = next
	}
}

// A French reader meets no English sentence, whatever has become of a payout.
func TestReportWriter_French(t *testing.T) {
	t.Parallel()
	dakar := djamo.Account{Environment: djamo.ProductionSEN, Host: "api-sen.djamo.com", CompanyID: "biz_7"}
	writer := payroll.ReportWriter{
		Language: payroll.French, Company: "Chocolaterie du Plateau", Account: dakar, ApprovedDigest: "0123456789abcdef",
		Prepared: payroll.Signature{By: "A. Bamba", At: time.Date(2026, 6, 30, 9, 0, 0, 0, time.UTC)},
		Approved: payroll.Signature{By: "S. Diallo"},
	}
	page := writeWith(t, writer, mixed(t), payroll.ReportHTML)
	text := readable(page)
	require.Contains(t, page, `<html lang="fr">`)
	for _, part := range []string{
		"Rapport de paiement", "3 paiements sur 9 n’ont pas abouti. 4 paiements sur 9 n’ont pas encore de résultat. 2 ont été faits.",
		"Compte Djamo · production Sénégal · biz_7", "Préparé par A. Bamba le 30 juin 2026 à 09:00", "Approuvé par S. Diallo",
		"Empreinte de ce qui a été approuvé : 0123456789abcdef", "Heures : Dakar (UTC+0)",
		"Envoyé le 30 juin 2026 à 10:00", "Le compte du bénéficiaire est fermé.", "Djamo n’a pas accepté le paiement.",
		"Sa référence a déjà servi", "la réponse s’est perdue", "Djamo l’a accepté", "Il est peut-être en route.", "Rien n’a été envoyé.",
	} {
		require.Contains(t, text, part)
	}
	english := regexp.MustCompile(`(?i)\b(the|payment|payee|paid|was|not|fees|total of|sent|report|answer)\b`)
	own := strings.ReplaceAll(text, "<script>account closed</script>", "") // Djamo's words stay as they are, in quotation marks
	require.Empty(t, english.FindString(own))

	sheets := workbookTexts(t, writeWith(t, writer, mixed(t), payroll.ReportXLSX))
	require.Contains(t, sheets, "Téléphone")
	require.Contains(t, sheets, "référence déjà utilisée")
	require.Contains(t, sheets, "payés maintenant")
	_, err := payroll.ReportWriter{Language: "de"}.Write(t.Context(), io.Discard, mixed(t), payroll.ReportHTML)
	require.ErrorContains(t, err, `the language "de" must be en or fr`)
}

// Whoever reads French is told in French where a payout stands and why; only what Djamo wrote, of a cause that is not known, stays.
func TestPayout_StatusAndNoteInFrench(t *testing.T) {
	t.Parallel()
	english := regexp.MustCompile(`(?i)\b(the|payment|was|not|answer|account|closed|transaction \w+ (was|is)|its|planned|submitted|completed|failed)\b`)
	for _, state := range payroll.States() {
		for _, earlier := range []bool{false, true} {
			for _, reason := range []string{
				"", "the program ended before the answer came", "several payments bear its reference", "account closed",
				"its reference was used for another payee or amount, transaction txn_7", `the API calls it "pending"`,
			} {
				if reason != "account closed" && (state == payroll.Failed || state == payroll.Refused) {
					continue // Djamo writes those
				}
				p := payroll.Payout{State: state, Reason: reason, Earlier: earlier}
				require.Empty(t, english.FindString(p.StatusIn(payroll.French)+"; "+p.NoteIn(payroll.French)), "%s, %t: %s", state, earlier, reason)
				require.Equal(t, string(state), p.StatusIn(payroll.English))
				require.Equal(t, p.Note(), p.NoteIn(payroll.English))
			}
		}
	}
	conflict := payroll.Payout{State: payroll.Conflict, Reason: "its reference was used for another payee or amount, transaction txn_7"}
	require.Equal(t, "référence déjà utilisée", conflict.StatusIn(payroll.French))
	require.Contains(t, conflict.NoteIn(payroll.French), "Transaction : txn_7")
	require.Equal(t, "envoyé avant cette paie ; card expired", payroll.Payout{State: payroll.Failed, Reason: "card expired", Earlier: true}.NoteIn(payroll.French))
}

// workbookTexts is the XML of all parts of a workbook, each of which must be well-formed.
func workbookTexts(t testing.TB, workbook string) string {
	t.Helper()
	archive, err := zip.NewReader(strings.NewReader(workbook), int64(len(workbook)))
	require.NoError(t, err)
	var all strings.Builder
	for _, part := range archive.File {
		opened, err := part.Open()
		require.NoError(t, err)
		content, err := io.ReadAll(opened)
		require.NoError(t, err)
		decoder := xml.NewDecoder(bytes.NewReader(content))
		for {
			if _, err := decoder.Token(); err != nil {
				require.ErrorIs(t, err, io.EOF, part.Name)
				break
			}
		}
		all.Write(content)
	}
	return all.String()
}

// Where people do not keep UTC, a report says both.
func TestReportWriter_Location(t *testing.T) {
	t.Parallel()
	paris := time.FixedZone("Europe/Paris", 2*60*60)
	text := readable(writeWith(t, payroll.ReportWriter{Location: paris}, mixed(t), payroll.ReportHTML))
	require.Contains(t, text, "Sent on 30 June 2026 at 12:00. In UTC: 30 Jun 2026 10:00 to 30 Jun 2026 10:00.")
	require.Contains(t, text, "Times: Paris (UTC+2)")
	require.Contains(t, workbookTexts(t, writeWith(t, payroll.ReportWriter{Location: paris}, mixed(t), payroll.ReportXLSX)), "<v>46203.5000000000</v>")
}

// A report that goes to people who need no phone numbers shows none, wherever one may stand.
func TestReportWriter_MaskPhones(t *testing.T) {
	t.Parallel()
	journal := journalOf(t,
		payroll.Payout{
			MSISDN: "+2250748710501", Amount: 5_000, Reference: "2250748710501-june", Name: "Aya +2250748710501", Description: "pour +225 07 48 71 05 01",
			State: payroll.Failed, Reason: "no account +2250748710501",
		},
		payroll.Payout{MSISDN: "+221771234567", Amount: 5_000, Reference: "b", State: payroll.Completed},
	)
	for _, format := range []payroll.ReportFormat{payroll.ReportCSV, payroll.ReportXLSX, payroll.ReportJSON, payroll.ReportHTML} {
		text := writeWith(t, payroll.ReportWriter{MaskPhones: true}, journal, format)
		if format == payroll.ReportXLSX {
			text = workbookTexts(t, text)
		}
		digits := regexp.MustCompile(`[^0-9A-Za-z*]`).ReplaceAllString(readable(text), "")
		require.NotContains(t, digits, "48710501", format)
		require.NotContains(t, digits, "1234567", format)
	}
}

// Whatever is in a file, the page keeps its shape.
func TestReportWriter_OddTexts(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"</style><script>alert(1)</script>", "\u202eأحمد بن علي\u202c", "👩‍👩‍👧‍👦🇨🇮👍🏽", strings.Repeat("W", 200), strings.Repeat("e\u0301", 150), "=1+1", "a\u200bb\x1b[31m",
		`"};*{display:none}`, "\u2066x\u2069", strings.Repeat("mot ", 50), "{{.Run}}",
	} {
		journal := journalOf(t, payroll.Payout{MSISDN: "+2250748710501", Amount: 999_999_999_999_999, Reference: "a", Name: name, Description: name, State: payroll.Failed, Reason: name})
		page := writeWith(t, payroll.ReportWriter{Company: name, Prepared: payroll.Signature{By: name}}, journal, payroll.ReportHTML)
		requireWellFormed(t, page)
		require.NotContains(t, page, "<script")
		require.Equal(t, 1, strings.Count(page, "</style>"))
		require.NotContains(t, page, "\u202e")
		require.NotContains(t, page, "ZgotmplZ", "the template refused a value")
		for _, word := range regexp.MustCompile(`<wbr>|<[^>]*>|\s`).Split(regexp.MustCompile(`aria-label="[^"]*"`).ReplaceAllString(strings.SplitN(page, "<body>", 2)[1], ""), -1) {
			require.Less(t, len([]rune(html.UnescapeString(word))), 64, "a word that no column has room for: %s", word)
		}
		require.Contains(t, readable(page), "999 999 999 999 999 F")
		workbookTexts(t, writeWith(t, payroll.ReportWriter{Company: name}, journal, payroll.ReportXLSX))
	}
}

// What spreadsheets would round is a text.
func TestWriteReport_XLSXRoundsNothing(t *testing.T) {
	t.Parallel()
	const maxExact = 999_999_999_999_999
	sheets := workbookTexts(t, write(t, journalOf(t,
		payroll.Payout{MSISDN: "+2250748710501", Amount: maxExact, Reference: "a", State: payroll.Completed},
		payroll.Payout{MSISDN: "+2250748710502", Amount: maxExact + 1, Reference: "b", State: payroll.Completed},
	), payroll.ReportXLSX))
	require.Contains(t, sheets, `<v>999999999999999</v>`)
	require.Contains(t, sheets, `<t xml:space="preserve">1000000000000000</t>`)
	require.NotContains(t, sheets, `<v>1000000000000000</v>`)
	require.Contains(t, sheets, `<t xml:space="preserve">1999999999999999</t>`, "their sum")
}

// The figures of a report add up to the franc, for whatever has become of a run.
func TestReportWriter_AddsUp(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(18, 4))
	number := func(text string) (n int64) {
		n, err := strconv.ParseInt(strings.NewReplacer(" ", "", "F", "").Replace(text), 10, 64)
		require.NoError(t, err, text)
		return n
	}
	for range 40 {
		payouts := make([]payroll.Payout, 1+random.IntN(60))
		var all, fees int64
		for i := range payouts {
			state := payroll.States()[random.IntN(len(payroll.States()))]
			p := payroll.Payout{
				MSISDN: djamo.MSISDN(fmt.Sprintf("+22507%08d", i)), Amount: djamo.XOF(1 + random.Int64N(1<<uint(1+random.IntN(45)))), Reference: fmt.Sprint("r", i), State: state,
				Earlier: random.IntN(3) == 0,
			}
			if state == payroll.Completed {
				p.Fee = djamo.XOF(random.Int64N(5_000))
				if !p.Earlier {
					fees += int64(p.Fee)
				}
			}
			all += int64(p.Amount)
			payouts[i] = p
		}
		page := writeWith(t, payroll.ReportWriter{Language: payroll.French}, journalOf(t, payouts...), payroll.ReportHTML)
		text := readable(page)
		equations := regexp.MustCompile(`(\d[\d ]*) prévus? = ([^.]*)\. ([\d ]+) F = ([^.]*)\.`).FindStringSubmatch(text)
		require.NotNil(t, equations, text)
		require.EqualValues(t, len(payouts), number(equations[1]))
		require.Equal(t, all, number(equations[3]))
		for _, sum := range [][2]string{{equations[1], equations[2]}, {equations[3], equations[4]}} {
			total := int64(0)
			for part := range strings.SplitSeq(sum[1], "+") {
				total += number(regexp.MustCompile(`[^\d ]`).ReplaceAllString(part, ""))
			}
			require.Equal(t, number(sum[0]), total)
		}
		// The rows of each section come to its total, and the sections to the plan.
		rows, totals := int64(0), int64(0)
		_, tables, _ := strings.Cut(page, `class="rows"`)
		for _, match := range regexp.MustCompile(`<(td class="n" data-l="Montant")>([^<]*)<`).FindAllStringSubmatch(tables, -1) {
			rows += number(strings.ReplaceAll(match[2], "\u202f", ""))
		}
		for _, match := range regexp.MustCompile(`(?s)<tfoot>.*?data-l="Montant">([^<]*)<`).FindAllStringSubmatch(page, -1) {
			totals += number(strings.ReplaceAll(match[1], "\u202f", ""))
		}
		require.Equal(t, all, totals)
		require.Equal(t, 2*all, rows, "each row once, and the totals")
		require.Contains(t, text, "frais Djamo"+strings.TrimSuffix(strings.ReplaceAll(djamo.XOF(fees).String(), "\u202f", " "), "FCFA")+"F")
	}
}

func TestLanguageOf(t *testing.T) {
	t.Parallel()
	for tag, want := range map[string]payroll.Language{
		"fr": payroll.French, "FR": payroll.French, "fr-CI": payroll.French, "fr_CI.UTF-8": payroll.French, "fr@euro": payroll.French,
		"en": payroll.English, "en_GB": payroll.English, "": "", "C": "", "frisian": "", "de": "",
	} {
		language, ok := payroll.LanguageOf(tag)
		require.Equal(t, want, language, tag)
		require.Equal(t, want != "", ok, tag)
	}
}
