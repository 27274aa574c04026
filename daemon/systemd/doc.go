// Package systemd is the daemon.Init of systemd: it writes unit files, reads
// and compares them as systemd does, and speaks with the manager over D-Bus.
//
// It owns the format of systemd.unit(5) and the rules of what a changed unit
// needs. It refuses to write to disk (package daemon does, through rootfs) and
// to touch units that are not ours.
package systemd
