package keep

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"os"
	"slices"
)

// DefaultPath is the PATH of every service on every init.
const DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// order makes the order for a command of the service: as its user, in its
// directory, with its environment.
func (k *keeper) order(argv []string) (order, error) {
	s := k.spec
	o := order{Argv: argv, Dir: s.WorkingDirectory, Umask: s.Umask, Nice: s.Nice, Limits: s.Limits}
	if o.Dir == "" {
		o.Dir = "/"
	}
	who := account{Name: "root", Home: "/root"}
	// An ordinary user's keeper runs everything as that user.
	switch root := os.Geteuid() == 0; {
	case root && (s.User != "" || s.Group != ""):
		name := s.User
		if name == "" {
			name = "root"
		}
		a, err := lookup(name, s.Group)
		if err != nil {
			return o, err
		}
		who, o.Account = a, &a
	case !root:
		who = account{Name: os.Getenv("USER"), Home: os.Getenv("HOME")}
	}
	o.Env = environment(s.Environment, who)
	return o, nil
}

// rootOrder makes the order for what the service's user may not do.
func (k *keeper) rootOrder(argv []string) order {
	dir := k.spec.WorkingDirectory
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		// Preparing may be what makes it.
		dir = "/"
	}
	who := account{Name: "root", Home: "/root"}
	if os.Geteuid() != 0 {
		who = account{Name: os.Getenv("USER"), Home: os.Getenv("HOME")}
	}
	return order{Argv: argv, Dir: dir, Umask: k.spec.Umask, Env: environment(k.spec.Environment, who)}
}

// environment is what the service asks for over what every one has.
func environment(own map[string]string, who account) []string {
	all := map[string]string{"PATH": DefaultPath, "HOME": who.Home, "USER": who.Name}
	maps.Copy(all, own)
	out := make([]string, 0, len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		out = append(out, name+"="+all[name])
	}
	return out
}

// fingerprint tells definitions of a oneshot apart.
func fingerprint(s Spec) string {
	var bare Spec
	bare.Oneshot, bare.Environment, bare.User, bare.Group = s.Oneshot, s.Environment, s.User, s.Group
	bare.WorkingDirectory, bare.RestartTrigger = s.WorkingDirectory, s.RestartTrigger
	sum := sha256.Sum256(Encode(bare))
	return hex.EncodeToString(sum[:])
}
