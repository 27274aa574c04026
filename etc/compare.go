package etc

import (
	"fmt"
	"strings"

	"github.com/activate-agent/activate/activation/rootfs"
)

// differences names what of f is not as want says, for people: empty when all
// is. A different type is the only difference named then.
func (s *Subsystem) differences(f found, want *State, own Owners) (string, error) {
	switch {
	case want == nil && !f.exists():
		return "", nil
	case want == nil:
		return "it is there", nil
	case !f.exists():
		return "it is not there", nil
	case want.isLink():
		return linkDifference(f, *want), nil
	case typeOf(f.info.Type) != want.Type:
		return "it is " + f.info.Type.String(), nil
	}
	var found []string
	if want.Type == File {
		same, err := s.holdsContent(f, *want)
		if err != nil {
			return "", err
		}
		if !same {
			found = append(found, "content differs")
		}
	}
	attrs, err := s.attrDifferences(f, *want, own)
	return strings.Join(append(found, attrs...), ", "), err
}

func linkDifference(f found, want State) string {
	switch {
	case f.info.Type != rootfs.Symlink:
		return "it is " + f.info.Type.String()
	case f.target != want.Target:
		return "it links to " + f.target
	case want.UID != nil && want.GID != nil && (f.info.UID != *want.UID || f.info.GID != *want.GID):
		return fmt.Sprintf("owner is %d:%d", f.info.UID, f.info.GID)
	}
	return ""
}

func (s *Subsystem) attrDifferences(f found, want State, own Owners) ([]string, error) {
	var out []string
	if m := want.mode(); f.info.Mode != m && !s.serves(f, m) {
		out = append(out, fmt.Sprintf("mode is %s, not %s", formatMode(f.info.Mode), want.Mode))
	}
	uid, gid, pending, err := own.ids(want)
	if err != nil {
		return nil, err
	}
	if pending || f.info.UID != uid || f.info.GID != gid {
		out = append(out, fmt.Sprintf("owner is %d:%d", f.info.UID, f.info.GID))
	}
	return out, nil
}
