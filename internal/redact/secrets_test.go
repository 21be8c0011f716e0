package redact

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func scrubbing(token string) *Secrets { return NewSecrets(Secret{"access token", token}) }

func TestSecrets_Scrub(t *testing.T) {
	t.Parallel()
	const token = "at_secret/k"
	for in, want := range map[string]string{
		"":                           "",
		"a at_secret/k, at_secret/k": "a [access token], [access token]",
		`at_secret\/k at_secret%2Fk`: "[access token] [access token]",
		"to +2250748710523":          "to +22507******23",
		"a at_sec… b at_secret/…":    "a … b …",
		"a at_secret\\/…":            "a …",
		"a at_…":                     "a at_…", // too little to be of use
		"a at_sec":                   "a at_sec",
		"at_… at_sec":                "at_… at_sec",
	} {
		require.Equal(t, want, scrubbing(token).Scrub(in))
	}
	for n := 4; n < len(token); n++ {
		require.Equal(t, "a …", scrubbing(token).Scrub("a "+token[:n]+"…"))
	}
	require.Equal(t, "a… b", scrubbing("").Scrub("a… b"), "without a token there is none to hide")
}

// A token is looked for in every form in which an answer may repeat it.
func TestFormsOf(t *testing.T) {
	t.Parallel()
	require.Nil(t, formsOf(""))
	require.Equal(t, []string{
		`a/b&c<"d`, `a\/b&c<"d`,
		`a/b\u0026c\u003c\"d`, `a\/b\u0026c\u003c\"d`,
		`a/b&amp;c<"d`, `a\/b&amp;c<"d`,
		`a%2Fb%26c%3C%22d`, `a%2Fb%26c%3C%22d`,
		`a%2Fb&c%3C%22d`, `a%2Fb&c%3C%22d`,
	}, formsOf(`a/b&c<"d`))
}

// Several secrets are hidden under their own names, and one that begins like another leaves nothing of it behind.
func TestSecrets_Several(t *testing.T) {
	t.Parallel()
	secrets := NewSecrets(Secret{"consent id", "con_12"}, Secret{"consent token", "con_12-tok/en"}, Secret{"nothing", ""})
	for in, want := range map[string]string{
		"con_12 con_12-tok/en con_1": "[consent id] [consent token] con_1",
		`con_12-tok\/en`:             "[consent token]",
		"con_12-tok%2Fen":            "[consent token]",
		"con_1… x":                   "… x",
		"nothing":                    "nothing",
	} {
		require.Equal(t, want, secrets.Scrub(in), in)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		require.Equal(t, "redact.Secrets", fmt.Sprintf(verb, secrets))
		require.Equal(t, "[consent id]", fmt.Sprintf(verb, Secret{"consent id", "con_12"}))
	}
}

func TestSecrets_ScrubAnswer(t *testing.T) {
	t.Parallel()
	sent := Sent{Path: "/v1/customers?msisdn=%2B33612345678", Body: []byte(`{"msisdn":"+4479111111111"}`)}
	for name, row := range map[string]struct{ in, want string }{
		"nothing":               {"", ""},
		"no digits":             {"none", "none"},
		"other digits":          {"amount 12345679", "amount 12345679"},
		"of the path":           {"12345678", "******78"},
		"of the body":           {"x11111111y", "x******11y"},
		"whatever is between":   {"1|2|3|4|5|6|7|8 of 9", "*|*|*|*|*|*|7|8 of 9"},
		"twice":                 {"12345678 12345678", "******78 ******78"},
		"more digits than sent": {"111111111", "*******11"},
		"one too few":           {"2345678 and 1111111", "2345678 and 1111111"},
		"far apart":             {"1234 is not the amount that was asked for, 5678", "1234 is not the amount that was asked for, 5678"},
		"first far, then near":  {"1234 is not the amount that was asked for, 5678; 12345678", "1234 is not the amount that was asked for, 5678; ******78"},
	} {
		require.Equal(t, row.want, scrubbing("at_secret").ScrubAnswer(row.in, sent, 100), name)
	}
	require.Equal(t, "*****67 234567", scrubbing("").ScrubAnswer("1234567 234567", Sent{Body: []byte("+1234567")}, 100), "a short number is looked for whole")
}

// A text is cut before it is looked through, and nothing that was cut through is shown, even if what is removed in front
// of it brings that place into sight.
func TestSecrets_ScrubAnswer_Cuts(t *testing.T) {
	t.Parallel()
	token := "at_" + strings.Repeat("k", 147)
	answer := func(text string) string { return scrubbing(token).ScrubAnswer(text, Sent{}, 100) }
	require.Equal(t, strings.Repeat("x", 100), answer(strings.Repeat("x", 100)))
	require.Equal(t, strings.Repeat("x", 100), answer(strings.Repeat("x", 101)))
	require.Equal(t, strings.Repeat("x", 99), answer(strings.Repeat("x", 99)+"é"), "half a letter is none")
	tokens, instead := strings.Repeat(token, 4), strings.Repeat("[access token]", 4)
	require.Equal(t, instead+"m12345678901", answer(tokens+"m12345678901"), "612 bytes are looked through")
	require.Equal(t, instead+"m", answer(tokens+"m123456789012"))
	require.Equal(t, instead+"m", answer(tokens+"m2250748710523"))
	require.Equal(t, instead+"m", answer(tokens+"m"+token))
}

func TestSecrets_DropPart(t *testing.T) {
	t.Parallel()
	drop := scrubbing("at_secret").dropPart
	for _, part := range []string{"", "1", "+225 07 48", `+225\u00a007`, "%2B225", "at_s", "at_secre", " at_sec", "+225 07,at_sec"} {
		require.Equal(t, "look", drop("look"+part), part)
		require.Empty(t, drop(part))
	}
	for _, one := range []string{" ", ".", "-", "(", ")", "+", "/", "_", ",", "%", `\`, "u", "a", "f", "A", "F", "0", "9", "\u00a0", "\u202f"} {
		require.Equal(t, "look", drop("look"+one), "%q", one)
	}
	for _, text := range []string{"look:", "look at_sk", "some text"} {
		require.Equal(t, text, drop(text))
	}
	require.Equal(t, strings.Repeat("1", 44), drop(strings.Repeat("1", 300)), "no number is that long")
}

// What the API calls an id stays whole, unless it cannot be one.
func TestSecrets_ScrubID(t *testing.T) {
	t.Parallel()
	sent := Sent{Path: "/v1/customers?msisdn=%2B2250748710524"}
	for id, want := range map[string]string{
		"2250748710523":         "2250748710523",
		"!2250748710523~":       "!2250748710523~",
		"2250748710524":         "22507******24", // the call sent it
		"at_secret-1":           "[access token]-1",
		"+2250748710523":        "+22507******23",
		"%2250748710523":        "%22507******23",
		"(2250748710523":        "(22507******23",
		"2250748710523)":        "22507******23)",
		"\x202250748710523":     " 22507******23",
		"\x7f2250748710523":     "\x7f22507******23",
		"é2250748710523":        "é22507******23",
		"-----2250748710523":    "-----2250748710523",
		"------2250748710523":   "------22507******2",
		strings.Repeat("x", 19): strings.Repeat("x", 18),
	} {
		require.Equal(t, want, scrubbing("at_secret").ScrubID(id, sent, 18), id)
	}
}

// A call's numbers are those with a plus, as long as numbers are.
func TestPlusNumbers(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"":                                 nil,
		"1234567":                          nil,
		"+123456":                          nil,
		"+1234567":                         {"1234567"},
		"+123456789012345x":                {"123456789012345"},
		"+1234567890123456":                nil,
		"+x12345678":                       nil,
		"++1234567+12+12345678 +":          {"1234567", "12345678"},
		"+1111111+2222222+3333333+4444444": {"1111111", "2222222", "3333333"},
	} {
		require.Equal(t, want, plusNumbers(nil, text, "+", 3), text)
	}
	require.Equal(t, []string{"1", "1234567"}, plusNumbers([]string{"1"}, "%2B1234567", "%2B", 2))
}

func TestDigitsOf(t *testing.T) {
	t.Parallel()
	digits, places := digitsOf(`1 23\u00a04%205%`)
	require.Equal(t, "12345", digits)
	require.Equal(t, []int{0, 2, 3, 10, 14}, places)
	digits, places = digitsOf(`\u0`)
	require.Empty(t, digits)
	require.Empty(t, places)
}

func TestAdjacent(t *testing.T) {
	t.Parallel()
	const widest = len(`\u00a0\u00a0\u00a0`) + 1
	for _, row := range []struct {
		want   bool
		places []int
	}{
		{true, nil}, {true, []int{5}}, {true, []int{5, 6, 7}}, {true, []int{0, widest, 2 * widest}}, {false, []int{0, widest + 1}}, {false, []int{0, widest + 1, widest + 2}}, {false, []int{0, 1, widest + 2}},
	} {
		require.Equal(t, row.want, adjacent(row.places), row.places)
	}
}
