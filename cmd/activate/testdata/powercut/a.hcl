imports = ["./common.hcl"]

locals {
  name    = "a"
  seconds = "100001"
}

user "alice" {
  uid             = 1501
  groups          = ["app", "staff"]
  hashed_password = "$6$salt$alice"
  sub_ids         = [{ start = 500000, count = 1000 }]
}

group "app" {
  gid     = 1600
  members = ["keeper", "alice"]
}

etc "motd" { text = "one\n" }

etc "app/big.conf" { text = join("", [for i in range(4000) : "setting-${i} = one\n"]) }

etc "app/copy" {
  text = join("", [for i in range(2000) : "copied-${i} = one\n"])
  mode = "0640"
}

etc "app/many" {
  for_each = toset([for i in range(60) : tostring(i)])
  path     = "app/many/${each.value}"
  text     = "one ${each.value}\n"
}

file "/srv/gone" { text = "a file in a, a directory in b" }

symlink "/srv/link" { target = "gone" }

directory "/srv/of-alice" {
  mode = "0700"
  user = "alice"
}

service "only-a" {
  process { argv = ["/bin/sleep", "100002"] }
  user = "alice"
}

service "told" {
  process { argv = ["/bin/sleep", "100003"] }
  config_data "told.conf" {
    text      = "one\n"
    on_change = "restart"
  }
}
