# Modules of the kernel: which are loaded, which never, and with what options.

module "kernel_modules" {
  description = "Kernel modules: loaded now and at boot, kept out, and their options"
}

option "load" {
  type        = list(string)
  default     = []
  description = "Modules to load, now and at boot. One that leaves the configuration stays until the next boot."
  example     = ["br_netfilter"]
  validation {
    condition = alltrue([for m in self.load : length(regexall(local.name, m)) > 0])
    message   = "The names in kernel_modules are letters, digits, _ and -."
  }
}

option "blacklist" {
  type        = list(string)
  default     = []
  description = "Modules that are not loaded because a device or alias asks for them."
  example     = ["pcspkr"]
  validation {
    condition = alltrue([for m in self.blacklist : length(regexall(local.name, m)) > 0])
    message   = "The names in kernel_modules are letters, digits, _ and -."
  }
}

option "options" {
  type        = map(string)
  default     = {}
  description = "Options by module, as modprobe.d(5) has them. They count when the module is loaded next."
  example     = { kvm_intel = "nested=1" }
  validation {
    condition = alltrue([for m, o in self.options : length(regexall(local.name, m)) > 0 if o != null])
    message   = "The names in kernel_modules are letters, digits, _ and -."
  }
  validation {
    condition = alltrue([for o in values(self.options) : length(regexall("[\n\r]", o)) == 0 if o != null])
    message   = "The options in kernel_modules are one line each."
  }
}

locals {
  # As an option of modprobe(8) reads what begins with a -.
  name    = "^[A-Za-z0-9_][A-Za-z0-9_-]*$"
  options = { for m, o in self.options : m => o if o != null }
  modprobe = concat(
    [for m in distinct(self.blacklist) : "blacklist ${m}"],
    [for m, o in local.options : "options ${m} ${o}"],
  )
}

etc "modules-load.d/activate.conf" {
  when = length(self.load) > 0
  text = "${join("\n", concat(["# Written by activate; edit the configuration instead."], distinct(self.load)))}\n"
}

etc "modprobe.d/activate.conf" {
  when = length(local.modprobe) > 0
  text = "${join("\n", concat(["# Written by activate; edit the configuration instead."], local.modprobe))}\n"
}

snippet "kernel-modules" {
  when       = length(self.load) > 0
  after      = ["etc"]
  on_failure = "continue"
  script     = <<-EOT
    failed=0
    for m in ${join(" ", [for m in distinct(self.load) : shellquote(m)])}; do
      [ -d "/sys/module/$(printf %s "$m" | tr - _)" ] || modprobe -- "$m" || failed=1
    done
    exit $failed
  EOT
}
