# What both configurations have; see powercut_test.go.

user "keeper" {
  uid             = 1500
  create_home     = true
  authorized_keys = ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKeeper keeper"]
  sub_ids         = "auto"
}

etc "app/token" {
  secret_source = "/root/token"
  mode          = "0640"
  group         = "app"
}

directory "/srv/shared" { mode = "0750" }

# In both, with another command line in each.
service "always" {
  process { argv = ["/bin/sleep", local.seconds] }
}

service "steady" {
  process { argv = ["/bin/sleep", "300000"] }
}

environment {
  variables = { APP_GENERATION = local.name }
}

snippet "stamp" {
  after  = ["etc"]
  script = "echo ${local.name} > /srv/shared/stamp.new && mv /srv/shared/stamp.new /srv/shared/stamp"
}
