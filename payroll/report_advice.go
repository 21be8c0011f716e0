package payroll

import (
	"regexp"
	"strings"

	"github.com/djamo/djamo-go"
)

// advice says in plain words where a payout stands and what a person is to do about it.
type advice struct {
	Happened string
	Next     string
	Detail   string // what Djamo wrote of it, with phone numbers masked
	// Transaction is the one that its reference was used for before.
	Transaction string
}

// adviceOf explains a payout that is not paid.
func adviceOf(p Payout, language Language) advice {
	var a advice
	if p.State == Failed || p.State == Refused {
		a.Detail = detailOf(p.Reason)
	}
	say := language.or
	again := say("Start the program again. Do not pay in another way before it knows.",
		"Relancez le programme. Ne payez pas autrement avant qu’il sache.")
	anew := say("Settle the cause, then pay under a new reference in another file.",
		"Réglez la cause, puis payez sous une nouvelle référence, dans un autre fichier.")
	switch p.State {
	case Failed:
		a.Happened, a.Next = say("Djamo accepted the payment, and then it failed.", "Djamo a accepté le paiement, puis il a échoué."), anew
		if cause, next := causeOf(p.Reason, language); cause != "" {
			a.Happened, a.Next = cause, next
		}
	case Refused:
		a.Happened, a.Next = say("Djamo did not accept the payment.", "Djamo n’a pas accepté le paiement."), anew
		if cause, next := causeOf(p.Reason, language); cause != "" {
			a.Happened, a.Next = cause, next
		}
	case Conflict:
		a.Happened = say("Its reference was used before, for another payee or amount.",
			"Sa référence a déjà servi, pour un autre bénéficiaire ou un autre montant.")
		a.Next = say("Compare the two payments. If this one is still due, pay it under a new reference.",
			"Comparez les deux paiements. Si celui-ci est encore dû, payez-le sous une nouvelle référence.")
		_, a.Transaction, _ = strings.Cut(p.Reason, otherTransaction)
	case Unknown:
		a.Happened, a.Next = say("It was sent, and the answer was lost.", "Il a été envoyé, et la réponse s’est perdue."), again
	case Submitting:
		a.Happened, a.Next = say("It may be on its way.", "Il est peut-être en route."), again
	case Submitted:
		a.Happened = say("Djamo has accepted it; its outcome is open.", "Djamo l’a accepté ; le résultat est attendu.")
		a.Next = say("Start the program again later.", "Relancez le programme plus tard.")
	case Planned:
		a.Happened = say("Nothing was sent.", "Rien n’a été envoyé.")
		a.Next = say("Start the program again: it will send this one.", "Relancez le programme : il l’enverra.")
	case Completed:
	}
	if p.Earlier && p.State != Completed {
		a.Happened += " " + say("It was sent before this run.", "Il avait été envoyé avant cette paie.")
	}
	return a
}

// otherTransaction stands before the transaction that a reference was used for before, in the reason of a conflict.
const otherTransaction = "payee or amount, transaction "

// causeOf knows the causes that Djamo's answers were seen to name. They are an open set: what it does not know is shown as
// it was written.
func causeOf(reason string, language Language) (cause, next string) {
	say, text := language.or, strings.ToLower(reason)
	has := func(words ...string) bool {
		for _, word := range words {
			if strings.Contains(text, word) {
				return true
			}
		}
		return false
	}
	payee := say("Ask the payee to settle it with Djamo, then pay under a new reference.",
		"Le bénéficiaire doit régler cela avec Djamo ; payez ensuite sous une nouvelle référence.")
	number := say("Check the number with the payee, then pay under a new reference.",
		"Vérifiez le numéro avec le bénéficiaire, puis payez sous une nouvelle référence.")
	switch {
	case has("insufficient", "not enough"):
		return say("The account did not hold enough.", "Le compte n’était pas assez approvisionné."),
			say("Top up the account, then pay under a new reference.", "Approvisionnez le compte, puis payez sous une nouvelle référence.")
	case has("no djamo account", "no account", "account not found", "customer not found", "unknown customer", "does not exist"):
		return say("There is no Djamo account with this number.", "Aucun compte Djamo à ce numéro."), number
	case has("closed"):
		return say("The payee’s account is closed.", "Le compte du bénéficiaire est fermé."), number
	case has("blocked", "suspended", "frozen"):
		return say("The payee’s account is blocked.", "Le compte du bénéficiaire est bloqué."), payee
	case has("limit", "ceiling"):
		return say("The payee’s account, or the payment, is over a limit.", "Le compte du bénéficiaire ou le paiement dépasse un plafond."), payee
	}
	return "", ""
}

// detailOf is what was written about a payout, without the words that only programmers read.
func detailOf(reason string) string {
	text := strings.Join(strings.Fields(djamo.MaskPhones(reason)), " ")
	text = strings.TrimPrefix(text, refusedPrefix)
	request := regexp.MustCompile(`^djamo: (GET|POST|PUT|DELETE) \S+: (\d{3} [A-Z][A-Za-z ]+: )?`)
	text = strings.TrimPrefix(request.ReplaceAllString(text, ""), "djamo: ")
	const maxLength = 300
	if runes := []rune(text); len(runes) > maxLength {
		text = string(runes[:maxLength]) + "…"
	}
	return text
}

// StatusIn names the payout's state to a person: in English it is the state itself.
func (p Payout) StatusIn(language Language) string {
	if language != French {
		return string(p.State)
	}
	switch p.State {
	case Completed:
		return "payé"
	case Failed:
		return "échoué"
	case Refused:
		return "refusé"
	case Conflict:
		return "référence déjà utilisée"
	case Unknown:
		return "réponse perdue"
	case Submitted:
		return "accepté, résultat attendu"
	case Submitting:
		return "peut-être en route"
	case Planned:
		return "pas envoyé"
	}
	return string(p.State)
}

// NoteIn explains the state to a person, as Note does in English. What Djamo has written of a payment stays as it is, unless its
// cause is known.
func (p Payout) NoteIn(language Language) string {
	earlier, mark, reason := "", language.or("; ", " ; "), p.Reason
	switch {
	case p.PaidEarlier():
		earlier = language.or("already paid earlier", "déjà payé auparavant")
	case p.Earlier:
		earlier = language.or("was sent earlier", "envoyé avant cette paie")
	}
	if language == French {
		reason = frenchReason(p)
	}
	if earlier == "" || reason == "" {
		return earlier + reason
	}
	return earlier + mark + reason
}

// frenchReason is why a payout stands where it does, as far as there is a reason.
func frenchReason(p Payout) string {
	if p.Reason == "" || p.State == Completed {
		return ""
	}
	p.Earlier = false // it stands before
	a := adviceOf(p, French)
	if cause, _ := causeOf(p.Reason, French); cause == "" && a.Detail != "" {
		return a.Detail
	}
	if a.Transaction != "" {
		return a.Happened + " Transaction : " + a.Transaction
	}
	return a.Happened
}
