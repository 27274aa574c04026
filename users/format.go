package users

import (
	"strconv"
	"strings"
)

// Fields of the account files, passwd(5), group(5), shadow(5), gshadow(5),
// subuid(5).
const (
	pwName, pwPassword, pwUID, pwGID, pwDescription, pwHome, pwShell = 0, 1, 2, 3, 4, 5, 6
	grName, grPassword, grGID, grMembers                             = 0, 1, 2, 3
	spName, spPassword, spChanged, spExpires                         = 0, 1, 2, 7
	sgName, sgPassword, sgAdmins, sgMembers                          = 0, 1, 2, 3
	subName, subStart, subCount                                      = 0, 1, 2
)

// maxLine is the longest line that is taken for an entry. libcontainer/user
// reads passwd with a bufio.Scanner, which fails the whole file at 64 KiB.
const maxLine = 60 << 10

// passwdLine tells an entry of passwd(5).
func passwdLine(line string) (string, bool) {
	f, ok := entry(line, 7)
	if !ok || !isID(f[pwUID]) || !isID(f[pwGID]) {
		return "", false
	}
	return f[pwName], true
}

// groupLine tells an entry of group(5).
func groupLine(line string) (string, bool) {
	f, ok := entry(line, 4)
	if !ok || !isID(f[grGID]) {
		return "", false
	}
	return f[grName], true
}

// shadowLine tells an entry of shadow(5).
func shadowLine(line string) (string, bool) {
	f, ok := entry(line, 9)
	if !ok {
		return "", false
	}
	return f[spName], true
}

// gshadowLine tells an entry of gshadow(5).
func gshadowLine(line string) (string, bool) {
	f, ok := entry(line, 4)
	if !ok {
		return "", false
	}
	return f[sgName], true
}

// subIDLine tells an entry of subuid(5) and subgid(5).
func subIDLine(line string) (string, bool) {
	f, ok := entry(line, 3)
	if !ok || !isID(f[subStart]) {
		return "", false
	}
	if _, err := strconv.ParseUint(f[subCount], 10, 32); err != nil {
		return "", false
	}
	return f[subName], true
}

// entry splits a line of n fields, with the white space around it that glibc
// and runc skip left out. A line that names nobody is no entry.
func entry(line string, n int) ([]string, bool) {
	if len(line) > maxLine || isNIS(line) {
		return nil, false
	}
	line = strings.TrimSuffix(line, "\r")
	f := strings.Split(line, ":")
	if len(f) != n || f[0] == "" || f[0][0] == '#' || strings.ContainsAny(f[0], " \t\r\v\f,") {
		return nil, false
	}
	return f, true
}

// isNIS tells the entries of compat mode, "+", "-" and "+@netgroup::::::".
func isNIS(line string) bool { return line != "" && (line[0] == '+' || line[0] == '-') }

// isID tells decimal digits that are an id: below 2^32-1, which is none.
func isID(s string) bool {
	if s == "" || len(s) > 1 && s[0] == '0' {
		return false
	}
	for _, c := range s {
		if c < '0' || c > '9' {
			return false
		}
	}
	n, err := strconv.ParseUint(s, 10, 32)
	return err == nil && n < 1<<32-1
}

// looseName is the name that a line which is no entry seems to speak of.
func looseName(line string) string {
	name, _, found := strings.Cut(strings.TrimLeft(line, " \t"), ":")
	if !found {
		return ""
	}
	return name
}

// looseIDs are the numbers in the id columns of a line that is no entry: they
// are not given to anybody, since another program may read the line.
func looseIDs(line string, columns ...int) []ID {
	f := strings.Split(strings.TrimLeft(line, " \t#+-"), ":")
	var out []ID
	for _, c := range columns {
		if c >= len(f) {
			continue
		}
		if n, err := strconv.ParseUint(strings.TrimSpace(f[c]), 10, 32); err == nil {
			out = append(out, ID(n))
		}
	}
	return out
}

// list splits a comma-separated field.
func list(field string) []string {
	if field == "" {
		return nil
	}
	return strings.Split(field, ",")
}
