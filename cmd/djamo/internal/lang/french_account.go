package lang

// frenchAccount are the texts about accounts.
func frenchAccount() map[string]string {
	return map[string]string{
		"must be the token, not an address: that is set with WithBaseURL or DJAMO_API_URL": "" +
			"doit être le jeton, et non une adresse : celle-ci se donne avec WithBaseURL ou DJAMO_API_URL",
		"must be the token, not the name of a variable, whose value was not put in": "" +
			"doit être le jeton, et non le nom d'une variable qui n'a pas été remplacée par sa valeur",
		"must be the whole token: this one is masked or cut off, as pages show it": "" +
			"doit être le jeton en entier : celui-ci est masqué ou coupé, comme les pages l'affichent",
		"must be the company id, not an address: that is set with WithBaseURL or DJAMO_API_URL": "" +
			"doit être l'identifiant de la société, et non une adresse : celle-ci se donne avec WithBaseURL ou DJAMO_API_URL",
		"must be the company id, not the name of a variable, whose value was not put in": "" +
			"doit être l'identifiant de la société, et non le nom d'une variable qui n'a pas été remplacée par sa valeur",
		"must be the whole company id: this one is masked or cut off, as pages show it": "" +
			"doit être l'identifiant de la société en entier : celui-ci est masqué ou coupé, comme les pages l'affichent",
		"must be the company id: this is an access token": "doit être l'identifiant de la société : ceci est un jeton d'accès",
		"%s %q: there is no such profile: must be one of %s; to add it, type: djamo login --profile NAME": "" +
			"%s %q : ce profil n'existe pas ; il y a : %s ; pour l'ajouter, tapez : djamo login --profile NOM",
		"%s %q: there is no such profile, nor any other; to add it, type: djamo login --profile NAME": "" +
			"%s %q : ce profil n'existe pas, ni aucun autre ; pour l'ajouter, tapez : djamo login --profile NOM",
		"the configuration cannot be read: %w":                 "la configuration est illisible : %w",
		"%s: leave out /v1 at its end: each call adds it":      "%s : retirez /v1 à la fin : chaque appel l'ajoute",
		"%s is not set: it must hold the token of the account": "%s n'est pas définie : elle doit contenir le jeton du compte",
		"%s leads to another host than %s %q: unset it, or leave the profile out": "" +
			"%s mène à un autre hôte que %s %q : retirez-la, ou n'indiquez pas de profil",
		"%s names another company than profile %q: unset it, or choose another profile": "" +
			"%s désigne une autre entreprise que le profil %q : retirez-la, ou choisissez un autre profil",
		"%s: must be an address such as https://api-civ.djamo.com": "%s : doit être une adresse comme https://api-civ.djamo.com",
		"%s: must begin with https: plain http is for this machine only": "" +
			"%s : doit commencer par https ; http est réservé à cette machine",
		"--live %q: the account in use is %q (%s, %s); nothing was sent": "" +
			"--live %q : le compte utilisé est %q (%s, %s) ; rien n'a été envoyé",
		"--live is missing: this would change something in production (%s): add --live=%s if you mean to": "" +
			"--live manque : ceci changerait quelque chose en production (%s) ; ajoutez --live=%s si vous le voulez " +
			"vraiment",
		"nothing was sent: %s is on this machine and does not say whether it is a sandbox: %w": "" +
			"rien n'a été envoyé : %s est sur cette machine et ne dit pas si c'est un bac à sable : %w",
		"%s leads to %s, which looks like Djamo's %s and is not: mend the address; a proxy of yours must go by another name": "" +
			"%s mène à %s, qui ressemble à %s de Djamo et ne l'est pas : corrigez l'adresse ; votre propre relais doit " +
			"porter un autre nom",
		"the profile %q says %s and leads to %s (%s): give it another name with: djamo login --profile NAME": "" +
			"le profil %q dit %s et mène à %s (%s) : donnez-lui un autre nom avec : djamo login --profile NOM",
		"%s is on this machine, but does not say that it is a sandbox: it may hand on to production; nothing was sent; " +
			"add --live=%s if you mean it": "" +
			"%s est sur cette machine, mais ne dit pas être un bac à sable : il peut mener à la production ; rien n'a été " +
			"envoyé ; ajoutez --live=%s si vous le voulez vraiment",
		"%s %q: must be an address such as http://127.0.0.1:8481": "%s %q : doit être une adresse comme http://127.0.0.1:8481",
		"%s %q: this is an address of Djamo's, and no sandbox: nothing was done": "" +
			"%s %q : c'est une adresse de Djamo, pas un bac à sable : rien n'a été fait",
		"the sandbox does not say where its API is": "le bac à sable ne dit pas où est son API",
		"the sandbox at %s says that its API is at %s, which is another machine: nothing was done": "" +
			"le bac à sable à %s dit que son API est à %s, une autre machine : rien n'a été fait",
		"Token":                              "Jeton",
		"of %s, and not that of the profile": "de %s, et non celui du profil",
		"profile %q has no token: type: djamo login --profile %s": "" +
			"le profil %q n'a pas de jeton ; tapez : djamo login --profile %s",
		"the account in use is %q (%s, %s), which is no sandbox: nothing was done": "" +
			"le compte utilisé est %q (%s, %s), qui n'est pas un bac à sable : rien n'a été fait",
		"the token is one of %s, but the account in use is %q (%s)": "" +
			"le jeton est celui de %s, mais le compte utilisé est %q (%s)",
		"the token is one of %s, which no sandbox must get: the account in use is %q": "" +
			"le jeton est celui de %s, qu'aucun bac à sable ne doit recevoir : le compte utilisé est %q",
		"there is no account: type djamo login, or set %s and %s": "" +
			"il n'y a pas de compte : tapez djamo login, ou définissez %s et %s",
		"%s %q: must be 1 to 64 letters, digits, dots, dashes and underscores, and begin with a letter or a digit": "" +
			"%s %q : doit avoir 1 à 64 lettres, chiffres, points, tirets ou soulignés, et commencer par une lettre ou un " +
			"chiffre",
		"%s can be read or written by others (its mode is %04o): type: chmod 600 %s": "" +
			"%s peut être lu ou modifié par d'autres (ses droits sont %04o) ; tapez : chmod 600 %s",
		"%s cannot be read: %s: mend it, or remove it and type: djamo login": "" +
			"%s est illisible : %s ; corrigez-le, ou supprimez-le et tapez : djamo login",
		"the configuration cannot be written: %w": "la configuration ne peut pas être écrite : %w",
		"there is no place for the configuration: %w: set HOME": "" +
			"il n'y a pas d'endroit pour la configuration : %w ; définissez HOME",
		"%s cannot be read: remove it and type: djamo login --plaintext": "" +
			"%s est illisible : supprimez-le et tapez : djamo login --plaintext",
		"the keyring of this system cannot be used (%s): set DJAMO_ACCESS_TOKEN, or keep the token in a file that only " +
			"you can read with: djamo login --plaintext": "" +
			"le trousseau de ce système est inutilisable (%s) : définissez DJAMO_ACCESS_TOKEN, ou gardez le jeton dans un " +
			"fichier que vous seul pouvez lire : djamo login --plaintext",
		"the keyring of this system has not answered for 3 seconds: set DJAMO_ACCESS_TOKEN, or keep the token in a " +
			"file that only you can read with: djamo login --plaintext": "" +
			"le trousseau de ce système n'a pas répondu en 3 secondes : définissez DJAMO_ACCESS_TOKEN, ou gardez le jeton " +
			"dans un fichier que vous seul pouvez lire : djamo login --plaintext",
		"%s takes no arguments; a token is typed when it is asked for, or read with --token-stdin": "" +
			"%s ne prend pas d'argument ; un jeton se tape quand il est demandé, ou se lit avec --token-stdin",
		"--environment %q: must be production-civ, production-sen, staging-civ or staging-sen": "" +
			"--environment %q : doit être production-civ, production-sen, staging-civ ou staging-sen",
		"--environment is missing: must be production-civ, production-sen, staging-civ or staging-sen; or give --url": "" +
			"--environment manque : doit être production-civ, production-sen, staging-civ ou staging-sen ; ou donnez --url",
		"--token-stdin is missing, and there is no terminal to ask on: add it, and give the token on standard input": "" +
			"--token-stdin manque, et il n'y a pas de terminal où poser la question : ajoutez-la, et donnez le jeton sur l'entrée " +
			"standard",
		"--url: give --environment or --url, not both": "--url : donnez --environment ou --url, pas les deux",
		"Asks for the token of an account, tries it by reading the balance, and keeps it in the system's keyring. " +
			"The address\nof the account and its company go to a profile in the configuration file. The token is typed without " +
			"being shown, or\nread from standard input; it never stands on a command line, which others on the machine can read.": "" +
			"Demande le jeton d'un compte, l'essaie en lisant le solde, et le garde dans le trousseau du système. " +
			"L'adresse du compte et son\nentreprise vont dans un profil du fichier de configuration. Le jeton se tape sans " +
			"être affiché, ou se lit sur l'entrée\nstandard ; il n'est jamais sur une ligne de commande, que d'autres sur " +
			"la machine peuvent lire.",
		"Its token is in a file as plain text, which only you can read.": "" +
			"Son jeton est en clair dans un fichier que vous seul pouvez lire.",
		"Keep an account under a name, with its token in the system's keyring": "" +
			"Garder un compte sous un nom, avec son jeton dans le trousseau du système",
		"Profile %q is kept: %s, %s.": "Le profil %q est enregistré : %s, %s.",
		"Profile %q is still the one in use. To change that, type: djamo profiles use %s": "" +
			"Le profil utilisé reste %q. Pour en changer, tapez : djamo profiles use %s",
		"Token (it is not shown): ": "Jeton (il n'est pas affiché) : ",
		"any other `address` of the API, such as that of a sandbox": "" +
			"toute autre `adresse` de l'API, comme celle d'un bac à sable",
		"keep the token as plain text in a file that only you can read, instead of the keyring": "" +
			"garder le jeton en clair dans un fichier que vous seul pouvez lire, au lieu du trousseau",
		"nothing was kept, since no token was typed": "rien n'a été enregistré, car aucun jeton n'a été tapé",
		"nothing was kept, since the token could not be tried: %w": "" +
			"rien n'a été enregistré, car le jeton n'a pas pu être essayé : %w",
		"read the token from standard input": "lire le jeton sur l'entrée standard",
		"the company; charges need it":       "l'entreprise ; les encaissements l'exigent",
		"the token is empty":                 "le jeton est vide",
		"where the account is: `production-civ|production-sen|staging-civ|staging-sen`": "" +
			"où est le compte : `production-civ|production-sen|staging-civ|staging-sen`",
		"%q: there is no profile yet: type: djamo login":  "%q : il n'y a pas encore de profil ; tapez : djamo login",
		"%q: there is no such profile: must be one of %s": "%q : ce profil n'existe pas ; il y a : %s",
		"CLASS":      "CLASSE",
		"COMPANY":    "ENTREPRISE",
		"NAME":       "NOM",
		"TOKEN IN":   "JETON DANS",
		"URL":        "ADRESSE",
		"account":    "compte",
		"class":      "classe",
		"company":    "entreprise",
		"profile":    "profil",
		"token from": "jeton de",
		"url":        "adresse",
		"Choose the profile that commands use when they name none": "Choisir le profil des commandes qui n'en indiquent pas",
		"Forget the token of a profile":                            "Oublier le jeton d'un profil",
		"List the accounts that are kept, and choose the one in use": "" +
			"Lister les comptes enregistrés, et choisir celui qui est utilisé",
		"List the profiles": "Lister les profils",
		"NAME must be the name of one profile: djamo profiles list shows them": "" +
			"NAME doit être le nom d'un profil : djamo profiles list les montre",
		"Profile %q is in use.":                  "Le profil utilisé est %q.",
		"Profile %q is removed.":                 "Le profil %q est supprimé.",
		"Remove a profile, and forget its token": "Supprimer un profil, et oublier son jeton",
		"Say which account commands are for, and where each part of it comes from": "" +
			"Dire quel compte les commandes utilisent, et d'où vient chacun de ses éléments",
		"Says which account commands are for, and whether flags, the environment or a profile decided that. It asks " +
			"neither the\nnetwork nor the keyring, and never shows a token.": "" +
			"Dit quel compte les commandes utilisent, et si ce sont les options, l'environnement ou un profil qui en ont " +
			"décidé. N'interroge\nni le réseau ni le trousseau, et n'affiche jamais un jeton.",
		"The token of profile %q is forgotten here. It stays valid until Djamo revokes it.": "" +
			"Le jeton du profil %q est oublié ici. Il reste valable jusqu'à ce que Djamo le révoque.",
		"There are no profiles yet. To add one, type: djamo login": "" +
			"Il n'y a pas encore de profil. Pour en ajouter un, tapez : djamo login",
		"there is no profile in use: name one with --profile": "aucun profil n'est choisi : indiquez-en un avec --profile",
		"sandbox":    "bac à sable",
		"staging":    "préproduction",
		"production": "production",
	}
}
