package lang

// frenchOfJournals are the sentences of packages payroll, sqljournal and riverpayroll about journals and runs. What stands for %s may
// be another one of them. A sentence in French without a place leaves out what the database itself has said.
func frenchOfJournals() map[string]string {
	const (
		pooled = "connections are pooled by transaction, and the journal needs its own: set the pooler to session pooling, " +
			"or connect to the server itself"
		partage = "les connexions sont partagées par transaction, et le journal a besoin des siennes : réglez le proxy sur les sessions, " +
			"ou connectez-vous au serveur lui-même"
	)
	texts := map[string]string{
		// files
		"the file is no SQLite database (%s)": "le fichier n'est pas une base SQLite",
		"the file is corrupt: go back to a copy of it, or start a new journal, which finds at the API what was paid already (%s)": "" +
			"le fichier est abîmé : reprenez une copie, ou commencez un autre journal, qui retrouve auprès de l'API ce qui a déjà été payé",
		"the disk is full: make room and start again; nothing that is not recorded was sent (%s)": "" +
			"le disque est plein : faites de la place et relancez ; rien n'est parti qui ne soit enregistré",
		"the file or its directory cannot be written to (%s)": "il est interdit d'écrire dans le fichier ou dans son dossier",
		"the file cannot be locked: it may not be written to, or its disk has no locks, as NFS (%s)": "" +
			"le fichier ne peut pas être verrouillé : il est interdit d'y écrire, ou son disque n'a pas de verrous, comme NFS",
		"the file cannot be opened (%s)": "le fichier ne s'ouvre pas",
		"the file is the database of another program: give the journal a file of its own": "" +
			"le fichier est la base d'un autre programme : donnez au journal son propre fichier",
		"SQLite cannot keep it safely here: PRAGMA %s gives %s": "" +
			"SQLite ne peut pas le garder sûrement ici : PRAGMA %s donne %s",
		"SQLite cannot keep it safely here: PRAGMA %s is %s, not %s": "" +
			"SQLite ne peut pas le garder sûrement ici : PRAGMA %s vaut %s, et non %s",
		"this sql.DB is in use already: open the file once for each journal": "" +
			"cette connexion sert déjà : ouvrez le fichier une fois par journal",
		"it has locked the journal's file (%s)": "il a verrouillé le fichier du journal",

		// databases
		pooled:           partage,
		pooled + " (%s)": partage,
		"it needs two connections: call SetMaxOpenConns with 2 or more": "" +
			"il lui faut deux connexions : appelez SetMaxOpenConns avec 2 ou plus",
		"it needs two connections, and got no second one within %s: allow more of them": "" +
			"il lui faut deux connexions, et la seconde n'est pas venue en %s : accordez-en davantage",
		"the database is a standby: connect to its primary": "la base est un serveur de secours : connectez-vous au primaire",
		"its transactions may only read: set default_transaction_read_only to off, for the database or its user": "" +
			"ses transactions ne peuvent que lire : mettez default_transaction_read_only à off, pour la base ou son utilisateur",
		"the database stores text as %s: make one with the encoding UTF8": "" +
			"la base garde les textes en %s : créez-en une au codage UTF8",
		"the database may lose what it has committed, by a crash or a failover (synchronous_commit is %s): set it to on": "" +
			"la base peut perdre ce qu'elle a enregistré, par une panne ou une bascule (synchronous_commit vaut %s) : mettez-le à on",
		"the database may lose what it has committed: set fsync to on": "" +
			"la base peut perdre ce qu'elle a enregistré : mettez fsync à on",
		"no schema of its search_path exists: make one, or set search_path in the database's address": "" +
			"aucun schéma de son search_path n'existe : créez-en un, ou indiquez search_path dans l'adresse de la base",
		"its user may not make tables in the schema %q: connect as one who may": "" +
			"son utilisateur ne peut pas créer de tables dans le schéma %q : connectez-vous comme un autre",
		"it has a table %s already, which no version of this program has made: drop it, or use another schema": "" +
			"elle a déjà une table %s, qu'aucune version de ce programme n'a créée : supprimez-la, ou prenez un autre schéma",
		"its user may not change the table %s: connect as its owner": "" +
			"son utilisateur ne peut pas changer la table %s : connectez-vous comme son propriétaire",
		"it is from a newer version of this program (its tables have version %d, this program knows %d): update the program": "" +
			"elle est d'une version plus récente de ce programme (ses tables ont la version %d, ce programme connaît %d) : " +
			"mettez le programme à jour",
		"its tables have version %d, and this program needs %d: migrate it first": "" +
			"ses tables ont la version %d, et ce programme exige %d : lancez d'abord djamo payroll cluster migrate",
		"the table river_job exists, and river_migration, which says of which version it is, does not": "" +
			"la table river_job existe, et river_migration, qui dit sa version, n'existe pas",
		"its user may not change River's tables: connect as their owner": "" +
			"son utilisateur ne peut pas changer les tables de River : connectez-vous comme leur propriétaire",
		"River's tables are behind (%s): migrate it first": "" +
			"les tables de River sont en retard (%s) : lancez d'abord djamo payroll cluster migrate",
		"River's tables cannot be read, or are from a newer version: update the program: %s": "" +
			"les tables de River sont illisibles, ou d'une version plus récente : mettez le programme à jour : %s",

		// runs
		"the API turns this worker away: %s":                    "l'API refuse cette machine : %s",
		"the account of the run cannot be read: %s":             "le compte de la paie est illisible : %s",
		"it holds %d payouts of %s where its plan has %d of %s": "il contient %d paiements de %s, et son plan %d de %s",
		"%d payouts of %s in all, not %d of %s":                 "%d paiements de %s en tout, et non %d de %s",
		"it belongs to %s, and this is %s":                      "elle est celle de %s, et celui-ci est %s",
		"it is of the run %q, not %q":                           "il est de la paie %q, et non %q",
		"%s, for another %s unless it goes on":                  "%s, encore %s s'il ne continue pas",
		"it was %s's with fence %d, now the fence is %d":        "il était à %s sous le numéro %d, et c'est maintenant le %d",
		"it ran out":                               "il a pris fin",
		"it was closed":                            "il a été fermé",
		"it was held at %s: %s":                    "elle a été retenue le %s : %s",
		"it was cancelled at %s":                   "elle a été annulée le %s",
		"payees of it got the same amounts lately": "des bénéficiaires ont reçu les mêmes montants il y a peu",
		"another process has written to the file":  "un autre programme a écrit dans le fichier",
		"the run %q has no part %d":                "la paie %q n'a pas de partie %d",
		"the run %q was not enqueued: no worker sends anything of it; cancel it again if somebody enqueues it at this moment": "" +
			"la paie %q n'a pas été mise en file : aucune machine n'en envoie rien ; annulez-la encore si quelqu'un l'y met en ce moment",
		"whether the run is cancelled is not known: cancel it again: %s": "" +
			"on ne sait pas si la paie est annulée : annulez-la encore une fois : %s",
		"the run is cancelled; what is under way cannot be read: %s": "la paie est annulée ; ce qui est en cours est illisible : %s",
		"outcome unknown of %s, it may have been carried out: %s":    "issue inconnue de %s, l'opération a pu être exécutée : %s",
		"outcome unknown of %s and %d more, it may have been carried out: %s": "" +
			"issue inconnue de %s et de %d autres, l'opération a pu être exécutée : %s",
		"%s: the connection ended before the whole answer was there: %s": "%s : la connexion a été coupée avant la fin de la réponse (%s)",
		"%s: dial tcp %s: connect: connection refused": "" +
			"%s : rien ne répond à l'adresse %s : vérifiez-la, et que le serveur est en marche",
		"%d payouts have no outcome after %s: resume the run to go on asking": "" +
			"%d paiements sont sans résultat après %s : reprenez la paie pour continuer à le demander",
		"the run was not cancelled: %s":                    "la paie n'a pas été annulée : %s",
		"whether it was recorded is not known: %s":         "on ne sait pas si cela a été enregistré : %s",
		"there is no run %q: did you mean %s?":             "il n'y a pas de paie %q : vouliez-vous dire %s ?",
		"there is no run %q":                               "il n'y a pas de paie %q",
		"nothing was sent: the balance cannot be read: %s": "rien n'a été envoyé : le solde est illisible : %s",
		"it holds %s, and %s are left to be paid":          "il contient %s, et il reste %s à payer",
		"it holds %s, and %s are to be paid":               "il contient %s, et il y a %s à payer",
		"a payout was not sent: %s":                        "un paiement n'est pas parti : %s",
		"an outcome could not be read: %s":                 "une issue n'a pas pu être lue : %s",
		"%d of %d payouts have no outcome yet, and entries that were booked do not change": "" +
			"%d paiements sur %d n'ont pas encore d'issue, et des écritures passées ne changent plus",
		"the totals do not add up: the plan has %d payouts of %s in all, the journal %d of %s": "" +
			"les totaux ne tombent pas juste : le plan a %d paiements de %s en tout, le journal %d de %s",
		"reading the account's latest payments: %s": "la lecture des derniers paiements du compte : %s",
		"checking payees: %s":                       "la vérification des bénéficiaires : %s",
		"reading the file: %s":                      "la lecture du fichier : %s",
		"reading the journal: %s":                   "la lecture du journal : %s",
		"opening the journal: %s":                   "l'ouverture du journal : %s",
		"recording payouts: %s":                     "l'enregistrement des paiements : %s",
		"writing the report: %s":                    "l'écriture du rapport : %s",
		"writing the receipts: %s":                  "l'écriture des reçus : %s",
		"writing the entries: %s":                   "l'enregistrement des écritures comptables : %s",
		"the run went on meanwhile (%s: %d payouts read, %d counted): write it again": "" +
			"la paie a avancé entre-temps (%s : %d paiements lus, %d comptés) : écrivez-le encore une fois",
		"%d payouts do not fit into a sheet, which has room for %d: choose .csv": "" +
			"%d paiements ne tiennent pas dans une feuille, qui en a la place pour %d : choisissez .csv",
		"the report would replace %q, which is no file: choose another name": "" +
			"le rapport remplacerait %q, qui n'est pas un fichier : choisissez un autre nom",
	}
	for english, french := range frenchOfKinds() {
		texts[english+": %s"] = french + " : %s"
	}
	return texts
}

// frenchOfKinds are the kinds of errors of package payroll, behind which the reason stands.
func frenchOfKinds() map[string]string {
	return map[string]string{
		"the run is not finished":                                     "la paie n'est pas terminée",
		"bad plan":                                                    "fichier refusé",
		"the journal holds another plan":                              "le journal contient un autre fichier",
		"the journal holds no plan":                                   "le journal ne contient pas de fichier à payer",
		"another process is driving this run":                         "un autre programme mène cette paie",
		"the lease of this run was lost":                              "le bail de cette paie est perdu",
		"this run was divided into parts, which are paid one by one":  "cette paie est divisée en parties, payées l'une après l'autre",
		"this run was cancelled: nothing is sent until it is resumed": "cette paie est annulée : rien ne part avant sa reprise",
		"another account pays this run":                               "un autre compte règle cette paie",
		"there is no such run":                                        "cette paie n'existe pas",
		"unusable journal":                                            "journal inutilisable",
		"the account does not cover the payouts":                      "le compte ne couvre pas les paiements",
		"the API turned the whole run away":                           "l'API a refusé toute la paie",
	}
}
