// Command activate makes a Linux host match its HCL modules: users and groups,
// files, directories, links, mounts and services.
//
// It owns the command line, its exit codes and the wiring of the packages that
// do the work, and refuses to do any of that work itself. One file is one
// command.
package main

import "os"

func main() {
	os.Exit(run(os.Args[1:], stdio{in: os.Stdin, out: os.Stdout, err: os.Stderr}))
}
