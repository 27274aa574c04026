package modules

import (
	"slices"
	"strings"

	"github.com/activate-agent/activate/modules/schema"
)

// habit is what people write in blocks who come from NixOS, systemd, Ansible, Terraform
// or Ignition, without capitals and underscores, and what it is here.
type habit struct {
	blocks, words []string
	advice        string
}

func habits() []habit {
	files := []string{"etc", "file"}
	owned := []string{"etc", "file", "directory"}
	paths := []string{"etc", "file", "directory", "symlink"}
	accounts := []string{"user", "group"}
	return []habit{
		{[]string{"service"}, []string{"execstart", "exec", "command", "cmd", "entrypoint", "script"}, "The command is written process { argv = [...] }, or oneshot { start = [...] } where it ends by itself."},
		{[]string{"service"}, []string{"type"}, "A service that stays is written process { argv = [...] }, one that ends by itself oneshot { start = [...] }."},
		{[]string{"service"}, []string{"execstop"}, "A process is stopped as its stop block says; what takes a oneshot back is its stop = [...]."},
		{[]string{"service"}, []string{"execstartpre"}, "It is written prepare = [...]."},
		{[]string{"service"}, []string{"execreload"}, "It is written reload { command = [...] } or reload { signal = ... }."},
		{[]string{"service", "socket", "timer", "target"}, []string{"wantedby", "enable", "enabled", "state"}, "What is declared is there; autostart says whether it starts at switch and at boot."},
		{[]string{"service"}, []string{"environmentfile", "envfile"}, "Variables are written environment = { NAME = ... }; systemd { service = { EnvironmentFile = ... } } reads a file, there alone."},
		{[]string{"timer"}, []string{"schedule", "cron", "interval", "startat"}, "Times are written on_calendar = \"...\", as systemd.time(7) has them."},
		{files, []string{"content", "contents", "data", "value"}, "The content is written text = \"...\"."},
		{owned, []string{"owner", "uid"}, "The owner is written user = \"...\"."},
		{owned, []string{"gid"}, "The group is written group = \"...\"."},
		{owned, []string{"permissions", "perms"}, "It is written mode = \"0644\"."},
		{paths, []string{"dest", "destination", "name", "filename"}, "The path is the label, or path = \"...\"."},
		{files, []string{"target"}, "The path is the label, or path = \"...\"."},
		{files, []string{"content64", "contentbase64"}, "It is written text = base64decode(\"...\")."},
		{slices.Concat(paths, accounts), []string{"state", "ensure"}, "What is declared is there; absent = true says that it must not be."},
		{slices.Concat(paths, accounts), []string{"enable", "enabled"}, "What is declared is there; when = COND leaves it out."},
		{[]string{"user"}, []string{"extragroups", "supplementarygroups"}, "It is written groups = [...]."},
		{[]string{"user"}, []string{"isnormaluser", "issystemuser"}, "A user is a normal one unless it has system = true."},
		{[]string{"user"}, []string{"password", "initialpassword", "passwordhash"}, "A password is given as its hash: hashed_password, hashed_password_file or initial_hashed_password."},
		{[]string{"user"}, []string{"sshkeys", "sshauthorizedkeys", "openssh"}, "It is written authorized_keys = [...]."},
		{[]string{"user"}, []string{"comment", "gecos", "fullname"}, "It is written description = \"...\"."},
		{[]string{"group"}, []string{"users"}, "It is written members = [...]."},
		{[]string{"mount"}, []string{"device", "src", "source", "spec"}, "It is written what = \"...\"."},
		{[]string{"mount"}, []string{"fstype", "vfstype"}, "It is written type = \"...\"."},
		{[]string{"mount"}, []string{"mountpoint", "path", "dest", "target"}, "The path is the label, or where = \"...\"."},
	}
}

// habitAdvice says what a word that core blocks of type t do not have is here, "" where
// it is none that people bring along.
func habitAdvice(name string, t *schema.Block) string {
	word := strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(name))
	for _, h := range habits() {
		if !t.Module && slices.Contains(h.blocks, t.Name) && slices.Contains(h.words, word) {
			return " " + h.advice
		}
	}
	return ""
}
