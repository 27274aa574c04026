package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/activate-agent/activate/activation"
	"github.com/activate-agent/activate/daemon/keep"
)

func newBoot(f *flags) *cobra.Command {
	return &cobra.Command{
		Use:   "boot PATH",
		Short: "Record a generation for the next boot; touch nothing that runs",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			return f.applying(ctx, "boot", func(h *host) error {
				if err := h.settled(ctx); err != nil {
					return err
				}
				target, err := h.evaluate(ctx, args[0])
				if err != nil {
					return err
				}
				p, err := h.engine.Prepare(ctx, target)
				if err != nil {
					return err
				}
				h.showPlan(p)
				return h.finish(h.engine.StageForBoot(p))
			})
		},
	}
}

func newAtBoot(f *flags) *cobra.Command {
	var once bool
	cmd := &cobra.Command{
		Use:   "at-boot",
		Short: "What the boot entry runs: end an interrupted run, re-apply the boot generation",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			if once {
				first, done, err := keep.System().BeginBoot()
				if err != nil || !first {
					return err
				}
				defer done()
			}
			return f.holding(ctx, activation.VerbAtBoot, func(h *host) error {
				return h.documented(func() error {
					counted, err := h.countBoot(ctx, once)
					if err != nil {
						return err
					}
					return errors.Join(h.boot(ctx, counted), h.wiring.farewell(ctx))
				})
			})
		},
	}
	cmd.Flags().BoolVar(&once, "once", false, "do nothing when it was done since the host started")
	return cmd
}
