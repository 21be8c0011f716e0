package lang

// frenchOfWorkbooks are the rules about the cells of workbooks.
func frenchOfWorkbooks() map[string]string {
	return map[string]string{
		"it is %s: format the column as text and enter it as it is to be": "" +
			"c'est %s : mettez la colonne au format texte et saisissez la valeur telle qu'elle doit être",
		"a truth value": "une valeur logique",
		"a date":        "une date",
		"its format shows %s: format the column as a number, and see what it holds": "" +
			"son format affiche %s : mettez la colonne au format nombre, et voyez ce qu'elle contient",
		"a date or a time": "une date ou une heure", "a percentage": "un pourcentage", "a shortened number": "un nombre abrégé",
		"a fraction": "une fraction", "another currency": "une autre devise", "thousands": "des milliers",
		"a currency that depends on the machine": "" +
			"une devise qui dépend de la machine", "what depends on the machine": "ce qui dépend de la machine",
		"nothing, or only words": "rien, ou des mots seulement", "digits that the number does not have": "des chiffres que le nombre n'a pas",
		"a sign that the number does not have": "" +
			"un signe que le nombre n'a pas", "words that are no currency of ours": "des mots qui ne sont pas le franc CFA",
		"three decimals, which look like thousands": "trois décimales, qui ressemblent à des milliers",
		"a separator at a place of its own":         "un séparateur hors de sa place",
		"its format shows something else than the text that it holds: format the column as text": "" +
			"son format affiche autre chose que le texte qu'elle contient : mettez la colonne au format texte",
		"it is a number, which the payee would not see as it is shown: format the column as text and enter it as it is to be": "" +
			"c'est un nombre, que le bénéficiaire ne verrait pas comme il est affiché : mettez la colonne au format texte " +
			"et saisissez-le tel quel",
		"it is a number, which is not shown as it is stored: format the column as text and enter it as it is to be": "" +
			"c'est un nombre qui n'est pas affiché comme il est enregistré : mettez la colonne au format texte et saisissez-le tel quel",
		"it is a formula, and the sheet shows formulas in place of their results: let it show these, and save it": "" +
			"c'est une formule, et la feuille affiche les formules à la place de leurs résultats : affichez ceux-ci, et enregistrez",
		"it is a formula whose result is empty: enter the reference": "c'est une formule dont le résultat est vide : saisissez la référence",
		"a conditional format can hide what it holds, or strike it out: remove the format, and look again": "" +
			"une mise en forme conditionnelle peut masquer ou barrer ce qu'elle contient : supprimez-la, et vérifiez de nouveau",
		"it holds several lines: write it on one": "elle contient plusieurs lignes : écrivez-la sur une seule",
		"the merged cells %s:%s show one value for several rows: take the merging back, and write the value in each row": "" +
			"les cellules fusionnées %s:%s montrent une valeur pour plusieurs lignes : annulez la fusion, et écrivez la valeur à chaque ligne",
		"it holds a value that the merged cells %s:%s cover: take the merging back": "" +
			"elle contient une valeur que recouvrent les cellules fusionnées %s:%s : annulez la fusion",
		"it is a formula that goes by the clock or by chance, so it shows something else each time: replace it by its result": "" +
			"c'est une formule qui dépend de l'heure ou du hasard, et montre chaque fois autre chose : remplacez-la par son résultat",
		"it is crossed out by a border: delete the row, or take the line away": "" +
			"elle est barrée par une bordure : supprimez la ligne, ou ôtez le trait",
		"a picture or a shape lies over it: move that away, or delete it": "une image ou une forme la recouvre : déplacez-la, ou supprimez-la",
		"a part of its text is raised or lowered, as the mark of a note is: enter it again without that": "" +
			"une partie de son texte est en exposant ou en indice, comme un appel de note : saisissez-la de nouveau sans cela",
		"it is in a pivot table that is made anew when the workbook is opened: replace the table by its values": "" +
			"elle est dans un tableau croisé qui est refait à l'ouverture du classeur : remplacez le tableau par ses valeurs",
		"it is struck out: delete the row, or take the line away": "elle est barrée : supprimez la ligne, ou ôtez le trait",
		"it is repeated as often as the cell has room: choose another alignment": "" +
			"elle est répétée autant que la cellule a de place : choisissez un autre alignement",
		"its text has the color of what is behind it":           "son texte a la couleur de ce qui est derrière",
		"a part of its text is struck out: enter it again":      "une partie de son texte est barrée : saisissez-la de nouveau",
		"a part of its text is white: enter it again":           "une partie de son texte est blanche : saisissez-la de nouveau",
		"its text is too small to be read: choose another size": "son texte est trop petit pour être lu : choisissez une autre taille",
		"its font shows pictures in place of letters and digits: choose another font": "" +
			"sa police montre des dessins à la place des lettres et des chiffres : choisissez une autre police",
	}
}
