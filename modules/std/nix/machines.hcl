# Builds on other machines.

option "build_machines" {
  type = list(object({
    host_name          = string
    protocol           = optional(string, "ssh")
    system             = optional(string)
    systems            = optional(list(string), [])
    ssh_user           = optional(string)
    ssh_key            = optional(string)
    max_jobs           = optional(number, 1)
    speed_factor       = optional(number, 1)
    supported_features = optional(list(string), [])
    mandatory_features = optional(list(string), [])
    public_host_key    = optional(string)
  }))
  default     = []
  description = "Machines that builds may be sent to, written to /etc/nix/machines. `system` or `systems` is required; `protocol` is \"ssh\", \"ssh-ng\" or \"\"; `public_host_key` is base64."
  example     = [{ host_name = "builder.example.org", system = "aarch64-linux", ssh_user = "nix", ssh_key = "/root/.ssh/builder", max_jobs = 8 }]
  validation {
    condition = alltrue([for m in self.build_machines : m.system != null || length(m.systems) > 0])
    message   = "Each build machine needs system or systems."
  }
  validation {
    condition = alltrue([for m in self.build_machines : contains(["ssh", "ssh-ng", ""], m.protocol)])
    message   = "The protocol of a build machine must be \"ssh\", \"ssh-ng\" or \"\"."
  }
  # A line of the file has its fields between spaces, and lists with commas.
  validation {
    condition = alltrue([
      for x in flatten([for m in self.build_machines : concat(compact([m.system, m.ssh_user, m.ssh_key, m.public_host_key]), [m.host_name], m.systems, m.supported_features, m.mandatory_features)]) :
      length(regexall("^[^\\s,#]+$", x)) > 0
    ])
    message = "The names, keys and features of a build machine are words without spaces, commas and #."
  }
  validation {
    condition = alltrue([for m in self.build_machines : m.max_jobs >= 0 && floor(m.max_jobs) == m.max_jobs && m.speed_factor > 0])
    message   = "A build machine has a whole number of jobs from 0 on, and a speed factor above 0."
  }
}

option "manual_machines" {
  type        = bool
  default     = false
  description = "Leaves /etc/nix/machines to the administrator."
  example     = true
}

assert {
  condition = !self.manual_machines || length(self.build_machines) == 0
  message   = "nix.manual_machines leaves /etc/nix/machines to the administrator, so nix.build_machines must be empty."
}

locals {
  # Eight fields a line; "-" is none. Supported features include the mandatory
  # ones.
  machines = [for m in self.build_machines : join(" ", [
    join("", [
      m.protocol == "" ? "" : "${m.protocol}://",
      m.ssh_user == null ? "" : "${m.ssh_user}@",
      m.host_name,
    ])
    , join(",", distinct(concat(m.system == null ? [] : [m.system], m.systems)))
    , m.ssh_key == null ? "-" : m.ssh_key
    , tostring(m.max_jobs)
    , tostring(m.speed_factor)
    , length(concat(m.supported_features, m.mandatory_features)) == 0 ? "-" : join(",", distinct(concat(m.supported_features, m.mandatory_features)))
    , length(m.mandatory_features) == 0 ? "-" : join(",", m.mandatory_features)
    , m.public_host_key == null ? "-" : m.public_host_key
  ])]
}

etc "nix/machines" {
  when = length(self.build_machines) > 0
  text = "${join("\n", local.machines)}\n"
}
