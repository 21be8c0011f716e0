package walletservice

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"os"
	"strconv"
	"strings"
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
	owner = fmt.Sprintf("%s|%d|%s|%s", place, pid, startOf(pid), rand.Text()[:8])
	return owner, func(other string) bool {
		parts := strings.Split(other, "|")
		if len(parts) != 4 || parts[0] != place || space == "" || len(boot) == 0 || parts[2] == "" {
			return true
		}
		pid, err := strconv.Atoi(parts[1])
		return err != nil || startOf(pid) == parts[2]
	}
}

// startOf is when a process began, as Linux counts it; empty where there is no such process, or no Linux.
func startOf(pid int) string {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	_, rest, _ := strings.Cut(string(stat[max(0, bytes.LastIndexByte(stat, ')')):]), " ")
	fields := strings.Fields(rest)
	const state, start = 0, 19
	if len(fields) <= start || fields[state] == "Z" || fields[state] == "X" {
		return ""
	}
	return fields[start]
}
