package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/activate-agent/activate/activation/generation"
	"github.com/activate-agent/activate/cmd/activate/internal/ui"
	"github.com/activate-agent/activate/daemon"
	"github.com/activate-agent/activate/modules/diagnostic"
)

// serviceDeadline is how long one verb may take.
const serviceDeadline = 10 * time.Minute

func newServices(f *flags) *cobra.Command {
	var all string
	cmd := &cobra.Command{
		Use:   "services",
		Short: "Show the services of the current generation, or do one verb to all",
		Long: `Show name, state, process id, since when, whether it is ready, and the init.
--all VERB does start, stop, restart, reload or status to every service: in the
order of their dependencies, and in reverse for stop.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.reading(func(h *host) error { return h.services(cmd.Context(), all) })
		},
	}
	cmd.Flags().StringVar(&all, "all", "status", "what to do to all: start, stop, restart, reload or status")
	return cmd
}

func newServiceVerbs(f *flags) []*cobra.Command {
	var out []*cobra.Command
	for verb, short := range map[daemon.Verb]string{
		daemon.VerbStart: "Start services and what they need", daemon.VerbStop: "Stop services and what needs them",
		daemon.VerbRestart: "Stop and start services", daemon.VerbReload: "Have services read their settings again",
	} {
		out = append(out, &cobra.Command{
			Use: string(verb) + " NAME...", Short: short, Args: cobra.MinimumNArgs(1),
			RunE: func(cmd *cobra.Command, args []string) error {
				return f.reading(func(h *host) error { return h.act(cmd.Context(), verb, args) })
			},
		})
	}
	return append(out, newLogs(f))
}

func newLogs(f *flags) *cobra.Command {
	var follow bool
	var lines int
	cmd := &cobra.Command{
		Use: "logs NAME", Short: "Show what a service wrote", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.reading(func(h *host) error { return h.logs(cmd.Context(), args[0], lines, follow) })
		},
	}
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "go on with what comes")
	cmd.Flags().IntVarP(&lines, "lines", "n", 50, "how many lines")
	return cmd
}

// console gives those that the current generation's services are with, and the
// units, sorted, that a person may act on.
func (h *host) console() (everybody, []string, error) {
	var e everybody
	last, err := h.engine.State.ReadCurrent()
	if err != nil && !errors.Is(err, generation.ErrNone) {
		return e, nil, err
	}
	d, err := sections(last)
	if err != nil {
		return e, nil, err
	}
	if _, ok := h.wiring.init.(daemon.Console); !ok || !h.wiring.init.Running() {
		return e, nil, fmt.Errorf("cannot ask %s for services: %w", h.wiring.init.Name(), errNoInit)
	}
	e = h.wiring.everybody(d)
	units, err := e.units(d.daemon)
	return e, units, err
}

func (h *host) services(ctx context.Context, verb string) error {
	c, units, err := h.console()
	if err != nil {
		return err
	}
	if verb != "status" {
		return h.do(ctx, c, daemon.Verb(verb), units)
	}
	details, err := c.Details(ctx, units)
	if err != nil {
		return err
	}
	if h.json {
		return h.servicesJSON(details)
	}
	w := tabwriter.NewWriter(h.std.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tSTATE\tPID\tSINCE\tREADY\tINIT")
	for _, d := range details {
		pid, since, ready := "-", "-", "no"
		if d.PID != 0 {
			pid = fmt.Sprint(d.PID)
		}
		if !d.Since.IsZero() {
			since = d.Since.Local().Format(time.DateTime)
		}
		if d.Ready {
			ready = "yes"
		}
		state := d.State
		if d.Reason != "" {
			state += " (" + d.Reason + ")"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", shortName(d.Name), diagnostic.Visible(state), pid, since, ready, h.wiring.init.Name())
	}
	return w.Flush()
}

// shortName is the service's own name.
func shortName(unit string) string {
	if path.Ext(unit) == ".service" {
		return unit[:len(unit)-len(".service")]
	}
	return unit
}

type serviceJSON struct {
	daemon.Detail
	Init string `json:"init"`
}

func (h *host) servicesJSON(details []daemon.Detail) error {
	out := []serviceJSON{}
	for _, d := range details {
		d.Name = shortName(d.Name)
		out = append(out, serviceJSON{d, h.wiring.init.Name()})
	}
	return json.NewEncoder(h.std.out).Encode(out)
}

// unitsOf finds the units that names mean.
func (h *host) unitsOf(names []string) (everybody, []string, error) {
	e, units, err := h.console()
	if err != nil {
		return e, nil, err
	}
	var out []string
	for _, name := range names {
		switch {
		case slices.Contains(units, name):
			out = append(out, name)
		case slices.Contains(units, name+".service"):
			out = append(out, name+".service")
		default:
			return e, nil, fmt.Errorf("there is no service %s in the current generation; see activate services", name)
		}
	}
	return e, out, nil
}

func (h *host) act(ctx context.Context, verb daemon.Verb, names []string) error {
	e, units, err := h.unitsOf(names)
	if err != nil {
		return err
	}
	return h.do(ctx, e, verb, units)
}

// do acts on units, in one go with those that the init would leave down.
func (h *host) do(ctx context.Context, e everybody, verb daemon.Verb, units []string) error {
	switch verb {
	case daemon.VerbStart, daemon.VerbStop, daemon.VerbRestart, daemon.VerbReload:
	default:
		return fmt.Errorf("cannot %s services: there are start, stop, restart, reload and status", verb)
	}
	if h.caller != nil {
		if err := h.caller.checkRuntime(); err != nil {
			return err
		}
	}
	failed := e.Do(context.WithoutCancel(ctx), verb, units, serviceDeadline)
	for _, f := range failed {
		fmt.Fprintln(h.std.err, diagnostic.Visible(f.Error()))
	}
	if len(failed) > 0 {
		return &exitError{code: exitUnits}
	}
	return nil
}

// exitUnits: units failed.
const exitUnits = 4

func (h *host) logs(ctx context.Context, name string, n int, follow bool) error {
	e, units, err := h.unitsOf([]string{name})
	if err != nil {
		return err
	}
	if follow {
		return e.Follow(ctx, units[0], n, ui.NewVisible(h.std.out))
	}
	for _, line := range e.Log(ctx, units[0], n) {
		if _, err := fmt.Fprintln(h.std.out, diagnostic.Visible(line)); err != nil {
			return err
		}
	}
	return nil
}
