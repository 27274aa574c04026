package supervise

import (
	"strings"

	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/daemon/keep"
)

// oNonblock has opening a pipe that nobody reads fail.
const oNonblock = unix.O_NONBLOCK

// Quote makes one word of sh of any string.
func Quote(word string) string {
	if word != "" && strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:@=+-") == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// Line makes one command line of sh.
func Line(argv []string) string {
	words := make([]string, len(argv))
	for i, word := range argv {
		words[i] = Quote(word)
	}
	return strings.Join(words, " ")
}

// Script is a script of sh that becomes the command, its errors among its
// output.
func Script(argv []string) []byte {
	return []byte("#!/bin/sh\n# Written by activate.\nexec " + Line(argv) + " 2>&1\n")
}

// LogScript is a script that makes the directory and becomes the logger.
func LogScript(dir string, argv []string) []byte {
	return []byte("#!/bin/sh\n# Written by activate.\nPATH=${PATH:-" + keep.DefaultPath + "}\numask 027\nmkdir -p " + Quote(dir) + " && exec " + Line(argv) + "\n")
}

// Comment is text that fits one line of a comment.
func Comment(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text)
}
