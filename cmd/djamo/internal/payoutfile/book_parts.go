package payoutfile

import (
	"bytes"
	"encoding/xml"
	"path"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/unicode/norm"

	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
)

// bookParts says which parts of a workbook hold what: their names are free.
type bookParts struct {
	sheets    map[string]string // by name, the relation to the part that holds it
	relations []relation        // of the workbook
	unseen    bool              // all of its windows are hidden
}

type relation struct {
	ID     string `xml:"Id,attr"`
	Type   string `xml:"Type,attr"`
	Target string `xml:"Target,attr"`
}

func partsOf(file *excelize.File) (*bookParts, error) {
	var book struct {
		Sheets []struct {
			Name string     `xml:"name,attr"`
			Attr []xml.Attr `xml:",any,attr"`
		} `xml:"sheets>sheet"`
		Windows []struct {
			Visibility string `xml:"visibility,attr"`
		} `xml:"bookViews>workbookView"`
	}
	whole, err := relationsOf(file, "_rels/.rels", "/")
	if err != nil {
		return nil, err
	}
	name := (&bookParts{relations: whole}).related("officeDocument")
	if name == "" {
		return nil, lang.Errorf("it has no workbook")
	}
	if err := unmarshalPart(file, name, &book); err != nil {
		return nil, err
	}
	parts := &bookParts{sheets: map[string]string{}, unseen: len(book.Windows) > 0}
	for _, window := range book.Windows {
		parts.unseen = parts.unseen && (window.Visibility == "hidden" || window.Visibility == "veryHidden")
	}
	if parts.relations, err = relationsOf(file, path.Join(path.Dir(name), "_rels", path.Base(name)+".rels"), "/"+path.Dir(name)); err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, s := range book.Sheets {
		if known[sameName(s.Name)] {
			return nil, lang.Errorf("two of its sheets have the name %q: rename one of them in a spreadsheet", s.Name)
		}
		known[sameName(s.Name)] = true
		for _, a := range s.Attr {
			if a.Name.Local == "id" {
				parts.sheets[s.Name] = a.Value
			}
		}
	}
	return parts, nil
}

// sameName is the same for names of sheets that nobody tells apart.
func sameName(sheet string) string { return strings.ToLower(norm.NFC.String(sheet)) }

// usualTexts is where the library looks for shared texts.
const usualTexts = "xl/sharedStrings.xml"

// placeTexts puts the shared texts where the library reads them, if the workbook has them under another name: what it has under
// this one is not what is seen.
func (p *bookParts) placeTexts(file *excelize.File) {
	name := p.related("sharedStrings")
	if content, ok := file.Pkg.Load(name); ok && name != usualTexts {
		file.Pkg.Store(usualTexts, content)
	}
}

// relationsOfPart reads the relations of a part, which it may have none of.
func relationsOfPart(file *excelize.File, name string) ([]relation, error) {
	relations := path.Join(path.Dir(name), "_rels", path.Base(name)+".rels")
	if _, ok := file.Pkg.Load(relations); !ok {
		return nil, nil
	}
	return relationsOf(file, relations, "/"+path.Dir(name))
}

// relationsOf reads the relations of a part, with the names of their targets in full.
func relationsOf(file *excelize.File, name, folder string) ([]relation, error) {
	var relations struct {
		All []relation `xml:"Relationship"`
	}
	if err := unmarshalPart(file, name, &relations); err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for i, r := range relations.All {
		if known[r.ID] {
			return nil, lang.Errorf("two of its parts have the relation %q: open the file in a spreadsheet and save it", r.ID)
		}
		known[r.ID] = true
		target := strings.ReplaceAll(r.Target, `\`, "/")
		if !strings.HasPrefix(target, "/") {
			target = path.Join(folder, target)
		}
		relations.All[i].Target = strings.TrimPrefix(target, "/")
	}
	return relations.All, nil
}

// related is the name of the part that has a role, such as styles; "" when there is none.
func (p *bookParts) related(role string) string {
	for _, r := range p.relations {
		if path.Base(r.Type) == role {
			return r.Target
		}
	}
	return ""
}

// sheet is the name of the part that a sheet is kept in.
func (p *bookParts) sheet(name string) (string, error) {
	for _, r := range p.relations {
		if id, ok := p.sheets[name]; ok && r.ID == id {
			return r.Target, nil
		}
	}
	return "", lang.Errorf("sheet %q has no part", name)
}

func unmarshalPart(file *excelize.File, name string, to any) error {
	data, err := part(file, name)
	if err != nil {
		return err
	}
	return newDecoder(data).Decode(to)
}

func part(file *excelize.File, name string) ([]byte, error) {
	content, ok := file.Pkg.Load(name)
	data, isBytes := content.([]byte)
	if !ok || !isBytes {
		return nil, lang.Errorf("it has no %s", name)
	}
	return data, nil
}

// unshownTexts finds the shared texts of which a part is not seen, by their numbers, and says why.
func unshownTexts(file *excelize.File, parts *bookParts, style *styles) (map[string]string, error) {
	found := map[string]string{}
	name := parts.related("sharedStrings")
	if _, ok := file.Pkg.Load(name); !ok {
		return found, nil // it has none
	}
	data, err := part(file, name)
	if err != nil || !bytes.Contains(data, []byte("rPr")) {
		return found, err
	}
	decoder := newDecoder(data)
	number := -1
	for token, err := range tokens(decoder) {
		if err != nil {
			return nil, err
		}
		element, ok := token.(xml.StartElement)
		switch {
		case ok && element.Name.Local == "si":
			number++
		case ok && element.Name.Local == "rPr":
			run, err := fontOf(decoder, &element)
			if err != nil {
				return nil, err
			}
			if rule := worse(found[strconv.Itoa(number)], style.hidesRun(run)); rule != "" {
				found[strconv.Itoa(number)] = rule
			}
		}
	}
	return found, nil
}
