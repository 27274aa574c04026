package main_test

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"pgregory.net/rapid"
)

// foreign has an administrator add an account or a group of their own, change one
// or delete one: it is nobody's of ours, and stays as they have it.
func (w *walk) foreign() {
	name := fmt.Sprintf("their%d", rapid.IntRange(0, 3).Draw(w.t, "theirs"))
	there := strings.Contains(w.before["etc/passwd"]+w.before["etc/group"], name+":")
	switch changes := rapid.Bool().Draw(w.t, "changes"); {
	case !there:
		w.adds(name)
	case changes:
		w.others("etc/passwd", changed("carl:", ":/bin/sh", ":/bin/zsh"))
		w.others("etc/passwd", changed(name+":", ":Theirs:/:", ":Theirs:/srv:"))
		w.others("etc/group", changed(name+":", ":carl", ":daemon,carl"))
	default:
		for _, p := range []string{"etc/passwd", "etc/shadow", "etc/subuid", "etc/subgid", "etc/group", "etc/gshadow"} {
			w.others(p, func(text string) string {
				lines := strings.SplitAfter(text, "\n")
				return strings.Join(slices.DeleteFunc(lines, func(l string) bool { return strings.HasPrefix(l, name+":") }), "")
			})
		}
	}
	w.settled()
}

// changed changes the lines that begin with start.
func changed(start, old, text string) func(string) string {
	return func(file string) string {
		lines := strings.SplitAfter(file, "\n")
		for i, l := range lines {
			if strings.HasPrefix(l, start) {
				lines[i] = strings.Replace(l, old, text, 1)
			}
		}
		return strings.Join(lines, "")
	}
}

// adds adds an account, or a group, of others.
func (w *walk) adds(name string) {
	id := rapid.SampledFrom([]int{1500, 1501, 1600, 2100, 2200}).Draw(w.t, "their id")
	lines := map[string]string{"etc/group": fmt.Sprintf("%s:x:%d:carl", name, id), "etc/gshadow": name + ":!:carl:carl"}
	taken := "etc/group"
	if rapid.Bool().Draw(w.t, "a user") {
		taken = "etc/passwd"
		subIDs := fmt.Sprintf("%s:%d:65536", name, 1000*id)
		lines = map[string]string{
			"etc/passwd": fmt.Sprintf("%s:x:%d:1002:Theirs:/:/bin/sh", name, id), "etc/shadow": name + ":*:19000:0:99999:7:::",
			"etc/subuid": subIDs, "etc/subgid": subIDs,
		}
	}
	b, err := os.ReadFile(w.path(taken))
	w.must(err)
	if strings.Contains(string(b), fmt.Sprintf(":x:%d:", id)) {
		return
	}
	at := rapid.SampledFrom([]string{"first", "before carl", "last"}).Draw(w.t, "place")
	for p, line := range lines {
		w.others(p, func(text string) string { return withLine(text, line, at) })
	}
}

// others has others change an account file. It is changed in the same way on the
// host as it was before, to which deactivate has to come back.
func (w *walk) others(p string, change func(text string) string) {
	head, rest, there := strings.Cut(w.before[p], `"`)
	if !there {
		return
	}
	b, err := os.ReadFile(w.path(p))
	w.must(err)
	was, err := strconv.Unquote(`"` + rest)
	w.must(err)
	w.shared = true
	w.overwrite(p, []byte(change(string(b))))
	w.before[p] = head + strconv.Quote(change(was))
}

// withLine adds a line to a file: before all others, before carl's, or as the last.
func withLine(text, line, at string) string {
	if carls := strings.Index(text, "\ncarl:"); at == "before carl" && carls >= 0 {
		return text[:carls+1] + line + "\n" + text[carls+1:]
	}
	if at != "last" {
		return line + "\n" + text
	}
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return text + line + "\n"
}
