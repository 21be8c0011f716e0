package lang

// frenchAPI are the texts of commands that call the API.
func frenchAPI() map[string]string {
	return map[string]string{
		"%d of %d payments are not completed":                  "%d paiements sur %d ne sont pas exécutés",
		"%d of %d payments are not with Djamo, or not yet: %s": "%d des %d paiements ne sont pas chez Djamo, ou pas encore : %s",
		"%d payments are too many for one request, %d are the most: type: %s": "" +
			"%d paiements, c'est trop pour une requête ; %d au plus ; tapez : %s",
		"Djamo has accepted batch %s: %s, and %s of fees.": "Djamo a accepté le lot %s : %s, et %s de frais.",
		"Looks up each payment of a batch by its reference, when the batch was sent from here: ID is Djamo's, or the " +
			"name that was\nshown before it was sent. Any other batch is looked for in the list of all transfers.": "" +
			"Cherche chaque paiement d'un lot par sa référence, si le lot est parti d'ici : ID est celui de Djamo, ou le " +
			"nom affiché avant\nl'envoi. Tout autre lot est cherché dans la liste de tous les transferts.",
		"Nothing was sent: --dry-run.":               "Rien n'a été envoyé : --dry-run.",
		"Say what became of each payment of a batch": "Dire ce qu'est devenu chaque paiement d'un lot",
		"Send many payments in one request":          "Envoyer plusieurs paiements en une requête",
		"Send the payments of a CSV or XLSX file in one request, once": "" +
			"Envoyer les paiements d'un fichier CSV ou XLSX en une requête, une seule fois",
		"Sending payments: %d. If this is interrupted, type: %s": "Envoi des paiements : %d. En cas d'interruption, tapez : %s",
		"Sends the payments of a file in one request. A batch carries no key of its own and is never sent again: when " +
			"the answer is\nlost, each payment is looked up by its reference. For salaries, djamo payroll does more: it " +
			"divides long files, goes on\nwhere it stopped, and reports.": "" +
			"Envoie les paiements d'un fichier en une requête. Un lot n'a pas de clé et ne repart jamais : si la " +
			"réponse se perd, chaque\npaiement est cherché par sa référence. Pour des salaires, djamo payroll fait plus : " +
			"il divise les longs fichiers, reprend\noù il s'est arrêté, et rend compte.",
		"The journal has no such batch: looking through the list of all transfers.": "" +
			"Le journal n'a pas ce lot : recherche dans la liste de tous les transferts.",
		"`id` of the sub-company on whose behalf it is paid": "`id` de la sous-entreprise au nom de laquelle on paie",
		"nothing was sent: %s may have been sent before; take it out of the file, or find out what became of it": "" +
			"rien n'a été envoyé : %s est peut-être déjà parti ; retirez-le du fichier, ou cherchez ce qu'il est devenu",
		"nothing was sent: the journal cannot be read: %w": "rien n'a été envoyé : le journal est illisible : %w",
		"there is no transfer of batch %s":                 "il n'y a pas de transfert du lot %s",
		"%q: nothing may follow %s; put quotes around what has blanks": "" +
			"%q : rien ne peut suivre %s ; mettez entre guillemets ce qui contient des espaces",
		"%s is missing": "%s manque",
		"--external-id: give an ID or an external id, not both": "" +
			"--external-id : donnez un ID ou votre propre identifiant, pas les deux",
		"AMOUNT":         "MONTANT",
		"CREATED":        "CRÉÉ",
		"EXTERNAL ID":    "VOTRE ID",
		"ID":             "ID",
		"PAID":           "PAYÉ",
		"REFUNDED":       "REMBOURSÉ",
		"STATUS":         "ÉTAT",
		"FEE":            "FRAIS",
		"PAYEE":          "BÉNÉFICIAIRE",
		"REASON":         "MOTIF",
		"REFERENCE":      "RÉFÉRENCE",
		"ACTIVE":         "ACTIVE",
		"KIND":           "NATURE",
		"SENT":           "ENVOYÉ",
		"TOPIC":          "SUJET",
		"amount":         "montant",
		"created":        "créé",
		"description":    "description",
		"external id":    "votre id",
		"fees":           "frais",
		"id":             "id",
		"paid":           "payé",
		"pay at":         "payer ici",
		"refunded":       "remboursé",
		"status":         "état",
		"balance":        "solde",
		"batch":          "lot",
		"fee":            "frais",
		"has an account": "a un compte",
		"no":             "non",
		"payee":          "bénéficiaire",
		"reason":         "motif",
		"reference":      "référence",
		"sub-company":    "sous-entreprise",
		"updated":        "modifié",
		"yes":            "oui",
		"active":         "active",
		"logo":           "logo",
		"name":           "nom",
		"topic":          "sujet",
		"valid":          "valable",
		"Account":        "Compte",
		"Company":        "Entreprise",
		"Payee":          "Bénéficiaire",
		"Amount":         "Montant",
		"Reference":      "Référence",
		"Sub-company":    "Sous-entreprise",
		"Balance":        "Solde",
		"File":           "Fichier",
		"Payments":       "Paiements",
		"Charge":         "Encaissement",
		"Paid":           "Payé",
		"Refunded":       "Remboursé",
		"Ask a customer for money, and print the address where it is paid": "" +
			"Demander de l'argent à un client, et écrire l'adresse où il le paie",
		"Ask customers for money, and give it back":     "Demander de l'argent à des clients, et le rendre",
		"Creating %s. If this is interrupted, type: %s": "Création de %s. En cas d'interruption, tapez : %s",
		"ID is missing: give the id of the charge, or --external-id": "" +
			"ID manque : donnez l'id de l'encaissement, ou --external-id",
		"List the account's charges":                                 "Lister les encaissements du compte",
		"Say what became of a charge, by its id or your own":         "Dire ce qu'est devenu un encaissement, par son id ou par le vôtre",
		"draw the address as a QR code, on standard error":           "dessiner l'adresse en code QR, sur la sortie d'erreur",
		"only those of this `status`, such as due, paid or refunded": "seulement ceux de cet `état`, comme due, paid ou refunded",
		"texts of your own, such as order=42":                        "vos propres textes, comme commande=42",
		"the address does not fit a QR code: %w":                     "l'adresse ne tient pas dans un code QR : %w",
		"there is no charge %s":                                      "il n'y a pas d'encaissement %s",
		"what the customer reads":                                    "ce que lit le client",
		"where the browser goes after the payment":                   "où va le navigateur après le paiement",
		"where the browser goes when the customer gives up":          "où va le navigateur quand le client renonce",
		"whole `francs`":                                             "`francs` entiers",
		"your own `name` for it; the list is read until it is found": "" +
			"le `nom` que vous lui avez donné ; la liste est lue jusqu'à ce qu'il soit trouvé",
		"your own `name` for this charge, unique for ever": "votre propre `nom` pour cet encaissement, unique pour toujours",
		"%s (%s, %s)":                                         "%s (%s, %s)",
		"%s now, %s afterwards, less the fee":                 "%s maintenant, %s ensuite, moins les frais",
		"%s, which does not cover it: %s are missing":         "%s, ce qui ne suffit pas : il manque %s",
		"--max-total %s: %s are to be sent; nothing was sent": "--max-total %s : il y a %s à envoyer ; rien n'a été envoyé",
		"--yes is missing, and there is no terminal to ask on: add --yes --max-total %d to confirm beforehand": "" +
			"--yes manque, et il n'y a pas de terminal où poser la question : ajoutez --yes --max-total %d pour confirmer d'avance",
		"Send it? [y/N] ":              "Envoyer ? [o/N] ",
		"Type the amount to send it: ": "Tapez le montant pour l'envoyer : ",
		"the answer does not name %d of %d payments as they were sent, do not pay them again: %s": "" +
			"la réponse ne nomme pas %d paiements sur %d tels qu'ils ont été envoyés, ne les payez pas de nouveau : %s",
		"it was not confirmed":                             "cela n'a pas été confirmé",
		"the amount that was typed is not the one to send": "le montant tapé n'est pas celui à envoyer",
		"%q: %s takes no arguments":                        "%q : %s ne prend pas d'argument",
		"--limit %d: must be 0 or more":                    "--limit %d : doit être au moins 0",
		"Left out to fit the terminal: %s. --output jsonl has everything.": "" +
			"Omis faute de place : %s. --output jsonl donne tout.",
		"There are more: --limit 0 lists all of them.": "Il y en a d'autres : --limit 0 les liste tous.",
		"There are none.":             "Il n'y en a pas.",
		"how many at most; 0 for all": "combien au plus ; 0 pour tous",
		"where to begin: the cursor that an earlier list has named": "où commencer : le curseur indiqué par une liste précédente",
		"%s has no Djamo account":                                   "%s n'a pas de compte Djamo",
		"--reference: give an ID or a reference, not both":          "--reference : donnez un ID ou une référence, pas les deux",
		"Ask whether a phone number has a Djamo account; without one the exit code is 7": "" +
			"Demander si un numéro de téléphone a un compte Djamo ; sinon le code de sortie est 7",
		"Ask who has a Djamo account":                                "Demander qui a un compte Djamo",
		"ID is missing: give the id of the transfer, or --reference": "ID manque : donnez l'id du transfert, ou --reference",
		"List the account's transfers":                               "Lister les transferts du compte",
	}
}
