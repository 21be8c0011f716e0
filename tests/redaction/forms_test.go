package redaction_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/clienttest"
	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

// showsSubscriber reports whether the number can be read in a text, with or without what people put between digits.
func showsSubscriber(text string) bool {
	var digits strings.Builder
	for _, r := range text {
		switch {
		case '0' <= r && r <= '9':
			digits.WriteRune(r)
		case !strings.ContainsRune(" .-\u00a0\u202f()", r):
			digits.WriteByte('\n')
		}
	}
	return strings.Contains(digits.String(), "0748710523")
}

// However a phone number is written, its subscriber's part must not be readable.
func TestRedaction_EveryWayToWriteANumber(t *testing.T) {
	t.Parallel()
	for _, form := range []string{
		"+225 07 48 71 05 23", "+225\u00a007\u00a048\u00a071\u00a005\u00a023", "+225-07-48-71-05-23", "+225.07.48.71.05.23", "(+225) 0748710523", "+225 (07) 48 71 05 23",
		"00225 07 48 71 05 23", "225 07 48 71 05 23", "07 48 71 05 23", "07-48-71-05-23", "07.48.71.05.23", "0748 710 523", "tel:+2250748710523", "tel2250748710523", "2250748710523X",
		"%2B2250748710523", "%252B2250748710523", "%2B225%2007%2048", "msisdn=2250748710523&", "ref_2250748710523_1", "june%2F2250748710523", "june%202250748710523", "msisdn%3D2250748710523",
	} {
		for _, body := range []string{`{"message":"no account at ` + form + ` here"}`, "<html>" + form + "</html>"} {
			_, err := clienttest.Mocked(t, httpmock.NewStringResponder(http.StatusBadRequest, body)).Balance.Get(t.Context())
			require.False(t, showsSubscriber(err.Error()), "%q in the text %q", form, err)
			require.False(t, showsSubscriber(string(clienttest.AnswerOf(err).Body)), "%q in the body %q", form, clienttest.AnswerOf(err).Body)
		}
	}
	for _, escaped := range []string{`\u002b2250748710523`, `\u002B2250748710523`} {
		_, err := clienttest.Mocked(t, httpmock.NewStringResponder(http.StatusBadRequest, `{"message":"no account at `+escaped+`"}`)).Balance.Get(t.Context())
		require.False(t, showsSubscriber(err.Error()), "%q in the text", escaped)
		require.False(t, showsSubscriber(string(clienttest.AnswerOf(err).Body)), "%q in the body", escaped)
	}
}

// What is cut off must be masked first: half a token, or twelve digits of thirteen, are nearly as good as all of it.
func TestRedaction_NothingSlipsThroughWhereTextIsCut(t *testing.T) {
	t.Parallel()
	worst := func(texts ...string) (token, number int) {
		for _, text := range texts {
			for n := len("at_secret_token"); n > token; n-- {
				if strings.Contains(text, "at_secret_token"[:n]) {
					token = n
				}
			}
			for n := len(wholeNumber); n > number; n-- {
				if strings.Contains(text, wholeNumber[:n]) {
					number = n
				}
			}
		}
		return token, number
	}
	check := func(what string, texts ...string) {
		t.Helper()
		token, number := worst(texts...)
		require.LessOrEqual(t, token, 3, "%s shows %d characters of the token", what, token)
		require.LessOrEqual(t, number, 7, "%s shows %d digits of the number", what, number)
	}
	for _, secret := range []string{"at_secret_token", wholeNumber, "+" + wholeNumber} {
		for pad := range 140 {
			padding := strings.Repeat("p", pad) + " "
			_, err := clienttest.Mocked(t, httpmock.NewStringResponder(http.StatusOK, "<"+padding+secret+" end")).Balance.Get(t.Context())
			check("the beginning of a success", err.Error())
			_, err = clienttest.Mocked(t, httpmock.NewStringResponder(http.StatusBadGateway, "<"+padding+secret+" end")).Balance.Get(t.Context())
			check("the beginning of a refusal", err.Error())
			padding = strings.Repeat("p", 4_000+pad) + " "
			_, err = clienttest.Mocked(t, httpmock.NewStringResponder(http.StatusBadRequest, padding+secret+" end")).Balance.Get(t.Context())
			check("the kept body", string(clienttest.AnswerOf(err).Body))
			_, err = clienttest.Mocked(t, nil).Transactions.GetByReference(t.Context(), strings.Repeat("p", pad)+" "+secret+"\n")
			_, number := worst(err.Error()) // a token in a reference would be the caller's own doing
			require.LessOrEqual(t, number, 7, "a refused value shows %d digits", number)
		}
	}
}

// A JSON handler must not write what the text handler masks.
func TestRedaction_ValuesInAJSONLog(t *testing.T) {
	t.Parallel()
	payer := json.RawMessage(`{"msisdn":"+` + wholeNumber + `"}`)
	charge := djamo.Charge{ID: "ch_1", Metadata: payer, Transactions: []json.RawMessage{payer}}
	for _, value := range append(withNumber(), charge, &charge, djamo.Page[djamo.Charge]{Data: []djamo.Charge{charge}},
		djamo.ChargeParams{ExternalID: "e", Metadata: map[string]any{"payer": payer}}) {
		if text := fmt.Sprintf("%T", value); strings.HasPrefix(text, "map") || strings.HasPrefix(text, "struct") || strings.HasPrefix(text, "[]") {
			continue // slog asks neither elements nor fields; the documentation of MSISDN says so
		}
		var out bytes.Buffer
		slog.New(slog.NewJSONHandler(&out, nil)).Info("value", "value", value)
		require.NotContains(t, out.String(), wholeNumber, "%T", value)
	}
}

// A reference or a failure's reason may hold a number too.
func TestRedaction_NumbersInsideOtherFields(t *testing.T) {
	t.Parallel()
	const reference = "salary-+" + wholeNumber
	var out bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&out, nil))
	params := djamo.TransactionParams{MSISDN: "+" + wholeNumber, Reference: reference, Amount: 5}
	tx := djamo.Transaction{ID: "txn_1", Reference: reference, FailureReason: "no account at +" + wholeNumber}
	unknown := &djamo.OutcomeUnknownError{References: []string{reference}}
	logger.Info("x", "params", params, "tx", &tx, "error", unknown)
	require.NotContains(t, out.String(), wholeNumber)
}

// One line, printable, and not endless, whatever the API says.
func TestError_TextIsOneShortLine(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"message":["a\nlevel=INFO msg=forged","\u001b[31mred"],"correlationId":"c\r\nd","error":"e\u2028f"}`,
		`{"message":"` + strings.Repeat("m", 1<<20) + `"}`,
		`{"correlationId":"` + strings.Repeat("c", 1<<20) + `"}`,
		`{"message":[` + strings.Repeat(`"a",`, 100_000) + `"a"]}`,
		"{\"message\":{\"\xff\":\"\xfe\"}}",
		"<html>\x1b[2J\x00\u0085\u2029</html>",
	} {
		for _, status := range []int{http.StatusOK, http.StatusBadRequest, http.StatusBadGateway} {
			_, err := clienttest.Mocked(t, httpmock.NewStringResponder(status, body)).Balance.Get(t.Context())
			text := err.Error()
			require.Less(t, len(text), 8<<10)
			require.True(t, utf8.ValidString(text), "%.200q", text)
			require.False(t, strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }), "%.200q", text)
		}
	}
}

func TestError_DeepNestingIsReadAtOnce(t *testing.T) {
	t.Parallel()
	deep := `{"message":` + strings.Repeat("[", 9_000) + `"` + strings.Repeat("x", 100_000) + `"` + strings.Repeat("]", 9_000) + `}`
	readOnce(t, deep, func() {
		_, err := clienttest.Mocked(t, httpmock.NewStringResponder(http.StatusBadRequest, deep)).Balance.Get(t.Context())
		require.ErrorIs(t, err, djamo.ErrInvalidRequest)
	})
}

// readOnce ends the test when reading an answer takes as long as it does when every level of it reads the rest again: some
// thousand times as long as one walk over it. How fast the machine is does not matter.
func readOnce(t *testing.T, answer string, read func()) {
	t.Helper()
	timed := func(do func()) time.Duration {
		start := time.Now()
		do()
		return time.Since(start)
	}
	const tries, factor = 30, 300
	once, took := time.Hour, time.Hour
	for range tries { // the fastest of each counts: something else may have the machine for a while
		once = min(once, timed(func() { require.True(t, json.Valid([]byte(answer))) }))
		if took = min(took, timed(read)); took < factor*once {
			return
		}
	}
	t.Errorf("reading the answer takes %v, and walking over it once %v", took, once)
}

// A byte-order mark before the page does not make the firewall's refusal one of the API.
func TestError_FirewallBehindAByteOrderMark(t *testing.T) {
	t.Parallel()
	_, err := clienttest.Mocked(t, httpmock.NewStringResponder(http.StatusForbidden, "\ufeff<html>Sorry, you have been blocked")).Balance.Get(t.Context())
	require.ErrorIs(t, err, djamo.ErrBlocked)
}

// The log is no place for the token either, wherever a caller has put it.
func TestRedaction_LoggedPath(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	client := clienttest.Mocked(t, httpmock.NewStringResponder(http.StatusOK, `{}`), djamo.WithLogger(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	require.NoError(t, client.Do(t.Context(), http.MethodGet, "/v1/tokens/at_secret_token", nil, nil))
	require.Contains(t, out.String(), "path=")
	require.NotContains(t, out.String(), "at_secret_token")
}
