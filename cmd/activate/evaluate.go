package main

import (
	"context"
	"errors"

	"github.com/activate-agent/activate/activation"
	"github.com/activate-agent/activate/modules"
)

// options says what to load of a configuration.
func (h *host) options(path string) (modules.Options, error) {
	if path == "" {
		return modules.Options{}, errors.New("cannot read the configuration: its path is empty")
	}
	facts, err := h.facts()
	return modules.Options{Path: path, Sets: h.sets, Host: facts, Personal: h.caller.personal()}, err
}

// load parses a configuration, printing what is wrong with it.
func (h *host) load(ctx context.Context, path string) (*modules.Config, error) {
	o, err := h.options(path)
	if err != nil {
		return nil, err
	}
	config, diags := modules.Load(ctx, o)
	h.diagnose(diags)
	if diags.HasErrors() {
		return nil, &exitError{code: exitError1}
	}
	return config, nil
}

// evaluate makes the target of a configuration. With the inputs of the last
// evaluation nothing is parsed.
func (h *host) evaluate(ctx context.Context, path string) (*activation.Target, error) {
	o, err := h.options(path)
	if err != nil {
		return nil, err
	}
	if saved := h.engine.State.ReadCache(); saved != nil {
		if system, ok := modules.Recall(o, saved, buildVersion()); ok {
			return h.aim(path, system), nil
		}
	}
	config, err := h.load(ctx, path)
	if err != nil {
		return nil, err
	}
	system, diags := config.System()
	h.diagnose(diags)
	if diags.HasErrors() {
		return nil, &exitError{code: exitError1}
	}
	if len(diags) == 0 {
		inputs := config.Inputs()
		h.remember = func() ([]byte, bool) { return inputs.Remember(system, buildVersion()) }
	}
	return h.aim(path, system), nil
}

// aim makes the target of an evaluated configuration, and tells where nobody
// takes its services because nobody knows for which init they are.
func (h *host) aim(path string, system *modules.System) *activation.Target {
	d := system.Daemon
	units := len(d.Services) + len(d.Sockets) + len(d.Timers) + len(d.Targets) + len(d.Units) + len(d.Mounts)
	if h.engine.Offline && h.init == "auto" && h.wiring.init.Name() == "none" && units > 0 {
		h.event(activation.Event{Step: "units", Text: "services are left out: " + h.root + " does not say which init it has; name it with --init, none for no services", Warning: true})
	}
	return h.wiring.target(path, system)
}

// keepEvaluation saves the evaluation after a run that changed something. A
// run with nothing to do writes nothing, this neither.
func (h *host) keepEvaluation() {
	if h.remember == nil {
		return
	}
	b, ok := h.remember()
	if !ok {
		return
	}
	if err := h.engine.State.WriteCache(b); err != nil {
		// Only the next run's speed is lost.
		h.event(activation.Event{Step: "record", Text: err.Error(), Warning: true})
	}
}

// diagnose prints diagnostics for a person, and keeps them for a document.
func (h *host) diagnose(diags modules.Diagnostics) {
	h.diags = append(h.diags, diags...)
	if len(diags) > 0 {
		_ = diags.WriteText(h.std.err, 0, h.style.Color())
	}
}
