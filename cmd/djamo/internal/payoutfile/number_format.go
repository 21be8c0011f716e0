package payoutfile

import (
	"regexp"
	"slices"
	"strings"
)

// misleading says why a number that a workbook shows in a format is not to be taken for an amount or a phone number; ""
// when it may be. builtin is the format's number, custom its code when it has none.
func misleading(builtin int, custom string) string {
	switch {
	case builtin >= 14 && builtin <= 22, builtin >= 27 && builtin <= 36, builtin >= 45 && builtin <= 47, builtin >= 50 && builtin <= 58:
		return "a date or a time"
	case builtin == 9, builtin == 10:
		return "a percentage"
	case builtin == 11, builtin == 48:
		return "a shortened number"
	case builtin == 12, builtin == 13:
		return "a fraction"
	case builtin >= 5 && builtin <= 8, builtin == 42, builtin == 44:
		return "a currency that depends on the machine"
	case custom == "" && !isPlain(builtin):
		return "what depends on the machine"
	case custom == "":
		return ""
	case isForeignCurrency(custom):
		return "another currency"
	}
	sections := sectionsOf(custom)
	if !hasCondition(custom) {
		sections = sections[:1] // that of positive numbers
	}
	for _, section := range sections {
		if shows := misleadingSection(section); shows != "" {
			return shows
		}
	}
	return ""
}

// isPlain reports whether a built-in format shows a number as it is, and the same on every machine.
func isPlain(builtin int) bool {
	return builtin >= 0 && builtin <= 4 || builtin >= 37 && builtin <= 41 || builtin == 43 || builtin == 49
}

// hidesText reports whether a format shows a text as something else than it is: as nothing, or with more around it.
func hidesText(custom string) bool {
	sections := sectionsOf(custom)
	last := sections[len(sections)-1]
	switch code, literals := splitLiterals(last); {
	case len(sections) >= 4:
		return strings.TrimSpace(code) != "@" && !strings.EqualFold(strings.TrimSpace(code), "general") || literals != ""
	case strings.Contains(code, "@"):
		return strings.TrimSpace(code) != "@" || literals != ""
	}
	return false
}

// misleadingSection judges one section of a format's code.
func misleadingSection(section string) string {
	code, literals := splitLiterals(section)
	lower := strings.ToLower(strings.TrimSpace(code))
	isGeneral := lower == "general"
	switch {
	case strings.ContainsAny(literals+code, "%‰"):
		return "a percentage"
	case !isGeneral && regexp.MustCompile(`e[+-]`).MatchString(lower):
		return "a shortened number"
	case !isGeneral && strings.ContainsAny(lower, "ymdhs"):
		return "a date or a time"
	case !isGeneral && !strings.ContainsAny(code, "0#?@"):
		return "nothing, or only words"
	case regexp.MustCompile(`[0#?],+([^0#?,]|$)`).MatchString(code):
		return "thousands"
	case regexp.MustCompile(`[0#?](\\:|":"|:)[0#?]`).MatchString(section):
		return "a date or a time"
	case slices.ContainsFunc(tokensOf(section), isRepeatedDigit):
		return "digits that the number does not have"
	case strings.ContainsAny(literals, "0123456789"), !strings.Contains(code, "/") && strings.ContainsAny(code, "123456789"):
		return "digits that the number does not have"
	case strings.ContainsAny(literals+code, "-−–("):
		return "a sign that the number does not have"
	case !isCurrencyOfOurs(strings.ReplaceAll(literals, "+", "")):
		return "words that are no currency of ours"
	case strings.Contains(code, "/"):
		return "a fraction"
	case regexp.MustCompile(`\.[0#?]{3}([^0#?]|$)`).MatchString(code):
		return "three decimals, which look like thousands"
	case hasMisplacedSeparator(section):
		return "a separator at a place of its own"
	}
	return ""
}

// isRepeatedDigit reports whether a part of a format fills the cell with a digit: 5000 is shown as 5000000000 in 0*0.
func isRepeatedDigit(token string) bool {
	return len(token) == 2 && token[0] == '*' && isDigits(token[1:])
}

// sectionsOf splits a format's code at the semicolons that are no literals.
func sectionsOf(code string) []string {
	sections := []string{""}
	for _, token := range tokensOf(code) {
		if token == ";" {
			sections = append(sections, "")
			continue
		}
		sections[len(sections)-1] += token
	}
	return sections
}

// tokensOf splits a format's code into quoted texts, escaped, repeated or skipped characters, brackets, and single characters.
func tokensOf(code string) []string {
	return regexp.MustCompile(`(?s)"[^"]*"?|[\\_*].|\[[^\]]*\]|.`).FindAllString(code, -1)
}

// splitLiterals separates what a section shows as it stands from the code around it. Characters that are skipped or repeated
// to fill the cell, and what is in brackets, are neither.
func splitLiterals(section string) (code, literals string) {
	var rest, shown strings.Builder
	for _, token := range tokensOf(section) {
		switch {
		case len(token) > 1 && token[0] == '"':
			shown.WriteString(strings.Trim(token, `"`))
		case len(token) > 1 && token[0] == '\\':
			shown.WriteString(token[1:])
		case len(token) > 1 && (token[0] == '_' || token[0] == '*' || token[0] == '['):
		default:
			rest.WriteString(token)
		}
	}
	return rest.String(), shown.String()
}

// hasCondition reports whether a format chooses its sections by conditions of its own, such as [<1000].
func hasCondition(code string) bool { return regexp.MustCompile(`\[\s*[<>=]`).MatchString(code) }

// hasMisplacedSeparator reports whether a literal dot or comma stands where it would be read as another one: 500.00 for 50000.
func hasMisplacedSeparator(section string) bool {
	groups, after := false, 0
	for _, token := range tokensOf(section) {
		switch token {
		case `\.`, `\,`, `"."`, `","`:
			if groups && after != 3 {
				return true
			}
			groups, after = true, 0
		case "0", "#", "?":
			after++
		}
	}
	return groups && after != 3 && after != 0
}

// isCurrencyOfOurs reports whether the words of a format are none, or a name of the CFA franc.
func isCurrencyOfOurs(words string) bool {
	name := strings.ToUpper(strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \u00a0\u202f\u2009.,:'’", r) {
			return -1
		}
		return r
	}, words))
	return slices.Contains([]string{"", "F", "FR", "FRS", "CFA", "FCFA", "XOF", "FRANC", "FRANCS", "FRANCCFA", "FRANCSCFA"}, name)
}

// isForeignCurrency reports whether a format names a currency that is not the CFA franc.
func isForeignCurrency(code string) bool {
	for _, match := range regexp.MustCompile(`\[\$([^\]-]*)`).FindAllStringSubmatch(code, -1) {
		if !isCurrencyOfOurs(match[1]) {
			return true
		}
	}
	var shown strings.Builder
	for _, token := range tokensOf(code) {
		isGap := len(token) > 1 && token[0] == '_' // as wide as a sign: a French Excel leaves one behind thousands
		if isGap || len(token) > 1 && token[0] == '[' {
			continue
		}
		shown.WriteString(token)
	}
	plain := strings.ToUpper(shown.String())
	return strings.ContainsAny(plain, "€$£¥₦₵") || regexp.MustCompile(`\b(EUR|EUROS?|USD|GBP|NGN|GHS|XAF|GNF|CHF)\b`).MatchString(plain)
}

// digitsShown is how many digits of a whole number a format shows as they are, as a CSV file of the sheet would have them; 0
// for a format that changes them.
func digitsShown(builtin int, custom string) int {
	switch {
	case custom == "0", custom == "" && builtin == 1:
		return 15 // no spreadsheet keeps more
	case custom == "" && (builtin == 0 || builtin == 49), custom == "@", strings.EqualFold(custom, "general"):
		return 11 // then 2.02607E+11
	}
	return 0
}

// phoneShown is a phone number that is stored as a number, with what its format shows in front of it: a plus, and the zeros that
// a number cell has lost, as the format of a French Excel for phone numbers gives them back.
func phoneShown(digits, custom string) string {
	section := sectionsOf(custom)[0]
	code, literals := splitLiterals(section)
	places, _, _ := strings.Cut(code, ".")
	if !isDigits(digits) || strings.Contains(places, ",") || hasCondition(custom) {
		return digits
	}
	shown := 0 // digits at least
	if first := strings.IndexByte(places, '0'); first >= 0 {
		shown = strings.Count(places[first:], "0") + strings.Count(places[first:], "#") + strings.Count(places[first:], "?")
	}
	if zeros := shown - len(digits); zeros > 0 {
		digits = strings.Repeat("0", zeros) + digits
	}
	if at := strings.IndexAny(section, "0#?"); at > 0 && strings.Contains(section[:at], "+") && strings.Count(code+literals, "+") == 1 {
		digits = "+" + digits
	}
	return digits
}
