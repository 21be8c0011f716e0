package signature_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"html"
	"io"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/djamo/djamo-go/internal/signature"
	"github.com/stretchr/testify/require"
)

func packed(t *testing.T, body []byte, pack func(io.Writer) io.WriteCloser) []byte {
	t.Helper()
	var out bytes.Buffer
	w := pack(&out)
	_, err := w.Write(body)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return out.Bytes()
}

func zipped(t *testing.T, body []byte) []byte {
	t.Helper()
	return packed(t, body, func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) })
}

func inUTF16(order binary.AppendByteOrder, text string) (out []byte) {
	for _, unit := range utf16.Encode([]rune(text)) {
		out = order.AppendUint16(out, unit)
	}
	return out
}

func rawDeflate(w io.Writer) io.WriteCloser {
	packer, err := flate.NewWriter(w, flate.DefaultCompression)
	if err != nil {
		panic(err)
	}
	return packer
}

func quotedText(t *testing.T, text string) string {
	t.Helper()
	quoted, err := json.Marshal(text)
	require.NoError(t, err)
	return string(quoted)
}

func numbers(body []byte) string {
	list := make([]string, len(body))
	for i, b := range body {
		list[i] = strconv.Itoa(int(b))
	}
	return "[" + strings.Join(list, ",") + "]"
}

func latin1(text []byte) string {
	var out strings.Builder
	for _, b := range text {
		out.WriteRune(rune(b))
	}
	return out.String()
}

// A body that a gateway encoded again is named, and refused all the same.
func TestDiagnose_D20_ReencodedBodiesAreNamed(t *testing.T) {
	t.Parallel()
	const signed = "{\"topic\":\"transactions/completed\",\"data\":{\"id\":\"txn_1\",\"description\":\"Réf. 100% + 2=3\"}}"
	const lines = "{\r\n  \"topic\": \"x\",\r\n  \"data\": {}\r\n}\r\n"
	base := base64.StdEncoding.EncodeToString([]byte(signed))
	for name, row := range map[string]struct{ signed, came, want string }{
		"base64":                      {signed, base, "is base64 of it"},
		"base64, URL-safe, unpadded":  {signed, base64.RawURLEncoding.EncodeToString([]byte(signed)), "is base64 of it"},
		"base64 in lines":             {signed, base[:76] + "\r\n" + base[76:] + "\r\n", "is base64 of it"},
		"base64 in quotes":            {signed, `"` + base + `"`, "is base64 of it"},
		"base64 of gzip":              {signed, base64.StdEncoding.EncodeToString(zipped(t, []byte(signed))), "is base64 of it"},
		"base64 twice":                {signed, base64.StdEncoding.EncodeToString([]byte(base)), "is base64 of it"},
		"base64 of a trimmed body":    {signed + "\n", base, "is base64 of it"},
		"gzip":                        {signed, string(zipped(t, []byte(signed))), "compressed"},
		"gzip of a body with an end":  {signed, string(zipped(t, []byte(signed+"\n"))), "compressed"},
		"deflate":                     {signed, string(packed(t, []byte(signed), func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) })), "compressed"},
		"mark added":                  {signed, "\ufeff" + signed, "byte order mark was added"},
		"mark removed":                {"\ufeff" + signed, signed, "byte order mark was removed"},
		"line end trimmed":            {signed + "\n", signed, "trimmed"},
		"Windows line end trimmed":    {signed + "\r\n", signed, "trimmed"},
		"line end added":              {signed, signed + "\n", "added around it"},
		"Windows line end added":      {signed, signed + "\r\n", "added around it"},
		"white space added":           {signed, " \n" + signed + "  \t", "added around it"},
		"mark and line end added":     {signed, "\ufeff" + signed + "\n", "added around it"},
		"second line end added":       {signed + "\n", signed + "\n\n", "added around it"},
		"form":                        {signed, "payload=" + url.QueryEscape(signed), "form"},
		"form with %20":               {signed, "payload=" + url.PathEscape(signed), "form"},
		"form with more fields":       {signed, "a=1&data=" + url.QueryEscape(signed) + "&b=", "form"},
		"form that is not escaped":    {signed, "payload=" + signed, "form"},
		"form without a name":         {signed, url.QueryEscape(signed), "form"},
		"form of a trimmed body":      {signed + "\n", "payload=" + url.QueryEscape(signed), "form"},
		"form of base64":              {signed, "payload=" + url.QueryEscape(base), "form"},
		"JSON string":                 {signed, quotedText(t, signed), "JSON string"},
		"gateway's event":             {signed, `{"headers":{},"isBase64Encoded":false,"body":` + quotedText(t, signed) + `}`, `as "body"`},
		"gateway's event with base64": {signed, `{"isBase64Encoded":true,"body":"` + base + `"}`, `as "body"`},
		"event of a bus":              {signed, `{"version":"0","detail-type":"x","detail":` + signed + `}`, `as "body"`},
		"queue with messages":         {signed, `{"Records":[{"messageId":"1","body":` + quotedText(t, signed) + `}]}`, "in a field"},
		"queue behind a topic":        {signed, `{"Records":[{"body":` + quotedText(t, `{"Message":`+quotedText(t, signed)+`}`) + `}]}`, "in a field"},
		"pushed message":              {signed, `{"message":{"data":"` + base + `","messageId":"1"},"subscription":"s"}`, "in a field"},
		"event of a cloud":            {signed, `[{"specversion":"1.0","data_base64":"` + base + `"}]`, "in a field"},
		"own envelope":                {signed, `{"received":"2026-07-01","request":{"raw":` + quotedText(t, signed) + `}}`, "in a field"},
		"hex":                         {signed, hex.EncodeToString([]byte(signed)), "is hex of it"},
		"hex of a body with an end":   {signed + "\n", strings.ToUpper(hex.EncodeToString([]byte(signed))), "is hex of it"},
		"as for a web page":           {signed, html.EscapeString(signed), "&quot;"},
		"backslashes added":           {signed, strings.ReplaceAll(signed, `"`, `\"`), "backslashes"},
		"form with backslashes":       {signed, "payload=" + url.QueryEscape(strings.ReplaceAll(signed, `"`, `\"`)), "form"},
		"deflate without its frame":   {signed, string(packed(t, []byte(signed), rawDeflate)), "compressed"},
		"base64 of raw deflate":       {signed, base64.StdEncoding.EncodeToString(packed(t, []byte(signed), rawDeflate)), "is base64 of it"},
		"data URL":                    {signed, "data:application/json;base64," + base, "is base64 of it"},
		"UTF-16 in base64":            {signed, base64.StdEncoding.EncodeToString(inUTF16(binary.LittleEndian, signed)), "is base64 of it"},
		"a zero byte added":           {signed + "\x00", signed, "trimmed"},
		"form with parts": {signed, "--b0\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b0\r\nContent-Disposition: form-data; " +
			"name=\"payload\"; filename=\"x\"\r\nContent-Type: application/json\r\n\r\n" + signed + "\r\n--b0--\r\n", "form"},
		"form with it as a name":   {signed, url.QueryEscape(signed) + "=", "form"},
		"form with it as it is":    {signed, signed + "=", "form"},
		"bytes of JavaScript":      {signed, `{"type":"Buffer","data":` + numbers([]byte(signed)) + `}`, "list of its bytes"},
		"bytes":                    {signed, numbers([]byte(signed)), "list of its bytes"},
		"XML":                      {signed, `<string xmlns="http://schemas.microsoft.com/2003/10/Serialization/">` + signed + `</string>`, "XML"},
		"XML, escaped":             {signed, `<?xml version="1.0"?><string>` + html.EscapeString(signed) + "</string>\n", "is XML with it in an element"},
		"XML, as it is":            {signed, `<a><![CDATA[` + signed + `]]></a>`, "XML"},
		"in a list":                {signed, "[" + signed + "]", "in a field"},
		"own envelope of an event": {signed, `{"source":"djamo","event":` + signed + `,"at":1}`, "in a field"},
		"in a call":                {signed, "callback(" + signed + ");", "in a field"},
		"written as Latin-1":       {signed, string(bytes.ReplaceAll([]byte(signed), []byte("é"), []byte{0xe9})), "written as Latin-1"},
		"Latin-1":                  {signed, latin1([]byte(signed)), "Latin-1"},
		"UTF-16":                   {signed, string(inUTF16(binary.LittleEndian, signed)), "UTF-16"},
		"UTF-16 with a mark":       {signed, string(inUTF16(binary.BigEndian, "\ufeff"+signed)), "UTF-16"},
		"LF for CRLF":              {lines, strings.ReplaceAll(lines, "\r\n", "\n"), "line ends were changed"},
		"CRLF for LF":              {strings.ReplaceAll(lines, "\r\n", "\n"), lines, "line ends were changed"},
		"CR for CRLF":              {lines, strings.ReplaceAll(lines, "\r\n", "\r"), "line ends were changed"},
		"LF for CRLF, end trimmed": {lines, strings.TrimSpace(strings.ReplaceAll(lines, "\r\n", "\n")), "line ends were changed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			header := signature.SignBase64([]byte(row.signed), "s")
			require.Equal(t, signature.ErrMismatch, signature.Base64([]byte(row.came), header, "old", "s"), "it is refused")
			got := string(signature.Diagnose([]byte(row.came), header, "old", "s"))
			require.Contains(t, got, string(signature.Reencoded))
			require.Contains(t, got, row.want)
			require.Empty(t, signature.Diagnose([]byte(row.came), header, "old", "x"), "of another secret nothing is said")
			require.Empty(t, signature.Diagnose([]byte(row.came), signature.SignBase64([]byte(row.signed+"!"), "s"), "s"))
		})
	}
}

// A forgery costs little, whatever is in it: what unpacks to gigabytes, forms of ten thousand fields, layer upon layer.
//
//nolint:paralleltest // it counts what is allocated
func TestDiagnose_D20_WorkIsBounded(t *testing.T) {
	bomb := zipped(t, bytes.Repeat([]byte("0"), 64<<20))
	layers := []byte("{}")
	for range 12 {
		layers = []byte(base64.StdEncoding.EncodeToString(layers))
	}
	for name, body := range map[string][]byte{
		"bomb":           bomb,
		"bomb in base64": []byte(base64.StdEncoding.EncodeToString(bomb)),
		"form":           bytes.Repeat([]byte("a=%7B%7D&"), 5<<10),
		"layers":         layers,
		"lines":          bytes.Repeat([]byte("\r\n"), 8<<10),
		"huge":           bytes.Repeat([]byte("A"), 8<<20),
		"texts":          []byte(`{"a":["` + strings.Repeat(`{\"a\":1}","`, 3<<10) + `"]}`),
		"hex":            bytes.Repeat([]byte("7b"), 20<<10),
		"deflate":        packed(t, bytes.Repeat([]byte("0"), 64<<20), rawDeflate),
		"nested":         []byte(strings.Repeat(`{"body":`, 5<<10) + strings.Repeat("}", 5<<10)),
	} {
		t.Run(name, func(t *testing.T) {
			header := signature.SignBase64([]byte("x"), "s")
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			require.Empty(t, signature.Diagnose(body, header, "s"))
			runtime.ReadMemStats(&after)
			require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(32<<20))
		})
	}
}

// Of a form the first few fields are looked at, however many there are: anybody may post one.
func TestDiagnose_D20_FewFieldsOfAForm(t *testing.T) {
	t.Parallel()
	const signed = `{"topic":"charge/events"}`
	for name, row := range map[string]struct {
		form string
		want bool
	}{
		"second":      {"a=1&b=", true},
		"behind many": {strings.Repeat("a=1&", 20) + "b=", false},
	} {
		header := signature.SignBase64([]byte(signed), "s")
		got := signature.Diagnose([]byte(row.form+url.QueryEscape(signed)), header, "s")
		require.Equal(t, row.want, got != "", name)
	}
}
