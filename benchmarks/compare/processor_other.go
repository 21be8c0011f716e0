//go:build !unix

package main

import "time"

// processorTime is not known here: the column shows NaN.
func processorTime() time.Duration { return 0 }
