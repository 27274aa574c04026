etc "motd" { text = "linked\n" }
etc "apache2/demo.conf" { text = "# linked\n" }
etc "demo/copy.conf" {
  text = "a copy\n"
  mode = "0640"
}
etc "cron.d/demo" {
  text = "# nothing\n"
  mode = "0644"
}
file "/srv/demo/page.html" { text = "<p>demo</p>\n" }
file "/var/www/html/page.html" { text = "<p>demo</p>\n" }
file "/usr/local/bin/demo" {
  text = "#!/bin/sh\necho demo\n"
  mode = "0755"
}
directory "/var/log/demo" { mode = "0750" }
symlink "/usr/local/bin/demo-link" { target = "demo" }
user "alice" {
  create_home     = true
  authorized_keys = ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB9dG4kjRhQTtWTVzd2t27+t0DEHBPW7iOD23TUiYLio alice"]
  sub_ids         = "auto"
}
service "demo" {
  process { argv = ["/bin/sleep", "infinity"] }
  config_data "demo.conf" { text = "x = 1\n" }
}
