package payoutfile

import (
	"encoding/xml"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// styles is how a workbook shows its cells. It is read here and not by the library, which overlooks that a workbook may
// give the numbers of built-in formats another meaning, as a French Excel does for currencies.
type styles struct {
	codes        map[int]string // of number formats, by their number
	fonts        []font
	fills        []fill
	borders      []border
	cells        []cellStyle
	conditionals []conditionalStyle
	theme        []int   // its colors, in the order of their numbers
	palette      []color // in place of the usual one
	isOdd        bool    // the first, of cells that name none, shows values as something else than they are
}

type font struct {
	Color  *color `xml:"color"`
	Strike *flag  `xml:"strike"`
	Size   value  `xml:"sz"`
	Name   value  `xml:"name"`
	Run    value  `xml:"rFont"` // the name, in a part of a text
	Raised value  `xml:"vertAlign"`
}

// border may cross a cell out.
type border struct {
	Up       string `xml:"diagonalUp,attr"`
	Down     string `xml:"diagonalDown,attr"`
	Diagonal struct {
		Style string `xml:"style,attr"`
	} `xml:"diagonal"`
}

func (b border) crossesOut() bool {
	return (isTrue(b.Up) || isTrue(b.Down)) && b.Diagonal.Style != "" && b.Diagonal.Style != "none"
}

type fill struct {
	Pattern struct {
		Type       string `xml:"patternType,attr"`
		Foreground *color `xml:"fgColor"`
		Background *color `xml:"bgColor"`
	} `xml:"patternFill"`
	Gradient []struct {
		Color color `xml:"color"`
	} `xml:"gradientFill>stop"`
}

type value struct {
	Value string `xml:"val,attr"`
}

type color struct {
	RGB     string `xml:"rgb,attr"`
	Theme   *int   `xml:"theme,attr"`
	Indexed *int   `xml:"indexed,attr"`
	Tint    string `xml:"tint,attr"`
	Auto    string `xml:"auto,attr"`
}

// flag is an element that is true by being there.
type flag struct {
	Value string `xml:"val,attr"`
}

func (f *flag) isSet() bool { return f != nil && (f.Value == "" || isTrue(f.Value)) }

type cellStyle struct {
	Format    int `xml:"numFmtId,attr"`
	Font      int `xml:"fontId,attr"`
	Fill      int `xml:"fillId,attr"`
	Border    int `xml:"borderId,attr"`
	Alignment struct {
		Horizontal string `xml:"horizontal,attr"`
	} `xml:"alignment"`
}

type numberFormat struct {
	ID   int    `xml:"numFmtId,attr"`
	Code string `xml:"formatCode,attr"`
}

type conditionalStyle struct {
	Font   *font         `xml:"font"`
	Fill   *fill         `xml:"fill"`
	Format *numberFormat `xml:"numFmt"`
}

// stylesOf reads the styles of a workbook; one without any shows everything as it is.
func stylesOf(file *excelize.File, parts *bookParts) (*styles, error) {
	var sheet struct {
		Formats      []numberFormat     `xml:"numFmts>numFmt"`
		Fonts        []font             `xml:"fonts>font"`
		Fills        []fill             `xml:"fills>fill"`
		Borders      []border           `xml:"borders>border"`
		Cells        []cellStyle        `xml:"cellXfs>xf"`
		Conditionals []conditionalStyle `xml:"dxfs>dxf"`
		Palette      []color            `xml:"colors>indexedColors>rgbColor"`
	}
	s := &styles{codes: map[int]string{}}
	if name := parts.related("styles"); name != "" {
		if err := unmarshalPart(file, name, &sheet); err != nil {
			return nil, err
		}
	}
	for _, format := range sheet.Formats {
		s.codes[format.ID] = format.Code
	}
	s.fonts, s.fills, s.cells, s.conditionals = sheet.Fonts, sheet.Fills, sheet.Cells, sheet.Conditionals
	s.palette, s.borders = sheet.Palette, sheet.Borders
	if name := parts.related("theme"); name != "" {
		var err error
		if s.theme, err = themeOf(file, name); err != nil {
			return nil, err
		}
	}
	builtin, code := s.format(0)
	isGeneral := builtin == 0 && (code == "" || strings.EqualFold(code, "general")) // as LibreOffice writes it
	s.isOdd = !isGeneral || s.hides(0, true) != "" || s.hides(0, false) != ""
	return s, nil
}

// themeOf reads the colors of a theme. Styles count the light ones before the dark ones.
func themeOf(file *excelize.File, name string) ([]int, error) {
	var theme struct {
		Colors struct {
			All []struct {
				RGB struct {
					Value string `xml:"val,attr"`
				} `xml:"srgbClr"`
				System struct {
					Last string `xml:"lastClr,attr"`
				} `xml:"sysClr"`
			} `xml:",any"`
		} `xml:"themeElements>clrScheme"`
	}
	if err := unmarshalPart(file, name, &theme); err != nil {
		return nil, err
	}
	colors := make([]int, 0, len(theme.Colors.All))
	for _, c := range theme.Colors.All {
		rgb, _ := parseRGB(c.RGB.Value + c.System.Last)
		colors = append(colors, rgb)
	}
	for i := 0; i+1 < len(colors) && i < 4; i += 2 {
		colors[i], colors[i+1] = colors[i+1], colors[i]
	}
	return colors, nil
}

// format is the number and the code of a style's number format.
func (s *styles) format(style int) (builtin int, code string) {
	if style < 0 || style >= len(s.cells) {
		return 0, ""
	}
	return s.formatOf(s.cells[style].Format)
}

func (s *styles) formatOf(id int) (builtin int, code string) {
	const firstCustom = 164
	code, defined := s.codes[id]
	if defined && code != "" || id >= firstCustom {
		return 0, code // one that is not defined is shown as if there were none
	}
	return id, ""
}

// hides says how a style keeps its cell's value from being seen, or makes it void; "" when it does neither.
func (s *styles) hides(style int, isText bool) string {
	if style < 0 || style >= len(s.cells) {
		return ""
	}
	x := s.cells[style]
	backs := s.backgrounds(x.Fill)
	f := s.font(x.Font)
	if rule := s.strikes(style); rule != "" {
		return rule
	}
	if rule := f.hides(); rule != "" {
		return rule
	}
	if text, ok := s.textColor(f.Color); ok && isNear(text, backs) {
		return unseen
	}
	if _, code := s.formatOf(x.Format); code != "" {
		if rgb, ok := colorOfFormat(code, isText); ok && isNear(rgb, backs) {
			return unseen
		}
	}
	if x.Alignment.Horizontal == "fill" {
		return "it is repeated as often as the cell has room: choose another alignment"
	}
	return ""
}

// strikes says how a style strikes its cell's value out, as people do with what is not to be paid; "" when it does not.
func (s *styles) strikes(style int) string {
	if style < 0 || style >= len(s.cells) {
		return ""
	}
	x := s.cells[style]
	switch {
	case s.font(x.Font).Strike.isSet():
		return "it is struck out: delete the row, or take the line away"
	case x.Border >= 0 && x.Border < len(s.borders) && s.borders[x.Border].crossesOut():
		return "it is crossed out by a border: delete the row, or take the line away"
	}
	return ""
}

const unseen = "its text has the color of what is behind it"

// hidesRun says the same of a part of a text that has a font of its own.
func (s *styles) hidesRun(f font) string {
	if f.Strike.isSet() {
		return "a part of its text is struck out: enter it again"
	}
	if f.Color != nil {
		if rgb, ok := s.rgb(f.Color); ok && isNear(rgb, []int{white}) {
			return "a part of its text is white: enter it again"
		}
	}
	if rule := f.hides(); rule != "" {
		return rule
	}
	if f.Raised.Value == "superscript" || f.Raised.Value == "subscript" {
		return raised
	}
	return ""
}

// worse is what is to be said of a text of which two things can be: raised words may be right.
func worse(one, other string) string {
	if one == "" || one == raised && other != "" {
		return other
	}
	return one
}

// raised is about the mark of a note, 50 000 with a small 1 behind it, which is read as 500001. Words may have such parts.
const raised = "a part of its text is raised or lowered, as the mark of a note is: enter it again without that"

// hides says why nobody reads what is written in a font; "" when people do.
func (f font) hides() string {
	const minSize = 4 // points
	size, _, _ := strings.Cut(f.Size.Value, ".")
	if n, err := strconv.Atoi(size); err == nil && n < minSize {
		return "its text is too small to be read: choose another size"
	}
	name := strings.ToLower(f.Name.Value + f.Run.Value)
	for _, signs := range []string{"wingdings", "webdings", "dingbats", "marlett", "bookshelf symbol", "mt extra"} {
		if strings.Contains(name, signs) {
			return "its font shows pictures in place of letters and digits: choose another font"
		}
	}
	return ""
}

func (s *styles) font(id int) font {
	if id < 0 || id >= len(s.fonts) {
		return font{}
	}
	return s.fonts[id]
}

// backgrounds are the colors of a fill; none when they are not known.
func (s *styles) backgrounds(id int) []int {
	if id < 0 || id >= len(s.fills) {
		return []int{white}
	}
	var colors []*color
	switch f := s.fills[id]; {
	case len(f.Gradient) > 0:
		for i := range f.Gradient {
			colors = append(colors, &f.Gradient[i].Color)
		}
	case f.Pattern.Type == "solid":
		colors = append(colors, f.Pattern.Foreground)
	case f.Pattern.Type == "" || f.Pattern.Type == "none":
		return []int{white}
	}
	return s.known(colors)
}

// known are those of the colors that are known.
func (s *styles) known(colors []*color) (known []int) {
	for _, c := range colors {
		if c == nil {
			continue
		}
		if rgb, ok := s.rgb(c); ok {
			known = append(known, rgb)
		}
	}
	return known
}

// textColor is the color of a font, which is black when it has none of its own.
func (s *styles) textColor(c *color) (rgb int, ok bool) {
	if c == nil || isTrue(c.Auto) {
		return black, true
	}
	return s.rgb(c)
}

// fontOf reads the font of a part of a text.
func fontOf(decoder *xml.Decoder, element *xml.StartElement) (f font, err error) {
	return f, decoder.DecodeElement(&f, element)
}
