package terminal

import "golang.org/x/sys/unix"

func discardTyped(fd uintptr) error { return unix.IoctlSetInt(int(fd), unix.TCFLSH, unix.TCIFLUSH) }
