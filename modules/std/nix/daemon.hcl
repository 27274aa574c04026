# The daemon, started by its socket.

option "package" {
  type        = path
  default     = "/usr"
  description = "The prefix Nix is installed under: the daemon is PREFIX/bin/nix-daemon."
  example     = "/nix/var/nix/profiles/default"
}

option "proxy" {
  description = "The proxies the daemon fetches through."
  option "http" {
    type        = string
    nullable    = true
    description = "The proxy for http URLs (http_proxy)."
    example     = "http://proxy.example.org:3128"
  }
  option "https" {
    type        = string
    nullable    = true
    description = "The proxy for https URLs (https_proxy)."
    example     = "http://proxy.example.org:3128"
  }
  option "ftp" {
    type        = string
    nullable    = true
    description = "The proxy for ftp URLs (ftp_proxy)."
    example     = "http://proxy.example.org:3128"
  }
}

option "env_vars" {
  type        = map(string)
  default     = {}
  description = "Further environment variables of the daemon."
  example     = { NIX_CURL_FLAGS = "--retry 3" }
}

option "daemon_nice" {
  type        = number
  default     = 0
  description = "The scheduling priority of the daemon and its builds, -20 (first) to 19."
  example     = 10
  validation {
    condition = self.daemon_nice >= -20 && self.daemon_nice <= 19 && floor(self.daemon_nice) == self.daemon_nice
    message   = "The scheduling priority must be a whole number from -20 to 19."
  }
}

option "daemon_cpu_policy" {
  type        = enum("other", "batch", "idle")
  default     = "other"
  description = "The CPU scheduling policy of the daemon and its builds."
  example     = "batch"
}

option "daemon_io_class" {
  type        = enum("best-effort", "idle")
  default     = "best-effort"
  description = "The class in which the daemon and its builds read and write."
  example     = "idle"
}

option "daemon_io_priority" {
  type        = number
  default     = 4
  description = "The priority within the best-effort class, 0 (first) to 7."
  example     = 7
  validation {
    condition = self.daemon_io_priority >= 0 && self.daemon_io_priority <= 7 && floor(self.daemon_io_priority) == self.daemon_io_priority
    message   = "The I/O priority must be a whole number from 0 to 7."
  }
}

option "open_files" {
  type        = number
  default     = 1048576
  description = "How many files the daemon and its builds may have open."
  example     = 4096
  validation {
    condition = self.open_files >= 1 && floor(self.open_files) == self.open_files
    message   = "The number of open files must be a whole number from 1 on."
  }
}

locals {
  daemon = "${trimsuffix(self.package, "/")}/bin/nix-daemon"
  proxies = {
    http_proxy  = self.proxy.http
    https_proxy = self.proxy.https
    ftp_proxy   = self.proxy.ftp
  }
}

socket "nix-daemon" {
  when          = host.init == "systemd"
  description   = "Nix daemon socket"
  listen_stream = ["/nix/var/nix/daemon-socket/socket"]
  before        = ["multi-user.target"]
  systemd {
    Unit = { RequiresMountsFor = "/nix/store", ConditionPathIsReadWrite = "/nix/var/nix/daemon-socket" }
  }
}

service "nix-daemon" {
  description = "Nix daemon"
  process {
    argv = [local.daemon, "--daemon"]
  }
  environment = merge({ for k, v in local.proxies : k => v if v != null }, self.env_vars)
  # Elsewhere the daemon makes its socket itself.
  autostart = host.init != "systemd"
  nice      = self.daemon_nice
  limits    = { nofile = self.open_files }
  restart {
    policy = "on-failure"
    delay  = "1s"
  }
  # Clients do not retry, and every connection is a process of its own: a
  # restart must not end the builds that run.
  stop {
    kill = "process"
  }
  restart_triggers = [etc["nix/nix.conf"].sha256]
  systemd {
    Unit = { RequiresMountsFor = "/nix/store /nix/var /nix/var/nix/db", ConditionPathIsReadWrite = "/nix/var/nix/daemon-socket" }
    Service = {
      CPUSchedulingPolicy  = self.daemon_cpu_policy
      IOSchedulingClass    = self.daemon_io_class
      IOSchedulingPriority = tostring(self.daemon_io_priority)
      TasksMax             = "1048576"
      Delegate             = "yes"
    }
  }
}
