// Package functions is the table of functions that expressions may call:
// Terraform's pure ones by the same names, and a few for configuration files.
//
// It owns what each function computes and its line of documentation. It
// refuses everything impure: no clock, no random numbers, no environment.
// Functions that read files or look at their arguments lazily are listed here
// and evaluated in package expr.
package functions

import (
	"slices"

	"github.com/zclconf/go-cty/cty/function"
)

// Entry is one function of the table.
type Entry struct {
	Name string
	// Usage is the call as documentation shows it: `join(separator, list)`.
	Usage string
	// Group is the heading the function stands under.
	Group string
	// Description is one sentence.
	Description string
	// Func is nil for the functions that package expr evaluates itself.
	Func *function.Function
}

// Entries gives the whole table, by group and name.
func Entries() []Entry {
	all := slices.Concat(numeric(), text(), collections(), sets(), encoding(), hashes(), conversion(), network(), times(), rendering(), special())
	slices.SortStableFunc(all, func(a, b Entry) int {
		if a.Group != b.Group {
			return compare(a.Group, b.Group)
		}
		return compare(a.Name, b.Name)
	})
	return all
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// Map gives the callable functions by name.
func Map() map[string]function.Function {
	out := map[string]function.Function{}
	for _, e := range Entries() {
		if e.Func != nil {
			out[e.Name] = *e.Func
		}
	}
	return out
}

func entry(group, usage, description string, f function.Function) Entry {
	name := usage
	for i, c := range usage {
		if c == '(' {
			name = usage[:i]
			break
		}
	}
	return Entry{Name: name, Usage: usage, Group: group, Description: description, Func: &f}
}

func special() []Entry {
	list := []Entry{
		{Name: "can", Usage: "can(expression)", Group: "errors", Description: "True when the expression evaluates without an error."},
		{Name: "try", Usage: "try(expression, ...)", Group: "errors", Description: "The first expression that evaluates without an error."},
		{Name: "file", Usage: "file(path)", Description: "The text of a file of at most 16 MiB; a relative path is seen from the module."},
		{Name: "filebase64", Usage: "filebase64(path)", Description: "The bytes of a file in Base64."},
		{Name: "filebase64sha256", Usage: "filebase64sha256(path)", Description: "The SHA-256 of a file in Base64."},
		{Name: "filebase64sha512", Usage: "filebase64sha512(path)", Description: "The SHA-512 of a file in Base64."},
		{Name: "fileexists", Usage: "fileexists(path)", Description: "True when the file is there."},
		{Name: "fileset", Usage: "fileset(directory, pattern)", Description: "The files below a directory that match a pattern; ** goes through directories."},
		{Name: "filemd5", Usage: "filemd5(path)", Description: "The MD5 of a file in hex."},
		{Name: "filesha1", Usage: "filesha1(path)", Description: "The SHA-1 of a file in hex."},
		{Name: "filesha256", Usage: "filesha256(path)", Description: "The SHA-256 of a file in hex."},
		{Name: "filesha512", Usage: "filesha512(path)", Description: "The SHA-512 of a file in hex."},
		{Name: "templatefile", Usage: "templatefile(path, variables)", Description: "A file as a template, with the variables it may use."},
		{Name: "templatestring", Usage: "templatestring(text, variables)", Description: "A string as a template, with the variables it may use."},
		{Name: "default", Usage: "default(value)", Group: "merging", Description: "As the outermost call of an attribute: any other definition wins."},
		{Name: "force", Usage: "force(value)", Group: "merging", Description: "As the outermost call of an attribute: wins over every other definition."},
		{Name: "before", Usage: "before(list)", Group: "merging", Description: "As the outermost call of an attribute: these elements come first."},
		{Name: "after", Usage: "after(list)", Group: "merging", Description: "As the outermost call of an attribute: these elements come last."},
	}
	for i := range list {
		if list[i].Group == "" {
			list[i].Group = "files"
		}
	}
	return list
}
