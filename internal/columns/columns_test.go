package columns_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/internal/columns"
)

// Headings as people write them.
func TestOf_C10_UnderstandsFrenchHeadings(t *testing.T) {
	t.Parallel()
	for column, headings := range map[string][]string{
		columns.MSISDN: {
			"msisdn", "MSISDN", "\ufeffmsisdn", " Téléphone ", "TÉLÉPHONE", "te\u0301le\u0301phone", "telephone", "Numéro", "numero de telephone",
			"N° de téléphone", "Tél.", "tel", "Mobile", "N\u00ba tél", "numéro_de_téléphone", "Numéro\u00a0de\u202ftéléphone", "Numéro-Téléphone",
			"\u200eTéléphone\u200f", "Phone number", "Portable", "Téléphone :", "Téléphone (obligatoire)", "Téléphone\n(avec +225)", "N° tel bénéficiaire", "MSISDN bénéficiaire",
			"Numéro de téléphone Djamo", "Tél. [ex. : +2250700000000]", "Téléphone (10 chiffres)",
		},
		columns.Amount: {
			"amount", "Montant", "MONTANT (FCFA)", "Montant en F CFA", "montant_xof", "Net à payer", "NET A PAYER", "Net\u00a0à\u00a0payer (en FCFA)",
			"net-à-payer", "Salaire net", "Montant à verser", "Net a\u0300 payer", "MONTANT NET À PAYER", "Mt net", "Mnt à virer", "Montant (en francs CFA)", "Montant (F)", "Net à payer (F CFA) *",
			"Montant (obligatoire)",
		},
		columns.Reference:   {"reference", "Référence", "RÉF.", "ref", "Référence de paiement", "N° de référence"},
		columns.Description: {"description", "Motif", "Libellé", "libelle", "Motif du paiement", "Objet"},
		columns.Name:        {"name", "Nom", "NOM ET PRÉNOMS", "Nom & prénom", "Bénéficiaire", "Nom complet"},
		columns.FirstName:   {"Prénom", "prenoms", "PRÉNOM(S)", "First name"},
		"": {"", "Service", "Matricule", "Salaire brut", "Montant brut", "Date", "IBAN", "mois", "net imposable", "Montant (brut)", "Montant (EUR)", "Téléphone (conjoint)",
			"Téléphone d'urgence", "Salaire brut (F CFA)", "(obligatoire)", "Solde", "Montant dû au 01/07 (USD)"},
	} {
		for _, heading := range headings {
			require.Equal(t, column, columns.Of(heading), "%q", heading)
		}
	}
}

// No heading stands for two columns.
func TestOf_IsUnambiguous(t *testing.T) {
	t.Parallel()
	for _, column := range columns.Declared() {
		require.Equal(t, column, columns.Of(column))
	}
}

func TestFind_C10_DeclaredHeadingsGoFirst(t *testing.T) {
	t.Parallel()
	headings := []string{"Téléphone", "Montant", "Net à payer", "Mobile", "Réf"}
	found := columns.Find(headings, nil)
	require.True(t, found.Payouts())
	require.Equal(t, []columns.Repeated{{columns.Amount, 1, 2}, {columns.MSISDN, 0, 3}}, found.Repeated)

	found = columns.Find(headings, map[string]string{columns.Amount: "net a payer", columns.MSISDN: "Mobile"})
	require.Empty(t, found.Repeated)
	require.Equal(t, map[string]int{columns.Amount: 2, columns.MSISDN: 3, columns.Reference: 4}, found.At)

	found = columns.Find(headings, map[string]string{columns.Description: "Réf", columns.Reference: "Code"})
	require.Equal(t, []string{columns.Reference}, found.Absent)
	require.Equal(t, 4, found.At[columns.Description])
	require.NotContains(t, found.At, columns.Reference)

	found = columns.Find([]string{"a", "A", "x"}, map[string]string{columns.Amount: "a"})
	require.Empty(t, found.Repeated, "as it is written goes first")
	found = columns.Find([]string{"A", "Á", "x"}, map[string]string{columns.Amount: "a", columns.MSISDN: "x"})
	require.Equal(t, []columns.Repeated{{columns.Amount, 0, 1}}, found.Repeated)
	found = columns.Find([]string{"x"}, map[string]string{columns.Amount: "x", columns.MSISDN: "x"})
	require.NotEmpty(t, found.Repeated, "one heading for two columns")
}

// Two headings that may both be what is paid, or who, are for a person to choose between.
func TestFind_C10_LeavesTheChoiceBetweenOldAndNew(t *testing.T) {
	t.Parallel()
	for _, pair := range [][3]string{
		{"Salaire net", "Net à virer", columns.Amount}, {"Montant", "Montant approuvé", columns.Amount}, {"Montant", "Nouveau montant", columns.Amount},
		{"Salaire", "Net à régler (F CFA)", columns.Amount}, {"Montant", "Montant corrigé", columns.Amount}, {"Amount", "Approved amount", columns.Amount},
		{"Téléphone", "N° Djamo", columns.MSISDN}, {"Téléphone", "Nouveau numéro", columns.MSISDN}, {"Tél", "Téléphone corrigé", columns.MSISDN},
	} {
		found := columns.Find(pair[:2], nil)
		require.Equal(t, []columns.Repeated{{Column: pair[2], First: 0, Second: 1}}, found.Repeated, pair)
		require.Equal(t, 0, columns.Find(pair[1:2], nil).At[pair[2]], "alone it is the one")
	}
	require.True(t, columns.IsTotal("Solde"))
	require.Empty(t, columns.Of("Montant demandé"))
}
