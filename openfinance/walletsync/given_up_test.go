package walletsync

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/openfinance/wallet"
)

// reading is a read of the feed, or of history.
type reading struct {
	from   source
	answer answered
}

// readings reads a wallet as a test says, one read after the other, and calls look after each. One of a file imports its items.
func readings(t *testing.T, list []reading, look func(k *kept)) string {
	t.Helper()
	_, store, gateway := scripted(t, answered{"a:1", "c1", nil}, answered{"", "c1", nil})
	engine, m := follower(t, store, gateway)
	day, err := wallet.ParseDate("2026-01-01")
	require.NoError(t, err)
	require.NoError(t, engine.Backfill(t.Context(), "w", day))
	k := store.wallets["w"]
	for _, next := range list {
		gateway.answers = []answered{next.answer}
		m.hurry.Store(true) // one page at a time
		if next.from == file {
			page, err := gateway.Page(t.Context(), wallet.Access{}, wallet.PageParams{})
			require.NoError(t, err)
			var events []wallet.Event
			for _, item := range page.Items {
				events = append(events, item.Event)
			}
			_, err = engine.Import(t.Context(), "w", events)
			require.NoError(t, err)
		} else {
			_, _ = engine.step(t.Context(), m, next.from)
		}
		look(k)
	}
	require.True(t, k.state.InStep)
	var current []string
	for _, id := range []string{"a", "b", "h", "p", "q", "x"} {
		if item, ok := k.items[id]; ok && item.Gone == Current {
			current = append(current, fmt.Sprint(id, ":", item.Amount))
		}
	}
	require.Len(t, current, int(k.state.Items))
	return strings.Join(current, " ")
}

// What a backfill or a file brings while an update is read is stored for good: when the pages change, and the update does not have
// it any more, it stays, and nobody who reads the changes sees it gone in between. So does what was there before the update.
func TestEngine_AnUpdateThatIsGivenUpTakesNothingOfHistoryBack(t *testing.T) {
	t.Parallel()
	feed := func(items, cursor string) reading { return reading{live, answered{items, cursor, nil}} }
	past := func(items, cursor string) reading { return reading{history, answered{items, cursor, nil}} }
	mutation, lost := reading{live, answered{"", "", wallet.ErrMutation}}, reading{live, answered{"", "", wallet.ErrInvalidCursor}}
	begins, ends := feed("b:2", "c2"), []reading{feed("b:2", "d1"), feed("", "d1")}
	anew := []reading{feed("a:1 b:2", "d1"), feed("", "d1")}
	for name, test := range map[string]struct {
		reads []reading
		want  string
	}{
		"history, then the update":            {append([]reading{begins, past("h:7", "h1"), feed("h:7", "c3"), mutation}, ends...), "a:1 b:2 h:7"},
		"the update, then history":            {append([]reading{feed("h:7", "c2"), past("h:7", "h1"), mutation}, ends...), "a:1 b:2 h:7"},
		"a file, then the update":             {append([]reading{begins, {file, answered{"h:7", "", nil}}, feed("h:7", "c3"), mutation}, ends...), "a:1 b:2 h:7"},
		"the update, then a file":             {append([]reading{feed("h:7", "c2"), {file, answered{"h:7", "", nil}}, mutation}, ends...), "a:1 b:2 h:7"},
		"another version in the update":       {append([]reading{begins, past("h:7", "h1"), feed("h:8", "c3"), mutation}, ends...), "a:1 b:2 h:7"},
		"two other versions":                  {append([]reading{begins, past("h:7", "h1"), feed("h:8", "c3"), feed("h:9", "c4"), mutation}, ends...), "a:1 b:2 h:7"},
		"another version, then history's":     {append([]reading{feed("h:8", "c2"), past("h:7", "h1"), mutation}, ends...), "a:1 b:2 h:7"},
		"history's between two others":        {append([]reading{feed("h:8", "c2"), past("h:7", "h1"), feed("h:9", "c3"), mutation}, ends...), "a:1 b:2 h:7"},
		"pages that change twice":             {append([]reading{begins, past("h:7", "h1"), feed("h:7", "c3"), mutation, feed("h:8", "c2"), mutation}, ends...), "a:1 b:2 h:7"},
		"between two changes of the pages":    {append([]reading{feed("h:7", "c2"), mutation, begins, past("h:7", "h1"), mutation}, ends...), "a:1 b:2 h:7"},
		"a posted item that is given up":      {append([]reading{begins, past("p:7", "h1"), feed("q:7::p", "c3"), mutation}, ends...), "a:1 b:2 p:7"},
		"both of the update, one of history":  {append([]reading{feed("p:7 q:7::p", "c2"), past("p:7", "h1"), mutation}, ends...), "a:1 b:2 p:7"},
		"a version that names a pending item": {append([]reading{past("p:7", "h1"), feed("a:1::p", "c2"), mutation}, ends...), "a:1 b:2 p:7"},
		"the same, and it was not there":      {append([]reading{feed("a:1::p", "c2"), mutation}, append(ends, feed("p:7", "d2"), feed("", "d2"))...), "a:1 b:2 p:7"},
		"history had changed it in between":   {append([]reading{feed("h:7", "c2"), feed("", "c2"), begins, past("h:8", "h1"), feed("h:9", "c3"), mutation}, ends...), "a:1 b:2 h:8"},
		"everything is read anew":             {append([]reading{lost, feed("a:1", "x1"), past("h:7", "h1"), feed("h:7", "x2"), mutation}, anew...), "a:1 b:2 h:7"},
		"history came before that":            {append([]reading{past("h:7", "h1"), lost, feed("a:1 h:8", "x1"), mutation}, anew...), "a:1 b:2 h:7"},
		"a cursor is lost instead":            {append([]reading{begins, past("h:7", "h1"), feed("h:7", "c3"), lost}, anew...), "a:1 b:2 h:7"},
		"and another":                         {append([]reading{lost, feed("h:7", "x1"), past("h:7", "h1"), lost, feed("a:1", "x1"), lost}, anew...), "a:1 b:2 h:7"},
		"what the next pages replace it by vanishes": {slices.Concat([]reading{feed("p:7", "c2"), past("p:7", "h1"), mutation, feed("b:2 q:3::p", "d1"),
			feed("", "d1"), lost}, []reading{feed("a:1 b:2", "e1"), feed("", "e1"), feed("", "e1")}), "a:1 b:2 p:7"},
		"another replaces it, and vanishes": {slices.Concat([]reading{feed("p:7 q:7::p", "c2"), past("q:7::p", "h1"), mutation, feed("b:2 p:7 x:3::p", "d1"),
			feed("", "d1"), lost}, []reading{feed("a:1 b:2 p:7", "e1"), feed("", "e1"), feed("", "e1")}), "a:1 b:2 q:7"},
		"history had changed what the update replaced": {append([]reading{feed("p:7", "c2"), feed("", "c2"), begins, past("p:8", "h1"), feed("q:9::p", "c3"), mutation},
			ends...), "a:1 b:2 p:8"},
		"what it replaced came once more, and not again": {slices.Concat([]reading{feed("p:7", "c2"), feed("", "c2"), feed("q:9::p b:2", "c3"), mutation},
			[]reading{feed("p:7 b:2", "c4"), feed("", "c4"), mutation}, ends), "a:1 b:2 p:7"},
		"another of history names the same pending item": {append([]reading{feed("p:7", "c2"), feed("", "c2"), feed("q:7::p x:7::p b:2", "c3"), past("x:7::p", "h1"),
			mutation}, ends...), "a:1 b:2 x:7"},
		"so it does when everything is read anew": {slices.Concat([]reading{feed("p:7 b:2", "c2"), feed("", "c2"), feed("q:9::p", "c3"), feed("", "c3"), past("x:9::p", "h1"),
			lost}, []reading{feed("a:1 b:2 p:7", "e1"), feed("", "e1"), feed("a:1 b:2 p:7", "e1"), feed("", "e1")}), "a:1 b:2 x:9"},
		"old pages of a pending item, of the one that replaced it and of its own": {slices.Concat([]reading{feed("p:7", "c2"), feed("q:7::p", "c3"),
			feed("x:3::q", "c4"), feed("", "c4"), feed("b:2", "c5"), mutation, feed("p:7 q:7::p x:3::q", "c6"), mutation}, ends, []reading{feed("p:8", "d2"),
			feed("", "d2")}), "a:1 b:2 x:3"},
		"the same, by history, and everything is read anew": {slices.Concat([]reading{past("p:7 q:7::p x:3::q", "h1"), feed("b:2", "c5"), mutation,
			feed("p:7 q:7::p x:3::q", "c6"), mutation}, ends, []reading{lost}, anew, []reading{feed("", "d1"), feed("p:8", "d2"), feed("", "d2")}),
			"a:1 b:2 x:3"},
		"the feed had it long ago": {append([]reading{feed("h:7", "c2"), feed("", "c2"), lost, feed("a:1", "x1"), past("h:7", "h1"), mutation}, anew...), "a:1 b:2 h:7"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			came := false
			require.Equal(t, test.want, readings(t, test.reads, func(k *kept) {
				for _, id := range []string{"h", "p"} {
					item, ok := k.items[id]
					there := ok && item.Gone == Current
					require.False(t, id == "h" && came && !there, "it is gone in between")
					came = came || id == "h" && there
				}
			}))
		})
	}
}

// Many items may vanish at once. What is to be known of them is read together, and of one that has one change nobody asks whether it was
// there before, for which a store would look through all changes of the wallet.
func TestEngine_ReadsTogetherWhatVanishes(t *testing.T) {
	t.Parallel()
	readings(t, []reading{
		{live, answered{"p:2 h:3 x:3", "c2", nil}},
		{live, answered{"", "", wallet.ErrMutation}},
		{live, answered{"b:2", "d1", nil}},
		{live, answered{"", "d1", nil}},
	}, func(k *kept) { require.Zero(t, k.searches) })
}

// What the feed has shown in a reading that came to its end is the feed's, whoever brought it first: when everything is read anew and
// it does not come, it has vanished. An update that is given up leaves nothing else behind.
func TestEngine_WhatTheFeedTakesBackIsGone(t *testing.T) {
	t.Parallel()
	feed := func(items, cursor string) reading { return reading{live, answered{items, cursor, nil}} }
	past := func(items, cursor string) reading { return reading{history, answered{items, cursor, nil}} }
	mutation, lost := reading{live, answered{"", "", wallet.ErrMutation}}, reading{live, answered{"", "", wallet.ErrInvalidCursor}}
	for name, test := range map[string]struct {
		reads []reading
		want  string
	}{
		"history came first":  {[]reading{past("h:7", "h1"), feed("h:7", "c2"), feed("", "c2"), lost, feed("a:1", "d1"), feed("", "d1")}, "a:1"},
		"history came second": {[]reading{feed("h:7", "c2"), past("h:7", "h1"), feed("", "c2"), lost, feed("a:1", "d1"), feed("", "d1")}, "a:1"},
		"history came before an update that was given up": {
			[]reading{past("h:7", "h1"), feed("h:7", "c2"), mutation, feed("h:7", "c2"), feed("", "c2"), lost, feed("a:1", "d1"), feed("", "d1")}, "a:1",
		},
		"history came between two readings of everything": {
			[]reading{lost, feed("a:1 h:7", "x1"), past("h:7", "h1"), feed("", "x1"), lost, feed("a:1", "d1"), feed("", "d1")}, "a:1",
		},
		"history came after it had vanished": {
			[]reading{
				feed("h:7", "c2"), feed("", "c2"), lost, feed("a:1", "d1"), feed("", "d1"), past("h:7", "h1"), lost, feed("a:1", "e1"), feed("", "e1"),
			}, "a:1 h:7",
		},
		"history came before another that names its pending item": {
			[]reading{
				feed("p:7 b:2", "c2"), feed("", "c2"), feed("q:9::p", "c3"), feed("", "c3"), past("x:9::p", "h1"), feed("x:9::p", "c4"), feed("", "c4"), lost,
				feed("a:1 b:2 p:7", "e1"), feed("", "e1"), feed("a:1 b:2 p:7", "e1"), feed("", "e1"),
			}, "a:1 b:2 p:7",
		},
		"history never came": {[]reading{feed("h:7", "c2"), mutation, feed("b:2", "c2"), feed("", "c2")}, "a:1 b:2"},
		"history brought another": {
			[]reading{feed("h:7", "c2"), past("x:9", "h1"), mutation, feed("b:2", "c2"), feed("", "c2")}, "a:1 b:2 x:9",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.want, readings(t, test.reads, func(*kept) {}))
		})
	}
}
