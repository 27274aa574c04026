package users_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/activate-agent/activate/users"
)

// thousand is the work of the speed table: 1,000 users and 100 groups.
func thousand() users.Desired {
	var d users.Desired
	for i := range 100 {
		d.Groups = append(d.Groups, users.Group{Name: fmt.Sprintf("group%03d", i), System: true})
	}
	for i := range 1000 {
		d.Users = append(d.Users, users.User{Name: fmt.Sprintf("user%04d", i), System: false, Groups: []string{fmt.Sprintf("group%03d", i%100)}})
	}
	return d
}

func BenchmarkFirst(b *testing.B) {
	for b.Loop() {
		h := newHost(b, b.TempDir(), debian)
		h.switchTo(b, thousand())
		_ = h.root.Close()
	}
}

func BenchmarkAgain(b *testing.B) {
	h := newHost(b, b.TempDir(), debian)
	h.switchTo(b, thousand())
	for b.Loop() {
		if d := h.diff(b, thousand()); len(d.Changes) > 0 {
			b.Fatal("not converged")
		}
	}
}

// large is a host of so many accounts, each with its group, password and sub-ids.
func large(n int) map[string]string {
	files := maps.Clone(debian)
	for _, f := range []struct{ path, line string }{
		{"etc/passwd", "acct%[1]d:x:%[2]d:%[2]d:Account:/home/acct%[1]d:/bin/sh\n"},
		{"etc/group", "acct%[1]d:x:%[2]d:\n"},
		{"etc/shadow", "acct%[1]d:$6$salt$hash:19000:0:99999:7:::\n"},
		{"etc/gshadow", "acct%[1]d:!::\n"},
		{"etc/subuid", "acct%[1]d:%[3]d:65536\n"},
		{"etc/subgid", "acct%[1]d:%[3]d:65536\n"},
	} {
		b := strings.Builder{}
		b.WriteString(files[f.path])
		for i := range n {
			fmt.Fprintf(&b, f.line, i, 2000+i, 1000000+i*65536)
		}
		files[f.path] = b.String()
	}
	return files
}

// BenchmarkOneAmongMany adds one user to a host of 50,000 accounts.
func BenchmarkOneAmongMany(b *testing.B) {
	files := large(50000)
	for b.Loop() {
		b.StopTimer()
		h := newHost(b, b.TempDir(), files)
		b.StartTimer()
		h.switchTo(b, users.Desired{Users: []users.User{{Name: "new", SubIDs: &users.SubIDs{Auto: true}}}})
		_ = h.root.Close()
	}
}
