package lang

// frenchRules are texts of the client library: rules for what is given, and what errors are called.
func frenchRules() map[string]string {
	return map[string]string{
		"must start with + and the country code, such as +225":   "doit commencer par + et l'indicatif du pays, comme +225",
		"must start with + in place of 00, such as +225":         "doit commencer par + au lieu de 00, comme +225",
		"must be the whole number, without masked digits":        "doit être le numéro entier, sans chiffres masqués",
		"must start with a country code, and none starts with 0": "doit commencer par un indicatif, et aucun ne commence par 0",
		"must not be empty":              "ne doit pas être vide",
		"must not be negative":           "ne doit pas être négatif",
		"must be an absolute https URL":  "doit être une adresse https complète",
		"must change at least one field": "doit changer au moins un champ",
		`must not hold "/", "\", ".." or control characters`: "" +
			`ne doit contenir ni "/", ni "\", ni "..", ni caractère de commande`,
		`must not hold ".."`:                   `ne doit pas contenir ".."`,
		"must be an HTTP method in upper case": "doit être une méthode HTTP en majuscules",
		`must start with "/" and stay below the base URL`: "" +
			`doit commencer par "/" et rester sous l'adresse de base`,
		"must be set on the batch, not on a payment in it": "doit être donné pour le lot, et non pour un paiement du lot",
		"must be whole francs in exact groups of three digits: anything else could be read two ways (understood are " +
			"50000, 50 000, 50.000, 50,000, 50 000,00, 50 000 F, 50 000 FCFA and XOF 50 000)": "" +
			"doit être en francs entiers, par groupes de trois chiffres exactement : le reste se lirait de deux façons " +
			"(sont compris 50000, 50 000, 50.000, 50,000, 50 000,00, 50 000 F, 50 000 FCFA et XOF 50 000)",
		"djamo: not found":         "introuvable",
		"djamo: unexpected answer": "réponse inattendue",
	}
}
