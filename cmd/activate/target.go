package main

import (
	"bytes"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"strings"

	"github.com/activate-agent/activate/activation"
	"github.com/activate-agent/activate/activation/generation"
	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/daemon"
	"github.com/activate-agent/activate/etc"
	"github.com/activate-agent/activate/modules"
)

// target makes the target of an evaluated configuration.
func (w *wiring) target(config string, s *modules.System) *activation.Target {
	if abs, err := filepath.Abs(config); err == nil {
		config = abs
	}
	d := desired{users: s.Users, etc: s.Etc, daemon: s.Daemon, secretsLater: w.snippetsCome(s.Snippets)}
	for name, settings := range s.Inits {
		if settings.ScanDir == "" {
			continue
		}
		if d.daemon.Places == nil {
			d.daemon.Places = map[string]string{}
		}
		d.daemon.Places[name] = settings.ScanDir
	}
	t := &activation.Target{
		Record:   &generation.Record{Config: config},
		Linked:   hasLinked(d.etc),
		Snippets: s.Snippets,
		Settings: s.Settings,
		Parts:    w.parts(d, s.Settings),
	}
	t.Files = append(contentFiles(d.etc), sourceFiles(s.Files)...)
	return t
}

// contentFiles are the files of a generation's etc/ and files/. What is secret
// and copied is kept by the subsystem instead.
func contentFiles(d etc.Desired) []generation.File {
	var files []generation.File
	for _, e := range d.Entries {
		switch {
		case e.Content == nil || e.Content.SecretSource != "":
		case e.Type == etc.Linked:
			files = append(files, generation.File{Path: "etc/" + etc.StaticPath(e.Path), Mode: linkedMode(e.Mode), Open: opener(e.Content)})
		case !e.Content.Secret:
			files = append(files, generation.File{
				Path: "files/" + rootfs.BlobName(e.Content.Hash), Mode: 0o600, Hash: e.Content.Hash, Open: opener(e.Content),
			})
		}
	}
	return files
}

// linkedMode is the mode of a file in the static tree.
func linkedMode(mode string) uint32 {
	if mode == "" {
		return 0o444
	}
	var m uint32
	if _, err := fmt.Sscanf(mode, "%o", &m); err != nil {
		panic("internal error: mode " + mode + " was not checked")
	}
	return m
}

// unitFiles are the rendered units, kept with a generation so that a person
// can look at them.
func unitFiles(init string, units []daemon.File) []generation.File {
	var files []generation.File
	add := func(name string, content []byte, mode uint32) {
		files = append(files, generation.File{
			Path: path.Join("units", init, strings.TrimPrefix(name, "/")),
			Mode: mode,
			Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil },
		})
	}
	for _, u := range units {
		if u.Content != nil {
			add(u.Address.Name(), u.Content, 0o600)
		}
		for _, p := range u.Parts {
			// Only root enters the tree, but a script is to look like one.
			add(p.Name, p.Content, 0o600|p.Mode&0o100)
		}
	}
	return files
}

// sourceFiles are the configuration's own files. Names that lead out of the
// tree are brought inside it.
func sourceFiles(sources []modules.SourceFile) []generation.File {
	var files []generation.File
	for _, s := range sources {
		if s.Builtin {
			continue
		}
		files = append(files, generation.File{
			Path: path.Join("config", path.Clean("/"+s.Name)),
			Mode: 0o600,
			Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(s.Bytes)), nil },
		})
	}
	return files
}
