package functions

import (
	"errors"
	"time"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// times work on times that a configuration writes; none tells the present one.
func times() []Entry {
	const group = "times"
	return []Entry{
		entry(group, "formatdate(form, time)", "An RFC 3339 time in another form, such as DD MMM YYYY.", stdlib.FormatDateFunc),
		entry(group, "timeadd(time, duration)", "The RFC 3339 time after a duration.", stdlib.TimeAddFunc),
		entry(group, "timecmp(time, other)", "-1, 0 or 1: which RFC 3339 time is the earlier one.", timecmpFunc()),
	}
}

func timecmpFunc() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{textParam("time"), textParam("other")},
		Type:   function.StaticReturnType(cty.Number),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			var both [2]time.Time
			for i, a := range args {
				parsed, err := time.Parse(time.RFC3339, a.AsString())
				if err != nil {
					return cty.NilVal, function.NewArgError(i, errors.New("it is no RFC 3339 time such as 2030-01-31T12:00:00Z"))
				}
				both[i] = parsed
			}
			return cty.NumberIntVal(int64(both[0].Compare(both[1]))), nil
		},
	})
}
