package users_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/users"
)

// surveyed is a root with accounts of every sort.
func surveyed(t *testing.T) *rootfs.Root {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"etc/passwd": "root:x:0:0:root:/root:/bin/bash\nwww-data:x:33:33::/var/www:/usr/sbin/nologin\nnobody:x:65534:65534::/:/bin/false\n" +
			"ann:x:1000:1000:Ann,,,:/home/ann:/bin/bash\nbob:x:1001:100:B\xf6b:relative:\ncy:x:1002:1005::/home/cy:/bin/sh\nJo.e:x:1003:1003::/:/bin/sh\n",
		"etc/group":  "root:x:0:\nsudo:x:27:ann\nusers:x:100:\nwww-data:x:33:\nann:x:1000:\ncy:x:1005:\nweb:x:1100:ann,www-data\nnogroup:x:65534:\n",
		"etc/shadow": "root:*:1::::::\nann:$y$hash:1:0:99999:7::20000:\nbob:!:1::::::\n",
		"etc/subuid": "ann:100000:65536\nbob:200000:10\n", "etc/subgid": "ann:100000:65536\n",
		"var/lib/systemd/linger/ann":    "",
		"home/ann/.ssh/authorized_keys": "ssh-ed25519 AAAA ann\n# old\n",
		"home/cy/.ssh/authorized_keys":  "twice\ntwice\n",
	} {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, id := range map[string]int{"ann": 1000, "cy": 1002} {
		if err := os.Chown(filepath.Join(dir, "home", name, ".ssh/authorized_keys"), id, map[string]int{"ann": 1000, "cy": 1005}[name]); err != nil {
			t.Fatal(err)
		}
	}
	root, err := rootfs.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() })
	return root
}

func TestReadSurvey(t *testing.T) {
	t.Parallel()
	got, err := users.ReadSurvey(surveyed(t))
	if err != nil {
		t.Fatal(err)
	}
	id := func(n users.ID) *users.ID { return &n }
	linger := true
	want := &users.Survey{
		Desired: users.Desired{
			Users: []users.User{
				{
					Name: "ann", UID: id(1000), Groups: []string{"sudo"}, Description: "Ann,,,", Home: "/home/ann", Shell: "/bin/bash", Expires: "2024-10-04",
					AuthorizedKeys: []string{"ssh-ed25519 AAAA ann", "# old"}, Linger: &linger, SubIDs: &users.SubIDs{Ranges: []users.SubRange{{Start: 100000, Count: 65536}}},
				},
				{Name: "bob", UID: id(1001), Group: "users"},
				{Name: "cy", UID: id(1002), Home: "/home/cy", Shell: "/bin/sh"},
			},
			Groups: []users.Group{{Name: "cy", GID: id(1005)}, {Name: "web", GID: id(1100), Members: []string{"ann", "www-data"}}},
		},
		Remarks: map[string]string{
			"Jo.e": "its name does not match ^[a-z_][a-z0-9_-]{0,31}$",
			"bob":  `some of its subordinate ids are only in one of /etc/subuid and /etc/subgid; its description is not UTF-8 and stays as it is; its home "relative" is no plain absolute path and stays as it is`,
			"cy":   "its authorized_keys are not plain lines, each once, and stay as they are",
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
