package payoutfile

import (
	"slices"
	"strconv"
	"strings"
)

// white is the color of a sheet, black that of its text.
const (
	white = 0xFFFFFF
	black = 0
)

// rgb is a color in red, green and blue; ok is false when it is not known.
func (s *styles) rgb(c *color) (rgb int, ok bool) {
	switch {
	case c.RGB != "":
		rgb, ok = parseRGB(c.RGB)
	case c.Theme != nil && *c.Theme >= 0 && *c.Theme < len(s.theme):
		rgb, ok = s.theme[*c.Theme], true
	case c.Theme != nil:
		rgb, ok = []int{white, black}[*c.Theme&1], *c.Theme == 0 || *c.Theme == 1
	case c.Indexed != nil && *c.Indexed >= 0 && *c.Indexed < len(s.palette):
		rgb, ok = parseRGB(s.palette[*c.Indexed].RGB)
	case c.Indexed != nil:
		rgb, ok = indexedColor(*c.Indexed)
	}
	tint := thousandths(c.Tint)
	if !ok || tint == 0 {
		return rgb, ok
	}
	tinted := 0
	for shift := 0; shift <= 16; shift += 8 {
		part := rgb >> shift & 0xFF
		if tint > 0 {
			part += (0xFF - part) * tint / whole
		} else {
			part += part * tint / whole
		}
		tinted |= part << shift
	}
	return tinted, true
}

// whole is all of a color's light, in thousandths.
const whole = 1_000

// thousandths reads how much lighter or darker a color is, -0.25 for a quarter: at most the whole. What is written with an
// exponent is too little to see.
func thousandths(text string) int {
	digits, isDarker := strings.CutPrefix(strings.TrimSpace(text), "-")
	if strings.ContainsAny(digits, "eE") {
		return 0
	}
	before, after, _ := strings.Cut(digits, ".")
	n, err := strconv.Atoi(before + (after + "000")[:3])
	if err != nil {
		return 0
	}
	if n = min(n, whole); isDarker {
		return -n
	}
	return n
}

// parseRGB reads RRGGBB, or AARRGGBB as styles have it.
func parseRGB(text string) (rgb int, ok bool) {
	const digits = 6
	if len(text) < digits {
		return 0, false
	}
	n, err := strconv.ParseUint(text[len(text)-digits:], 16, 32)
	return int(n), err == nil
}

// indexedColor is a color of the usual palette, or the color of a window or of its text.
func indexedColor(index int) (rgb int, ok bool) {
	const (
		text   = 64
		window = 65
		basics = 8 // they are there twice
	)
	palette := [...]int{
		black, white, 0xFF0000, 0x00FF00, 0x0000FF, 0xFFFF00, 0xFF00FF, 0x00FFFF,
		0x800000, 0x008000, 0x000080, 0x808000, 0x800080, 0x008080, 0xC0C0C0, 0x808080,
		0x9999FF, 0x993366, 0xFFFFCC, 0xCCFFFF, 0x660066, 0xFF8080, 0x0066CC, 0xCCCCFF,
		0x000080, 0xFF00FF, 0xFFFF00, 0x00FFFF, 0x800080, 0x800000, 0x008080, 0x0000FF,
		0x00CCFF, 0xCCFFFF, 0xCCFFCC, 0xFFFF99, 0x99CCFF, 0xFF99CC, 0xCC99FF, 0xFFCC99,
		0x3366FF, 0x33CCCC, 0x99CC00, 0xFFCC00, 0xFF9900, 0xFF6600, 0x666699, 0x969696,
		0x003366, 0x339966, 0x003300, 0x333300, 0x993300, 0x993366, 0x333399, 0x333333,
	}
	switch {
	case index == text:
		return black, true
	case index == window:
		return white, true
	case index >= basics:
		index -= basics
	}
	if index < 0 || index >= len(palette) {
		return 0, false
	}
	return palette[index], true
}

// isNear reports whether nobody can tell a color from one of those that are behind it.
func isNear(rgb int, backs []int) bool {
	const minDifference = 24
	return slices.ContainsFunc(backs, func(back int) bool {
		for shift := 0; shift <= 16; shift += 8 {
			if difference := rgb>>shift&0xFF - back>>shift&0xFF; difference >= minDifference || difference <= -minDifference {
				return false
			}
		}
		return true
	})
}

// colorOfFormat is the color that a number format gives to what it shows.
func colorOfFormat(code string, isText bool) (rgb int, ok bool) {
	sections := sectionsOf(code)
	section := sections[0]
	const texts = 4 // the section that is for them
	if isText && len(sections) >= texts {
		section = sections[texts-1]
	}
	for _, token := range tokensOf(section) {
		if len(token) < 2 || token[0] != '[' {
			continue
		}
		name := strings.ToLower(strings.ReplaceAll(strings.Trim(token, "[]"), " ", ""))
		switch name {
		case "white", "blanc":
			return white, true
		case "yellow", "jaune":
			return 0xFFFF00, true
		}
		if number, isNumbered := strings.CutPrefix(strings.ReplaceAll(name, "couleur", "color"), "color"); isNumbered {
			if n, err := strconv.Atoi(number); err == nil && n > 0 {
				return indexedColor(n - 1)
			}
		}
	}
	return 0, false
}
