module "proxy" {
  description = "A reverse proxy in front of web applications"
  labelled    = true
}

option "port" {
  type        = port
  description = "The port it listens on."
  example     = 8080
}

option "apps" {
  type = list(object({
    unit      = string
    url       = string
    dns_names = list(string)
  }))
  description = "The applications it serves: instances of webapp. Only what is named here is read of them."
  example     = ["webapp.wiki"]
}

locals {
  servers = [for app in self.apps : <<-EOT
      server {
        listen ${self.port};
        server_name ${join(" ", app.dns_names)};
        location / { proxy_pass ${app.url}; }
      }
  EOT
  ]
}

service "proxy" {
  name        = "proxy-${self.name}"
  description = "Reverse proxy ${self.name}"
  process {
    argv = ["/usr/sbin/nginx", "-c", service["proxy-${self.name}"].config_data["nginx.conf"].path, "-g", "daemon off;"]
  }
  depends_on = [for app in self.apps : app.unit]
  reload {
    signal = "HUP"
  }
  config_data "nginx.conf" {
    on_change = "reload"
    text      = <<-EOT
      pid ${dirs.runtime}/proxy-${self.name}.pid;
      error_log ${dirs.log}/proxy-${self.name}.log;
      events {}
      http {
      ${join("", local.servers)}}
    EOT
  }
}
