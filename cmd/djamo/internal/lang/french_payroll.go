package lang

// frenchPayroll are the texts about files of salaries.
func frenchPayroll() map[string]string {
	return map[string]string{
		"Make or update the tables; once, and after each update of the program": "" +
			"Créer ou mettre à jour les tables ; une fois, et après chaque mise à jour du programme",
		"Pay files with workers on many machines, over one PostgreSQL database": "" +
			"Payer des fichiers par plusieurs machines, sur une base PostgreSQL",
		"Pays files with workers on many machines. Journal and queue are in the PostgreSQL database that " +
			"DJAMO_DATABASE_URL\nnames. Enqueued twice, a file is paid once.": "" +
			"Paie des fichiers par plusieurs machines. Le journal et la file sont dans la base PostgreSQL que désigne " +
			"DJAMO_DATABASE_URL.\nMis deux fois en file, un fichier est payé une seule fois.",
		"RUN must be the name of one run, got %q: djamo payroll cluster status lists them": "" +
			"RUN doit être le nom d'une paie, reçu %q : djamo payroll cluster status les liste",
		"answer GET /healthz at this `address`, such as 127.0.0.1:8482; default: nowhere": "" +
			"répondre à GET /healthz à cette `adresse`, comme 127.0.0.1:8482 ; par défaut : nulle part",
		"not working: %v": "à l'arrêt : %v",
		"--health %s: %v: choose another address, such as 127.0.0.1:8482": "" +
			"--health %s : %v : choisissez une autre adresse, comme 127.0.0.1:8482",
		"%s is set, and this program was built without OpenTelemetry: build it with -tags otel": "" +
			"%s est définie, et ce programme a été compilé sans OpenTelemetry : compilez-le avec -tags otel",
		"RUN\tPAYOUTS\tAMOUNT\tCOMPLETED\tPAID EARLIER\tFAILED\tREFUSED\tCONFLICT\tUNKNOWN\tPENDING\tNOT SENT\tFEES\tSTATE": "" +
			"PAIE\tPAIEMENTS\tMONTANT\tABOUTIS\tPAYÉS AVANT\tÉCHOUÉS\tREFUSÉS\tCONFLITS\tINCONNUS\tEN ATTENTE\tNON ENVOYÉS\tFRAIS\tÉTAT",
		"not stored: being stored, or given up half-way; nothing was sent": "" +
			"pas enregistrée : enregistrement en cours, ou abandonné à mi-chemin ; rien n'a été envoyé",
		"held %s, nothing is sent: %s; to pay all the same: %s": "retenue le %s, rien n'est envoyé : %s ; pour payer quand même : %s",
		"cancelled %s":               "annulée le %s",
		"%d parts wait since %s: %s": "parties en attente : %d, depuis le %s : %s",
		"%d parts have no job, and nobody goes on with them: djamo payroll cluster resume %s": "" +
			"parties sans tâche, que personne ne reprend : %d : djamo payroll cluster resume %s",
		"the queue %s has been paused since %s: resume it in River UI": "" +
			"la file %s est en pause depuis le %s : relancez-la dans River UI",
		"paid from one machine": "payée depuis une seule machine",
		"nothing was sent in the last minute: is a worker running?": "" +
			"rien n'a été envoyé depuis une minute : une machine est-elle au travail ?",
		"sending: %d in the last minute, about %s to go": "envoi : %d dans la dernière minute, encore %s environ",
		"all sent: %d outcomes are asked for":            "tout est envoyé ; résultats encore demandés : %d",
		"nothing was sent: %s=%q, or what OTEL_EXPORTER_… says beside it: %v: must be otlp, console or none": "" +
			"rien n'a été envoyé : %s=%q, ou ce que dit OTEL_EXPORTER_… à côté : %v : doit être otlp, console ou none",
		"; ":                         " ; ",
		"finished":                   "terminée",
		"The tables are up to date.": "Les tables sont à jour.",
		"%d parts are open, %d of them newly enqueued.": "parties ouvertes : %d, dont nouvelles dans la file : %d.",
		"%d parts cannot go on yet, since their last job is still being ended: resume the run again in %s.": "" +
			"parties dont la dernière tâche se termine encore, et qui ne peuvent pas reprendre avant : %d. Reprenez la paie dans %s.",
		"--part-size %d: must be at least 1":                             "--part-size %d : doit être au moins 1",
		"--recent-days %d: must be at least 1":                           "--recent-days %d : doit être au moins 1",
		"FILE must be the name of one CSV or XLSX file, got %q":          "FILE doit être le nom d'un fichier CSV ou XLSX, reçu %q",
		"Go on with a run that was cancelled, or that a worker has held": "Reprendre une paie annulée, ou retenue par une machine",
		"Goes on with a run that was cancelled, or that a worker has held since payees got the same amounts lately. What is\n" +
			"left to send is compared with what the account has paid before, and by the workers once more.": "" +
			"Reprend une paie annulée, ou retenue par une machine parce que des bénéficiaires ont reçu les mêmes montants récemment.\n" +
			"Ce qui reste à envoyer est comparé à ce que le compte a déjà payé, et par les machines encore une fois.",
		"Have the workers pay a CSV or XLSX file; enqueued twice, it is paid once": "" +
			"Faire payer un fichier CSV ou XLSX par les machines ; mis deux fois en file, il est payé une fois",
		"Run %q: %d payouts, %s in all.":                  "Paie %q : %d paiements, %s en tout.",
		"Send nothing more of a run, until it is resumed": "Ne plus rien envoyer d'une paie, jusqu'à sa reprise",
		"The run is cancelled: nothing was under way; nothing leaves any more.": "" +
			"La paie est annulée : rien n'était en cours ; plus rien ne part.",
		"The run is cancelled: payouts under way and recorded: %d; nothing else leaves.": "La paie est annulée : paiements en cours et " +
			"enregistrés : %d ; plus rien d'autre ne part.",
		"The run is cancelled; worker %s has not answered for %d s, and stops at its lease, %s.": "La paie est annulée ; la machine %s n'a " +
			"pas répondu depuis %d s, et s'arrête à la fin de son bail, à %s.",
		"The run is cancelled: payouts under way and recorded: %d; with a worker that does not answer: %d. A request that it was " +
			"allowed before may still leave within its send timeout, and nothing else. They are looked up when the run is resumed.": "" +
			"La paie est annulée : paiements en cours et enregistrés : %d ; chez une machine qui ne répond pas : %d. Une requête qui lui " +
			"avait été permise peut encore partir avant la fin de son délai d'envoi, et rien d'autre. Leur sort est vérifié à la reprise.",
		"Warning: %s.": "Attention : %s.",
		"Warning: %s":  "Attention : %s",
		"confirm that payees get the same amount again":        "confirmer que des bénéficiaires reçoivent de nouveau le même montant",
		"enqueue although the account does not cover the file": "mettre en file même si le compte ne couvre pas le fichier",
		"how many `days` back the account's payments are compared with the file": "" +
			"sur combien de `jours` passés les paiements du compte sont comparés au fichier",
		"payouts in one part, and at most in one request":  "paiements dans une partie, et au plus dans une requête",
		"%s: %d of %d payouts completed, %s in all.":       "%s : %d paiements exécutés sur %d, %s en tout.",
		"FILE %q: must end in .csv, .xlsx, .json or .html": "FILE %q : doit finir par .csv, .xlsx, .json ou .html",
		"RUN and FILE must be the name of a run and of the report, got %q": "" +
			"RUN et FILE doivent être le nom d'une paie et celui du rapport, reçu %q",
		"Say how far a run is; without RUN, every run": "Dire où en est une paie ; sans RUN, toutes",
		"Write what became of each payout to a .csv, .xlsx, .json or .html file": "" +
			"Écrire ce qu'est devenu chaque paiement dans un fichier .csv, .xlsx, .json ou .html",
		"--mode %q: must be single or batch": "--mode %q : doit être single ou batch",
		"--sending %d: must be at least 1":   "--sending %d : doit être au moins 1",
		"--settling %d: must be at least 1":  "--settling %d : doit être au moins 1",
		"Pay what is enqueued until told to stop; on each machine, as a service": "" +
			"Payer ce qui est en file jusqu'à l'arrêt ; sur chaque machine, comme un service",
		"how long a lost request may still arrive; default: the send timeout plus 10s": "" +
			"combien de temps une requête perdue peut encore arriver ; par défaut --send-timeout plus 10s",
		"how long a part stays with a worker that was killed": "combien de temps une partie reste à une machine arrêtée",
		"one request for each payout, or for many: `single|batch`": "" +
			"une requête par paiement, ou pour plusieurs : `single|batch`",
		"parts that are sent at the same time":                "parties envoyées en même temps",
		"parts whose outcomes are asked for at the same time": "parties dont l'issue est demandée en même temps",
		"requests at the same time for one part":              "requêtes en même temps pour une partie",
		"send although the account does not cover a part":     "envoyer même si le compte ne couvre pas une partie",
		"the `id` of the sub-company that pays":               "l'`id` de la sous-entreprise qui paie",
		"the first pause between questions":                   "la première pause entre deux questions",
		"working":                                             "au travail",
		"--country %q: must be CI or SN":                      "--country %q : doit être CI ou SN",
		"--max %d: must not be below --min %d":                "--max %d : ne doit pas être inférieur à --min %d",
		"--max %d: must not be negative":                      "--max %d : ne doit pas être négatif",
		"--min %d: must not be negative":                      "--min %d : ne doit pas être négatif",
		"Sheet %q of the workbook is read.":                   "La feuille %q du classeur est lue.",
		"`name` of the run, from which missing references are made; required when the file lacks some": "" +
			"`nom` de la paie, dont on tire les références qui manquent ; exigé s'il en manque dans le fichier",
		"`name` of the workbook's sheet to pay; default: the only one that has the columns": "" +
			"`nom` de la feuille à payer ; par défaut la seule qui a les colonnes",
		"also take phone numbers in the national form of `CI|SN`": "" +
			"accepter aussi les numéros sous la forme nationale de `CI|SN`",
		"heading of a column in this file, as in `amount=\"Net à payer\"`; columns are msisdn, amount, reference, " +
			"description and name; may be repeated": "" +
			"titre d'une colonne de ce fichier, comme `amount=\"Net à payer\"` ; les colonnes sont msisdn, amount, " +
			"reference, description et name ; peut être répété",
		"refuse payouts above so many `francs`; 0 for no limit": "" +
			"refuser les paiements au-dessus de tant de `francs` ; 0 sans limite",
		"refuse payouts below so many `francs`; 0 for no limit": "" +
			"refuser les paiements au-dessous de tant de `francs` ; 0 sans limite",
		"%q is one file too many: one is paid at a time": "%q est un fichier de trop : on en paie un à la fois",
		"Ask what became of what a run has sent; nothing is sent": "" +
			"Demander où en est ce qu'une paie a envoyé ; rien n'est envoyé",
		"Check a CSV or XLSX file and show what would be paid; nothing is sent": "" +
			"Vérifier un fichier CSV ou XLSX et montrer ce qui serait payé ; rien n'est envoyé",
		"FILE %q: must be the name of a CSV or XLSX file":   "FILE %q : doit être le nom d'un fichier CSV ou XLSX",
		"FILE is missing: name the CSV or XLSX file to pay": "FILE manque : indiquez le fichier CSV ou XLSX à payer",
		"Go on with a run that was confirmed and stopped, from its journal": "" +
			"Reprendre une paie confirmée puis arrêtée, d'après son journal",
		"Goes on with the run in the journal, which was confirmed when it began. The file is not read: when it is " +
			"given,\nthe journal is the one beside it. What is left to send is compared with what the account has paid " +
			"since.": "" +
			"Reprend la paie du journal, confirmée à son début. Le fichier n'est pas lu : s'il est indiqué, le journal est " +
			"celui qui est à\ncôté. Ce qui reste à envoyer est comparé à ce que le compte a payé depuis.",
		"Pay a CSV or XLSX file; started again with the same file, it goes on where it stopped": "" +
			"Payer un fichier CSV ou XLSX ; relancée avec le même fichier, la paie reprend où elle s'est arrêtée",
		"Pay a file of salaries, each exactly once": "Payer un fichier de salaires, chacun une seule fois",
		"Say what became of each payout of a run, from its journal; no account is needed": "" +
			"Dire ce qu'est devenu chaque paiement d'une paie, d'après son journal ; sans compte",
		"confirm beforehand, warnings included, but for payments that may be repeated": "" +
			"confirmer d'avance, avertissements compris, sauf les paiements peut-être répétés",
		"confirm that some payouts were paid earlier":       "confirmer que des paiements ont été faits auparavant",
		"go on even if the balance does not cover the file": "continuer même si le solde ne couvre pas le fichier",
		"for scripts that give it to every command: a resumed run was confirmed when it began": "" +
			"pour les scripts qui la donnent partout : une paie reprise a été confirmée à son début",
		"how it is written to standard output: `table|csv|xlsx|json|html`; all but the table have whole phone numbers": "" +
			"forme sur la sortie standard : `table|csv|xlsx|json|html` ; toutes sauf la table ont les numéros entiers",
		"--batch-size %d: must be at least 1":  "--batch-size %d : doit être au moins 1",
		"--concurrency %d: must be at least 1": "--concurrency %d : doit être au moins 1",
		"--csv-separator %q: must be a comma, a semicolon or tab": "" +
			"--csv-separator %q : doit être une virgule, un point-virgule ou tab",
		"--idle-timeout %s: must be positive": "--idle-timeout %s : doit être positif",
		"--journal: must be a file, or an address that starts with postgres://": "" +
			"--journal : doit être un fichier, ou une adresse qui commence par postgres://",
		"--journal: must name the journal of the run, or the file that was paid must be given": "" +
			"--journal : doit désigner le journal de la paie, sinon indiquez le fichier qui a été payé",
		"--lease %s: must be positive": "--lease %s : doit être positif",
		"--quiet-period %s: must be longer than --send-timeout %s": "" +
			"--quiet-period %s : doit être plus long que --send-timeout %s",
		"not every payout is completed: the report says which, and why": "" +
			"des paiements n'ont pas abouti : le rapport dit lesquels, et pourquoi",
		"some payouts were paid earlier under these references, and not now: the report says which. " +
			"Each month's payouts need references of their own": "" +
			"des paiements ont déjà été faits sous ces références, et non maintenant : le rapport dit lesquels. " +
			"Les paiements de chaque mois doivent avoir leurs propres références",
		"--recent-days %d: must be from 1 to %d":               "--recent-days %d : doit être de 1 à %d",
		"--report %q: must end in .csv, .xlsx, .json or .html": "--report %q : doit finir par .csv, .xlsx, .json ou .html",
		"--send-timeout %s: must be positive":                  "--send-timeout %s : doit être positif",
		"SQLite `file` or postgres:// address of the journal; default: the file to pay with .journal": "" +
			"`fichier` SQLite ou adresse postgres:// du journal ; par défaut le fichier à payer suivi de .journal",
		"`file` to report to: .csv, .xlsx, .json or .html; it holds whole phone numbers": "" +
			"`fichier` du rapport : .csv, .xlsx, .json ou .html ; il contient les numéros entiers",
		"`name` of the run; default: the only one in the journal": "`nom` de la paie ; par défaut la seule du journal",
		"confirm beforehand that payees get the same amount again, and that some payouts were paid earlier": "" +
			"confirmer d'avance que des bénéficiaires reçoivent de nouveau le même montant, et que des paiements ont été " +
			"faits auparavant",
		"how long a payout whose answer was lost is looked for before it is sent again; default: the send timeout plus " +
			"10s": "" +
			"combien de temps on cherche un paiement dont la réponse s'est perdue avant de le renvoyer ; par défaut " +
			"--send-timeout plus 10s",
		"how long the run stays with a process that was killed, when the journal is in PostgreSQL": "" +
			"combien de temps la paie reste à un programme arrêté, si le journal est dans PostgreSQL",
		"how long to wait without any news before stopping": "combien de temps attendre sans nouvelles avant d'arrêter",
		"payouts in one batch":                              "paiements dans un lot",
		"requests at the same time":                         "requêtes en même temps",
		"send although the balance does not cover the file": "envoyer même si le solde ne couvre pas le fichier",
		"what stands between the fields of a CSV report: `,|;|tab`; default: a semicolon where the language, or " +
			"that of the system, is French, as Excel expects there, and a comma elsewhere": "" +
			"ce qui sépare les champs d'un rapport CSV : `,|;|tab` ; par défaut un point-virgule si la langue, ou celle " +
			"du système, est le français, comme Excel l'attend, sinon une virgule",
		"The balance was not checked: %s is not set.": "Le solde n'a pas été vérifié : %s n'est pas définie.",
		"%d of %d payouts, %s, were paid earlier under these references, and not now.": "" +
			"%d paiements sur %d, soit %s, ont été faits auparavant sous ces références, et non maintenant.",
		"--format %q: must be table, csv, xlsx, json or html": "--format %q : doit être table, csv, xlsx, json ou html",
		"--max-total %s: the file comes to %s; nothing was sent": "" +
			"--max-total %s : le fichier se monte à %s ; rien n'a été envoyé",
		"--max-total is missing: in production --yes needs the most that may be sent, such as --max-total 5000000": "" +
			"--max-total manque : en production, avec --yes, il faut dire combien peut partir au plus, par exemple " +
			"--max-total 5000000",
		"Nothing was paid now: run %q was completed before; give a new month a name of its own with --run.": "" +
			"Rien n'a été payé maintenant : la paie %q était déjà finie ; donnez à un nouveau mois son propre nom avec " +
			"--run.",
		"Report: %s": "Rapport : %s",
	}
}
