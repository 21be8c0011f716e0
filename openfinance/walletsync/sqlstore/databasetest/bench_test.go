package databasetest_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/internal/pgtest"
	"github.com/djamo/djamo-go/openfinance/wallet"
	"github.com/djamo/djamo-go/openfinance/walletsync"
	"github.com/djamo/djamo-go/openfinance/walletsync/sqlstore"
)

func eachBench(b *testing.B, bench func(b *testing.B, open func(b *testing.B) (*sqlstore.Store, *processes))) {
	b.Helper()
	b.Run("SQLite", func(b *testing.B) {
		bench(b, func(b *testing.B) (*sqlstore.Store, *processes) {
			b.Helper()
			return database{"sqlite", filepath.Join(b.TempDir(), "wallets.db"), sqlstore.SQLite}.open(b), &processes{}
		})
	})
	b.Run("PostgreSQL", func(b *testing.B) {
		bench(b, func(b *testing.B) (*sqlstore.Store, *processes) {
			b.Helper()
			d := database{"pgx", pgtest.Schema(b, "pgx"), sqlstore.PostgreSQL}
			return d.open(b), &processes{db: d.connect(b)}
		})
	})
}

// template is the JSON of a page, in which the number of each item can be changed.
type template struct {
	body    []byte
	numbers []int
}

const pageItems = 100

// newTemplate makes a page of a wallet with items of 300 bytes.
func newTemplate(id string) *template {
	t := &template{body: []byte(`{"wallet_id":"` + id + `","currency":"XOF","items":[`)}
	for i := range pageItems {
		if i > 0 {
			t.body = append(t.body, ',')
		}
		t.body = append(t.body, `{"id":"tx_`...)
		t.numbers = append(t.numbers, len(t.body))
		t.body = append(t.body, `00000000","ts":"2026-05-28T09:14:02Z","type":"mobile_money_in","rail":"wave","counterparty_masked":"***-77-12",`+
			`"amount_minor":5000,"status":"settled","rail_reference":"wave-000000000000000","custodian":"Ecobank","filler":"`...)
		t.body = append(t.body, fmt.Sprintf(`%0100d"}`, 0)...)
	}
	t.body = append(t.body, `],"next_cursor":"`...)
	t.numbers = append(t.numbers, len(t.body))
	t.body = append(t.body, `00000000"}`...)
	return t
}

// page decodes a page with items from a number on, as a client does.
func (t *template) page(from, cursor int) (*wallet.Page, error) {
	for i, at := range t.numbers {
		number := from + i
		if i == pageItems {
			number = cursor
		}
		for digit := at + 7; digit >= at; digit-- {
			t.body[digit] = byte('0' + number%10)
			number /= 10
		}
	}
	return wallet.DecodePage(t.body)
}

// BenchmarkPages catches up with eight wallets at a time: pages of 100 new items, and pages of items that are there. Each page
// is decoded from JSON. "cpu" is the time of this process and, on Linux, of the server's, which other programs do not make
// longer as they do with the items a second.
func BenchmarkPages(b *testing.B) {
	const wallets = 8
	for _, known := range []bool{false, true} {
		name := "new"
		if known {
			name = "known"
		}
		b.Run(name, func(b *testing.B) {
			eachBench(b, func(b *testing.B, open func(b *testing.B) (*sqlstore.Store, *processes)) {
				store, cpu := open(b)
				var ids []string
				for i := range wallets {
					ids = append(ids, fmt.Sprint("wal_", i))
				}
				keeper, _ := grant(b, store, ids...)
				leases, err := store.Claim(b.Context(), "p", ids, time.Minute, nil)
				require.NoError(b, err)
				var next, stored atomic.Int64
				b.SetParallelism(wallets / 2)
				begin := func() (*walletsync.Engine, *walletsync.Reader) {
					lease := leases[int(next.Add(1)-1)%wallets]
					text, n := newTemplate(lease.Wallet), 0
					gateway := &pages{page: func() *wallet.Page {
						n++
						from := n * pageItems
						if known && n >= 16 { // other pages each time, of the items of the first 16
							from = n * 37 % (15 * pageItems)
						}
						page, err := text.page(from, n)
						if err != nil {
							panic(err)
						}
						return page
					}}
					engine := &walletsync.Engine{Store: store, Gateway: gateway, Keeper: keeper, Owner: "p", Observe: func(o walletsync.Observation) {
						stored.Add(int64(o.Items))
					}}
					return engine, &walletsync.Reader{Lease: lease}
				}
				engines, readers := make(chan *walletsync.Engine, wallets), make(chan *walletsync.Reader, wallets)
				for range wallets {
					engine, reader := begin()
					_, _, err := engine.Step(b.Context(), reader, false)
					require.NoError(b, err)
					engines <- engine
					readers <- reader
				}
				stored.Store(0)
				cpu.start()
				b.ResetTimer()
				b.RunParallel(func(pb *testing.PB) {
					engine, reader := <-engines, <-readers
					for n := 0; pb.Next(); n++ {
						if known && n%4 == 0 { // a process that goes on for long would notice that it reads the same again
							reader = &walletsync.Reader{Lease: reader.Lease}
						}
						if _, _, err := engine.Step(b.Context(), reader, false); err != nil {
							b.Error(err)
							return
						}
					}
					engines <- engine
					readers <- reader
				})
				items := float64(stored.Load())
				b.ReportMetric(items/b.Elapsed().Seconds(), "items/s")
				cpu.report(b, items)
			})
		})
	}
}

// BenchmarkStore writes 800 new items a transaction, without an engine: what of BenchmarkPages is the database's.
func BenchmarkStore(b *testing.B) {
	eachBench(b, func(b *testing.B, open func(b *testing.B) (*sqlstore.Store, *processes)) {
		store, cpu := open(b)
		grant(b, store, "w")
		const many = 800
		raw := json.RawMessage(fmt.Sprintf(`{"filler":"%0280d"}`, 0))
		items, changes, seq := make([]walletsync.StoredItem, many), make([]walletsync.Change, many), int64(0)
		cpu.start()
		for b.Loop() {
			for i := range items {
				seq++
				id := fmt.Sprintf("tx_%08d", seq)
				items[i] = walletsync.StoredItem{ID: id, Hash: "01234567890123456789012345678901", Version: 1, Seen: 1, Amount: 5000, Final: true, Seq: seq}
				changes[i] = walletsync.Change{Wallet: "w", Seq: seq, Kind: walletsync.Added, ID: id, Version: 1, Raw: raw}
			}
			if err := store.Update(b.Context(), "w", func(tx walletsync.Tx) error {
				tx.State().Seq = seq
				if err := tx.Save(items); err != nil {
					return err
				}
				return tx.Append(changes)
			}); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(seq)/b.Elapsed().Seconds(), "items/s")
		cpu.report(b, float64(seq))
	})
}

// BenchmarkIdle polls wallets that have nothing new.
func BenchmarkIdle(b *testing.B) {
	eachBench(b, func(b *testing.B, open func(b *testing.B) (*sqlstore.Store, *processes)) {
		store, cpu := open(b)
		keeper, _ := grant(b, store, "w")
		leases, err := store.Claim(b.Context(), "p", []string{"w"}, time.Minute, nil)
		require.NoError(b, err)
		gateway := &pages{page: func() *wallet.Page { return &wallet.Page{WalletID: "w", NextCursor: ""} }}
		engine := &walletsync.Engine{Store: store, Gateway: gateway, Keeper: keeper, Owner: "p"}
		reader := &walletsync.Reader{Lease: leases[0]}
		for range 3 {
			_, _, err := engine.Step(b.Context(), reader, false)
			require.NoError(b, err)
		}
		cpu.start()
		polls := 0
		for b.Loop() {
			if _, _, err := engine.Step(b.Context(), reader, false); err != nil {
				b.Fatal(err)
			}
			polls++
		}
		cpu.report(b, float64(polls))
	})
}
