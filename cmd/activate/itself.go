package main

import (
	"debug/buildinfo"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
)

// itself is the path of this program. Where no /proc tells, as where an image is made,
// it is what it was called as, a path or a name in PATH, if that is an activate.
func itself() (string, error) {
	exe, err := os.Executable()
	if err == nil {
		return exe, nil
	}
	called, failed := exec.LookPath(os.Args[0])
	if failed == nil {
		called, failed = filepath.Abs(called)
	}
	if failed != nil || !sameProgram(called) {
		return "", fmt.Errorf("%w; mount /proc, or call activate by its path", err)
	}
	return called, nil
}

// sameProgram tells whether the file was built of the same package as this program.
func sameProgram(file string) bool {
	own, told := debug.ReadBuildInfo()
	its, err := buildinfo.ReadFile(file)
	return told && err == nil && its.Path == own.Path
}
