package repository_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/payroll"
	"github.com/stretchr/testify/require"
)

// What the Markdown files of the repository show is checked against the code, block by block:
//
//	go    stands, line for line, in one Example function with an Output comment, in one test of a file of examples, or in
//	      one file of a main package below examples/; a line "// ..." stands for lines left out (snippets_test.go)
//	sh    every command is carried out in a clone, literally, where that needs no network and no account (commands_test.go)
//	csv   is read by payroll.ReadCSV
//	json  is what the client reads: an answer, an error or a webhook
//	ini   is a unit of systemd that starts a command of ours, with flags that the command reference has (units_test.go)
//	text  stands in what an Example, or a command of the same page, prints
//
// A block of any other language fails: whoever writes one writes its check, too.
func TestDocs_EveryBlockIsChecked(t *testing.T) {
	t.Parallel()

	bodies, printed := executedExamples(t)
	sources := slices.Concat(bodies, exampleMains(t))
	origin, known := t.TempDir(), variablesOfTheCode(t)
	commitTo(t, origin)
	for name, content := range markdownFiles(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			blocks, err := blocksOf(content)
			require.NoError(t, err)
			terminal := newTerminal(t, origin, known, blocks)
			for _, b := range blocks {
				var err error
				switch b.language {
				case "go":
					if !stemsFromAny(b.text, sources) {
						err = errors.New("no executed example contains this: copy it from one, or write the example")
					}
				case "sh":
					err = terminal.run(b.text)
				case "csv":
					_, err = payroll.ReadCSV(strings.NewReader(b.text), payroll.CSVOptions{Run: "docs"})
				case "json":
					err = readJSON(t, b.text)
				case "ini":
					err = verifyUnit(t, b.text)
				case "text":
					if !stemsFromAny(b.text, slices.Concat(printed, terminal.printed)) {
						err = errors.New("no executed example, and no command above, prints this")
					}
				default:
					err = fmt.Errorf("nothing checks blocks of %q: write the check", b.language)
				}
				require.NoErrorf(t, err, "%s:%d\n%s", name, b.line, b.text)
			}
			terminal.requireClean()
		})
	}
}

func TestDocs_FindsBlocks(t *testing.T) {
	t.Parallel()

	blocks, err := blocksOf("# Title\n```go\na()\n\nb()\n```\n```\nplain\n```\n   ```sh\nc\n   ```\n")
	require.NoError(t, err)
	require.Equal(t, []block{{"go", "a()\n\nb()\n", 2}, {"", "plain\n", 7}, {"sh", "c\n", 10}}, blocks)

	_, err = blocksOf("```go\na()\n")
	require.ErrorContains(t, err, "never closed")
}

// The French pages show the same code as the English ones; only what a shell takes for a comment is translated.
func TestDocs_FrenchPagesShowTheSameBlocks(t *testing.T) {
	t.Parallel()

	pages := markdownFiles(t)
	compared := 0
	for name, content := range pages {
		if path.Dir(name) != "docs/fr" || path.Base(name) == "README.md" {
			continue
		}
		original, ok := pages["docs/"+path.Base(name)]
		require.Truef(t, ok, "%s translates nothing: its name must be that of a page in docs", name)
		require.Equal(t, shownBy(t, original), shownBy(t, content), name)
		compared++
	}
	require.GreaterOrEqual(t, compared, 2)
}

func shownBy(t *testing.T, content string) []string {
	t.Helper()
	blocks, err := blocksOf(content)
	require.NoError(t, err)
	shown := make([]string, len(blocks))
	for i, b := range blocks {
		shown[i] = b.text
		if b.language == "sh" {
			shown[i] = ""
			for line := range strings.Lines(b.text) {
				shown[i] += withoutComment(line) + "\n"
			}
		}
	}
	return shown
}

// block is a fenced block of a Markdown page.
type block struct {
	language, text string
	line           int // of the fence that opens it
}

func blocksOf(page string) ([]block, error) {
	var blocks []block
	var open *block
	number := 0
	for line := range strings.Lines(page) {
		number++
		fence, isFence := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case open == nil && isFence:
			language, _, _ := strings.Cut(fence, " ")
			open = &block{language: language, line: number}
		case open != nil && isFence && fence == "":
			blocks, open = append(blocks, *open), nil
		case open != nil:
			open.text += line
		}
	}
	if open != nil {
		return nil, fmt.Errorf("the block in line %d is never closed", open.line)
	}
	return blocks, nil
}

// markdownFiles returns the text of every Markdown file of the repository by its path.
func markdownFiles(t *testing.T) map[string]string {
	t.Helper()
	pages := map[string]string{}
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != "." && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "testdata"):
			return fs.SkipDir
		case path.Ext(name) != ".md":
			return nil
		}
		content, err := os.ReadFile(name)
		pages[name] = string(content)
		return err
	})
	require.NoError(t, err)
	require.Contains(t, pages, "README.md")
	require.Contains(t, pages, "docs/README.md")
	return pages
}

// readJSON reads a sample as the client would: an event as a webhook that was signed, an error as an answer with its
// status, and anything else as a payment, of which it must name no field that there is not.
func readJSON(t *testing.T, text string) error {
	t.Helper()
	var sample struct {
		Topic         string          `json:"topic"`
		StatusCode    int             `json:"statusCode"`
		CorrelationID string          `json:"correlationId"`
		Data          json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal([]byte(text), &sample); err != nil {
		return err
	}
	switch {
	case sample.Topic != "":
		r := httptest.NewRequest(http.MethodPost, "/webhooks/djamo", strings.NewReader(text))
		r.Header.Set(djamo.SignatureHeader, djamo.SignWebhook([]byte(text), "secret"))
		event, err := djamo.ParseWebhook(r, "secret")
		if err != nil {
			return err
		}
		_, err = event.Transaction()
		return err
	case sample.StatusCode != 0:
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(sample.StatusCode)
			_, _ = w.Write([]byte(text))
		}))
		defer server.Close()
		client, err := djamo.NewClient("at_token", djamo.WithBaseURL(server.URL), djamo.WithRetry(djamo.RetryPolicy{MaxAttempts: 1}))
		if err != nil {
			return err
		}
		_, err = client.Balance.Get(t.Context())
		refused, ok := errors.AsType[*djamo.Error](err)
		if !ok || refused.Code() == "" || len(refused.Messages) == 0 || refused.CorrelationID != sample.CorrelationID {
			return fmt.Errorf("the client reads this error as %w", err)
		}
		return nil
	}
	known := json.NewDecoder(strings.NewReader(text))
	known.DisallowUnknownFields()
	return known.Decode(new(djamo.Transaction))
}
