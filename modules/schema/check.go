package schema

import (
	"math/big"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/activate-agent/activate/modules/expr"
)

// check is what a scalar of the right type must satisfy besides.
func (t *Type) check(v cty.Value) *Problem {
	switch t.Kind {
	case Port:
		return checkWhole(v, 1, 65535, "a port is a whole number from 1 to 65535.")
	case integer:
		return checkInteger(v, t.Min, t.Max)
	case Bool, Number, String, Lines:
		return nil
	default:
	}
	s := v.AsString()
	switch t.Kind {
	case Mode:
		return checkMode(s)
	case linkMode:
		return checkLinkMode(s)
	case Path:
		return checkPath(s)
	case Duration:
		return checkDuration(s)
	case Enum:
		return t.checkEnum(s)
	case account:
		return checkAccount(s)
	case reference:
		return checkOwner(s)
	case field, source:
		return checkField(s, t.Kind)
	default:
	}
	return nil
}

func checkWhole(v cty.Value, low, high int64, reason string) *Problem {
	n, accuracy := v.AsBigFloat().Int64()
	if accuracy != big.Exact || n < low || n > high {
		return mismatch("%s", reason)
	}
	return nil
}

func checkInteger(v cty.Value, low, high int64) *Problem {
	n, accuracy := v.AsBigFloat().Int64()
	if accuracy != big.Exact || n < low || n > high {
		return mismatch("a whole number from %d to %d is needed.", low, high)
	}
	return nil
}

func checkMode(s string) *Problem {
	if !IsOctal(s) {
		return mismatch(`a mode is three or four octal digits in quotes, such as "0644".`)
	}
	return nil
}

func checkLinkMode(s string) *Problem {
	if s != "symlink" && !IsOctal(s) {
		return mismatch(`it is "symlink", or three or four octal digits in quotes such as "0644".`)
	}
	return nil
}

// IsOctal reports whether s is three or four octal digits.
func IsOctal(s string) bool {
	return (len(s) == 3 || len(s) == 4) && strings.Trim(s, "01234567") == ""
}

func checkPath(s string) *Problem {
	switch {
	case !strings.HasPrefix(s, "/"):
		return mismatch("a path is absolute, it starts with a slash.")
	case strings.ContainsRune(s, 0):
		return mismatch("a path holds no NUL byte.")
	case slices.Contains(strings.Split(s, "/"), ".."):
		return mismatch("a path must not hold a .. part; write where it leads.")
	case path.Clean(s) != strings.TrimSuffix(s, "/") && s != "/":
		return mismatch("a path is written without // and . parts: %s.", path.Clean(s))
	}
	return nil
}

func checkDuration(s string) *Problem {
	if d, err := time.ParseDuration(s); err != nil || d < 0 {
		return mismatch(`a duration is a number with a unit, such as "90s", "5m" or "1h30m".`)
	}
	return nil
}

func (t *Type) checkEnum(s string) *Problem {
	if slices.Contains(t.Values, s) {
		return nil
	}
	return mismatch("it must be one of %s.%s", strings.TrimSuffix(strings.TrimPrefix(t.String(), "enum("), ")"), expr.DidYouMean(s, t.Values))
}

// checkAccount is the form of names that useradd(8) accepts.
func checkAccount(s string) *Problem {
	if !IsAccount(s) {
		return mismatch("a name of a user or group starts with a small letter or _ and holds up to 32 small letters, digits, _ and -.")
	}
	return nil
}

// IsAccount reports whether s may be the name of a user or group.
func IsAccount(s string) bool {
	if s == "" || len(s) > 32 || s[0] >= '0' && s[0] <= '9' || s[0] == '-' {
		return false
	}
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_-") == ""
}

func checkOwner(s string) *Problem {
	if s != "" && strings.Trim(s, "0123456789") == "" && len(s) <= 10 {
		return nil
	}
	if s == "" || strings.ContainsAny(s, ":\n\x00 \t/") {
		return mismatch("an owner is the name of a user or group, or digits.")
	}
	return nil
}

// checkField keeps apart what passwd(5) and unit files keep apart by line.
func checkField(s string, kind Kind) *Problem {
	if kind == field && strings.ContainsAny(s, ":\n\r\x00") {
		return mismatch("it must not hold a colon or a newline.")
	}
	if kind == source && (s == "" || strings.ContainsRune(s, 0)) {
		return mismatch("it must name a file.")
	}
	return nil
}
