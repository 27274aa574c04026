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
}

locals {
  values = { for k, v in self.settings : k => v == true ? "1" : v == false ? "0" : tostring(v) if v != null }
}

assert {
  condition = length([for k, v in local.values : k if length(regexall("^[A-Za-z0-9_/.-]+$", k)) == 0 || strcontains(k, "..") || length(regexall("[\n\r]", v)) > 0]) == 0
  message   = "sysctl.settings has names that are none of sysctl.d(5), or values with a line break."
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
