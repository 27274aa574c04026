# The users that builds run as, and their group.

option "build_users" {
  type        = number
  default     = 32
  description = "How many build users there are: so many builds can run at once. With 0, Nix has to allocate ids itself (auto-allocate-uids)."
  example     = 10
  validation {
    condition = self.build_users >= 0 && self.build_users <= 1000 && floor(self.build_users) == self.build_users
    message   = "The number of build users must be a whole number from 0 to 1000."
  }
}

option "ids" {
  type        = enum("fixed", "auto")
  default     = "fixed"
  description = "\"fixed\" gives the group the id `id_base` and user N the id `id_base` + N, as Nix's own installers do; \"auto\" takes free ids of the system's range. An existing nixbld group and its users keep theirs in both cases."
  example     = "auto"
}

option "id_base" {
  type        = number
  default     = 30000
  description = "The group's id, and the number before the first build user's."
  example     = 35000
  validation {
    condition = self.id_base >= 100 && self.id_base <= 4000000000 && floor(self.id_base) == self.id_base
    message   = "The base of the ids must be a whole number from 100 to 4000000000."
  }
}

option "nologin" {
  type        = path
  default     = "/usr/sbin/nologin"
  description = "The shell of the build users, which nobody can log in with."
  example     = "/sbin/nologin"
}

locals {
  users = [for n in range(1, self.build_users + 1) : "nixbld${n}"]
}

group "nixbld" {
  when     = self.build_users > 0
  gid      = self.ids == "fixed" ? self.id_base : null
  adopt_id = true
  system   = true
  members  = local.users
}

user "build" {
  for_each    = { for i, name in local.users : name => i + 1 }
  name        = each.key
  uid         = self.ids == "fixed" ? self.id_base + each.value : null
  adopt_id    = true
  system      = true
  group       = "nixbld"
  groups      = ["nixbld"]
  description = "Nix build user ${each.value}"
  home        = "/var/empty"
  shell       = self.nologin
}
