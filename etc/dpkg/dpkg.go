// Package dpkg reads what dpkg(1) and ucf(1) recorded of a root: which paths
// below /etc belong to packages, and what their configuration files held when
// they were installed.
//
// It owns the formats of the package database that this needs, and refuses to
// change or lock it: a package that is being installed meanwhile may be seen
// half. A root without a database is ErrNone.
package dpkg

import (
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/activate-agent/activate/activation/rootfs"
)

// ErrNone says that no dpkg keeps packages in this root.
var ErrNone = errors.New("dpkg has no database here")

// The database, relative to the root: dpkg(1), deb-conffiles(5), ucf(1).
const (
	statusPath     = "var/lib/dpkg/status"
	infoDir        = "var/lib/dpkg/info"
	diversionsPath = "var/lib/dpkg/diversions"
	ucfPath        = "var/lib/ucf/hashfile"
)

// limit is more than any file of the database.
const limit = 256 << 20

// Record is what is known of the paths below /etc. Paths are relative to the
// root: "etc/motd".
type Record struct {
	owned map[string]bool
	// sums are MD5 sums in hex, those of conffiles by themselves too.
	sums, conffiles map[string]string
	// diverted gives where other packages' files went instead.
	diverted map[string]diversion
}

// Read reads the database of root. The error wraps ErrNone where there is
// none, and names the file that cannot be read else.
func Read(root *rootfs.Root) (*Record, error) {
	status, err := root.ReadFile(statusPath, limit)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNone
	}
	if err != nil {
		return nil, unreadable(root, statusPath, err)
	}
	r := &Record{owned: map[string]bool{}, sums: map[string]string{}, conffiles: map[string]string{}}
	if r.diverted, err = readDiversions(root); err != nil {
		return nil, err
	}
	if err := r.readInfo(root); err != nil {
		return nil, err
	}
	parseConffiles(string(status), r.addConffile)
	ucf, err := root.ReadFile(ucfPath, limit)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, unreadable(root, ucfPath, err)
	}
	r.addSums("", string(ucf))
	return r, nil
}

func unreadable(root *rootfs.Root, p string, err error) error {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		err = pe.Err
	}
	return fmt.Errorf("cannot read %s: %w", root.Name(p), err)
}

// readInfo reads the lists of files and of sums of all packages.
func (r *Record) readInfo(root *rootfs.Root) error {
	names, err := root.ReadDir(infoDir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return unreadable(root, infoDir, err)
	}
	for _, name := range names {
		take := r.addList
		switch path.Ext(name) {
		case ".list":
		case ".md5sums":
			take = r.addSums
		default:
			continue
		}
		data, err := root.ReadFile(path.Join(infoDir, name), limit)
		if err != nil {
			return unreadable(root, path.Join(infoDir, name), err)
		}
		name, _, _ = strings.Cut(strings.TrimSuffix(name, path.Ext(name)), ":")
		take(name, string(data))
	}
	return nil
}

// addConffile takes a conffile of a package.
func (r *Record) addConffile(name, p, sum string) {
	p = r.placed(name, p)
	r.owned[p], r.sums[p], r.conffiles[p] = true, sum, sum
}

// addList takes the paths below /etc of a package's file list: one absolute
// path a line.
func (r *Record) addList(name, text string) {
	for line := range strings.Lines(text) {
		if p := strings.TrimPrefix(strings.TrimSuffix(line, "\n"), "/"); strings.HasPrefix(p, "etc/") {
			r.owned[r.placed(name, p)] = true
		}
	}
}

// addSums takes a package's below /etc of lines as md5sum(1) prints them, absolute or
// relative to the root. Who has a sum is owned.
func (r *Record) addSums(name, text string) {
	for line := range strings.Lines(text) {
		sum, p, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		if p = strings.TrimPrefix(p, "/"); ok && isSum(sum) && strings.HasPrefix(p, "etc/") {
			p = r.placed(name, p)
			r.owned[p], r.sums[p] = true, sum
		}
	}
}

func isSum(s string) bool { return len(s) == 32 && strings.Trim(s, "0123456789abcdef") == "" }

// placed gives where dpkg puts the path p of a package: elsewhere if another
// package or the administrator has diverted it, dpkg-divert(1).
func (r *Record) placed(name, p string) string {
	if d, ok := r.diverted[p]; ok && d.by != name {
		return d.to
	}
	return p
}

// Owns tells whether a package owns p, or installed it as its configuration.
func (r *Record) Owns(p string) bool { return r.owned[p] }

// Changed tells whether a regular file at p with this content is not as its
// package installed it. Of a file without a known sum nothing can be told: it
// counts as unchanged.
func (r *Record) Changed(p string, content []byte) bool {
	sum, ok := r.sums[p]
	if !ok {
		return false
	}
	now := md5.Sum(content)
	return hex.EncodeToString(now[:]) != sum
}

// Known tells whether it is known what a package installed at p.
func (r *Record) Known(p string) bool { return r.sums[p] != "" }

// Conffiles gives the paths of all conffiles, sorted.
func (r *Record) Conffiles() []string { return slices.Sorted(maps.Keys(r.conffiles)) }
