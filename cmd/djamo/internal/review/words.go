package review

import (
	"fmt"
	"strings"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/payoutfile"
	"github.com/djamo/djamo-go/payroll"
)

// words are those of the language in which a person reads a review.
type words lang.Language

// say chooses between two texts.
func (l words) say(english, french string) string {
	if lang.Language(l) == lang.French {
		return french
	}
	return english
}

// signed is a difference with its sign.
func (l words) signed(x djamo.XOF) string {
	if x > 0 {
		return "+" + x.String()
	}
	return x.String()
}

// title names a group.
func (l words) title(kind payroll.WarningKind) string {
	switch kind {
	case OtherNames:
		return l.say("Known number under another name", "Numéro connu sous un autre nom")
	case OtherNumbers:
		return l.say("Known name with another number", "Nom connu avec un autre numéro")
	case UnusualAmounts:
		return l.say("Amount unusual for its payee", "Montant inhabituel pour le bénéficiaire")
	case payroll.WarnSameAmountTwice:
		return l.say("Same amount twice to one payee", "Deux fois le même montant pour un bénéficiaire")
	case NewPayees:
		return l.say("New payees", "Nouveaux bénéficiaires")
	case MissingPayees:
		return l.say("Payees missing since the earlier run", "Bénéficiaires absents depuis la paie précédente")
	case ChangedAmounts:
		return l.say("Changed amounts", "Montants modifiés")
	case NoAccount:
		return l.say("Payees without a Djamo account", "Bénéficiaires sans compte Djamo")
	case AccountUnknown:
		return l.say("Payees whose account could not be checked", "Bénéficiaires dont le compte n’a pas pu être vérifié")
	case payroll.WarnSeveralLines:
		return l.say("Rows over several lines", "Enregistrements sur plusieurs lignes")
	case payroll.WarnHeadings:
		return l.say("Parts of the file that are not read", "Parties du fichier qui ne sont pas lues")
	case payroll.WarnNoReference:
		return l.say("Rows without a reference", "Lignes sans référence")
	case payroll.WarnEncoding:
		return l.say("Encoding of the file", "Encodage du fichier")
	case payroll.WarnLookAlike:
		return l.say("References that read alike", "Références qui se lisent de la même façon")
	case payoutfile.WarnFormulas:
		return l.say("Results of formulas", "Résultats de formules")
	}
	return strings.ReplaceAll(string(kind), "-", " ")
}

// about says what a group may mean, for who has to decide.
func (l words) about(kind payroll.WarningKind) string {
	switch kind {
	case OtherNames:
		return l.say("The number belonged to somebody else. Ask the payee before paying.",
			"Le numéro appartenait à quelqu’un d’autre. Demandez au bénéficiaire avant de payer.")
	case OtherNumbers:
		return l.say("A salary that goes to another number is a common fraud. Call the payee on the old number.",
			"Un salaire détourné vers un autre numéro est une fraude courante. Appelez le bénéficiaire à l’ancien numéro.")
	case UnusualAmounts:
		return l.say("The amount is far from all that this payee got before.",
			"Le montant s’écarte nettement de tout ce que ce bénéficiaire a reçu.")
	case payroll.WarnSameAmountTwice:
		return l.say("One of the two may be a copy.", "L’un des deux est peut-être une copie.")
	case NewPayees:
		return l.say("They got nothing in the earlier run.", "Ils n’ont rien reçu lors de la paie précédente.")
	case MissingPayees:
		return l.say("They were in the earlier run and are not in this file.",
			"Ils étaient dans la paie précédente et ne sont pas dans ce fichier.")
	case ChangedAmounts:
		return l.say("They got another amount in the earlier run.", "Ils ont reçu un autre montant lors de la paie précédente.")
	case NoAccount:
		return l.say("They cannot be paid. If you confirm, the others are paid without them.",
			"Ils ne peuvent pas être payés. Si vous confirmez, les autres sont payés sans eux.")
	case AccountUnknown:
		return l.say("The API gave no answer about them. If you confirm, they are paid like the others.",
			"L’API n’a rien répondu à leur sujet. Si vous confirmez, ils sont payés comme les autres.")
	case payroll.WarnLookAlike:
		return l.say("A letter may have been typed for a digit.", "Une lettre a peut-être été saisie à la place d’un chiffre.")
	case payroll.WarnSeveralLines, payroll.WarnHeadings, payroll.WarnNoReference, payroll.WarnEncoding, payoutfile.WarnFormulas:
		return l.say("Look at the file.", "Vérifiez le fichier.")
	}
	return ""
}

// detail says what is different about a finding; "" when the group has said it all.
func (l words) detail(kind payroll.WarningKind, f Finding, name func(string) string) string {
	switch kind {
	case OtherNames:
		return fmt.Sprintf(l.say("was %s", "était %s"), name(f.Other))
	case OtherNumbers:
		return fmt.Sprintf(l.say("was %s, and got %s", "était %s, pour %s"), f.Number, f.Before.String())
	case UnusualAmounts:
		if f.Amount > f.Before {
			return fmt.Sprintf(l.say("at most %s before", "au plus %s auparavant"), f.Before.String())
		}
		return fmt.Sprintf(l.say("at least %s before", "au moins %s auparavant"), f.Before.String())
	case MissingPayees:
		return fmt.Sprintf(l.say("got %s", "a reçu %s"), f.Before.String())
	case ChangedAmounts:
		return l.change(f)
	}
	return l.text(f)
}

// text is what a finding says that has nothing else.
func (l words) text(f Finding) string { return lang.Language(l).Say("%s", lang.Phrase(f.Text)) }

// change says by how much an amount has changed.
func (l words) change(f Finding) string {
	difference, err := f.Difference()
	if err != nil {
		return fmt.Sprintf(l.say("was %s", "était %s"), f.Before.String())
	}
	text := fmt.Sprintf(l.say("was %s, %s", "était %s, %s"), f.Before.String(), l.signed(difference))
	if percent, ok := f.Percent(); ok {
		text += fmt.Sprintf(" (%+d\u202f%%)", percent)
	}
	return text
}

// question asks whether a group is right.
func (l words) question(number int, group Group) string {
	one := len(group.Findings) == 1
	switch {
	case group.Kind == NoAccount && one:
		return fmt.Sprintf(l.say("Go on without the payment of warning %d? [y/N] ",
			"Continuer sans le paiement de l’avertissement %d ? [o/N] "), number)
	case group.Kind == NoAccount:
		return fmt.Sprintf(l.say("Go on without the %d payments of warning %d? [y/N] ",
			"Continuer sans les %d paiements de l’avertissement %d ? [o/N] "), len(group.Findings), number)
	case group.Kind == AccountUnknown && one:
		return fmt.Sprintf(l.say("Pay the payment of warning %d without the check? [y/N] ",
			"Effectuer le paiement de l’avertissement %d sans vérification ? [o/N] "), number)
	case group.Kind == AccountUnknown:
		return fmt.Sprintf(l.say("Pay the %d payments of warning %d without the check? [y/N] ",
			"Effectuer les %d paiements de l’avertissement %d sans vérification ? [o/N] "), len(group.Findings), number)
	}
	return fmt.Sprintf(l.say("Is warning %d right (%s: %d)? [y/N] ", "L’avertissement %d est-il normal (%s : %d) ? [o/N] "),
		number, l.title(group.Kind), len(group.Findings))
}

// compared says with what the plan was compared.
func (l words) compared(r *Review) string {
	if len(r.Runs) == 0 {
		return l.say("Not compared with an earlier run: name its journal, report or file with --since.",
			"Aucune comparaison avec une paie précédente : indiquez son journal, son rapport ou son fichier avec --since.")
	}
	last := r.Runs[0]
	text := fmt.Sprintf(l.say("Compared with %s: %s, %s.", "Comparé à %s : %s, %s."),
		last.Name, l.payments(last.Count), last.Total.String())
	difference, err := r.Plan.Total.Sub(last.Total)
	switch {
	case err != nil:
	case difference == 0:
		text += l.say(" The total is the same.", " Le total est le même.")
	default:
		text += fmt.Sprintf(l.say(" The total changes by %s.", " Le total varie de %s."), l.signed(difference))
	}
	if n := len(r.Runs) - 1; n == 1 {
		text += l.say(" Amounts are also compared with the run before it.", " Les montants sont aussi comparés à la paie d’avant.")
	} else if n > 1 {
		text += fmt.Sprintf(l.say(" Amounts are also compared with %d runs before it.",
			" Les montants sont aussi comparés à %d paies d’avant."), n)
	}
	return text
}
