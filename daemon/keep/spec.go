package keep

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/activate-agent/activate/daemon"
)

// Spec is one service as its keeper runs it: the portable service with every
// name resolved.
type Spec struct {
	daemon.Service
	// Needs are the services that have to be up before it and that it stops
	// with, NeededBy those that name it so.
	Needs    []string `json:"needs,omitempty"`
	NeededBy []string `json:"needed_by,omitempty"`
	// Follows are the services that come before it where both start.
	Follows []string `json:"follows,omitempty"`
	// Pulls are the services that are started with it.
	Pulls []string `json:"pulls,omitempty"`
	// Members make it a bundle, which runs nothing itself.
	Members []string `json:"members,omitempty"`
	// Mount is the path that a oneshot mounts on; empty for every other.
	Mount string `json:"mount,omitempty"`
	// Boot says that it starts with the host.
	Boot bool `json:"boot"`
	// Level is its place in the order of starts, from 1.
	Level int `json:"level,omitempty"`
	// RestartTrigger and ReloadTrigger are hashes that ask for one when they
	// change.
	RestartTrigger string `json:"restart_trigger,omitempty"`
	ReloadTrigger  string `json:"reload_trigger,omitempty"`
}

// Bundle tells whether there is nothing to run.
func (s Spec) Bundle() bool { return s.Process == nil && s.Oneshot == nil }

// Encode gives the bytes of a spec's file; the same spec, the same bytes.
func Encode(s Spec) []byte {
	// Where it was declared is the plan's to say, and no part of the service.
	s.Origin = ""
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(s); err != nil {
		panic("internal error: a spec cannot be encoded: " + err.Error())
	}
	return []byte(b.String())
}

// Decode reads the bytes of a spec's file.
func Decode(b []byte) (Spec, error) {
	var s Spec
	if err := json.Unmarshal(b, &s); err != nil {
		return s, fmt.Errorf("cannot read the service: %w", err)
	}
	return s, nil
}

// Suffix ends the name of a spec's file: "web.service".
const Suffix = ".service"

// BundleSuffix ends the name of a bundle's file.
const BundleSuffix = ".target"

// Dirs are where keepers find each other: the specs and, gone with a reboot,
// the statuses.
type Dirs struct{ Specs, Run string }

// System are the directories of the host's own services.
func System() Dirs { return Dirs{Specs: "/etc/activate/services", Run: "/run/activate/services"} }

// Spec reads the spec of the named service. The error wraps fs.ErrNotExist
// where there is none.
func (d Dirs) Spec(name string) (Spec, error) {
	b, err := os.ReadFile(filepath.Join(d.Specs, name+Suffix))
	if err != nil {
		return Spec{}, fmt.Errorf("cannot read service %s: %w", name, err)
	}
	return Decode(b)
}
