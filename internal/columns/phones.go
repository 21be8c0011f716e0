package columns

import (
	"slices"
	"strings"
)

// IsOtherPhone reports whether a heading that is not read may stand over phone numbers that are meant to be paid: a payee's
// second number, or that of a wallet. The numbers of an office or for an emergency are none.
func IsOtherPhone(heading string) bool {
	if Of(heading) != "" {
		return false
	}
	folded := fold(heading)
	wallets := strings.Fields("djamo wave orangemoney om mtnmoney mtnmomo momo moovmoney flooz freemoney mobilemoney")
	if slices.Contains(wallets, folded) {
		return true
	}
	wallets = append(wallets, "orange", "mtn", "moov", "wallet")
	others := strings.Fields(`1 2 3 n1 n2 n3 bis ter second seconde secondaire secondary deux deuxieme 2e 2eme 2nd autre autres other
		alternatif alternative alternate principal principale primary`)
	isPhone := func(rest string, found bool) bool { return found && exactly(rest) == MSISDN }
	for _, other := range slices.Concat(others, wallets) {
		if isPhone(strings.CutSuffix(folded, other)) {
			return true
		}
	}
	for _, other := range others {
		if isPhone(strings.CutPrefix(folded, other)) {
			return true
		}
	}
	for account := range strings.FieldsSeq("n no num compte numerocompte numerodecompte account") {
		if rest, leads := strings.CutPrefix(folded, account); leads && slices.Contains(wallets, rest) {
			return true
		}
	}
	return false
}

// SaysPayee reports whether a heading of phone numbers says by itself that they are those to pay to.
func SaysPayee(heading string) bool {
	folded := fold(heading)
	return slices.ContainsFunc(strings.Fields("djamo paiement payee recipient corrige"), func(word string) bool {
		return strings.Contains(folded, word)
	})
}
