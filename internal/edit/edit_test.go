package edit_test

import (
	"testing"

	"github.com/djamo/djamo-go/internal/edit"
	"github.com/stretchr/testify/require"
)

func TestDistance(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		a, b         string
		bytes, runes int
	}{
		{"", "", 0, 0}, {"abc", "abc", 0, 0}, {"", "abc", 3, 3}, {"djarno", "djamo", 2, 2}, {"djamo.com", "djamo.co", 1, 1},
		{"kitten", "sitting", 3, 3}, {"payé", "paye", 2, 1},
	} {
		require.Equal(t, row.bytes, edit.Distance([]byte(row.a), []byte(row.b)), row)
		require.Equal(t, row.bytes, edit.Distance([]byte(row.b), []byte(row.a)), row)
		require.Equal(t, row.runes, edit.Distance([]rune(row.a), []rune(row.b)), row)
	}
}
