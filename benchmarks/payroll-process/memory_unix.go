//go:build unix

package main

import (
	"os"
	"runtime"
	"syscall"
)

// peakMemory is the most memory that an ended process has had resident, in bytes.
func peakMemory(state *os.ProcessState) int64 {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	switch {
	case !ok:
		return 0
	case runtime.GOOS == "darwin":
		return int64(usage.Maxrss) //nolint:unconvert // in bytes there, and as wide as the platform has it
	}
	return int64(usage.Maxrss) << 10 //nolint:unconvert // as wide as the platform has it
}
