package lang

// frenchWallets are the texts about wallets, and newer ones about payrolls.
func frenchWallets() map[string]string {
	return map[string]string{
		"%s; nothing was done":                     "%s ; rien n'a été fait",
		"--%s: %s; nothing was done":               "--%s : %s ; rien n'a été fait",
		"JSON file with a consent for each wallet": "fichier JSON avec un consentement par portefeuille",
		"Keep wallets in a database until told to stop or, with --once, until everything is there": "" +
			"Tenir à jour des portefeuilles dans une base jusqu'à l'arrêt ou, avec --once, jusqu'à ce que tout y soit",
		"Print how each wallet stands, one JSON object a line": "Écrire où en est chaque portefeuille, un objet JSON par ligne",
		"Print the changes of a wallet, one JSON object a line": "" +
			"Écrire les changements d'un portefeuille, un objet JSON par ligne",
		"Prints for each wallet its state (in_step, syncing, failing, quarantined, rate_limited or stopped by its " +
			"consent), when it\nwas read well last, what it has, what pushes announced that has not come, and its balance. " +
			"The gap is the balance minus\nthe sum of what is stored: what was there before the first transaction. djamo wallets " +
			"quarantine lists what is quarantined.": "" +
			"Écrit pour chaque portefeuille son état (in_step, syncing, failing, quarantined, rate_limited ou arrêté par " +
			"son consentement),\nsa dernière lecture réussie, ce qu'il a, ce que des notifications ont annoncé et qui n'est " +
			"pas venu, et son solde. L'écart est\nle solde moins la somme de ce qui est enregistré : ce qu'il y avait " +
			"avant la première transaction. djamo wallets quarantine\nliste ce qui est en quarantaine.",
		"Print the items that were kept aside, one JSON object a line": "Écrire les éléments mis de côté, un objet JSON par ligne",
		"Prints the items that could not be read, or that contradict what is final: wallet, when each came first, its id where " +
			"it has\none, why it was kept aside, its size in bytes, and its hash. With --raw it prints the items themselves as " +
			"well, which are\npersonal data, and whole reasons, which may quote them.\n\nAn item leaves the quarantine by itself when " +
			"the gateway gives it again and it can be read. What was entered in the last\nten days is read again once a day. This " +
			"command changes nothing.": "" +
			"Écrit les éléments illisibles, ou qui contredisent ce qui est définitif : portefeuille, première apparition, id s'il y en a " +
			"un,\nmotif de la mise de côté, taille en octets et empreinte. Avec --raw, écrit aussi les éléments eux-mêmes, qui sont " +
			"des données\npersonnelles, et les motifs entiers, qui peuvent les citer.\n\nUn élément sort de la quarantaine de lui-même " +
			"quand la passerelle le redonne et qu'il se lit. Ce qui date des dix derniers\njours est relu une fois par jour. Cette " +
			"commande ne change rien.",
		"id of the wallet; without it those of all wallets are printed": "" +
			"id du portefeuille ; sans lui, ceux de tous les portefeuilles sont écrits",
		"print the items themselves, which are personal data": "écrire les éléments eux-mêmes, qui sont des données personnelles",
		"Prints what was added, modified and removed, in order and without gaps. A reader that remembers the last seq " +
			"it has\nbooked, and gives it as --after, books each change once.": "" +
			"Écrit ce qui a été ajouté, modifié et supprimé, dans l'ordre et sans trou. Un lecteur qui retient le dernier " +
			"seq qu'il a\ncomptabilisé, et le donne par --after, comptabilise chaque changement une fois.",
		"Read Djamo wallets with their holders' consent, and keep them in a database": "" +
			"Lire des portefeuilles Djamo avec l'accord de leurs titulaires, et en tenir une copie dans une base",
		"Reads the wallets until it is told to stop. Kill it as you like and start it again: each transaction is there " +
			"once. Several\nmay run on one database; each wallet has one reader at a time.\n\nThe consent comes from the " +
			"environment, or for each wallet from the file that --consents names:\n  {\"wal_…\": {\"consent_id\": \"…\", " +
			"\"token\": \"…\", \"refresh_token\": \"…\"}}\n\nEnvironment:\n  DJAMO_CONSENT_ID             the holder's " +
			"consent, with its first tokens: later the newer ones of the database count\n  DJAMO_CONSENT_TOKEN\n  " +
			"DJAMO_CONSENT_REFRESH_TOKEN\n  DJAMO_CONSENT_KEY            32 bytes in base64 that seal the tokens in the " +
			"database; without it a file of SQLite\n                               gets a key beside it, FILE.key\n  " +
			"DJAMO_PISPI_SECRET           signs the pushes that --listen receives at POST /djamo/pi-spi\n\nExit codes:\n  " +
			"0   told to stop or, with --once, everything is there\n  1   anything else: run it again\n  3   with --once: " +
			"a wallet has quarantined items, or its consent is over: a person must look at it\n  64  bad input: nothing was " +
			"done": "" +
			"Lit les portefeuilles jusqu'à l'arrêt. Il peut être tué à tout moment et relancé : chaque transaction y est " +
			"une fois. Plusieurs\npeuvent tourner sur une base ; chaque portefeuille a un lecteur à la fois.\n\nLe " +
			"consentement vient de l'environnement, ou pour chaque portefeuille du fichier indiqué par --consents :\n  " +
			"{\"wal_…\": {\"consent_id\": \"…\", \"token\": \"…\", \"refresh_token\": \"…\"}}\n\nEnvironnement :\n  " +
			"DJAMO_CONSENT_ID             le consentement du titulaire, avec ses premiers jetons : ensuite comptent ceux " +
			"de la base\n  DJAMO_CONSENT_TOKEN\n  DJAMO_CONSENT_REFRESH_TOKEN\n  DJAMO_CONSENT_KEY            32 octets en " +
			"base64 qui scellent les jetons dans la base ; sans elle, un fichier SQLite\n                               " +
			"reçoit une clé à côté de lui, FICHIER.key\n  DJAMO_PISPI_SECRET           signe les notifications que " +
			"--listen reçoit sur POST /djamo/pi-spi\n\nCodes de sortie :\n  0   arrêté ou, avec --once, tout y est\n  1   " +
			"toute autre erreur : relancez la commande\n  3   avec --once : un portefeuille a des éléments en quarantaine, ou son " +
			"consentement est fini : une personne doit s'en occuper\n  64  entrée incorrecte : rien n'a été fait",
		"Reads wallets behind an open-finance gateway and keeps a copy in SQLite or PostgreSQL: each transaction once, " +
			"in order,\nwhatever is killed, repeated, late or pushed early. The gateway's shapes are not confirmed by a " +
			"gateway yet.": "" +
			"Lit des portefeuilles derrière une passerelle de finance ouverte et en tient une copie dans SQLite ou " +
			"PostgreSQL : chaque\ntransaction une fois, dans l'ordre, même si un programme est tué, ou si une page se répète, tarde ou est " +
			"annoncée trop tôt. Aucune passerelle n'a encore\nconfirmé ces formats.",
		"URL of the gateway": "adresse de la passerelle",
		"address to receive pushes on, at POST /djamo/pi-spi":      "adresse où recevoir les notifications, sur POST /djamo/pi-spi",
		"currency of the wallets":                                  "devise des portefeuilles",
		"end when every wallet is in step and every backfill done": "finir quand chaque portefeuille est à jour et son historique lu",
		"file of SQLite, or postgres://…":                          "fichier SQLite, ou postgres://…",
		"how long one read may take":                               "combien de temps une lecture peut durer",
		"id of the wallet":                                         "id du portefeuille",
		"ids of the wallets, with commas between them":             "id des portefeuilles, séparés par des virgules",
		"items in a page":                                          "éléments dans une page",
		"only changes after this seq":                              "seulement les changements après ce seq",
		"read history from this day on, such as 2026-01-31":        "lire l'historique à partir de ce jour, comme 2026-01-31",
		"time between reads of a wallet that is in step":           "temps entre deux lectures d'un portefeuille à jour",
		"where tokens are refreshed (default {gateway}/oauth/token)": "" +
			"où les jetons sont renouvelés (par défaut {passerelle}/oauth/token)",
		"%d payouts, %s, were paid earlier under these references, and not now.": "" +
			"%d paiements, %s, ont été faits auparavant sous ces références, et non maintenant.",
		"Nothing was paid now.": "Rien n'a été payé maintenant.",
		"--run: %w":             "--run : %w",
		"RUN %w":                "RUN %w",
		"the file is named as a phone number is, which names no run: give the run a name with --run, such as --run %q": "" +
			"le fichier porte un nom comme un numéro de téléphone, qui ne désigne aucune paie : nommez la paie avec --run, " +
			"par exemple --run %q",
		"Pay? [y/N] ": "Payer ? [o/N] ",
		"--journal: nothing was sent: it must be a file, or an address that starts with postgres://": "" +
			"--journal : rien n'a été envoyé ; doit être un fichier, ou une adresse qui commence par postgres://",
		"--review %q: would replace a file that is needed: give it a name of its own": "" +
			"--review %q : remplacerait un fichier dont on a besoin ; donnez-lui un autre nom",
		"Review: %s": "Revue : %s",
		"`file` to write the review to: .html or .xlsx; phone numbers in it are masked": "" +
			"`fichier` où écrire la revue : .html ou .xlsx ; les numéros y sont masqués",
		"ask for each payee whether there is a Djamo account, before anything is sent: `auto|yes|no`; auto: from 20 " +
			"payouts": "" +
			"demander pour chaque bénéficiaire s'il a un compte Djamo, avant tout envoi : `auto|yes|no` ; auto : à partir " +
			"de 20 paiements",
		"confirm a group of warnings beforehand, as in `new-payees=3`: its name and how many there are; may be repeated": "" +
			"confirmer d'avance un groupe d'avertissements, comme `new-payees=3` : son nom et leur nombre ; peut être " +
			"répété",
		"confirm beforehand; warnings need --confirm, and payments that may be repeated --allow-repeats": "" +
			"confirmer d'avance ; les avertissements exigent --confirm, et les paiements peut-être répétés --allow-repeats",
		"journal, report or `file` of an earlier run to compare with; default: the newest in the same journal; may be " +
			"repeated, the newest first": "" +
			"journal, rapport ou `fichier` d'une paie précédente à comparer ; par défaut la plus récente du même journal ; " +
			"peut être répété, la plus récente d'abord",
		"payees to ask about in a second": "bénéficiaires interrogés par seconde",
		"warn of amounts beyond so many `times` of what their payees got before, up or down; 0 for never": "" +
			"signaler les montants au-delà de tant de `fois` ce que leurs bénéficiaires recevaient, en plus ou en moins ; " +
			"0 jamais",
	}
}
