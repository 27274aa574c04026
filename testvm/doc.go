// Package testvm gives tests whole Debian machines with systemd as PID 1, in a
// container that boots in under a second.
//
// It owns the base trees (built once with mmdebstrap and cached), the machines
// made of them (an overlay each, so that a reboot keeps changes and the next
// machine starts clean), and the ways to act inside. It refuses to know what is
// tested: nothing of the product is imported. It needs root and the packages
// of deps.sh.
package testvm
