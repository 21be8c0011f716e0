package lang

// frenchSandbox are the texts about the sandbox.
func frenchSandbox() map[string]string {
	return map[string]string{
		"Develop against a fake Djamo API, without an account": "Développer avec une fausse API Djamo, sans compte",
		"Serves the Djamo Business API in memory, with pages that show and steer it. No money moves.\nEverything but " +
			"start talks to a sandbox that is being served: --control names it, and DJAMO_SANDBOX_TOKEN holds its\ncontrol " +
			"token when it has one of its own.": "" +
			"Sert l'API Djamo Business en mémoire, avec des pages qui la montrent et la pilotent. Aucun argent ne " +
			"bouge.\nTout sauf start s'adresse à un bac à sable en marche : --control le désigne, et DJAMO_SANDBOX_TOKEN " +
			"contient son jeton de\ncontrôle s'il a le sien.",
		"Prints the script by which a shell completes commands, flags and their values. bash needs the package " +
			"bash-completion,\nversion 2 or later, for it.": "" +
			"Affiche le script par lequel un shell complète les commandes, les options et leurs valeurs. bash a besoin du paquet\n" +
			"bash-completion, version 2 ou plus récente.",
		"%s is no address":                             "%s n'est pas une adresse",
		"%w; it may have been carried out":             "%w ; cela a peut-être été fait",
		"the sandbox at %s has not answered within %s": "le bac à sable de %s n'a pas répondu en %s",
		"there is no sandbox at %s: its answer is larger than %d MiB": "" +
			"il n'y a pas de bac à sable à %s : sa réponse dépasse %d Mio",
		"what answers at %s does not say that this was done": "ce qui répond à %s ne dit pas que cela a été fait",
		"Drop an unpaid charge before its hour is over":      "Abandonner un encaissement impayé avant la fin de son heure",
		"Fail a pending transfer; the money comes back":      "Faire échouer un transfert en attente ; l'argent revient",
		"Give a charge up as its customer would":             "Renoncer à un encaissement comme le ferait son client",
		"Keep the account, or go back to one that was kept":  "Garder le compte, ou revenir à un compte gardé",
		"List the faults that are on":                        "Lister les pannes actives",
		"List who has an account, or name the only ones who have one": "Lister qui a un compte, ou désigner les " +
			"seuls qui en aient un",
		"Lists who has an account: everybody, until phone numbers are named. Then only those named have one, and transfers to\n" +
			"others fail. --everybody goes back to the beginning.": "Liste qui a un compte : tout le monde, tant qu'aucun numéro n'est nommé. " +
			"Ensuite seuls ceux-là en ont un, et les\ntransferts vers les autres échouent. --everybody revient au début.",
		"everybody has an account again":             "tout le monde a de nouveau un compte",
		"--everybody: leave the phone numbers out":   "--everybody : ne donnez pas de numéros",
		"Make requests and webhooks go wrong":        "Faire échouer des requêtes et des webhooks",
		"Move the clock forward, such as 90s or 24h": "Avancer l'horloge, par exemple de 90s ou 24h",
		"Pay a charge as its customer would":         "Payer un encaissement comme le ferait son client",
		"Put a snapshot in the place of the account": "Mettre un instantané à la place du compte",
		"Empty the account, as after a start without --demo and --snapshot": "Vider le compte, comme après un démarrage sans --demo ni " +
			"--snapshot",
		"Say how much of everything there is":       "Dire combien il y a de chaque chose",
		"Settle a pending transfer, or all of them": "Exécuter un transfert en attente, ou tous",
		"Switch a fault on: lose-reply, fail-before, rate-limit and more": "" +
			"Activer une panne : lose-reply, fail-before, rate-limit et d'autres",
		"Switch every fault off":               "Désactiver toutes les pannes",
		"Write the account to standard output": "Écrire le compte sur la sortie standard",
		"address of the sandbox's pages":       "adresse des pages du bac à sable",
		"which requests, such as \"POST /v1/transactions\", or a topic": "" +
			"quelles requêtes, comme \"POST /v1/transactions\", ou un sujet",
		"HTTP status of an error page, 400 to 599": "code HTTP d'une page d'erreur, de 400 à 599",
		"how long it delays, such as 30s":          "de combien elle retarde, comme 30s",
		"how often it strikes":                     "combien de fois elle survient",
		"how many requests pass first":             "combien de requêtes passent d'abord",
		"of a hundred requests, how many":          "combien de requêtes sur cent",
		"how long it is on, such as 10m":           "combien de temps elle est active, comme 10m",
		"\nThe lines above are for a .env file. For a shell:\n  export %s\n": "" +
			"\nLes lignes ci-dessus vont dans un fichier .env. Pour un shell :\n  export %s\n",
		"%s: this is a token of Djamo's, which no sandbox must get; unset it, or choose another": "" +
			"%s : c'est un jeton de Djamo, qu'aucun bac à sable ne doit recevoir ; retirez-le, ou choisissez-en un autre",
		"%s: this token is public, and others can reach %s %q; unset it for a random one, or listen on 127.0.0.1": "" +
			"%s : ce jeton est public, et d'autres atteignent %s %q ; retirez-le pour un jeton aléatoire, ou écoutez sur 127.0.0.1",
		"--demo: a snapshot brings an account of its own; leave out --demo or --snapshot": "" +
			"--demo : un instantané apporte son propre compte ; retirez --demo ou --snapshot",
		"Look at it: %s":             "À voir ici : %s",
		"Ready. End it with Ctrl-C.": "Prêt. Ctrl-C pour arrêter.",
		"Serve the fake API, and pages that show and steer it": "" +
			"Servir la fausse API, et des pages qui la montrent et la pilotent",
		"Serves until it is interrupted. What a program needs to be told is printed on standard output, as lines for a " +
			"shell or\na .env file. The tokens of a sandbox on the loopback interface are public; beyond it they are " +
			"random, or those of\nDJAMO_SANDBOX_ACCESS_TOKEN, DJAMO_SANDBOX_TOKEN and DJAMO_SANDBOX_WEBHOOK_SECRET.": "" +
			"Sert jusqu'à l'interruption. Les réglages dont un programme a besoin sont écrits sur la sortie standard, en " +
			"lignes pour un shell ou\nun fichier .env. Les jetons d'un bac à sable sur l'interface de bouclage sont publics ; " +
			"au-delà ils sont aléatoires, ou ceux de\nDJAMO_SANDBOX_ACCESS_TOKEN, DJAMO_SANDBOX_TOKEN et " +
			"DJAMO_SANDBOX_WEBHOOK_SECRET.",
		"The pages ask for the control token: %s": "Les pages demandent le jeton de contrôle : %s",
		"a snapshot `file` to begin with":         "un `fichier` d'instantané pour commencer",
		"another name of this machine that both answer to, without a port": "" +
			"un autre nom de cette machine auquel tous deux répondent, sans port",
		"fill the account with examples": "remplir le compte d'exemples",
		"language of pages for browsers that ask for none: en or fr": "" +
			"langue des pages pour les navigateurs qui n'en demandent pas : en ou fr",
		"let browser pages of this origin call the API, such as http://localhost:3000": "" +
			"laisser les pages de cette origine appeler l'API, comme http://localhost:3000",
		"let requests pass that only the real API may accept, and say so of each": "" +
			"laisser passer les requêtes que seule la vraie API accepte peut-être, et le dire de chacune",
		"settle transfers only when told to":                    "n'exécuter les transferts que sur ordre",
		"the company that the token belongs to":                 "l'entreprise à laquelle le jeton appartient",
		"the first balance, in francs":                          "le premier solde, en francs",
		"where the API listens, host:port":                      "où l'API écoute, hôte:port",
		"where the pages and the control API listen, host:port": "où les pages et l'API de contrôle écoutent, hôte:port",
	}
}
