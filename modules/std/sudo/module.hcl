# Who may become whom, in a file of its own beside the distribution's.

module "sudo" {
  description = "Rules of sudo, checked by visudo before they are installed"
}

option "rule" {
  labelled    = true
  description = "One rule; its label is the user, or %GROUP."
  option "commands" {
    type        = list(string)
    default     = ["ALL"]
    description = "The commands, with absolute paths, or ALL."
    example     = ["/usr/bin/systemctl restart web.service"]
  }
  option "run_as" {
    type        = string
    default     = "ALL"
    description = "As whom: a user, USER:GROUP, or ALL."
    example     = "www-data"
  }
  option "no_password" {
    type        = bool
    default     = false
    description = "Whether sudo asks for no password."
    example     = true
  }
}

option "defaults" {
  type        = list(string)
  default     = []
  description = "Settings of sudoers(5), each what comes after Defaults."
  example     = ["timestamp_timeout=5"]
}

option "extra" {
  type        = lines
  default     = ""
  description = "Lines at the end, as they are."
  example     = "Cmnd_Alias REBOOT = /sbin/reboot"
}

locals {
  text = join("", concat(
    ["# Written by activate; edit the configuration instead.\n"],
    [for d in self.defaults : "Defaults ${d}\n"],
    [for who, r in self.rule : "${who} ALL=(${r.run_as}) ${r.no_password ? "NOPASSWD: " : ""}${join(", ", r.commands)}\n"],
    self.extra == "" ? [] : ["${trimsuffix(self.extra, "\n")}\n"],
  ))
}

assert {
  condition = alltrue([for l in concat(self.defaults, keys(self.rule), flatten([for r in self.rule : concat(r.commands, [r.run_as])])) : length(regexall("[\n\r]", l)) == 0])
  message   = "Values in sudo have no line breaks; use sudo.extra for lines."
}

# sudo wants a file of root's that nobody else may write, with no dot in its name.
etc "sudoers.d/activate" {
  mode     = "0440"
  text     = local.text
  validate = ["visudo", "-cf", "%s"]
}
