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
  validation {
    condition = length([for name, app in webapp : name if app.port == self.port]) == 1
    message   = "Two applications listen on port ${self.port}: ${join(", ", [for name, app in webapp : name if app.port == self.port])}."
  }
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

service "webapp" {
  name        = self.unit
  description = "Web application ${self.name}"
  process {
    argv = ["/usr/bin/python3", "-m", "http.server", "--bind", "127.0.0.1", "--directory", local.content, tostring(self.port)]
  }
  prepare = ["/bin/mkdir", "-p", local.content]
  restart {
    policy = "on-failure"
    delay  = "1s"
  }
}

locals {
  content = "${dirs.state}/lib/webapps/${self.name}"
}
