package lang

// frenchOfWalletservice are the sentences of package walletservice about what it was given, and of what it asks about that. What
// stands for %s may be another one of them.
func frenchOfWalletservice() map[string]string {
	return map[string]string{
		"DJAMO_CONSENT_ID and DJAMO_CONSENT_TOKEN must be set together": "DJAMO_CONSENT_ID et DJAMO_CONSENT_TOKEN vont ensemble",
		"%s has a space, a line break or another character that no token has": "" +
			"%s contient un espace, un saut de ligne ou un autre caractère qu'aucun jeton ne contient",
		"the entry of %s needs consent_id and token": "l'entrée de %s doit avoir consent_id et token",
		"the entry of %s has a space, a line break or another character that no token has": "" +
			"l'entrée de %s contient un espace, un saut de ligne ou un autre caractère qu'aucun jeton ne contient",
		"%s and %s have one consent_id and different tokens: give both the newer ones": "" +
			"%s et %s ont le même consent_id et des jetons différents : donnez aux deux les plus récents",
		"%s cannot be read: %s":                                    "%s ne peut pas être lu : %s",
		"%s is larger than %d MiB":                                 "%s dépasse %d Mio",
		"%s is no JSON object such as %s":                          "%s n'est pas un objet JSON comme %s",
		"%s, line %d: it is no JSON object such as %s":             "%s, ligne %d : ce n'est pas un objet JSON comme %s",
		"%s, line %d: wallet %q stands there twice":                "%s, ligne %d : le portefeuille %q s'y trouve deux fois",
		"%s, line %d: the entry of %q %s":                          "%s, ligne %d : l'entrée de %q %s",
		"is no object":                                             "n'est pas un objet",
		"has a %s that is no text":                                 "a un %s qui n'est pas un texte",
		"has an ends that is no time such as 2026-12-31T00:00:00Z": "a un ends qui n'est pas un instant comme 2026-12-31T00:00:00Z",
		"has a field %s that is not known: there are consent_id, token, refresh_token and ends": "" +
			"a un champ %s inconnu : il y a consent_id, token, refresh_token et ends",
		"is no JSON object": "n'est pas un objet JSON",
		"DJAMO_CONSENT_KEY must be set: 32 bytes in base64, with which tokens are sealed in the database": "" +
			"DJAMO_CONSENT_KEY doit être définie : 32 octets en base64, qui scellent les jetons dans la base",
		"the key beside the database: %s":                       "la clé à côté de la base : %s",
		"%s: the key has %d bytes, it must have %d":             "%s : la clé a %d octets, elle doit en avoir %d",
		"%s: the key is no base64 of %d bytes":                  "%s : la clé n'est pas en base64 de %d octets",
		"the database has no audit log":                         "la base n'a pas de journal d'audit",
		"must be given":                                         "est obligatoire",
		"the address cannot be read":                            "l'adresse est illisible",
		"%s is a folder: name a file":                           "%s est un dossier : donnez un fichier",
		"there is no file %s":                                   "il n'y a pas de fichier %s",
		"%s is a database of something else: it has no wallets": "%s est la base d'autre chose : elle n'a pas de portefeuilles",
		"%s cannot be made: %s":                                 "%s ne peut pas être créé : %s",
		"%q is no wallet id":                                    "%q n'est pas un id de portefeuille",
		"must not be negative":                                  "ne doit pas être négatif",
		"%s: status lists those it has":                         "%s ; status montre ceux qu'il y a",
		"walletsync: the store does not have this wallet":       "la base n'a pas ce portefeuille",
		"DJAMO_CONSENT_KEY: the tokens of %s were sealed with another key": "" +
			"DJAMO_CONSENT_KEY : les jetons de %s ont été scellés avec une autre clé",
		"wallet %s is new and has no consent: name a file that has it, or set DJAMO_CONSENT_ID and DJAMO_CONSENT_TOKEN": "" +
			"le portefeuille %s est nouveau et n'a pas de consentement : donnez un fichier qui l'a, ou DJAMO_CONSENT_ID et " +
			"DJAMO_CONSENT_TOKEN",
		"must be more than 0":                                          "doit être supérieur à 0",
		"%d must be from 1 to 10000":                                   "%d : doit être de 1 à 10000",
		"%q is no date such as 2026-01-31":                             "%q n'est pas une date comme 2026-01-31",
		"%s is in the future":                                          "%s est dans le futur",
		"DJAMO_PISPI_SECRET must be set, with which pushes are signed": "DJAMO_PISPI_SECRET doit être définie : elle signe les notifications",
		"must be such as https://auth.example/oauth/token":             "doit être comme https://auth.example/oauth/token",
		"tokens are sent over https only, but to a server on this machine": "" +
			"les jetons ne partent qu'en https, sauf vers un serveur de cette machine",
		"%q is no address such as 127.0.0.1:8080": "%q n'est pas une adresse comme 127.0.0.1:8080",
		"the URL of the gateway must be such as https://gateway.example": "" +
			"l'adresse de la passerelle doit être comme https://gateway.example",
		"the URL of the gateway has a port that is none": "l'adresse de la passerelle a un port qui n'en est pas un",
		"passwords and tokens are sent to a gateway over https only, but for one on this machine": "" +
			"mots de passe et jetons ne partent vers une passerelle qu'en https, sauf sur cette machine",
		"the URL of the gateway must have no user, query or fragment": "" +
			"l'adresse de la passerelle ne doit avoir ni utilisateur, ni paramètre, ni fragment",
		"a person must look at it: wallet %s: %d items are quarantined": "" +
			"une personne doit s'en occuper : portefeuille %s : %d éléments sont en quarantaine",
		"a person must look at it: wallet %s: its consent is %s": "" +
			"une personne doit s'en occuper : portefeuille %s : son consentement est %s",
	}
}
