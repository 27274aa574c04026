package modules

import (
	"github.com/activate-agent/activate/daemon"
	"github.com/activate-agent/activate/modules/schema"
)

// userUnits reads what a user block has for the user's own manager.
func (r *reading) userUnits(out *daemon.Desired) {
	if !r.n.nests() {
		return
	}
	own := daemon.Desired{}
	block := func(name string) *schema.Block { return r.n.typ.Block(name) }
	r.eachChild(block("socket"), func(kid *reading) { own.Sockets = append(own.Sockets, kid.socket()) })
	r.eachChild(block("timer"), func(kid *reading) { own.Timers = append(own.Timers, kid.timer()) })
	r.eachChild(block("service"), func(kid *reading) { own.Services = append(own.Services, kid.service("", &own)...) })
	r.eachChild(block("target"), func(kid *reading) { own.Targets = append(own.Targets, kid.target()) })
	if len(own.Sockets)+len(own.Timers)+len(own.Services)+len(own.Targets) == 0 {
		return
	}
	byName(own.Services, func(s daemon.Service) string { return s.Name })
	r.d.collisions(&own)
	out.Users = append(out.Users, daemon.UserUnits{User: r.n.label, Units: own})
}

// account is the user or group that something runs as. With --user, and in a
// user block, there is but one.
func (r *reading) account(name string) string {
	if r.d.ev.config.options.Personal != nil {
		return ""
	}
	given := r.public(name)
	if top := r.n.top(); given != "" && top.typ.Name == "user" {
		r.problem(name, "Not for a user's own service", "it runs as %s, who has no right to be anybody else. Leave %s out, or declare it outside of the user block.", top.label, name)
	}
	return given
}
