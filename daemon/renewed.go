package daemon

import (
	"bytes"
	"fmt"
	"reflect"

	"github.com/activate-agent/activate/activation/plan"
)

// Same tells whether two recorded states ask for the same, wherever their blocks
// were written down.
func (d Desired) Same(o Desired) bool {
	a, b := plan.Encode(d), plan.Encode(o)
	return bytes.Equal(a, b) || reflect.DeepEqual(withoutOrigins(a), withoutOrigins(b))
}

// withoutOrigins decodes a state and drops where its blocks were written down.
func withoutOrigins(state []byte) any {
	var v any
	if err := plan.Unmarshal(state, &v); err != nil {
		panic(fmt.Sprintf("internal error: cannot read what was just written: %v", err))
	}
	dropOrigins(v)
	return v
}

func dropOrigins(v any) {
	switch v := v.(type) {
	case map[string]any:
		delete(v, "origin")
		for _, inner := range v {
			dropOrigins(inner)
		}
	case []any:
		for _, inner := range v {
			dropOrigins(inner)
		}
	}
}
