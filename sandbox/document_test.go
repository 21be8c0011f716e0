package sandbox

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// The description of the control API names its calls, all of them and no other. Package openapi holds their answers to it.
func TestControl_EveryCallIsDescribed(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../openapi/djamo-sandbox.openapi.yaml")
	require.NoError(t, err)
	described := map[string]bool{}
	path := ""
	for _, found := range regexp.MustCompile(`(?m)^ {2}(/\S+):$|^ {4}(get|post):$`).FindAllStringSubmatch(string(raw), -1) {
		if found[1] != "" {
			path = found[1]
		} else {
			described[found[2]+" "+path] = true
		}
	}
	calls := map[string]bool{
		"get /healthz": true, "get /control/ledger.csv": true, "get /control/snapshot": true, "post /control/snapshot": true,
	}
	for path := range (&Sandbox{}).reads() {
		calls["get /control/"+path] = true
	}
	for _, a := range actions() {
		calls["post /control/"+a.path] = true
	}
	require.Equal(t, slices.Sorted(maps.Keys(calls)), slices.Sorted(maps.Keys(described)))
	for _, kind := range faultKinds() {
		require.Contains(t, string(raw), "            - "+kind.Name+"\n")
	}
	for _, kind := range walletFaults() {
		require.Contains(t, string(raw), "            - "+kind+"\n")
	}
}
