//go:build !linux && !darwin && !dragonfly && !freebsd && !netbsd && !openbsd

package terminal

import (
	"os"

	"golang.org/x/term"
)

func readSecret(file *os.File) (string, error) {
	secret, err := term.ReadPassword(int(file.Fd()))
	return string(secret), err
}
