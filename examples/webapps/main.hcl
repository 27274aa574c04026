# Six web applications behind two reverse proxies. Each proxy is given a list
# of applications; its configuration is made from what they say of themselves,
# and it starts after them.
imports = ["./webapp.hcl", "./proxy.hcl"]

webapp "wiki" {
  port      = 5001
  dns_names = ["wiki.example.org", "docs.example.org"]
}

webapp "blog" {
  port      = 5002
  dns_names = ["blog.example.org"]
}

webapp "shop" {
  port      = 5003
  dns_names = ["shop.example.org"]
}

# The others differ by name and port only.
webapp "tool" {
  for_each  = { metrics = 5004, logs = 5005, builds = 5006 }
  name      = each.key
  port      = each.value
  dns_names = ["${each.key}.internal"]
}

proxy "public" {
  port = 8080
  apps = [webapp.wiki, webapp.blog, webapp.shop]
}

proxy "internal" {
  port = 8081
  apps = [for name, app in webapp : app if anytrue([for dns in app.dns_names : endswith(dns, ".internal")])]
}
