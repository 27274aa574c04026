package modules

import (
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/activate-agent/activate/daemon"
	"github.com/activate-agent/activate/modules/expr"
	"github.com/activate-agent/activate/modules/schema"
)

// holder is who has a port or a file for itself: a module's instance with all
// that it makes, else a service with its socket.
type holder struct {
	name, address string
	at            hcl.Range
}

// holding is a thing that one holder may have.
type holding struct {
	// kind is "port", "pid file" or "socket", thing which one: "TCP port 80".
	kind, thing string
	// host is the address that a port is of; empty is all of them.
	host string
	by   holder
}

// advice is for who meant something else.
func (h holding) advice() string {
	if h.kind != "port" {
		return ""
	}
	return " A readiness that asks for another service's port does so with exec, and an instance's option for another's port is not called port."
}

// holders finds two that would have one port or one pid file: services by what
// their readiness asks, sockets by what they listen on, and instances by their
// option "port".
func (d *decoder) holders(desired *daemon.Desired) {
	var all []holding
	for _, s := range desired.Services {
		by := d.holderOf("service", s.Name, s.Parent, s.Origin)
		all = append(all, d.instancePort(s.Name)...)
		if p := s.Process; p != nil && p.PIDFile != "" {
			all = append(all, holding{kind: "pid file", thing: "pid file " + p.PIDFile, by: by})
		}
		if r := s.Readiness; r != nil {
			all = append(all, tcp(probed(*r), by)...)
		}
	}
	for _, s := range desired.Sockets {
		name := s.Service
		if name == "" {
			name = s.Name
		}
		by := d.holderOf("socket", s.Name, "", s.Origin)
		if by.name == "socket "+s.Name {
			by.name = "service " + name
		}
		for _, at := range s.ListenStream {
			all = append(all, tcp(at, by)...)
		}
	}
	d.once(all)
}

// once refuses a thing that two have.
func (d *decoder) once(all []holding) {
	told := map[string]bool{}
	for i, a := range all {
		for _, b := range all[:i] {
			apart := a.host != "" && b.host != "" && a.host != b.host
			if a.thing != b.thing || apart || a.by.name == b.by.name || told[a.thing+a.by.name] {
				continue
			}
			told[a.thing+a.by.name] = true
			d.add(related(expr.Errorf(a.by.at, "One "+a.kind+" twice",
				"%s and %s both have the %s. Give one of them another.%s", b.by.address, a.by.address, a.thing, a.advice()), b.by.at))
		}
	}
}

// tcp is the holding of an address that is one of this host's TCP ports, or a
// socket in a file.
func tcp(address string, by holder) []holding {
	if strings.HasPrefix(address, "/") {
		return []holding{{kind: "socket", thing: "socket " + address, by: by}}
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		host, port = "", address
	}
	switch host {
	case "localhost":
		host = "127.0.0.1"
	case "0.0.0.0", "::", "*":
		host = ""
	}
	ip := net.ParseIP(host)
	if port == "" || strings.Trim(port, "0123456789") != "" || host != "" && ip == nil {
		return nil
	}
	return []holding{{kind: "port", thing: "TCP port " + port, host: host, by: by}}
}

// probed is the address that a readiness connects to on this host.
func probed(r daemon.Readiness) string {
	address := r.TCP
	if u, err := url.Parse(r.HTTP); r.HTTP != "" && err == nil {
		address = u.Host
		if u.Port() == "" {
			address = net.JoinHostPort(u.Hostname(), "80")
		}
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return ""
	}
	if ip := net.ParseIP(host); host == "localhost" || ip != nil && ip.IsLoopback() {
		return address
	}
	return ""
}

// maker is the block of that name, and the module's instance that wrote it.
func (d *decoder) maker(typ, name string) (block, instance *node) {
	c, ok := d.ev.blocks[typ]
	if !ok || c.nodes[name] == nil {
		return nil, nil
	}
	block = c.nodes[name]
	for _, from := range block.from {
		if from.owner != nil && from.owner.typ.Labelled {
			return block, from.owner
		}
	}
	return block, nil
}

func (d *decoder) holderOf(typ, name, parent, origin string) holder {
	if parent != "" {
		// A sub-service is of whoever its parent is of.
		if _, instance := d.maker(typ, parent); instance != nil {
			return holder{instance.address(), instance.address(), instance.at()}
		}
	}
	block, instance := d.maker(typ, name)
	switch {
	case instance != nil:
		return holder{instance.address(), instance.address(), instance.at()}
	case block != nil:
		return holder{typ + " " + name, block.address(), block.at()}
	}
	return holder{typ + " " + name, typ + "." + name, d.ev.rangeOfOrigin(origin)}
}

// instancePort is the port of the instance that makes the service: its option
// of that name and type.
func (d *decoder) instancePort(name string) []holding {
	_, instance := d.maker("service", name)
	if instance == nil {
		return nil
	}
	o := instance.typ.Option("port")
	if o == nil || o.Type.Kind != schema.Port {
		return nil
	}
	by := holder{instance.address(), instance.address(), instance.definedAt(o)}
	n := (&reading{d: d, n: instance}).number("port")
	if n == nil {
		return nil
	}
	return tcp(strconv.FormatInt(*n, 10), by)
}
