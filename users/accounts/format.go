package accounts

import (
	"strconv"
	"strings"
)

// The fields of passwd(5), named as in struct passwd of getpwnam(3).
const (
	PwName = iota
	PwPassword
	PwUID
	PwGID
	PwDescription
	PwHome
	PwShell
)

// The fields of group(5), named as in struct group of getgrnam(3).
const (
	GrName = iota
	GrPassword
	GrGID
	GrMembers
)

// The fields of shadow(5) that we write, named as in struct spwd of getspnam(3).
// Of the nine SpExpires is the eighth.
const (
	SpName     = 0
	SpPassword = 1
	SpChanged  = 2
	SpExpires  = 7
)

// The fields of gshadow(5), named as in struct sgrp of shadow-utils.
const (
	SgName = iota
	SgPassword
	SgAdmins
	SgMembers
)

// The fields of subuid(5) and subgid(5).
const (
	SubName = iota
	SubStart
	SubCount
)

// maxLine is the longest line that is taken for an entry. libcontainer/user
// reads passwd with a bufio.Scanner, which fails the whole file at 64 KiB.
const maxLine = 60 << 10

// passwdLine tells an entry of passwd(5).
func passwdLine(line string) (string, bool) {
	name, ok := entry(line, 7)
	if !ok || !IsID(Field(line, PwUID)) || !IsID(Field(line, PwGID)) {
		return "", false
	}
	return name, true
}

// groupLine tells an entry of group(5).
func groupLine(line string) (string, bool) {
	name, ok := entry(line, 4)
	if !ok || !IsID(Field(line, GrGID)) {
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
	if !ok || !IsID(Field(line, SubStart)) {
		return "", false
	}
	count := strings.TrimSuffix(Field(line, SubCount), "\r")
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
	name := Field(line, 0)
	if name == "" || name[0] == '#' || strings.ContainsAny(name, " \t\r\v\f,") {
		return "", false
	}
	return name, true
}

// Field gives the i-th field of a line, from 0 on, "" when it has fewer. It makes no
// copies: a host may have very many lines.
func Field(line string, i int) string {
	for range i {
		_, line, _ = strings.Cut(line, ":")
	}
	f, _, _ := strings.Cut(line, ":")
	return f
}

// isNIS tells the entries of compat mode, "+", "-" and "+@netgroup::::::".
func isNIS(line string) bool { return line != "" && (line[0] == '+' || line[0] == '-') }

// IsID tells decimal digits that are an id: below 2^32-1, which is none.
func IsID(s string) bool {
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

// LooseName is the name that a line which is no entry seems to speak of.
func LooseName(line string) string {
	name, _, found := strings.Cut(strings.TrimLeft(line, " \t"), ":")
	if !found {
		return ""
	}
	return name
}

// LooseIDs are the numbers in columns, fields that hold ids, of a line that is no entry: they
// are not given to anybody, since another program may read the line.
func LooseIDs(line string, columns ...int) []ID {
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
