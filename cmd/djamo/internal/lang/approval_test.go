package lang_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/approval"
	"github.com/djamo/djamo-go/payroll/approval/approvaltest"
)

// Each reason for which a run is not paid is said in French.
func TestApproval_EveryRefusalIsInFrench(t *testing.T) {
	t.Parallel()
	for _, reason := range approval.Reasons() {
		require.NotEqual(t, string(reason), reason.Format(), "it has a sentence")
		require.Contains(t, lang.Translations(), reason.Format())
	}
	err := &approval.Refusal{Reason: approval.SamePerson, Args: []any{"awa@example.ci"}}
	require.Equal(t, "awa@example.ci a préparé la paie : quelqu'un d'autre doit l'approuver", lang.French.Error(err))
}

// Whoever writes the list of those who may sign is told in French what is wrong with it, and in which line.
func TestApproval_WhatIsWrongWithAListIsInFrench(t *testing.T) {
	t.Parallel()
	key := approvaltest.NewPerson("awa").Key.String()
	blob := strings.Fields(key)[1]
	for text, want := range map[string]string{
		"awa":                             "ligne 1 : la clé manque : une ligne est un nom, le type de sa clé, et la clé",
		"\nawa ssh-ed25519 §":             "ligne 2 : la clé de awa n'est pas en base64 : recopiez la ligne de son fichier .pub",
		"awa ssh-rsa " + blob:             `ligne 1 : la clé de awa est du type ssh-ed25519, et non "ssh-rsa"`,
		"awa ssh-ed25519 " + cutOff(blob): "ligne 1 : la clé de awa : la clé est illisible : elle est coupée, ou contient plus qu'elle ne devrait",
		"awa " + key + "\nbintou " + key:  "ligne 2 : la clé de bintou se trouve déjà plus haut, sous awa : une clé n'appartient qu'à une personne",
		"awa,bintou " + key:               `ligne 1 : "awa,bintou" doit nommer une seule personne : ni liste, ni joker, ni espace, ni # au début`,
		"awa cert-authority " + key:       `ligne 1 : l'option "cert-authority" : les certificats ne sont pas acceptés : inscrivez les clés des personnes`, //nolint:misspell // French
		`awa valid-after="demain" ` + key: `ligne 1 : l'option "valid-after=\"demain\"" : doit être un moment comme 20261231 ou 202612312359Z`,
	} {
		_, err := approval.ParseSigners(text, time.UTC)
		require.Error(t, err, text)
		require.Equal(t, want, lang.French.Error(err), text)
		require.Equal(t, err.Error(), lang.English.Error(err))
	}
	_, _, err := approval.Signed{Text: "{}\n", Signature: "oui"}.Open(approval.Approve)
	require.Equal(t, "une signature n'est pas valable : le texte est illisible : ce n'est le texte ni d'un plan, ni d'une approbation, "+
		"ni d'une liste de ceux qui peuvent signer", lang.French.Error(err))
	_, err = approval.NewPolicy(approvaltest.Signers(approvaltest.NewPerson("awa")), 0)
	require.Equal(t, "la liste doit permettre à une personne de préparer, et à une autre d'approuver : noms qu'elle porte : 1", lang.French.Error(err))
}

// cutOff is a key in base64 without its last bytes.
func cutOff(blob string) string {
	raw, _ := base64.StdEncoding.DecodeString(blob)
	return base64.StdEncoding.EncodeToString(raw[:len(raw)-3])
}

// What the operating system says of a file is said in French as well.
func TestError_OfTheSystem(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	_, err := os.ReadFile(filepath.Join(folder, "keine.csv"))
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.Equal(t, filepath.Join(folder, "keine.csv")+" : ce fichier ou ce dossier n'existe pas", lang.French.Error(err))
	failed := (*fs.PathError)(nil)
	require.ErrorAs(t, err, &failed)
	require.Equal(t, "ce fichier ou ce dossier n'existe pas", lang.French.Error(failed.Err))
	require.Equal(t, failed.Err.Error(), lang.English.Error(failed.Err))
	require.Equal(t, "l'écriture du rapport : "+filepath.Join(folder, "keine.csv")+" : ce fichier ou ce dossier n'existe pas",
		lang.French.Error(fmt.Errorf("payroll: writing the report: %w", err)))
	require.Equal(t, "l'API refuse cette machine : GET /v1/balance : 401 Unauthorized : est-ce bien le jeton de cet hôte et de ce pays ?",
		lang.French.Error(fmt.Errorf("riverpayroll: the API turns this worker away: %w", &djamo.Error{Method: "GET", Path: "/v1/balance", StatusCode: 401})))
	slow := slowPool{fmt.Errorf("%w: it needs two connections, and got no second one within 5s: allow more of them", payroll.ErrJournal)}
	require.ErrorIs(t, slow, context.DeadlineExceeded)
	require.Contains(t, lang.French.Error(slow), "il lui faut deux connexions, et la seconde n'est pas venue en 5s")
	require.NotContains(t, lang.French.Error(slow), "two connections")
	require.Equal(t, "autre chose", lang.French.Error(errors.New("autre chose")))
}

// slowPool is an error of a journal whose cause, which its text leaves out, is a deadline.
type slowPool struct{ error }

func (s slowPool) Unwrap() []error { return []error{s.error, context.DeadlineExceeded} }
