package lang

// frenchApproval are the texts about runs that two people answer for. The first of them are those of package approval.
func frenchApproval() map[string]string {
	return map[string]string{
		"the run %q needs the approval of a second person, and nobody has asked for it yet": "" +
			"la paie %q doit être approuvée par une deuxième personne, et personne ne l'a encore demandé",
		"the run %q waits for the approval of a second person: %s asked for it on %s": "" +
			"la paie %q attend l'approbation d'une deuxième personne : %s l'a demandée le %s",
		"the approval by %s has ended on %s: a second person must approve the run again": "" +
			"l'approbation de %s a pris fin le %s : une deuxième personne doit approuver la paie à nouveau",
		"%s has signed on %s, and it is only %s here: set the clock that is wrong, and sign again": "" +
			"%s a signé le %s, et il n'est ici que le %s : réglez l'horloge qui se trompe, puis signez à nouveau",
		"the key %s is not on the list of those who may sign":  "la clé %s n'est pas sur la liste de ceux qui peuvent signer",
		"the list says that the key of %s is not valid on %s":  "d'après la liste, la clé de %s n'est pas valable le %s",
		"the list says that the key of %s may not sign for %s": "d'après la liste, la clé de %s ne peut pas signer pour %s",
		"the text names %s, and it was signed by the key of %s": "" +
			"le texte nomme %s, et c'est la clé de %s qui l'a signé",
		"another plan was approved: its digest is %s, and that of the plan to be paid is %s": "" +
			"ce n'est pas ce fichier qui a été approuvé ou demandé : l'empreinte approuvée est %s, et celle du fichier à payer %s",
		"the payouts in the journal were changed after they were approved: their digest is %s, and that of the approval %s": "" +
			"les paiements du journal ont été modifiés après leur approbation : leur empreinte est %s, et celle de l'approbation %s",
		"the approval is for the account %s, and this is %s": "l'approbation vaut pour le compte %s, et celui-ci est %s",
		"%s has planned the run: somebody else must approve it": "" +
			"%s a préparé la paie : quelqu'un d'autre doit l'approuver",
		"%s has approved an earlier request: the run was planned again since, and must be approved again": "" +
			"%s a approuvé une demande antérieure : la paie a été préparée à nouveau depuis, et doit être approuvée à nouveau",
		"a signature does not hold: %s": "une signature n'est pas valable : %s",
		"the list must let one person plan, and another approve: %s": "" +
			"la liste doit permettre à une personne de préparer, et à une autre d'approuver : %s",
		"the list of those who may sign was changed meanwhile, on %s: look at it, and sign again": "" +
			"la liste de ceux qui peuvent signer a été changée entre-temps, le %s : regardez-la, puis signez à nouveau",
		"the journal asks for no approval: name those who may sign first": "" +
			"le journal n'exige aucune approbation : nommez d'abord ceux qui peuvent signer",

		"%s asks for the approval of a second person, who types: %s": "" +
			"%s demande l'approbation d'une deuxième personne, qui tape : %s",
		"--digest %q is not the digest of what is to be paid: %s": "--digest %q n'est pas l'empreinte de ce qui est à payer : %s",
		"--key %q: cannot be read: %w":                            "--key %q : illisible : %w",
		"--key %q: must be a private key of SSH without a passphrase, or a .pub file whose key ssh-agent has": "" +
			"--key %q : doit être une clé privée SSH sans phrase secrète, ou un fichier .pub dont ssh-agent a la clé",
		"--key %q: ssh-agent does not have this key: add it with ssh-add": "" +
			"--key %q : ssh-agent n'a pas cette clé : ajoutez-la avec ssh-add",
		"--key is missing: name your SSH key, such as ~/.ssh/id_ed25519, or its .pub file when ssh-agent has it": "" +
			"--key manque : nommez votre clé SSH, par exemple ~/.ssh/id_ed25519, ou son fichier .pub si ssh-agent l'a",
		"--request-approval: an approval is for one account: set %s and %s": "" +
			"--request-approval : une approbation vaut pour un compte : renseignez %s et %s",
		"--require-approval: the journal names nobody who may approve: djamo payroll approvers set": "" +
			"--require-approval : le journal ne nomme personne qui puisse approuver : djamo payroll approvers set",
		"A journal that names who may sign demands that one person plans each run and another approves it, on any machine. Only a\n" +
			"person on the list can change the list or end the demand, with a signature; whoever pays cannot.": "" +
			"Un journal qui nomme ceux qui peuvent signer exige que chaque paie soit préparée par une personne et approuvée par une\n" +
			"autre, sur toute machine. Seule une personne de la liste, par sa signature, change celle-ci ou met fin à l'exigence ; celui\n" +
			"qui paie ne le peut pas.",
		"Approve, as the second person, what another has planned; nothing is sent": "" +
			"Approuver, en deuxième personne, ce qu'une autre a préparé ; rien n'est envoyé",
		"Approve? [y/N] ":           "Approuver ? [o/N] ",
		"Approved by %s, until %s.": "Approuvé par %s, jusqu'au %s.",
		"Demand approvals from now on, by the people of a list in the form of ssh-keygen's allowed_signers": "" +
			"Exiger désormais des approbations, par les personnes d'une liste au format allowed_signers de ssh-keygen",
		"Demand no approvals any more; signed by one of those who may": "" +
			"Ne plus exiger d'approbation ; signé par l'un de ceux qui le peuvent",
		"Digest: %s": "Empreinte : %s",
		"From now on each run of this journal needs two people; an approval holds for %s.": "" +
			"Désormais chaque paie de ce journal exige deux personnes ; une approbation vaut %s.",
		"From now on the runs of this journal need no approval.": "Désormais les paies de ce journal n'exigent aucune approbation.",
		"LIST %q: %w":                 "LIST %q : %w",
		"LIST %q: cannot be read: %w": "LIST %q : illisible : %w",
		"LIST must name one file in the form of ssh-keygen's allowed_signers": "" +
			"LIST doit être un fichier au format allowed_signers de ssh-keygen",
		"List who may sign, and who has planned and approved which run, and when": "" +
			"Lister ceux qui peuvent signer, et qui a préparé et approuvé quelle paie, et quand",
		"Planned by %s on %s.": "Préparé par %s le %s.",
		"Reads the file as it is to be paid, compares it with what was planned, shows every payout, and signs exactly that with your\n" +
			"SSH key. Whoever has planned the run cannot approve it. The approval ends after a while, and with any change.": "" +
			"Lit le fichier tel qu'il doit être payé, le compare à ce qui a été préparé, montre chaque paiement, et signe exactement cela\n" +
			"avec votre clé SSH. Qui a préparé la paie ne peut pas l'approuver. L'approbation prend fin après un délai, et à tout changement.",
		"Run %q: %s":                                         "Paie %q : %s",
		"Run %q: approved by %s on %s, until %s":             "Paie %q : approuvée par %s le %s, jusqu'au %s",
		"Run %q: planned by %s on %s":                        "Paie %q : préparée par %s le %s",
		"Say who may plan and approve the runs of a journal": "Dire qui peut préparer et approuver les paies d'un journal",
		"The runs of this journal need no approval.":         "Les paies de ce journal n'exigent aucune approbation.",
		"The plan: run %q, %d payouts, %s, from %s; references derived: %d.": "" +
			"Le plan : paie %q, %d paiements, %s, depuis %s ; références dérivées : %d.",
		"approved by %s":                                 "approuvée par %s",
		"--valid %s: must be from 1s to %s":              "--valid %s : doit être de 1s à %s",
		"how long an approval holds after it was signed": "combien de temps vaut une approbation après sa signature",
		"it was not confirmed: answer y":                 "ce n'est pas confirmé : répondez o",
		"nothing was signed: %w":                         "rien n'a été signé : %w",
		"send nothing unless the journal demands the approval of a second person": "" +
			"ne rien envoyer si le journal n'exige pas l'approbation d'une deuxième personne",
		"sign the plan with --key, for a second person to approve": "" +
			"signer le plan avec --key, pour qu'une deuxième personne l'approuve",
		"the `digest` that you were told, instead of answering on a terminal: all of it, or its first 16 letters or more": "" +
			"l'`empreinte` qu'on vous a communiquée, au lieu de répondre sur un terminal : entière, ou ses 16 premiers caractères au moins",
		"there is no terminal to ask on: give the digest that you were told with --digest": "" +
			"il n'y a pas de terminal où poser la question : donnez avec --digest l'empreinte qu'on vous a communiquée",
		"what is left was not sent: %w": "le reste n'a pas été envoyé : %w",
		"your SSH key, to sign with: a private key's `file`, or its .pub file when ssh-agent has it": "" +
			"votre clé SSH, pour signer : `fichier` d'une clé privée, ou son .pub si ssh-agent l'a",
	}
}
