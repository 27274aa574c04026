package activation

// Snippet is a piece of the configuration's own work in the pipeline.
type Snippet struct {
	Name string `json:"name"`
	// After and Before name steps of the pipeline ("users", "etc", …) or
	// other snippets.
	After  []string `json:"after,omitempty"`
	Before []string `json:"before,omitempty"`
	// Script is run by Interpreter (default ["/bin/sh", "-eu"]); or Argv is
	// run as it is. Exactly one is set.
	Script      string            `json:"script,omitempty"`
	Argv        []string          `json:"argv,omitempty"`
	Interpreter []string          `json:"interpreter,omitempty"`
	Environment map[string]string `json:"environment,omitempty"`
	// DryRun is "skip" (default when empty) or "run".
	DryRun string `json:"dry_run,omitempty"`
	// OnFailure is "abort" (default when empty) or "continue".
	OnFailure string `json:"on_failure,omitempty"`
	AtBoot    bool   `json:"at_boot,omitempty"`
	// Triggers are values without a change of which, or of the snippet itself,
	// a switch need not run it. Without any it runs each time.
	Triggers []string `json:"triggers,omitempty"`
	// Timeout is as Go writes durations; empty means 5m.
	Timeout string `json:"timeout,omitempty"`
	Origin  string `json:"origin,omitempty"`
}

// Settings is the configuration's `activation` block.
type Settings struct {
	// OnUnitFailure is "" (exit 4) or "rollback" (exit 5).
	OnUnitFailure string `json:"on_unit_failure,omitempty"`
	// StoppedUnits is "" or "start" (a stopped unit that should run is
	// started) or "keep".
	StoppedUnits string `json:"stopped_units,omitempty"`
	// BootAttempts is how often a generation may fail to boot; 0 is no limit.
	BootAttempts int `json:"boot_attempts,omitempty"`
	// KeepGenerations is how many generations are kept, 0 for all.
	KeepGenerations int `json:"keep_generations,omitempty"`
	// KeepGenerationsFor is a time.Duration as text after which they go, "" for
	// never.
	KeepGenerationsFor string `json:"keep_generations_for,omitempty"`
}
