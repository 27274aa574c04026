package modules

import (
	"context"
	"errors"
)

// Config is a loaded configuration: every file parsed, nothing evaluated yet.
type Config struct{}

var errSkeleton = errors.New("not wired yet")

// Load reads the configuration at o.Path with everything it imports.
func Load(_ context.Context, _ Options) (*Config, Diagnostics) {
	return nil, Diagnostics{{Severity: "error", Summary: errSkeleton.Error()}}
}

// System evaluates everything the host needs.
func (c *Config) System() (*System, Diagnostics) { return nil, nil }

// Validate evaluates everything there is and gives every problem.
func (c *Config) Validate() Diagnostics { return nil }

// Eval gives the value of an expression; "" is the whole configuration.
func (c *Config) Eval(_ string) (Value, Diagnostics) { return Value{}, nil }

// Origins lists the definitions of one attribute.
func (c *Config) Origins(_ string) ([]Definition, Diagnostics) { return nil, nil }

// Format gives src in the canonical layout.
func Format(_ string, src []byte) ([]byte, Diagnostics) { return src, nil }

// BuiltinModules gives the names that imports may use without a path.
func BuiltinModules() []string { return nil }
