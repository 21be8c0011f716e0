package lang

// frenchOfSigners are the sentences of packages approval and audit about lists, keys, signatures and what was signed. They are
// made one within the other: what stands for %s may be another one of them.
func frenchOfSigners() map[string]string {
	return map[string]string{
		"line %d: %s": "ligne %d : %s",
		"signing: %s": "la signature : %s",

		// lines of a list
		"line %d: the key of %s stands above already, under %s: a key is one person's": "" +
			"ligne %d : la clé de %s se trouve déjà plus haut, sous %s : une clé n'appartient qu'à une personne",
		"line %d: there are more than %d keys": "ligne %d : il y a plus de %d clés",
		"the key is missing: a line is a name, the kind of its key, and the key": "" +
			"la clé manque : une ligne est un nom, le type de sa clé, et la clé",
		"the key is missing: a line is a name, options, the kind of its key, and the key": "" +
			"la clé manque : une ligne est un nom, des options, le type de sa clé, et la clé",
		"the key of %s is no base64: copy the line of its .pub file": "" +
			"la clé de %s n'est pas en base64 : recopiez la ligne de son fichier .pub",
		"the key of %s: %s":                           "la clé de %s : %s",
		"the key of %s is of the kind %s, and not %q": "la clé de %s est du type %s, et non %q",
		"the name %q must have from 1 to %d letters that can be shown": "" +
			"le nom %q doit avoir de 1 à %d caractères qui s'affichent",
		"%q must name one person: no list, no wildcard, no space, no # in front": "" +
			"%q doit nommer une seule personne : ni liste, ni joker, ni espace, ni # au début",
		"the option %s stands twice": "l'option %s s'y trouve deux fois",
		"the option %q: %s":          "l'option %q : %s",
		"certificates are not accepted: list the keys of people": "" +
			"les certificats ne sont pas acceptés : inscrivez les clés des personnes",
		"must be namespaces, valid-after or valid-before":  "doit être namespaces, valid-after ou valid-before",
		"valid-after must be before valid-before":          "valid-after doit être avant valid-before",
		"must list namespaces, with commas between them":   "doit donner des espaces de noms, séparés par des virgules",
		"must be a time such as 20261231 or 202612312359Z": "doit être un moment comme 20261231 ou 202612312359Z",
		"an approval must hold from 1 second to %d hours":  "une approbation doit valoir de 1 seconde à %d heures",
		"names on it: %d": "noms qu'elle porte : %d",
		"the list of those who may sign is not as this program writes it": "" +
			"la liste de ceux qui peuvent signer n'est pas comme ce programme l'écrit",

		// keys
		"a key of Ed25519 has %d bytes, not %d": "une clé Ed25519 a %d octets, et non %d",
		"its kind is none of ssh-ed25519, ecdsa-sha2-nistp256, -384, -521, ssh-rsa, sk-ssh-ed25519@openssh.com " +
			"and sk-ecdsa-sha2-nistp256@openssh.com": "" +
			"son type n'est aucun de ceux-ci : ssh-ed25519, ecdsa-sha2-nistp256, -384, -521, ssh-rsa, sk-ssh-ed25519@openssh.com " +
			"et sk-ecdsa-sha2-nistp256@openssh.com",
		"the key cannot be read: %s":                        "la clé est illisible : %s",
		"its curve is not that of its kind":                 "sa courbe n'est pas celle de son type",
		"its point is not one of its curve":                 "son point n'est pas sur sa courbe",
		"a key of RSA must have from %d to %d bits, not %d": "une clé RSA doit avoir de %d à %d bits, et non %d",
		"its exponent is none of RSA":                       "son exposant n'est pas celui d'une clé RSA",
		"it is cut off, or has more than it should":         "elle est coupée, ou contient plus qu'elle ne devrait",

		// signatures
		"the signature is not of this key and this text": "la signature n'est pas celle de cette clé et de ce texte",
		"nobody has touched the security key":            "personne n'a touché la clé de sécurité",
		"the signature cannot be read: %s":               "la signature est illisible : %s",
		"a signature of the kind %q is not accepted from a key of the kind %s": "" +
			"une signature du type %q n'est pas acceptée d'une clé du type %s",
		"it is no signature of ssh-keygen: it must begin with %s": "" +
			"ce n'est pas une signature de ssh-keygen : elle doit commencer par %s",
		"it is no signature of ssh-keygen: its base64 cannot be read": "" +
			"ce n'est pas une signature de ssh-keygen : son base64 est illisible",
		"it is no signature of ssh-keygen, or of another version than 1": "" +
			"ce n'est pas une signature de ssh-keygen, ou elle est d'une autre version que 1",
		"the signature is over another hash than sha256 and sha512": "" +
			"la signature porte sur une autre empreinte que sha256 et sha512",
		"it was signed for %q, and not for %q": "elle a été signée pour %q, et non pour %q",

		// what was signed
		"it is no text of a plan, an approval, or a list of those who may sign": "" +
			"ce n'est le texte ni d'un plan, ni d'une approbation, ni d'une liste de ceux qui peuvent signer",
		"it does not say what it answers":      "il ne dit pas à quoi il répond",
		"it has no time":                       "il n'a pas de date",
		"a run, a host and payouts are needed": "il lui faut une paie, un hôte et des paiements",
		"the text is too long":                 "le texte est trop long",
		"the text cannot be read: %s":          "le texte est illisible : %s",
		"the text cannot be read: it is not as this program writes it": "" +
			"le texte est illisible : il n'est pas comme ce programme l'écrit",
		"the text was changed: it is not as this program writes it": "" +
			"le texte a été modifié : il n'est pas comme ce programme l'écrit",
		"the checkpoint cannot be trusted: %s":                   "le point de contrôle n'est pas fiable : %s",
		"an ed25519 public key is needed":                        "il faut une clé publique ed25519",
		"it does not begin as one (%s)":                          "il ne commence pas comme il se doit (%s)",
		"it is signed with the key %q, and the public key is %s": "il est signé avec la clé %q, et la clé publique est %s",
		"its signature is not right: it was altered":             "sa signature n'est pas la bonne : il a été altéré",
		"line %d: it goes on behind its signature":               "ligne %d : il continue après sa signature",
		"line %d cannot be read":                                 "la ligne %d est illisible",
		"it is cut off: its last line has no signature":          "il est coupé : sa dernière ligne n'a pas de signature",
		"the log was altered, so nothing was pruned: %s":         "le journal a été altéré, donc rien n'a été supprimé : %s",
		"%s does not have all the rows up to %d":                 "%s n'a pas toutes les lignes jusqu'à la %d",
		"it is no private key in PEM: make one with: openssl genpkey -algorithm ed25519": "" +
			"ce n'est pas une clé privée en PEM : créez-en une avec : openssl genpkey -algorithm ed25519",
		"it is no ed25519 key: make one with: openssl genpkey -algorithm ed25519": "" +
			"ce n'est pas une clé ed25519 : créez-en une avec : openssl genpkey -algorithm ed25519",
		"it is no public key in PEM: take it from the private key with: openssl pkey -pubout": "" +
			"ce n'est pas une clé publique en PEM : tirez-la de la clé privée avec : openssl pkey -pubout",
		"it is no ed25519 key: take it from the private key with: openssl pkey -pubout": "" +
			"ce n'est pas une clé ed25519 : tirez-la de la clé privée avec : openssl pkey -pubout",

		"its act is %q, and not %q": "son acte est %q, et non %q",
	}
}
