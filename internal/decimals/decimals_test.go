package decimals_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/internal/decimals"
)

func TestEnd(t *testing.T) {
	t.Parallel()
	for number, want := range map[string]bool{
		"2250748710523.0":    true,
		"+22177123456,00":    true,
		"77123456.0":         true,
		"123456.0":           true,
		"12345.0":            false, // 12 345.0 may be a part of a number with dots
		"+12345.0":           false,
		"2250748710523.5":    false,
		"2250748710523.":     false,
		"2250748710523":      false,
		"+225 07.48.71.05.0": false,
		"٢٢٥٠٧٤٨٧١٠٥٢٣.0":    false,
		"":                   false,
		".0":                 false,
	} {
		require.Equal(t, want, decimals.End(number), number)
	}
}
