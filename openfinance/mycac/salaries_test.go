package mycac_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/openfinance/mycac"
)

const salaries = `{"reference": "salaries-2026-11", "account": "DJ2100010000000154000100186", "currency": "DJF", "execution_date": "2026-11-30",
	"total": 265000, "entries": [
	{"reference": "E-1", "name": "Awa Example", "iban": "dj21 0001 0000 0001 5400 0100 186", "amount": 145000, "description": "November"},
	{"reference": "E-2", "name": "Omar Example", "phone": "+253 77 81 02 34", "amount": "120000.00"}]}`

func readSalaries(text string) (*mycac.SalaryPlan, error) {
	return mycac.ReadSalaries(strings.NewReader(text), mycac.SalaryOptions{})
}

func TestParseIBAN(t *testing.T) {
	t.Parallel()
	for _, good := range []string{
		"DJ2100010000000154000100186", "FR1420041010050500013M02606", "DE89370400440532013000", "GB29 NWBK 6016 1331 9268 19", "MT84MALT011000012345MTLCAST001S",
		"NO9386011117947", "LC55HEMM000100010012001200023015", "AE070331234567890123456", "SA0380000000608010167519", "ET",
	} {
		iban, err := mycac.ParseIBAN(good)
		if good == "ET" {
			require.Error(t, err)
			continue
		}
		require.NoError(t, err, good)
		require.Equal(t, strings.ReplaceAll(good, " ", ""), iban.Whole())
	}
	for bad, want := range map[string]string{
		"": "is empty", "DJ": "cut off", "DJ2": "cut off", "DJ2100010000000154000100187": "check digits", "DJ2100010000000154000101086": "check digits",
		"DJ210001000000015400010018": "has 26 characters, and one of DJ has 27", "US2100010000000154000100186": "begins with US",
		"2100010000000154000100186DJ": "two letters", "DJXX00010000000154000100186": "two check digits", "DJ21-0001": "only the letters",
		"DJ2100010000000154000100186000000000": "longer than 34", "DJ210001000000015400010018é": "only the letters",
	} {
		_, err := mycac.ParseIBAN(bad)
		require.ErrorContains(t, err, want, bad)
		require.NotContains(t, err.Error(), "0001540001", "the number is masked")
	}
}

// Whatever two digits change places or one is mistyped, the check digits show it.
func TestParseIBAN_FindsSlips(t *testing.T) {
	t.Parallel()
	const good = "DJ2100010000000154000100186"
	for i := 2; i < len(good); i++ {
		for digit := byte('0'); digit <= '9'; digit++ {
			if digit != good[i] {
				_, err := mycac.ParseIBAN(good[:i] + string(digit) + good[i+1:])
				require.Error(t, err)
			}
		}
		if i+1 < len(good) && good[i] != good[i+1] {
			_, err := mycac.ParseIBAN(good[:i] + good[i+1:i+2] + good[i:i+1] + good[i+2:])
			require.Error(t, err)
		}
	}
}

func TestIBAN_MasksItself(t *testing.T) {
	t.Parallel()
	iban, err := mycac.ParseIBAN("DJ2100010000000154000100186")
	require.NoError(t, err)
	entry := mycac.SalaryEntry{Reference: "E-1", IBAN: iban, Amount: djf(5)}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "iban", iban, "entry", entry)
	for _, printed := range []string{
		fmt.Sprint(iban), fmt.Sprintf("%s %v %q %+v %#v %x %d", iban, iban, iban, iban, iban, iban, iban), fmt.Sprint(entry), fmt.Sprintf("%+v", entry),
		fmt.Sprintf("%v", []mycac.SalaryEntry{entry}), log.String(),
	} {
		require.NotContains(t, printed, "00010000", printed)
		require.NotContains(t, printed, "30303031", printed)
	}
	require.Equal(t, "DJ21…0186", iban.String())
}

func TestReadSalaries(t *testing.T) {
	t.Parallel()
	plan, err := readSalaries(salaries)
	require.NoError(t, err)
	require.Equal(t, djf(265_000), plan.Total)
	require.Equal(t, mycac.IBAN("DJ2100010000000154000100186"), plan.Entries[0].IBAN)
	require.Equal(t, djamo.MSISDN("+25377810234"), plan.Entries[1].Phone)
	require.Equal(t, djf(120_000), plan.Entries[1].Amount)
	require.Empty(t, plan.Warnings)

	other, err := readSalaries(strings.Replace(salaries, "145000, ", "145000.00,\n", 1))
	require.NoError(t, err)
	require.Equal(t, plan.Digest, other.Digest, "how the JSON is written makes no difference")
	for _, change := range [][2]string{{"Awa", "Ada"}, {"E-2", "E-3"}, {"2026-11-30", "2026-11-29"}, {"02 34", "02 35"}, {"salaries-2026-11", "x"},
		{`145000, `, `145001, `}} {
		text := strings.Replace(strings.Replace(salaries, change[0], change[1], 1), `"total": 265000,`, "", 1)
		other, err := readSalaries(text)
		require.NoError(t, err)
		require.NotEqual(t, plan.Digest, other.Digest, change[1])
	}

	twice, err := readSalaries(strings.Replace(strings.Replace(salaries, `"phone": "+253 77 81 02 34"`, `"iban": "DJ2100010000000154000100186"`, 1),
		"265000", "265000.0", 1))
	require.NoError(t, err)
	require.Equal(t, []mycac.SalaryWarning{{Entries: []int{1, 2}, Text: "DJ21…0186 is paid 2 times"}}, twice.Warnings)
}

func TestReadSalaries_NamesEveryBadEntry(t *testing.T) {
	t.Parallel()
	_, err := readSalaries(`{"reference": "sal aries", "acount": "x", "currency": "DJF", "execution_date": "30.11.2026", "total": 1, "entries": [
		{"reference": "E-1", "name": "Awa", "iban": "DJ2100010000000154000100187", "amount": 145000},
		{"reference": "E-1", "name": "", "phone": "77 81 02 34", "amount": 0.50},
		{"reference": "E-3", "name": "Idil", "amount": -5},
		{"reference": "E-4", "name": "Omar\n", "iban": "DJ2100010000000154000100186", "phone": "+25377810234", "amount": 1},
		{"reference": "E-5", "name": "Fatouma", "phone": "+2537781023", "montant": 7, "amount": "7"},
		{"reference": "E-6", "name": "Ali", "phone": "+25377810234"},
		{"reference": "E-7", "name": "Ali", "name": "Aly", "phone": "+25377810234", "amount": 1},
		[], {"reference": 9, "name": "Zahra", "phone": "+25377810234", "amount": 9e99}]}`)
	var input *mycac.InputError
	require.ErrorAs(t, err, &input)
	var named []string
	for _, p := range input.Problems {
		named = append(named, fmt.Sprintf("%d %s", p.Entry, p.Field))
		require.NotContains(t, p.String(), "77810234", "phones are masked")
		require.NotContains(t, p.String(), "0001540001", "IBANs are masked")
	}
	for _, want := range []string{
		"0 acount", "0 account", "0 reference", "0 execution_date", "1 iban", "2 name", "2 phone", "2 amount", "2 reference", "3 iban", "3 amount",
		"4 name", "4 iban", "5 montant", "5 phone", "6 amount", "7 entry", "8 entry", "9 reference", "9 amount",
	} {
		require.Contains(t, named, want)
	}
	require.Contains(t, err.Error(), "nothing was used")
	require.Contains(t, err.Error(), "more", "the text is bounded")
}

func TestReadSalaries_Refuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "no JSON object", "[]": "no JSON object", salaries + "{}": "something follows", salaries[:200]: "cut off",
		`{"entries": {}}`: "must be a list", `{"reference": "a", "reference": "b"}`: "comes twice", `{"a" 1}`: "broken at byte",
		strings.Replace(salaries, "265000", "265001", 1):                                                          "is not what the entries add up to, 265000",
		strings.Replace(salaries, `"DJF"`, `"GBP"`, 1):                                                            "currency GBP is not known",
		strings.Replace(salaries, `"currency": "DJF",`, "", 1):                                                    "currency is missing",
		`{"reference":"a","account":"b","currency":"DJF","entries":[]}`:                                           "one entry at least",
		strings.Replace(strings.Replace(salaries, "145000", "9223372036854775807", 1), `"total": 265000,`, "", 1): "beyond what can be counted",
	} {
		_, err := readSalaries(text)
		require.ErrorContains(t, err, want, text)
	}
	_, err := mycac.ReadSalaries(strings.NewReader(salaries), mycac.SalaryOptions{MaxBytes: 100})
	require.ErrorIs(t, err, mycac.ErrSalariesUnreadable)
	_, err = mycac.ReadSalaries(strings.NewReader(salaries), mycac.SalaryOptions{MaxEntries: 1})
	require.ErrorIs(t, err, mycac.ErrSalariesUnreadable)
	_, err = mycac.ReadSalaries(strings.NewReader(salaries), mycac.SalaryOptions{MaxAmount: 130_000})
	require.ErrorContains(t, err, "entry 1: amount 145000 is above the limit of 130000")
	_, err = mycac.ReadSalaries(strings.NewReader(salaries), mycac.SalaryOptions{Today: date(t, "2026-12-01")})
	require.ErrorContains(t, err, "is over")
}

func TestNewSalaryPlan(t *testing.T) {
	t.Parallel()
	entry := mycac.SalaryEntry{Reference: "E-1", Name: "Awa", Phone: "+25377810234", Amount: djf(5)}
	plan, err := mycac.NewSalaryPlan(mycac.SalaryPlan{Reference: "a", Account: "b", Entries: []mycac.SalaryEntry{entry}}, mycac.SalaryOptions{})
	require.NoError(t, err)
	require.Equal(t, djf(5), plan.Total)
	mixed := entry
	mixed.Reference, mixed.Amount = "E-2", usd(5)
	_, err = mycac.NewSalaryPlan(mycac.SalaryPlan{Reference: "a", Account: "b", Entries: []mycac.SalaryEntry{entry, mixed}}, mycac.SalaryOptions{})
	require.ErrorContains(t, err, "one plan has one currency")
	_, err = mycac.NewSalaryPlan(mycac.SalaryPlan{}, mycac.SalaryOptions{})
	require.Error(t, err)
}

func TestSalaryFiles(t *testing.T) {
	t.Parallel()
	plan, err := readSalaries(strings.Replace(salaries, "Awa Example", "Awa, \\\"A\\\"; Example", 1))
	require.NoError(t, err)
	var file bytes.Buffer
	require.NoError(t, mycac.SalaryJSON{}.WriteFile(&file, plan))
	again, err := readSalaries(file.String())
	require.NoError(t, err)
	require.Equal(t, plan, again, "what is written is read again")

	file.Reset()
	require.NoError(t, mycac.SalaryCSV{Comma: ';'}.WriteFile(&file, plan))
	reader := csv.NewReader(&file)
	reader.Comma = ';'
	rows, err := reader.ReadAll()
	require.NoError(t, err)
	require.Equal(t, [][]string{
		{"reference", "name", "iban", "phone", "amount", "currency", "description"},
		{"E-1", `Awa, "A"; Example`, "DJ2100010000000154000100186", "", "145000", "DJF", "November"},
		{"E-2", "Omar Example", "", "+25377810234", "120000", "DJF", ""},
	}, rows)
}

func FuzzReadSalaries(f *testing.F) {
	f.Add(salaries)
	f.Add(`{"reference":"a","account":"b","currency":"USD","entries":[{"reference":"c","name":"d","phone":"+25377810234","amount":0.01}]}`)
	f.Add(`{"entries":[{},[],7]}`)
	f.Fuzz(func(t *testing.T, text string) {
		plan, err := readSalaries(text)
		if err != nil {
			return
		}
		var sum int64
		for _, entry := range plan.Entries {
			require.Positive(t, entry.Amount.Minor)
			sum += entry.Amount.Minor
		}
		require.Equal(t, plan.Total.Minor, sum)
		var file bytes.Buffer
		require.NoError(t, mycac.SalaryJSON{}.WriteFile(&file, plan))
		again, err := readSalaries(file.String())
		require.NoError(t, err)
		require.Equal(t, plan.Digest, again.Digest)
	})
}

func FuzzParseIBAN(f *testing.F) {
	for _, seed := range []string{"DJ2100010000000154000100186", "GB29 NWBK 6016 1331 9268 19", "", "DJ21", "é"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		iban, err := mycac.ParseIBAN(text)
		if err != nil {
			return
		}
		again, err := mycac.ParseIBAN(iban.Whole())
		require.NoError(t, err)
		require.Equal(t, iban, again)
		require.Less(t, len([]rune(iban.String())), len(iban.Whole()))
	})
}

// roundTripper answers requests.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// confirmationsOf has the client read a page of confirmations.
func confirmationsOf(ctx context.Context, body []byte) (mycac.SalaryConfirmationPage, error) {
	client, err := mycac.NewClient(mycac.Options{URL: "https://gateway.example", MaxAttempts: 1, HTTPClient: &http.Client{
		Transport: roundTripper(func(*http.Request) (*http.Response, error) {
			return &http.Response{
				StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(body)),
			}, nil
		}),
	}})
	if err != nil {
		return mycac.SalaryConfirmationPage{}, err
	}
	session, err := client.Session(mycac.SessionParams{Token: "token", Ends: time.Now().Add(time.Hour)})
	if err != nil {
		return mycac.SalaryConfirmationPage{}, err
	}
	return session.Salaries(mycac.SalaryOffice{}).SalaryConfirmations(ctx, "B-1", 1)
}

func TestSalaryConfirmations(t *testing.T) {
	t.Parallel()
	page, err := confirmationsOf(t.Context(), []byte(`{"batch_id":"B-1","status":"processing","next_page":2,"items":[
		{"reference":"E-1","status":"paid","tx_id":"T-1","amount":145000.00,"currency":"DJF"},{"reference":"E-2","status":"returned","reason":"no such account"},
		{"reference":"E-3","status":"in_review","Status":"paid","amount":null}]}`))
	require.NoError(t, err)
	amount := djf(145_000)
	require.Equal(t, mycac.SalaryConfirmationPage{Next: 2, Items: []mycac.SalaryConfirmation{
		{Reference: "E-1", State: mycac.SalaryPaid, Status: "paid", TxID: "T-1", Amount: &amount},
		{Reference: "E-2", State: mycac.SalaryFailed, Status: "returned", Reason: "no such account"},
		{Reference: "E-3", State: mycac.SalaryOpen, Status: "in_review"},
	}}, page)
	for _, bad := range []string{
		``, `[]`, `{"batch_id":"B-2","items":[]}`, `{"batch_id":"B-1","next_page":-1}`, `{"batch_id":"B-1","items":[{"status":"paid"}]}`,
		`{"batch_id":"B-1","items":[{"reference":"E-1","status":"paid","amount":0.5,"currency":"DJF"}]}`,
		`{"batch_id":"B-1","items":[{"reference":"E-1","status":"paid","amount":1,"currency":"ZZZ"}]}`,
		`{"batch_id":"B-1","items":[{"reference":"E-1","status":"paid","amount":1}]}`,
		`{"batch_id":"B-1","items":[{"reference":"E-1","status":"open","status":"paid"}]}`,
	} {
		page, err := confirmationsOf(t.Context(), []byte(bad))
		require.ErrorIs(t, err, mycac.ErrConfirmations, bad)
		require.Empty(t, page.Items, bad)
	}
}

// Whatever the bank answers, what is taken for paid was said to be paid, of an entry with a name, in exact amounts.
func FuzzSalaryConfirmations(f *testing.F) {
	f.Add([]byte(`{"batch_id":"B-1","status":"processing","next_page":2,"items":[{"reference":"E-1","status":"paid","tx_id":"T","amount":1.00,"currency":"DJF"}]}`))
	f.Add([]byte(`{"batch_id":"B-1","status":"rejected","reason":"no funds","items":[{"reference":"E-1","status":"failed","amount":"12.5","currency":"USD"}]}`))
	f.Add([]byte(`{"batch_id":"B-1","items":[{"reference":"E-1","status":"pending","amount":1e2,"currency":"EUR","status":"paid"}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		page, err := confirmationsOf(t.Context(), body)
		if err != nil {
			require.Empty(t, page.Items)
			return
		}
		require.True(t, json.Valid(body))
		require.GreaterOrEqual(t, page.Next, 0)
		items := []map[string]any{}
		for _, c := range page.Items {
			require.NotEmpty(t, c.Reference)
			want := mycac.SalaryOpen
			switch c.Status {
			case "paid":
				want = mycac.SalaryPaid
			case "failed", "returned":
				want = mycac.SalaryFailed
			}
			require.Equal(t, want, c.State)
			item := map[string]any{"reference": c.Reference, "status": c.Status, "tx_id": c.TxID, "reason": c.Reason}
			if c.Amount != nil {
				item["amount"], item["currency"] = json.Number(c.Amount.Decimal()), c.Amount.Currency.Code
			}
			items = append(items, item)
		}
		status := "processing"
		if page.Rejected {
			status = "rejected"
		}
		written, err := json.Marshal(map[string]any{
			"batch_id": "B-1", "status": status, "reason": page.Reason, "next_page": page.Next, "items": items,
		})
		require.NoError(t, err)
		again, err := confirmationsOf(t.Context(), written)
		require.NoError(t, err)
		require.Len(t, again.Items, len(page.Items))
		for i := range page.Items {
			require.Equal(t, page.Items[i], again.Items[i])
		}
		require.Equal(t, []any{page.Next, page.Rejected}, []any{again.Next, again.Rejected})
	})
}
