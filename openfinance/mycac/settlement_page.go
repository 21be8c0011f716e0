package mycac

import (
	"bufio"
	_ "embed" // the page
	"html/template"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/djamo/djamo-go/openfinance/money"
)

// pageText is the page. Everything in {{ }} is escaped by html/template.
//
//go:embed settlement_page.html
var pageText string

// PageOptions says how a page is written. All may be left out.
type PageOptions struct {
	Language Language
	Zone     *time.Location // of the times shown; nil: Africa/Djibouti
	Company  string         // shown at the top
	// MaxLines is how many scans and refunds are listed one by one; 0: 2,000; negative: all. The sums are those of all, and the
	// page says how many are left out.
	MaxLines int
}

type (
	settlementPage struct {
		Words settlementWords

		Lang, Company, DayText, ZoneText, Verdict, Tone, LeftOut string
		Foot                                                     template.CSS
		Totals                                                   []pageTotal
		Stores                                                   []pageStore
		SetAside                                                 []pageAside
		Closed                                                   []pageClosed
		Empty                                                    bool
	}
	pageTotal struct{ Currency, Scans, Refunds, Gross, Given, Net string }
	pageStore struct {
		pageTotal

		Merchant, Store []string
		Lines           []pageLine
	}
	pageLine struct {
		Time, Kind, Amount, Matched string
		Transaction, Original       []string
		Refund, Late                bool
	}
	pageAside struct {
		Merchant, Store, Transaction, Original, Candidates []string
		Time, Amount, Why, Next, Since                     string
	}
	pageClosed struct {
		pageAside

		By, Because []string
	}
)

// WritePage writes the settlement as a page of HTML that stands alone: it loads nothing and runs no script. It is made for
// screens of any width and for paper (A4).
func (s *Settlement) WritePage(w io.Writer, options PageOptions) error {
	if err := options.Language.check(); err != nil {
		return err
	}
	page, err := template.New("settlement").Parse(pageText)
	if err != nil {
		return err
	}
	buffered := bufio.NewWriter(w)
	if err := page.Execute(buffered, s.page(options)); err != nil {
		return err
	}
	return buffered.Flush()
}

func (s *Settlement) page(options PageOptions) settlementPage {
	const maxLines = 2000
	left := options.MaxLines
	if left == 0 {
		left = maxLines
	}
	if options.Zone == nil {
		options.Zone = Djibouti()
	}
	language := options.Language
	page := settlementPage{
		Words: settlementWordsOf(language), Lang: language.or("en", "fr"), Company: options.Company, DayText: dayText(s.Day, language),
		ZoneText: s.Zone, Tone: "good", Empty: len(s.Stores) == 0,
	}
	page.Foot = cssText(page.Words.Title + " · " + s.Day.String())
	page.Verdict = language.or("Every refund is matched with its payment.", "Chaque remboursement est rapproché de son paiement.")
	if n := len(s.SetAside); n > 0 {
		page.Tone, page.Verdict = "bad", countText(n)+" "+language.or("refunds are not netted: somebody must look at them.",
			"remboursements n’ont pas été déduits\u00a0: à vérifier.")
		if n == 1 {
			page.Verdict = language.or("1 refund is not netted: somebody must look at it.", "1 remboursement n’a pas été déduit\u00a0: à vérifier.")
		}
	}
	for i := range s.Totals {
		page.Totals = append(page.Totals, s.Totals[i].page(language))
	}
	leftOut := 0
	for _, store := range s.Stores {
		shown := pageStore{pageTotal: store.page(language), Merchant: pieces(store.MerchantID), Store: pieces(store.StoreID)}
		for _, line := range store.Lines {
			if left == 0 {
				leftOut++
				continue
			}
			left--
			shown.Lines = append(shown.Lines, line.page(options, s, page.Words))
		}
		page.Stores = append(page.Stores, shown)
	}
	if leftOut > 0 {
		page.LeftOut = countText(leftOut) + " " + language.or("more are not listed here: the CSV has all of them, and the sums count them.",
			"autres ne sont pas détaillées ici\u00a0: le CSV les contient toutes, et les totaux les comptent.")
	}
	for _, aside := range s.SetAside {
		page.SetAside = append(page.SetAside, aside.page(options, s))
	}
	for _, closed := range s.Closed {
		page.Closed = append(page.Closed, pageClosed{closed.page(options, s), pieces(closed.Closing.By), pieces(closed.Closing.Reason)})
	}
	return page
}

func (t *SettlementTotal) page(language Language) pageTotal {
	return pageTotal{
		Currency: t.Currency, Scans: countText(t.Scans), Refunds: countText(t.Refunded), Gross: amountText(t.Gross, language),
		Given: amountText(t.Refunds, language), Net: amountText(t.Net, language),
	}
}

func (l SettlementLine) page(options PageOptions, s *Settlement, words settlementWords) pageLine {
	shown := pageLine{
		Time: timeText(l.At, options.Zone, s.Day), Kind: words.Scan, Amount: amountText(l.Amount, options.Language), Transaction: pieces(l.TxID),
		Original: pieces(l.OriginalID), Late: l.Late,
	}
	if l.Kind == CACPAYRefund {
		shown.Kind, shown.Refund = words.Refund, true
		negative := l.Amount
		negative.Minor = -negative.Minor
		shown.Amount = amountText(negative, options.Language)
		shown.Matched = words.ByID
		if l.MatchedBy == MatchedByAmount {
			shown.Matched = words.ByAmount
		}
		if l.OriginalDay != s.Day {
			shown.Matched += " · " + l.OriginalDay.String()
		}
	}
	return shown
}

func (a SetAsideRefund) page(options PageOptions, s *Settlement) pageAside {
	shown := pageAside{
		Merchant: pieces(a.MerchantID), Store: pieces(a.StoreID), Transaction: pieces(a.TxID), Original: pieces(a.OriginalID),
		Time: timeText(a.At, options.Zone, s.Day), Amount: amountText(a.Amount, options.Language),
	}
	remaining := ""
	if a.Remaining != nil {
		remaining = amountText(*a.Remaining, options.Language)
	}
	shown.Why, shown.Next = a.explain(options.Language, remaining)
	if a.Since != s.Day {
		shown.Since = a.Since.String()
	}
	if len(a.Candidates) > 1 {
		shown.Candidates = pieces(strings.Join(a.Candidates, ", "))
	}
	return shown
}

// amountText is an amount for people. It never wraps.
func amountText(amount money.Amount, language Language) string {
	if language == French {
		return amount.French()
	}
	return amount.English()
}

// pieces cuts a text where a line may break: identifiers have no spaces and may be long.
func pieces(text string) []string {
	const maxLength = 24
	if text == "" {
		return nil
	}
	var cut []string
	runes := []rune(text)
	for len(runes) > maxLength {
		at := maxLength
		for i := maxLength; i > maxLength/2; i-- {
			if strings.ContainsRune("-_./: ,", runes[i-1]) {
				at = i
				break
			}
		}
		cut = append(cut, string(runes[:at]))
		runes = runes[at:]
	}
	return append(cut, string(runes))
}

// cssText is a text of this package as CSS.
func cssText(text string) template.CSS {
	return template.CSS(strconv.QuoteToASCII(text)) //nolint:gosec // a literal and a date: nothing of it came from outside
}
