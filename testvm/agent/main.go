// Command agent is what testvm brings into a virtual machine. As process 1 of
// the initial RAM disk it loads the modules, mounts the root file system,
// leaves a copy of itself behind and becomes the machine's own init; the copy
// runs commands for the host, whatever init the machine has and however far
// its boot came.
//
// It owns the way from the kernel to the init, and that channel. Nothing of it
// is on the machine's disk.
package main

import (
	"fmt"
	"os"
)

func main() {
	// The kernel gives the words after "--" to init.
	role := serve
	if os.Getpid() == 1 {
		role = boot
	}
	if err := role(); err != nil {
		fmt.Fprintf(os.Stderr, "testvm agent: %v\n", err)
		os.Exit(1)
	}
}
