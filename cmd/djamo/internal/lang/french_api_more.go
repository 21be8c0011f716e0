package lang

// frenchAPIMore are more texts of commands that call the API.
func frenchAPIMore() map[string]string {
	return map[string]string{
		"Say what became of a transfer, by its id or its reference": "" +
			"Dire ce qu'est devenu un transfert, par son id ou sa référence",
		"Say what the account holds":                          "Dire quel est le solde du compte",
		"Send money to one person, and see what became of it": "Envoyer de l'argent à une personne, et voir ce qu'il devient",
		"`id` of the sub-company that would pay":              "`id` de la sous-entreprise qui paierait",
		"only those of this `status`: pending, completed or failed": "" +
			"seulement ceux de cet `état` : pending, completed ou failed",
		"the `reference` under which it was sent":               "la `référence` sous laquelle il est parti",
		"--refunded %s: the charge says %s; nothing was sent":   "--refunded %s : l'encaissement dit %s ; rien n'a été envoyé",
		"Give a customer's payment back, or a part of it, once": "Rendre le paiement d'un client, ou une partie, une seule fois",
		"Gives a payment back. A refund carries no key, so it is never sent again by itself. When the answer to an " +
			"earlier one was\nlost, the command first compares what the charge says was refunded. If that has not changed, " +
			"you decide: --refunded says\nhow much was refunded so far, and the refund is sent only if the charge says the " +
			"same.": "" +
			"Rend un paiement. Un remboursement n'a pas de clé, il ne repart donc jamais de lui-même. Si la réponse d'un " +
			"remboursement\nprécédent s'est perdue, la commande regarde d'abord ce que l'encaissement dit avoir remboursé. " +
			"Si rien n'a changé, vous\ndécidez : --refunded dit combien a été remboursé jusqu'ici, et rien ne part si " +
			"l'encaissement dit autre chose.",
		"Refunding %s. If this is interrupted, type: %s": "Remboursement de %s. En cas d'interruption, tapez : %s",
		"`francs` that were refunded so far; needed after a refund whose answer was lost": "" +
			"`francs` remboursés jusqu'ici ; exigé après un remboursement dont la réponse s'est perdue",
		"nothing was sent: %s are to be refunded, and %s are left of what was paid": "" +
			"rien n'a été envoyé : il y a %s à rembourser, et il reste %s de ce qui a été payé",
		"nothing was sent: an earlier refund of %s, whose answer was lost, was carried out; type the command again to " +
			"give back more": "" +
			"rien n'a été envoyé : un remboursement précédent de %s, dont la réponse s'était perdue, a été exécuté ; " +
			"retapez la commande pour rendre davantage",
		"nothing was sent: the answer to an earlier refund of %s was lost, and the charge does not show it: when you " +
			"are certain that it did not happen, add --refunded %d": "" +
			"rien n'a été envoyé : la réponse d'un remboursement précédent de %s s'est perdue, et l'encaissement ne le " +
			"montre pas ; si vous êtes certain qu'il n'a pas eu lieu, ajoutez --refunded %d",
		"the outcome of the refund is not known, do not refund again before you have read the charge: %w": "" +
			"l'issue du remboursement n'est pas connue ; ne remboursez pas de nouveau avant d'avoir lu l'encaissement : %w",
		"whole `francs` to give back; default: all that was paid": "" +
			"`francs` entiers à rendre ; par défaut tout ce qui a été payé",
		"Add a sub-company; there is no way to remove one": "Ajouter une sous-entreprise ; on ne peut pas la supprimer",
		"Change what is given of a sub-company, and nothing else": "" +
			"Changer ce qui est indiqué d'une sous-entreprise, et rien d'autre",
		"List the sub-companies":                       "Lister les sous-entreprises",
		"Manage the companies on whose behalf you pay": "Gérer les entreprises au nom desquelles vous payez",
		"Show a sub-company":                           "Montrer une sous-entreprise",
		"address of the logo that payees see":          "adresse du logo que voient les bénéficiaires",
		"there is nothing to change: give --name, --logo-url or --active": "" +
			"il n'y a rien à changer : donnez --name, --logo-url ou --active",
		"what payees read":                           "ce que lisent les bénéficiaires",
		"whether payments may be made on its behalf": "si l'on peut payer en son nom",
		"%s %q: must be more than 0":                 "%s %q : doit être supérieur à 0",
		"%s %s: %s":                                  "%s %s : %s",
		"%s: %s":                                     "%s : %s",
		"%s: %w":                                     "%s : %w",
		"An earlier try under %s is in the journal: finding out what became of it first.": "" +
			"Le journal a un essai précédent sous %s : recherche d'abord de ce qu'il est devenu.",
		"Djamo has accepted it as %s, and does not show it: %w": "Djamo l'a accepté sous %s, et ne le montre pas : %w",
		"Djamo has accepted it, and how it ends is not known yet: %w": "" +
			"Djamo l'a accepté, et son issue n'est pas encore connue : %w",
		"Djamo has accepted it: waiting until it is completed or failed.": "" +
			"Djamo l'a accepté : attente de son exécution ou de son échec.",
		"It is not with Djamo. It was for another payee or amount; the one that is sent now is the one of this command.": "" +
			"Il n'est pas chez Djamo. Il était pour un autre bénéficiaire ou montant ; c'est celui de cette commande qui " +
			"part maintenant.",
		"It was sent before. Nothing was sent now.":    "Il était déjà parti. Rien n'a été envoyé maintenant.",
		"Send money to one person, once":               "Envoyer de l'argent à une personne, une seule fois",
		"Sending %s. If this is interrupted, type: %s": "Envoi de %s. En cas d'interruption, tapez : %s",
		"Sends money to one person. The reference identifies the payment: it pays once, however often the command is " +
			"typed.\nIt is written to a journal and shown before anything leaves. When an earlier try under the reference " +
			"was interrupted,\nthe command finds out first what became of it.": "" +
			"Envoie de l'argent à une personne. La référence désigne le paiement : elle paie une seule fois, même si la " +
			"commande est retapée.\nElle est écrite dans un journal et affichée avant tout envoi. Si un essai précédent " +
			"sous la référence a été interrompu,\nla commande cherche d'abord ce qu'il est devenu.",
		"nothing was sent: %s was used before for another payee or amount": "" +
			"rien n'a été envoyé : %s a déjà servi pour un autre bénéficiaire ou montant",
		"the outcome is not known, do not pay again under another reference: %w": "" +
			"l'issue n'est pas connue, ne payez pas de nouveau sous une autre référence : %w",
		"the payee's phone `number`, such as +2250748710523": "le `numéro` de téléphone du bénéficiaire, comme +2250748710523",
		"the transfer failed: %s":                            "le transfert a échoué : %s",
		"wait until it is completed or failed":               "attendre qu'il soit exécuté ou qu'il échoue",
		"what the payee reads":                               "ce que lit le bénéficiaire",
		"your own `name` for this payment, unique for ever":  "votre propre `nom` pour ce paiement, unique pour toujours",
		"--quiet-period %s: must be positive":                "--quiet-period %s : doit être positif",
		"Find out what became of a transfer that was interrupted; nothing is sent": "" +
			"Chercher ce qu'est devenu un transfert interrompu ; rien n'est envoyé",
		"Looks the reference up. While nothing is found it waits for the quiet period after the transfer was sent, and " +
			"looks again:\nwhat is not there then never arrived, and may be sent again under the same reference. Without " +
			"REFERENCE it lists what is\nopen in the journal.": "" +
			"Cherche la référence. Si rien n'est trouvé, attend que le délai de silence après l'envoi soit passé, et " +
			"cherche de nouveau :\nce qui n'y est pas alors n'est jamais arrivé, et peut repartir sous la même référence. " +
			"Sans REFERENCE, liste ce qui est\nouvert dans le journal.",
		"Nothing is open in the journal of this account.":       "Rien n'est ouvert dans le journal de ce compte.",
		"Nothing is there yet: looking again in %s.":            "Il n'y a encore rien : nouvelle recherche dans %s.",
		"REFERENCE is missing: name one of those that are open": "REFERENCE manque : indiquez l'une de celles qui sont ouvertes",
		"how long after it was sent a payment whose answer was lost is given to appear": "" +
			"combien de temps après l'envoi un paiement dont la réponse s'est perdue a pour apparaître",
		"nothing arrived under %s: it may be sent again, under the same reference": "" +
			"rien n'est arrivé sous %s : il peut repartir, sous la même référence",
		"the journal cannot be read: %w": "le journal est illisible : %w",
		"the transfer under this reference has another payee or amount than the one in the journal: it is another " +
			"payment": "" +
			"le transfert sous cette référence a un autre bénéficiaire ou montant que celui du journal : c'est un autre " +
			"paiement",
		"%s is not set: it must hold the secret that signs webhooks": "" +
			"%s n'est pas définie : elle doit contenir le secret qui signe les webhooks",
		"--body: %w": "--body : %w",
		"Check the signature of a delivery, and say what is wrong with it": "" +
			"Vérifier la signature d'un envoi, et dire ce qui ne va pas",
		"Checks a delivery without calling anybody. The body must be the bytes that came, unchanged. The secret is " +
			"that of\nDJAMO_WEBHOOK_SECRET; it never stands on a command line.": "" +
			"Vérifie un envoi sans appeler personne. Le corps doit être fait des octets reçus, inchangés. Le secret est " +
			"celui de\nDJAMO_WEBHOOK_SECRET ; il n'est jamais sur une ligne de commande.",
		"Have events of a topic delivered to an address; this cannot be changed or undone": "" +
			"Faire envoyer les événements d'un sujet à une adresse ; on ne peut ni le changer ni l'annuler",
		"List where events go": "Lister où vont les événements",
		"Say where Djamo delivers events, and check what was delivered": "" +
			"Dire où Djamo envoie les événements, et vérifier ce qui est arrivé",
		"Show where events of one registration go":      "Montrer où vont les événements d'une inscription",
		"`address` that they are posted to":             "`adresse` où ils sont envoyés",
		"`file` with the body, or - for standard input": "`fichier` avec le corps, ou - pour l'entrée standard",
		"`value` of the header X-Djamo-Hmac-Sha256":     "`valeur` de l'en-tête X-Djamo-Hmac-Sha256",
		"which events: `transactions/started`, transactions/completed, transactions/failed or charge/events": "" +
			"quels événements : `transactions/started`, transactions/completed, transactions/failed ou charge/events",
	}
}
