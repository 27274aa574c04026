package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/activate-agent/activate/activation"
	"github.com/activate-agent/activate/activation/plan"
)

// savedPlan is the file that `plan --out` writes: the plan, and what it was
// made from.
type savedPlan struct {
	Plan *plan.Plan `json:"plan"`
	// Path is absolute; Sets are the --set flags.
	Path string   `json:"path"`
	Sets []string `json:"sets,omitempty"`
	Root string   `json:"root"`
	User bool     `json:"user,omitempty"`
}

func savePlan(out, path string, h *host, p *activation.Prepared) error {
	abs, err := filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("cannot save the plan: %w", err)
	}
	doc := plan.Document(savedPlan{Plan: p.Plan, Path: abs, Sets: h.sets, Root: h.root, User: h.user})
	if err := os.WriteFile(out, doc, 0o600); err != nil {
		return fmt.Errorf("cannot save the plan: %w", err)
	}
	return nil
}

func newApply(f *flags) *cobra.Command {
	return &cobra.Command{
		Use:   "apply FILE",
		Short: "Apply exactly a saved plan; stop if the host or configuration changed since",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			saved, err := readPlan(args[0])
			if err != nil {
				return err
			}
			f.sets, f.root, f.user = saved.Sets, saved.Root, saved.User
			return f.locked(cmd.Context(), "switch", func(h *host) error {
				return h.applySaved(cmd.Context(), saved)
			})
		},
	}
}

func readPlan(file string) (*savedPlan, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("cannot read the plan: %w", err)
	}
	var saved savedPlan
	if err := json.Unmarshal(b, &saved); err != nil || saved.Plan == nil {
		return nil, fmt.Errorf("cannot read the plan %s: it is not a file that plan --out wrote", file)
	}
	if saved.Plan.FormatVersion != plan.FormatVersion {
		return nil, fmt.Errorf("cannot read the plan %s: its format is %d and this activate knows %d", file, saved.Plan.FormatVersion, plan.FormatVersion)
	}
	return &saved, nil
}

func (h *host) applySaved(ctx context.Context, saved *savedPlan) error {
	target, err := h.evaluate(ctx, saved.Path)
	if err != nil {
		return err
	}
	p, err := h.engine.Prepare(ctx, target)
	if err != nil {
		return err
	}
	if !bytes.Equal(p.Plan.MarshalIndent(), saved.Plan.MarshalIndent()) {
		return errors.New("cannot apply the plan: the host or the configuration changed since it was planned; plan again")
	}
	h.showPlan(p)
	return h.finish(h.engine.Apply(ctx, p, activation.Request{Verb: "switch", SetBoot: true}))
}
