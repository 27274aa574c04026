package systemd

import (
	"cmp"
	"slices"
	"strings"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/daemon"
)

// socket writes a systemd.socket(5).
func (r *renderer) socket(s *daemon.Socket) {
	t := &text{}
	t.set("Unit", "Description", literal(s.Description))
	t.setWords("Unit", "After", r.named(s.After))
	t.setWords("Unit", "Before", r.named(s.Before))
	for _, address := range s.ListenStream {
		t.set("Socket", "ListenStream", literal(address))
	}
	for _, address := range s.ListenDatagram {
		t.set("Socket", "ListenDatagram", literal(address))
	}
	t.set("Socket", "SocketMode", s.SocketMode)
	t.set("Socket", "SocketUser", literal(s.User))
	t.set("Socket", "SocketGroup", literal(s.Group))
	if s.Accept {
		t.set("Socket", "Accept", "yes")
	} else if service := r.unit(cmp.Or(s.Service, s.Name)); service != s.Name+".service" {
		t.set("Socket", "Service", service)
	}
	if s.Autostart {
		t.set("Install", "WantedBy", "sockets.target")
	}
	t.override("Socket", s.Init["systemd"])
	r.add(s.Name+".socket", s.Origin, t)
}

// timer writes a systemd.timer(5).
func (r *renderer) timer(m *daemon.Timer) {
	t := &text{}
	t.set("Unit", "Description", literal(m.Description))
	for _, when := range m.OnCalendar {
		t.set("Timer", "OnCalendar", literal(when))
	}
	t.setDuration("Timer", "OnBootSec", m.OnBoot)
	t.setDuration("Timer", "OnActiveSec", m.OnActive)
	if m.Persistent {
		t.set("Timer", "Persistent", "yes")
	}
	if service := r.unit(cmp.Or(m.Service, m.Name)); service != m.Name+".service" {
		t.set("Timer", "Unit", service)
	}
	if m.Autostart {
		t.set("Install", "WantedBy", "timers.target")
	}
	t.override("Timer", m.Init["systemd"])
	r.add(m.Name+".timer", m.Origin, t)
}

// target writes a systemd.target(5).
func (r *renderer) target(m *daemon.Target) {
	t := &text{}
	t.set("Unit", "Description", literal(m.Description))
	needs := r.named(m.DependsOn)
	t.setWords("Unit", "Requires", needs)
	t.setWords("Unit", "After", union(needs, r.named(m.After)))
	t.setWords("Unit", "Before", r.named(m.Before))
	for _, bundle := range r.named(m.PartOf) {
		if bundle != r.bootTarget {
			t.set("Unit", "PartOf", bundle)
		}
		if m.Autostart || bundle != r.bootTarget {
			t.set("Install", "WantedBy", bundle)
		}
	}
	r.add(m.Name+".target", m.Origin, t)
}

// mount writes a systemd.mount(5). It is wanted and not required at boot, so
// that a missing disk does not end in the emergency shell.
func (r *renderer) mount(m *daemon.Mount) {
	t := &text{}
	fstype, options := m.Type, m.Options
	if fstype == "bind" || fstype == "rbind" {
		fstype, options = "none", union([]string{fstype}, options)
	}
	t.set("Unit", "Before", strings.Join(r.named(m.Before), " "))
	t.set("Mount", "What", literal(m.What))
	t.set("Mount", "Where", literal(m.Where))
	t.set("Mount", "Type", literal(fstype))
	t.set("Mount", "Options", literal(strings.Join(options, ",")))
	if strings.Contains(strings.Join(options, ","), ",,") {
		t.fail("cannot write Options=: an option is empty")
	}
	t.set("Install", "WantedBy", mountTarget(fstype, options))
	f := r.add(escapePath(m.Where)+".mount", m.Origin, t)
	f.Address = plan.NewAddress(plan.KindMount, m.Where)
}

// mountTarget: network file systems wait for the network.
func mountTarget(fstype string, options []string) string {
	network := []string{"nfs", "nfs4", "cifs", "smb3", "ceph", "glusterfs", "9p", "afs", "sshfs", "fuse.sshfs"}
	if slices.Contains(network, fstype) || slices.Contains(options, "_netdev") {
		return "remote-fs.target"
	}
	return "local-fs.target"
}
