# What a plain server needs, each from a built-in module.

imports = ["sysctl", "kernel_modules", "hosts", "timezone_locale", "ssh", "sudo", "journald", "timers", "nftables"]

group "admin" {
  system = true
}

user "bob" {
  groups      = ["admin"]
  create_home = true
}

sysctl {
  settings = {
    "net.ipv4.ip_forward"             = true
    "net.ipv4.conf.default.rp_filter" = 2
    "net.ipv4.ip_local_port_range"    = "20000 60000"
  }
}

kernel_modules {
  blacklist = ["pcspkr"]
}

hosts {
  entries = { "10.0.0.5" = ["db.example.org", "db"] }
}

timezone_locale {
  timezone = "Europe/Berlin"
  locale   = "de_DE.UTF-8"
}

ssh {
  settings = {
    PermitRootLogin        = "prohibit-password"
    PasswordAuthentication = false
    AcceptEnv              = ["LANG", "LC_*"]
  }
}

sudo {
  rule "%admin" {
    no_password = true
  }
}

journald {
  settings = { SystemMaxUse = "50M" }
}

timers {
  job "cleanup" {
    command     = ["/usr/bin/find", "/tmp", "-name", "*.old", "-delete"]
    on_calendar = ["hourly"]
  }
}

nftables {
  ruleset = <<-EOT
    table inet filter {
      chain input {
        type filter hook input priority 0; policy drop;
        iif lo accept
        ct state established,related accept
        tcp dport 22 accept
      }
    }
  EOT
}
