package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/activate-agent/activate/activation"
	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
)

// savedPlan is the file that `plan --out` writes: the plan, and what it was
// made from.
type savedPlan struct {
	Plan *plan.Plan `json:"plan"`
	// Path and Root are absolute; Sets, StateDir and Init are the flags.
	Path     string   `json:"path"`
	Sets     []string `json:"sets,omitempty"`
	Root     string   `json:"root"`
	StateDir string   `json:"state_dir"`
	Init     string   `json:"init"`
	User     bool     `json:"user,omitempty"`
	// Key is what the plan's secrets are hashed under where the host had no key
	// yet. The host gets another one; the file is its owner's alone.
	Key []byte `json:"key,omitempty"`
}

func savePlan(out, path string, h *host, p *activation.Prepared) error {
	abs, err := filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("cannot save the plan: %w", err)
	}
	root, err := filepath.Abs(h.root)
	if err != nil {
		return fmt.Errorf("cannot save the plan: %w", err)
	}
	for _, text := range append([]string{abs, root, h.stateDir}, h.sets...) {
		if !utf8.ValidString(text) {
			// JSON would make another name of it.
			return fmt.Errorf("cannot save the plan: %q is not UTF-8", text)
		}
	}
	doc := savedPlan{Plan: p.Plan, Path: abs, Sets: h.sets, Root: root, StateDir: h.stateDir, Init: h.init, User: h.user}
	if text := plan.Document(p.Plan); !bytes.Equal(text, rootfs.Unkeyed(text)) {
		doc.Key = p.PassingKey()
	}
	if err := writePrivate(out, plan.Document(doc)); err != nil {
		return fmt.Errorf("cannot save the plan: %w", err)
	}
	return nil
}

// writePrivate writes a file that nobody but its owner can read, also where it
// was there before.
func writePrivate(name string, b []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	err = func() error {
		if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
			return err
		}
		return errors.Join(f.Chmod(0o600), f.Truncate(0))
	}()
	if err == nil {
		_, err = f.Write(b)
	}
	return errors.Join(err, f.Close())
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
			if err := f.recall(saved, cmd.Flags().Changed("root")); err != nil {
				return err
			}
			return f.applying(cmd.Context(), "switch", func(h *host) error {
				return h.applySaved(cmd.Context(), saved)
			})
		},
	}
}

// recall takes over the flags that the plan was made with. asked tells that a
// root is given now, too: only the same one will do.
func (f *flags) recall(saved *savedPlan, asked bool) error {
	if root, err := filepath.Abs(f.root); asked && (err != nil || root != saved.Root) {
		return fmt.Errorf("cannot apply the plan to %s: it was made for %s", root, saved.Root)
	}
	f.sets, f.root, f.stateDir, f.init, f.user = saved.Sets, saved.Root, saved.StateDir, saved.Init, saved.User
	return nil
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
		return nil, fmt.Errorf("cannot read the plan %s: its format is %d and this activate knows %d; plan again", file, saved.Plan.FormatVersion, plan.FormatVersion)
	}
	return &saved, nil
}

func (h *host) applySaved(ctx context.Context, saved *savedPlan) error {
	if err := h.settled(ctx); err != nil {
		return err
	}
	target, err := h.evaluate(ctx, saved.Path)
	if err != nil {
		return err
	}
	p, err := h.engine.Prepare(ctx, target)
	if err != nil {
		return err
	}
	same, err := h.samePlan(p.Plan, saved.Plan)
	if err == nil && same && saved.Key != nil {
		same, err = h.sameSecrets(ctx, target, saved)
	}
	if err != nil {
		return err
	}
	if !same {
		return errors.New("cannot apply the plan: the host or the configuration changed since it was planned; plan again")
	}
	h.showPlan(p)
	return h.finish(h.engine.Apply(ctx, p, activation.Request{Verb: "switch", SetBoot: true}))
}

// planText is a plan, or a document with one, as JSON. Where no generation has needed the host's key for
// secrets yet, each run has a passing one, and what it makes of them is left
// out: the same plan is the same text, and does not tell what the secrets are.
func (h *host) planText(p any) ([]byte, error) {
	text := plan.Document(p)
	_, err := h.engine.Root.Lstat(h.engine.State.Key())
	if errors.Is(err, fs.ErrNotExist) {
		return rootfs.Unkeyed(text), nil
	}
	return text, err
}

// sameSecrets holds the secrets of a plan against those of now, on a host that
// had no key for them.
func (h *host) sameSecrets(ctx context.Context, target *activation.Target, saved *savedPlan) (bool, error) {
	p, err := h.engine.PrepareUnder(ctx, target, saved.Key)
	if err != nil {
		return false, err
	}
	return bytes.Equal(plan.Document(p.Plan), plan.Document(saved.Plan)), nil
}

func (h *host) samePlan(a, b *plan.Plan) (bool, error) {
	x, err := h.planText(a)
	if err != nil {
		return false, err
	}
	y, err := h.planText(b)
	return bytes.Equal(x, y), err
}
