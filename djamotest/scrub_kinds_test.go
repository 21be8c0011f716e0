package djamotest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
)

// recordRequest records one request with its answer and returns the files.
func recordRequest(t *testing.T, r *http.Request, contentType, answer string) string {
	t.Helper()
	dir := t.TempDir()
	recorder := djamotest.Record(dir)
	recorder.Next = answering(contentType, answer)
	resp, err := recorder.RoundTrip(r)
	require.NoError(t, err)
	got, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, answer, string(got), "the caller gets what the API said")
	_, all := files(t, dir)
	return all
}

func newPost(t *testing.T, target, contentType, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, target, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Content-Type", contentType)
	return r
}

func TestRecord_Forms(t *testing.T) {
	t.Parallel()
	const form = "application/x-www-form-urlencoded"
	var parts bytes.Buffer
	writer := multipart.NewWriter(&parts)
	require.NoError(t, writer.WriteField("pin", "sesame"))
	require.NoError(t, writer.WriteField("note", "call ٠٧٤٨٧١٠٥٢٣"))
	require.NoError(t, writer.Close())
	for name, tt := range map[string]struct{ contentType, body, secret, kept string }{
		"first parameter":            {form, "refresh_token=sesame&grant_type=refresh_token", "sesame", "grant_type=refresh_token"},
		"only parameter":             {form, "secret=sesame", "sesame", "secret="},
		"with a charset":             {form + "; charset=utf-8", "client_secret=sesame&a=b", "sesame", "&a=b"},
		"name is encoded":            {form, "client%5Fsecret=sesame&a=b", "sesame", "&a=b"},
		"in brackets":                {form, "card%5Bpin%5D=sesame&a=b", "sesame", "&a=b"},
		"value is encoded":           {form, "otp=ses%61me&a=b", "ses", "&a=b"},
		"phone of eight digits":      {form, "phone=48710523&a=b", "48710523", "&a=b"},
		"phone with an encoded plus": {form, "msisdn=%2B2250748710523&a=b", "0748710523", "&a=b"},
		"no type":                    {"", "password=sesame&a=b", "sesame", "&a=b"},
		"text":                       {"text/plain", "otp=sesame", "sesame", "otp="},
		"settings":                   {"text/plain", "a = 1\npin=sesame\n", "sesame", "pin="},
		"a URL in a form":            {form, "next=https%3A%2F%2Fx.test%2F%3Ftoken%3Dsesame&a=b", "sesame", "&a=b"},
		"multipart":                  {writer.FormDataContentType(), parts.String(), "sesame", "call **********~"},
		"JSON with another type":     {"text/plain", `{"pin":"sesame","a":"b"}`, "sesame", "b"},
		"broken JSON":                {"application/json", `{"signingKey":"sesame","a":"b"`, "sesame", "b"},
		"JSON in JSON":               {"application/json", `{"raw":"{\"pin\":\"sesame\",\"a\":7}"}`, "sesame", "7"},
		"XML":                        {"application/xml", `<r><pin>sesame</pin><a>b</a></r>`, "sesame", "b"},
		"an attribute":               {"application/xml", `<r pin="sesame" a="b"/>`, "sesame", "b"},
		"a header in a text":         {"text/plain", "X-Api-Key: sesame\nA: b", "sesame", "b"},
		"a password in a URL":        {"application/json", `{"url":"https://awa:sesame@x.test/b"}`, "sesame", "x.test/b"},
		"a bearer":                   {"text/plain", "sent Bearer sesame-open-it to b", "sesame", "to b"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := recordRequest(t, newPost(t, "https://api.test/oauth/token", tt.contentType, tt.body), "application/json", `{}`)
			require.NotContains(t, all, tt.secret)
			unquoted := strings.ReplaceAll(all, `\u0026`, "&")
			require.Contains(t, unquoted, tt.kept)

			if name == "multipart" {
				return
			}
			answered := recordRequest(t, newPost(t, "https://api.test/x", "", ""), tt.contentType, tt.body)
			require.NotContains(t, answered, tt.secret, "in an answer")
		})
	}
}

func TestRecord_SecretNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"signingKey", "signing_key", "SIGNING-KEY", "pin", "PIN", "pinCode", "userPin", "new_pin_2", "otp", "otpCode", "smsOTP", "secretValue",
		"clientSecret", "webhookSecret", "privateKey", "accessKey", "api-key", "apikey", "encryptionKeys", "passcode", "passphrase", "pwd",
		"cvv", "cvv2", "cvc", "cardNumber", "card_pan", "codeSecret", "motDePasse", "cookie", "sessionId", "consent_id", "jwt", "totp",
		"hmacKey", "credentials", "code_verifier", "mPin",
	} {
		for kind, body := range map[string]string{
			"text":        `{"` + name + `":"739512"}`,
			"number":      `{"` + name + `":739512}`,
			"nested":      `{"a":[{"` + name + `":{"value":["739512"],"deep":{"x":739512}}}]}`,
			"list":        `{"` + name + `":["739512",739512]}`,
			"named value": `{"fields":[{"name":"` + name + `","value":"739512"}]}`,
		} {
			dir := t.TempDir()
			recordOne(t, dir, body)
			_, all := files(t, dir)
			require.NotContains(t, all, "739512", "%s as %s", name, kind)
		}
		query := newPost(t, "https://api.test/x?a=1&"+name+"=739512", "", "")
		if name == strings.ToLower(name) { // of a header's name the capitals say nothing
			query.Header.Set(name, "header-739512")
		} else {
			query.Header.Set("X-Api-Key", "header-739512")
		}
		all := recordRequest(t, query, "application/json", `{"echo":"it was header-739512","link":"https://x.test/?`+name+`=739512#`+name+`=739512"}`)
		require.NotContains(t, all, "739512", name)
	}
	for _, name := range []string{"shipping", "spinner", "pinned", "keyword", "sortKey", "idempotencyKey", "opinion", "passenger", "company", "topic", "panel", "mobile_money"} {
		dir := t.TempDir()
		recordOne(t, dir, `{"`+name+`":"kept as it is"}`)
		_, all := files(t, dir)
		require.Contains(t, all, "kept as it is", name)
	}
}

// Each way to write 07 48 71 05 23 has the same mask, whoever could read it.
func TestRecord_PhoneNumbersInEveryScript(t *testing.T) {
	t.Parallel()
	const number = "2250748710523"
	digits := func(zero rune, text string) string {
		return strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return zero + r - '0'
			}
			return r
		}, text)
	}
	between := func(sign string) string { return strings.Join(strings.Split(number, ""), sign) }
	for name, written := range map[string]string{
		"full width":            digits('０', number),
		"full width with plus":  "＋" + digits('０', number),
		"Arabic-Indic":          digits('٠', number),
		"Persian":               digits('۰', number),
		"N'Ko":                  digits('߀', number),
		"Adlam":                 digits('𞥐', number),
		"Devanagari":            digits('०', number),
		"bold":                  digits('𝟎', number),
		"double-struck":         digits('𝟘', number),
		"lowered":               digits('₀', number),
		"raised":                "²²⁵⁰⁷⁴⁸⁷¹⁰⁵²³",
		"in circles":            "②②⑤⓪⑦④⑧⑦①⓪⑤②③",
		"keycaps":               between("\ufe0f\u20e3"),
		"mixed":                 "225" + digits('٠', "0748") + digits('０', "710523"),
		"zero-width space":      between("\u200b"),
		"zero-width joiner":     between("\u200d"),
		"zero-width non-joiner": between("\u200c"),
		"word joiner":           between("\u2060"),
		"soft hyphen":           between("\u00ad"),
		"byte order mark":       between("\ufeff"),
		"left-to-right mark":    between("\u200e"),
		"one invisible":         "22507\u200b48710523",
		"no-break spaces":       "225\u00a007\u00a048\u00a071\u00a005\u00a023",
		"narrow spaces":         "225\u202f07\u202f48\u202f71\u202f05\u202f23",
		"ideographic spaces":    "225\u300007\u300048\u300071\u300005\u300023",
		"tabs":                  "225\t07\t48\t71\t05\t23",
		"long dashes":           "225–07–48–71–05–23",
		"no-break hyphens":      "225\u201107\u201148\u201171\u201105\u201123",
		"minus signs":           "225−07−48−71−05−23",
		"middle dots":           "225·07·48·71·05·23",
		"slashes":               "225/07/48/71/05/23",
		"parentheses":           "225 (07) 48 71 05 23",
		"spaced dashes":         "225 - 07 - 48 - 71 - 05 - 23",
		"spaces and invisible":  "225 \u200b07 48\u00ad 71 05 23",
		"percent-encoded":       url.QueryEscape(digits('０', number)),
		"encoded soft hyphens":  url.QueryEscape(between("\u00ad")),
		"encoded spaces":        "225%2007%2048%2071%2005%2023",
		"encoded ASCII":         "%32%32%35%30%37%34%38%37%31%30%35%32%33",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			encoded, err := jsonText(map[string]any{"note": "call " + written + ", May", "list": []any{written}, written: 1, "phone": written})
			require.NoError(t, err)
			recordOne(t, dir, encoded)
			_, all := files(t, dir)
			require.NotContains(t, all, written)
			for _, part := range []string{"48710523", "48 71", digits('０', "4871"), digits('٠', "4871")} {
				require.NotContains(t, all, part)
			}
			require.Contains(t, all, "*~")
			require.Contains(t, all, ", May")
			tags := map[string]bool{}
			for _, found := range tag.FindAllString(all, -1) {
				tags[found] = true
			}
			require.Len(t, tags, 1, "one number has one tag: %s", all)
		})
	}
	for _, kept := range []string{"٠٧٤٨", "2026\u200b-11-28T10:00:00.000Z", "５０００ francs", "²", "a\u200bb", "100%", "%zz", "%E0%A4"} {
		dir := t.TempDir()
		encoded, err := jsonText(map[string]any{"note": kept})
		require.NoError(t, err)
		recordOne(t, dir, encoded)
		_, all := files(t, dir)
		require.Contains(t, all, kept)
	}
}

func TestRecord_PhoneNumbersAsOtherNumbers(t *testing.T) {
	t.Parallel()
	for _, number := range []string{"2250748710523.0", "2.250748710523e12", "2.250748710523E+12", "22507487105230e-1", "2250748710523"} {
		dir := t.TempDir()
		recordOne(t, dir, `{"to":`+number+`,"phone":{"number":"48710523"},"msisdns":["48710523"]}`)
		_, all := files(t, dir)
		require.NotContains(t, all, number)
		require.NotContains(t, all, "48710523")
	}
	dir := t.TempDir()
	recordOne(t, dir, `{"a":1.5,"b":1e400,"c":-7,"d":0.0,"e":1e2}`)
	_, all := files(t, dir)
	for _, kept := range []string{"1.5", "1e400", "-7", "0.0", "1e2"} {
		require.Contains(t, all, kept)
	}
}

// A phone number in digits of another script is the same request.
func TestReplay_FindsWhatWasScrubbed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	recorder := djamotest.Record(dir)
	recorder.Next = answering("application/json", `{"access_token":"sesame","consent_id":"con_1"}`)
	send := func(rt http.RoundTripper, body string) string {
		resp, err := rt.RoundTrip(newPost(t, "https://api.test/oauth/token", "application/x-www-form-urlencoded", body))
		require.NoError(t, err)
		defer resp.Body.Close()
		got, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return string(got)
	}
	send(recorder, "refresh_token=first&grant_type=refresh_token")
	require.JSONEq(t, `{"access_token":"[secret]","consent_id":"[secret]"}`,
		send(djamotest.Replay(dir), "refresh_token=another&grant_type=refresh_token"))
}

func jsonText(v any) (string, error) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return b.String(), err
}
