package onepass_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/internal/onepass"
)

func TestReader_ReadsInOnePass(t *testing.T) {
	t.Parallel()
	r := onepass.Read([]byte(` { "name" : "caf\u00e9" , "kind":"tea", "n":-12, "list":[ 1 , [] ], "none":null, "new":{"a":[true,false,null,"x"]} } `))
	var texts [2]onepass.Text
	var n int
	var list, unknown []string
	require.True(t, r.Object())
	for name := r.Member(); name != nil; name = r.Member() {
		switch string(name) {
		case "name":
			r.Text(&texts[0])
		case "kind":
			r.Text(&texts[1])
		case "n", "none":
			r.Int(&n)
		case "list":
			for r.Array(); r.Element(); {
				list = append(list, string(r.Value()))
			}
		default:
			unknown = append(unknown, string(name))
			r.Skip(name, "name", "kind", "n", "list")
		}
	}
	require.True(t, r.Done())
	r.Keep(texts[:])
	require.Equal(t, []string{"café", "tea"}, []string{texts[0].String(), texts[1].String()})
	require.Equal(t, -12, n)
	require.Equal(t, []string{"1", "[]"}, list)
	require.Equal(t, []string{"new"}, unknown)
}

func TestReader_GivesUpForGood(t *testing.T) {
	t.Parallel()
	r := onepass.Read([]byte(`{"a":1}`))
	require.False(t, r.Array())
	require.Nil(t, r.Member())
	require.Nil(t, r.Value())
	require.False(t, r.Element())
	require.False(t, r.Object())
	text, n := onepass.Kept("as it was"), 5
	r.Text(&text)
	r.Int(&n)
	texts := []onepass.Text{text}
	r.Keep(texts)
	require.Equal(t, "as it was", texts[0].String())
	require.Equal(t, 5, n)
	require.False(t, r.Done())

	r = onepass.Read([]byte(`null`))
	require.False(t, r.Object(), "null has no members")
	require.True(t, r.Done())
	r.Fail()
	require.False(t, r.Done())
}

// What says the same as before is not copied, and neither is what is not there.
func TestReader_TakesWhatIsThereAlready(t *testing.T) { //nolint:paralleltest // it counts allocations
	body := []byte(`["monthly","weekly","x"]`)
	read := func() (texts [3]onepass.Text, r onepass.Reader) {
		r = onepass.Read(body)
		r.Array()
		for i := range texts {
			r.Element()
			r.Text(&texts[i])
		}
		return texts, r
	}
	texts, r := read()
	r.Like(&texts[0], "monthly")
	r.Like(&texts[1], "monthly")
	r.Like(&texts[2], "")
	r.Keep(texts[:])
	require.Equal(t, []string{"monthly", "weekly", "x"}, []string{texts[0].String(), texts[1].String(), texts[2].String()})
	require.InDelta(t, 1, testing.AllocsPerRun(10, func() { texts, r = read(); r.Keep(texts[:]) }), 0, "one string for all")
	require.Zero(t, testing.AllocsPerRun(10, func() {
		texts, r = read()
		r.Like(&texts[0], "monthly")
		r.Like(&texts[1], "weekly")
		r.Like(&texts[2], "x")
		r.Keep(texts[:])
	}))
}

// Value takes nothing that is no JSON, and Text reads what encoding/json does.
func FuzzReader(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,-2.50e+7,{"b":"\u00e9\\"},[]],"c":null}`, `[true,false]`, `"caf\u00e9 \ud83d\ude00 é"`, `"\uDC00"`, `01`, `-`, `{"a":1,}`, `[,]`,
		strings.Repeat("[", 101) + strings.Repeat("]", 101), "\"\xff\"", `"a` + "\x00" + `"`, `{"a"}`, `{"a":}`, `nul`, `1e`, ` 0 `,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		trimmed := strings.TrimLeft(body, " \t\r\n")
		r := onepass.Read([]byte(trimmed))
		value := r.Value()
		if r.Done() {
			require.True(t, json.Valid([]byte(body)), "%q", body)
			require.Equal(t, strings.TrimRight(trimmed, " \t\r\n"), string(value))
		}
		r = onepass.Read([]byte(trimmed))
		var text [1]onepass.Text
		r.Text(&text[0])
		if r.Done() {
			r.Keep(text[:])
			var want string
			require.NoError(t, json.Unmarshal([]byte(body), &want), "%q", body)
			require.Equal(t, want, text[0].String())
		}
	})
}
