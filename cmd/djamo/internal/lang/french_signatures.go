package lang

// frenchOfSignatures are the sentences of the client about signatures of webhooks that it refuses, and about look-ups. What stands
// for %s may be another one of them.
func frenchOfSignatures() map[string]string {
	return map[string]string{
		"djamo: invalid webhook signature: %s": "signature de webhook invalide : %s",
		"more than one %s header":              "il y a plusieurs en-têtes %s",
		"the %s header is missing":             "l'en-tête %s manque",
		"the %s header is wrong: %s":           "l'en-tête %s est faux : %s",
		"the %s header is not standard base64 of 32 bytes": "" +
			"l'en-tête %s n'est pas en base64 standard de 32 octets",
		"the body is empty: verify it before anything else reads it": "" +
			"le corps est vide : vérifiez-le avant que quoi que ce soit d'autre le lise",
		"made with another secret or over other bytes: verify the raw request body, not JSON that was parsed and written again": "" +
			"faite avec un autre secret ou sur d'autres octets : vérifiez le corps tel qu'il est arrivé, et non du JSON analysé puis réécrit",
		"it is the hex of the right digest: take the base64 of its 32 bytes": "" +
			"c'est la bonne empreinte en hexadécimal : prenez le base64 de ses 32 octets",
		"it is base64 of the hex of the right digest: take the base64 of its 32 bytes": "" +
			"c'est le base64 de la bonne empreinte en hexadécimal : prenez le base64 de ses 32 octets",
		"it is the right digest in another form of base64: use the standard alphabet, with padding and without white space": "" +
			"c'est la bonne empreinte dans une autre forme de base64 : utilisez l'alphabet standard, avec remplissage et sans espace",
		"it is the right digest cut off: all 44 characters of its base64 are needed": "" +
			"c'est la bonne empreinte, coupée : il faut les 44 caractères de son base64",
		"it is right for the secret without the white space around it: trim the secret": "" +
			"elle est bonne pour le secret sans les espaces qui l'entourent : ôtez-les",
		"it signs the JSON of the body written again (%s): sign and verify the raw bytes": "" +
			"elle signe le JSON du corps réécrit (%s) : signez et vérifiez les octets tels quels",
		"it signs the body as it was before something on the way changed it (%s): %s": "" +
			"elle signe le corps tel qu'il était avant d'être modifié en chemin (%s) : %s",

		// look-ups
		"djamo: %s %s: nothing under %q: djamo: not found": "%s %s : il n'y a rien sous %s",

		// how it was written again, or changed
		"without white space":                                "sans espaces",
		"as encoding/json does":                              "comme le fait encoding/json",
		"as json.Encoder does, with a line break at the end": "comme le fait json.Encoder, avec un saut de ligne à la fin",
		"as JSON.stringify does":                             "comme le fait JSON.stringify",
		"as json.dumps does":                                 "comme le fait json.dumps",
		"as json_encode does":                                "comme le fait json_encode",
		"what came is base64 of it":                          "ce qui est arrivé est son base64",
		"what came is compressed":                            "ce qui est arrivé est compressé",
		"what came is a form with the JSON in a field":       "ce qui est arrivé est un formulaire dont un champ contient le JSON",
		"what came is a JSON string that holds it":           "ce qui est arrivé est un texte JSON qui le contient",
		`what came is an event of a gateway with it as "body"`: "" +
			`ce qui est arrivé est l'événement d'une passerelle, qui l'a sous "body"`,
		"it was taken for Latin-1 and encoded as UTF-8 again": "il a été pris pour du Latin-1 et codé de nouveau en UTF-8",
		"what came is an event of a gateway or queue with it in a field": "" +
			"ce qui est arrivé est l'événement d'une passerelle ou d'une file, qui l'a dans un champ",
		"what came is hex of it": "ce qui est arrivé est son hexadécimal",
		"its quotation marks were written as for a web page, &quot;": "" +
			"ses guillemets ont été écrits comme pour une page web, &quot;",
		"backslashes were put before its quotation marks":      "des barres obliques inverses ont été mises devant ses guillemets",
		"its characters were written as Latin-1":               "ses caractères ont été écrits en Latin-1",
		"what came is the list of its bytes":                   "ce qui est arrivé est la liste de ses octets",
		"what came is XML with it in an element":               "ce qui est arrivé est du XML dont un élément le contient",
		"have it handed on raw, or make the bytes of it":       "faites-le transmettre tel quel, ou refaites-en les octets",
		"have it handed on raw, or take the text":              "faites-le transmettre tel quel, ou prenez ce texte",
		"what came is UTF-16":                                  "ce qui est arrivé est de l'UTF-16",
		"a byte order mark was added":                          "un indicateur d'ordre des octets a été ajouté",
		"its byte order mark was removed":                      "son indicateur d'ordre des octets a été ôté",
		"the line end or white space around it was trimmed":    "le saut de ligne ou les espaces autour ont été ôtés",
		"a line end or white space was added around it":        "un saut de ligne ou des espaces ont été ajoutés autour",
		"its line ends were changed":                           "ses sauts de ligne ont été changés",
		"verify the raw bytes":                                 "vérifiez les octets tels quels",
		"verify that field":                                    "vérifiez ce champ",
		"decompress it before verifying":                       "décompressez-le avant de vérifier",
		"have it handed on raw, or decode it before verifying": "faites-le transmettre tel quel, ou décodez-le avant de vérifier",
		"have it handed on raw, or take the field":             "faites-le transmettre tel quel, ou prenez le champ",
		"have it handed on raw, or take the string":            "faites-le transmettre tel quel, ou prenez le texte",
	}
}
