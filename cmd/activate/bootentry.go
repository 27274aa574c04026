package main

import (
	"fmt"

	"github.com/activate-agent/activate/activation"
	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/daemon"
	"github.com/activate-agent/activate/daemon/supervise"
	"github.com/activate-agent/activate/daemon/systemd"
)

// program is this program as the root sees it once it runs; "" when it is not
// in there.
func program(root *rootfs.Root) (string, error) {
	exe, err := itself()
	if err != nil {
		return "", fmt.Errorf("cannot find this program for the boot entry: %w", err)
	}
	if root.Dir() == "/" {
		return exe, nil
	}
	for _, p := range []string{exe, "/usr/local/bin/activate", "/usr/bin/activate"} {
		if info, err := root.Lstat(rootfs.Rel(p)); err == nil && info.Type == rootfs.File {
			return p, nil
		}
	}
	return "", nil
}

// bootFiles are the entry by which the init runs this program at boot, which a
// root without the program does not get, and what else has to be there before
// units, the generator where users have some. mark is there while a boot is
// counted.
func (f *flags) bootFiles(root *rootfs.Root, init daemon.Init, mark string, generator bool) ([]activation.BootFile, error) {
	if f.caller != nil {
		return f.ownBootFiles(init)
	}
	var files []daemon.File
	if generator {
		files = append(files, systemd.Generator())
	}
	exe, err := program(root)
	if exe == "" || err != nil {
		return bootFilesOf(files), err
	}
	argv, booted := []string{exe, "at-boot"}, []string{exe, "booted"}
	if f.stateDir != defaultStateDir {
		argv, booted = append(argv, "--state-dir", f.stateDir), append(booted, "--state-dir", f.stateDir)
	}
	var entry []daemon.File
	switch init := init.(type) {
	case *systemd.Systemd:
		entry, err = systemd.BootEntry(systemd.BootRun{Argv: argv, StateDir: f.stateDir, Booted: booted, Mark: mark})
	case *supervise.Engine:
		entry = init.BootEntry(append(argv, "--once", "--init", init.Name()), append(booted, "--wait", "--init", init.Name()))
	}
	return bootFilesOf(append(files, entry...)), err
}

func bootFilesOf(files []daemon.File) []activation.BootFile {
	var out []activation.BootFile
	for _, file := range files {
		if file.Path != "" {
			out = append(out, activation.BootFile{Path: file.Path, Content: file.Content, Mode: file.Mode})
		}
		for _, part := range file.Parts {
			out = append(out, activation.BootFile{Path: part.Path, Content: part.Content, Mode: part.Mode})
		}
		for link, target := range file.Links {
			out = append(out, activation.BootFile{Path: link, Target: target})
		}
	}
	return out
}
