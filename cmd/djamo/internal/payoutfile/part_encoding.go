package payoutfile

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"iter"
	"regexp"

	"github.com/xuri/excelize/v2"
	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding/unicode"
)

// toUTF8 rewrites the parts of a workbook that are in UTF-16, which the library would take for empty.
func toUTF8(file *excelize.File) (err error) {
	declared := regexp.MustCompile(`^<\?xml[^>]*\?>`)
	file.Pkg.Range(func(name, content any) bool {
		data, ok := content.([]byte)
		if !ok || !bytes.HasPrefix(data, []byte{0xFF, 0xFE}) && !bytes.HasPrefix(data, []byte{0xFE, 0xFF}) {
			return true
		}
		var plain []byte
		if plain, err = unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder().Bytes(data); err != nil {
			return false
		}
		file.Pkg.Store(name, declared.ReplaceAll(plain, []byte(`<?xml version="1.0" encoding="UTF-8"?>`)))
		return true
	})
	return err
}

// newDecoder reads a part in the encoding that it declares.
func newDecoder(data []byte) *xml.Decoder {
	decoder := xml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(data, []byte("\uFEFF"))))
	decoder.CharsetReader = charset.NewReaderLabel
	return decoder
}

// tokens are what a decoder reads, to the end of its part or to an error, which is the last.
func tokens(decoder *xml.Decoder) iter.Seq2[xml.Token, error] {
	return func(yield func(xml.Token, error) bool) {
		for {
			token, err := decoder.Token()
			if errors.Is(err, io.EOF) || !yield(token, err) || err != nil {
				return
			}
		}
	}
}
