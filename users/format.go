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
	name, ok := entry(line, 7)
	if !ok || !isID(fieldOf(line, pwUID)) || !isID(fieldOf(line, pwGID)) {
		return "", false
	}
	return name, true
}

// groupLine tells an entry of group(5).
func groupLine(line string) (string, bool) {
	name, ok := entry(line, 4)
	if !ok || !isID(fieldOf(line, grGID)) {
		return "", false
	}
	return name, true
}

// shadowLine tells an entry of shadow(5).
func shadowLine(line string) (string, bool) { return entry(line, 9) }

// gshadowLine tells an entry of gshadow(5).
func gshadowLine(line string) (string, bool) { return entry(line, 4) }

// subIDLine tells an entry of subuid(5) and subgid(5).
func subIDLine(line string) (string, bool) {
	name, ok := entry(line, 3)
	if !ok || !isID(fieldOf(line, subStart)) {
		return "", false
	}
	count := strings.TrimSuffix(fieldOf(line, subCount), "\r")
	if _, err := strconv.ParseUint(count, 10, 32); err != nil {
		return "", false
	}
	return name, true
}

// entry gives the name of a line that has n fields. A line that names nobody is
// no entry, nor is one with the white space around the name that glibc and runc
// skip.
func entry(line string, n int) (string, bool) {
	if len(line) > maxLine || isNIS(line) || strings.Count(line, ":") != n-1 {
		return "", false
	}
	name := fieldOf(line, 0)
	if name == "" || name[0] == '#' || strings.ContainsAny(name, " \t\r\v\f,") {
		return "", false
	}
	return name, true
}

// fieldOf gives the i-th field of a line, "" when it has fewer. It makes no
// copies: a host may have very many lines.
func fieldOf(line string, i int) string {
	for range i {
		_, line, _ = strings.Cut(line, ":")
	}
	f, _, _ := strings.Cut(line, ":")
	return f
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
