package lang

// frenchOfPhones are the rules for phone numbers.
func frenchOfPhones() map[string]string {
	return map[string]string{
		"must hold only digits after the plus, no invisible character such as %U": "" +
			"ne doit avoir que des chiffres après le plus, et aucun caractère invisible comme %U",
		"must hold only digits after the plus, not %q (%U)":        "ne doit avoir que des chiffres après le plus, et non %q (%U)",
		"must hold only digits after the plus, not %q":             "ne doit avoir que des chiffres après le plus, et non %q",
		"must hold only digits, no invisible character such as %U": "ne doit avoir que des chiffres, et aucun caractère invisible comme %U",
		"must hold only digits, not %q (%U)":                       "ne doit avoir que des chiffres, et non %q (%U)",
		"must hold only digits, not %q":                            "ne doit avoir que des chiffres, et non %q",
		"must be one phone number, and the cell holds more than one: keep the one that is to be paid": "" +
			"doit être un seul numéro de téléphone, et la cellule en contient plusieurs : gardez celui qui est à payer",
		"has nine digits: it is a number of Senegal, to be written with +221, or one of Côte d'Ivoire that lost its first zero in a " +
			"number cell: ask which, format the column as text and enter it again": "" +
			"a neuf chiffres : c'est un numéro du Sénégal, à écrire avec +221, ou un numéro de Côte d'Ivoire qui a perdu son premier zéro " +
			"dans une cellule de nombre : demandez lequel, mettez la colonne au format texte et saisissez-le de nouveau",
		"must have %d digits after +%s, the numbering since 2021, not %d": "" +
			"doit avoir %d chiffres après +%s, selon la numérotation depuis 2021, et non %d",
		"must have %d digits after +%s, not %d":            "doit avoir %d chiffres après +%s, et non %d",
		"must have %d to %d digits after the plus, not %d": "doit avoir de %d à %d chiffres après le plus, et non %d",
		"must be a phone number of %s, or start with + and the country code": "" +
			"doit être un numéro de téléphone de %s, ou commencer par + et l'indicatif du pays",
		"is a national number of Côte d'Ivoire without its country: add --country CI, or write +225 before it": "" +
			"est un numéro national de Côte d'Ivoire sans son pays : ajoutez --country CI, ou écrivez +225 devant",
		"is a national number of Senegal without its country (--country SN), or one of Côte d'Ivoire that lost its first zero " +
			"in a number cell: then format the column as text, enter it again, and add --country CI": "" +
			"est un numéro national du Sénégal sans son pays (--country SN), ou un numéro de Côte d'Ivoire qui a perdu son premier zéro " +
			"dans une cellule de nombre : mettez alors la colonne au format texte, saisissez-le de nouveau et ajoutez --country CI",
		"is a national number of Senegal without its country: add --country SN, or write +221 before it": "" +
			"est un numéro national du Sénégal sans son pays : ajoutez --country SN, ou écrivez +221 devant",
		"has lost its first zero, as a number cell does: format the column as text and enter it again": "" +
			"a perdu son premier zéro, comme dans une cellule de nombre : mettez la colonne au format texte et saisissez-le de nouveau",
		"has lost its first zero, as a number cell does: format the column as text and enter it again, and add --country CI": "" +
			"a perdu son premier zéro, comme dans une cellule de nombre : mettez la colonne au format texte, saisissez-le de nouveau " +
			"et ajoutez --country CI",
		"has lost its plus, as a number cell does: format the column as text and write + before it, or add --country %s": "" +
			"a perdu son plus, comme dans une cellule de nombre : mettez la colonne au format texte et écrivez + devant, ou ajoutez --country %s",
		"has 8 digits, the numbering of Côte d'Ivoire before 2021: write the ten digits of today": "" +
			"a 8 chiffres, la numérotation de Côte d'Ivoire d'avant 2021 : écrivez les dix chiffres d'aujourd'hui",
	}
}
