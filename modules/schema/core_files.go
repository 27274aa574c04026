package schema

import "github.com/zclconf/go-cty/cty"

func userBlock() *Block {
	b := labelled("user", "name", "An account of the host.",
		opt("name", kind(account), "The name; the label when it is not set.", `"alice"`),
		opt("uid", whole(0, 4294967294), "The user id. Without it, one is chosen and kept for ever.", "1000"),
		opt("group", kind(reference), "The primary group. Without it, a group of the user's own name.", `"users"`),
		texts("groups", "Further groups. They are added to those the account has.", `["sudo", "video"]`),
		flag("exclusive_groups", "Makes `groups` the whole list: others are taken away.", false),
		opt("description", kind(field), "The full name, or what the account is for.", `"Alice Example"`),
		opt("home", kind(Path), "The home directory. Without it, /home/NAME.", `"/home/alice"`),
		flag("create_home", "Makes the home directory when it is not there.", false),
		by(opt("home_mode", kind(Mode), "The mode of a home directory that is made.", `"0750"`), cty.StringVal("0700"), `"0700"`),
		opt("shell", kind(Path), "The login shell.", `"/bin/bash"`),
		flag("system", "Takes the id from the system's range.", false),
		secret(opt("hashed_password", kind(field), "The password as crypt(5) hashes it, enforced at every switch.", `"$y$j9T$..."`)),
		opt("hashed_password_file", kind(Path), "A file on the host whose first line is the hash.", `"/run/keys/alice"`),
		secret(opt("initial_hashed_password", kind(field), "The hash that a new account starts with.", `"$y$j9T$..."`)),
		opt("expires", kind(field), "The day from which the account is closed, YYYY-MM-DD.", `"2030-01-31"`),
		texts("authorized_keys", "The SSH public keys that may log in, one a line.", `["ssh-ed25519 AAAA... alice@laptop"]`),
		opt("linger", kind(Bool), "Keeps the user's own services running without a login.", "true"),
		opt("sub_ids", kind(Any), `Subordinate ids: "auto", or a list of ranges.`, `"auto"`),
		by(opt("on_removal", enum("delete", "lock"), "What happens to the account when it leaves the configuration.", `"lock"`), cty.StringVal("delete"), `"delete"`),
		flag("migrate_id", "Allows `uid` to replace another id of an existing account.", false),
		flag("adopt_id", "Keeps the id of an account that exists already; `uid` is then only for a new one.", false),
	)
	b.Blocks = userUnits()
	return b
}

func groupBlock() *Block {
	return labelled("group", "name", "A group of accounts.",
		opt("name", kind(account), "The name; the label when it is not set.", `"web"`),
		opt("gid", whole(0, 4294967294), "The group id. Without it, one is chosen and kept for ever.", "1000"),
		texts("members", "Users in the group. They are added to those it has. One that nobody knows is a warning.", `["alice"]`),
		flag("system", "Takes the id from the system's range.", false),
		flag("migrate_id", "Allows `gid` to replace another id of an existing group.", false),
		flag("adopt_id", "Keeps the id of a group that exists already; `gid` is then only for a new one.", false),
	)
}

func content() []*Option {
	return []*Option{
		opt("text", kind(String), "The content. Of `text`, `source` and `secret_source` one is set.", `"hello\n"`),
		opt("source", kind(source), "A file to copy, seen from the configuration file.", `"files/motd"`),
		opt("secret_source", kind(Path), "A file on the host that is read when the change is applied; its content is recorded nowhere.", `"/run/keys/web"`),
	}
}

func validate() *Option {
	return texts("validate", "A command that must succeed before the content is installed. %s in it stands for the path of the new content.", `["visudo", "-cf", "%s"]`)
}

func conflicts() []*Option {
	return []*Option{
		by(opt("on_conflict", enum("backup", "fail", "overwrite"), "What happens to something else that stands at the path.", `"fail"`), cty.StringVal("backup"), `"backup"`),
		by(opt("on_drift", enum("overwrite", "keep", "fail"), "What happens when it was changed on the host.", `"keep"`), cty.StringVal("overwrite"), `"overwrite"`),
	}
}

func owners() []*Option {
	return []*Option{
		by(opt("user", kind(reference), "The owner: a name or digits.", `"web"`), cty.StringVal("root"), `"root"`),
		by(opt("group", kind(reference), "The group: a name or digits.", `"web"`), cty.StringVal("root"), `"root"`),
	}
}

func sha256() *Computed {
	return &Computed{Name: "sha256", Description: "The SHA-256 of the content in hex, for triggers."}
}

func etcBlock() *Block {
	b := labelled("etc", "path", "A file below /etc.",
		opt("path", kind(String), "The path, relative to /etc; the label when it is not set. Read by others it is absolute.", `"nix/nix.conf"`),
		by(opt("mode", kind(linkMode), `"symlink" for a link into the generation, or octal digits for a real copy.`, `"0644"`), cty.StringVal("symlink"), `"symlink"`))
	b.Options = append(b.Options, append(content(), validate())...)
	b.Options = append(b.Options, owners()...)
	b.Options = append(b.Options, conflicts()...)
	b.Computed = []*Computed{sha256()}
	return b
}

func fileBlock() *Block {
	b := labelled("file", "path", "A file anywhere.",
		opt("path", kind(Path), "The absolute path; the label when it is not set.", `"/srv/www/index.html"`),
		by(opt("mode", kind(Mode), "The mode.", `"0640"`), cty.StringVal("0644"), `"0644"`))
	b.Options = append(b.Options, append(content(), validate())...)
	b.Options = append(b.Options, owners()...)
	b.Options = append(b.Options, conflicts()...)
	b.Computed = []*Computed{sha256()}
	return b
}

func directoryBlock() *Block {
	b := labelled("directory", "path", "A directory. What is in it is not touched.",
		opt("path", kind(Path), "The absolute path; the label when it is not set.", `"/srv/www"`),
		by(opt("mode", kind(Mode), "The mode.", `"0750"`), cty.StringVal("0755"), `"0755"`))
	b.Options = append(b.Options, owners()...)
	b.Options = append(b.Options, conflicts()...)
	return b
}

func symlinkBlock() *Block {
	b := labelled("symlink", "path", "A symbolic link.",
		opt("path", kind(Path), "The absolute path; the label when it is not set.", `"/usr/local/bin/tool"`),
		required(opt("target", kind(String), "Where it leads, as it is written into the link.", `"/opt/tool/bin/tool"`)))
	b.Options = append(b.Options, conflicts()...)
	return b
}

func mountBlock() *Block {
	return labelled("mount", "where", "A mounted file system.",
		opt("where", kind(Path), "The absolute path it is mounted on; the label when it is not set.", `"/srv/data"`),
		required(opt("what", kind(String), "What is mounted: a device, a directory, or a name the type knows.", `"/dev/disk/by-label/data"`)),
		opt("type", kind(String), `The type of file system; "bind" for a directory mounted again.`, `"ext4"`),
		texts("options", "The mount options.", `["ro", "nodev"]`),
		texts("before", "Services, or units with their suffix, that need it.", `["web"]`),
	)
}

func environmentBlock() *Block {
	return &Block{Name: "environment", Description: "The environment of login shells and of users' services.", Options: []*Option{
		by(opt("variables", mapOf(kind(String)), "Variables and their values.", `{ EDITOR = "vi" }`), cty.MapValEmpty(cty.String), "{}"),
		opt("shell_init", kind(Lines), "Lines that every POSIX login shell runs.", `"umask 027"`),
		absent(),
	}}
}

func dirsBlock() *Block {
	return &Block{Name: "dirs", Description: "Where services keep their files.", Options: []*Option{
		opt("state", kind(Path), "What lasts. The others derive from it.", `"/var"`),
		opt("runtime", kind(Path), "What lasts until the next boot: /run when state is /var, else STATE/run.", `"/run"`),
		opt("log", kind(Path), "Logs: STATE/log.", `"/var/log"`),
		opt("tmp", kind(Path), "What may go at any time: /tmp when state is /var, else STATE/tmp.", `"/tmp"`),
		opt("cache", kind(Path), "What can be made again: STATE/cache.", `"/var/cache"`),
	}}
}
