package payroll

import "fmt"

// reportWords are the texts of a report in one language. Verbs of package fmt stand for what is filled in.
type reportWords struct {
	Title, NoName, Page                                 string
	Account                                             string
	Prepared, Approved, SignedOn, SignedDigest          string
	PaidOn, PaidFrom, PaidBetween, NothingSent          string
	Times, TimesAlso, Written                           string
	NonePaid, NothingPaid, Empty                        string
	PaidNowOf, EarlierApart, AllEarlier                 phrase
	AllPaid, NotPaidOf, StillOpen, PaidOf, EarlierOf    phrase
	PaidNow, PaidEarlier, NotPaid, Open, Fees           string
	Planned, Sum, Outcome                               string
	FeesMeaning, LeftAccount, LeftMeaning, Colon        string
	AddUp, ToDo, NotFinished, PaidByRun, PaidBefore     string
	AboutToDo, AboutOpen, AboutEarlier                  string
	Person, Reference, Amount, Fee, Time, Day           string
	Happened, Next, Standing, Transaction, Line, LineOf string
	Description, Phone, Name, Status, Attempts          string
	Sent, Made, Earlier, Yes, No, Reason                string
	PreparedBy, PreparedAt, ApprovedBy, ApprovedAt      string
	Plan, Franc, Chart, Confidential                    string
	SummarySheet, PayoutsSheet                          string
	WholeRun, Count                                     string
	Summed                                              phrase
}

// phrase is a sentence about some of the payments, of which %[1]s stands for how many and %[2]s for all of them.
type phrase struct{ One, Many string }

func (p phrase) of(n, all int64) string {
	text := p.Many
	if n == 1 {
		text = p.One
	}
	return fmt.Sprintf(text, countText(n), countText(all))
}

func wordsOf(language Language) reportWords {
	if language == French {
		return frenchWords()
	}
	return englishWords()
}

func englishWords() reportWords {
	return reportWords{
		Title: "Payment report", NoName: "A run without a name", Page: "Page",
		Account:  "Account",
		Prepared: "Prepared by %s", Approved: "Approved by %s", SignedOn: "on %s", SignedDigest: "Fingerprint of what was approved",
		PaidOn: "Sent on %s at %s", PaidFrom: "Sent on %s from %s to %s", PaidBetween: "Sent from %s to %s",
		NothingSent: "This run has sent nothing.",
		Times:       "Times: %s (%s)", TimesAlso: "In UTC: %s to %s.", Written: "Report written on %s.",
		NonePaid: "No payment was made.", NothingPaid: "Nothing was paid now.",
		PaidNowOf:    phrase{"%s of %s payments was made now.", "%s of %s payments were made now."},
		EarlierApart: phrase{"%[1]s was made earlier, before this run.%.0[2]s", "%[1]s were made earlier, before this run.%.0[2]s"},
		AllEarlier: phrase{"The only payment was made earlier, before this run.%.0[1]s%.0[2]s",
			"All %[1]s payments were made earlier, before this run.%.0[2]s"},
		Empty:     "This run has no payments.",
		AllPaid:   phrase{"The only payment was made.%.0[1]s%.0[2]s", "All %[1]s payments were made.%.0[2]s"},
		NotPaidOf: phrase{"%s of %s payments was not made.", "%s of %s payments were not made."},
		StillOpen: phrase{"%s of %s payments has no outcome yet.", "%s of %s payments have no outcome yet."},
		PaidOf:    phrase{"%[1]s was made.%.0[2]s", "%[1]s were made.%.0[2]s"},
		EarlierOf: phrase{"%[1]s of these was made earlier, before this run.%.0[2]s",
			"%[1]s of these were made earlier, before this run.%.0[2]s"},
		PaidNow: "paid now", PaidEarlier: "paid earlier", NotPaid: "not paid", Open: "not finished", Fees: "Djamo’s fees",
		Planned: "planned", Sum: "Total", Outcome: "Outcome",
		FeesMeaning: "of what was paid now, on top of the amounts",
		LeftAccount: "left the account", LeftMeaning: "paid now and its fees", Colon: ":",
		AddUp: "How it adds up", ToDo: "To be dealt with", NotFinished: "Not finished", PaidByRun: "Paid now", PaidBefore: "Paid earlier",
		AboutToDo:    "Nobody in this list was paid by this run. Nothing more is done for them unless you do it.",
		AboutOpen:    "Do not pay these in another way: start the program again, it knows how far each has come.",
		AboutEarlier: "These were paid under the same references before this run. It has paid nothing for them.",
		Person:       "Payee", Reference: "Reference", Amount: "Amount", Fee: "Fee", Time: "Time", Day: "Date",
		Happened: "What happened", Next: "What to do", Standing: "Where it stands", Transaction: "Transaction", Line: "line %s", LineOf: "Line",
		Description: "Description", Phone: "Phone number", Name: "Name", Status: "Status", Attempts: "Attempts",
		Sent: "Sent at", Made: "Made at", Earlier: "Paid earlier", Yes: "yes", No: "no", Reason: "Reason",
		PreparedBy: "Prepared by", PreparedAt: "Prepared at", ApprovedBy: "Approved by", ApprovedAt: "Approved at",
		Plan: "Fingerprint of the plan", Franc: "F is the CFA franc (XOF).",
		Chart: "Payments by outcome", Confidential: "Confidential: salaries and phone numbers.",
		SummarySheet: "Summary", PayoutsSheet: "Payouts", WholeRun: "All rows of the sheet Payouts", Count: "Payments",
		Summed: phrase{"%s payment%.0[2]s", "%s payments%.0[2]s"},
	}
}

func frenchWords() reportWords {
	return reportWords{
		Title: "Rapport de paiement", NoName: "Paie sans nom", Page: "Page",
		Account:  "Compte",
		Prepared: "Préparé par %s", Approved: "Approuvé par %s", SignedOn: "le %s", SignedDigest: "Empreinte de ce qui a été approuvé",
		PaidOn: "Envoyé le %s à %s", PaidFrom: "Envoyé le %s de %s à %s", PaidBetween: "Envoyé du %s au %s",
		NothingSent: "Cette paie n’a rien envoyé.",
		Times:       "Heures : %s (%s)", TimesAlso: "En UTC : de %s à %s.", Written: "Rapport écrit le %s.",
		NonePaid: "Aucun paiement n’a été fait.", NothingPaid: "Rien n’a été payé maintenant.",
		PaidNowOf: phrase{"%s paiement sur %s a été fait maintenant.", "%s paiements sur %s ont été faits maintenant."},
		EarlierApart: phrase{"%[1]s l’avait été plus tôt, avant cette paie.%.0[2]s",
			"%[1]s l’avaient été plus tôt, avant cette paie.%.0[2]s"},
		AllEarlier: phrase{"Le seul paiement avait été fait plus tôt, avant cette paie.%.0[1]s%.0[2]s",
			"Les %[1]s paiements avaient tous été faits plus tôt, avant cette paie.%.0[2]s"},
		Empty:     "Cette paie n’a aucun paiement.",
		AllPaid:   phrase{"Le seul paiement a été fait.%.0[1]s%.0[2]s", "Les %[1]s paiements ont tous été faits.%.0[2]s"},
		NotPaidOf: phrase{"%s paiement sur %s n’a pas abouti.", "%s paiements sur %s n’ont pas abouti."},
		StillOpen: phrase{"%s paiement sur %s n’a pas encore de résultat.", "%s paiements sur %s n’ont pas encore de résultat."},
		PaidOf:    phrase{"%[1]s a été fait.%.0[2]s", "%[1]s ont été faits.%.0[2]s"},
		EarlierOf: phrase{"Parmi eux, %[1]s l’avait été plus tôt, avant cette paie.%.0[2]s",
			"Parmi eux, %[1]s l’avaient été plus tôt, avant cette paie.%.0[2]s"},
		PaidNow: "payés maintenant", PaidEarlier: "payés plus tôt", NotPaid: "non payés", Open: "pas terminés", Fees: "frais Djamo",
		Planned: "prévus", Sum: "Total", Outcome: "Résultat",
		FeesMeaning: "de ce qui a été payé maintenant, en plus des montants", Colon: " :",
		LeftAccount: "sorti du compte", LeftMeaning: "payés maintenant et leurs frais",
		AddUp: "Le compte y est", ToDo: "À traiter", NotFinished: "Pas terminés", PaidByRun: "Payés maintenant", PaidBefore: "Payés plus tôt",
		AboutToDo:    "Personne dans cette liste n’a été payé par cette paie. Rien de plus ne se fera sans vous.",
		AboutOpen:    "Ne payez pas ces personnes autrement : relancez le programme, il sait où en est chaque paiement.",
		AboutEarlier: "Ces paiements avaient été faits sous les mêmes références avant cette paie, qui n’a rien payé pour eux.",
		Person:       "Bénéficiaire", Reference: "Référence", Amount: "Montant", Fee: "Frais", Time: "Heure", Day: "Date",
		Happened: "Ce qui s’est passé", Next: "À faire", Standing: "Où il en est", Transaction: "Transaction", Line: "ligne %s", LineOf: "Ligne",
		Description: "Motif", Phone: "Téléphone", Name: "Nom", Status: "Statut", Attempts: "Envois",
		Sent: "Envoyé le", Made: "Fait le", Earlier: "Payé plus tôt", Yes: "oui", No: "non", Reason: "Raison",
		PreparedBy: "Préparé par", PreparedAt: "Préparé le", ApprovedBy: "Approuvé par", ApprovedAt: "Approuvé le",
		Plan: "Empreinte du plan", Franc: "F : franc CFA (XOF).",
		Chart: "Paiements par résultat", Confidential: "Confidentiel : salaires et numéros de téléphone.", //nolint:misspell // French
		SummarySheet: "Résumé", PayoutsSheet: "Paiements", WholeRun: "Toutes les lignes de la feuille Paiements",
		Count: "Paiements", Summed: phrase{"%s paiement%.0[2]s", "%s paiements%.0[2]s"},
	}
}
