package payroll

import (
	"fmt"
	"strings"
	"time"

	"github.com/djamo/djamo-go"
)

// amountText writes an amount for a table: with narrow no-break spaces, so that it never breaks, and F for the franc.
func amountText(amount djamo.XOF) string {
	return strings.TrimSuffix(amount.String(), "FCFA") + "F"
}

// countText writes a number of payouts, its thousands apart as in amounts.
func countText(n int64) string {
	return strings.TrimSuffix(djamo.XOF(n).String(), "\u202fFCFA")
}

// phoneText writes a phone number in the groups that its country reads it in; masked when it is to be.
func phoneText(m djamo.MSISDN, masked bool) string {
	number := m.E164()
	if masked {
		number = m.String()
	}
	groups := map[string][]int{"+225": {2, 2, 2, 2, 2}, "+221": {2, 3, 2, 2}}
	rest := number
	for country, sizes := range groups {
		local, ok := strings.CutPrefix(number, country)
		if !ok {
			continue
		}
		text := country
		for _, size := range sizes {
			if len(local) < size {
				return rest
			}
			text, local = text+"\u00a0"+local[:size], local[size:]
		}
		if local == "" {
			return text
		}
	}
	return rest
}

// zone is where the people are whose clock a report shows.
type zone struct {
	*time.Location

	name string
}

// zoneOf is the zone that a caller has chosen, or that of the account's country. Abidjan and Dakar both keep UTC.
func zoneOf(chosen *time.Location, account djamo.Account) zone {
	if chosen == nil || chosen == time.UTC {
		name := "Abidjan"
		if account.Environment == djamo.ProductionSEN || account.Environment == djamo.StagingSEN {
			name = "Dakar"
		}
		return zone{time.UTC, name}
	}
	name := chosen.String()
	if slash := strings.LastIndexByte(name, '/'); slash >= 0 {
		name = name[slash+1:]
	}
	return zone{chosen, strings.ReplaceAll(name, "_", " ")}
}

// offset is how far the zone is from UTC at a time, as UTC+1 or UTC−3:30.
func (z zone) offset(at time.Time) string {
	_, seconds := at.In(z.Location).Zone()
	if seconds == 0 {
		return "UTC+0"
	}
	sign, minutes := "+", seconds/60
	if minutes < 0 {
		sign, minutes = "\u2212", -minutes
	}
	if minutes%60 == 0 {
		return fmt.Sprintf("UTC%s%d", sign, minutes/60)
	}
	return fmt.Sprintf("UTC%s%d:%02d", sign, minutes/60, minutes%60)
}

// dateText is a day in words, whole or short.
func dateText(at time.Time, language Language, short bool) string {
	months := language.or("January February March April May June July August September October November December",
		"janvier février mars avril mai juin juillet août septembre octobre novembre décembre")
	if short {
		months = language.or("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec", "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.")
	}
	day := fmt.Sprint(at.Day())
	if language == French && at.Day() == 1 {
		day = "1er"
	}
	return day + "\u00a0" + strings.Fields(months)[at.Month()-1] + "\u00a0" + fmt.Sprint(at.Year())
}

func sameDay(a, b time.Time) bool {
	ay, am, ad := a.Date()
	by, bm, bd := b.Date()
	return ay == by && am == bm && ad == bd
}
