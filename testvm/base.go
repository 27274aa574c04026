package testvm

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// cacheDir is where base trees and machines live.
func cacheDir() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = filepath.Join(os.TempDir(), "cache")
	}
	dir = filepath.Join(dir, "activate", "testvm")
	return dir, os.MkdirAll(dir, 0o755)
}

// base gives the directory of the tree for c, building it when no process has
// built it before. Processes that want the same tree build it once.
func base(c Config) (string, error) {
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(c.suite() + " " + strings.Join(c.packages(), " ")))
	dir := filepath.Join(cache, "base-"+hex.EncodeToString(sum[:8]))
	lock, err := lockFile(dir+".lock", unix.LOCK_EX)
	if err != nil {
		return "", err
	}
	defer func() { _ = lock.Close() }()
	if _, err := os.Lstat(dir); err == nil {
		return dir, nil
	}
	if err := build(c, dir); err != nil {
		return "", fmt.Errorf("cannot build a %s tree: %w", c.suite(), err)
	}
	return dir, nil
}

func build(c Config, dir string) error {
	s, err := seedOf(c.suite())
	if err != nil {
		return err
	}
	from, err := parent(c, s)
	if err != nil {
		return err
	}
	fresh := dir + ".new"
	if err := s.grow(from, fresh, c.packages()); err != nil {
		return err
	}
	// Without an id of its own a machine would be on its first boot each time
	// and reset which units are enabled.
	if err := os.WriteFile(filepath.Join(fresh, "etc/machine-id"), []byte(randomHex(16)+"\n"), 0o444); err != nil {
		return err
	}
	if c.Virtual {
		// As an installer leaves it: mounted again read-write by the init.
		if err := os.WriteFile(filepath.Join(fresh, "etc/fstab"), []byte("/dev/vda / ext4 errors=remount-ro 0 0\n"), 0o644); err != nil {
			return err
		}
	}
	return os.Rename(fresh, dir)
}

// mirror is the Debian mirror this host itself uses, from apt's sources in
// etcApt: the first "URIs:" of sources.list.d, else the first "deb" line.
func mirror(etcApt string) (string, error) {
	files, _ := filepath.Glob(filepath.Join(etcApt, "sources.list.d", "*.sources"))
	for _, file := range append(files, filepath.Join(etcApt, "sources.list")) {
		text, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		if uri := firstURI(string(text)); uri != "" {
			return uri, nil
		}
	}
	return "", fmt.Errorf("no mirror in %s/sources.list.d", etcApt)
}

func firstURI(text string) string {
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		switch {
		case len(words) > 1 && words[0] == "URIs:":
			return words[1]
		case len(words) > 2 && words[0] == "deb":
			for _, w := range words[1:] {
				if strings.Contains(w, "://") {
					return w
				}
			}
		}
	}
	return ""
}

// lockFile opens path and takes its flock; the lock goes with the file.
func lockFile(path string, how int) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), how); err != nil {
		_ = f.Close()
		return nil, &fs.PathError{Op: "lock", Path: path, Err: err}
	}
	return f, nil
}

func randomHex(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: crypto/rand
	return hex.EncodeToString(b)
}

// tail gives the last n lines.
func tail(s string, n int) string {
	lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
