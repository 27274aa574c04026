# The applications of webapps/, deployed by an ordinary user with
#
#   activate switch --user examples/user.hcl
#
# All files are in the home directory, because dirs.state is.
imports = ["./webapps/webapp.hcl"]

dirs {
  state = "${path.root}/state"
}

webapp "notes" {
  port      = 5100
  own_user  = false
  dns_names = []
}
