package terminal

import "golang.org/x/sys/unix"

// How the settings of a terminal are read and written.
const (
	getTermios = unix.TCGETS
	setTermios = unix.TCSETS
)

func discardTyped(fd uintptr) error { return unix.IoctlSetInt(int(fd), unix.TCFLSH, unix.TCIFLUSH) }
