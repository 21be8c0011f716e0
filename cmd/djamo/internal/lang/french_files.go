package lang

// frenchFiles are the texts about files of payouts.
func frenchFiles() map[string]string {
	return map[string]string{
		"%q holds a phone number: the name of a run is shown and stored as it is": "" +
			"%q contient un numéro de téléphone, et le nom d'une paie est montré et gardé tel quel",
		"%q is no column: must be one of %s": "%q n'est pas une colonne : il faut l'une de celles-ci : %s",
		"%s is declared twice, as %q and %q": "%s est déclarée deux fois, comme %q et %q",
		"%s is in %q, an encoding that is not known: save it in a spreadsheet": "" +
			"%s est dans un codage inconnu, %q : enregistrez le fichier dans un tableur",
		"%w\nGive the run a name of its own, such as --run %q, and the same one whenever these salaries are meant": "" +
			"%w\nDonnez à la paie son propre nom, comme --run %q, et le même chaque fois qu'il s'agit de ces salaires",
		"%w: cell %s %s: open the file in a spreadsheet and save it": "" +
			"%w : la cellule %s %s : ouvrez le fichier dans un tableur et enregistrez-le",
		"%w: cell %s: %s": "%w : cellule %s : %s",
		"%w: column %s (%s) is hidden: show every column, or delete those that are not needed": "" +
			"%w : la colonne %s (%s) est masquée : affichez toutes les colonnes, ou supprimez celles qui ne servent pas",
		"%w: row %d is hidden: show every row, or delete those that are not to be paid": "" +
			"%w : la ligne %d est masquée : affichez toutes les lignes, ou supprimez celles qui ne sont pas à payer",
		"%w: the file %s": "%w : le fichier %s",
		"%w: the sheet %q is hidden: show it, so that it can be seen what is paid": "" +
			"%w : la feuille %q est masquée : affichez-la, pour que l'on voie ce qui est payé",
		"%w: the sheets %q all have the columns of payouts: name the one to pay with --sheet": "" +
			"%w : les feuilles %q ont toutes les colonnes de paiements : désignez celle à payer avec --sheet",
		"%w: the workbook cannot be read: %w": "%w : le classeur est illisible : %w",
		"%w: the workbook has no sheet %q, but %q": "" +
			"%w : le classeur n'a pas de feuille %q, mais %q",
		"%w: the workbook's window is hidden: show it (in Excel, View, Unhide), so that it can be seen what is paid, and save it": "" +
			"%w : la fenêtre du classeur est masquée : affichez-la (dans Excel, Affichage, Afficher), pour que l'on voie ce qui est payé, " +
			"et enregistrez",
		"two of its sheets have the name %q: rename one of them in a spreadsheet": "" +
			"deux de ses feuilles portent le nom %q : renommez l'une d'elles dans un tableur",
		"two of its parts have the relation %q: open the file in a spreadsheet and save it": "" +
			"deux de ses parties ont la relation %q : ouvrez le fichier dans un tableur et enregistrez-le",
		"%w: the workbook has no visible sheet": "%w : le classeur n'a pas de feuille visible",
		"its rows have alternatives: open the file in a spreadsheet and save it": "" +
			"ses lignes ont des variantes : ouvrez le fichier dans un tableur et enregistrez-le",
		"it has its rows in two places: open the file in a spreadsheet and save it": "" +
			"ses lignes sont à deux endroits : ouvrez le fichier dans un tableur et enregistrez-le",
		"row %q stands twice, or after a later one: open the file in a spreadsheet and save it": "" +
			"la ligne %q s'y trouve deux fois, ou après une ligne suivante : ouvrez le fichier dans un tableur et enregistrez-le",
		"it has a cell %q, which no sheet has: open the file in a spreadsheet and save it": "" +
			"il a une cellule %q, qu'aucune feuille n'a : ouvrez le fichier dans un tableur et enregistrez-le",
		"cell %s stands in row %d: open the file in a spreadsheet and save it": "" +
			"la cellule %s se trouve à la ligne %d : ouvrez le fichier dans un tableur et enregistrez-le",
		"cell %s stands twice, or after a later one: open the file in a spreadsheet and save it": "" +
			"la cellule %s s'y trouve deux fois, ou après une cellule suivante : ouvrez le fichier dans un tableur et enregistrez-le",
		"cell %s has two values: open the file in a spreadsheet and save it": "" +
			"la cellule %s a deux valeurs : ouvrez le fichier dans un tableur et enregistrez-le",
		"%w: the workbook is damaged: %w": "%w : le classeur est abîmé : %w",
		"%w: the workbook unpacks to more than %d MB: keep so many rows as CSV": "" +
			"%w : le classeur décompressé dépasse %d Mo : gardez autant de lignes en CSV",
		"--sheet %q: the file is no workbook":  "--sheet %q : le fichier n'est pas un classeur",
		"is a formula without a stored result": "est une formule sans résultat enregistré",
		"is a formula, and the workbook says that its results are to be calculated again": "" +
			"est une formule, et le classeur dit que ses résultats sont à recalculer",
		"is a workbook of Excel 97-2003 (.xls): save it as .xlsx": "est un classeur d'Excel 97-2003 (.xls) : enregistrez-le en .xlsx",
		"is a zip file and no workbook: unpack it and name what is to be paid": "" +
			"est un fichier zip, pas un classeur : décompressez-le et indiquez ce qu'il faut payer",
		"is no workbook, although its name ends in .xlsx: if it is CSV, give it a name that ends in .csv": "" +
			"n'est pas un classeur, bien que son nom finisse par .xlsx : si c'est du CSV, donnez-lui un nom en .csv",
		"it has no %s":             "il n'a pas de %s",
		"it has no workbook":       "il n'a pas de classeur",
		"it merges too many cells": "il fusionne trop de cellules",
		"must be a column and its heading, such as amount=\"Net à payer\"": "" +
			"doit être une colonne et son titre, comme amount=\"Net à payer\"",
		"--yes does not confirm warnings of the review (open: %d): correct the file, or add %s": "" +
			"--yes ne confirme pas les avertissements de la revue (à confirmer : %d) ; corrigez le fichier, ou ajoutez %s",
		"%q is no plain file: choose another name": "%q n'est pas un fichier ordinaire : choisissez un autre nom",
		"%q must be 0, or a number above 1 with at most two decimals, such as 1.5": "" +
			"%q doit être 0, ou un nombre supérieur à 1 avec deux décimales au plus, comme 1.5",
		"%q must be the name of a group and how many there are, such as new-payees=3": "" +
			"%q doit être le nom d'un groupe et le nombre d'avertissements, comme new-payees=3",
		"%s is confirmed twice":                          "%s est confirmé deux fois",
		"the payee of payout %d is no phone number":      "le bénéficiaire du paiement %d n'est pas un numéro de téléphone",
		"%w: warning %d: correct the file, or answer y":  "%w : avertissement %d : corrigez le fichier, ou répondez o",
		"--check-rate %d: must be from 1 to %d":          "--check-rate %d : doit être entre 1 et %d",
		"--check-recipients %q: must be auto, yes or no": "--check-recipients %q : doit être auto, yes ou no",
		"--confirm %s=%d: there are %d: look at the review, and confirm what it says": "" +
			"--confirm %s=%d : il y en a %d : regardez la revue, et confirmez ce qu'elle dit",
		"--review %q: must end in .html or .xlsx":             "--review %q : doit finir par .html ou .xlsx",
		"--since %q: must name a journal, a report or a file": "--since %q : doit désigner un journal, un rapport ou un fichier",
		"amount: must be positive, got %d":                    "montant : doit être positif, reçu %d",
		"it is no report of this program: %w":                 "ce n'est pas un rapport de ce programme : %w",
		"no token":                                            "pas de jeton",
		"payout %d of the report: %w":                         "paiement %d du rapport : %w",
		"the review cannot be written: %w":                    "la revue ne peut pas être écrite : %w",
		"row %d: %w":                                          "ligne %d : %w",
		"sheet %q has no part":                                "la feuille %q n'a pas de contenu",
		"the country must be CI or SN, not %q": "" +
			"le pays doit être CI ou SN, et non %q",
	}
}

// frenchRuns are the texts about runs and their journals.
func frenchRuns() map[string]string {
	return map[string]string{
		"%w: give this one a run of its own with --run, and a journal of its own with --journal": "" +
			"%w : donnez à celui-ci sa propre paie avec --run, et son propre journal avec --journal",
		"%w: mend the database, or the address in %s": "%w : réparez la base, ou l'adresse dans %s",
		"the journal %q does not exist: name it with --journal, or begin the run with: djamo payroll run FILE": "" +
			"le journal %q n'existe pas : indiquez-le avec --journal, ou commencez la paie avec : djamo payroll run FICHIER",
		"%w; djamo payroll cluster status lists all runs":    "%w ; djamo payroll cluster status liste toutes les paies",
		"%w; nothing was done":                               "%w ; rien n'a été fait",
		"--run %q: the journal holds no such run, it has %q": "--run %q : le journal n'a pas cette paie, il a %q",
		"interrupted: whether the run is cancelled is not known: cancel it again": "" +
			"interrompu : on ne sait pas si la paie est annulée : annulez-la encore une fois",
		"it is a directory":            "c'est un répertoire",
		"it is no file":                "ce n'est pas un fichier",
		"it is the file to pay itself": "c'est le fichier à payer lui-même",
		"it was not confirmed, and there is no terminal to ask on: add --yes to confirm beforehand": "" +
			"rien n'a été confirmé, et il n'y a pas de terminal où poser la question : ajoutez --yes pour confirmer d'avance",
		"it was not confirmed: answer y, or add --yes to confirm beforehand": "" +
			"rien n'a été confirmé : répondez o, ou ajoutez --yes pour confirmer d'avance",
		"it was not confirmed: the name of the run was not typed": "rien n'a été confirmé : le nom de la paie n'a pas été tapé",
		"its address cannot be read: it must be one such as postgres://user@host:port/database": "" +
			"son adresse est illisible : il en faut une comme postgres://user@host:port/database",
		"%s: %d of these payees are still to get the same amount from the run %q: cancel that one, or add " +
			"--allow-repeats to pay both": "" +
			"%s : %d de ces bénéficiaires doivent encore recevoir le même montant de la paie %q : annulez celle-là, ou ajoutez " +
			"--allow-repeats pour payer les deux",
		"nothing was enqueued: %w: djamo payroll cluster resume %s": "" +
			"rien n'a été mis en file : %w : djamo payroll cluster resume %s",
		"nothing was enqueued: payees of this run got the same amount lately, or rows of it were changed after they were paid: " +
			"see the warning, and add --allow-repeats to pay them again all the same": "" +
			"rien n'a été mis en file : des bénéficiaires de cette paie ont reçu le même montant il y a peu, ou des lignes ont " +
			"changé après leur paiement : voyez " +
			"l'avertissement, et ajoutez --allow-repeats pour les payer quand même",
		"nothing was enqueued: the earlier run %s cannot be read: %w": "" +
			"rien n'a été mis en file : la paie précédente %s est illisible : %w",
		"nothing was enqueued":     "rien n'a été mis en file",
		"nothing was resumed":      "rien n'a été repris",
		"nothing was enqueued: %w": "rien n'a été mis en file : %w",
		"nothing was resumed: %w":  "rien n'a été repris : %w",
		"nothing was resumed: somebody has cancelled the run while this command compared it; resume it again if it is to go on: %w": "" +
			"rien n'a été repris : quelqu'un a annulé la paie pendant que cette commande la comparait ; reprenez-la si elle doit continuer : %w",
		"nothing was resumed: payees of this run got the same amount lately: see the warning; to pay them again all the same, " +
			"type: %s": "" +
			"rien n'a été repris : des bénéficiaires de cette paie ont reçu le même montant il y a peu : voyez " +
			"l'avertissement ; pour les payer quand même, tapez : %s",
		"nothing was sent": "rien n'a été envoyé",
		"nothing was sent: %s cannot be read: it must be an address such as postgres://user@host:port/database": "" +
			"rien n'a été envoyé : %s est illisible : il faut une adresse comme postgres://user@host:port/database",
		"nothing was sent: set %s to the PostgreSQL database of journal and queue, postgres://user@host:port/database": "" +
			"rien n'a été envoyé : mettez dans %s la base PostgreSQL du journal et de la file, postgres://user@host:port/database",
		"nothing was sent: the account does not cover the payouts: %s are missing; --allow-short sends what it covers": "" +
			"rien n'a été envoyé : le compte ne couvre pas les paiements : il manque %s ; --allow-short envoie ce qu'il couvre",
		"nothing was sent: the balance cannot be read: %w": "rien n'a été envoyé : le solde est illisible : %w",
		"nothing was sent: the database cannot be used now: %w": "" +
			"rien n'a été envoyé : la base est inutilisable en ce moment : %w",
		"nothing was sent: the journal cannot be used now: %w": "" +
			"rien n'a été envoyé : le journal est inutilisable en ce moment : %w",
		"--db: the database cannot be used: %w; nothing was done": "--db : la base est inutilisable : %w ; rien n'a été fait",
		"the database has let this program in, and has not answered it for %s: look whether its server, or what is before it, hangs": "" +
			"la base a laissé entrer ce programme et ne lui a pas répondu depuis %s : voyez si son serveur, ou ce qui est devant, est bloqué",
		"Waiting for the database, which has not answered for %s and lets others in: it is busy, or another program has locked " +
			"what this one needs.": "" +
			"En attente de la base, qui ne répond pas depuis %s et en laisse entrer d'autres : elle est occupée, ou un autre programme " +
			"a verrouillé ce qu'il faut à celui-ci.",
		"payees of this run got the same amount lately, or rows of it were changed after they were paid, which --yes does not " +
			"confirm: see the warning, and add --allow-repeats to pay them again all the same": "" +
			"des bénéficiaires de cette paie ont reçu le même montant il y a peu, ou des lignes ont changé après leur paiement, " +
			"ce que --yes ne confirme pas : voyez " +
			"l'avertissement, et ajoutez --allow-repeats pour les payer quand même",
		"run %q: %w":                            "paie %q : %w",
		"the earlier run %s cannot be read: %w": "la paie précédente %s est illisible : %w",
		"the journal %q cannot be used: %v: name another file with --journal, or mend this one": "" +
			"le journal %q est inutilisable : %v : indiquez un autre fichier avec --journal, ou réparez celui-ci",
		"the journal cannot be used: %v: give the right address with --journal": "" +
			"le journal est inutilisable : %v : donnez la bonne adresse avec --journal",
		"the journal holds %d runs: name one with --run: %q": "le journal a %d paies : désignez-en une avec --run : %q",
		"the journal holds no run: begin it with: djamo payroll run FILE": "" +
			"le journal n'a pas de paie : commencez-en une avec : djamo payroll run FICHIER",
		"the report cannot be written: %w": "le rapport ne peut pas être écrit : %w",
		"the report would replace %q, which is no file: choose another name": "" +
			"le rapport remplacerait %q, qui n'est pas un fichier : choisissez un autre nom",
		"the report would replace %s: give it a name of its own with --report": "" +
			"le rapport remplacerait %s : donnez-lui un autre nom avec --report",
		"the file to pay":                   "le fichier à payer",
		"the journal":                       "le journal",
		"there is nothing to report on: %w": "il n'y a rien à rapporter : %w",
		"what was typed before the question cannot be told from an answer: %w": "" +
			"ce qui a été tapé avant la question ne se distingue pas d'une réponse : %w",
		"whether this was stored is not known; the same command again is safe: %w": "" +
			"on ne sait pas si cela a été enregistré ; la même commande peut être relancée sans risque : %w",
		"%s %q: %w; choose another address, or end the program that listens there": "" +
			"%s %q : %w ; choisissez une autre adresse, ou arrêtez le programme qui y écoute",
		"--snapshot: %w": "--snapshot : %w",
		"this is no sandbox, or it goes by another name: it answered %s": "" +
			"ce n'est pas un bac à sable, ou il porte un autre nom : il a répondu %s",

		"Run %q is under way: %d of %d payouts, %s, are left to send.": "" +
			"La paie %q est en cours : %d paiements sur %d, soit %s, restent à envoyer.",
		" %d of these may have been sent: they are looked up first.": " %d d'entre eux sont peut-être partis : ils sont d'abord recherchés.",
		"Run %q: all of its %d payouts were sent before; %d of them, %s, have no outcome yet.\n": "" +
			"Paie %q : ses %d paiements sont tous partis ; %d d'entre eux, %s, n'ont pas encore d'issue.\n",
		"Run %q is finished: each of its %d payouts has its outcome, and nothing is sent now.\n": "" +
			"La paie %q est terminée : chacun de ses %d paiements a son issue, et rien n'est envoyé maintenant.\n",
		"While this was read, the account has paid payees of this run.": "" +
			"Pendant cette lecture, le compte a payé des bénéficiaires de cette paie.",
		" The account holds %s; %s are missing.\n":                 " Le compte contient %s ; il manque %s.\n",
		" The account holds %s; %s will be left, less the fees.\n": " Le compte contient %s ; il restera %s, moins les frais.\n",
		" %d of these, %s, were paid earlier under their references; %d, %s, are to be sent.": "" +
			" %d d'entre eux, %s, ont déjà été payés sous leurs références ; %d, %s, sont à envoyer.",
		"Pay? [y/N] ": "Payer ? [o/N] ",
		"To pay them again all the same, type the name of the run (%s): ": "" +
			"Pour les payer quand même une autre fois, tapez le nom de la paie (%s) : ",
		"NAME":        "NOM",
		"NOTE":        "NOTE",
		"TOTAL":       "TOTAL",
		"PAYOUTS":     "PAIEMENTS",
		"FEE":         "FRAIS",
		"fees":        "frais",
		"DESCRIPTION": "MOTIF",
		"planned":     "prévus",
		"accepted":    "acceptés",
		"completed":   "payés",
		"failed":      "échoués",
		"refused":     "refusés",
		"conflict":    "en conflit",
		"unknown":     "inconnus",
		"open":        "sans issue",
		"paid earlier under these references, not paid now": "payés avant sous ces références, pas maintenant",
		"and %d more":              "et %d de plus",
		"and more: see the report": "et d'autres : voir le rapport",
	}
}
