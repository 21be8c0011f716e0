//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package terminal

import (
	"bufio"
	"errors"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// readSecret is term.ReadPassword, which waits on after the end of input: Ctrl-D would be ignored.
func readSecret(file *os.File) (string, error) {
	fd := int(file.Fd())
	before, err := unix.IoctlGetTermios(fd, getTermios)
	if err != nil {
		return "", err
	}
	silent := *before
	silent.Lflag &^= unix.ECHO
	silent.Lflag |= unix.ICANON | unix.ISIG
	silent.Iflag |= unix.ICRNL
	if err := unix.IoctlSetTermios(fd, setTermios, &silent); err != nil {
		return "", err
	}
	defer func() { _ = unix.IoctlSetTermios(fd, setTermios, before) }()
	line, err := bufio.NewReader(file).ReadString('\n')
	if errors.Is(err, io.EOF) && line != "" { // what was typed before it counts
		err = nil
	}
	return strings.TrimRight(line, "\r\n"), err
}
