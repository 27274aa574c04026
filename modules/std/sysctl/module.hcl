# Kernel settings of /proc/sys: kept in a file that every init reads at boot,
# and set at once by a switch.

module "sysctl" {
  description = "Kernel settings: written for the next boot and set at once"
}

option "settings" {
  type        = map(any)
  default     = {}
  description = "Settings by their names in sysctl.d(5): numbers, strings or booleans (1 and 0). A setting that leaves the configuration keeps its value until the next boot."
  example     = { "net.ipv4.ip_forward" = true, "vm.swappiness" = 10 }
  validation {
    condition = length(local.odd) == 0
    message   = "Settings have names as in sysctl.d(5), such as net.ipv4.ip_forward, and these are none: ${join(", ", local.odd)}."
  }
  validation {
    condition = alltrue([for k, v in self.settings : length(regexall("[\n\r]", tostring(v))) == 0 if v != null])
    message   = "The values in sysctl are one line each."
  }
}

locals {
  values = { for k, v in self.settings : k => v == true ? "1" : v == false ? "0" : tostring(v) if v != null }
  # No part of a name is empty, and none begins as an option does.
  odd = [for k, v in self.settings : k if v != null && length(regexall("^/?[A-Za-z0-9_][A-Za-z0-9_-]*([./][A-Za-z0-9_][A-Za-z0-9_-]*)*$", k)) == 0]
}

etc "sysctl.d/60-activate.conf" {
  when = length(local.values) > 0
  text = "# Written by activate; edit the configuration instead.\n${join("", [for k, v in local.values : "${k} = ${v}\n"])}"
}

snippet "sysctl" {
  when   = length(local.values) > 0
  after  = ["etc"]
  script = <<-EOT
    failed=0
    set_value() {
      now=$(cat "/proc/sys/$1" | tr -s '\t' ' ') || { failed=1; return; }
      [ "$now" = "$2" ] || printf '%s\n' "$2" > "/proc/sys/$1" || failed=1
    }
    ${join("\n", [for k, v in local.values : "set_value ${shellquote(strcontains(split(".", k)[0], "/") ? k : replace(k, ".", "/"))} ${shellquote(v)}"])}
    exit $failed
  EOT
}
