package djamo_test

import (
	"fmt"
	"testing"

	"github.com/djamo/djamo-go"
	"github.com/stretchr/testify/require"
)

// A verb that does not fit makes fmt follow a pointer that it would print as an address otherwise.
func TestPrinting_WrongVerbsNeverShowTheToken(t *testing.T) {
	t.Parallel()
	const token = "at_s3cr3t_t0k3n"
	client, err := djamo.NewClient(token, djamo.WithEnvironment(djamo.StagingCIV), djamo.WithCompanyID("company-1"))
	require.NoError(t, err)
	for _, value := range []any{
		client, *client, &client, client.Transactions, &client.Transactions, client.Balance, []*djamo.Client{client}, []djamo.Client{*client}, map[string]*djamo.Client{"a": client},
		map[string]djamo.Client{"a": *client}, struct{ C *djamo.Client }{client}, struct{ C djamo.Client }{*client}, struct{ c djamo.Client }{*client}, struct{ c *djamo.Client }{client},
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%c", "%e", "%p", "%z", "%!", "%.4s", "%*d"} {
			text := fmt.Sprintf(verb, value)
			require.NotContains(t, text, token, "%T by %s", value, verb)
			require.NotContains(t, text, fmt.Sprintf("%x", token), "%T by %s", value, verb)
		}
	}
}
