package rootfs_test

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/activate-agent/activate/activation/rootfs"
)

// policyFiles are in the form that Debian's policy has.
var policyFiles = map[string]string{
	"file_contexts": `
# a comment
/.*	system_u:object_r:default_t:s0
/[^/]+	--	system_u:object_r:etc_runtime_t:s0
/etc	-d	system_u:object_r:etc_t:s0
/etc/.*		system_u:object_r:etc_t:s0
/etc/shadow.*	--	system_u:object_r:shadow_t:s0
/etc/\.pwd\.lock	--	system_u:object_r:lock_t:s0
/var/lib(/.*)?	system_u:object_r:var_lib_t:s0
/var/run/.*	system_u:object_r:var_run_t:s0
/var/run/lock(/.*)?	system_u:object_r:var_lock_t:s0
/usr/lib(64)?/x	--	system_u:object_r:lib_t:s0
/srv/(a|b)/x	--	system_u:object_r:one_of_t:s0
/srv/c|/srv/d	system_u:object_r:either_t:s0
/proc/.*	<<none>>
/etc/shadow-exact	--	system_u:object_r:exact_t:s0
/etc/shadow-exac.	--	system_u:object_r:pattern_t:s0
`,
	"file_contexts.homedirs":  "/home/[^/]+\t-d\tunconfined_u:object_r:user_home_dir_t:s0\n/home/[^/]+/.+\tunconfined_u:object_r:user_home_t:s0\n",
	"file_contexts.local":     "/etc/mine(/.*)?\tsystem_u:object_r:mine_t:s0\n",
	"file_contexts.subs_dist": "/run /var/run\n/run/lock /var/run/lock\n/people /home\n",
	"file_contexts.subs":      "# ours\n/data/people /people\n",
}

func readPolicy(files map[string]string) func(string) ([]byte, error) {
	return func(name string) ([]byte, error) {
		text, ok := files[name]
		if !ok {
			return nil, fs.ErrNotExist
		}
		return []byte(text), nil
	}
}

func TestFileContexts(t *testing.T) {
	t.Parallel()
	c, err := rootfs.ReadFileContexts(readPolicy(policyFiles))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		path string
		kind rootfs.Type
		want string
	}{
		{"/etc", rootfs.Dir, "etc_t"},
		{"/etc", rootfs.Symlink, "default_t"},
		{"/fastboot", rootfs.File, "etc_runtime_t"},
		{"/etc/passwd", rootfs.File, "etc_t"},
		{"/etc/shadow-", rootfs.File, "shadow_t"},
		{"/etc/shadow.d", rootfs.Dir, "etc_t"},
		{"/etc/shadow-exact", rootfs.File, "exact_t"},
		{"/etc/.pwd.lock", rootfs.File, "lock_t"},
		{"/etc/xpwdxlock", rootfs.File, "etc_t"},
		{"/etc/mine", rootfs.Symlink, "mine_t"},
		{"/etc/mine/x", rootfs.File, "mine_t"},
		{"/etc/mines", rootfs.File, "etc_t"},
		{"/run/activate", rootfs.Dir, "var_run_t"},
		{"/run/lock/x", rootfs.File, "var_lock_t"},
		{"/runner", rootfs.Dir, "default_t"},
		{"/var/lib", rootfs.Dir, "var_lib_t"},
		{"/var/lib/activate/key", rootfs.File, "var_lib_t"},
		{"/usr/lib/x", rootfs.File, "lib_t"},
		{"/usr/lib64/x", rootfs.File, "lib_t"},
		{"/srv/a/x", rootfs.File, "one_of_t"},
		{"/srv/d", rootfs.Dir, "either_t"},
		{"/proc/1", rootfs.Dir, ""},
		{"/home/alice", rootfs.Dir, "user_home_dir_t"},
		{"/people/alice/x", rootfs.File, "user_home_t"},
		{"/data/people/alice", rootfs.Dir, "user_home_dir_t"},
	} {
		label, err := c.Label(row.path, row.kind)
		if err != nil {
			t.Fatal(err)
		}
		got, _, _ := strings.Cut(strings.TrimPrefix(label[strings.LastIndex(label, "object_r:")+1:], "bject_r:"), ":")
		if got != row.want {
			t.Errorf("%s (%s) gets %q, want %q", row.path, row.kind, got, row.want)
		}
	}
}

func TestFileContextsErrors(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		files map[string]string
		want  string
	}{
		{nil, "cannot read file_contexts: file does not exist"},
		{map[string]string{"file_contexts": "/x -q a_t"}, `"-q" is not a type of file`},
		{map[string]string{"file_contexts": "/x"}, `"/x" is not a pattern, a type and a label`},
		{map[string]string{"file_contexts": "/x\ta", "file_contexts.local": "1 2 3 4"}, `cannot read file_contexts.local: "1 2 3 4"`},
	} {
		if _, err := rootfs.ReadFileContexts(readPolicy(row.files)); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%v is told as %v, want %s", row.files, err, row.want)
		}
	}
	c, err := rootfs.ReadFileContexts(readPolicy(map[string]string{"file_contexts": "/x( a"}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Label("/x", rootfs.File); err == nil || !strings.Contains(err.Error(), `the pattern "/x("`) {
		t.Errorf("a pattern that is none is told as %v", err)
	}
}

// FuzzFileContexts: no policy makes the reader panic, and what the quick look
// at a pattern's beginning leaves out does not match.
func FuzzFileContexts(f *testing.F) {
	f.Add("/etc/x.*", "/etc/xy")
	f.Add(`/a\.b?|/c{0,2}`, "/")
	f.Add("(/a|/b)+[x]", "/b/ax")
	f.Fuzz(func(t *testing.T, pattern, path string) {
		if strings.ContainsAny(pattern, " \t\r\n\v\f\u0085\u00a0#") || !strings.HasPrefix(path, "/") {
			return
		}
		quick, err1 := rootfs.ReadFileContexts(readPolicy(map[string]string{"file_contexts": pattern + " l"}))
		// In a group that may be empty nothing can be said of the beginning.
		slow, err2 := rootfs.ReadFileContexts(readPolicy(map[string]string{"file_contexts": "(" + pattern + ")?() l"}))
		if err1 != nil || err2 != nil || path == "" {
			return
		}
		a, err1 := quick.Label(path, rootfs.File)
		b, err2 := slow.Label(path, rootfs.File)
		if err1 == nil && err2 == nil && a != b {
			t.Errorf("%q and %q: %q, but %q when looked at closely", pattern, path, a, b)
		}
	})
}
