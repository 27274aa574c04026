# The journal of systemd.

module "journald" {
  description = "Settings of systemd-journald: where the journal is kept and how long"
}

option "settings" {
  type        = map(any)
  default     = {}
  description = "Settings of journald.conf(5) by their names: strings, numbers or booleans."
  example     = { SystemMaxUse = "500M", MaxRetentionSec = "1month" }
  validation {
    condition = alltrue([for k, v in self.settings : length(regexall("^[A-Za-z]+$", k)) > 0 && length(regexall("[\n\r]", tostring(v))) == 0 if v != null])
    message   = "journald.settings has names that are none of journald.conf(5), or values with a line break."
  }
}

locals {
  set  = { for k, v in self.settings : k => v if v != null }
  text = "# Written by activate; edit the configuration instead.\n[Journal]\n${join("", [for k, v in local.set : "${k}=${v == true ? "yes" : v == false ? "no" : tostring(v)}\n"])}"
}

assert {
  condition = host.init == "systemd"
  message   = "journald is a part of systemd, and this host runs ${host.init}."
}

etc "systemd/journald.conf.d/60-activate.conf" {
  mode = "0644"
  text = local.text
}

snippet "journald" {
  after    = ["etc"]
  triggers = [etc["systemd/journald.conf.d/60-activate.conf"].sha256]
  script   = <<-EOT
    echo systemd-journald.service >> "$ACTIVATE_RESTART_LIST"
  EOT
}
