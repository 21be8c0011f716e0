package lang

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The library's name at the head of its sentences is left out, and nothing that only looks like it.
func TestWithoutName(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"djamo: no answer":                        "no answer",
		"nothing was sent: djamo: POST /v1: no":   "nothing was sent: POST /v1: no",
		"one\ndjamo: two (djamo: three)":          "one\ntwo (three)",
		"mkdir /home/me/.config/djamo: denied":    "mkdir /home/me/.config/djamo: denied",
		"--yes is no flag of djamo: type":         "--yes is no flag of djamo: type",
		`C:\Users\me\djamo: no such file or name`: `C:\Users\me\djamo: no such file or name`,
	} {
		require.Equal(t, want, WithoutName(text))
	}
}
