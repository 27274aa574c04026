# A service with sub-services, each a unit of its own (mail-in, mail-out), and
# a file that goes with it: when its text changes, the service is reloaded.
service "mail" {
  description = "Mail in and out"
  part_of     = ["default"]

  service "in" {
    description = "Takes mail in"
    process {
      argv = ["/bin/sleep", "infinity"]
    }
    limits = { nofile = 4096 }
  }

  service "out" {
    description = "Sends mail"
    process {
      argv = ["/bin/sh", "-c", "trap : HUP; while :; do cat \"$1\" >/dev/null; sleep 60 & wait; done", "sh", service.mail.service.out.config_data["routes"].path]
    }
    depends_on = ["mail-in"]
    reload {
      signal = "HUP"
    }
    config_data "routes" {
      text      = join("\n", [for domain, host in local.routes : "${domain} ${host}"])
      on_change = "reload"
    }
  }
}

locals {
  routes = {
    "example.org" = "mx.example.org"
    "example.net" = "mx.example.net"
  }
}
