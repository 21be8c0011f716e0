package djamo_test

import (
	"testing"

	"github.com/djamo/djamo-go"
	"github.com/stretchr/testify/require"
)

// People cannot see which of three spaces a spreadsheet wrote.
func TestParseXOF_NoReaderTellsSpacesApart(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"1\u202f000\u00a0000 000", "1 000\u202f000\u202f000 FCFA", "1\u00a0000\u202f000 000"} {
		amount, err := djamo.ParseXOF(text)
		require.NoError(t, err, "%q", text)
		require.Equal(t, djamo.XOF(1_000_000_000), amount, "%q", text)
	}
	_, err := djamo.ParseXOF("1\u202f000.000")
	require.Error(t, err)
}
