package payroll

import (
	"fmt"
	"strings"
	"time"
	"unicode"

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

// pieces cuts a text where it may break across lines besides its spaces: only a word that no column has room for.
func pieces(text string) []string { return cutAt(text, 28) }

// codePieces does so for references and the like, none of which may break anywhere else.
func codePieces(text string) []string {
	const whole = 24
	if len([]rune(text)) <= whole && text != "" {
		return []string{visible(text)}
	}
	return cutAt(text, 20)
}

func cutAt(text string, longest int) []string {
	var cut []string
	var piece strings.Builder
	width := 0
	runes := []rune(visible(text))
	for i, r := range runes {
		piece.WriteRune(r)
		if width++; unicode.IsSpace(r) {
			width = 0
		}
		last := i == len(runes)-1
		if last || width == 0 || r == zeroWidthJoiner || joins(runes[i+1]) {
			continue
		}
		if width >= longest || width >= longest/3 && strings.ContainsRune("/-_.:@", r) {
			cut, width = append(cut, piece.String()), 0
			piece.Reset()
		}
	}
	if piece.Len() > 0 {
		cut = append(cut, piece.String())
	}
	return cut
}

const zeroWidthJoiner = '\u200d'

// joins reports whether a character belongs to the one before it, as accents and the parts of some emoji do.
func joins(r rune) bool {
	return unicode.Is(unicode.M, r) || r == zeroWidthJoiner || r >= 0x1f3fb && r <= 0x1f3ff || r >= 0x1f1e6 && r <= 0x1f1ff
}

// visible leaves out the characters that nobody sees, but for the joiners that scripts and emoji need: marks of direction
// would turn the rest of a line around.
func visible(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\u200c' || r == '\u200d':
			return r
		case unicode.IsSpace(r):
			return ' '
		case unicode.Is(unicode.Cf, r), unicode.IsControl(r):
			return -1
		}
		return r
	}, strings.TrimSpace(strings.ToValidUTF8(text, "\ufffd")))
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
