# The SSH server's settings, as a drop-in that comes before the distribution's:
# sshd takes the first value it reads.

module "ssh" {
  description = "Settings of the SSH server, checked by sshd before they are installed"
}

option "settings" {
  type        = any
  default     = {}
  description = "Settings of sshd_config(5) by their names: strings, numbers, booleans (yes and no), or lists, of which each element is a line."
  example     = { PermitRootLogin = "prohibit-password", PasswordAuthentication = false }
}

option "extra" {
  type        = lines
  default     = ""
  description = "Lines at the end, as they are; Match blocks belong here."
  example     = "Match Group sftp\n  ForceCommand internal-sftp"
}

option "validate" {
  type        = bool
  default     = true
  description = "Whether sshd -t judges the settings first. It needs the server installed, its host keys and /run/sshd."
  example     = false
}

locals {
  lines = flatten([for k, v in self.settings : [for x in try(tolist([for y in v : y]), [v]) : "${k} ${x == true ? "yes" : x == false ? "no" : tostring(x)}" if x != null]])
  text  = join("", concat(["# Written by activate; edit the configuration instead.\n"], [for l in local.lines : "${l}\n"], self.extra == "" ? [] : ["${trimsuffix(self.extra, "\n")}\n"]))
}

assert {
  condition = alltrue([for k in keys(self.settings) : length(regexall("^[A-Za-z0-9]+$", k)) > 0]) && alltrue([for l in local.lines : length(regexall("[\n\r]", l)) == 0])
  message   = "ssh.settings has names that are none of sshd_config(5), or values with a line break; use ssh.extra for lines."
}

etc "ssh/sshd_config.d/10-activate.conf" {
  mode     = "0644"
  text     = local.text
  validate = self.validate ? ["sshd", "-t", "-f", "%s"] : []
}

# The server is the distribution's: a snippet asks for its reload.
snippet "ssh" {
  after    = ["etc"]
  triggers = [etc["ssh/sshd_config.d/10-activate.conf"].sha256]
  script   = <<-EOT
    if [ -d /run/systemd/system ]; then
      if systemctl is-active --quiet ssh.service; then echo ssh.service >> "$ACTIVATE_RELOAD_LIST"; fi
    elif [ -s /run/sshd.pid ]; then
      kill -HUP "$(cat /run/sshd.pid)"
    fi
  EOT
}
