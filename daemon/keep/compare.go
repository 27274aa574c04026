package keep

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"

	"github.com/activate-agent/activate/daemon"
)

// Compare says what a running service needs when its spec goes from was to
// will.
func Compare(was, will Spec) daemon.Difference {
	a, b := fields(was), fields(will)
	names := maps.Clone(a)
	maps.Copy(names, b)
	var d daemon.Difference
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if bytes.Equal(a[name], b[name]) {
			continue
		}
		if e := effect(name, was, will); e > d.Effect || d.Reason == "" {
			d = daemon.Difference{Effect: max(e, d.Effect), Reason: name + " changed"}
		}
	}
	return d
}

func fields(s Spec) map[string]json.RawMessage {
	var out map[string]json.RawMessage
	if err := json.Unmarshal(Encode(s), &out); err != nil {
		panic("internal error: a spec cannot be read back: " + err.Error())
	}
	return out
}

// effect: a keeper reads settings about how it treats the service when they
// are due; all else is in what already runs.
func effect(field string, was, will Spec) daemon.Effect {
	switch field {
	case "description", "parent", "depends_on", "wants", "after", "before", "required_by", "part_of", "autostart", "boot",
		"needs", "needed_by", "follows", "pulls", "level", "restart", "stop", "cleanup",
		"restart_if_changed", "reload_if_changed", "stop_if_changed", "restart_triggers", "reload_triggers",
		"ignore_failure", "config_data", "init":
		return daemon.NoEffect
	case "reload", "reload_trigger":
		// One that is gone has nothing to tell.
		if will.Reload == nil || field == "reload_trigger" && will.ReloadTrigger == "" {
			return daemon.NoEffect
		}
		return daemon.NeedsReload
	case "restart_trigger":
		if will.RestartTrigger == "" {
			return daemon.NoEffect
		}
	case "oneshot":
		if was.Oneshot != nil && (will.Oneshot == nil || !slices.Equal(was.Oneshot.Stop, will.Oneshot.Stop)) {
			return daemon.NeedsStop
		}
	}
	return daemon.NeedsRestart
}
