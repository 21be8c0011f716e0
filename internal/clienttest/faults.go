package clienttest

import "slices"

func Times(n int, f Fault) []Fault { return slices.Repeat([]Fault{f}, n) }
