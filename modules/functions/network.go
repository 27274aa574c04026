package functions

import (
	"math/big"
	"net"
	"net/netip"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

func network() []Entry {
	const group = "network"
	return []Entry{
		entry(group, "cidrcontains(prefix, address)", "Whether the network holds the address, or all of another network.", cidrcontainsFunc()),
		entry(group, "cidrhost(prefix, number)", "The address with that number in the network; negative counts from its end.", cidrhostFunc()),
		entry(group, "cidrnetmask(prefix)", "The netmask of an IPv4 network.", textFunc("prefix", netmask)),
		entry(group, "cidrsubnets(prefix, bits, ...)", "Networks one after another, each longer by its bits.", cidrsubnetsFunc()),
		entry(group, "cidrsubnet(prefix, bits, number)", "The network with that number among those longer by the bits.", cidrsubnetFunc()),
	}
}

func parsePrefix(s string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return p, function.NewArgErrorf(0, "it is not a network in CIDR notation such as 10.0.0.0/8")
	}
	return p.Masked(), nil
}

func cidrcontainsFunc() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{textParam("prefix"), textParam("address")},
		Type:   function.StaticReturnType(cty.Bool),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			p, err := parsePrefix(args[0].AsString())
			if err != nil {
				return cty.NilVal, err
			}
			if addr, err := netip.ParseAddr(args[1].AsString()); err == nil {
				return cty.BoolVal(p.Contains(addr)), nil
			}
			inner, err := netip.ParsePrefix(args[1].AsString())
			if err != nil {
				return cty.NilVal, function.NewArgErrorf(1, "it is neither an address nor a network")
			}
			return cty.BoolVal(inner.Bits() >= p.Bits() && p.Contains(inner.Addr())), nil
		},
	})
}

func netmask(s string) (string, error) {
	p, err := parsePrefix(s)
	if err != nil {
		return "", err
	}
	if !p.Addr().Is4() {
		return "", function.NewArgErrorf(0, "an IPv6 network has no netmask")
	}
	return net.IP(net.CIDRMask(p.Bits(), 32)).String(), nil
}

func whole(v cty.Value, i int) (*big.Int, error) {
	n, accuracy := v.AsBigFloat().Int(nil)
	if n == nil || accuracy != big.Exact {
		return nil, function.NewArgErrorf(i, "a whole number is needed")
	}
	return n, nil
}

func cidrhostFunc() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{textParam("prefix"), {Name: "number", Type: cty.Number}},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			p, err := parsePrefix(args[0].AsString())
			if err != nil {
				return cty.NilVal, err
			}
			n, err := whole(args[1], 1)
			if err != nil {
				return cty.NilVal, err
			}
			size := new(big.Int).Lsh(big.NewInt(1), uint(p.Addr().BitLen()-p.Bits()))
			if n.Sign() < 0 {
				n = new(big.Int).Add(size, n)
			}
			if n.Sign() < 0 || n.Cmp(size) >= 0 {
				return cty.NilVal, function.NewArgErrorf(1, "the network has no address of that number")
			}
			return cty.StringVal(offset(p.Addr(), n).String()), nil
		},
	})
}

func offset(base netip.Addr, n *big.Int) netip.Addr {
	sum := new(big.Int).Add(new(big.Int).SetBytes(base.AsSlice()), n)
	out, _ := netip.AddrFromSlice(sum.FillBytes(make([]byte, base.BitLen()/8)))
	return out
}

func cidrsubnetFunc() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{textParam("prefix"), {Name: "bits", Type: cty.Number}, {Name: "number", Type: cty.Number}},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			p, err := parsePrefix(args[0].AsString())
			if err != nil {
				return cty.NilVal, err
			}
			extra, err := whole(args[1], 1)
			if err != nil {
				return cty.NilVal, err
			}
			length := new(big.Int).Add(extra, big.NewInt(int64(p.Bits())))
			if extra.Sign() < 0 || length.Cmp(big.NewInt(int64(p.Addr().BitLen()))) > 0 {
				return cty.NilVal, function.NewArgErrorf(1, "the network has not that many bits left")
			}
			n, err := whole(args[2], 2)
			if err != nil {
				return cty.NilVal, err
			}
			if n.Sign() < 0 || n.BitLen() > int(extra.Int64()) {
				return cty.NilVal, function.NewArgErrorf(2, "the bits do not hold that number")
			}
			bits := int(length.Int64())
			n = new(big.Int).Lsh(n, uint(p.Addr().BitLen()-bits))
			return cty.StringVal(netip.PrefixFrom(offset(p.Addr(), n), bits).String()), nil
		},
	})
}

func cidrsubnetsFunc() function.Function {
	return function.New(&function.Spec{
		Params:   []function.Parameter{textParam("prefix")},
		VarParam: &function.Parameter{Name: "bits", Type: cty.Number},
		Type:     function.StaticReturnType(cty.List(cty.String)),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			p, err := parsePrefix(args[0].AsString())
			if err != nil {
				return cty.NilVal, err
			}
			return consecutive(p, args[1:])
		},
	})
}

// consecutive lays networks out in a prefix, each at the next address that is
// aligned to its size.
func consecutive(p netip.Prefix, bits []cty.Value) (cty.Value, error) {
	size := p.Addr().BitLen()
	next := new(big.Int)
	var out []cty.Value
	for i, b := range bits {
		extra, err := whole(b, i+1)
		if err != nil {
			return cty.NilVal, err
		}
		if extra.Sign() < 0 || !extra.IsInt64() || extra.Int64() > int64(size-p.Bits()) {
			return cty.NilVal, function.NewArgErrorf(i+1, "the network has not that many bits left")
		}
		length := p.Bits() + int(extra.Int64())
		step := new(big.Int).Lsh(big.NewInt(1), uint(size-length))
		next.Add(next, new(big.Int).Sub(step, big.NewInt(1))).Div(next, step).Mul(next, step)
		end := new(big.Int).Add(next, step)
		if end.Cmp(new(big.Int).Lsh(big.NewInt(1), uint(size-p.Bits()))) > 0 {
			return cty.NilVal, function.NewArgErrorf(i+1, "the network has no room left for it")
		}
		out = append(out, cty.StringVal(netip.PrefixFrom(offset(p.Addr(), next), length).String()))
		next = end
	}
	if len(out) == 0 {
		return cty.ListValEmpty(cty.String), nil
	}
	return cty.ListVal(out), nil
}
