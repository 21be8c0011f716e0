package payoutfile

import (
	"slices"
	"strings"
)

// conditional is a conditional format of a sheet.
type conditional struct {
	Cells string            `xml:"sqref,attr"`
	Later string            `xml:"sqref"` // where newer programs keep them
	Rules []conditionalRule `xml:"cfRule"`
}

type conditionalRule struct {
	Style      *int              `xml:"dxfId,attr"`
	Own        *conditionalStyle `xml:"dxf"`
	DataBar    *shownValue       `xml:"dataBar"`
	IconSet    *shownValue       `xml:"iconSet"`
	ColorScale *shownValue       `xml:"colorScale"`
}

type shownValue struct {
	ShowValue string   `xml:"showValue,attr"`
	Colors    []*color `xml:"color"`
	Fill      []*color `xml:"fillColor"` // of a bar, where newer programs keep it
}

func (v *shownValue) hides() bool { return v != nil && (v.ShowValue == "0" || v.ShowValue == "false") }

// hider is what a conditional format can do to its cells: the value may change until the condition is met, so it does not
// count whether it is met now.
type hider struct {
	ranges []cellRange
	always bool   // whatever the cells look like
	text   *color // nil when the format leaves the color of the text
	backs  []int  // nil when it leaves what is behind it
}

func (h hider) holds(row, column int) bool {
	return slices.ContainsFunc(h.ranges, func(r cellRange) bool { return r.holds(row, column) })
}

// hidersOf are the ways in which a conditional format can keep values from being seen.
func (s *styles) hidersOf(c conditional) (all []hider) {
	var ranges []cellRange
	for reference := range strings.FieldsSeq(c.Cells + " " + c.Later) {
		if r, ok := rangeOf(reference); ok {
			ranges = append(ranges, r)
		}
	}
	for _, rule := range c.Rules {
		if rule.DataBar.hides() || rule.IconSet.hides() {
			all = append(all, hider{ranges: ranges, always: true})
		}
		for _, v := range []*shownValue{rule.DataBar, rule.ColorScale} {
			if v != nil {
				all = append(all, hider{ranges: ranges, backs: s.known(slices.Concat(v.Colors, v.Fill))})
			}
		}
		style := rule.Own
		if style == nil && rule.Style != nil && *rule.Style >= 0 && *rule.Style < len(s.conditionals) {
			style = &s.conditionals[*rule.Style]
		}
		if style != nil {
			all = append(all, s.hiderOf(style, ranges))
		}
	}
	return all
}

func (s *styles) hiderOf(style *conditionalStyle, ranges []cellRange) hider {
	h := hider{ranges: ranges}
	if style.Fill != nil {
		pattern := style.Fill.Pattern
		switch {
		case pattern.Background != nil:
			h.backs = s.known([]*color{pattern.Background})
		case pattern.Foreground != nil:
			h.backs = s.known([]*color{pattern.Foreground})
		}
		for i := range style.Fill.Gradient {
			h.backs = append(h.backs, s.known([]*color{&style.Fill.Gradient[i].Color})...)
		}
		if h.backs == nil {
			h.backs = []int{} // it is not known
		}
	}
	if style.Font != nil {
		h.always, h.text = style.Font.Strike.isSet(), style.Font.Color
	}
	if style.Format != nil {
		code := style.Format.Code
		rgb, ok := colorOfFormat(code, false)
		backs := h.backs
		if backs == nil {
			backs = []int{white}
		}
		h.always = h.always || ok && isNear(rgb, backs) || misleading(0, code) != "" || hidesText(code)
	}
	return h
}

// hidesConditionally reports whether a conditional format can keep a cell in a style of its own from being seen.
func (s *styles) hidesConditionally(h hider, style int) bool {
	if h.always {
		return true
	}
	own := cellStyle{}
	if style >= 0 && style < len(s.cells) {
		own = s.cells[style]
	}
	text, backs := h.text, h.backs
	if text == nil {
		text = s.font(own.Font).Color
	}
	if backs == nil {
		backs = s.backgrounds(own.Fill)
	}
	rgb, ok := s.textColor(text)
	return ok && isNear(rgb, backs)
}
