package lang

import "maps"

// frenchOfPlans are the rules and warnings about files of payouts, of package payroll, of the client and of what reads workbooks.
func frenchOfPlans() map[string]string {
	const (
		asUTF8 = `save it as UTF-8: in Excel choose "CSV UTF-8 (comma delimited)", in LibreOffice the character set "Unicode (UTF-8)"`
		enUTF8 = "enregistrez-le en UTF-8 : dans Excel, choisissez « CSV UTF-8 (délimité par des virgules) », " +
			"dans LibreOffice le jeu de caractères « Unicode (UTF-8) »"
		convert = "open it in a spreadsheet and save it as .xlsx"
		ouvrez  = "ouvrez-le dans un tableur et enregistrez-le en .xlsx"
		table   = "copy its table into a spreadsheet and save that as .xlsx"
		copiez  = "copiez son tableau dans un tableur et enregistrez celui-ci en .xlsx"
	)
	texts := map[string]string{
		// what is to be confirmed
		"%s gets %s on line %d as %s and again on line %d as %s": "" +
			"%s reçoit %s à la ligne %d sous %s, et de nouveau à la ligne %d sous %s",
		"%d more payouts give a payee the same amount again": "%d autres paiements donnent encore le même montant à un bénéficiaire",
		"the reference on line %d, %s, reads like that on line %d, %s: they differ in letters and digits such as O and 0, or I, l and 1": "" +
			"la référence de la ligne %d, %s, se lit comme celle de la ligne %d, %s : seuls diffèrent des lettres et des chiffres " +
			"comme O et 0, ou I, l et 1",
		"%d more references read like earlier ones": "%d autres références se lisent comme d'autres avant elles",
		"no column is called reference, so references are derived; not read: a column without a name, which is filled on line %d": "" +
			"aucune colonne ne s'appelle référence, les références sont donc calculées ; n'est pas lue : une colonne sans " +
			"nom, remplie à la ligne %d",
		"no column is called reference, so references are derived; not read: %s": "" +
			"aucune colonne ne s'appelle référence, les références sont donc calculées ; ne sont pas lues : %s",
		"the columns are named on line %d; not read above it: %s": "" +
			"les en-têtes des colonnes sont à la ligne %d ; n'est pas lu au-dessus : %s",
		"line %d, which has an odd quotation mark": "la ligne %d, où un guillemet n'est pas fermé",
		"%d more rows have several lines":          "%d autres enregistrements tiennent sur plusieurs lignes",
		"no reference stands on line %s: one is made from the run's name and the row": "" +
			"il n'y a pas de référence à la ligne %s : elle est calculée à partir du nom de la paie et de la ligne",
		"no reference stands on line %s and %d more: one is made from the run's name and the row": "" +
			"il n'y a pas de référence à la ligne %s et à %d autres : elles sont calculées à partir du nom de la paie et de la ligne",
		"lines %d to %d are one row: a quotation mark may be open": "" +
			"les lignes %d à %d ne font qu'un enregistrement : un guillemet n'est peut-être pas fermé",
		"the file is not UTF-8: it was read as Windows-1252, in which Excel saves CSV files, for the first time on line %d": "" +
			"le fichier n'est pas en UTF-8 : il a été lu en Windows-1252, comme Excel enregistre les CSV, à partir de la ligne %d",
		"%d of these payouts, %s, give a payee the same amount as a payment under another reference since %s, first " +
			"line %d: %s got %s as %s%s": "" +
			"%d de ces paiements, %s, donnent à un bénéficiaire le même montant qu'un paiement fait sous une autre référence depuis le %s, " +
			"le premier à la ligne %d : %s a reçu %s sous %s%s",
		"%d of these payouts, %s, are for payees whom this run has paid for rows that were changed since, first line %d: %s got %s as %s%s": "" +
			"" +
			"%d de ces paiements, %s, vont à des bénéficiaires que cette paie a déjà payés pour des lignes modifiées depuis, " +
			"le premier à la ligne %d : %s a reçu %s sous %s%s",
		"%d of these payouts, %s, were paid earlier under these references and are not paid now, first line %d: %s%s": "" +
			"%d de ces paiements, %s, ont déjà été payés sous ces références et ne sont pas payés maintenant, le premier à la ligne %d : %s%s",
		"%d of these references were used for another payee or amount, and are not paid, first line %d: %s%s": "" +
			"%d de ces références ont servi pour un autre bénéficiaire ou un autre montant, et ne sont pas payées, la " +
			"première à la ligne %d : %s%s",
		"the account has made so many payments that only those since %s were compared": "" +
			"le compte a fait tant de paiements que seuls ceux depuis le %s ont été comparés",
		"the account's payments are listed in no order that shows which are the newest, and not all of them were read: " +
			"payments since %s may not have been compared": "" +
			"les paiements du compte sont listés sans ordre qui montre les plus récents, et tous n'ont pas été lus : " +
			"des paiements depuis le %s n'ont peut-être pas été comparés",
		"the account has made a payment less than a minute ago: others of the last moments may not be listed yet, and were not " +
			"compared; if somebody else is paying, wait for the end of that, and compare again": "" +
			"le compte a fait un paiement il y a moins d'une minute : d'autres de ces derniers instants ne sont peut-être pas encore " +
			"listés, et n'ont pas été comparés ; si quelqu'un d'autre paie, attendez qu'il ait fini, et comparez de nouveau",
		"notes on cells that are not read and may say not to pay: %d, first at %s: %s": "" +
			"notes de cellules qui ne sont pas lues et disent peut-être de ne pas payer : %d, la première en %s : %s",
		"texts that were read in a wrong encoding before: %d, first line %d: %s; payees see them so": "" +
			"textes qui ont été lus auparavant dans un mauvais codage : %d, le premier à la ligne %d : %s ; les bénéficiaires les verront ainsi",
		"the last line, %d, has no end, and its %s is shorter than all others: the file may be cut off, or not written to its end": "" +
			"la dernière ligne, %d, n'a pas de fin, et la valeur de sa colonne %s est plus courte que toutes les autres : le fichier est " +
			"peut-être coupé, ou pas encore écrit jusqu'au bout",
		"values of pivot tables: %d, as they were last refreshed: check that they are up to date": "" +
			"valeurs de tableaux croisés : %d, telles qu'à leur dernière actualisation : vérifiez qu'elles sont à jour",
		"amounts are those of %s; not read: %s, which may be what is to be paid: choose with --column amount=%q": "" +
			"les montants sont ceux de %s ; n'est pas lue : %s, qui est peut-être ce qu'il faut payer : choisissez avec --column amount=%s",
		"phone numbers are those of %s; not read: %s, which may be those to pay: choose with --column msisdn=%q": "" +
			"les numéros de téléphone sont ceux de %s ; n'est pas lue : %s, qui a peut-être ceux qu'il faut payer : choisissez avec " +
			"--column msisdn=%s",
		"remarks that are not read and may say not to pay: %d, first line %d: %s": "" +
			"remarques qui ne sont pas lues et disent peut-être de ne pas payer : %d, la première à la ligne %d : %s",
		"results of formulas: %d, as the workbook was last saved: check that they are up to date": "" +
			"résultats de formules : %d, tels qu'au dernier enregistrement du classeur : vérifiez qu'ils sont à jour",

		// the file as a whole
		"there are no payouts in it": "il ne contient aucun paiement",
		"must start with a line that names its columns: msisdn, amount and, where wanted, reference, description and name": "" +
			"doit commencer par une ligne d'en-têtes : téléphone, montant et, au besoin, référence, motif et nom",
		`must name the columns: after "sep=" only a comma, a semicolon or a tab is understood`: "" +
			"doit nommer les colonnes : après « sep= », seuls une virgule, un point-virgule ou une tabulation sont compris",
		"must name the columns in fewer than %d bytes": "doit nommer les colonnes en moins de %d octets",
		"must name the columns as they are called, and was read in a wrong encoding before: save the file as UTF-8 in the program " +
			"that it comes from": "" +
			"doit nommer les colonnes telles qu'elles s'appellent, et a été lue auparavant dans un mauvais codage : enregistrez le fichier " +
			"en UTF-8 dans le logiciel d'où il vient",
		"must be named once only": "ne doit apparaître qu'une fois",
		"must be one column, and %s and %s both name it: rename one of them, or declare which it is, as with --column %s=%q": "" +
			"doit être une seule colonne, et %s et %s la désignent toutes deux : renommez l'une, ou dites laquelle, par exemple --column %s=%s",
		"was declared to be called %s, and no column is; the columns are %s": "" +
			"a été déclarée sous le nom %s, qu'aucune colonne ne porte ; les colonnes sont %s",
		"must be one of the columns that this line names, separated by commas, semicolons or tabs; " +
			`it names %s: rename one, or declare it, as with --column %s="…"`: "" +
			"doit être l'une des colonnes que nomme cette ligne, séparées par des virgules, des points-virgules ou des tabulations ; " +
			`elle nomme %s : renommez-en une, ou déclarez-la, par exemple --column %s="…"`,
		"must name its columns apart: the whole line stands in quotation marks, which makes one column of it; take them off, or split " +
			"the column in a spreadsheet (Data, Text to Columns), and save it again": "" +
			"doit nommer ses colonnes séparément : toute la ligne est entre guillemets, ce qui n'en fait qu'une colonne ; ôtez-les, ou " +
			"séparez la colonne dans un tableur (Données, Convertir), et enregistrez de nouveau",
		"must have its quotation marks in pairs: around a whole field, and \"\" for one inside it": "" +
			"doit avoir ses guillemets par paires : autour d'un champ entier, et \"\" pour un guillemet à l'intérieur",
		`must be the text alone and not ="…", a formula by which programs keep digits: ` +
			"open the file in a spreadsheet and save it as CSV again, or take off = and the marks": "" +
			`doit être le texte seul et non ="…", formule par laquelle des logiciels gardent les chiffres : ` +
			"ouvrez le fichier dans un tableur et enregistrez-le de nouveau en CSV, ou ôtez = et les guillemets",
		"must not be longer than %d bytes: a quotation mark may be open": "" +
			"ne doit pas dépasser %d octets : un guillemet n'est peut-être pas fermé",
		"must not name the columns again, as line %d does: delete this line": "" +
			"ne doit pas nommer les colonnes de nouveau, comme la ligne %d : supprimez cette ligne",
		"must not name the columns again, and otherwise than line %d does: pay the rows from here on in a file of their own": "" +
			"ne doit pas nommer les colonnes de nouveau, et autrement que la ligne %d : payez les lignes qui suivent dans un fichier à part",
		"must have %d fields, as line %d has, not %d": "doit avoir %d champs, comme la ligne %d, et non %d",
		"is neither UTF-8 nor, without doubt, Windows-1252: " + asUTF8: "" +
			"n'est ni en UTF-8 ni, sans doute possible, en Windows-1252 : " + enUTF8,
		"the file is UTF-16, which Excel calls Unicode text: " + asUTF8: "" +
			"le fichier est en UTF-16, qu'Excel appelle texte Unicode : " + enUTF8,
		"the file is UTF-32: " + asUTF8:                     "le fichier est en UTF-32 : " + enUTF8,
		"the file is a workbook and no CSV file: " + asUTF8: "le fichier est un classeur et non un CSV : " + enUTF8,
		"the file is no text: name the file of payouts":     "le fichier n'est pas du texte : indiquez le fichier des paiements",
		"the file %s": "le fichier %s",
		"is a PDF, which shows a table and holds none: ask for the workbook it was made from": "" +
			"est un PDF, qui montre un tableau sans le contenir : demandez le classeur d'origine",
		"is a text document (.rtf): " + table:      "est un document texte (.rtf) : " + copiez,
		"is a workbook of Lotus 1-2-3: " + convert: "est un classeur de Lotus 1-2-3 : " + ouvrez,
		"is a database, and perhaps a journal: name the file of payouts": "" +
			"est une base de données, peut-être un journal : indiquez le fichier des paiements",
		"is a SYLK file (.slk): " + convert: "est un fichier SYLK (.slk) : " + ouvrez,
		"is what a Mac keeps beside a file: name the file itself, which is called the same without ._ in front": "" +
			"est ce qu'un Mac garde à côté d'un fichier : indiquez le fichier lui-même, du même nom sans ._ devant",
		"is a shortcut to a file or a page: name the file itself": "est un raccourci vers un fichier ou une page : indiquez le fichier lui-même",
		"is a table of dBase or FoxPro (.dbf): " + convert:        "est une table de dBase ou FoxPro (.dbf) : " + ouvrez,
		"is a card of contacts (.vcf): enter the payees and their amounts in a spreadsheet": "" +
			"est une fiche de contacts (.vcf) : saisissez les bénéficiaires et leurs montants dans un tableur",
		"is a mail, or a page kept like one (.eml, .mht): save what is attached to it, or " + table: "" +
			"est un courriel, ou une page gardée ainsi (.eml, .mht) : enregistrez sa pièce jointe, ou " + copiez,
		"is a link to Google Sheets: download the table there as Microsoft Excel (.xlsx)": "" +
			"est un lien vers Google Sheets : téléchargez-y le tableau comme Microsoft Excel (.xlsx)",
		"is what a spreadsheet keeps beside a workbook as long as that is open: name the workbook itself": "" +
			"est ce qu'un tableur garde à côté d'un classeur ouvert : indiquez le classeur lui-même",
		"can be read once only, as a pipe can: write it to a file, and name that": "" +
			"ne peut se lire qu'une fois, comme un tube : écrivez-le dans un fichier, et indiquez celui-ci",
		"is empty: it may not be written yet, or not downloaded to its end": "" +
			"est vide : il n'est peut-être pas encore écrit, ou pas téléchargé jusqu'au bout",
		"has two parts of one name, of which programs read one or the other: open it in a spreadsheet and save it": "" +
			"a deux parties du même nom, dont un programme lit l'une ou l'autre : ouvrez-le dans un tableur et enregistrez-le",
		"is JSON, not CSV: " + convert: "est du JSON et non du CSV : " + ouvrez,
		"is packed: unpack it and name the file inside": "" +
			"est compressé : décompressez-le et indiquez le fichier qu'il contient",
		"is a picture: enter what it shows in a spreadsheet":    "est une image : saisissez dans un tableur ce qu'elle montre",
		"is a workbook of Excel 95 or older (.xls): " + convert: "est un classeur d'Excel 95 ou plus ancien (.xls) : " + ouvrez,
		"is a flat OpenDocument (.fods): " + convert:            "est un OpenDocument à plat (.fods) : " + ouvrez,
		"is XML, not CSV: " + convert:                           "est du XML et non du CSV : " + ouvrez,
		"is a web page (HTML), which some programs call .xls: " + convert: "" +
			"est une page web (HTML), que certains logiciels nomment .xls : " + ouvrez,
		"is an XML spreadsheet of Excel 2003, whatever its name ends in: " + convert: "" +
			"est une feuille XML d'Excel 2003, quelle que soit la fin de son nom : " + ouvrez,

		// files of other kinds
		"is protected by a password: save it without one": "est protégé par un mot de passe : enregistrez-le sans",
		"is a document of Word: copy its table into a workbook and save that as .xlsx": "" +
			"est un document de Word : copiez son tableau dans un classeur et enregistrez celui-ci en .xlsx",
		"is a document of Word (.docx): copy its table into a workbook and save that as .xlsx": "" +
			"est un document de Word (.docx) : copiez son tableau dans un classeur et enregistrez celui-ci en .xlsx",
		"is a presentation: copy its table into a workbook and save that as .xlsx": "" +
			"est une présentation : copiez son tableau dans un classeur et enregistrez celui-ci en .xlsx",
		"is a presentation (.pptx): copy its table into a workbook and save that as .xlsx": "" +
			"est une présentation (.pptx) : copiez son tableau dans un classeur et enregistrez celui-ci en .xlsx",
		"is an OpenDocument text or presentation: copy its table into a workbook and save that as .xlsx": "" +
			"est un texte ou une présentation OpenDocument : copiez son tableau dans un classeur et enregistrez celui-ci en .xlsx",
		"is a mail of Outlook: save what is attached to it": "est un message d'Outlook : enregistrez sa pièce jointe",
		"is a binary workbook (.xlsb): save it as .xlsx":    "est un classeur binaire (.xlsb) : enregistrez-le en .xlsx",
		"is a workbook with macros (.xlsm): save it as .xlsx, without them": "" +
			"est un classeur avec macros (.xlsm) : enregistrez-le en .xlsx, sans elles",
		"is an OpenDocument (.ods): save it as .xlsx": "est un OpenDocument (.ods) : enregistrez-le en .xlsx",
		"is a document of Apple's Numbers or Pages (.numbers, .pages): export it to Excel (.xlsx)": "" +
			"est un document de Numbers ou de Pages (.numbers, .pages) : exportez-le vers Excel (.xlsx)",

		// cells
		"must be a phone number; a line of totals or of notes must be deleted": "" +
			"doit être un numéro de téléphone ; une ligne de totaux ou de remarques doit être supprimée",
		"must be a phone number: a program wrote it as a number with decimals; enter it as text, with + and the country code": "" +
			"doit être un numéro de téléphone : un logiciel l'a écrit comme un nombre à décimales ; saisissez-le comme " +
			"texte, avec + et l'indicatif",
		"must be whole francs: the cell holds a fraction, which its format may not show; round it in the workbook (ROUND, ARRONDI)": "" +
			"doit être en francs entiers : la cellule contient une fraction, que son format peut ne pas afficher ; arrondissez dans le " +
			"classeur (ARRONDI)",
		"must be in francs CFA, and a column of the file names another currency: correct the row, or write XOF there": "" +
			"doit être en francs CFA, et une colonne du fichier donne une autre devise : corrigez la ligne, ou écrivez-y XOF",
		"must not be cut at a comma, which separates the columns too: put the amount in quotation marks, or take its comma off": "" +
			"ne doit pas être coupé à une virgule, qui sépare aussi les colonnes : mettez le montant entre guillemets, ou ôtez sa virgule",
		"must not be empty; a line of totals must be deleted": "ne doit pas être vide ; une ligne de totaux doit être supprimée",
		"must be a value and not a formula: replace formulas by their results before saving": "" +
			"doit être une valeur et non une formule : remplacez les formules par leurs résultats avant d'enregistrer",
		"must be a value: this is an error of the spreadsheet, or a column too narrow to show it": "" +
			"doit être une valeur : ceci est une erreur du tableur, ou une colonne trop étroite pour l'afficher",
		"must be a value: this is what spreadsheets and programs write where there is none": "" +
			"doit être une valeur : ceci est ce que tableurs et logiciels écrivent quand il n'y en a pas",
		"was shortened by the spreadsheet, its digits are lost: format the column as text, enter the value again and save": "" +
			"a été abrégé par le tableur, ses chiffres sont perdus : mettez la colonne au format texte, saisissez de " +
			"nouveau la valeur et enregistrez",
		"must be written out: a program wrote it with an exponent (E); in a spreadsheet format the column as a number without " +
			"decimals, and save": "" +
			"doit être écrit en entier : un logiciel l'a écrit avec un exposant (E) ; dans un tableur, mettez la colonne au format nombre " +
			"sans décimales, et enregistrez",
		"must be a reference: this says that there is none, or is what a template has in its place": "" +
			"doit être une référence : ceci dit qu'il n'y en a pas, ou vient d'un modèle",
		"must be entered as text: a program wrote it as a number with decimals, and its digits may be others": "" +
			"doit être saisi comme texte : un logiciel l'a écrit comme un nombre à décimales, et ses chiffres peuvent être autres",
		"must not be a formula to a spreadsheet, which would run it when it opens the report": "" +
			"ne doit pas être une formule pour un tableur, qui l'exécuterait en ouvrant le rapport",
		"must not hold two spaces in a row, which look like one": "ne doit pas contenir deux espaces de suite, qui ressemblent à une seule",
		"must not hold characters that nobody sees, such as %U: two references that look alike would be two payments": "" +
			"ne doit pas contenir de caractère invisible comme %U : deux références d'apparence égale feraient deux paiements",
		"must hold no blank but the ordinary space, not %U, which looks like it": "" +
			"ne doit contenir d'autre blanc que l'espace ordinaire, et non %U qui lui ressemble",
		"must hold no hyphen but the one on the keyboard, not %U, which looks like it": "" +
			"ne doit contenir d'autre tiret que celui du clavier, et non %U qui lui ressemble",
		"must hold letters and their accents in one (NFC), not the accent %U by itself": "" +
			"doit avoir ses lettres et leurs accents en un seul caractère (NFC), et non l'accent %U à part",
		"must hold letters and their accents in one (NFC), not %U by itself, since the reference is derived from it": "" +
			"doit avoir ses lettres et leurs accents en un seul caractère (NFC), et non %U à part, car la référence en est calculée",
		"must hold no character that is another one written differently (NFC), such as %U": "" +
			"ne doit contenir aucun caractère qui en est un autre écrit différemment (NFC), comme %U",
		"must hold no characters but those that people here type, not %U%s: it may look like another one": "" +
			"ne doit contenir que des caractères que l'on tape ici, et non %U%s : il peut ressembler à un autre",
		"must be at least %s": "doit être d'au moins %s",
		"must be at most %s":  "doit être d'au plus %s",
		"must not be longer than %d characters: a quotation mark may be open": "" +
			"ne doit pas dépasser %d caractères : un guillemet n'est peut-être pas fermé",
		"must not hold a zero byte, which no database stores": "ne doit pas contenir d'octet nul, qu'aucune base de données ne garde",
		"must be given, here and wherever it is missing, or the run must be given a name to derive references from": "" +
			"doit être indiquée, ici et partout où elle manque, ou la paie doit recevoir un nom dont les références sont calculées",
		"must not take the total beyond what can be counted": "ne doit pas porter le total au-delà de ce qui peut se compter",
		"must be given here or on line %d, which is the same: references of their own or different descriptions tell the two apart": "" +
			"doit être indiquée ici ou à la ligne %d, qui est identique : des références propres ou des motifs différents les distinguent",
		"must differ from that of line %d, since it identifies a payout": "" +
			"ne doit pas être celle de la ligne %d, car elle identifie un paiement",
		"must be at most %d bytes long":                        "doit tenir en %d octets au plus",
		"must be UTF-8 without control characters":             "doit être en UTF-8 sans caractères de commande",
		"must be UTF-8":                                        "doit être en UTF-8",
		"must not start or end with a space":                   "ne doit ni commencer ni finir par une espace",
		"must be a positive number of whole francs":            "doit être un nombre positif de francs entiers",
		"must be at most %d, the size set with WithLimits":     "doit être d'au plus %d, la taille fixée",
		"must differ from that of transactions[%d]":            "doit différer de celle de transactions[%d]",
		"must be at least %d, the minimum set with WithLimits": "doit être d'au moins %d, le minimum fixé",
		"must be at most %d, the maximum set with WithLimits":  "doit être d'au plus %d, le maximum fixé",
		"must be a whole number of francs, written in digits":  "doit être un nombre entier de francs, écrit en chiffres",
		"must not start with a zero":                           "ne doit pas commencer par un zéro",
		"must be written without a plus sign":                  "doit s'écrire sans signe plus",
		"must use one kind of separator throughout":            "doit garder le même séparateur d'un bout à l'autre",
		"must be whole francs in exact groups of three digits: anything else could be read two ways": "" +
			"doit être en francs entiers, par groupes de trois chiffres exactement : le reste se lirait de deux façons",
		"must lie between -9223372036854775808 and 9223372036854775807": "doit être entre -9223372036854775808 et 9223372036854775807",
		"must be a whole number of francs, as a JSON number without quotes": "" +
			"doit être un nombre entier de francs, en nombre JSON sans guillemets",
	}
	maps.Copy(texts, frenchOfPhones())
	maps.Copy(texts, frenchOfWorkbooks())
	return texts
}
