package payroll //nolint:testpackage // the words are no one else's

import (
	"reflect"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// Each text is there in both languages, with the same places to fill in.
func TestReportWords_AreComplete(t *testing.T) {
	t.Parallel()
	verbs := regexp.MustCompile(`%[^ ]*?[sd]`)
	english, french := reflect.ValueOf(englishWords()), reflect.ValueOf(frenchWords())
	var compare func(name string, e, f reflect.Value)
	compare = func(name string, e, f reflect.Value) {
		if e.Kind() == reflect.Struct {
			for i := range e.NumField() {
				compare(name+"."+e.Type().Field(i).Name, e.Field(i), f.Field(i))
			}
			return
		}
		require.NotEmpty(t, e.String(), name)
		require.NotEmpty(t, f.String(), name)
		require.Len(t, verbs.FindAllString(f.String(), -1), len(verbs.FindAllString(e.String(), -1)), name)
	}
	compare("", english, french)
}
