package lang

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/payroll"
)

// TestFrench_C13_EverythingSaidOfAPlanHasFrench reads the rules and warnings where they are written: whoever adds one is told here.
func TestFrench_C13_EverythingSaidOfAPlanHasFrench(t *testing.T) {
	t.Parallel()
	const root = "../../../../"
	said := regexp.MustCompile(`^(must|is|has|was|it|its|a part|a conditional|there are|no reference|no column|lines|the columns|the file|the account|` +
		`the merged|the last line|%d (of|more)|%s gets|results of|texts that|remarks that|notes on|amounts are|values of|a picture|can be)\b.* `)
	found := 0
	for _, pattern := range []string{
		root + "payroll/csv*.go", root + "payroll/cell_rules.go", root + "payroll/plan_[rsw]*.go", root + "payroll/recent*.go",
		root + "internal/decimals/decimals.go", root + "internal/filekind/filekind.go", root + "money.go", root + "msisdn.go",
		root + "validate.go", root + "webhook_endpoints.go", root + "subcompanies.go", root + "charges.go", root + "transactions.go", root + "batch.go",
		root + "internal/wire/endpoint.go", "../payoutfile/*.go",
	} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		require.NotEmpty(t, files, pattern)
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			syntax, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
			require.NoError(t, err)
			ast.Inspect(syntax, func(node ast.Node) bool {
				literal, ok := node.(*ast.BasicLit)
				if !ok || literal.Kind != token.STRING {
					return true
				}
				text, err := strconv.Unquote(literal.Value)
				require.NoError(t, err)
				if said.MatchString(text) && !strings.HasPrefix(text, "must be the bare") { // see TestFrench_D17
					found++
					require.True(t, hasFrench(text), "%s: has no French: %s", file, text)
				}
				return true
			})
		}
	}
	require.Greater(t, found, 100, "the rules are written otherwise now")
}

// hasFrench reports whether a text is one that has French, or a part of it.
func hasFrench(text string) bool {
	for _, texts := range []map[string]string{frenchOfPlans(), frenchOfTopics(), Translations()} {
		for english := range texts {
			if strings.Contains(english, text) {
				return true
			}
		}
	}
	return false
}

// TestFrench_C13_SaysWhatPackagePayrollHasMade makes each text as package payroll does, with values, and has it said.
func TestFrench_C13_SaysWhatPackagePayrollHasMade(t *testing.T) {
	t.Parallel()
	for english, french := range frenchOfPlans() {
		require.NotContains(t, Translations(), english, "it has French twice")
		var values []any
		text := verb.ReplaceAllStringFunc(english, func(v string) string {
			value := map[byte]string{'d': strconv.Itoa(11 + len(values)), 'U': "U+200B", 'q': `"q q"`, 's': "v" + strconv.Itoa(len(values)) + " w"}[v[len(v)-1]]
			values = append(values, value)
			return value
		})
		want := fmt.Sprintf(verb.ReplaceAllString(french, "%${1}s"), values...)
		require.NotContains(t, want, "%!", english)
		require.Equal(t, want, French.made(text), english)
		require.Equal(t, text, English.made(text))
	}
	const understood = " (understood are 50000, 50 000, 50.000, 50,000, 50 000,00, 50 000 F, 50 000 FCFA and XOF 50 000)"
	require.Contains(t, French.made("must not start with a zero"+understood), "ne doit pas commencer par un zéro (sont compris 50000")
	require.Equal(t, "montant : son texte est trop petit pour être lu : choisissez une autre taille",
		French.made("amount: its text is too small to be read: choose another size"))
	require.Contains(t, French.made("no column is called reference, so references are derived; not read: a, b, 2 more"), "a, b, 2 de plus")
	require.Contains(t, French.made("3 of these payouts, 5 F, give a payee the same amount as a payment under another reference since 2026-10-25, "+
		"first line 3: +22507******00 got 5 F as june/1 on 2026-11-29"), "a reçu 5 F sous june/1 le 2026-11-29")
	require.Contains(t, French.made(`must be one column, and A and B both name it: rename one of them, or declare which it is, as with `+
		`--column amount="B"`), `--column amount="B"`, "what is typed stays as it is")
}

// TestFrench_A1_PlanErrors has the errors of a whole file said.
func TestFrench_A1_PlanErrors(t *testing.T) {
	t.Parallel()
	plan := &payroll.PlanError{More: 2, Problems: []payroll.Problem{
		{Line: 2, Column: "amount", Rule: "must not start with a zero", Value: "050000"},
		{Line: 3, Rule: "must have 4 fields, as line 1 has, not 5"},
		{Line: 4, Column: "amount", Rule: "must use one kind of separator throughout", Value: "5.0 (decimal point)"},
	}}
	require.Equal(t, "fichier refusé : 5 problèmes\n"+
		"ligne 2 : montant : ne doit pas commencer par un zéro, reçu 050000\n"+
		"ligne 3 : doit avoir 4 champs, comme la ligne 1, et non 5\n"+
		"ligne 4 : montant : doit garder le même séparateur d'un bout à l'autre, reçu 5.0 (point décimal)\n"+
		"et 2 de plus", French.Error(plan))
	require.Equal(t, "rien : fichier refusé : il ne contient aucun paiement",
		"rien : "+French.Error(&payroll.PlanError{Problems: []payroll.Problem{{Rule: "there are no payouts in it"}}}))

	differs := &payroll.PlanDiffersError{
		Held: payroll.PlanInfo{Run: "a", Count: 2, Total: 100_000}, Given: payroll.PlanInfo{Run: "a", Count: 3, Total: 150_000},
		Sent: payroll.Sum{Count: 2, Amount: 100_000}, SentLines: []int64{2}, New: payroll.Sum{Count: 1, Amount: 50_000}, NewLines: []int64{4},
	}
	require.Contains(t, French.Error(differs), "ont déjà été envoyés (ligne 2 et 1 de plus)")
	require.Contains(t, French.Error(differs), "mettez ce qu'elle n'a pas, et rien d'autre, dans un fichier et une paie à part")
	differs.Again, differs.AgainLines, differs.Missing = payroll.Sum{Count: 1, Amount: 50_000}, []int64{4}, 1
	require.Contains(t, French.Error(differs), "Une paie d'un autre nom paierait de nouveau ces bénéficiaires")
	require.NotContains(t, French.Error(differs), "rien d'autre", "that advice would pay them again")
}

// Each error of package approval, and each of package sqljournal about a journal that cannot be used, has French: whoever writes another
// is told here.
func TestFrench_EverythingSaidOfSignersAndJournalsHasFrench(t *testing.T) {
	t.Parallel()
	require.Greater(t, everyError(t, "../../../../payroll/approval/*.go", "errors.New", "fmt.Errorf"), 40, "the errors are written otherwise now")
	require.Greater(t, everyError(t, "../../../../payroll/sqljournal/*.go", "unusable"), 15, "the errors are written otherwise now")
	require.Greater(t, everyError(t, "../../../../openfinance/walletservice/*.go", "wrong"), 30, "the errors are written otherwise now")
	for english := range frenchOfWalletservice() {
		filled := verb.ReplaceAllStringFunc(english, func(v string) string { return map[string]string{"%d": "7", "%q": `"q"`, "%s": "v"}[v] })
		said := French.Say("%s", Setting(filled))
		require.NotEqual(t, filled, said, "it is recognized")
		require.NotContains(t, said, "%!")
		require.Equal(t, filled, English.Say("%s", Setting(filled)))
	}
	require.Equal(t, `c.json, ligne 3 : l'entrée de "wal 1" a un token qui n'est pas un texte`,
		French.Say("%s", Setting(`c.json, line 3: the entry of "wal 1" has a token that is no text`)))
	for _, texts := range []map[string]string{frenchOfSigners(), frenchOfJournals()} {
		for english, french := range texts {
			if strings.Contains(french, "%") {
				require.Equal(t, verb.FindAllString(english, -1), verb.FindAllString(french, -1), english)
			}
			filled := verb.ReplaceAllStringFunc(english, func(v string) string { return map[string]string{"%d": "7", "%q": `"q"`, "%s": "v"}[v] })
			require.NotEqual(t, filled, French.sentence(filled), "it is recognized")
			require.NotContains(t, French.sentence(filled), "%!")
			require.Equal(t, filled, English.sentence(filled))
		}
	}
	require.Equal(t, "journal inutilisable : le fichier n'est pas une base SQLite",
		French.sentence("payroll: unusable journal: the file is no SQLite database (file is not a database (26))"))
	require.Equal(t, "un autre programme mène cette paie : il a verrouillé le fichier du journal",
		French.sentence("another process is driving this run: it has locked the journal's file (database is locked (5))"))
	require.Equal(t, `il n'y a pas de paie "juli" : vouliez-vous dire "juin" ou "juillet" ?`,
		French.sentence(`payroll: there is no run "juli": did you mean "juin" or "juillet"?`))
}

// everyError finds the texts that functions make errors of, and requires French of each.
func everyError(t *testing.T, pattern string, functions ...string) (found int) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	require.NoError(t, err)
	texts := frenchOfJournals()
	maps.Copy(texts, frenchOfSigners())
	maps.Copy(texts, frenchOfWalletservice())
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		syntax, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		require.NoError(t, err)
		ast.Inspect(syntax, func(node ast.Node) bool {
			call, ok := node.(*ast.CallExpr)
			if !ok || !slices.Contains(functions, nameOfCall(call)) {
				return true
			}
			at := 0
			if nameOfCall(call) == "wrong" { // behind the flag
				at = 1
			}
			text, ok := joined(call.Args[at])
			text = strings.NewReplacer("%w", "%s", "%v", "%s").Replace(text)
			if ok = ok && text != "%s" && text != "%s (%s)" && text != "%s: %s"; ok {
				found++
				require.Contains(t, texts, text, "%s: has no French", file)
			}
			return true
		})
	}
	return found
}

// nameOfCall is the function that is called, with its package.
func nameOfCall(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		if pkg, ok := f.X.(*ast.Ident); ok {
			return pkg.Name + "." + f.Sel.Name
		}
	}
	return ""
}

// joined is the value of a text that is put together of literals.
func joined(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return text, err == nil
	case *ast.BinaryExpr:
		left, ok := joined(e.X)
		right, too := joined(e.Y)
		return left + right, ok && too
	}
	return "", false
}

// What was pasted around a token is named in French, too, and so is a topic that is none.
func TestFrench_D17_NamesWhatWasPasted(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"Bearer at_x":   `token : doit être le jeton seul, sans "Bearer" ni espaces`,
		"'at_x'":        "token : doit être le jeton seul, sans guillemets",
		"\"at_x\",\n":   "token : doit être le jeton seul, sans retours à la ligne, guillemets ni virgule ni point-virgule",
		"{at_x}":        "token : doit être le jeton seul, sans parenthèses ni crochets",
		"at_\u200bx":    "token : doit être le jeton seul, sans le caractère invisible U+200B",
		"at_xé":         "token : doit être un seul mot en caractères ASCII imprimables",
		"token=at_x":    `token : doit être le jeton seul, sans "token="`,
		"https://a.com": "token : doit être le jeton, et non une adresse : celle-ci se donne avec WithBaseURL ou DJAMO_API_URL",
	} {
		_, err := djamo.NewClient(value, djamo.WithEnvironment(djamo.StagingCIV))
		require.Equal(t, want, French.Error(err), value)
	}
	_, err := djamo.NewClient("at_x", djamo.WithEnvironment(djamo.StagingCIV), djamo.WithCompanyID("<5f0a>"))
	require.Equal(t, "WithCompanyID : doit être l'identifiant de la société seul, sans parenthèses ni crochets", French.Error(err))
	client, err := djamo.NewClient("at_x", djamo.WithEnvironment(djamo.StagingCIV))
	require.NoError(t, err)
	for topic, want := range map[djamo.Topic]string{
		"transaction/completed": "est sans doute une faute de frappe pour transactions/completed, et n'amènerait aucun événement",
		"transactions/*":        "doit être un seul sujet, comme transactions/completed",
	} {
		_, err := client.WebhookEndpoints.Create(t.Context(), djamo.WebhookEndpointParams{Topic: topic, URL: "https://a.example"})
		require.Contains(t, French.Error(err), want)
	}
}
