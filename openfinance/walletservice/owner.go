package walletservice

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// OwnerOfThisProcess names this process among all that may share a database, and tells whether another process of this
// machine lives still: the leases of one that was killed can be taken over at once. Where that cannot be known, the lease
// decides.
func OwnerOfThisProcess() (owner string, alive func(owner string) bool) {
	host, _ := os.Hostname()
	space, _ := os.Readlink("/proc/self/ns/pid")
	// Two machines may have one name, such as localhost or that of the image they were made from, and the first namespace of each has
	// the same number: only the boot tells them apart.
	boot, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	place := strings.ReplaceAll(host+" "+space+" "+strings.TrimSpace(string(boot)), "|", "_")
	pid := os.Getpid()
	stat, _ := statOf(pid)
	owner = fmt.Sprintf("%s|%d|%s|%s", place, pid, startIn(stat), rand.Text()[:8])
	return owner, func(other string) bool {
		parts := strings.Split(other, "|")
		if len(parts) != 4 || parts[0] != place || space == "" || len(boot) == 0 || parts[2] == "" {
			return true
		}
		pid, err := strconv.Atoi(parts[1])
		return err != nil || lives(pid, parts[2], statOf)
	}
}

// lives reports whether a process lives that began at a time. Processes of other users may be hidden in /proc, as with hidepid or
// ProtectProc of systemd, where they look as if they were gone: whether they are, the kernel says.
func lives(pid int, start string, statOf func(int) ([]byte, error)) bool {
	stat, err := statOf(pid)
	if err == nil {
		return startIn(stat) == start
	}
	process, err := os.FindProcess(pid)
	if err != nil {
		return !errors.Is(err, os.ErrProcessDone)
	}
	defer process.Release() //nolint:errcheck // there is nothing to lose
	return !errors.Is(process.Signal(syscall.Signal(0)), os.ErrProcessDone)
}

// statOf is what Linux says of a process.
func statOf(pid int) ([]byte, error) { return os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)) }

// startIn is when a process began, as Linux counts it; empty where it has ended, or there is no Linux.
func startIn(stat []byte) string {
	_, rest, _ := strings.Cut(string(stat[max(0, bytes.LastIndexByte(stat, ')')):]), " ")
	fields := strings.Fields(rest)
	const state, start = 0, 19
	if len(fields) <= start || fields[state] == "Z" || fields[state] == "X" {
		return ""
	}
	return fields[start]
}
