// Package account finds out which account a command is for: from flags, the environment and the profiles of a configuration
// file, in this order. It keeps tokens in the system's keyring, and guards production.
package account

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"sync"

	"github.com/pelletier/go-toml/v2"

	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
)

// Config is the configuration file. It holds no secrets.
type Config struct {
	// Profile is the name of the profile in use.
	Profile  string             `toml:"profile,omitempty"`
	Profiles map[string]Profile `toml:"profiles,omitempty"`
}

// Profile is an account under a name.
type Profile struct {
	URL       string `toml:"url"`
	CompanyID string `toml:"company-id,omitempty"`
	// TokenIn says where its token is kept: KeyringStore or FileStore.
	TokenIn string `toml:"token-in,omitempty"`
}

// Where tokens are kept.
const (
	KeyringStore = "keyring"
	FileStore    = "file"
)

var profileName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`) })

// CheckName refuses names that a file, a keyring or a shell could read otherwise.
func CheckName(field, name string) error {
	if !profileName().MatchString(name) {
		return exit.BadUsage(
			"%s %q: must be 1 to 64 letters, digits, dots, dashes and underscores, and begin with a letter or a digit", field, name)
	}
	return nil
}

// Dir is where the program keeps its files.
func Dir() (string, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", exit.BadInput(lang.Errorf("there is no place for the configuration: %w: set HOME", err))
	}
	return filepath.Join(dir, "djamo"), nil
}

const configFile = "config.toml"

// Load reads the configuration; without a file it is empty.
func Load() (Config, error) {
	config := Config{Profiles: map[string]Profile{}}
	dir, err := Dir()
	if err != nil {
		return config, err
	}
	path := filepath.Join(dir, configFile)
	raw, err := readPrivate(path)
	if errors.Is(err, fs.ErrNotExist) {
		return config, nil
	}
	switch {
	case err == nil:
	case errors.As(err, new(*fs.PathError)): // such as a home that is a file
		return config, exit.BadInput(lang.Errorf("the configuration cannot be read: %w", err))
	default:
		return config, err
	}
	decoder := toml.NewDecoder(bytes.NewReader(raw)).DisallowUnknownFields()
	if err := decoder.Decode(&config); err != nil {
		return config, exit.BadInput(lang.Errorf("%s cannot be read: %s: mend it, or remove it and type: djamo login", path, oneLine(err)))
	}
	if config.Profiles == nil {
		config.Profiles = map[string]Profile{}
	}
	return config, nil
}

func oneLine(err error) string {
	if wrong := (*toml.DecodeError)(nil); errors.As(err, &wrong) {
		line, column := wrong.Position()
		return fmt.Sprintf("line %d, column %d: %s", line, column, wrong.Error())
	}
	if strict := (*toml.StrictMissingError)(nil); errors.As(err, &strict) && len(strict.Errors) > 0 {
		line, _ := strict.Errors[0].Position()
		return fmt.Sprintf("line %d: %s", line, strict.Errors[0].Error())
	}
	return err.Error()
}

// Save writes the configuration.
func Save(config Config) error {
	raw, err := toml.Marshal(config)
	if err != nil {
		return err
	}
	return writePrivate(configFile, raw)
}

// readPrivate reads a file that only its owner may read: one that others can read may have been written by them, and leads
// tokens to wherever it says.
func readPrivate(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		return nil, exit.BadInput(lang.Errorf("%s can be read or written by others (its mode is %04o): type: chmod 600 %s", path, mode, path))
	}
	return os.ReadFile(path) //nolint:gosec // the program's own file
}

// writePrivate replaces one of the program's files: others never see it, and no half of it is ever read.
func writePrivate(name string, content []byte) error {
	dir, err := Dir()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return exit.BadInput(lang.Errorf("the configuration cannot be written: %w", err))
	}
	file, err := os.CreateTemp(dir, name+".*") // readable by its owner alone
	if err != nil {
		return exit.BadInput(lang.Errorf("the configuration cannot be written: %w", err))
	}
	_, err = file.Write(content)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), filepath.Join(dir, name))
	}
	if err != nil {
		return errors.Join(lang.Errorf("the configuration cannot be written: %w", err), os.Remove(file.Name()))
	}
	return nil
}
