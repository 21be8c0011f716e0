package djamotest

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
)

// A field that is added to what is stored belongs into the snapshot too, or a restored account would have lost it. Then
// count it here.
func TestSnapshot_KnowsEveryField(t *testing.T) {
	t.Parallel()
	for _, stored := range []struct {
		of     reflect.Type
		fields int
	}{
		{reflect.TypeFor[transaction](), 14}, {reflect.TypeFor[circumstances](), 4}, {reflect.TypeFor[charge](), 16}, {reflect.TypeFor[payment](), 5},
		{reflect.TypeFor[batch](), 5}, {reflect.TypeFor[subCompany](), 6}, {reflect.TypeFor[endpoint](), 4},
		{reflect.TypeFor[entry](), 9}, {reflect.TypeFor[refusal](), 3}, {reflect.TypeFor[attempt](), 3},
		{reflect.TypeFor[verdict](), 2}, {reflect.TypeFor[delivery](), 13}, {reflect.TypeFor[ledgerLine](), 7}, {reflect.TypeFor[state](), 31},
	} {
		require.Equal(t, stored.fields, stored.of.NumField(), "%s: does the snapshot know its new field?", stored.of)
	}
}
