package lang

// frenchBooks are the texts about statements.
func frenchBooks() map[string]string {
	return map[string]string{
		"Print a statement of a wallet, as CSV or CAMT.053": "Écrire le relevé d'un portefeuille, en CSV ou CAMT.053",
		`Prints what happened on a wallet on some days, both included: opening balance, movements, and closing balance. It adds up to the
last franc, or nothing is printed. The balance is the gateway's; what it has more than the stored transactions was there before
the first of them, and stands in the opening.

CAMT.053 is the bank statement of ISO 20022 (camt.053.001.08), which accounting programs read.

Exit codes:
  0   the statement was printed
  1   anything else, such as a balance that was not read yet: run it again
  3   the transactions do not make the sum that the store has counted: a person must look at it
  64  bad input`: `Écrit ce qui s'est passé sur un portefeuille de tel jour à tel jour inclus : solde d'ouverture, mouvements,
solde de clôture. Le compte y est au franc près, ou rien n'est écrit. Le solde est celui de la passerelle ; ce qu'il a de
plus que les transactions enregistrées était là avant la première, et figure dans l'ouverture.

CAMT.053 est le relevé de compte d'ISO 20022 (camt.053.001.08), que lisent les logiciels de comptabilité.

Codes de sortie :
  0   le relevé est écrit
  1   toute autre erreur, comme un solde pas encore lu : relancez la commande
  3   les transactions ne font pas la somme que la base a comptée : une personne doit s'en occuper
  64  entrée incorrecte`,
		"first day, such as 2026-05-01":                          "premier jour, comme 2026-05-01",
		"last day, such as 2026-05-31":                           "dernier jour, comme 2026-05-31",
		"csv or camt053":                                         "csv ou camt053",
		"currency of the wallet":                                 "devise du portefeuille",
		"time zone that a day is one of, such as Africa/Abidjan": "fuseau horaire des jours, comme Africa/Abidjan",
		"--wallet: must be given":                                "--wallet : est obligatoire",
		"--to: %s is before %s":                                  "--to : %s est avant %s",
		"--format %q: must be csv or camt053":                    "--format %q : doit être csv ou camt053",
		"--currency: %q is not known: XOF, DJF, USD and EUR are": "--currency : la devise %q est inconnue ; sont connues XOF, DJF, USD et EUR",
		"--zone: %q is no time zone such as Africa/Abidjan":      "--zone : %q n'est pas un fuseau horaire comme Africa/Abidjan",
		"%s: %q is no date such as 2026-05-31":                   "%s : %q n'est pas une date comme 2026-05-31",
		"nothing was printed: %w":                                "rien n'a été écrit : %w",
		"the balance of the wallet is not known yet: djamo wallets run reads it": "" +
			"le solde du portefeuille n'est pas encore connu : djamo wallets run le lit",
		"--wallet: the database does not have %q: djamo wallets status lists those it has": "" +
			"--wallet : la base n'a pas %q ; djamo wallets status liste ceux qu'elle a",
	}
}
