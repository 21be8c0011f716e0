package gatewaytest

import (
	"fmt"
	"maps"
	"time"
)

// Live fills a wallet with days as people have them, from a day on: a salary, cards, transfers over four rails in and out,
// sweeps into a coffre, pending purchases that are posted later, and returns. It returns how many items that makes. With
// history they stand before the feed.
func (g *Gateway) Live(wallet string, from time.Time, days int, history bool) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	shops := []struct{ name, mcc string }{
		{"Supermarche Cocody", "5411"},
		{"Pharmacie du Plateau", "5912"},
		{"Station Treichville", "5541"},
		{"Maquis Chez Tantie", "5812"},
	}
	banks := []string{"Ecobank", "BGFIBank"}
	count := 0
	for day := range days {
		morning := time.Date(from.Year(), from.Month(), from.Day()+day, 7, 0, 0, 0, time.UTC)
		put := func(minutes int, item map[string]any) string {
			item["ts"] = morning.Add(time.Duration(minutes) * time.Minute).Format(time.RFC3339)
			item["custodian"] = banks[g.random.IntN(len(banks))]
			if _, ok := item["status"]; !ok {
				item["status"] = "settled"
			}
			count++
			return g.add(wallet, item, history)
		}
		if morning.Day() == 25 {
			put(5, map[string]any{"type": "salary", "amount_minor": g.francs(250_000, 3000), "counterparty_masked": "***-EMP"})
		}
		for i := range 1 + g.random.IntN(3) {
			put(60+i*90, g.mobileMoney())
		}
		for i := range g.random.IntN(3) {
			shop := shops[g.random.IntN(len(shops))]
			card := map[string]any{
				"type":         "card_purchase",
				"scheme":       "visa",
				"mcc":          shop.mcc,
				"merchant":     shop.name,
				"amount_minor": -g.francs(500, 300),
			}
			if g.random.IntN(6) == 0 {
				card["fx_applied"] = true
			}
			if g.random.IntN(4) == 0 && !history {
				pending := map[string]any{"status": "pending"}
				maps.Copy(pending, card)
				card["pending_id"] = put(200+i*40, pending)
			}
			bought := put(210+i*40, card)
			if g.random.IntN(12) == 0 {
				put(600, map[string]any{"type": "card_refund", "scheme": "visa", "returns_id": bought, "amount_minor": 500})
			}
		}
		if morning.Weekday() == time.Monday {
			saved := g.francs(1000, 100)
			g.wallets[wallet].coffres["cof_goal_1"] += int64(saved)
			put(
				700,
				map[string]any{
					"type":           "coffre_sweep",
					"coffre_id":      "cof_goal_1",
					"amount_minor":   -saved,
					"correlation_id": fmt.Sprintf("corr_%d", g.serial),
				},
			)
		}
	}
	return count
}

// mobileMoney is a transfer over one of the rails, in or out.
func (g *Gateway) mobileMoney() map[string]any {
	rails := []string{"orange_money", "mtn_momo", "moov_money", "wave"}
	rail := rails[g.random.IntN(len(rails))]
	direction, sign := "mobile_money_in", 1
	if g.random.IntN(2) == 0 {
		direction, sign = "mobile_money_out", -1
	}
	return map[string]any{
		"type": direction, "rail": rail, "rail_reference": fmt.Sprintf("%s-%06d", rail, g.random.IntN(1_000_000)),
		"counterparty_masked": fmt.Sprintf("***-%02d-%02d", g.random.IntN(100), g.random.IntN(100)),
		"amount_minor":        sign * g.francs(500, 400), "coffre_id": nil,
	}
}

// francs draws an amount, in steps of 50.
func (g *Gateway) francs(least, steps int) int { return least + 50*g.random.IntN(steps) }
