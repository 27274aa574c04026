package main_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// page is a page of the documentation, read as a story: what its reader does,
// from top to bottom.
type page struct {
	name string
	// place is where the story is played, "machine" or "directory"; empty for
	// a page without commands. packages are Debian's, which it needs there.
	place    string
	packages []string
	steps    []step
	// samples are the blocks of HCL that are shown and not written to a file.
	samples []step
}

// step is a file that the reader writes, or a command and what it answers.
type step struct {
	line       int
	file, text string
	user, cmd  string
	code       int
	// answer is what the page shows below the command. A line of three dots
	// is any number of lines, three dots in a line are anything. No answer
	// shown is no answer judged.
	answer []string
}

var (
	storyMark = regexp.MustCompile(`^<!-- story: (machine|directory)((?: [a-z0-9.+-]+)*) -->$`)
	fileMark  = regexp.MustCompile(`^[a-z]+ file=(\S+)$`)
	prompt    = regexp.MustCompile(`^([a-z]*)\$ (.*)$`)
	exitMark  = regexp.MustCompile(`# exit (\d+)$`)
)

// readPage reads a page. It refuses commands that nobody would run: those of a
// page without a mark, and those in blocks of another language.
func readPage(name, text string) (page, error) {
	p := page{name: name}
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		if m := storyMark.FindStringSubmatch(lines[i]); m != nil {
			p.place, p.packages = m[1], strings.Fields(m[2])
		}
		info, fenced := strings.CutPrefix(lines[i], "```")
		if !fenced {
			continue
		}
		start := i + 1
		length := slices.Index(lines[start:], "```")
		if length < 0 {
			return p, fmt.Errorf("%s:%d: a block that is not closed", name, start)
		}
		i = start + length
		if err := p.block(info, lines[start:i], start+1); err != nil {
			return p, err
		}
	}
	if p.place == "" && len(p.steps) > 0 {
		return p, fmt.Errorf("%s:%d: a command or file, and no <!-- story: … --> above says where it is played", name, p.steps[0].line)
	}
	return p, nil
}

// block reads the lines of one fenced block, the first of which is number n.
func (p *page) block(info string, lines []string, n int) error {
	text := strings.Join(lines, "\n") + "\n"
	if m := fileMark.FindStringSubmatch(info); m != nil {
		p.steps = append(p.steps, step{line: n, file: m[1], text: text})
		return nil
	}
	switch info {
	case "console":
		return p.commands(lines, n)
	case "hcl":
		p.samples = append(p.samples, step{line: n, text: text})
	case "sh", "bash", "shell":
		return fmt.Errorf("%s:%d: write commands as console, so that they are run", p.name, n)
	}
	return nil
}

func (p *page) commands(lines []string, n int) error {
	var now *step
	for i := 0; i < len(lines); i++ {
		m := prompt.FindStringSubmatch(lines[i])
		if m == nil {
			if now == nil {
				return fmt.Errorf("%s:%d: an answer without a command", p.name, n+i)
			}
			now.answer = append(now.answer, lines[i])
			continue
		}
		p.steps = append(p.steps, step{line: n + i, user: m[1], cmd: m[2]})
		now = &p.steps[len(p.steps)-1]
		for strings.HasSuffix(now.cmd, `\`) && i+1 < len(lines) {
			i++
			now.cmd += "\n" + lines[i]
		}
		if m := exitMark.FindStringSubmatch(now.cmd); m != nil {
			now.code, _ = strconv.Atoi(m[1])
		}
	}
	return nil
}

// mentions tells whether a command has that text in it.
func (p page) mentions(text string) bool {
	return slices.ContainsFunc(p.steps, func(s step) bool { return strings.Contains(s.cmd, text) })
}

// check compares what a command answered with what the page says.
func (s step) check(output string, code int) error {
	if code != s.code {
		return fmt.Errorf("$ %s\nended with %d, not %d:\n%s", s.cmd, code, s.code, output)
	}
	if len(s.answer) > 0 && !s.pattern().MatchString(trimmed(output)) {
		return fmt.Errorf("$ %s\nanswers\n%s\nand the page says\n%s", s.cmd, output, strings.Join(s.answer, "\n"))
	}
	return nil
}

func (s step) pattern() *regexp.Regexp {
	var b strings.Builder
	b.WriteString(`\A`)
	for _, line := range s.answer {
		if line == "..." {
			b.WriteString(`(?:.*\n)*`)
			continue
		}
		parts := strings.Split(strings.TrimRight(line, " "), "...")
		for i, part := range parts {
			parts[i] = regexp.QuoteMeta(part)
		}
		b.WriteString(strings.Join(parts, ".*") + `\n`)
	}
	b.WriteString(`\z`)
	return regexp.MustCompile(b.String())
}

// trimmed is text without blanks at the ends of lines, which editors take off
// the pages too.
func trimmed(text string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return strings.Join(lines, "\n") + "\n"
}
