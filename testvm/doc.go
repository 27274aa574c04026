// Package testvm gives tests whole Debian machines: in a container that boots
// in under a second, or as a virtual machine with a kernel of its own.
//
// It owns the base trees (built once with mmdebstrap and cached), the machines
// made of them (a reboot keeps changes, the next machine starts clean), the
// disks of virtual machines, which lose at a power cut what was not flushed,
// and the ways to act inside. It refuses to know what is tested: nothing of the
// product is imported. It needs root and the packages of deps.sh.
package testvm
