package functions

import (
	"math/big"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

func numeric() []Entry {
	const group = "numbers"
	return []Entry{
		entry(group, "abs(number)", "The number without its sign.", stdlib.AbsoluteFunc),
		entry(group, "ceil(number)", "The next whole number that is not smaller.", stdlib.CeilFunc),
		entry(group, "floor(number)", "The next whole number that is not greater.", stdlib.FloorFunc),
		entry(group, "log(number, base)", "The logarithm.", stdlib.LogFunc),
		entry(group, "max(number, ...)", "The greatest.", stdlib.MaxFunc),
		entry(group, "min(number, ...)", "The smallest.", stdlib.MinFunc),
		entry(group, "parseint(text, base)", "The whole number that the text writes in a base from 2 to 62.", stdlib.ParseIntFunc),
		entry(group, "pow(number, power)", "The number raised to the power.", stdlib.PowFunc),
		entry(group, "signum(number)", "-1, 0 or 1, the sign of the number.", stdlib.SignumFunc),
		entry(group, "sum(list)", "The sum of a list of numbers.", sumFunc()),
		entry(group, "range(start, limit, step)", "The numbers from start up to limit; one argument is a limit from 0.", rangeFunc()),
	}
}

func sumFunc() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "list", Type: cty.DynamicPseudoType}},
		Type:   function.StaticReturnType(cty.Number),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			elems, err := elements(args[0], cty.Number)
			if err != nil {
				return cty.NilVal, err
			}
			total := cty.Zero
			for _, e := range elems {
				total = total.Add(e)
			}
			return total, nil
		},
	})
}

// rangeLimit keeps a slip of the pen from filling the memory. The one of the
// standard library, 1024, is too small for a host of many files.
const rangeLimit = 1_000_000

func rangeFunc() function.Function {
	return function.New(&function.Spec{
		VarParam: &function.Parameter{Name: "number", Type: cty.Number},
		Type: func(args []cty.Value) (cty.Type, error) {
			if len(args) == 0 || len(args) > 3 {
				return cty.NilType, function.NewArgErrorf(0, "one to three numbers are needed")
			}
			return cty.List(cty.Number), nil
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			start, limit, step := rangeBounds(args)
			if step.Sign() == 0 {
				return cty.NilVal, function.NewArgErrorf(len(args)-1, "the step must not be 0")
			}
			var out []cty.Value
			for n := start; (step.Sign() > 0 && n.Cmp(limit) < 0) || (step.Sign() < 0 && n.Cmp(limit) > 0); {
				if len(out) == rangeLimit {
					return cty.NilVal, function.NewArgErrorf(0, "it would be more than %d numbers", rangeLimit)
				}
				out = append(out, cty.NumberVal(n))
				n = new(big.Float).Add(n, step)
			}
			if len(out) == 0 {
				return cty.ListValEmpty(cty.Number), nil
			}
			return cty.ListVal(out), nil
		},
	})
}

func rangeBounds(args []cty.Value) (start, limit, step *big.Float) {
	start, step = big.NewFloat(0), big.NewFloat(1)
	if len(args) == 1 {
		limit = args[0].AsBigFloat()
	} else {
		start, limit = args[0].AsBigFloat(), args[1].AsBigFloat()
	}
	switch {
	case len(args) == 3:
		step = args[2].AsBigFloat()
	case limit.Cmp(start) < 0:
		step = big.NewFloat(-1)
	}
	return start, limit, step
}
