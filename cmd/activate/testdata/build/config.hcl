# One of each kind of service, with arguments that break whatever quotes badly.

target "apps" {}

service "db" {
  description = "The database"
  user        = "daemon"
  environment = { GREETING = "100% \"quoted\" $HOME" }
  process {
    argv = ["/usr/bin/db", "--name", "a b", "50%", "$x;", "two\nlines", "it's"]
  }
  readiness {
    exec    = ["/usr/bin/db-ready"]
    timeout = "10s"
  }
  restart {
    policy = "on-failure"
    delay  = "3s"
  }
  limits = { nofile = 4096 }
}

service "web" {
  description = "The front end"
  depends_on  = ["db"]
  part_of     = ["apps"]
  process {
    argv = ["/usr/sbin/web", "-c", service.web.config_data["web.conf"].path]
  }
  reload {
    signal = "HUP"
  }
  stop {
    signal  = "QUIT"
    timeout = "20s"
  }
  sysvinit {
    Default-Start  = ["3", "5"]
    Required-Start = ["$time"]
    X-Interactive  = "true"
  }
  openrc {
    before              = ["firewall"]
    rc_timeout_stopping = 30
  }
  finit {
    env         = "-/etc/default/web"
    log         = "prio:daemon.info"
    manual      = "no"
    oncrash     = "reboot"
    restart     = 10
    restart_sec = 5
  }
  systemd {
    Service = { MemoryMax = "1G" }
  }
  config_data "web.conf" {
    text      = "listen 8080\n"
    on_change = "reload"
  }
  service "worker" {
    process {
      argv = ["/usr/sbin/web", "worker"]
    }
  }
}

service "mailer" {
  description = "Forks into the background"
  after       = ["db"]
  process {
    daemon   = ["/usr/sbin/mailer", "-d"]
    pid_file = "/run/mailer.pid"
  }
}

service "setup" {
  description = "Runs once"
  required_by = ["db"]
  oneshot {
    start = ["/usr/bin/setup", "--all"]
    stop  = ["/usr/bin/setup", "--undo"]
  }
}
