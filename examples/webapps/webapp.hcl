module "webapp" {
  description = "A web application that listens on a local port"
  labelled    = true
}

option "port" {
  type        = port
  description = "The local port it listens on."
  example     = 5001
  validation {
    condition = self.port > 1023
    message   = "The port must be an unprivileged one, above 1023."
  }
}

option "own_user" {
  type        = bool
  default     = true
  description = "Whether it runs as a user of its own, which only root can make."
}

option "dns_names" {
  type        = list(string)
  description = "The names it is reached by, through a proxy."
  example     = ["wiki.example.org"]
}

output "unit" {
  description = "The name of its service."
  value       = "webapp-${self.name}"
}

output "url" {
  description = "Where it is reached on this host."
  value       = "http://127.0.0.1:${self.port}"
}

locals {
  state = "${dirs.state}/lib/webapps/${self.name}"
  user  = self.own_user ? self.unit : null
}

user "webapp" {
  when        = self.own_user
  name        = self.unit
  system      = true
  description = "Web application ${self.name}"
  home        = local.state
}

directory "state" {
  path = local.state
  user = local.user
  mode = "0750"
}

file "index" {
  path = "${local.state}/index.html"
  text = "${self.name} is listening on port: ${self.port}\n"
  user = local.user
}

service "webapp" {
  name              = self.unit
  description       = "Web application ${self.name}"
  user              = local.user
  working_directory = local.state
  process {
    argv = ["/usr/bin/python3", "-m", "http.server", "--bind", "127.0.0.1", "--directory", local.state, tostring(self.port)]
  }
  readiness {
    tcp = "127.0.0.1:${self.port}"
  }
  restart {
    policy = "on-failure"
    delay  = "1s"
  }
}
