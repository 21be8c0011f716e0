package gatewaytest

import (
	"slices"
	"time"
)

// Live fills an account with days as people in Djibouti have them, from a day on: a salary, rent and a loan instalment, shops
// paid with CACPAY, transfers from wallet to wallet, fees, and refunds of what was bought days before. It returns how many
// lines that makes.
func (m *MyCAC) Live(account string, from time.Time, days int) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	a := m.accounts[account]
	before := len(a.lines)
	for day := range days {
		date := time.Date(from.Year(), from.Month(), from.Day()+day, 0, 0, 0, 0, time.UTC)
		m.liveDay(a, date)
	}
	return len(a.lines) - before
}

func (m *MyCAC) liveDay(a *cacAccount, date time.Time) {
	shops := []string{
		"Merchant: Beyti Cafe", "Merchant: Casino Haramous", "Merchant: Pharmacie de l'Independance", "Merchant: Station Ambouli",
	}
	booked := date.Format(time.DateOnly)
	put := func(channel, counterparty string, amount int64) {
		m.book(a, MyCACLine{Booked: booked, Amount: amount, Channel: channel, Counterparty: counterparty})
	}
	switch date.Day() {
	case 1:
		put("BANK", "Loyer Heron", -m.draw(a, 60_000, 1))
	case 5:
		put("BANK", "Loan instalment", -m.draw(a, 35_000, 1))
	case 25:
		put("BANK", "Salary", m.draw(a, 250_000, 2000))
	}
	for range m.random.IntN(4) {
		put("CACPAY", shops[m.random.IntN(len(shops))], -m.draw(a, 300, 200))
	}
	for range m.random.IntN(3) {
		sign := int64(1)
		if m.random.IntN(2) == 0 {
			sign = -1
		}
		put("WALLET", "Wallet ***-"+booked[8:], sign*m.draw(a, 500, 400))
	}
	if m.random.IntN(7) == 0 {
		put("BANK", "Fee", -m.draw(a, 50, 3))
	}
	if m.random.IntN(6) == 0 {
		m.refundLate(a, booked)
	}
}

// refundLate gives back an early purchase that was not given back yet, with the value date of that purchase.
func (m *MyCAC) refundLate(a *cacAccount, booked string) {
	if len(a.lines) > 0 {
		booked = max(booked, a.lines[len(a.lines)-1].Booked)
	}
	for _, bought := range a.lines {
		isPurchase := bought.Channel == "CACPAY" && bought.Amount < 0
		if isPurchase && !slices.ContainsFunc(a.lines, func(l MyCACLine) bool { return l.Original == bought.TxID }) {
			m.book(a, MyCACLine{
				Booked: booked, ValueDate: bought.ValueDate, Amount: -bought.Amount, Channel: "CACPAY", Counterparty: bought.Counterparty,
				Original: bought.TxID,
			})
			return
		}
	}
}

// draw makes an amount of about so many francs, with cents where the currency has them. It is never 0.
func (m *MyCAC) draw(a *cacAccount, least, steps int) int64 {
	amount := int64(least) + 10*m.random.Int64N(int64(steps))
	for range a.decimals {
		amount *= 10
	}
	if a.decimals > 0 {
		const francs = 100 // to the dollar, about
		amount = amount/francs + m.random.Int64N(99) + 1
	}
	return amount
}
