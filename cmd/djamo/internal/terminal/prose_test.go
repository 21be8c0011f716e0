package terminal

import (
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Sentences go on to the next line between words, over several writes, and commands stay whole.
func TestProse_BreaksBetweenWords(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	w := &prose{w: &out, width: 20}
	for _, text := range []string{
		"The account holds", " 100\u202f000 FCFA,", " less the fees.\n", "  two blanks first\n", "Accentué, élément, éé\n",
		"Next, type: djamo transfers settle salaire/1\n", "averylongwordthatfitsnoline of all\n", "\n", "exactly twenty chars\n",
		"  pay   ", "as its customer would do\n", "far to the right  two columns of it\n", "  begins two in and goes on\n", "a", "  ", "\n",
	} {
		_, err := io.WriteString(w, text)
		require.NoError(t, err)
	}
	require.Equal(t, "The account holds\n100\u202f000 FCFA, less\nthe fees.\n  two blanks first\nAccentué, élément,\néé\n"+
		"Next, type:\ndjamo transfers settle salaire/1\naverylongwordthatfitsnoline\nof all\n\nexactly twenty chars\n"+
		"  pay   as its\n        customer\n        would do\nfar to the right\n    two columns of\n    it\n  begins two in and\n  goes on\na\n", out.String())
	require.Same(t, &out, Prose(&out), "a pipe gets lines as they are")
}

// French sets some punctuation apart, with which no line begins.
func TestProse_KeepsPunctuationOnItsLine(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	w := &prose{w: &out, width: 20}
	for _, text := range []string{"rien n'a été envoyé : le fichier\n", "quinze lettres, ici ;\n", "Payer ce fichier-ci ? [o/N] ", ": un deux\n", "a ; : ?\n"} {
		_, err := io.WriteString(w, text)
		require.NoError(t, err)
	}
	require.Equal(t, "rien n'a été\nenvoyé : le fichier\nquinze lettres,\nici ;\nPayer ce\nfichier-ci ? [o/N] :\nun deux\na ; : ?\n", out.String())
}
