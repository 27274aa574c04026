imports = ["./common.hcl"]

locals {
  name    = "b"
  seconds = "200001"
}

user "bob" {
  uid             = 1502
  hashed_password = "$6$salt$bob"
  shell           = "/bin/bash"
  create_home     = true
  sub_ids         = [{ start = 600000, count = 1000 }]
}

user "svc" { system = true }

group "app" {
  gid     = 1600
  members = ["bob"]
}

etc "motd" { text = "two\n" }

etc "app/big.conf" { text = join("", [for i in range(5000) : "setting-${i} = two\n"]) }

etc "app/copy" {
  text  = join("", [for i in range(3000) : "copied-${i} = two\n"])
  mode  = "0600"
  user  = "bob"
  group = "app"
}

etc "app/many" {
  for_each = toset([for i in range(40) : tostring(i)])
  path     = "app/many/${each.value}"
  text     = "two ${each.value}\n"
  mode     = "0644"
}

directory "/srv/gone" { mode = "0750" }

file "/srv/gone/in" {
  text = "y"
  user = "bob"
}

symlink "/srv/link" { target = "gone/in" }

service "only-b" {
  process { argv = ["/bin/sleep", "200002"] }
  user = "svc"
}

service "told" {
  process { argv = ["/bin/sleep", "200003"] }
  config_data "told.conf" {
    text      = "two\n"
    on_change = "restart"
  }
}

timer "late" {
  on_active = "720h"
  service   = "late"
}

service "late" {
  oneshot { start = ["true"] }
}
