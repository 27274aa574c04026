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
  unit  = "proxy-${self.name}"
  state = "${dirs.state}/lib/proxies/${self.name}"
  servers = [for app in self.apps : <<-EOT
      server {
        listen ${self.port};
        server_name ${join(" ", app.dns_names)};
        location / { proxy_pass ${app.url}; }
      }
  EOT
  ]
}

user "proxy" {
  name        = local.unit
  system      = true
  description = "Reverse proxy ${self.name}"
  home        = local.state
}

directory "state" {
  path = local.state
  user = local.unit
  mode = "0750"
}

service "proxy" {
  name              = local.unit
  description       = "Reverse proxy ${self.name}"
  user              = local.unit
  working_directory = local.state
  process {
    argv = [
      "/usr/sbin/nginx", "-e", "stderr", "-c", service[local.unit].config_data["nginx.conf"].path, "-g", "daemon off;",
    ]
  }
  depends_on = [for app in self.apps : app.unit]
  readiness {
    tcp = "127.0.0.1:${self.port}"
  }
  reload {
    signal = "HUP"
  }
  config_data "nginx.conf" {
    on_change = "reload"
    text      = <<-EOT
      pid ${local.state}/nginx.pid;
      error_log stderr;
      events {}
      http {
        access_log off;
        client_body_temp_path ${local.state}/body;
        proxy_temp_path ${local.state}/proxy;
        fastcgi_temp_path ${local.state}/fastcgi;
        uwsgi_temp_path ${local.state}/uwsgi;
        scgi_temp_path ${local.state}/scgi;
      ${join("", local.servers)}}
    EOT
  }
}
