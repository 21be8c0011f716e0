package main

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCompare_RatioIsToTheFirst(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	work := func(context.Context) error { return nil }
	entries := []entry{{name: "one", call: work, calls: 4, abreast: 2}, {name: "two", call: work, calls: 4, abreast: 1}}
	require.NoError(t, compare(t.Context(), &out, "Nothing", entries, 3))
	require.Contains(t, out.String(), "### Nothing")
	require.Contains(t, out.String(), "| one | 1.00 |")
	require.Contains(t, out.String(), "| two | ")
}

func TestCompare_StopsAtAWrongAnswer(t *testing.T) {
	t.Parallel()
	wrong := errors.New("got 1, not 2")
	for _, good := range []int{0, 1, 5} {
		calls := 0
		call := func(context.Context) error {
			if calls++; calls > good {
				return wrong
			}
			return nil
		}
		require.ErrorIs(t, compare(t.Context(), new(bytes.Buffer), "Broken", []entry{{name: "one", call: call, calls: 2, abreast: 1}}, 3), wrong)
	}
}

func TestSelection(t *testing.T) {
	t.Parallel()
	all := []entry{{name: "net/http by hand"}, {name: "djamo"}, {name: "godo"}}
	names := func(s selection) []string {
		var names []string
		for _, e := range s.entries(all) {
			names = append(names, e.name)
		}
		return names
	}
	require.Equal(t, []string{"net/http by hand", "djamo", "godo"}, names(selection{}))
	require.Equal(t, []string{"net/http by hand", "godo"}, names(selection{among: []string{"godo", "paddle"}}))
	require.True(t, selection{}.table("Get one"))
	require.False(t, selection{tables: "List"}.table("Get one"))
}

func TestMedian(t *testing.T) {
	t.Parallel()
	require.InDelta(t, 2, median([]figures{{9}, {1}, {2}}, 0), 0)
}
