package payroll

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// leftover says what a spreadsheet or a program has written where there is no value, or has made of one; "" for a value.
func leftover(value string) string {
	if value == "" || isPlainWord(value) {
		return ""
	}
	return oddLeftover(value)
}

func oddLeftover(value string) string {
	switch {
	case isSheetError(value):
		return "must be a value: this is an error of the spreadsheet, or a column too narrow to show it"
	case isPlaceholder(value):
		return "must be a value: this is what spreadsheets and programs write where there is none"
	case isShortened(value) && hasAllDigits(value):
		return "must be written out: a program wrote it with an exponent (E); in a spreadsheet format the column as a number without " +
			"decimals, and save"
	case isShortened(value):
		return "was shortened by the spreadsheet, its digits are lost: format the column as text, enter the value again and save"
	}
	return ""
}

// isSheetError reports whether a value is an error of a spreadsheet, in whatever language: #REF!, #NOM?, #N/A, Err:502,
// or the marks that fill a column that is too narrow.
func isSheetError(value string) bool {
	if code, ok := strings.CutPrefix(strings.ToLower(strings.ReplaceAll(value, " ", "")), "err:"); ok {
		return code != "" && isDigits(code)
	}
	name, ok := strings.CutPrefix(strings.ToUpper(value), "#")
	if !ok {
		return false
	}
	switch strings.TrimSpace(name) {
	case "N/A", "N/D", "NA", "NV", "N/V", "GETTING_DATA", "NAME", "NOM", "REF", "VALUE", "VALEUR", "SPILL", "NULL", "NUM", "N/A N/A":
		return true
	}
	word := strings.TrimRight(name, "!?")
	return strings.Trim(name, "#") == "" || word != name && !strings.ContainsFunc(word, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("/_ ", r)
	})
}

// isPlaceholder reports whether a value stands for none: a word for nothing, a zero, or marks alone.
func isPlaceholder(value string) bool {
	switch word := strings.ToLower(strings.Trim(value, "<>()[]{}\"' ")); word {
	case "nan", "nat", "null", "nul", "none", "nil", "undefined", "empty", "blank", "n/a", "na", "n.a.", "n.a", "n/d", "nd", "n.d.", "s/o",
		"vide", "néant", "neant", "aucun", "aucune", "rien", "-nan", "inf", "-inf", "infinity", "-infinity",
		`\n`, "pd.na", "s.o.", "n.c.", "n.r.", "tbd", "true", "false", "vrai", "faux":
		return true
	}
	if isDateOfZero(strings.ToLower(value)) {
		return true
	}
	if _, code, ok := strings.Cut(strings.ToLower(value), "1.#"); ok && (code == "ind" || code == "inf" || strings.HasSuffix(code, "nan")) {
		return true // as programs in C write what is no number
	}
	digits := strings.TrimLeft(value, "+-")
	if strings.Trim(digits, "0.,") == "" && strings.Contains(digits, "0") {
		return true // 0, 000, -0, 0.00
	}
	return !strings.ContainsFunc(value, func(r rune) bool {
		return !unicode.IsPunct(r) && !unicode.IsSpace(r) && !strings.ContainsRune("\u2212~+|^`", r)
	})
}

// isDateOfZero reports whether a value is what spreadsheets show of an empty cell in a format for dates or times.
func isDateOfZero(value string) bool {
	switch value {
	case "00/01/1900", "0/1/1900", "1/0/1900", "01/00/1900", "1900-01-00", "00-01-1900", "00.01.1900", "00/01/00", "01/01/1904",
		"30/12/1899", "12/30/1899", "1899-12-30", "30-12-1899",
		"00-janv", "00-janv-00", "0-janv", "00-jan", "0-jan", "0-jan-00", "00-jan-00", "00:00",
		"00:00:00", "0:00", "0:00:00", "0000-00-00", "00/00/0000":
		return true
	}
	return false
}

// isShortened reports whether a value is a number as spreadsheets and programs shorten it: 2.25E+12, 2,25E+12, 5E04, 1E9.
func isShortened(value string) bool {
	mantissa, exponent, found := strings.Cut(strings.ToUpper(value), "E")
	if !found {
		return false
	}
	mantissa, exponent = strings.TrimLeft(mantissa, "+-"), strings.TrimLeft(exponent, "+-")
	return exponent != "" && isDigits(exponent) && strings.ContainsAny(mantissa, "0123456789") && strings.Trim(mantissa, "0123456789.,") == ""
}

// hasAllDigits reports whether a shortened number has as many decimals as its exponent moves: 2.250748710523E12 and not 2.25075E+12,
// of which some are lost.
func hasAllDigits(value string) bool {
	mantissa, exponent, _ := strings.Cut(strings.ToUpper(value), "E")
	places, err := strconv.Atoi(strings.TrimPrefix(exponent, "+"))
	at := strings.LastIndexAny(mantissa, ".,")
	return err == nil && places > 0 && at >= 0 && len(mantissa)-at-1 >= places
}

func isDigits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return true
}

// isPlainWord reports whether a text is one of which all rules for references and leftovers hold, as they do of nearly all
// references: it begins with a letter, has a digit, and nothing else but letters, digits, hyphens, underscores and slashes.
func isPlainWord(text string) bool {
	if text == "" || !isASCIILetter(text[0]) {
		return false
	}
	digit := false
	for i := range len(text) {
		switch c := text[i]; {
		case c >= '0' && c <= '9':
			digit = true
		case !isASCIILetter(c) && c != '-' && c != '_' && c != '/':
			return false
		}
	}
	return digit
}

func isASCIILetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// referenceRule says what is wrong with the text of a reference; "" when nothing is. Whoever pays by a list on paper must
// be able to tell references apart by looking at them.
func referenceRule(reference string) string {
	if isPlainWord(reference) {
		return ""
	}
	return oddReferenceRule(reference)
}

func oddReferenceRule(reference string) string {
	switch rule := oddLeftover(reference); {
	case reference != "" && rule != "":
		return rule
	case isNoReference(reference):
		return "must be a reference: this says that there is none, or is what a template has in its place"
	case isWithDecimals(reference):
		return "must be entered as text: a program wrote it as a number with decimals, and its digits may be others"
	case isFormula(reference):
		return "must not be a formula to a spreadsheet, which would run it when it opens the report"
	case strings.Contains(reference, "  "):
		return "must not hold two spaces in a row, which look like one"
	}
	for _, r := range reference {
		if r < utf8.RuneSelf {
			continue
		}
		if rule := runeRule(r); rule != "" {
			return rule
		}
	}
	return ""
}

// isNoReference reports whether a text says that there is no reference, or names what should stand there: such texts come
// back each month, and pay nobody the second time.
func isNoReference(reference string) bool {
	word := strings.ToLower(strings.Join(strings.FieldsFunc(reference, func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune("<>()[]{}$%\"'._-:", r)
	}), " "))
	switch word {
	case "xxx", "xxxx", "todo", "tba", "unknown", "inconnu", "inconnue", "sans", "sans objet", "sans ref", "sans réf", "sans reference",
		"sans référence", "pas de reference", "pas de référence", "pas de ref", "pas de réf", "no reference", "no ref", "without",
		"à compléter", "a completer",
		"à remplir", "a remplir", "à définir", "a definir", "à venir", "a venir", "idem", "ditto", "object object",
		"reference", "référence", "ref",
		"réf", "votre référence", "votre reference", "your reference", "reference ici", "référence ici":
		return true
	}
	return false
}

// isWithDecimals reports whether a text is a number with decimals that are nothing: 202607.0 of a column with numbers.
func isWithDecimals(reference string) bool {
	at := strings.LastIndexAny(reference, ".,")
	return at > 0 && isDigits(reference[:at]) && reference[at+1:] != "" && strings.Trim(reference[at+1:], "0") == ""
}

// looksLikeHyphen are the characters that look like a hyphen and that Unicode does not count among the dashes.
const looksLikeHyphen = "\u00af\u02c9\u02d7\u06d4\u203e\u2043\u207b\u208b\u2212\u23af\u2500\u2501\u2796\u2cba\u3161\u30fc\uff70"

// runeRule says why a character may not stand in a reference; "" when it may. ASCII is for callers to judge.
func runeRule(r rune) string {
	switch {
	case isInvisible(r):
		return fmt.Sprintf("must not hold characters that nobody sees, such as %U: two references that look alike would be two payments", r)
	case unicode.Is(unicode.Zs, r), r == '\u2800':
		return fmt.Sprintf("must hold no blank but the ordinary space, not %U, which looks like it", r)
	case unicode.Is(unicode.Pd, r), strings.ContainsRune(looksLikeHyphen, r):
		return fmt.Sprintf("must hold no hyphen but the one on the keyboard, not %U, which looks like it", r)
	case unicode.Is(unicode.M, r):
		return fmt.Sprintf("must hold letters and their accents in one (NFC), not the accent %U by itself", r)
	case isDecomposed(r):
		return fmt.Sprintf("must hold no character that is another one written differently (NFC), such as %U", r)
	case !isTyped(r):
		return fmt.Sprintf("must hold no characters but those that people here type, not %U%s: it may look like another one", r, scriptOf(r))
	}
	return ""
}

// What a reference may hold beyond ASCII: the letters of Europe's and West Africa's languages that look like no others, and signs.
// A list of what is known to look alike would never be complete: each script has letters and digits that are taken for those of
// another one (а and a, ο and o, ꓐ and B, ０ and 0), and so have Latin phonetics and numerals (ɑ and a, ǀ and l, Ⅰ and I).
const (
	typedLetters = "ƁƊƉƐƑƒƓƔƝƆƲƳƴɓɖɗɛɠɣɲɔʋẸẹẼẽỌọṢṣŸÿ"
	typedSigns   = "°«»§£€©®²³¹½¼¾±№"
	lookingAlike = "×÷ÐĐØøÞþĕĔĲĳıĸĿŀŉſ"
)

// isTyped reports whether people type a character beyond ASCII for what it is.
func isTyped(r rune) bool {
	if r >= 'À' && r <= 'ſ' {
		return !strings.ContainsRune(lookingAlike, r)
	}
	return strings.ContainsRune(typedLetters+typedSigns, r)
}

// scriptOf names the script of a character in brackets, where that says more than the code point: not for Latin letters.
func scriptOf(r rune) string {
	for name, script := range unicode.Scripts {
		if name != "Latin" && name != "Common" && name != "Inherited" && unicode.Is(script, r) {
			return " (" + name + ")"
		}
	}
	return ""
}

// isInvisible reports whether a character takes no room and changes what a text is: a byte order mark, zero-width
// characters, fillers, variation selectors, those that turn the direction of writing.
func isInvisible(r rune) bool {
	const nullNotehead = '\U0001d159'
	return r == nullNotehead || r >= utf8.RuneSelf && unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp,
		unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// combining finds the first character of a text that is an accent by itself, or another one written differently: the
// same text exists with other bytes. It returns -1 when there is none.
func combining(text string) rune {
	for _, r := range text {
		if r >= utf8.RuneSelf && (unicode.Is(unicode.M, r) && !unicode.Is(unicode.Variation_Selector, r) || isDecomposed(r)) {
			return r
		}
	}
	return -1
}

// isDecomposed reports whether Unicode's composed form NFC replaces a character by another, or may join it to the one
// before, though it is no mark.
func isDecomposed(r rune) bool {
	switch {
	case r < 0x340:
		return false
	case r <= 0x344, r == 0x374, r == 0x37e, r == 0x387:
		return true
	case r >= 0x958 && r <= 0x95f, r == 0x9dc, r == 0x9dd, r == 0x9df:
		return true
	case r == 0xa33, r == 0xa36, r >= 0xa59 && r <= 0xa5b, r == 0xa5e, r == 0xb5c, r == 0xb5d:
		return true
	case r == 0xf43, r == 0xf4d, r == 0xf52, r == 0xf57, r == 0xf5c, r == 0xf69:
		return true
	case r >= 0x1161 && r <= 0x1175, r >= 0x11a8 && r <= 0x11c2: // the parts of Hangul syllables
		return true
	case r >= 0x1f71 && r <= 0x1ffd:
		return strings.ContainsRune("\u1f71\u1f73\u1f75\u1f77\u1f79\u1f7b\u1f7d\u1fbb\u1fbe\u1fc9\u1fcb\u1fd3\u1fdb"+
			"\u1fe3\u1feb\u1fee\u1fef\u1ff9\u1ffb\u1ffd", r)
	case r == 0x2000, r == 0x2001, r == 0x2126, r == 0x212a, r == 0x212b, r == 0x2329, r == 0x232a, r == 0x2adc:
		return true
	case r >= 0xf900 && r <= 0xfad9:
		return !strings.ContainsRune("\ufa0e\ufa0f\ufa11\ufa13\ufa14\ufa1f\ufa21\ufa23\ufa24\ufa27\ufa28\ufa29", r)
	case r == 0xfb1d, r == 0xfb1f, r >= 0xfb2a && r <= 0xfb4e:
		return true
	case r >= 0x1d15e && r <= 0x1d164, r >= 0x1d1bb && r <= 0x1d1c0, r >= 0x2f800 && r <= 0x2fa1d:
		return true
	}
	return false
}

// isFormula reports whether a spreadsheet that opens a CSV file would run the text as a formula that can do more than
// arithmetic, or a part of it that stands in a cell of its own where the list separator is a semicolon or a tab. A sign
// alone makes no formula of a reference such as +225-2026-06.
func isFormula(text string) bool {
	for {
		if runs(text) {
			return true
		}
		next := strings.IndexAny(text, ";\t")
		if next < 0 {
			return false
		}
		text = strings.TrimLeft(text[next+1:], " \u00a0\"")
	}
}

// runs reports whether a cell with this text is a formula.
func runs(cell string) bool {
	if cell == "" {
		return false
	}
	switch cell[0] {
	case '=', '@':
		return true
	case '+', '-':
		return strings.ContainsAny(cell, "(|!")
	}
	return false
}
