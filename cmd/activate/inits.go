package main

import (
	"fmt"
	"os"

	"github.com/activate-agent/activate/activation"
	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/daemon"
	"github.com/activate-agent/activate/daemon/none"
	"github.com/activate-agent/activate/daemon/systemd"
)

// chooseInit makes the init that --init names. With auto it is the one that
// runs; for another root, the one that its /sbin/init belongs to.
func (f *flags) chooseInit(root *rootfs.Root) (daemon.Init, error) {
	switch f.init {
	case "auto":
		if systemd.Detect(root) {
			return systemd.New(root), nil
		}
		return none.New(), nil
	case "systemd":
		return systemd.New(root), nil
	case "none":
		return none.New(), nil
	}
	return nil, fmt.Errorf("cannot use --init %s: this activate hands units to systemd or none", f.init)
}

// bootFiles are the entry by which the init runs this program at boot.
func (f *flags) bootFiles(init daemon.Init) ([]activation.BootFile, error) {
	if init.Name() != "systemd" {
		return nil, nil
	}
	exe, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("cannot find this program for the boot entry: %w", err)
	}
	argv := []string{exe, "at-boot"}
	if f.stateDir != defaultStateDir {
		argv = append(argv, "--state-dir", f.stateDir)
	}
	files, err := systemd.BootEntry(argv, f.stateDir)
	if err != nil {
		return nil, err
	}
	var out []activation.BootFile
	for _, file := range files {
		out = append(out, activation.BootFile{Path: file.Path, Content: file.Content, Mode: file.Mode})
		for link, target := range file.Links {
			out = append(out, activation.BootFile{Path: link, Target: target})
		}
	}
	return out, nil
}
