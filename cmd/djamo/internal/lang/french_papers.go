package lang

// frenchPapers are the texts about reports, receipts, journal entries and progress.
func frenchPapers() map[string]string {
	return map[string]string{
		"%d receipts.": "%d reçus.",
		"%d payments in %d vouchers (%s), %s to the debit and to the credit.": "" +
			"%d paiements en %d pièces (%s), %s au débit et au crédit.",
		"%d payments were made before this run: their entries are those of the run that made them.": "" +
			"%d paiements avaient été faits avant cette paie : leurs écritures sont celles de la paie qui les a faits.",
		"no %s were written: %w":                         "aucun de ces documents n'a été écrit (%s) : %w",
		"the %s on standard output are not complete: %w": "la sortie standard n'est pas complète (%s) : %w",
		"receipts": "reçus",
		"entries":  "écritures",
		"nothing was sent: %w: set %s and %s as they were when the run began, or give this file another journal": "" +
			"rien n'a été envoyé : %w : remettez %s et %s comme au début de la paie, ou donnez un autre journal à ce fichier",
		"nothing was enqueued: %w": "rien n'a été mis en file : %w",
		"--progress %q: must be auto, bar, lines, jsonl or none": "" +
			"--progress %q : doit être auto, bar, lines, jsonl ou none",
		"--time-zone %q: must be a zone such as Africa/Abidjan, Africa/Dakar or Europe/Paris": "" +
			"--time-zone %q : doit être un fuseau comme Africa/Abidjan, Africa/Dakar ou Europe/Paris",
		"Write a receipt for each payee who was paid, each on a page of its own": "" +
			"Écrire un reçu pour chaque bénéficiaire payé, chacun sur sa page",
		"Write what a run has paid as entries for the books, in CSV": "" +
			"Écrire en CSV les écritures comptables de ce qu'une paie a versé",
		"Writes journal entries: each payee's salary and the fees to the debit, the account with Djamo to the credit, to the\n" +
			"franc. Each day is a voucher of its own, and the same run gives the same entries with the same numbers, however often.\n" +
			"The accounts are those of the revised SYSCOHADA unless you name others. It changes nothing, and needs no account.": "" +
			"Écrit les écritures comptables : le salaire de chacun et les frais au débit, le compte chez Djamo au crédit, au franc\n" +
			"près. Chaque jour est une pièce à part, et la même paie donne toujours les mêmes écritures sous les mêmes numéros.\n" +
			"Les comptes sont ceux du SYSCOHADA révisé, sauf si vous en nommez d'autres. Ne change rien, et n'exige aucun compte.",
		"Writes one HTML file with a receipt for each payee who was paid by the run in the journal, or several with --per-file.\n" +
			"Printed, or saved as PDF by a browser, each receipt is a page. It changes nothing, and needs no account.": "" +
			"Écrit un fichier HTML avec un reçu pour chaque bénéficiaire payé par la paie du journal, ou plusieurs avec --per-file.\n" +
			"Imprimé, ou enregistré en PDF par un navigateur, chaque reçu tient sur une page. Ne change rien, et n'exige aucun compte.",
		"write at most so many receipts into each file, whose names are numbered; 0 for one file": "" +
			"écrire au plus tant de reçus dans chaque fichier, dont les noms sont numérotés ; 0 pour un seul fichier",
		"--%s %q: must be at most 13 letters and digits, without accents": "" +
			"--%s %q : doit avoir au plus 13 lettres et chiffres, sans accents",
		"--treasury %q: must be another account than --salaries and --fees": "" +
			"--treasury %q : doit être un autre compte que --salaries et --fees",
		"--per-file %d: must not be negative": "--per-file %d : ne doit pas être négatif",
		"--per-file %d: must be given with --to, after which the files are named": "" +
			"--per-file %d : doit accompagner --to, d'après lequel les fichiers sont nommés",
		"A browser takes a while to print so many: --per-file 500 divides them among several files.": "" +
			"Un navigateur met un moment à en imprimer autant : --per-file 500 les répartit en plusieurs fichiers.",
		"%d receipts in %d files, from %s to %s.": "%d reçus en %d fichiers, de %s à %s.",
		"`account` of the fees, debited; 6318 if you book Djamo as a bank": "" +
			"`compte` des frais, au débit ; 6318 si Djamo est pour vous une banque",
		"`account` of what is owed to payees, debited": "`compte` des rémunérations dues, au débit",
		"`account` with Djamo, credited; 521 if you book it as a bank": "" +
			"`compte` chez Djamo, au crédit ; 521 si Djamo est pour vous une banque",
		"`code` of the journal in your books": "`code` du journal dans votre comptabilité",
		"`file` to write to; default: standard output": "" +
			"`fichier` à écrire ; par défaut : la sortie standard",
		"`name` of who pays; default: DJAMO_COMPANY_NAME": "" +
			"`nom` de celui qui paie ; par défaut : DJAMO_COMPANY_NAME",
		"one line for all payees of a day, instead of one for each": "" +
			"une ligne pour tous les bénéficiaires d'un jour, au lieu d'une pour chacun",
		"show each payee's number whole; masked by default": "" +
			"afficher en entier le numéro de chaque bénéficiaire ; masqué par défaut",
		"show phone numbers masked in the report": "masquer les numéros de téléphone dans le rapport",
		"write receipts also for what was paid before this run": "" +
			"écrire aussi des reçus pour ce qui avait été payé avant cette paie",
		"`zone` whose clock people read, such as Africa/Abidjan or Europe/Paris; default: that of the account": "" +
			"`fuseau` horaire des textes, comme Africa/Abidjan ou Europe/Paris ; par défaut : celui du compte",
		"how progress is shown: `auto|bar|lines|jsonl|none`; auto is a bar on a terminal, lines elsewhere": "" +
			"affichage de la progression : `auto|bar|lines|jsonl|none` ; auto : une barre dans un terminal, ailleurs des lignes",
		"what stands between the fields: `,|;|tab`; default: a semicolon in French, else a comma": "" +
			"ce qui sépare les champs : `,|;|tab` ; par défaut : un point-virgule en français, sinon une virgule",
		"write what was paid so far of a run that is not finished; its vouchers change later": "" +
			"écrire ce qui a déjà été payé d'une paie qui n'est pas terminée ; ses pièces changeront",
	}
}
