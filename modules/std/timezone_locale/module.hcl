# Where the host is, and the language its programs speak.

module "timezone_locale" {
  description = "The host's time zone and locale"
}

option "timezone" {
  type        = string
  nullable    = true
  description = "A name of the time zone database, below /usr/share/zoneinfo."
  example     = "Europe/Berlin"
  validation {
    condition = self.timezone == null || length(regexall("^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$", self.timezone)) > 0
    message   = "A time zone is a name such as Europe/Berlin or UTC."
  }
}

option "locale" {
  type        = string
  nullable    = true
  description = "The locale of every message and format (LANG)."
  example     = "en_US.UTF-8"
}

option "settings" {
  type        = map(string)
  default     = {}
  description = "Single categories that differ from `locale`."
  example     = { LC_TIME = "de_DE.UTF-8" }
}

option "generate" {
  type        = list(string)
  default     = []
  description = "Locales that locale-gen(8) makes besides those in use, each NAME CHARSET. C and C.UTF-8 need none."
  example     = ["fr_FR.UTF-8 UTF-8"]
}

locals {
  set   = { for k, v in self.settings : k => v if v != null }
  used  = distinct(compact(concat([self.locale == null ? "" : self.locale], values(local.set))))
  made  = [for l in local.used : "${l} ${length(split(".", l)) > 1 ? split("@", split(".", l)[1])[0] : "ISO-8859-1"}" if !contains(["C", "POSIX", "C.UTF-8", "C.utf8"], l)]
  lines = sort(distinct(concat(local.made, self.generate)))
  lang  = join("", concat(self.locale == null ? [] : ["LANG=${self.locale}\n"], [for k, v in local.set : "${k}=${v}\n"]))
}

assert {
  condition = alltrue([for k in keys(local.set) : length(regexall("^(LC_[A-Z]+|LANGUAGE)$", k)) > 0])
  message   = "timezone_locale.settings has names that are no categories; they are LC_TIME, LC_MONETARY and so on, see locale(7)."
}

assert {
  condition = alltrue([for v in concat(local.used, self.generate) : length(regexall("^[A-Za-z0-9_.@: -]+$", v)) > 0])
  message   = "A locale is a name such as en_US.UTF-8."
}

symlink "/etc/localtime" {
  when   = self.timezone != null
  target = "/usr/share/zoneinfo/${self.timezone == null ? "UTC" : self.timezone}"
}

etc "timezone" {
  when = self.timezone != null
  mode = "0644"
  text = "${self.timezone == null ? "UTC" : self.timezone}\n"
}

# Debian's programs read one, systemd the other.
etc "default/locale" {
  when = local.lang != ""
  mode = "0644"
  text = local.lang
}

etc "locale.conf" {
  when = local.lang != ""
  mode = "0644"
  text = local.lang
}

etc "locale.gen" {
  when = length(local.lines) > 0
  mode = "0644"
  text = "${join("\n", local.lines)}\n"
}

snippet "locale-gen" {
  when     = length(local.lines) > 0
  after    = ["etc"]
  timeout  = "10m"
  triggers = [etc["locale.gen"].sha256]
  script   = <<-EOT
    if ! command -v locale-gen >/dev/null; then
      echo "locale-gen is not installed (Debian's package locales); the locales in /etc/locale.gen are not made"
      exit 0
    fi
    locale-gen
  EOT
}
