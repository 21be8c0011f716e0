package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/internal/pgtest"
	"github.com/djamo/djamo-go/openfinance/gatewaytest"
	"github.com/djamo/djamo-go/openfinance/walletservice"
)

// liar is a gateway whose first page is a text of the test's, and whose feed ends behind it.
type liar struct {
	page  atomic.Pointer[string] // in which WALLET stands for the wallet
	reads atomic.Int64
}

func (l *liar) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.reads.Add(1)
	w.Header().Set("Content-Type", "application/json")
	if r.URL.Query().Get("since_cursor") == "" {
		_, _ = io.WriteString(w, strings.ReplaceAll(*l.page.Load(), "WALLET", one))
		return
	}
	_, _ = fmt.Fprintf(w, `{"wallet_id":%q,"currency":"XOF","items":[],"next_cursor":"c1"}`, one)
}

// item is one that is well but for what is put into it.
func item(id, amount, more string) string {
	return `{"id":` + id + `,"ts":"2026-05-28T09:14:02Z","type":"fee","amount_minor":` + amount + `,"status":"settled"` + more + `}`
}

func pageOf(items ...string) string {
	return `{"wallet_id":"WALLET","currency":"XOF","balance_minor":100,"items":[` + strings.Join(items, ",") + `],"next_cursor":"c1"}`
}

// Whatever stands in a page: it is refused whole, or what can be read is stored and the rest is in quarantine, in either database.
func TestHostile_OddJSON(t *testing.T) {
	t.Parallel()
	good := item(`"good"`, "-5", "")
	deep := strings.Repeat(`{"a":[`, 4000) + "1" + strings.Repeat(`]}`, 4000)
	cases := map[string]struct {
		page        string
		code        int
		stored      []string // id:amount
		quarantined int64
	}{
		"duplicate keys: the last":     {pageOf(item(`"a","id":"b"`, "1", ""), item(`"c"`, "1,\"amount_minor\":2", "")), 0, []string{"b:1", "c:2"}, 0},
		"names in another case":        {pageOf(item(`"a"`, "1", `,"ID":"x","Amount_Minor":9,"TS":"never"`)), 0, []string{"a:1"}, 0},
		"escaped names":                {pageOf(`{"\u0069d":"a","t\u0073":"2026-05-28T09:14:02Z","amount_min\u006fr":3}`), 0, []string{"a:3"}, 0},
		"exponents and zeros":          {pageOf(item(`"a"`, "1e3", ""), item(`"b"`, "-2.50e1", ""), item(`"c"`, "7.000", ""), item(`"d"`, "-0", ""), item(`"e"`, "0e999999999999", "")), 0, []string{"a:1000", "b:-25", "c:7", "d:0", "e:0"}, 0},
		"numbers that are too large":   {pageOf(good, item(`"a"`, "9223372036854775808", ""), item(`"b"`, "1e400", ""), item(`"c"`, "-1e999999999999999999999", "")), 3, []string{"good:-5"}, 3},
		"a sum that is too large":      {pageOf(item(`"a"`, "9223372036854775807", ""), item(`"b"`, "1", ""), item(`"c"`, "-7", "")), 3, []string{"a:9223372036854775807", "c:-7"}, 1},
		"the largest and the smallest": {pageOf(item(`"a"`, "-9223372036854775808", ""), item(`"b"`, "9223372036854775807", "")), 0, []string{"a:-9223372036854775808", "b:9223372036854775807"}, 0},
		"a fraction that hides":        {pageOf(good, item(`"a"`, "1e-1", "")), 1, nil, 0},
		"a fraction of almost nothing": {pageOf(good, item(`"a"`, "1e-999999999999", "")), 1, nil, 0},
		"a fraction beside the id":     {pageOf(good, item(`null`, "1.5", "")), 1, nil, 0},
		"a balance with a fraction":    {strings.Replace(pageOf(good), "100", "100.5", 1), 1, nil, 0},
		"a balance that is a text":     {strings.Replace(pageOf(good), "100", `"100"`, 1), 1, nil, 0},
		"NUL in what is kept apart":    {pageOf(good, item(`"a"`, "1", `,"pending_id":"p\u0000"`), item(`"b\u0000"`, "1", ""), item(`"\u0000"`, "1", `,"rail":5`)), 3, []string{"good:-5"}, 3},
		"NUL elsewhere":                {pageOf(item(`"a"`, "1", `,"merchant":"x\u0000y","unknown\u0000":"\u0000"`)), 0, []string{"a:1"}, 0},
		"invalid UTF-8":                {pageOf(good, item(`"a"`, "1", ",\"merchant\":\"\xff\xfe\""), item("\"\xc3\"", "1", "")), 3, []string{"good:-5"}, 2},
		"invalid UTF-8 in a cursor":    {strings.Replace(pageOf(good), "c1", "c\xff", 1), 1, nil, 0},
		"halves of characters":         {pageOf(good, item(`"\ud800"`, "1", ""), item(`"\udc00"`, "2", ""), item(`"x"`, "3", `,"merchant":"\ud800"`)), 3, []string{"good:-5", "x:3"}, 2},
		"nulls":                        {pageOf(item(`"a"`, "1", `,"rail":null,"pending_id":null,"fx_applied":null,"value_date":null,"coffre_id":null`), "null", item(`null`, "1", ""), item(`"n"`, "null", "")), 3, []string{"a:1"}, 3},
		"other types":                  {pageOf(good, item(`7`, "1", ""), item(`"b"`, `"1"`, ""), item(`"c"`, "true", ""), item(`"d"`, "[1]", ""), `[]`, `"x"`, `7`, item(`"e"`, "1", `,"fx_applied":"yes"`)), 3, []string{"good:-5"}, 8},
		"no items":                     {`{"wallet_id":"WALLET","next_cursor":"c1"}`, 1, nil, 0},
		"items that are null":          {`{"wallet_id":"WALLET","items":null,"next_cursor":"c1"}`, 0, nil, 0},
		"items that are an object":     {`{"wallet_id":"WALLET","items":{"0":` + good + `},"next_cursor":"c1"}`, 1, nil, 0},
		"a cursor that is a number":    {strings.Replace(pageOf(good), `"c1"`, "1", 1), 1, nil, 0},
		"no wallet":                    {strings.Replace(pageOf(good), `"WALLET"`, "null", 1), 1, nil, 0},
		"another wallet, last":         {strings.Replace(pageOf(good), `"items"`, `"wallet_id":"wal_2","items"`, 1), 1, nil, 0},
		"an item of another wallet":    {pageOf(good, item(`"a"`, "1", `,"wallet_id":"wal_2"`)), 1, nil, 0},
		"an item in another currency":  {pageOf(good, item(`"a"`, "1", `,"currency":"EUR"`)), 1, nil, 0},
		"another currency":             {strings.Replace(pageOf(good), "XOF", "xof", 1), 1, nil, 0},
		"deep":                         {pageOf(good, item(`"a"`, "1", `,"more":`+deep)), 0, []string{"good:-5", "a:1"}, 0},
		"too deep":                     {pageOf(good, item(`"a"`, "1", `,"more":`+deep+","+strings.Repeat("[", 1_000_000))), 1, nil, 0},
		"more after it":                {pageOf(good) + pageOf(good), 1, nil, 0},
		"a bracket too many":           {pageOf(good) + "}", 1, nil, 0},
		"a mark of the byte order":     {"\ufeff" + pageOf(good), 0, []string{"good:-5"}, 0},
		"space":                        {strings.Repeat(" \r\n\t", 100_000) + pageOf(good), 0, []string{"good:-5"}, 0},
		"an endless number":            {pageOf(good, item(`"a"`, strings.Repeat("9", 1_000_000), "")), 3, []string{"good:-5"}, 1},
		"endless zeros":                {pageOf(good, item(`"a"`, "1."+strings.Repeat("0", 1_000_000), "")), 0, []string{"good:-5", "a:1"}, 0},
		"a cursor of a megabyte":       {strings.Replace(pageOf(good), "c1", strings.Repeat("c", 1<<20), 1), 1, nil, 0},
		"a million items of nothing":   {pageOf(strings.TrimSuffix(strings.Repeat("{},", 1_000_000), ",")), 1, nil, 0},
		"an id of a megabyte":          {pageOf(good, item(`"`+strings.Repeat("x", 1<<20)+`"`, "1", "")), 3, []string{"good:-5"}, 1},
		"the same item many times":     {pageOf(strings.TrimSuffix(strings.Repeat(good+",", 10_000), ",")), 0, []string{"good:-5"}, 0},
		"one id, many amounts":         {pageOf(item(`"a"`, "1", ""), item(`"a"`, "2", ""), item(`"a"`, "3", "")), 0, []string{"a:3"}, 0},
	}
	for name, test := range cases {
		for _, postgres := range []bool{false, true} {
			t.Run(fmt.Sprint(name, ", PostgreSQL ", postgres), func(t *testing.T) {
				t.Parallel()
				if postgres && len(test.page) > 200_000 {
					t.Skip("what is done with it does not depend on the database")
				}
				b := newBench(t, gatewaytest.Options{})
				if postgres {
					b.db = pgtest.Database(t, "pgx")
				}
				gateway := &liar{}
				gateway.page.Store(&test.page)
				server := httptest.NewServer(gateway)
				defer server.Close()
				b.url = server.URL
				require.Equal(t, test.code, b.once(), b.stderr.String())
				require.Less(t, gateway.reads.Load(), int64(30))
				var stored []string
				for _, change := range b.changes(one) {
					require.EqualValues(t, "added", change.Kind)
					require.Equal(t, int64(1), change.Version)
					require.True(t, json.Valid(change.Raw))
					stored = append(stored, fmt.Sprintf("%s:%d", change.ID, change.Amount))
				}
				require.ElementsMatch(t, test.stored, stored)
				status := b.status(one)
				require.Equal(t, test.quarantined, status.Quarantined)
				require.Equal(t, map[int]string{0: "in_step", 1: "failing", 3: "quarantined"}[test.code], status.State)
				require.Less(t, len(b.stderr.String()), 20_000, "what a gateway sends does not fill the log")
				require.NotContains(t, b.stderr.String(), "panic")
				if test.code != 1 {
					return
				}
				right := pageOf(good)
				gateway.page.Store(&right) // it heals by itself
				require.Zero(t, b.once(), b.stderr.String())
				require.Equal(t, "in_step", b.status(one).State)
			})
		}
	}
}

// A body that is small on the way and large when it is unpacked is given up like any that is too large.
func TestHostile_ABombOfZeros(t *testing.T) {
	t.Parallel()
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	_, err := io.Copy(zip, io.LimitReader(zeros{}, 1<<28))
	require.NoError(t, err)
	require.NoError(t, zip.Close())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(packed.Bytes())
	}))
	defer server.Close()
	b := newBench(t, gatewaytest.Options{})
	b.url = server.URL
	require.Equal(t, 1, b.once(), b.stderr.String())
	require.Empty(t, b.changes(one))
	require.Equal(t, "failing", b.status(one).State)
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// A database that cannot be is bad input: nothing was done. So is a wallet that no database and no path can name.
func TestHostile_BadInputIsSaidBeforeAnythingIsDone(t *testing.T) {
	t.Parallel()
	b := newBench(t, gatewaytest.Options{})
	folder := t.TempDir()
	for name, args := range map[string][]string{
		"no folder":             {"-db", filepath.Join(folder, "missing", "wallets.db"), "-wallet", one},
		"a folder":              {"-db", folder, "-wallet", one},
		"below a file":          {"-db", filepath.Join(folder, "file", "wallets.db"), "-wallet", one},
		"another database":      {"-db", "mysql://db/wallets", "-wallet", one},
		"a wallet of a page":    {"-db", b.db, "-wallet", strings.Repeat("w", 5000)},
		"a wallet of bytes":     {"-db", b.db, "-wallet", "wal_\xff"},
		"a wallet with a break": {"-db", b.db, "-wallet", "wal\n1"},
		"a port":                {"-db", b.db, "-wallet", one, "-listen", "127.0.0.1:70000"},
		"a gateway far away":    {"-db", b.db, "-wallet", one, "-gateway", "http://127.0.0.1.example"},
	} {
		require.NoError(t, writeConsents(filepath.Join(folder, "file"), map[string]walletservice.Consent{}))
		require.Equal(t, 64, b.run(append([]string{"run", "-gateway", b.url, "-once"}, args...)...), "%s: %s", name, b.stderr.String())
	}
	for _, args := range [][]string{{"changes", "-db", folder, "-wallet", one}, {"status", "-db", folder}, {"status", "-db", folder + "/missing"}} {
		require.Equal(t, 64, b.run(args...), b.stderr.String())
	}
	entries, err := filepath.Glob(folder + "/*")
	require.NoError(t, err)
	require.Len(t, entries, 1, "nothing was made")
	require.Empty(t, b.gateway.Requests())
}
