# The configuration of this host. Edit it, look at what it would do, apply it:
#
#   activate plan   /etc/activate/config.hcl
#   activate switch /etc/activate/config.hcl
#
# `activate rollback` goes back, `activate drift` tells what was changed by hand,
# `activate deactivate` takes everything back. Nothing is touched that is not
# named here. All blocks: `activate options`, all about one: `activate options user`.

# Modules that come with activate are imported by name, your own by path.
#imports = ["sysctl"]

# A person. Homes and their content are never removed.
#user "alice" {
#  groups          = ["sudo"]
#  create_home     = true
#  shell           = "/bin/bash"
#  authorized_keys = ["ssh-ed25519 AAAA... alice@laptop"]
#}

# A file below /etc: a link into the generation, or with a mode a copy.
#etc "motd" {
#  text = "This is ${host.hostname}.\n"
#}

# A file, directory or link anywhere.
#directory "/srv/www" {
#  mode = "0755"
#  user = "www-data"
#}

# A service, for whatever init the host runs.
#service "hello" {
#  description = "An example that runs for ever"
#  process {
#    argv = ["/usr/bin/sleep", "infinity"]
#  }
#  restart {
#    policy = "on-failure"
#  }
#}

# What a built-in module sets.
#sysctl {
#  settings = { "net.ipv4.ip_forward" = true }
#}
