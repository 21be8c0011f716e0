package mycac

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/djamo/djamo-go/openfinance/wallet"
)

// settlementWords are the texts of a settlement's page in one language.
type settlementWords struct {
	Title, AddUp, Stores, Lines, ToDo, AboutToDo, NoLines           string
	Currency, Merchant, Scans, Refunds, Gross, Given, Net, NetOwed  string
	Time, Kind, Transaction, Original, Amount, Why, Next            string
	Scan, Refund, Late, ByID, ByAmount, Since, Candidates, Equation string
	Confidential, Closed, AboutClosed, ClosedBy                     string
}

func englishSettlement() settlementWords {
	return settlementWords{
		Title: "CACPAY settlement", AddUp: "What it adds up to", Stores: "By merchant and store", Lines: "Transactions", ToDo: "To be looked at",
		AboutToDo: "These refunds could not be matched with a payment. Nobody’s settlement was reduced by them, " +
			"and no sum on this page has them.",
		NoLines:  "Nothing was paid or refunded on this day.",
		Currency: "Currency", Merchant: "Merchant", Scans: "Payments", Refunds: "Refunds", Gross: "Paid", Given: "Refunded", Net: "Net",
		NetOwed: "owed to merchants", Time: "Time", Kind: "What", Transaction: "Transaction", Original: "Refund of", Amount: "Amount",
		Why: "What is wrong", Next: "What to do", Scan: "Payment", Refund: "Refund", Late: "late", ByID: "by its id",
		ByAmount: "only payment it can be", Since: "since", Candidates: "May be", Equation: "paid − refunded = net, in each currency",
		Confidential: "Confidential: it shows what merchants earn.", Closed: "Closed by a person", ClosedBy: "What became of it",
		AboutClosed: "These refunds could not be matched, and somebody has said what became of them. No sum on this page has them.",
	}
}

func frenchSettlement() settlementWords {
	return settlementWords{
		Title: "Règlement CACPAY", AddUp: "Récapitulatif", Stores: "Par commerçant et point de vente", Lines: "Opérations", ToDo: "À vérifier",
		AboutToDo: "Ces remboursements n’ont pu être rapprochés d’aucun paiement. " +
			"Ils n’ont été déduits du règlement de personne et ne figurent " +
			"dans aucun total de cette page.",
		NoLines:  "Aucun paiement ni remboursement ce jour-là.",
		Currency: "Devise", Merchant: "Commerçant", Scans: "Paiements", Refunds: "Remboursements", Gross: "Encaissé",
		Given: "Remboursé", Net: "Net", NetOwed: "dû aux commerçants", Time: "Heure", Kind: "Nature", Transaction: "Opération",
		Original: "Rembourse", Amount: "Montant", Why: "Anomalie", Next: "À faire", Scan: "Paiement",
		Refund: "Remboursement", Late: "tardif", ByID: "par identifiant", ByAmount: "seul paiement possible", Since: "depuis le",
		Candidates: "Paiements possibles\u00a0:", Equation: "encaissé − remboursé = net, dans chaque devise",
		Confidential: "Confidentiel\u00a0: ce document montre les recettes des commerçants.", Closed: "Clos par une personne",
		ClosedBy: "Suite donnée",
		AboutClosed: "Ces remboursements n’ont pu être rapprochés, et quelqu’un a dit ce qu’il en est. " +
			"Ils ne figurent dans aucun total de cette page.",
	}
}

func settlementWordsOf(language Language) settlementWords {
	if language == French {
		return frenchSettlement()
	}
	return englishSettlement()
}

// explain says what is wrong with a refund that was set aside, and what to do.
func (a SetAsideRefund) explain(language Language, remaining string) (why, next string) {
	ask := language.or("Ask the merchant which payment was refunded.", "Demander au commerçant quel paiement a été remboursé.")
	bank := language.or("Ask CAC Bank about this refund.", "Interroger CAC Bank sur ce remboursement.")
	switch a.Reason {
	case OriginalUnknown:
		return language.or("The payment that it names never came.", "Le paiement qu’il désigne n’a jamais été reçu."),
			language.or("Nothing, if the payment comes later: it is matched then. Otherwise ask CAC Bank for it.",
				"Rien si le paiement arrive plus tard\u00a0: le rapprochement se fera alors. Sinon, le réclamer à CAC Bank.")
	case NoCandidate:
		return language.or("It names no payment, and none of this merchant has this amount.",
			"Il ne désigne aucun paiement, et aucun de ce commerçant n’a ce montant."), ask
	case SeveralCandidates:
		return language.or("It names no payment, and several may be meant.", "Il ne désigne aucun paiement, et plusieurs sont possibles."), ask
	case SeveralRefunds:
		return language.or("Another refund may be of the same payment.", "Un autre remboursement peut concerner le même paiement."), ask
	case AboveOriginal:
		return fmt.Sprintf(language.or("It is above what is left of its payment: %s.",
			"Il dépasse ce qui reste du paiement\u00a0: %s."), remaining), bank
	case OtherCurrency:
		return language.or("Its payment is in another currency.", "Le paiement est dans une autre devise."), bank
	case OtherMerchant:
		return language.or("Its payment is another merchant’s.", "Le paiement est celui d’un autre commerçant."), bank
	case BeforeOriginal:
		return language.or("It happened before its payment.", "Il est antérieur au paiement."), bank
	}
	return string(a.Reason), bank
}

// dayText is a day in words.
func dayText(d wallet.Date, language Language) string {
	months := strings.Fields(language.or("January February March April May June July August September October November December",
		"janvier février mars avril mai juin juillet août septembre octobre novembre décembre"))
	weekdays := strings.Fields(language.or("Sunday Monday Tuesday Wednesday Thursday Friday Saturday",
		"dimanche lundi mardi mercredi jeudi vendredi samedi"))
	day := strconv.Itoa(d.Day)
	if language == French && d.Day == 1 {
		day = "1er"
	}
	return weekdays[midnight(d).Weekday()] + "\u00a0" + day + "\u00a0" + months[d.Month-1] + "\u00a0" + strconv.Itoa(d.Year)
}

// timeText is a moment of a day; with the date where it is another day's.
func timeText(at time.Time, zone *time.Location, day wallet.Date) string {
	at = at.In(zone)
	if wallet.DateOf(at) == day {
		return at.Format("15:04:05")
	}
	return at.Format("2006-01-02 15:04")
}

// countText is a count for people.
func countText(n int) string {
	digits := strconv.Itoa(n)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "\u202f" + digits[at:]
	}
	return digits
}
