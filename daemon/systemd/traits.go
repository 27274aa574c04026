package systemd

import (
	"path"
	"strings"

	"github.com/activate-agent/activate/daemon"
)

// Traits reads how a unit wants to be treated: the X- keys of NixOS, in the
// section NixOS has them or in [Unit] for units that have no [Service], and
// systemd's own.
func (s *Systemd) Traits(d daemon.Definition) daemon.Traits {
	p := definition(d)
	x := func(key string, otherwise bool) bool {
		return p.boolean("Service", key, p.boolean("Unit", key, otherwise))
	}
	return daemon.Traits{
		RestartIfChanged:      x("X-RestartIfChanged", true),
		ReloadIfChanged:       x("X-ReloadIfChanged", false),
		StopIfChanged:         x("X-StopIfChanged", false),
		StopOnRemoval:         x("X-StopOnRemoval", true),
		StopOnReconfiguration: x("X-StopOnReconfiguration", false),
		NotSocketActivated:    x("X-NotSocketActivated", false),
		ManualStartOnly:       p.boolean("Unit", "RefuseManualStart", false) || x("X-OnlyManualStart", false),
		ManualStopRefused:     p.boolean("Unit", "RefuseManualStop", false),
		CanReload:             canReload(d.Unit, p),
		Passing:               passing(d.Unit, p),
		Sockets:               p.words("Service", "Sockets"),
		Triggers:              triggered(d.Unit, p),
		Accept:                p.boolean("Socket", "Accept", false),
	}
}

// canReload: a mount is mounted again with its new options.
func canReload(unit string, p parsed) bool {
	return unitType(unit) == "mount" || len(p["Service"]["ExecReload"]) > 0 || p.last("Service", "Type") == "notify-reload"
}

// passing: a oneshot does its work and goes, unless it says that it stays.
func passing(unit string, p parsed) bool {
	if unitType(unit) != "service" {
		return false
	}
	kind := p.last("Service", "Type")
	oneshot := kind == "oneshot" || kind == "" && len(p["Service"]["ExecStart"]) == 0
	return oneshot && !p.boolean("Service", "RemainAfterExit", false)
}

// triggered is the unit that unit starts, as systemd.socket(5), timer(5) and
// path(5) have it.
func triggered(unit string, p parsed) string {
	base := strings.TrimSuffix(unit, path.Ext(unit))
	key := ""
	switch unitType(unit) {
	case "socket":
		if p.boolean("Socket", "Accept", false) {
			return base + "@.service"
		}
		key = p.last("Socket", "Service")
	case "timer":
		key = p.last("Timer", "Unit")
	case "path":
		key = p.last("Path", "Unit")
	default:
		return ""
	}
	if key != "" {
		return key
	}
	return base + ".service"
}
