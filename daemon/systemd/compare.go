package systemd

import (
	"maps"
	"slices"

	"github.com/activate-agent/activate/daemon"
)

// Compare holds two definitions against each other by meaning: section, key,
// ordered values. The table is that of NixOS's switch-to-configuration, with
// three decisions of its own: mount options that appear or go are a reload
// too, a changed stop command must run as it was, and a key that only moved
// in its section is the same.
func (s *Systemd) Compare(was, will daemon.Definition) daemon.Difference {
	before, after := definition(was), definition(will)
	worst := daemon.Difference{}
	for _, name := range sortedUnion(before, after) {
		if name == "Install" {
			continue
		}
		for _, key := range sortedUnion(before[name], after[name]) {
			d := compareKey(name, key, before[name][key], after[name][key])
			if d.Effect > worst.Effect || worst.Reason == "" {
				worst = d
			}
		}
	}
	return worst
}

func sortedUnion[V any](a, b map[string]V) []string {
	keys := slices.Collect(maps.Keys(a))
	keys = slices.AppendSeq(keys, maps.Keys(b))
	slices.Sort(keys)
	return slices.Compact(keys)
}

// compareKey judges one key. No values is the same as the key not being
// there.
func compareKey(section, key string, before, after []string) daemon.Difference {
	if slices.Equal(before, after) {
		return daemon.Difference{}
	}
	verb := "changed"
	switch {
	case len(before) == 0:
		verb = "added"
	case len(after) == 0:
		verb = "removed"
	}
	return daemon.Difference{Effect: effect(section, key, len(after) > 0), Reason: key + " " + verb}
}

func effect(section, key string, has bool) daemon.Effect {
	switch {
	case section == "Unit" && slices.Contains(silentKeys(), key):
		return daemon.NoEffect
	case section == "Unit" && key == "X-Reload-Triggers", section == "Service" && key == "ExecReload":
		if has {
			return daemon.NeedsReload
		}
		return daemon.NoEffect
	case section == "Mount" && key == "Options":
		return daemon.NeedsReload
	case section == "Service" && (key == "ExecStop" || key == "ExecStopPost"):
		return daemon.NeedsStop
	}
	return daemon.NeedsRestart
}

// silentKeys of [Unit] have no influence on what runs.
func silentKeys() []string {
	return []string{
		"AllowIsolate", "CollectMode", "Description", "Documentation", "IgnoreOnIsolate", "OnFailure",
		"OnFailureJobMode", "OnSuccess", "RefuseManualStart", "RefuseManualStop", "SourcePath", "StopWhenUnneeded",
	}
}
